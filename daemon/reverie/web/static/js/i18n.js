/**
 * Texts in the languages of the house, from the catalogues in `static/i18n`.
 *
 * The page comes with English texts in its HTML; what has the attribute `data-i18n` gets the text of that key,
 * `data-i18n-label` and `data-i18n-title` are for `aria-label` and `title`.
 */

export const LANGUAGES = /** @type {const} */ (['en', 'de', 'fr']);
/** @typedef {typeof LANGUAGES[number]} Language */

const KEPT = 'reverie-language';
/** Seconds after which texts that could not be had are asked for again. */
const AGAIN = 3;

/** @type {Record<string, string>} */
let texts = {};
/** @type {Language} */
let present = 'en';
/** @type {Set<() => void>} */
const listeners = new Set();

/** @returns {Language} */
export const language = () => present;

/**
 * Whether a key has a text: for what the server names, of which there may be more than this page knows.
 *
 * @param {string} key
 * @returns {boolean}
 */
export const has = (key) => key in texts || `${key}.other` in texts;

/**
 * The text of a key. `{name}` in it stands for a parameter; with a parameter `count`, `key.one` and `key.other` are the
 * texts for one and for several, by the rules of the language.
 *
 * @param {string} key
 * @param {Record<string, string | number | null | undefined>} [params]
 * @returns {string}
 */
export const t = (key, params = {}) => {
  const rule = typeof params.count === 'number' ? new Intl.PluralRules(present).select(params.count) : null;
  const text = (rule && (texts[`${key}.${rule}`] ?? texts[`${key}.other`])) ?? texts[key];
  if (text === undefined) {
    if (Object.keys(texts).length) console.error(`no text for ${key} in ${present}`);
    return '';
  }
  return text.replace(/\{(\w+)\}/g, (_, name) => {
    const value = params[name];
    return typeof value === 'number' ? number(value) : String(value ?? '');
  });
};

/**
 * A number as people of the language write it.
 *
 * @param {number} value
 * @param {number} [digits] Digits after the point, at most.
 * @returns {string}
 */
export const number = (value, digits = 2) =>
  new Intl.NumberFormat(present, { maximumFractionDigits: digits, useGrouping: false }).format(value);

/**
 * Put the texts of the present language into a part of the page.
 *
 * @param {ParentNode} [root]
 */
export const translate = (root = document) => {
  for (const node of root.querySelectorAll('[data-i18n]')) node.textContent = t(node.getAttribute('data-i18n') ?? '');
  for (const node of root.querySelectorAll('[data-i18n-label]'))
    node.setAttribute('aria-label', t(node.getAttribute('data-i18n-label') ?? ''));
  for (const node of root.querySelectorAll('[data-i18n-title]'))
    node.setAttribute('title', t(node.getAttribute('data-i18n-title') ?? ''));
};

/**
 * Be called now and whenever the language changes. What comes back ends it.
 *
 * @param {() => void} listener
 * @returns {() => void}
 */
export const onLanguage = (listener) => {
  listeners.add(listener);
  if (Object.keys(texts).length) listener();
  return () => void listeners.delete(listener);
};

/**
 * @param {string} wanted
 * @returns {Language | undefined}
 */
const known = (wanted) => LANGUAGES.find((one) => one === wanted.toLowerCase().split('-')[0]);

/** What this visitor chose before, or what the browser is set to. @returns {Language} */
export const preferred = () => {
  const asked = known(new URLSearchParams(location.search).get('lang') ?? '');
  let kept;
  try {
    kept = known(localStorage.getItem(KEPT) ?? '');
  } catch {
    kept = undefined; // some browsers forbid it in private windows
  }
  return asked ?? kept ?? navigator.languages.map(known).find((one) => one !== undefined) ?? 'en';
};

/**
 * Speak a language from now on.
 *
 * @param {Language} wanted
 * @param {{keep?: boolean}} [options] `keep` remembers it as the visitor's choice.
 */
export const speak = async (wanted, { keep = false } = {}) => {
  const answer = await fetch(new URL(`../i18n/${wanted}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`the texts in ${wanted} cannot be had (${answer.status})`);
  texts = await answer.json();
  present = wanted;
  if (keep) {
    try {
      localStorage.setItem(KEPT, wanted);
    } catch {
      // It holds for this visit.
    }
  }
  document.documentElement.lang = wanted;
  translate();
  for (const listener of listeners) listener();
};

/**
 * Speak what the visitor reads. Until its texts can be had, the words of the HTML are all that there are.
 *
 * @returns {Promise<void>}
 */
export const startLanguage = async () => {
  try {
    await speak(preferred());
  } catch (error) {
    console.warn(error);
    setTimeout(() => Object.keys(texts).length || void startLanguage(), AGAIN * 1000);
  }
};
