/**
 * Where the music is in its form.
 */

import { element } from './dom.js';
import { language, t } from './i18n.js';

/** @typedef {import('./contract.js').Now} Now */

/**
 * The section that plays and those that come, as wide as they are long.
 *
 * @param {HTMLElement} section
 * @param {HTMLElement} box
 * @param {Now} now
 */
export const showForm = (section, box, now) => {
  const { form } = now;
  section.hidden = !form?.section;
  if (!form?.section) return;
  const ahead = form.ahead ?? [];
  const shown = JSON.stringify([language(), form]);
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  const bars = form.bars ?? 1;
  const block = (/** @type {string} */ name, /** @type {number} */ long, /** @type {string} */ when, isNow = false) => {
    const made = element(
      'li',
      { 'aria-current': isNow ? 'step' : null },
      element('strong', {}, name),
      element('small', {}, when),
    );
    made.style.flexGrow = String(long);
    return made;
  };
  const present = block(form.section, bars, t('facts.section_bar', { bar: form.bar ?? 1, bars }), true);
  present.style.setProperty('--part', `${(100 * ((form.bar ?? 1) - 1)) / bars}%`);
  box.replaceChildren(
    present,
    ...ahead.map((one) => block(one.section, one.bars, t('form.in_bars', { count: one.in_bars }))),
  );
};
