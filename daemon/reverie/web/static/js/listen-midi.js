/**
 * The same notes by MIDI, to an instrument that is plugged into this computer, where the browser has Web MIDI (Chromium
 * and Firefox, and only over https or on this machine).
 *
 * @typedef {import('./listen-plan.js').PlannedNote} PlannedNote
 */

const DRUMS = 9;
const CHANNELS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15];
const ALL_NOTES_OFF = 123;

export class MidiOut {
  /** @type {MIDIAccess | null} */
  #access = null;
  /** @type {MIDIOutput | null} */
  #output = null;
  /** @type {Map<string, number>} */
  #channels = new Map();

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
   * Send a note.
   *
   * @param {PlannedNote} note
   * @param {number} begins Milliseconds of the page's clock.
   * @param {number} ends
   */
  play(note, begins, ends) {
    if (!this.#output) return;
    const channel = this.#channels.get(note.voice) ?? 0;
    if (!note.tied) this.#output.send([0x90 | channel, note.pitch, note.velocity], begins);
    this.#output.send([0x80 | channel, note.pitch, 0], Math.max(ends - 1, begins + 1));
  }

  /** End all. */
  silence() {
    if (!this.#output) return;
    if ('clear' in this.#output) /** @type {any} */ (this.#output).clear();
    for (let channel = 0; channel < 16; channel += 1) this.#output.send([0xb0 | channel, ALL_NOTES_OFF, 0]);
  }
}
