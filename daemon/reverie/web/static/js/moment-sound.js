/**
 * A kept moment as a sound file: played by the page's own synthesizer, faster than it sounds, and written as WAV.
 */

import { ask } from './api.js';
import { Instruments } from './listen-instrument.js';
import { planned } from './listen-plan.js';
import { Synth } from './listen-synth.js';

/** @typedef {import('./contract.js').Bar} Bar */
/** @typedef {{bars: Bar[], sounds?: Record<string, string>}} SoundingMoment */

const RATE = 44_100;
/** Seconds that the last note may ring. */
const RING = 3;
const HEADER = 44;

/**
 * The bytes of a WAV file: 16 bits, as many channels as the sound has.
 *
 * @param {AudioBuffer} sound
 * @returns {Blob}
 */
export const wavOf = (sound) => {
  const channels = Array.from({ length: sound.numberOfChannels }, (_, number) => sound.getChannelData(number));
  const bytes = sound.length * channels.length * 2;
  const view = new DataView(new ArrayBuffer(HEADER + bytes));
  const word = (/** @type {number} */ at, /** @type {string} */ text) =>
    [...text].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  word(0, 'RIFF');
  view.setUint32(4, HEADER - 8 + bytes, true);
  word(8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, sound.sampleRate, true);
  view.setUint32(28, sound.sampleRate * channels.length * 2, true);
  view.setUint16(32, channels.length * 2, true);
  view.setUint16(34, 16, true);
  word(36, 'data');
  view.setUint32(40, bytes, true);
  let at = HEADER;
  for (let frame = 0; frame < sound.length; frame += 1)
    for (const channel of channels) {
      view.setInt16(at, Math.max(-1, Math.min(1, channel[frame] ?? 0)) * 0x7fff, true);
      at += 2;
    }
  return new Blob([view.buffer], { type: 'audio/wav' });
};

/** @typedef {{voice: string, program?: number | undefined, addresses: string[]}} Place */

/**
 * Where the instruments of notes are: those that their voices had when the moment was kept, else those of now.
 *
 * @param {SoundingMoment} moment
 * @param {import('./listen-plan.js').PlannedNote[]} notes
 * @returns {Promise<Place[]>}
 */
const places = async ({ sounds = {} }, notes) => {
  const now = /** @type {Record<string, {base: string, programs?: Record<string, string>}>} */ (
    (await ask('sounds')).voices
  );
  const known = (/** @type {(string | undefined)[]} */ ...found) => found.filter((one) => one !== undefined);
  /** @type {Map<string, Place>} */
  const found = new Map();
  for (const { voice, program } of notes) {
    const name = program === undefined ? voice : `${voice}/${program}`;
    const present = program === undefined ? now[voice]?.base : now[voice]?.programs?.[program];
    found.set(name, { voice, program, addresses: known(sounds[name], present, sounds[voice], now[voice]?.base) });
  }
  return [...found.values()];
};

/**
 * The first instrument that can be had; one that was made for the moment may have given way to others.
 *
 * @param {Instruments} instruments
 * @param {string[]} addresses
 */
const firstOf = async (instruments, addresses) => {
  for (const address of addresses) {
    try {
      return await instruments.load(address);
    } catch (error) {
      console.info(error);
    }
  }
  return null;
};

/**
 * The sound of a moment; a voice of which no instrument can be had is not heard.
 *
 * @param {SoundingMoment} moment
 * @returns {Promise<AudioBuffer>}
 */
export const rendered = async (moment) => {
  const first = moment.bars[0]?.begins ?? 0;
  const plans = moment.bars.map(planned);
  const notes = plans.flatMap((plan) => plan.notes);
  const ends = Math.max(...notes.map((note) => note.ends - first), 1);
  const context = new OfflineAudioContext(2, Math.ceil((ends + RING) * RATE), RATE);
  const synth = new Synth(context);
  const instruments = new Instruments((bytes) => context.decodeAudioData(bytes));
  await Promise.all(
    (await places(moment, notes)).map(async ({ voice, program, addresses }) => {
      const instrument = await firstOf(instruments, addresses);
      if (instrument) synth.give(voice, instrument, program);
    }),
  );
  for (const { begins, controls } of plans)
    for (const [voice, own] of controls) synth.control(voice, own, Math.max(begins - first, 0));
  for (const note of notes) synth.play({ ...note, begins: note.begins - first, ends: note.ends - first });
  return context.startRendering();
};
