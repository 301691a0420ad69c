/**
 * The top of the page and of the wall: one sentence, the mood, and a few facts in big type.
 */

import { element, setText } from './dom.js';
import { closedSentence } from './hours.js';
import { has, t } from './i18n.js';
import { colourNumber } from './voice-colours.js';

/** @typedef {import('./contract.js').Now} Now */

/**
 * What is happening, in one sentence.
 *
 * @param {Now} now
 * @returns {string}
 */
export const sentence = (now) => {
  const { key, params = {} } = now.says;
  if (key === 'closed') return closedSentence(now);
  const until = typeof params.until === 'string' && has(`says.${key}_until`) ? `${key}_until` : key;
  const known = has(`says.${until}`) ? until : 'playing';
  return t(`says.${known}`, { title: now.scene?.title ?? now.scene?.name, ...params });
};

/** Hues that look well behind the notes in both themes: from sea blue round to teal, without the muddy greens. */
const HUES = [205, 262, 318, 352, 22, 168, 232, 288];

/**
 * The hue of a mood: any word has one, always the same.
 *
 * @param {string} mood
 * @returns {number} Degrees.
 */
export const moodHue = (mood) => {
  let hash = 7;
  for (const sign of mood) hash = (hash * 31 + (sign.codePointAt(0) ?? 0)) % 65_521;
  return HUES[hash % HUES.length] ?? 0;
};

/**
 * Show the mood's words, and tint the page.
 *
 * @param {HTMLElement} node
 * @param {Now} now
 */
export const showMood = (node, now) => {
  const { mood, words } = now.mood ?? {};
  const tint = mood ? `hsl(${moodHue(mood)} 70% 55%)` : 'transparent';
  document.documentElement.style.setProperty('--mood', tint);
  const told = mood ? t('mood.is', { mood }) : '';
  const key = `${told}|${words ?? ''}`;
  if (node.dataset.shown === key) return;
  node.dataset.shown = key;
  node.replaceChildren(told, ...(words ? [' ', element('q', {}, words)] : []));
};

/**
 * A fact: its name, its value, and a quiet line beneath.
 *
 * @typedef {{name: string, value: string, more?: string, part?: number | null}} Fact
 */

/**
 * What can be told of the present moment.
 *
 * @param {Now} now
 * @returns {Fact[]}
 */
export const factsOf = (now) => {
  /** @type {Fact[]} */
  const facts = [];
  const { harmony, form, scene } = now;
  if (harmony?.chord) {
    const count = harmony.bars_until_next ?? 0;
    const more = harmony.next && harmony.next !== harmony.chord && count > 0 ? t('facts.in_bars', { count, next: harmony.next }) : '';
    facts.push({ name: t('facts.chord'), value: harmony.chord, more });
  }
  const section = form?.section ?? harmony?.section;
  if (section) {
    const told = form?.bar && form.bars ? { bar: form.bar, bars: form.bars } : null;
    const more = [told && t('facts.section_bar', told), form?.next && t('facts.then', { next: form.next })];
    facts.push({
      name: t('facts.section'),
      value: section,
      more: more.filter(Boolean).join(', '),
      part: told && told.bar / told.bars,
    });
  }
  const key = harmony?.key ?? scene?.key;
  if (key) facts.push({ name: t('facts.key'), value: key });
  if (scene?.tempo)
    facts.push({ name: t('facts.tempo'), value: String(Math.round(scene.tempo)), more: t('facts.tempo_unit') });
  return facts;
};

/**
 * @param {HTMLElement} list
 * @param {Now} now
 */
export const showFacts = (list, now) => {
  const facts = factsOf(now);
  while (list.children.length > facts.length) list.lastElementChild?.remove();
  while (list.children.length < facts.length) {
    const bar = element('progress', { max: 1 });
    list.append(element('div', {}, element('dt'), element('dd', {}, element('span'), element('small'), bar)));
  }
  facts.forEach(({ name, value, more = '', part }, place) => {
    const box = list.children[place];
    setText(box?.querySelector('dt'), name);
    setText(box?.querySelector('span'), value);
    setText(box?.querySelector('small'), more);
    const bar = box?.querySelector('progress');
    if (!bar) return;
    bar.hidden = !part;
    bar.value = part ?? 0;
    bar.setAttribute('aria-label', `${name} ${value}`);
  });
};

/**
 * The voices' names by their colours.
 *
 * @param {HTMLElement} list
 * @param {Now} now
 */
export const showLegend = (list, now) => {
  const shown = now.voices.map(({ name, kind, muted }) => `${name}/${kind}/${muted ?? false}`).join('|');
  if (list.dataset.shown === shown) return;
  list.dataset.shown = shown;
  list.replaceChildren(
    ...now.voices.map(({ name, kind, muted }) =>
      element('li', { 'data-voice-colour': colourNumber(name), 'data-kind': kind, 'data-muted': muted }, name),
    ),
  );
};
