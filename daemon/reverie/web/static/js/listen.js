/**
 * Listening: the browser plays what the hall plays, in time with it or a moment later.
 *
 * The feed tells each bar as it begins and foretells those to come. Every tenth of a second the notes that are due soon
 * are given to the audio thread with their exact moments; what this thread does meanwhile cannot make them late.
 *
 * @typedef {import('./contract.js').Now} Now
 * @typedef {import('./contract.js').Bar} Bar
 * @typedef {import('./listen-plan.js').PlannedNote} PlannedNote
 * @typedef {'hall' | 'calm'} Mode
 *
 * @typedef {[voice: string, program: number][]} Programs
 * @typedef {{voice: string, program?: number, base: string}} Wanted An instrument, and for whom.
 *
 * @typedef {object} Source What is told of the music.
 * @property {(what: 'now' | 'bar', listener: (told: any) => void) => () => void} on
 */

import { AudioClock, measured } from './listen-clock.js';
import { Instruments } from './listen-instrument.js';
import { Plan } from './listen-plan.js';
import { LIMITER, Synth } from './listen-synth.js';

/** Milliseconds between two looks. */
const LOOK = 100;
/** Seconds ahead for which notes are given to the audio thread; of a page that nobody sees timers are slow. */
const AHEAD = 0.5;
const AHEAD_HIDDEN = 2.5;
/** Seconds by which each mode plays later than the hall. With some, a bar has begun for sure when it is played. */
export const DELAYS = { hall: 0, calm: 0.6 };
/** Seconds by which a note may be late and is still played. */
const LATE = 0.03;
/** Milliseconds within which a note that is tied begins where the one before it ends. */
const TIE = 5;
/** Seconds after which an instrument that could not be loaded is asked for again. */
const AGAIN = 5;

/** Instruments that are loaded at a time. */
const AT_ONCE = 2;

/** What the visitor may be told of listening. @typedef {'off' | 'loading' | 'on' | 'asleep' | 'failed'} State */

export class Listening {
  /** @type {AudioContext | null} */
  context = null;
  /** @type {Synth | null} */
  synth = null;
  clock = new AudioClock();
  plan = new Plan();
  /** @type {Instruments | null} */
  instruments = null;
  /** @type {import('./listen-midi.js').MidiOut | null} */
  midi = null;
  /** Notes that were given to the audio thread, and that came too late for it. */
  counts = { played: 0, late: 0, silent: 0 };
  /** @type {Mode} */
  #mode = 'calm';
  #volume = 0.8;
  /** @type {State} */
  #state = 'off';
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;
  /** @type {(() => void)[]} */
  #leaving = [];
  /** @type {Set<(state: State) => void>} */
  #listeners = new Set();
  /** @type {Wanted[]} */
  #wanted = [];
  /** Programs that moods give to voices in bars that were told, and in those told before. */
  #programs = { now: /** @type {Programs} */ ([]), before: /** @type {Programs} */ ([]) };
  #asked = -Infinity;
  /** @type {Now | null} */
  #now = null;
  #source;
  #serverNow;
  #clockKnown;

  /**
   * @param {Source} source The feed.
   * @param {() => number} serverNow The present moment by the server's clock.
   * @param {() => boolean} [clockKnown] Whether that moment means anything yet.
   */
  constructor(source, serverNow, clockKnown = () => true) {
    this.#source = source;
    this.#serverNow = serverNow;
    this.#clockKnown = clockKnown;
  }

  /** @returns {State} */
  get state() {
    return this.#state;
  }

  /** @returns {Mode} */
  get mode() {
    return this.#mode;
  }

  /** In time with the hall, or a moment later, where no bar is foretold wrongly. @param {Mode} mode */
  set mode(mode) {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.synth?.silence();
  }

  /** @returns {number} */
  get volume() {
    return this.#volume;
  }

  /** How loud it is, 0 to 1. @param {number} volume */
  set volume(volume) {
    this.#volume = volume;
    if (this.synth) this.synth.volume = volume;
  }

  /** What plays. @returns {Now | null} */
  get now() {
    return this.#now;
  }

  /**
   * Be told now and whenever the state changes.
   *
   * @param {(state: State) => void} listener
   */
  onState(listener) {
    this.#listeners.add(listener);
    listener(this.#state);
  }

  /**
   * Begin; browsers let a page sound only after a touch, so this is to be called by one.
   *
   * @param {AudioContext} [context]
   */
  async start(context = new AudioContext({ latencyHint: 'interactive' })) {
    if (this.context) return;
    this.context = context;
    this.synth = new Synth(context);
    this.synth.volume = this.#volume;
    this.instruments = new Instruments((bytes) => context.decodeAudioData(bytes));
    this.#say('loading');
    this.#leaving = [
      this.#source.on('now', (now) => this.#told(now)),
      this.#source.on('bar', (bar) => this.#bar(bar)),
    ];
    const changed = () => this.#contextChanged();
    context.addEventListener('statechange', changed);
    this.#leaving.push(() => context.removeEventListener('statechange', changed));
    const shown = () => {
      if (!document.hidden && context.state !== 'running') void context.resume().catch(() => undefined);
      this.#look();
    };
    document.addEventListener('visibilitychange', shown);
    this.#leaving.push(() => document.removeEventListener('visibilitychange', shown));
    const left = () => void this.stop(); // or an instrument would hold the notes whose ends were not sent
    globalThis.addEventListener('pagehide', left);
    this.#leaving.push(() => globalThis.removeEventListener('pagehide', left));
    this.#timer = setInterval(() => this.#look(), LOOK);
    await context.resume();
    if (context.state === 'running') this.#look();
  }

  /** End, and let go of all that was loaded. */
  async stop() {
    clearInterval(this.#timer);
    for (const leave of this.#leaving) leave();
    this.#leaving = [];
    this.midi?.silence();
    this.synth?.silence();
    const context = this.context;
    this.context = this.synth = this.instruments = null;
    this.clock = new AudioClock();
    this.plan.forget();
    this.#wanted = [];
    this.#say('off');
    await context?.close();
  }

  /** @param {State} state */
  #say(state) {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }

  /** The context was stopped by the system, as when a telephone rings, or goes on. */
  #contextChanged() {
    const context = this.context;
    if (!context) return;
    if (context.state === 'running') {
      this.synth?.silence(); // what waits from before is out of time
      this.#say('on');
      this.#look();
    } else if (context.state !== 'closed') {
      this.midi?.silence(); // nobody would send the ends of its notes
      this.#say('asleep');
      void context.resume().catch(() => undefined);
    }
  }

  /** @param {Now} now */
  #told(now) {
    this.#now = now;
    this.midi?.voices(now.voices);
    this.synth?.keep(now.voices.map((voice) => voice.name));
    for (const voice of now.voices) this.synth?.mute(voice.name, Boolean(voice.muted));
    this.#want();
  }

  /** Ask for what voices sound with now, and for programs of moods that are known to come. */
  #want() {
    const sounds = new Map((this.#now?.voices ?? []).map(({ name, sound }) => [name, sound]));
    this.#wanted = [...sounds].flatMap(([voice, sound]) => (sound ? [{ voice, base: sound.base }] : []));
    for (const [voice, program] of [...this.#programs.now, ...this.#programs.before]) {
      const base = sounds.get(voice)?.programs?.[program];
      if (base) this.#wanted.push({ voice, program, base });
    }
    for (const voice of sounds.keys())
      this.synth?.keepPrograms(voice, new Set(this.#wanted.filter((one) => one.voice === voice).map((one) => one.program)));
    void this.#load();
  }

  /** @param {Bar} bar */
  #bar(bar) {
    const programs = [bar, ...(bar.ahead ?? [])].flatMap((one) => one.programs ?? []);
    const { now, before } = this.#programs;
    this.#programs = { now: programs, before: now };
    if (programs.length || now.length || before.length) this.#want();
    const { changed, dropped } = this.plan.tell(bar);
    for (const note of dropped) {
      this.synth?.end(note.id, this.context?.currentTime ?? 0);
      this.midi?.end(note, this.#pageMoment(note.begins), performance.now());
    }
    for (const note of changed) {
      this.synth?.end(note.id, this.#moment(note.ends));
      this.midi?.end(note, this.#pageMoment(note.begins), this.#pageMoment(note.ends));
    }
    this.#look();
  }

  /**
   * The context's moment at which something of the server's is heard.
   *
   * @param {number} moment
   */
  #moment(moment) {
    const page = performance.now() / 1000 + (moment - this.#serverNow());
    return this.clock.moment(page + DELAYS[this.#mode]) - LIMITER;
  }

  #look() {
    const { context, synth } = this;
    if (!context || !synth || context.state !== 'running' || !this.#clockKnown()) return;
    if (this.clock.look(measured(context))) synth.silence();
    const latency = context.outputLatency || context.baseLatency || 0;
    const ahead = latency + (document.hidden ? AHEAD_HIDDEN : AHEAD);
    const heard = this.#serverNow() - DELAYS[this.#mode];
    const turn = this.plan.turn(heard + ahead);
    if (turn)
      for (const voice of new Set([...synth.voices, ...turn.controls.keys()]))
        synth.control(voice, turn.controls.get(voice) ?? new Map(), this.#moment(turn.begins));
    for (const note of this.plan.due(heard - LATE, heard + ahead)) this.#play(note, synth);
    this.midi?.look(this.#pageMoment(heard + ahead) - TIE);
    if (this.#asked + AGAIN * 1000 < performance.now() && this.#missing()) void this.#load();
  }

  /**
   * @param {PlannedNote} note
   * @param {Synth} synth
   */
  #play(note, synth) {
    const begins = this.#moment(note.begins);
    const ends = this.#moment(note.ends);
    this.midi?.play(note, this.#pageMoment(note.begins), this.#pageMoment(note.ends));
    if (begins < (this.context?.currentTime ?? 0) - LATE) {
      this.counts.late += 1;
    } else if (synth.play({ ...note, begins, ends })) {
      this.counts.played += 1;
    } else {
      this.counts.silent += 1;
    }
  }

  /**
   * Milliseconds of the page's clock.
   *
   * @param {number} moment
   */
  #pageMoment(moment) {
    return performance.now() + (moment - this.#serverNow() + DELAYS[this.#mode]) * 1000;
  }

  #missing() {
    return this.#wanted.some(({ base }) => !this.instruments?.ready(base));
  }

  /** Load what voices are to sound with; each takes it over when it is there. */
  async #load() {
    const { instruments, synth } = this;
    if (!instruments || !synth) return;
    this.#asked = performance.now();
    const sounding = new Set(this.#now?.voices.filter((voice) => voice.sounds).map((voice) => voice.name));
    const order = [...this.#wanted].sort(
      (one, other) => Number(sounding.has(other.voice)) - Number(sounding.has(one.voice)),
    );
    let missing = 0;
    const loadNext = async () => {
      for (let next = order.shift(); next; next = order.shift()) {
        const { voice, program, base } = next;
        try {
          const instrument = await instruments.load(base);
          if (this.synth !== synth) return;
          const wanted = this.#wanted.some((one) => one.voice === voice && one.program === program && one.base === base);
          if (wanted) synth.give(voice, instrument, program);
          if (this.context?.state === 'running') this.#say('on');
        } catch (error) {
          missing += 1;
          console.warn(`the sound of ${voice} cannot be had`, error);
        }
      }
    };
    // Few at a time, and first what sounds now: on a slow network all would come late together.
    await Promise.all(Array.from({ length: AT_ONCE }, loadNext));
    if (this.synth !== synth) return;
    instruments.keep(this.#wanted.map((one) => one.base));
    if (missing && missing === this.#wanted.length) this.#say('failed');
  }
}
