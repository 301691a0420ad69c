/**
 * The live feed: Server-Sent Events, joined again by itself for as long as the page is open.
 *
 * The browser joins again after a lost connection, but not after an answer that is an error; this does. A feed from
 * which nothing has come for long is joined anew too: after sleep some connections are dead and do not know it.
 *
 * Where nobody sees the page it rests, unless something in it stays: a browser has six connections to a server for all
 * tabs together, and those that nobody looks at would hold them for ever.
 */

/** @typedef {import('./contract.js').Now} Now */
/** @typedef {import('./contract.js').Bar} Bar */
/** @typedef {{now: Now, bar: Bar, joined: boolean}} Told */

const FIRST_WAIT = 1;
const LONGEST_WAIT = 20;
/** Seconds without a word after which a connection counts as dead. */
const SILENCE = 75;
/** Seconds after which nobody sees the page any more. */
const UNSEEN = 10;

export class Feed {
  /** @type {Map<string, Set<(told: any) => void>>} */
  #listeners = new Map();
  /** @type {EventSource | null} */
  #source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #again;
  #wait = FIRST_WAIT;
  #heard = 0;
  #joined = false;
  /** @type {Now | null} */
  #now = null;
  /** @type {Bar | null} */
  #bar = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #leaving;
  #staying = 0;
  #address;
  #unseen;

  /**
   * @param {string} [address]
   * @param {number} [unseen] Seconds after which it rests where nobody sees the page.
   */
  constructor(address = '/api/v1/events', unseen = UNSEEN) {
    this.#address = address;
    this.#unseen = unseen;
  }

  /** The public state that was told last. @returns {Now | null} */
  get now() {
    return this.#now;
  }

  /** Whether the connection stands, or rests. @returns {boolean} */
  get joined() {
    return this.#joined;
  }

  /**
   * Hear of `now` (the public state), `bar` (a bar begins) or `joined` (the connection stands, or is lost). Who comes
   * late hears the present state and the bar that sounds at once. What comes back ends it.
   *
   * @template {keyof Told} K
   * @param {K} what
   * @param {(told: Told[K]) => void} listener
   * @returns {() => void}
   */
  on(what, listener) {
    const listeners = this.#listeners.get(what) ?? new Set();
    this.#listeners.set(what, listeners.add(listener));
    const last = { now: this.#now, bar: this.#bar, joined: null }[what];
    if (last) listener(/** @type {any} */ (last));
    return () => void listeners.delete(listener);
  }

  /**
   * Be told also while nobody sees the page. What comes back ends it.
   *
   * @returns {() => void}
   */
  stay() {
    this.#staying += 1;
    this.#seen();
    return () => {
      this.#staying -= 1;
      this.#seen();
    };
  }

  /** Join, and stay. */
  start() {
    this.#join();
    setInterval(() => {
      if (this.#source && performance.now() - this.#heard > SILENCE * 1000) this.#join();
    }, 10_000);
    globalThis.addEventListener('online', () => this.#source && !this.#joined && this.#join());
    document.addEventListener('visibilitychange', () => this.#seen());
    if (document.hidden) this.#seen();
  }

  /** The page is seen, or something in it stays; or neither is so any more. */
  #seen() {
    clearTimeout(this.#leaving);
    if (document.hidden && !this.#staying) this.#leaving = setTimeout(() => this.#rest(), this.#unseen * 1000);
    else if (!this.#source || !this.#joined) this.#join();
  }

  #rest() {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#source = null;
  }

  #join() {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#heard = performance.now();
    const source = new EventSource(this.#address);
    this.#source = source;
    source.addEventListener('open', () => {
      this.#wait = FIRST_WAIT;
      this.#tellJoined(true);
    });
    source.addEventListener('error', () => {
      this.#tellJoined(false);
      if (source.readyState !== EventSource.CLOSED) return;
      // Not all at once: a thousand telephones lost their connection in the same moment.
      this.#again = setTimeout(() => this.#join(), this.#wait * (500 + 1000 * Math.random()));
      this.#wait = Math.min(LONGEST_WAIT, this.#wait * 2);
    });
    source.addEventListener('now', (event) => {
      const now = this.#read(event);
      if (now) this.#tell('now', (this.#now = now));
    });
    source.addEventListener('bar', (event) => {
      const bar = this.#read(event);
      if (bar) this.#tell('bar', (this.#bar = bar));
    });
  }

  /** @param {MessageEvent<string>} event */
  #read(event) {
    this.#heard = performance.now();
    try {
      return JSON.parse(event.data);
    } catch {
      return null; // half of an event: the next one is whole
    }
  }

  /** @param {boolean} joined */
  #tellJoined(joined) {
    if (joined === this.#joined) return;
    this.#joined = joined;
    this.#tell('joined', joined);
  }

  /**
   * @param {keyof Told} what
   * @param {any} told
   */
  #tell(what, told) {
    for (const listener of this.#listeners.get(what) ?? []) {
      try {
        listener(told);
      } catch (error) {
        console.error(`a listener of ${what} failed`, error); // one part of the page must not stop the others
      }
    }
  }
}

/** The one feed of this page. */
export const feed = new Feed();
