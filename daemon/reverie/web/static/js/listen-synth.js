/**
 * The synthesizer of the page: samples in loops, an envelope for each note, a place and a level for each voice, and a
 * limiter behind all. Only what browsers have on plain http addresses too: no worklet.
 *
 * Every node that a note needs ends by itself and is let go.
 *
 * @typedef {import('./listen-instrument.js').Instrument} Instrument
 * @typedef {import('./listen-plan.js').PlannedNote} PlannedNote
 */

import { zoneFor } from './listen-instrument.js';
import { roomAnswer } from './listen-room.js';

/** Notes at a time; one more ends the oldest. */
export const MOST_NOTES = 64;
/** Seconds in which a note is ended that has to make room, or that a drum of its group ends. */
const CUT = 0.02;
/** Seconds in which a note begins: none begins with a click. */
const ATTACK = 0.002;
const LOUDEST = 127;
const LOUD = 100;
const MIDDLE = 64;
/** Seconds that a controller takes, so that it does not click. */
const SOFTLY = 0.02;
/** How many times its time constant a fall by 60 dB takes. */
const FALLS = Math.log(1000);
const ROOM = 0.16;
/** How much goes into the room where a voice sends all: FluidSynth's halls come back as much below it. */
const MOST_ROOM = 0.5;
const MASTER = 1.6;
/** Seconds by which the limiter hears ahead, and all comes later (Web Audio says so of a DynamicsCompressorNode). */
export const LIMITER = 0.006;

/** A note that sounds, or is about to. */
class Sounding {
  /**
   * @param {AudioBufferSourceNode} source
   * @param {GainNode} envelope
   * @param {{voice: string, pitch: number, begins: number, ends: number, level: number, decay: number,
   *   release: number, choke: number, rings: boolean}} facts Moments are the context's.
   */
  constructor(source, envelope, facts) {
    this.source = source;
    this.envelope = envelope;
    this.facts = facts;
    this.over = Infinity;
  }

  /**
   * How loud it is at a moment while its key is held.
   *
   * @param {number} moment
   */
  levelAt(moment) {
    const { begins, level, decay } = this.facts;
    const age = moment - begins;
    if (age <= 0) return 0;
    const risen = level * Math.min(1, age / ATTACK);
    return decay && age > ATTACK ? risen * Math.exp(-(age - ATTACK) / decay) : risen;
  }

  /**
   * End it at a moment, within so many seconds.
   *
   * @param {number} moment
   * @param {number} within
   */
  end(moment, within) {
    const { begins, level, decay } = this.facts;
    const gain = this.envelope.gain;
    const ends = Math.max(moment, begins + ATTACK);
    // All of it is written anew: not every browser can hold a value at a moment to come.
    gain.cancelScheduledValues(0);
    if (moment < begins) {
      gain.value = 0;
    } else {
      gain.setValueAtTime(0, begins);
      gain.linearRampToValueAtTime(level, begins + ATTACK);
      if (decay) gain.setTargetAtTime(0, begins + ATTACK, decay);
      gain.setValueAtTime(this.levelAt(ends), ends);
      gain.setTargetAtTime(0, ends, within / FALLS);
    }
    this.over = moment < begins ? Math.max(moment, 0) : ends + within;
    this.source.stop(this.over);
  }

  /**
   * End it quickly at a moment, if it sounds on until then.
   *
   * @param {number} moment
   */
  cut(moment) {
    if (this.over > moment + CUT) this.end(moment, CUT);
  }
}

/** A voice's way to the loudspeaker. */
class Channel {
  /**
   * @param {BaseAudioContext} context
   * @param {AudioNode} dry
   * @param {AudioNode} room
   */
  constructor(context, dry, room) {
    this.level = context.createGain();
    this.place = 'createStereoPanner' in context ? context.createStereoPanner() : null;
    this.send = context.createGain();
    this.send.gain.value = ROOM;
    const last = this.place ? this.level.connect(this.place) : this.level;
    last.connect(dry);
    last.connect(this.send).connect(room);
    this.last = last;
    this.turn = 0;
    this.muted = false;
    this.volume = 1;
    /** @type {Map<number | undefined, Instrument>} By the program that a mood gives the voice. */
    this.instruments = new Map();
  }

  leave() {
    for (const node of [this.level, this.place, this.send]) node?.disconnect();
  }
}

/**
 * What the limiter lets through for a moment is bent below full scale: nothing changes up to three quarters of it.
 *
 * @returns {Float32Array<ArrayBuffer>}
 */
const ceilingCurve = () => {
  const [bends, points] = [0.75, 4097];
  return Float32Array.from({ length: points }, (_, place) => {
    const level = (place / (points - 1)) * 2 - 1;
    const over = Math.abs(level) - bends;
    const bent = bends + (1 - bends) * Math.tanh(over / (1 - bends));
    return over > 0 ? Math.sign(level) * bent : level;
  });
};

export class Synth {
  /** @type {Map<string, Channel>} */
  #channels = new Map();
  /** @type {Map<string, Sounding>} */
  #sounding = new Map();
  #context;
  #dry;
  #room;
  #master;

  /**
   * @param {BaseAudioContext} context
   * @param {AudioNode} [into] Where it sounds; the context's loudspeaker unless given.
   */
  constructor(context, into = context.destination) {
    this.#context = context;
    this.#dry = context.createGain();
    this.#dry.gain.value = MASTER;
    this.#room = context.createConvolver();
    this.#room.buffer = roomAnswer(context);
    this.#master = context.createGain();
    const limiter = context.createDynamicsCompressor();
    limiter.threshold.value = -9;
    limiter.knee.value = 6;
    limiter.ratio.value = 16;
    limiter.attack.value = 0.003;
    limiter.release.value = 0.2;
    const ceiling = context.createWaveShaper();
    ceiling.curve = ceilingCurve();
    this.#room.connect(this.#dry);
    this.#dry.connect(limiter).connect(ceiling).connect(this.#master).connect(into);
  }

  /** Behind the limiter: what goes to the loudspeaker. @returns {AudioNode} */
  get output() {
    return this.#master;
  }

  /** How many notes sound or wait for their moment. @returns {number} */
  get sounding() {
    return this.#sounding.size;
  }

  /** The voices that have a channel. @returns {string[]} */
  get voices() {
    return [...this.#channels.keys()];
  }

  /**
   * How loud all of it is, 0 to 1.
   *
   * @param {number} volume
   */
  set volume(volume) {
    this.#master.gain.setTargetAtTime(volume ** 2, this.#context.currentTime, 0.02);
  }

  /**
   * The instrument of a voice for the notes that begin from now on.
   *
   * @param {string} voice
   * @param {Instrument} instrument
   * @param {number} [program] For notes of this program alone, which a mood gives the voice.
   */
  give(voice, instrument, program) {
    this.#channel(voice).instruments.set(program, instrument);
  }

  /**
   * Forget all programs of a voice but these.
   *
   * @param {string} voice
   * @param {ReadonlySet<number | undefined>} programs
   */
  keepPrograms(voice, programs) {
    const { instruments } = this.#channel(voice);
    for (const one of [...instruments.keys()]) if (one !== undefined && !programs.has(one)) instruments.delete(one);
  }

  /**
   * Forget all voices but these, and what they sound with.
   *
   * @param {Iterable<string>} voices
   */
  keep(voices) {
    const kept = new Set(voices);
    for (const [name, channel] of this.#channels)
      if (!kept.has(name)) {
        this.#channels.delete(name);
        const rest = [...this.#sounding.values()].filter((one) => one.facts.voice === name);
        const over = Math.max(this.#context.currentTime, ...rest.map((one) => one.over).filter(Number.isFinite));
        setTimeout(() => channel.leave(), (over - this.#context.currentTime + 2) * 1000);
      }
  }

  /**
   * @param {string} voice
   * @param {boolean} muted
   */
  mute(voice, muted) {
    const channel = this.#channel(voice);
    if (channel.muted === muted) return;
    channel.muted = muted;
    channel.level.gain.setTargetAtTime(muted ? 0 : channel.volume, this.#context.currentTime, SOFTLY);
  }

  /**
   * What MIDI controllers say of a voice from a moment on: volume (7), place (10) and room (91); those that they leave
   * out are as an instrument begins.
   *
   * @param {string} voice
   * @param {ReadonlyMap<number, number>} controls
   * @param {number} [at] The context's moment.
   */
  control(voice, controls, at = this.#context.currentTime) {
    const channel = this.#channel(voice);
    const from = Math.max(at, this.#context.currentTime);
    channel.volume = ((controls.get(7) ?? LOUD) / LOUD) ** 2;
    if (!channel.muted) channel.level.gain.setTargetAtTime(channel.volume, from, SOFTLY);
    const place = ((controls.get(10) ?? MIDDLE) - MIDDLE) / (LOUDEST - MIDDLE);
    channel.place?.pan.setTargetAtTime(Math.max(-1, place), from, SOFTLY);
    const room = controls.get(91);
    channel.send.gain.setTargetAtTime(room === undefined ? ROOM : (room / LOUDEST) * MOST_ROOM, from, SOFTLY);
  }

  /**
   * Play a note; whether it sounds, which needs an instrument that has a sample for it.
   *
   * @param {PlannedNote} note Its moments are the context's.
   * @returns {boolean}
   */
  play(note) {
    const channel = this.#channel(note.voice);
    if (note.tied && this.#goesOn(note)) return true;
    const instrument = channel.instruments.get(note.program) ?? channel.instruments.get(undefined);
    if (!instrument) return false;
    const { page, buffer } = instrument;
    const zone = zoneFor(page, note.pitch, note.velocity, channel.turn++) ?? zoneFor(page, note.pitch, note.velocity, 0);
    if (!zone) return false;
    const begins = Math.max(note.begins, this.#context.currentTime);
    const source = this.#context.createBufferSource();
    source.buffer = buffer;
    source.playbackRate.value = 2 ** ((note.pitch - zone.root) / 12);
    const envelope = this.#context.createGain();
    const level = page.gain * (note.velocity / LOUDEST) ** 2;
    const { decay = 0, choke = 0, drum = false } = zone;
    envelope.gain.setValueAtTime(0, begins);
    envelope.gain.linearRampToValueAtTime(level, begins + ATTACK);
    if (decay) envelope.gain.setTargetAtTime(0, begins + ATTACK, decay);
    source.connect(envelope).connect(channel.level);
    const release = page.release;
    const facts = { ...note, begins, level, decay, release, choke, rings: drum };
    const sounding = new Sounding(source, envelope, facts);
    if (choke) this.#choke(note.voice, choke, begins);
    this.#makeRoom(begins);
    this.#sounding.set(note.id, sounding);
    source.onended = () => {
      source.disconnect();
      envelope.disconnect();
      if (this.#sounding.get(note.id) === sounding) this.#sounding.delete(note.id);
    };
    if (zone.loop) {
      source.loop = true;
      source.loopStart = zone.at + zone.loop[0];
      source.loopEnd = zone.at + zone.loop[1];
      source.start(begins, zone.at);
    } else {
      source.start(begins, zone.at, zone.seconds);
      sounding.over = begins + zone.seconds / source.playbackRate.value;
    }
    if (!drum) sounding.end(Math.max(note.ends, begins + ATTACK), release);
    return true;
  }

  /**
   * A note is to end at another moment than was said, or (with one before its begin) not to be played.
   *
   * @param {string} id
   * @param {number} moment The context's.
   */
  end(id, moment) {
    const sounding = this.#sounding.get(id);
    if (!sounding) return;
    if (sounding.facts.rings && moment >= sounding.facts.begins) return;
    sounding.end(moment, sounding.facts.release);
  }

  /** End all that sounds, and play nothing that waits. */
  silence() {
    const now = this.#context.currentTime;
    for (const one of this.#sounding.values()) one.cut(now);
  }

  /**
   * @param {string} voice
   * @returns {Channel}
   */
  #channel(voice) {
    let channel = this.#channels.get(voice);
    if (!channel) {
      channel = new Channel(this.#context, this.#dry, this.#room);
      this.#channels.set(voice, channel);
    }
    return channel;
  }

  /**
   * Let a note of the voice and pitch go on that ends where this one begins.
   *
   * @param {PlannedNote} note
   * @returns {boolean}
   */
  #goesOn(note) {
    for (const one of this.#sounding.values()) {
      const { voice, pitch, ends } = one.facts;
      if (voice !== note.voice || pitch !== note.pitch || Math.abs(ends - note.begins) > 0.03) continue;
      this.#sounding.forEach((other, id) => other === one && this.#sounding.delete(id));
      this.#sounding.set(note.id, one);
      one.facts.ends = note.ends;
      one.source.onended = () => {
        one.source.disconnect();
        one.envelope.disconnect();
        if (this.#sounding.get(note.id) === one) this.#sounding.delete(note.id);
      };
      one.end(note.ends, one.facts.release);
      return true;
    }
    return false;
  }

  /**
   * @param {string} voice
   * @param {number} group
   * @param {number} moment
   */
  #choke(voice, group, moment) {
    for (const one of this.#sounding.values())
      if (one.facts.voice === voice && one.facts.choke === group && one.facts.begins < moment) one.cut(moment);
  }

  /** @param {number} moment */
  #makeRoom(moment) {
    if (this.#sounding.size < MOST_NOTES) return;
    const first = this.#sounding.entries().next().value;
    if (!first) return;
    this.#sounding.delete(first[0]);
    first[1].cut(Math.max(moment, first[1].facts.begins + ATTACK));
  }
}
