/**
 * Buttons, sliders and choices of the artist's desk. Each is made once and set again and again: what a hand holds must
 * not be replaced under it.
 */

import { element, setText } from './dom.js';
import { number, t } from './i18n.js';
import { spoken } from './sentences.js';

/**
 * A button whose text is that of a key; `set` says whether it is on (null: no switch) and why it cannot be used.
 *
 * @param {string} key
 * @param {() => void} press
 * @param {{class?: string, params?: Record<string, string>}} [options]
 */
export const actionButton = (key, press, { class: kind = 'small', params = {} } = {}) => {
  const node = element('button', { type: 'button', class: kind }, t(key, params));
  const reason = element('span', { class: 'hidden' });
  let why = '';
  node.addEventListener('click', () => {
    if (!why) press();
    else document.dispatchEvent(new CustomEvent('rv-said', { detail: { ok: false, said: why } }));
  });
  return {
    node,
    /**
     * @param {{on?: boolean | null, cannot?: string}} state
     */
    set({ on = null, cannot: reasoned = '' }) {
      const cannot = spoken(reasoned);
      why = cannot;
      if (on === null) node.removeAttribute('aria-pressed');
      else node.setAttribute('aria-pressed', String(on));
      if (cannot) node.setAttribute('aria-disabled', 'true');
      else node.removeAttribute('aria-disabled');
      node.title = cannot;
      if (cannot && !reason.isConnected) node.append(reason);
      if (!cannot) reason.remove();
      setText(reason, cannot ? ` ${cannot}` : '');
    },
  };
};

/**
 * A slider with its name and its value in words; while a hand holds it, nothing else moves it.
 *
 * @param {string} label
 * @param {{min: number, max: number, step: number, digits?: number, unit?: string, id: string}} range
 * @param {(value: number) => void} change
 */
export const slider = (label, { min, max, step, digits = 2, unit = '', id }, change) => {
  const input = element('input', { type: 'range', min, max, step, id });
  const shown = element('output', { for: id });
  const box = element('div', { class: 'level' }, element('label', { for: id }, label), shown, input);
  let held = false;
  const tell = () => {
    const value = `${number(Number(input.value), digits)}${unit}`;
    setText(shown, value);
    input.setAttribute('aria-valuetext', value);
  };
  input.addEventListener('input', () => {
    held = true;
    tell();
  });
  input.addEventListener('change', () => {
    held = false;
    tell();
    change(Number(input.value));
  });
  input.addEventListener('blur', () => (held = false));
  return {
    node: box,
    input,
    /**
     * @param {number | null | undefined} value
     * @param {string} [cannot]
     */
    set(value, cannot = '') {
      box.title = spoken(cannot);
      input.disabled = Boolean(cannot);
      box.classList.toggle('cannot', Boolean(cannot));
      if (held || value === null || value === undefined) return;
      input.value = String(value);
      tell();
    },
  };
};

/**
 * A small choice with a name.
 *
 * @param {string} label
 * @param {{value: string, text: string}[]} options
 * @param {(value: string) => void} change
 */
export const choice = (label, options, change) => {
  const input = element('select', {}, ...options.map(({ value, text }) => element('option', { value }, text)));
  input.addEventListener('change', () => change(input.value));
  return { node: element('label', { class: 'pick' }, element('span', {}, label), input), input };
};
