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
/** How many times its time constant a fall by 60 dB takes. */
const FALLS = Math.log(1000);
const ROOM = 0.16;
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
    /** @type {Instrument | undefined} */
    this.instrument = undefined;
  }

  leave() {
    for (const node of [this.level, this.place, this.send]) node?.disconnect();
  }
}

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
    this.#room.connect(this.#dry);
    this.#dry.connect(limiter).connect(this.#master).connect(into);
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
   */
  give(voice, instrument) {
    this.#channel(voice).instrument = instrument;
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
    channel.level.gain.setTargetAtTime(muted ? 0 : channel.volume, this.#context.currentTime, 0.015);
  }

  /**
   * What MIDI controllers say of a voice: volume (7), place (10), expression (11), room (91).
   *
   * @param {string} voice
   * @param {number} controller
   * @param {number} value 0 to 127.
   * @param {number} [at] The context's moment.
   */
  control(voice, controller, value, at = this.#context.currentTime) {
    const channel = this.#channel(voice);
    if (controller === 7) {
      channel.volume = (value / LOUD) ** 2;
      if (!channel.muted) channel.level.gain.setTargetAtTime(channel.volume, at, 0.02);
    } else if (controller === 10 && channel.place) {
      channel.place.pan.setTargetAtTime(Math.max(-1, (value - 64) / 63), at, 0.02);
    } else if (controller === 91) {
      channel.send.gain.setTargetAtTime(value / LOUDEST, at, 0.02);
    }
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
    const instrument = channel.instrument;
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
    for (const one of this.#sounding.values()) one.end(now, CUT * 2);
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
      if (one.facts.voice === voice && one.facts.choke === group && one.facts.begins < moment) one.end(moment, CUT);
  }

  /** @param {number} moment */
  #makeRoom(moment) {
    if (this.#sounding.size < MOST_NOTES) return;
    const first = this.#sounding.entries().next().value;
    if (!first) return;
    this.#sounding.delete(first[0]);
    first[1].end(Math.max(moment, first[1].facts.begins + ATTACK), CUT);
  }
}
