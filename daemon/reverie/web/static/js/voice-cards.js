/**
 * A card for each voice: where its present loop comes from and why it was kept, in plain words.
 */

import { element } from './dom.js';
import { has, language, number, t } from './i18n.js';
import { colourNumber } from './voice-colours.js';

/** @typedef {import('./contract.js').Now} Now */
/** @typedef {import('./contract.js').Voice} Voice */
/** @typedef {import('./contract.js').LoopFacts} LoopFacts */

/** From these temperatures on a model chooses evenly, and boldly. */
const EVEN = 0.9;
const BOLD = 1.15;
/** Parts of a score that are worth a sentence from this value on. */
const PRAISED = 0.9;
/** What may be praised, the most telling first. */
const PRAISES = ['consonance', 'contour', 'answer', 'suit', 'beat', 'novelty', 'density', 'register', 'key'];

/**
 * The name of a voice's kind, for people.
 *
 * @param {string} kind
 * @returns {string}
 */
export const kindName = (kind) => (has(`kind.${kind}`) ? t(`kind.${kind}`) : kind);

/**
 * How the loop came to be, in a sentence; nothing of one of which that is not known.
 *
 * @param {LoopFacts} loop
 * @returns {string}
 */
export const originOf = (loop) => {
  const operator = (loop.operator ?? '').replace(/^(latent|parts)-/, '');
  if (!operator) return t('loop.kept');
  return has(`operator.${operator}`) ? t(`operator.${operator}`) : t('operator.unknown', { operator });
};

/**
 * What drew it: the model, its temperature in a word and a figure, and the seed.
 *
 * @param {LoopFacts} loop
 * @returns {string}
 */
export const drawnBy = (loop) => {
  const { model, temperature, seed } = loop;
  if (!model) return t('loop.no_model');
  const said = has(`model.${model}`) ? t(`model.${model}`) : t('model.unknown', { model });
  if (typeof temperature !== 'number') return t('loop.drawn_by', { model: said });
  const mood = t(`temperature.${temperature < EVEN ? 'careful' : temperature < BOLD ? 'even' : 'bold'}`);
  return t('loop.drawn', { model: said, mood, temperature: number(temperature), seed: String(seed ?? '–') });
};

/**
 * Why this one was kept: sentences, the most telling first.
 *
 * @param {LoopFacts} loop
 * @returns {string[]}
 */
export const reasonsFor = (loop) => {
  const { score = {}, refused = {}, bent = {}, novelty = {} } = loop.why ?? {};
  /** @type {string[]} */
  const said = [];
  if (loop.candidates && loop.candidates > 1) said.push(t('why.best', { count: loop.candidates }));
  for (const praise of PRAISES) {
    const [name, value] = Object.entries(score).find(([one]) => one.split(':')[0] === praise) ?? ['', 0];
    if (value < PRAISED) continue;
    said.push(t(`why.${praise}`, { voice: name.split(':')[1] ?? '' }));
    if (said.length >= 3) break;
  }
  for (const [reason, count] of Object.entries(refused)) {
    if (count && has(`refused.${reason}`)) said.push(t(`refused.${reason}`, { count }));
  }
  const mended = Object.values(bent).reduce((sum, count) => sum + count, 0);
  if (mended) said.push(t('why.mended', { count: mended }));
  if (typeof novelty.last === 'number') said.push(t('why.new', { percent: Math.round(100 * novelty.last) }));
  return said;
};

/**
 * @param {Voice} voice
 * @returns {string} The key of a word on whether it sounds.
 */
const standing = (voice) => (voice.muted ? 'voices.muted' : voice.sounds === false ? 'voices.waits' : 'voices.sounds');

/**
 * @param {Voice} voice
 * @param {LoopFacts | undefined} loop
 */
const card = (voice, loop) => {
  const reasons = loop ? reasonsFor(loop) : [];
  const head = element(
    'div',
    { class: 'card-head' },
    element('h3', {}, voice.name),
    element('span', { class: 'badge', 'data-sounds': voice.sounds !== false && !voice.muted }, t(standing(voice))),
  );
  return element(
    'article',
    { class: 'card', 'data-voice-colour': colourNumber(voice.name) },
    head,
    element('p', { class: 'card-kind' }, [kindName(voice.kind), voice.sound?.name].filter(Boolean).join(' · ')),
    loop ? element('p', {}, originOf(loop), ' ', t('loop.since', { bar: loop.from_bar ?? 1 })) : null,
    loop?.operator ? element('p', {}, drawnBy(loop)) : null,
    reasons.length ? element('ul', { class: 'reasons' }, ...reasons.map((one) => element('li', {}, one))) : null,
  );
};

/**
 * Show the cards; one whose voice is told the same again is left alone, so that nobody loses a place or a selection.
 *
 * @param {HTMLElement} box
 * @param {Now} now
 */
export const showVoices = (box, now) => {
  /** @type {Map<string, Element>} */
  const known = new Map();
  for (const one of box.children) if (one instanceof HTMLElement) known.set(one.dataset.shown ?? '', one);
  const wanted = now.voices.map((voice) => {
    const loop = now.loops?.[voice.name];
    const shown = JSON.stringify([language(), voice, colourNumber(voice.name), loop]);
    const there = known.get(shown);
    if (there) return there;
    const made = card(voice, loop);
    made.dataset.shown = shown;
    return made;
  });
  if (wanted.length === box.children.length && wanted.every((one, place) => one === box.children[place])) return;
  box.replaceChildren(...wanted);
};
