/**
 * Instruments as the server sends them: a page of JSON that says which note plays which part of one audio file.
 *
 * @typedef {object} Zone
 * @property {number} at Seconds of the file at which the sample begins.
 * @property {number} seconds
 * @property {number} root The key at which it plays as it is.
 * @property {[number, number]} keys The first and the last that play it.
 * @property {[number, number]} [velocities]
 * @property {[number, number]} [loop] Seconds from the sample's beginning.
 * @property {number} [decay] Seconds in which it falls to 1/e while it loops.
 * @property {boolean} [drum] Rings out, whatever the key does.
 * @property {number} [choke] Of the drums of a group one sounds at a time.
 * @property {number} [variation]
 * @property {number} [variations]
 *
 * @typedef {object} InstrumentPage
 * @property {number} version
 * @property {string} title
 * @property {{file: string, bytes: number}} audio
 * @property {number} gain
 * @property {number} release Seconds in which a note that ends falls by 60 dB.
 * @property {Zone[]} zones
 *
 * @typedef {{page: InstrumentPage, buffer: AudioBuffer}} Instrument
 */

/**
 * The zone that a note plays, if any does; of variations that whose `turn` it is.
 *
 * @param {InstrumentPage} page
 * @param {number} pitch
 * @param {number} velocity
 * @param {number} turn
 * @returns {Zone | undefined}
 */
export const zoneFor = (page, pitch, velocity, turn) =>
  page.zones.find(
    (zone) =>
      zone.keys[0] <= pitch &&
      pitch <= zone.keys[1] &&
      (!zone.velocities || (zone.velocities[0] <= velocity && velocity <= zone.velocities[1])) &&
      (zone.variation ?? 0) === turn % (zone.variations ?? 1),
  );

/**
 * Fetch what an address names.
 *
 * @param {string} address
 * @returns {Promise<Response>}
 */
const got = async (address) => {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  return answer;
};

/** Instruments that were loaded, by the address of their page. Those that nobody names any more are forgotten. */
export class Instruments {
  /** @type {Map<string, Promise<Instrument>>} */
  #loading = new Map();
  /** @type {Map<string, Instrument>} */
  #ready = new Map();
  #decode;

  /** @param {(bytes: ArrayBuffer) => Promise<AudioBuffer>} decode */
  constructor(decode) {
    this.#decode = decode;
  }

  /** How many are there. @returns {number} */
  get size() {
    return this.#loading.size;
  }

  /**
   * The instrument, if it is there.
   *
   * @param {string} base
   * @returns {Instrument | undefined}
   */
  ready(base) {
    return this.#ready.get(base);
  }

  /**
   * Load an instrument once; what failed is tried again by the next call.
   *
   * @param {string} base
   * @returns {Promise<Instrument>}
   */
  load(base) {
    const known = this.#loading.get(base);
    if (known) return known;
    const loading = this.#load(base);
    this.#loading.set(base, loading);
    loading.then(
      (instrument) => this.#loading.get(base) === loading && this.#ready.set(base, instrument),
      () => this.#loading.get(base) === loading && this.#loading.delete(base),
    );
    return loading;
  }

  /**
   * Forget all but these.
   *
   * @param {Iterable<string>} bases
   */
  keep(bases) {
    const kept = new Set(bases);
    for (const base of [...this.#loading.keys()])
      if (!kept.has(base)) {
        this.#loading.delete(base);
        this.#ready.delete(base);
      }
  }

  /**
   * @param {string} base
   * @returns {Promise<Instrument>}
   */
  async #load(base) {
    /** @type {InstrumentPage} */
    const page = await (await got(base)).json();
    const audio = await (await got(new URL(page.audio.file, new URL(base, document.baseURI)).href)).arrayBuffer();
    return { page, buffer: await this.#decode(audio) };
  }
}
