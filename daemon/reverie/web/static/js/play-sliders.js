/**
 * Tempo, and how boldly is composed, as far as the site lets visitors move them.
 */

import { element, setText } from './dom.js';
import { number, t } from './i18n.js';

/** @typedef {import('./play-wishes.js').PlayState} PlayState */
/** @typedef {import('./play-drums.js').Ask} Ask */

/** Milliseconds after the last movement until it is told. */
const SETTLED = 250;
/** Milliseconds for which what was told counts, though the server may still say what was before. */
const OURS = 4000;

class Slider {
  #ask;
  #what;
  #digits;
  #name = element('label');
  #input;
  #value = element('output');
  node;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
  #movedAt = -OURS;

  /**
   * @param {Ask} ask
   * @param {'tempo' | 'temperature'} what
   * @param {number} step
   * @param {number} digits
   */
  constructor(ask, what, step, digits) {
    this.#ask = ask;
    this.#what = what;
    this.#digits = digits;
    this.#input = element('input', { type: 'range', step, id: `play-${what}` });
    this.#name.htmlFor = this.#input.id;
    this.#value.htmlFor.add(this.#input.id);
    this.node = element('div', { class: 'field slider' }, this.#name, this.#input, this.#value);
    this.#input.addEventListener('input', () => {
      this.#movedAt = performance.now();
      this.#say();
      clearTimeout(this.#later);
      this.#later = setTimeout(() => void this.#ask(this.#what, { value: Number(this.#input.value) }), SETTLED);
    });
  }

  /**
   * @param {[number, number]} limits
   * @param {number} value
   */
  show([low, high], value) {
    this.#input.min = String(low);
    this.#input.max = String(high);
    if (performance.now() - this.#movedAt > OURS) this.#input.value = String(value);
    this.#say();
  }

  #say() {
    const value = Number(this.#input.value);
    setText(this.#name, this.#what === 'tempo' ? t('play.tempo') : t('play.temperature'));
    const says = this.#what === 'tempo' ? t('play.tempo-value', { tempo: Math.round(value) }) : number(value, this.#digits);
    setText(this.#value, says);
    this.#input.setAttribute('aria-valuetext', says);
  }
}

export class Sliders {
  #title = element('h3');
  #tempo;
  #temperature;
  node;

  /** @param {Ask} ask */
  constructor(ask) {
    this.#tempo = new Slider(ask, 'tempo', 1, 0);
    this.#temperature = new Slider(ask, 'temperature', 0.05, 2);
    this.node = element('article', { class: 'card sliders' }, this.#title, this.#tempo.node, this.#temperature.node);
  }

  /** @param {PlayState} state */
  show(state) {
    const temperatures = Object.values(state.temperatures ?? {});
    const tempo = state.allow.includes('tempo') && state.tempo !== undefined;
    const temperature = state.allow.includes('temperature') && temperatures.length > 0;
    this.#tempo.node.hidden = !tempo;
    this.#temperature.node.hidden = !temperature;
    if (tempo) this.#tempo.show(state.limits.tempo, state.tempo ?? 0);
    const mean = temperatures.reduce((sum, one) => sum + one, 0) / (temperatures.length || 1);
    if (temperature) this.#temperature.show(state.limits.temperature, mean);
    return tempo || temperature;
  }

  translate() {
    setText(this.#title, t('play.sliders.title'));
  }
}
