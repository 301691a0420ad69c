/**
 * The same notes by MIDI, to an instrument that is plugged into this computer, where the browser has Web MIDI (Chromium
 * and Firefox, and only over https or on this machine).
 *
 * @typedef {import('./listen-plan.js').PlannedNote} PlannedNote
 * @typedef {{channel: number, pitch: number, begins: number, ends: number}} OpenNote In milliseconds of the page's clock.
 */

const DRUMS = 9;
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15];
const ALL_NOTES_OFF = 123;
/** Milliseconds within which two beginnings are one, however the clock was set right between them. */
const SAME = 5;

export class MidiOut {
  /** @type {MIDIAccess | null} */
  #access = null;
  /** @type {MIDIOutput | null} */
  #output = null;
  /** @type {Map<string, number>} */
  #channels = new Map();
  /** Notes that were sent and not ended, by voice and pitch. @type {Map<string, OpenNote>} */
  #open = new Map();

  /** Whether this browser can do it at all. @returns {boolean} */
  static get possible() {
    return 'requestMIDIAccess' in navigator;
  }

  /**
   * The outputs by id and name, once the visitor has allowed it.
   *
   * @returns {Promise<{id: string, name: string}[]>}
   */
  async outputs() {
    this.#access ??= await navigator.requestMIDIAccess();
    return [...this.#access.outputs.values()].map(({ id, name }) => ({ id, name: name ?? id }));
  }

  /**
   * Play by this output from now on; by none with an empty id.
   *
   * @param {string} id
   */
  choose(id) {
    this.silence();
    this.#output = this.#access?.outputs.get(id) ?? null;
  }

  /**
   * The voices that play, by kind: each has a channel of its own, drums that of General MIDI's.
   *
   * @param {{name: string, kind: string}[]} voices
   */
  voices(voices) {
    let next = 0;
    this.#channels = new Map(
      voices.map(({ name, kind }) => [name, kind === 'drums' ? DRUMS : CHANNELS[next++ % CHANNELS.length] ?? 0]),
    );
  }

  /**
   * Send the begin of a note; its end is sent once it is near, as the note may go on by a tie, or be cut.
   *
   * @param {PlannedNote} note
   * @param {number} begins Milliseconds of the page's clock.
   * @param {number} ends
   */
  play(note, begins, ends) {
    if (!this.#output) return;
    const { voice, pitch, velocity, tied } = note;
    const [key, later] = [`${voice}/${pitch}`, Math.max(ends - 1, begins + 1)];
    const before = this.#open.get(key);
    if (before && tied) {
      before.ends = later;
      return;
    }
    if (before) this.#off(key, before, Math.min(before.ends, begins - 1));
    const channel = this.#channels.get(voice) ?? 0;
    this.#send([0x90 | channel, pitch, velocity], begins);
    this.#open.set(key, { channel, pitch, begins, ends: later });
  }

  /**
   * A note that was sent ends otherwise than was foretold.
   *
   * @param {PlannedNote} note
   * @param {number} begins Milliseconds of the page's clock.
   * @param {number} at
   */
  end(note, begins, at) {
    const sent = this.#open.get(`${note.voice}/${note.pitch}`);
    if (sent && sent.begins < begins + SAME) sent.ends = Math.max(at, sent.begins + 1);
  }

  /**
   * Send the ends of notes that end before a moment.
   *
   * @param {number} until Milliseconds of the page's clock.
   */
  look(until) {
    for (const [key, note] of this.#open) if (note.ends < until) this.#off(key, note, note.ends);
  }

  /** End all; a note that has not begun, and that the browser cannot take back, ends as it begins. */
  silence() {
    if (this.#output && 'clear' in this.#output) /** @type {any} */ (this.#output).clear();
    for (const [key, note] of this.#open) this.#off(key, note, Math.max(note.begins + 1, performance.now()));
    for (let channel = 0; channel < 16; channel += 1) this.#send([0xb0 | channel, ALL_NOTES_OFF, 0]);
  }

  /**
   * @param {string} key
   * @param {OpenNote} note
   * @param {number} at
   */
  #off(key, { channel, pitch }, at) {
    this.#open.delete(key);
    this.#send([0x80 | channel, pitch, 0], at);
  }

  /**
   * @param {number[]} bytes
   * @param {number} [at] Milliseconds of the page's clock; else now.
   */
  #send(bytes, at) {
    try {
      this.#output?.send(bytes, at);
    } catch {
      // The instrument was pulled out: the browser plays on, and by the instrument when it is back.
    }
  }
}
