/**
 * A card for each voice: where its present loop comes from, in plain words.
 */

import { element } from './dom.js';
import { has, t } from './i18n.js';
import { colourNumber } from './voice-colours.js';

/** @typedef {import('./contract.js').Now} Now */

/**
 * The name of a voice's kind, for people.
 *
 * @param {string} kind
 * @returns {string}
 */
export const kindName = (kind) => (has(`kind.${kind}`) ? t(`kind.${kind}`) : kind);

/**
 * @param {HTMLElement} box
 * @param {Now} now
 */
export const showVoices = (box, now) => {
  const shown = JSON.stringify([document.documentElement.lang, now.voices, now.loops]);
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  box.replaceChildren(
    ...now.voices.map((voice) =>
      element(
        'article',
        { class: 'card', 'data-voice-colour': colourNumber(voice.name) },
        element('h3', {}, voice.name),
        element('p', { class: 'lead' }, kindName(voice.kind)),
      ),
    ),
  );
};
