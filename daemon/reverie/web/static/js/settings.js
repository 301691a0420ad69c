/**
 * The two choices at the top of every page: language and colours.
 */

import { byId, element } from './dom.js';
import { LANGUAGES, language, onLanguage, speak, t } from './i18n.js';
import { THEMES, chooseTheme, chosenTheme, showTheme } from './theme.js';

/** What each language calls itself. */
const NAMES = { en: 'English', de: 'Deutsch', fr: 'Français' };

/** Fill `#language` and `#theme`, where the page has them. */
export const startSettings = () => {
  showTheme(chosenTheme());
  const languages = /** @type {HTMLSelectElement} */ (byId('language'));
  languages.append(...LANGUAGES.map((one) => element('option', { value: one, lang: one }, NAMES[one])));
  languages.addEventListener('change', () => {
    const wanted = LANGUAGES.find((one) => one === languages.value);
    if (wanted) void speak(wanted, { keep: true });
  });
  const themes = /** @type {HTMLSelectElement} */ (byId('theme'));
  themes.append(...THEMES.map((one) => element('option', { value: one })));
  themes.addEventListener('change', () => chooseTheme(THEMES.find((one) => one === themes.value) ?? 'auto'));
  onLanguage(() => {
    languages.value = language();
    for (const option of themes.options) option.textContent = t(`page.theme.${option.value}`);
    themes.value = chosenTheme();
  });
};
