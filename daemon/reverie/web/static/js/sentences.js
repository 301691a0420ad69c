/**
 * What the daemon answers a hand, in the language of the page. The daemon writes its sentences in English, as it does
 * into its log; `static/sentences` has them in other languages, with `{name}` where something stands that varies.
 * What is not there is shown as it came.
 */

import { language, onLanguage } from './i18n.js';

/** @typedef {{pattern: RegExp, names: string[], text: string, plain: number}} Known */

/** How deep sentences stand in each other: "It was refused: ..." has the reason in it. */
const DEEPEST = 3;

/** @type {Known[]} */
let known = [];

/** @param {string} text */
const literal = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * @param {string} english
 * @param {string} text
 * @returns {Known}
 */
const prepared = (english, text) => {
  const names = [...english.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? '');
  const parts = english.split(/\{\w+\}/);
  const pattern = new RegExp(`^${parts.map(literal).join('(.+?)')}$`, 'is');
  return { pattern, names, text, plain: parts.join('').length };
};

/** @param {string} text */
const capital = (text) => text.charAt(0).toLocaleUpperCase(language()) + text.slice(1);

/**
 * A sentence of the daemon in the language of the page, as a sentence or a part of one, as it came.
 *
 * @param {string} sentence
 * @param {number} [depth]
 * @returns {string}
 */
export const spoken = (sentence, depth = DEEPEST) => {
  if (!known.length || !depth || !sentence) return sentence;
  const stop = sentence.endsWith('.') ? '.' : '';
  const bare = stop ? sentence.slice(0, -1) : sentence;
  for (const { pattern, names, text } of known) {
    const found = pattern.exec(bare);
    if (!found) continue;
    const written = text.replace(/\{(\w+)\}/g, (_, name) => spoken(found[names.indexOf(name) + 1] ?? '', depth - 1));
    return (/^\p{Lu}/u.test(bare) && /^\p{Lu}/u.test(written) === false ? capital(written) : written) + stop;
  }
  return sentence;
};

const load = async () => {
  const wanted = language();
  if (wanted === 'en') {
    known = [];
    return;
  }
  const answer = await fetch(new URL(`../sentences/${wanted}.json`, import.meta.url));
  if (!answer.ok || wanted !== language()) return;
  /** @type {Record<string, string>} */
  const texts = await answer.json();
  known = Object.entries(texts).map(([english, text]) => prepared(english, text));
  known.sort((one, other) => other.plain - one.plain); // what says the most itself is meant first
};

/**
 * Have sentences in the language of the page, from now on. Where they cannot be had they stay English.
 *
 * @param {() => void} [then] Called whenever they are there.
 */
export const startSentences = (then = () => {}) => {
  onLanguage(() => void load().catch((error) => console.warn(error)).then(then));
};
