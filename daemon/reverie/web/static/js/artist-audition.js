/**
 * Hearing a loop before it is taken: with what this browser has of its voice, or with a plain tone where it has nothing.
 */

import { feed } from './feed.js';
import { Instruments } from './listen-instrument.js';
import { Synth } from './listen-synth.js';

/** @typedef {[tick: number, pitch: number, velocity: number, length: number]} LoopNote */

const TICKS_A_QUARTER = 480;
/** Seconds until the first note: a context that has just woken up needs a moment. */
const SOON = 0.1;

/** @type {AudioContext | null} */
let context = null;
/** @type {Synth | null} */
let synth = null;
/** @type {Instruments | null} */
let instruments = null;
/** @type {(() => void)[]} */
let tones = [];
let turn = 0;

/** End what sounds. */
export const endAudition = () => {
  turn += 1;
  synth?.silence();
  for (const end of tones.splice(0)) end();
};

/**
 * Play notes once, as the tempo of the hall has them.
 *
 * @param {string} voice
 * @param {LoopNote[]} notes
 */
export const audition = async (voice, notes) => {
  endAudition();
  const mine = turn;
  context ??= new AudioContext({ latencyHint: 'interactive' });
  const sounding = context;
  synth ??= new Synth(sounding);
  instruments ??= new Instruments((bytes) => sounding.decodeAudioData(bytes));
  await sounding.resume();
  const now = feed.now;
  const sound = /** @type {{base?: string} | null | undefined} */ (
    /** @type {any} */ (now?.voices.find((one) => one.name === voice))?.sound
  );
  let heard = false;
  if (sound?.base) {
    try {
      synth.give(voice, await instruments.load(sound.base));
      heard = true;
    } catch (error) {
      console.warn(error); // a plain tone is better than nothing
    }
  }
  if (mine !== turn) return;
  const tick = 60 / ((now?.scene?.tempo ?? 120) * (now?.scene?.ticks_per_quarter ?? TICKS_A_QUARTER));
  const from = sounding.currentTime + SOON;
  notes.forEach(([at, pitch, velocity, length], place) => {
    const begins = from + at * tick;
    const ends = begins + length * tick;
    const note = { id: `audition-${mine}-${place}`, voice, pitch, velocity, begins, ends };
    if (!heard || !synth?.play(/** @type {any} */ (note))) tone(sounding, pitch, velocity, begins, ends);
  });
};

/**
 * @param {AudioContext} sounding
 * @param {number} pitch
 * @param {number} velocity
 * @param {number} begins
 * @param {number} ends
 */
const tone = (sounding, pitch, velocity, begins, ends) => {
  const source = sounding.createOscillator();
  const level = sounding.createGain();
  source.type = 'triangle';
  source.frequency.value = 440 * 2 ** ((pitch - 69) / 12);
  level.gain.setValueAtTime(0, begins);
  level.gain.linearRampToValueAtTime(0.2 * (velocity / 127) ** 2, begins + 0.005);
  level.gain.setTargetAtTime(0, ends, 0.03);
  source.connect(level).connect(sounding.destination);
  source.start(begins);
  source.stop(ends + 0.3);
  tones.push(() => level.gain.setTargetAtTime(0, sounding.currentTime, 0.01));
};
