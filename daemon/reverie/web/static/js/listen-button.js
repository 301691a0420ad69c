/**
 * <rv-listen>: one touch, and the browser plays along. Beside it how loud, and whether in time with the hall.
 */

import { clockKnown, serverNow, startClock } from './clock.js';
import { element, setText } from './dom.js';
import { feed } from './feed.js';
import { onLanguage, t } from './i18n.js';
import { MidiOut } from './listen-midi.js';
import { Listening } from './listen.js';

const KEPT = 'reverie-volume';

class ListenElement extends HTMLElement {
  #listening = new Listening(feed, serverNow, clockKnown);
  #button = element('button', { class: 'primary listen-touch', type: 'button' });
  #volume = element('input', { type: 'range', min: 0, max: 100, value: 80 });
  #volumeName = element('span');
  #volumeField = element('label', { class: 'listen-volume', hidden: true }, this.#volumeName, this.#volume);
  #hall = element('input', { type: 'checkbox' });
  #hallName = element('span');
  #midi = element('select');
  #midiName = element('span');
  #midiField = element('label', { class: 'field', hidden: true }, this.#midiName, this.#midi);
  #moreName = element('summary');
  #says = element('p', { role: 'status' });
  /** @type {WakeLockSentinel | null} */
  #awake = null;
  /** Lets the feed rest again where nobody sees the page. @type {(() => void) | null} */
  #letRest = null;
  /** @type {(() => void)[]} */
  #leaving = [];

  connectedCallback() {
    this.replaceChildren(
      this.#button,
      this.#says,
      this.#volumeField,
      element('details', { class: 'listen-more' }, this.#moreName,
        element('div', { class: 'stack' }, element('label', { class: 'choice' }, this.#hall, this.#hallName),
          this.#midiField)),
    );
    startClock();
    const kept = Number(keptVolume() ?? 80);
    this.#volume.value = String(kept);
    this.#listening.volume = kept / 100;
    this.#button.addEventListener('click', () => void this.#toggle());
    this.#volume.addEventListener('input', () => this.#setVolume(Number(this.#volume.value)));
    this.#hall.addEventListener('change', () => (this.#listening.mode = this.#hall.checked ? 'hall' : 'calm'));
    this.#midi.addEventListener('change', () => void this.#chooseMidi());
    this.#midiField.hidden = !MidiOut.possible;
    this.#listening.onState((state) => {
      this.#stayTold(state !== 'off');
      this.#show();
    });
    this.#leaving = [onLanguage(() => this.#show()), feed.on('now', () => this.#showMedia())];
    const shown = () => document.hidden || this.#listening.state === 'off' || void this.#stayAwake();
    document.addEventListener('visibilitychange', shown);
    this.#leaving.push(() => document.removeEventListener('visibilitychange', shown));
  }

  disconnectedCallback() {
    for (const leave of this.#leaving) leave();
    void this.#listening.stop();
  }

  /** For those who look from outside, as tests do. */
  get listening() {
    return this.#listening;
  }

  async #toggle() {
    if (this.#listening.state !== 'off') {
      await this.#listening.stop();
      await this.#awake?.release();
      this.#awake = null;
      return;
    }
    const session = /** @type {any} */ (navigator).audioSession;
    if (session) session.type = 'playback'; // or an iPhone's switch for its bell silences the music
    await this.#listening.start();
    await this.#stayAwake();
    this.#showMedia();
  }

  /** @param {number} volume */
  #setVolume(volume) {
    this.#listening.volume = volume / 100;
    try {
      localStorage.setItem(KEPT, String(volume));
    } catch {
      // It holds for this visit.
    }
  }

  async #chooseMidi() {
    const midi = (this.#listening.midi ??= new MidiOut());
    try {
      if (this.#midi.options.length < 2 || this.#midi.value === 'ask') {
        const outputs = await midi.outputs();
        this.#midi.replaceChildren(
          element('option', { value: '' }, t('listen.midi.none')),
          ...outputs.map(({ id, name }) => element('option', { value: id }, name)),
        );
      }
      midi.voices(this.#listening.now?.voices ?? []);
      midi.choose(this.#midi.value);
    } catch {
      this.#midiField.hidden = true; // the visitor, or the browser, does not want it
    }
  }

  /** @param {boolean} on Whether bars are heard, also of a page that nobody sees. */
  #stayTold(on) {
    if (on) this.#letRest ??= feed.stay();
    else this.#letRest?.();
    if (!on) this.#letRest = null;
  }

  async #stayAwake() {
    try {
      this.#awake = (await navigator.wakeLock?.request('screen')) ?? null;
    } catch {
      this.#awake = null; // where it is not granted the screen goes dark, and the music plays on if it can
    }
  }

  #show() {
    const { state } = this.#listening;
    const on = state !== 'off';
    if ('mediaSession' in navigator && (on || navigator.mediaSession.metadata))
      navigator.mediaSession.playbackState = on ? 'playing' : 'paused';
    setText(this.#button, t(on ? 'listen.stop' : 'listen.start'));
    this.#button.setAttribute('aria-pressed', String(on));
    this.#volumeField.hidden = !on;
    setText(this.#volumeName, t('listen.volume'));
    setText(this.#moreName, t('listen.more'));
    setText(this.#hallName, t('listen.hall'));
    setText(this.#midiName, t('listen.midi'));
    if (!this.#midi.options.length)
      this.#midi.append(element('option', { value: '' }), element('option', { value: 'ask' }));
    const [none, ask] = this.#midi.options;
    if (none) none.textContent = t('listen.midi.none');
    if (ask?.value === 'ask') ask.textContent = t('listen.midi.ask');
    setText(this.#says, t(`listen.says.${state}`));
  }

  #showMedia() {
    if (this.#listening.state === 'off' || !('mediaSession' in navigator)) return;
    const title = feed.now?.scene?.title ?? 'Reverie';
    if (navigator.mediaSession.metadata?.title === title) return;
    navigator.mediaSession.metadata = new MediaMetadata({ title, artist: 'Reverie' });
    const wanted = (/** @type {boolean} */ on) => () => void ((this.#listening.state !== 'off') === on || this.#toggle());
    navigator.mediaSession.setActionHandler('play', wanted(true));
    navigator.mediaSession.setActionHandler('pause', wanted(false));
    navigator.mediaSession.setActionHandler('stop', wanted(false));
  }
}

/** @returns {string | null} */
const keptVolume = () => {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
};

customElements.define('rv-listen', ListenElement);
