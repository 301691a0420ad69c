/**
 * The bars around the present moment: what was played, what plays, and what is composed ahead.
 *
 * Each bar that begins replaces what was predicted of it and of all after it. Bounded: what is long past is forgotten.
 */

/** @typedef {import('./contract.js').Bar} Bar */

/** Seconds for which a bar is kept after its end. */
const KEPT = 40;
const MOST = 128;
/** Seconds after which a bar that was predicted and has not begun is one that does not come. */
const LATEST = 1.5;

export class Timeline {
  /** @type {Bar[]} */
  #bars = [];

  /** All bars that are known, in order of time. @returns {readonly Bar[]} */
  get bars() {
    return this.#bars;
  }

  /**
   * A bar begins.
   *
   * @param {Bar} told
   */
  take(told) {
    const { ahead = [], ...bar } = told;
    const before = this.#bars.filter((known) => known.begins < bar.begins - 0.01 && known.exact);
    const kept = before.filter((known) => known.begins + known.seconds > bar.begins - KEPT);
    this.#bars = [...kept, { ...bar, exact: true }, ...ahead.map((one) => ({ ...one, exact: false }))].slice(-MOST);
  }

  /** Forget everything: other music plays. */
  clear() {
    this.#bars = [];
  }

  /**
   * The bars that are to be shown at a moment: one that should have begun, and of which nobody has said that it did, is
   * not played, whatever was predicted of it.
   *
   * @param {number} moment
   * @returns {Bar[]}
   */
  shown(moment) {
    return this.#bars.filter((bar) => bar.exact || bar.begins > moment - LATEST);
  }

  /**
   * The bar that sounds at a moment.
   *
   * @param {number} moment
   * @returns {Bar | undefined}
   */
  at(moment) {
    return this.#bars.findLast((bar) => bar.begins <= moment && moment < bar.begins + bar.seconds);
  }
}
