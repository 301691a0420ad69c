/**
 * Tunes in the notation of scenes, as far as the server writes them: to draw them, and to tell them apart.
 *
 * @typedef {{start: number, length: number, pitch: number}} TuneNote In sixteenths; MIDI pitches.
 */

import { drawing } from './dom.js';

const WORD = /^(?:([A-G])([#b]?)(-?\d+)|[.-])(?::(\d+))?$/;
/** @type {Record<string, number>} */
const ABOVE_C = { C: 0, D: 2, E: 4, F: 5, G: 7, A: 9, B: 11 };

/**
 * The notes of a tune, and how long it is; words that it does not know are rests.
 *
 * @param {string} tune
 * @returns {{notes: TuneNote[], steps: number}}
 */
export const readTune = (tune) => {
  /** @type {TuneNote[]} */
  const notes = [];
  let at = 0;
  for (const word of tune.split(/\s+/)) {
    const [, name, sign, octave, long] = WORD.exec(word) ?? [];
    const length = Number(long ?? 1);
    if (name !== undefined) {
      const pitch = 12 * (Number(octave) + 1) + (ABOVE_C[name] ?? 0) + (sign === '#' ? 1 : sign === 'b' ? -1 : 0);
      notes.push({ start: at, length, pitch });
    }
    at += length;
  }
  return { notes, steps: at };
};

/**
 * A tune as a small picture.
 *
 * @param {string} tune
 * @returns {SVGSVGElement}
 */
export const tunePicture = (tune) => {
  const { notes, steps } = readTune(tune);
  const pitches = notes.map((note) => note.pitch);
  const [low, high] = [Math.min(...pitches) - 1, Math.max(...pitches) + 2];
  const picture = drawing('svg', {
    viewBox: `0 ${-high} ${Math.max(steps, 1)} ${Math.max(high - low, 8)}`,
    preserveAspectRatio: 'none',
    'aria-hidden': 'true',
    class: 'tune-picture',
  });
  for (const note of notes) {
    picture.append(
      drawing('rect', { x: note.start, y: -note.pitch - 1, width: Math.max(note.length - 0.15, 0.4), height: 1, rx: 0.3 }),
    );
  }
  return picture;
};

/**
 * The shares of tunes in the corners of a square, for a point in it; corners without a tune have none.
 *
 * @param {(string | null)[]} corners Left and right above, left and right below.
 * @param {number} x 0, left, to 1.
 * @param {number} y 0, above, to 1.
 * @returns {number[]}
 */
export const shares = (corners, x, y) => {
  const weights = [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y].map((one, at) => (corners[at] ? one : 0));
  const sum = weights.reduce((total, one) => total + one, 0);
  if (sum <= 0) return corners.map((corner, at) => (corner && at === corners.findIndex(Boolean) ? 1 : 0));
  return weights.map((one) => one / sum);
};
