/**
 * `<rv-roll>`: the live roll of all voices. Time runs from right to left through the line of the moment.
 *
 * It is painted only while somebody can see it, and for those who want no motion only twice a second.
 */

import { serverNow } from './clock.js';
import { paintRoll } from './roll-paint.js';
import { DrumRows, PitchRange, notesOf } from './roll-notes.js';
import { onTheme } from './theme.js';
import { Timeline } from './timeline.js';
import { canvasColours } from './voice-colours.js';

/** @typedef {import('./contract.js').Bar} Bar */
/** @typedef {import('./contract.js').Now} Now */

/** Pixels of a canvas, at most: a wall of 4K is painted at half its size, which nobody sees from four metres. */
const MOST_PIXELS = 3_200_000;
/** Milliseconds between two pictures for those who want no motion. */
const CALM = 500;

export class LiveRoll extends HTMLElement {
  #timeline = new Timeline();
  #canvas = document.createElement('canvas');
  #context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext('2d'));
  #range = new PitchRange();
  #drums = new DrumRows();
  /** @type {Map<string, string>} */
  #kinds = new Map();
  /** @type {Set<string>} */
  #muted = new Set();
  #size = { width: 0, height: 0, unit: 12 };
  #window = 0;
  #seen = false;
  #frame = 0;
  #painted = 0;
  #firstPainted = 0;
  /** @type {import('./roll-paint.js').Paint} */
  #paint = { voices: [], text: '', quiet: '', line: '', moment: '', font: 'sans-serif' };
  #still = matchMedia('(prefers-reduced-motion: reduce)');
  /** @type {(() => void)[]} */
  #undo = [];

  connectedCallback() {
    this.#canvas.setAttribute('aria-hidden', 'true');
    this.append(this.#canvas);
    const size = new ResizeObserver(() => this.#measure());
    size.observe(this);
    const sight = new IntersectionObserver(([entry]) => {
      this.#seen = entry?.isIntersecting ?? false;
      this.#run();
    });
    sight.observe(this);
    const visible = () => this.#run();
    document.addEventListener('visibilitychange', visible);
    this.#undo = [
      onTheme(() => this.#colour()),
      () => size.disconnect(),
      () => sight.disconnect(),
      () => document.removeEventListener('visibilitychange', visible),
    ];
    this.#measure();
    this.#colour();
  }

  disconnectedCallback() {
    for (const undo of this.#undo.splice(0)) undo();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#canvas.remove();
  }

  /** The bars that are known, for whatever tells of them in words. @returns {Timeline} */
  get timeline() {
    return this.#timeline;
  }

  /** How many pictures were painted: tests see by it that nothing is painted unseen. @returns {number} */
  get painted() {
    return this.#painted;
  }

  /** When the first picture with bars was painted, in milliseconds since the page was asked for. @returns {number} */
  get firstPainted() {
    return this.#firstPainted;
  }

  /** @param {Bar} bar */
  take(bar) {
    this.#timeline.take(bar);
  }

  /** @param {Now} now */
  show(now) {
    this.#kinds = new Map(now.voices.map((voice) => [voice.name, voice.kind]));
    this.#muted = new Set(now.voices.filter((voice) => voice.muted).map((voice) => voice.name));
    this.#colour();
  }

  #colour() {
    const style = getComputedStyle(this);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    this.#paint = {
      voices: canvasColours(this),
      text: colour('--text'),
      quiet: colour('--quiet'),
      line: colour('--line'),
      moment: colour('--moment'),
      font: style.fontFamily,
    };
  }

  #measure() {
    const { clientWidth: width, clientHeight: height } = this;
    if (!width || !height) return;
    const ratio = Math.min(devicePixelRatio || 1, 2, Math.sqrt(MOST_PIXELS / (width * height)));
    this.#size = { width, height, unit: Math.max(11, Math.min(width / 56, height / 26)) };
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.#context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (this.#frame) this.#paintNow(0); // a new size has emptied the canvas
  }

  #run() {
    const wanted = this.#seen && !document.hidden;
    if (wanted && !this.#frame) this.#frame = requestAnimationFrame((at) => this.#step(at, 0));
    if (!wanted && this.#frame) {
      cancelAnimationFrame(this.#frame);
      this.#frame = 0;
    }
  }

  /**
   * @param {number} at
   * @param {number} last When the last picture was painted.
   */
  #step(at, last) {
    const due = !this.#still.matches || at - last >= CALM;
    if (due) this.#paintNow(last ? (at - last) / 1000 : 0);
    this.#frame = requestAnimationFrame((next) => this.#step(next, due ? at : last));
  }

  /** @param {number} passed Seconds since the last picture. */
  #paintNow(passed) {
    const now = serverNow();
    const bars = this.#timeline.shown(now);
    const { past, future } = this.#span(now, passed);
    let lowest = Infinity;
    let highest = -Infinity;
    /** @type {Set<number>} */
    const strokes = new Set();
    for (const bar of bars) {
      if (bar.begins > now + future || bar.begins + bar.seconds < now - past) continue;
      for (const note of notesOf(bar)) {
        if (this.#kinds.get(note.voice) === 'drums') strokes.add(note.pitch);
        else {
          lowest = Math.min(lowest, note.pitch);
          highest = Math.max(highest, note.pitch);
        }
      }
    }
    this.#range.follow(lowest, highest, Math.min(1, passed * 2));
    this.#drums.follow(strokes, now);
    paintRoll(this.#context, bars, {
      ...this.#size,
      now,
      past,
      future,
      range: this.#range,
      drums: this.#drums,
      kinds: this.#kinds,
      muted: this.#muted,
      paint: this.#paint,
    });
    this.#painted += 1;
    if (!this.#firstPainted && bars.length) this.#firstPainted = performance.now();
  }

  /**
   * How many seconds are shown: some bars of the present length, so that a slow piece is not a blur of nothing and a
   * quick one no swarm; it follows a new tempo gently.
   *
   * @param {number} now
   * @param {number} passed
   */
  #span(now, passed) {
    const bar = this.#timeline.at(now)?.seconds ?? this.#timeline.bars.at(-1)?.seconds ?? 2;
    const bars = Math.max(2.2, Math.min(7, this.#size.width / 190));
    const wanted = Math.max(4, Math.min(40, bar * bars));
    this.#window = this.#window ? this.#window + (wanted - this.#window) * Math.min(1, passed) : wanted;
    return { past: this.#window * 0.42, future: this.#window * 0.58 };
  }
}

customElements.define('rv-roll', LiveRoll);
