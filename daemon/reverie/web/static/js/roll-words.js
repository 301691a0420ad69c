/**
 * The roll in words, for those who do not see it: what sounds now, told rarely.
 */

import { setText } from './dom.js';
import { language, t } from './i18n.js';
import { serverNow } from './clock.js';

/** @typedef {import('./contract.js').Now} Now */

/** Seconds between two tellings, at least: a screen reader interrupts what it reads for each. */
const RARELY = 20;

/**
 * Names in a row, as the language says them.
 *
 * @param {string[]} names
 * @returns {string}
 */
export const listed = (names) => new Intl.ListFormat(language(), { type: 'conjunction' }).format(names);

/**
 * What the roll shows, in words.
 *
 * @param {Now} now
 * @param {import('./timeline.js').Timeline} timeline
 * @returns {string}
 */
export const rollInWords = (now, timeline) => {
  const bar = timeline.at(serverNow());
  const notes = bar?.notes ?? [];
  const sounding = now.voices.map(({ name }) => name).filter((name) => notes.some(([voice]) => voice === name));
  const chord = bar?.chords?.[0]?.symbol ?? now.harmony?.chord;
  return [
    bar && t('roll.bar', { bar: bar.scene_bar + 1 }),
    bar?.section && t('roll.section', { section: bar.section }),
    chord && t('roll.chord', { chord }),
    sounding.length ? t('roll.sounding', { voices: listed(sounding), count: notes.length }) : t('roll.silent'),
  ]
    .filter(Boolean)
    .join(' ');
};

let told = -Infinity;

/**
 * Tell it, if that is not too soon.
 *
 * @param {HTMLElement} node
 * @param {Now} now
 * @param {import('./timeline.js').Timeline} timeline
 */
export const tellRoll = (node, now, timeline) => {
  const at = performance.now() / 1000;
  if (at - told < RARELY || document.hidden || !timeline.at(serverNow())) return; // no bar is known: nothing to tell
  told = at;
  setText(node, rollInWords(now, timeline));
};
