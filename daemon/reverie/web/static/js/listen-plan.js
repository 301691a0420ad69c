/**
 * What is to be played when: the bars that the feed tells, as notes with moments, each of which is handed on once.
 *
 * Everything here is arithmetic: no clock is read and nothing sounds, so that all of it can be tried out.
 *
 * @typedef {import('./contract.js').Bar} Bar
 *
 * @typedef {object} PlannedNote
 * @property {string} id The same in every version of its bar.
 * @property {string} voice
 * @property {number} pitch
 * @property {number} velocity
 * @property {number} begins Seconds of the server's monotonic clock.
 * @property {number} ends
 * @property {number} [program] What a mood gives its voice.
 * @property {boolean} tied Goes on from a note of its voice and pitch that sounds up to its begin.
 *
 * @typedef {Map<string, Map<number, number>>} Controls By voice, the values of its controllers.
 * @typedef {{bar: number, begins: number, notes: PlannedNote[], controls: Controls, until: number}} PlannedBar
 */

/** Seconds for which a bar that is over is remembered: its last notes may still sound. */
const REMEMBERED = 30;

/**
 * The moment of a tick of a bar; beyond its end it goes on as it ended.
 *
 * @param {Bar} bar
 * @param {number} tick
 * @returns {number}
 */
export const momentOf = (bar, tick) => {
  const piece = bar.pace?.findLast(([from]) => from <= tick) ?? [0, bar.begins, bar.seconds / bar.ticks];
  return piece[1] + (tick - piece[0]) * piece[2];
};

/**
 * A bar with the moments of its notes.
 *
 * @param {Bar} bar
 * @returns {PlannedBar}
 */
export const planned = (bar) => {
  const silent = new Set([...(bar.muted ?? []), ...(bar.tacet ?? [])]);
  const programs = new Map(bar.programs ?? []);
  /** @type {PlannedNote[]} */
  const notes = [];
  if (!bar.resting)
    for (const [voice, tick, pitch, velocity, length, tied] of bar.notes ?? []) {
      if (silent.has(voice)) continue;
      const id = `${bar.epoch}/${bar.bar}/${voice}/${tick}/${pitch}`;
      const [begins, ends] = [momentOf(bar, tick), momentOf(bar, tick + length)];
      notes.push({ id, voice, program: programs.get(voice), pitch, velocity, begins, ends, tied: Boolean(tied) });
    }
  notes.sort((one, other) => one.begins - other.begins);
  const until = Math.max(momentOf(bar, bar.ticks), ...notes.map((note) => note.ends));
  /** @type {Controls} */
  const controls = new Map();
  for (const [voice, controller, value] of bar.controls ?? []) {
    const own = controls.get(voice) ?? new Map();
    controls.set(voice, own.set(controller, value));
  }
  return { bar: bar.bar, begins: bar.begins, notes, controls, until };
};

/** What is known of the bars that sound and of those to come. */
export class Plan {
  /** @type {Map<number, PlannedBar>} */
  #bars = new Map();
  /** @type {Map<string, PlannedNote>} */
  #given = new Map();
  #epoch = -1;
  /** The bar whose controllers were handed on last. */
  #turned = NaN;

  /** How many bars, and notes that were handed on, are remembered. @returns {{bars: number, notes: number}} */
  get size() {
    return { bars: this.#bars.size, notes: this.#given.size };
  }

  /**
   * The feed tells a bar, and those to come. What was handed on and is otherwise now comes back: with `ends` where it
   * is to end sooner, or as `dropped` where it is not to be played at all.
   *
   * @param {Bar} bar
   * @returns {{changed: PlannedNote[], dropped: PlannedNote[]}}
   */
  tell(bar) {
    const told = [bar, ...(bar.ahead ?? [])].map(planned);
    const { bar: first, begins } = bar;
    const anew = bar.epoch !== this.#epoch;
    this.#epoch = bar.epoch;
    // What was foretold and is told no more, because another scene begins sooner, is not to be. What is over is let go
    // of here too: while the context is not running nobody asks what is due.
    for (const [number, one] of [...this.#bars])
      if (number >= first || one.until < begins - REMEMBERED) this.#bars.delete(number);
    for (const one of told) this.#bars.set(one.bar, one);
    const known = new Map(told.flatMap((one) => one.notes).map((note) => [note.id, note]));
    const changed = [];
    const dropped = [];
    for (const [id, given] of this.#given) {
      const present = known.get(id);
      if (!present && given.begins < begins) {
        // Of a bar that is over: what still sounds of other music ends where this begins.
        if (!anew || given.ends <= begins) continue;
        const cut = { ...given, ends: begins };
        this.#given.set(id, cut);
        changed.push(cut);
      } else if (!present) {
        dropped.push(given);
        this.#given.delete(id);
      } else if (Math.abs(present.ends - given.ends) > 0.005) {
        this.#given.set(id, present);
        changed.push(present);
      }
    }
    return { changed, dropped };
  }

  /**
   * The notes that begin from `from` on and before `until`, and were not handed on before; in their order.
   *
   * Notes before `from` are too late to be played, and are passed over for good.
   *
   * @param {number} from
   * @param {number} until
   * @returns {PlannedNote[]}
   */
  due(from, until) {
    const found = [];
    for (const [number, bar] of this.#bars) {
      if (bar.until < from - REMEMBERED) {
        this.#bars.delete(number);
        continue;
      }
      for (const note of bar.notes)
        if (note.begins >= from && note.begins < until && !this.#given.has(note.id)) found.push(note);
    }
    for (const note of found) this.#given.set(note.id, note);
    for (const [id, note] of this.#given) if (note.ends < from - REMEMBERED) this.#given.delete(id);
    return found.sort((one, other) => one.begins - other.begins);
  }

  /**
   * The controllers of the last bar that begins before `until`, if they were not handed on before.
   *
   * @param {number} until
   * @returns {{begins: number, controls: Controls} | null}
   */
  turn(until) {
    let last;
    for (const bar of this.#bars.values()) if (bar.begins < until && bar.begins > (last?.begins ?? -Infinity)) last = bar;
    if (!last || last.begins === this.#turned) return null;
    this.#turned = last.begins;
    return last;
  }

  /** Nothing is known any more. */
  forget() {
    this.#turned = NaN;
    this.#bars.clear();
    this.#given.clear();
  }
}
