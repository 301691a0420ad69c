/**
 * Eight buttons that become a piano: what is pressed, by finger or by the keys 1 to 8, is the voice's contour.
 */

import { element, setText } from './dom.js';
import { t } from './i18n.js';

/** @typedef {import('./play-wishes.js').PlayState} PlayState */
/** @typedef {import('./play-drums.js').Ask} Ask */

const BUTTONS = 8;

export class ButtonKeys {
  #ask;
  #title = element('h3');
  #lead = element('p', { class: 'lead' });
  #keys = element('div', { class: 'genie-keys', role: 'group' });
  #release = element('button', { type: 'button' });
  #now = element('p', { class: 'lead' });
  node = element(
    'article',
    { class: 'card button-keys' },
    this.#title,
    this.#lead,
    this.#keys,
    this.#now,
    element('div', { class: 'row' }, this.#release),
  );
  /** @type {string | undefined} */
  #voice;

  /** @param {Ask} ask */
  constructor(ask) {
    this.#ask = ask;
    for (let button = 1; button <= BUTTONS; button += 1) {
      const key = element('button', { type: 'button', class: 'pad genie-key' }, String(button));
      key.style.setProperty('--height', String(button));
      key.addEventListener('pointerdown', (event) => {
        event.preventDefault(); // it sounds when it is pressed, not when it is let go
        key.focus({ preventScroll: true });
        this.#press(button);
      });
      key.addEventListener('click', (event) => event.detail === 0 && this.#press(button));
      this.#keys.append(key);
    }
    this.#keys.addEventListener('keydown', (event) => {
      const button = Number(event.key);
      if (!event.repeat && button >= 1 && button <= BUTTONS) this.#press(button);
    });
    this.#release.addEventListener('click', () => void this.#ask('contour', { button: 0, voice: this.#voice }));
  }

  /** @param {PlayState} state */
  show(state) {
    if (!state.contour || !state.allow.includes('contour')) return false;
    this.#voice = state.contour.voice;
    this.#release.disabled = !state.contour.now;
    setText(this.#now, state.contour.now ? t('play.buttons.now', { contour: state.contour.now }) : '');
    return true;
  }

  translate() {
    setText(this.#title, t('play.buttons.title'));
    setText(this.#lead, t('play.buttons.lead'));
    setText(this.#release, t('play.let-go.button'));
    this.#keys.setAttribute('aria-label', t('play.buttons.title'));
    for (const [at, key] of [...this.#keys.children].entries())
      key.setAttribute('aria-label', t('play.buttons.button', { button: at + 1 }));
  }

  /** @param {number} button */
  #press(button) {
    const key = this.#keys.children[button - 1];
    key?.classList.add('pressed');
    setTimeout(() => key?.classList.remove('pressed'), 120);
    void this.#ask('contour', { button, voice: this.#voice });
  }
}
