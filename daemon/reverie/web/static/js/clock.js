/**
 * The server's clock as the browser knows it.
 *
 * Music is dated in seconds of the server's monotonic clock. How far ours is from it is measured by round trips: the
 * quickest of a handful is the truest, because the least of it was waiting. Later measurements are followed slowly, so
 * that what plays or moves by this clock never jumps; only after sleep, or a new start of the server's machine, it does.
 */

const ROUND_TRIPS = 5;
/** Seconds between two measurements. */
const EVERY = 30;
/** Seconds by which the offset moves in a second, while it follows. */
const SLEW = 0.002;
/** Seconds: farther off than this, following would take too long. */
const JUMP = 0.25;

/** @typedef {{offset: number, trip: number}} Measured */

/** Our seconds, by a clock that never steps. @returns {number} */
export const localNow = () => performance.now() / 1000;

/**
 * The best of some round trips: the quickest.
 *
 * @param {Measured[]} found
 * @returns {Measured | undefined}
 */
export const best = (found) => [...found].sort((one, other) => one.trip - other.trip)[0];

/** An offset that follows what is measured without a jump. */
export class Offset {
  /** @type {number | null} */
  #from = null;
  #to = 0;
  #since = 0;

  /** Whether anything was measured. @returns {boolean} */
  get known() {
    return this.#from !== null;
  }

  /**
   * Something was measured at our time `at`.
   *
   * @param {number} offset
   * @param {number} at
   */
  follow(offset, at) {
    const present = this.at(at);
    this.#from = this.#from === null || Math.abs(offset - present) > JUMP ? offset : present;
    this.#to = offset;
    this.#since = at;
  }

  /**
   * The offset at our time `at`; 0 before anything was measured.
   *
   * @param {number} at
   * @returns {number}
   */
  at(at) {
    if (this.#from === null) return 0;
    const most = SLEW * Math.max(0, at - this.#since);
    return this.#from + Math.max(-most, Math.min(most, this.#to - this.#from));
  }
}

const offset = new Offset();
const DAY = 86_400;
/** How long the day had lasted where the installation stands, at a moment of ours. @type {[number, number] | null} */
let day = null;
/** @type {Set<() => void>} */
const waiting = new Set();
let started = false;
let measuring = false;

/** The present moment in seconds of the server's monotonic clock. @returns {number} */
export const serverNow = () => {
  const now = localNow();
  return now + offset.at(now);
};

/** Seconds since midnight where the installation stands; null before they are known. @returns {number | null} */
export const timeOfDay = () => day && (day[0] + localNow() - day[1]) % DAY;

/** Whether {@link serverNow} means anything yet. @returns {boolean} */
export const clockKnown = () => offset.known;

/** Resolves once {@link serverNow} means something. @returns {Promise<void>} */
export const clockReady = () =>
  offset.known ? Promise.resolve() : new Promise((resolve) => waiting.add(() => resolve()));

/** @returns {Promise<Measured>} */
const ask = async () => {
  const begun = localNow();
  const answer = await fetch('/api/v1/clock', { cache: 'no-store' });
  if (!answer.ok) throw new Error(`the clock answered ${answer.status}`);
  const told = await answer.json();
  const { now } = told;
  const ended = localNow();
  if (typeof told.day === 'number') day = [told.day, ended];
  return { offset: now - (begun + ended) / 2, trip: ended - begun };
};

/** Measure now; what fails is tried again by the next measurement. @returns {Promise<void>} */
export const measureClock = async () => {
  if (measuring) return;
  measuring = true;
  try {
    /** @type {Measured[]} */
    const found = [];
    for (let trip = 0; trip < ROUND_TRIPS; trip += 1) found.push(await ask());
    const measured = best(found);
    if (measured) offset.follow(measured.offset, localNow());
    for (const told of waiting) told();
    waiting.clear();
  } catch {
    // The feed says that the server is away, and when it is back it is measured anew.
  } finally {
    measuring = false;
  }
};

/** Measure now, and from now on again and again. */
export const startClock = () => {
  if (started) return;
  started = true;
  void measureClock();
  setInterval(() => void measureClock(), EVERY * 1000);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) void measureClock();
  });
};
