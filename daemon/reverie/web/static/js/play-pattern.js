/**
 * A pattern of drums as a visitor sees it: strokes of their own, and what the model plays in between. No page in here.
 */

/** @typedef {import('./play-wishes.js').Drums} Drums */
/** @typedef {import('./play-wishes.js').DrumsSet} DrumsSet */

export class Pattern {
  steps;
  drums;
  /** All sixteenths before it are the visitor's. */
  marker = 0;
  density = 1;
  /** @type {Set<number>} Sixteenths after the marker that are the visitor's. */
  own = new Set();
  /** @type {Map<string, boolean[]>} */
  #set = new Map();
  /** @type {Map<string, boolean[]>} */
  #playing = new Map();

  /**
   * @param {string[]} drums
   * @param {number} steps
   */
  constructor(drums, steps) {
    this.drums = drums;
    this.steps = steps;
    for (const drum of drums) {
      this.#set.set(drum, Array(steps).fill(false));
      this.#playing.set(drum, Array(steps).fill(false));
    }
  }

  /** Whether anything is the visitor's. */
  get touched() {
    return this.marker > 0 || this.own.size > 0;
  }

  /** @param {number} step */
  isOwn(step) {
    return step < this.marker || this.own.has(step);
  }

  /**
   * Whether a drum is struck at a sixteenth: as the visitor has set it, or as it plays.
   *
   * @param {string} drum
   * @param {number} step
   */
  struck(drum, step) {
    return Boolean((this.isOwn(step) ? this.#set : this.#playing).get(drum)?.[step]);
  }

  /** How many drums are struck at a sixteenth. @param {number} step */
  together(step) {
    return this.drums.filter((drum) => this.struck(drum, step)).length;
  }

  /**
   * Strike a drum at a sixteenth, or not: the sixteenth is the visitor's then, with all that is struck there.
   *
   * @param {string} drum
   * @param {number} step
   * @param {boolean} on
   * @param {number} most Drums that may be struck together.
   * @returns {boolean} Whether anything has changed.
   */
  strike(drum, step, on, most) {
    if (step < 0 || step >= this.steps || (this.isOwn(step) && this.struck(drum, step) === on)) return false;
    if (on && this.together(step) >= most && !this.struck(drum, step)) return false;
    if (!this.isOwn(step)) {
      this.#keep(step);
      this.own.add(step);
    }
    /** @type {boolean[]} */ (this.#set.get(drum))[step] = on;
    return true;
  }

  /** Let all sixteenths before this one be the visitor's, as they are to be seen. @param {number} marker */
  moveMarker(marker) {
    const to = Math.min(Math.max(marker, 0), this.steps);
    for (let step = this.marker; step < to; step += 1) if (!this.isOwn(step)) this.#keep(step);
    this.marker = to;
    for (const step of this.own) if (step < to) this.own.delete(step);
  }

  /** Nothing is the visitor's any more. */
  clear() {
    this.marker = 0;
    this.own.clear();
  }

  /** What plays now. @param {Record<string, string>} rows */
  plays(rows) {
    for (const [drum, struck] of this.#playing) {
      const row = rows[drum] ?? '';
      for (let step = 0; step < this.steps; step += 1) struck[step] = 'xXo'.includes(row[step] ?? '.');
    }
  }

  /** What was set, by this visitor or another. @param {DrumsSet | null} set */
  take(set) {
    this.clear();
    if (!set) return;
    this.marker = Math.min(set.marker, this.steps);
    this.own = new Set(set.own.filter((step) => step >= this.marker && step < this.steps));
    this.density = set.density;
    for (const [drum, struck] of this.#set) {
      const row = set.rows[drum] ?? '';
      for (let step = 0; step < this.steps; step += 1) struck[step] = 'xXo'.includes(row[step] ?? '.');
    }
  }

  /** The wish that says all of it. */
  get wish() {
    /** @type {Record<string, string>} */
    const rows = {};
    for (const drum of this.drums) {
      const row = Array.from({ length: this.steps }, (_, step) => (this.isOwn(step) && this.struck(drum, step) ? 'x' : '.'));
      if (row.includes('x')) rows[drum] = row.join('');
    }
    return { rows, marker: this.marker, own: [...this.own].sort((one, other) => one - other), density: this.density };
  }

  /** @param {number} step */
  #keep(step) {
    for (const drum of this.drums) {
      /** @type {boolean[]} */ (this.#set.get(drum))[step] = Boolean(this.#playing.get(drum)?.[step]);
    }
  }
}
