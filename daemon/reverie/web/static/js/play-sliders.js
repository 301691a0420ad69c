/**
 * Tempo, swing, and how boldly is composed, as far as the site lets visitors move them.
 */

import { element, setText } from './dom.js';
import { number, t } from './i18n.js';

/** @typedef {import('./play-wishes.js').PlayState} PlayState */
/** @typedef {import('./play-drums.js').Ask} Ask */

/** Milliseconds after the last movement until it is told. */
const SETTLED = 250;
/** Milliseconds for which what was told counts, though the server may still say what was before. */
const OURS = 4000;

/** @typedef {'tempo' | 'swing' | 'temperature'} Moved */

/** How fine each is moved, and how it is said. @type {Record<Moved, {step: number, says: (value: number) => string}>} */
const MOVED = {
  tempo: { step: 1, says: (value) => t('play.tempo-value', { tempo: Math.round(value) }) },
  swing: {
    step: 0.01,
    says: (value) => (value > 0.5 ? t('play.swing-value', { percent: Math.round(100 * value) }) : t('play.swing-even')),
  },
  temperature: { step: 0.05, says: (value) => number(value, 2) },
};

export class Slider {
  #ask;
  #what;
  #wanted;
  #name = element('label');
  #input;
  #value = element('output');
  node;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
  #movedAt = -OURS;

  /**
   * @param {Ask} ask
   * @param {Moved} what
   * @param {string} [id] Of the input.
   * @param {() => Record<string, string>} [wanted] What the wish says beside the value.
   */
  constructor(ask, what, id = `play-${what}`, wanted = () => ({})) {
    this.#ask = ask;
    this.#what = what;
    this.#wanted = wanted;
    this.#input = element('input', { type: 'range', step: MOVED[what].step, id });
    this.#name.htmlFor = this.#input.id;
    this.#value.htmlFor.add(this.#input.id);
    this.node = element('div', { class: 'field slider' }, this.#name, this.#input, this.#value);
    this.#input.addEventListener('input', () => {
      this.#movedAt = performance.now();
      this.#say();
      clearTimeout(this.#later);
      this.#later = setTimeout(() => void this.#tell(), SETTLED);
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

  #tell() {
    return this.#ask(this.#what, { ...this.#wanted(), value: Number(this.#input.value) });
  }

  #say() {
    setText(this.#name, t(`play.${this.#what}`));
    const says = MOVED[this.#what].says(Number(this.#input.value));
    setText(this.#value, says);
    this.#input.setAttribute('aria-valuetext', says);
  }
}

export class Sliders {
  #title = element('h3');
  #tempo;
  #swing;
  #temperature;
  node;

  /** @param {Ask} ask */
  constructor(ask) {
    this.#tempo = new Slider(ask, 'tempo');
    this.#swing = new Slider(ask, 'swing');
    this.#temperature = new Slider(ask, 'temperature');
    const sliders = [this.#tempo.node, this.#swing.node, this.#temperature.node];
    this.node = element('article', { class: 'card sliders' }, this.#title, ...sliders);
  }

  /** @param {PlayState} state */
  show(state) {
    const temperatures = Object.values(state.temperatures ?? {});
    const tempo = state.allow.includes('tempo') && state.tempo !== undefined;
    const temperature = state.allow.includes('temperature') && temperatures.length > 0;
    const drums = Boolean(state.drums) && state.allow.includes('drums');
    const swing = state.allow.includes('swing') && state.swing !== undefined && !drums; // the drum machine has it
    this.#tempo.node.hidden = !tempo;
    this.#swing.node.hidden = !swing;
    this.#temperature.node.hidden = !temperature;
    if (tempo) this.#tempo.show(state.limits.tempo, state.tempo ?? 0);
    if (swing) this.#swing.show(state.limits.swing, state.swing ?? 0.5);
    const mean = temperatures.reduce((sum, one) => sum + one, 0) / (temperatures.length || 1);
    if (temperature) this.#temperature.show(state.limits.temperature, mean);
    return tempo || swing || temperature;
  }

  translate() {
    setText(this.#title, t('play.sliders.title'));
  }
}
