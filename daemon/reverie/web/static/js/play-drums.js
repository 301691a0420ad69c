/**
 * The drum machine: a grid to paint on, and a marker up to which all is the visitor's. After it the model goes on.
 */

import { clockKnown, serverNow } from './clock.js';
import { element, setText } from './dom.js';
import { feed } from './feed.js';
import { has, t } from './i18n.js';
import { Pattern } from './play-pattern.js';
import { Slider } from './play-sliders.js';
import { AGAIN, isPassing } from './play-wishes.js';

/** @typedef {import('./play-wishes.js').PlayState} PlayState */
/** @typedef {import('./play-wishes.js').Drums} Drums */
/** @typedef {import('./contract.js').Bar} Bar */
/** @typedef {(what: string, wanted?: Record<string, any>) => Promise<import('./play-wishes.js').PlayAnswer>} Ask */

/** Milliseconds after the last stroke until all of them are told. */
const SETTLED = 400;
/** Sixteenths beside each other: a whole bar, on a telephone half of one, and on the smallest a quarter. */
const WIDE = 16;
const NARROW = 8;
const NARROWEST = 4;

export class DrumMachine {
  #ask;
  /** @type {Pattern | null} */
  #pattern = null;
  /** @type {Drums | null} */
  #drums = null;
  #most = 4;
  #first = 0;
  #dirty = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
  /** @type {boolean | null} What a finger paints. */
  #paints = null;
  /** @type {[number, number]} The cell that the keyboard is at: row and sixteenth. */
  #at = [0, 0];
  /** @type {Bar | null} */
  #bar = null;
  #narrow = matchMedia('(max-width: 48rem)');
  #narrowest = matchMedia('(max-width: 22rem)');
  #title = element('h3');
  #lead = element('p', { class: 'lead' });
  #grid = element('div', { class: 'drum-grid', role: 'grid' });
  #marker = element('input', { type: 'range', min: 0, step: 1, class: 'drum-marker', id: 'drum-marker' });
  #markerName = element('label', { for: 'drum-marker' });
  #markerSays = element('output', { for: 'drum-marker' });
  #density = element('input', { type: 'range', step: 0.05, id: 'drum-density' });
  #densityName = element('label', { for: 'drum-density' });
  #swing;
  #temperature;
  #back = element('button', { type: 'button', class: 'quiet' }, '‹');
  #on = element('button', { type: 'button', class: 'quiet' }, '›');
  #where = element('span', { 'aria-live': 'polite' });
  #release = element('button', { type: 'button' });
  #state = element('p', { class: 'drum-state', role: 'status' });
  #moved = element('div', { class: 'stack' });
  node = element(
    'article',
    { class: 'card drum-machine' },
    this.#title,
    this.#lead,
    element('div', { class: 'row drum-pages' }, this.#back, this.#where, this.#on),
    this.#grid,
    element('div', { class: 'field' }, this.#markerName, this.#marker, this.#markerSays),
    element('div', { class: 'field' }, this.#densityName, this.#density),
    this.#moved,
    element('div', { class: 'row' }, this.#release),
    this.#state,
  );

  /** @param {Ask} ask */
  constructor(ask) {
    this.#ask = ask;
    this.#swing = new Slider(ask, 'swing', 'drum-swing');
    this.#temperature = new Slider(ask, 'temperature', 'drum-temperature', () => ({ voice: this.#drums?.voice ?? '' }));
    this.#moved.append(this.#swing.node, this.#temperature.node);
    this.#grid.addEventListener('pointerdown', (event) => this.#press(event));
    this.#grid.addEventListener('pointermove', (event) => this.#drag(event));
    for (const end of ['pointerup', 'pointercancel', 'blur']) addEventListener(end, () => this.#lift());
    this.#grid.addEventListener('keydown', (event) => this.#key(event));
    this.#grid.addEventListener('focusin', (event) => {
      const cell = event.target instanceof HTMLElement ? event.target : null;
      if (cell?.dataset.step) this.#at = [Number(cell.dataset.row), Number(cell.dataset.step)];
    });
    this.#marker.addEventListener('input', () => this.#moveMarker(Number(this.#marker.value)));
    this.#density.addEventListener('input', () => {
      if (!this.#pattern) return;
      this.#pattern.density = Number(this.#density.value);
      if (this.#pattern.touched) this.#changed();
    });
    this.#release.addEventListener('click', () => this.#letGo());
    this.#back.addEventListener('click', () => this.#turnTo(this.#first - this.#shown));
    this.#on.addEventListener('click', () => this.#turnTo(this.#first + this.#shown));
    for (const width of [this.#narrow, this.#narrowest]) width.addEventListener('change', () => this.#turnTo(0));
    feed.on('bar', (bar) => (this.#bar = bar));
    const follow = () => {
      this.#follow();
      requestAnimationFrame(follow);
    };
    requestAnimationFrame(follow);
  }

  get #shown() {
    const fit = this.#narrowest.matches ? NARROWEST : this.#narrow.matches ? NARROW : WIDE;
    return Math.min(fit, this.#drums?.bar_steps ?? WIDE);
  }

  /** @param {PlayState} state */
  show(state) {
    const drums = state.drums;
    if (!drums || !state.allow.includes('drums')) return false;
    const other = !this.#pattern || this.#drums?.voice !== drums.voice || this.#pattern.steps !== drums.steps;
    this.#drums = drums;
    this.#most = state.limits.at_once;
    const pattern = other ? new Pattern(drums.drums, drums.steps) : /** @type {Pattern} */ (this.#pattern);
    this.#pattern = pattern;
    pattern.plays(drums.playing);
    if (!this.#dirty) pattern.take(drums.set);
    this.#density.min = String(state.limits.density[0]);
    this.#density.max = String(state.limits.density[1]);
    this.#density.disabled = !drums.continues;
    const temperature = state.temperatures?.[drums.voice];
    this.#swing.node.hidden = !state.allow.includes('swing') || state.swing === undefined;
    this.#temperature.node.hidden = !state.allow.includes('temperature') || temperature === undefined;
    this.#swing.show(state.limits.swing, state.swing ?? 0.5);
    this.#temperature.show(state.limits.temperature, temperature ?? 1);
    if (other) {
      this.#first = 0;
      this.#marker.max = String(drums.steps);
      this.#build();
    }
    this.#paint();
    return true;
  }

  translate() {
    setText(this.#title, t('play.drums.title'));
    setText(this.#markerName, t('play.drums.marker'));
    setText(this.#densityName, t('play.drums.density'));
    setText(this.#release, t('play.let-go.button'));
    this.#back.setAttribute('aria-label', t('play.drums.back'));
    this.#on.setAttribute('aria-label', t('play.drums.on'));
    this.#grid.setAttribute('aria-label', t('play.drums.grid'));
    if (this.#pattern) this.#build();
  }

  /** Make the cells of the sixteenths that are shown. */
  #build() {
    const pattern = this.#pattern;
    if (!pattern || !this.#drums) return;
    const steps = Array.from({ length: Math.min(this.#shown, pattern.steps - this.#first) }, (_, at) => this.#first + at);
    this.#grid.style.setProperty('--steps', String(steps.length));
    this.#grid.setAttribute('aria-colcount', String(pattern.steps));
    this.#grid.setAttribute('aria-rowcount', String(pattern.drums.length));
    this.#grid.replaceChildren(
      ...pattern.drums.map((drum, row) =>
        element(
          'div',
          { role: 'row', 'aria-rowindex': row + 1 },
          element('span', { role: 'rowheader', class: 'drum-name' }, this.#name(drum)),
          ...steps.map((step) =>
            element('span', {
              role: 'gridcell',
              class: 'drum-cell',
              tabindex: -1,
              'aria-colindex': step + 1,
              'data-row': row,
              'data-step': step,
              'data-beat': this.#drums?.beats.includes(step % this.#drums.bar_steps),
            }),
          ),
        ),
      ),
    );
    this.#paint();
  }

  /** Show what is struck, and whose it is. */
  #paint() {
    const [pattern, drums] = [this.#pattern, this.#drums];
    if (!pattern || !drums) return;
    for (const cell of this.#cells()) {
      const [row, step] = [Number(cell.dataset.row), Number(cell.dataset.step)];
      const drum = pattern.drums[row] ?? '';
      const [on, own] = [pattern.struck(drum, step), pattern.isOwn(step)];
      cell.dataset.on = String(on);
      cell.dataset.own = String(own);
      cell.tabIndex = row === this.#at[0] && step === this.#at[1] ? 0 : -1;
      cell.setAttribute('aria-selected', String(on));
      const key = own ? (on ? 'own-on' : 'own-off') : on ? 'model-on' : 'model-off';
      cell.setAttribute('aria-label', t(`play.drums.cell.${key}`, { drum: this.#name(drum), step: step + 1 }));
    }
    if (!this.#grid.querySelector('[tabindex="0"]')) {
      const first = this.#cells()[0];
      if (first) first.tabIndex = 0;
    }
    const last = Math.min(this.#first + this.#shown, pattern.steps);
    setText(this.#where, t('play.drums.where', { first: this.#first + 1, last, steps: pattern.steps }));
    this.#back.disabled = this.#first === 0;
    this.#on.disabled = last >= pattern.steps;
    this.#marker.value = String(pattern.marker);
    this.#density.value = String(pattern.density);
    setText(this.#markerSays, t('play.drums.marker-says', { count: pattern.marker }));
    setText(this.#lead, drums.continues ? t('play.drums.lead') : t('play.drums.lead-whole'));
    this.#release.disabled = !pattern.touched && !drums.set;
    const rests = drums.rests_until;
    const says = rests
      ? t('play.drums.rests', { bar: rests })
      : drums.set
        ? drums.heard
          ? t('play.drums.heard')
          : t('play.drums.comes')
        : '';
    setText(this.#state, says);
  }

  /** @returns {HTMLElement[]} */
  #cells() {
    return [...this.#grid.querySelectorAll('.drum-cell')].map((cell) => /** @type {HTMLElement} */ (cell));
  }

  /** @param {string} drum */
  #name(drum) {
    return has(`drum.${drum}`) ? t(`drum.${drum}`) : drum;
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const cell = cellAt(event);
    if (!cell || event.button > 0) return;
    event.preventDefault();
    cell.focus({ preventScroll: true });
    if (this.#grid.hasPointerCapture(event.pointerId)) this.#grid.releasePointerCapture(event.pointerId);
    this.#paints = cell.dataset.on !== 'true';
    this.#strike(cell, this.#paints);
  }

  /** @param {PointerEvent} event */
  #drag(event) {
    if (event.buttons === 0) this.#lift();
    if (this.#paints === null) return;
    const cell = cellAt(event);
    if (cell) this.#strike(cell, this.#paints);
  }

  /** The finger is lifted, wherever that is: what it has painted is one wish. */
  #lift() {
    if (this.#paints === null) return;
    this.#paints = null;
    if (this.#dirty) this.#tellSoon();
  }

  /**
   * @param {HTMLElement} cell
   * @param {boolean} on
   */
  #strike(cell, on) {
    const drum = this.#pattern?.drums[Number(cell.dataset.row)];
    if (drum && this.#pattern?.strike(drum, Number(cell.dataset.step), on, this.#most)) this.#changed();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const pattern = this.#pattern;
    const cell = event.target instanceof HTMLElement ? event.target : null;
    if (!pattern || !cell?.dataset.step) return;
    let [row, step] = this.#at;
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault();
      this.#strike(cell, cell.dataset.on !== 'true');
      return;
    }
    if (event.key === 'ArrowRight') step += 1;
    else if (event.key === 'ArrowLeft') step -= 1;
    else if (event.key === 'ArrowDown') row += 1;
    else if (event.key === 'ArrowUp') row -= 1;
    else if (event.key === 'Home') step = this.#first;
    else if (event.key === 'End') step = this.#first + this.#shown - 1;
    else return;
    event.preventDefault();
    this.#at = [
      Math.min(Math.max(row, 0), pattern.drums.length - 1),
      Math.min(Math.max(step, 0), pattern.steps - 1),
    ];
    if (this.#at[1] < this.#first || this.#at[1] >= this.#first + this.#shown)
      this.#turnTo(Math.floor(this.#at[1] / this.#shown) * this.#shown);
    this.#paint();
    /** @type {HTMLElement | null} */ (this.#grid.querySelector('[tabindex="0"]'))?.focus();
  }

  /** @param {number} first */
  #turnTo(first) {
    const steps = this.#pattern?.steps ?? 0;
    this.#first = Math.min(Math.max(first, 0), Math.floor((steps - 1) / this.#shown) * this.#shown);
    this.#build();
  }

  /** @param {number} marker */
  #moveMarker(marker) {
    this.#pattern?.moveMarker(marker);
    this.#changed();
  }

  #changed() {
    this.#dirty = true;
    this.#paint();
    clearTimeout(this.#later);
    if (this.#paints === null) this.#tellSoon();
  }

  #tellSoon() {
    clearTimeout(this.#later);
    this.#later = setTimeout(() => void this.#tell(), SETTLED);
  }

  async #tell() {
    const pattern = this.#pattern;
    if (!pattern) return;
    const wanted = pattern.wish;
    const voice = this.#drums?.voice;
    const answer = await this.#ask('drums', pattern.touched ? { ...wanted, voice } : { voice });
    if (JSON.stringify(wanted) !== JSON.stringify(this.#pattern?.wish)) return; // it goes on, and is told anew
    if (isPassing(answer)) this.#later = setTimeout(() => void this.#tell(), AGAIN);
    else this.#dirty = false;
  }

  #letGo() {
    clearTimeout(this.#later);
    this.#pattern?.clear();
    this.#dirty = false;
    this.#paint();
    void this.#ask('drums', { voice: this.#drums?.voice });
  }

  /** Light the sixteenth that sounds. */
  #follow() {
    const [bar, drums] = [this.#bar, this.#drums];
    let now = -1;
    if (bar && drums && drums.begun !== null && !drums.rests_until && clockKnown() && !document.hidden) {
      const bars = (serverNow() - bar.begins) / bar.seconds;
      const place = bar.scene_bar - drums.begun + bars;
      if (place >= 0) now = Math.floor(place * drums.bar_steps) % drums.steps;
    }
    if (this.#grid.dataset.now === String(now)) return;
    this.#grid.dataset.now = String(now);
    for (const cell of this.#cells()) cell.classList.toggle('sounds', Number(cell.dataset.step) === now);
  }
}

/**
 * The cell under a finger, which may have begun on another.
 *
 * @param {PointerEvent} event
 * @returns {HTMLElement | null}
 */
const cellAt = (event) => {
  const found = document.elementFromPoint(event.clientX, event.clientY)?.closest('.drum-cell');
  return found instanceof HTMLElement ? found : null;
};
