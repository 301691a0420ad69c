/**
 * Where the notes, chords and sections of bars lie in time: plain arithmetic, without a canvas.
 */

/** @typedef {import('./contract.js').Bar} Bar */
/** @typedef {{voice: string, pitch: number, velocity: number, begins: number, ends: number,
 *   tied: boolean}} PlacedNote */
/** @typedef {{symbol: string, begins: number, ends: number}} PlacedChord */
/** @typedef {{section: string, begins: number, ends: number}} PlacedSection */

/** @type {WeakMap<Bar, PlacedNote[]>} */
const placed = new WeakMap();

/**
 * When a tick of a bar comes, in seconds of the server's clock.
 *
 * @param {Bar} bar
 * @param {number} tick
 * @returns {number}
 */
export const momentOf = (bar, tick) => {
  const piece = bar.pace?.findLast(([first]) => tick >= first);
  return piece ? piece[1] + (tick - piece[0]) * piece[2] : bar.begins + (tick * bar.seconds) / bar.ticks;
};

/**
 * The notes of a bar with their moments.
 *
 * @param {Bar} bar
 * @returns {PlacedNote[]}
 */
export const notesOf = (bar) => {
  const known = placed.get(bar);
  if (known) return known;
  const notes = (bar.notes ?? []).map(([voice, start, pitch, velocity, length, tied]) => ({
    voice,
    pitch,
    velocity,
    begins: momentOf(bar, start),
    ends: momentOf(bar, start + Math.max(1, length)),
    tied: tied === 1,
  }));
  placed.set(bar, notes);
  return notes;
};

/**
 * The chords of bars one after the other; one that goes on over a bar line is one.
 *
 * @param {readonly Bar[]} bars
 * @returns {PlacedChord[]}
 */
export const chordsOf = (bars) => {
  /** @type {PlacedChord[]} */
  const found = [];
  for (const bar of bars) {
    const ends = bar.begins + bar.seconds;
    const last = found.at(-1);
    if (last) last.ends = Math.min(ends, Math.max(last.ends, bar.begins));
    for (const { tick, symbol } of bar.chords ?? []) {
      const begins = momentOf(bar, tick);
      const before = found.at(-1);
      if (before && before.symbol === symbol && begins - before.ends < 0.05) continue;
      if (before) before.ends = Math.min(before.ends, begins);
      found.push({ symbol, begins, ends });
    }
    const open = found.at(-1);
    if (open && (bar.chords?.length || open.ends >= bar.begins - 0.05)) open.ends = ends;
  }
  return found;
};

/**
 * The sections of bars one after the other; bars without one part them.
 *
 * @param {readonly Bar[]} bars
 * @returns {PlacedSection[]}
 */
export const sectionsOf = (bars) => {
  /** @type {PlacedSection[]} */
  const found = [];
  /** @type {PlacedSection | null} */
  let open = null;
  for (const bar of bars) {
    const ends = bar.begins + bar.seconds;
    if (open && bar.section === open.section) {
      open.ends = ends;
      continue;
    }
    open = bar.section ? { section: bar.section, begins: bar.begins, ends } : null;
    if (open) found.push(open);
  }
  return found;
};

/** The pitches that are shown: they follow what is played, gently, so that the picture does not jump. */
export class PitchRange {
  /** @param {number} [least] Semitones that are shown at least. */
  constructor(least = 30) {
    this.least = least;
    this.low = 45;
    this.high = 45 + least;
    this.known = false;
  }

  /**
   * Follow the pitches that are to be seen.
   *
   * @param {number} lowest
   * @param {number} highest
   * @param {number} part How much of the way is gone now, 0 to 1.
   */
  follow(lowest, highest, part) {
    if (lowest > highest) return;
    const spare = Math.max(0, this.least - (highest - lowest + 4)) / 2;
    const low = lowest - 2 - spare;
    const high = highest + 2 + spare;
    const way = this.known ? part : 1;
    this.known = true;
    this.low += (low - this.low) * way;
    this.high += (high - this.high) * way;
  }
}

/** The rows of drums: a pitch keeps its row for as long as it is heard of now and then. */
export class DrumRows {
  /** @type {Map<number, number>} */
  #heard = new Map();
  /** @type {number[]} */
  #rows = [];

  /** Pitches from the lowest row up. @returns {readonly number[]} */
  get rows() {
    return this.#rows;
  }

  /**
   * These pitches are to be seen at a moment; those that were not for a minute lose their row.
   *
   * @param {Iterable<number>} pitches
   * @param {number} moment
   */
  follow(pitches, moment) {
    let changed = false;
    for (const pitch of pitches) {
      changed ||= !this.#heard.has(pitch);
      this.#heard.set(pitch, moment);
    }
    for (const [pitch, heard] of this.#heard) {
      if (Math.abs(moment - heard) < 60) continue; // after a new start of the machine its clock is behind
      this.#heard.delete(pitch);
      changed = true;
    }
    if (changed) this.#rows = [...this.#heard.keys()].sort((one, other) => one - other);
  }
}
