/**
 * Keeping this moment: what comes of it is a page of its own, whose address can be taken along.
 */

import { element, setText } from './dom.js';
import { t } from './i18n.js';

/** @typedef {import('./play-wishes.js').PlayState} PlayState */
/** @typedef {import('./play-drums.js').Ask} Ask */

export class Keepsakes {
  #ask;
  #title = element('h3');
  #lead = element('p', { class: 'lead' });
  #keep = element('button', { type: 'button', class: 'primary' });
  #links = element('ul', { class: 'moments' });
  node = element('article', { class: 'card keepsakes' }, this.#title, this.#lead, this.#keep, this.#links);

  /** @param {Ask} ask */
  constructor(ask) {
    this.#ask = ask;
    this.#keep.addEventListener('click', () => void this.#keepNow());
  }

  /** @param {PlayState} state */
  show(state) {
    return state.allow.includes('keep');
  }

  translate() {
    setText(this.#title, t('play.keep.title'));
    setText(this.#lead, t('play.keep.lead'));
    setText(this.#keep, t('play.keep.button'));
  }

  async #keepNow() {
    this.#keep.disabled = true;
    const answer = await this.#ask('keep');
    this.#keep.disabled = false;
    if (!answer.ok || !answer.link || !answer.link.startsWith('/moment/')) return;
    const when = new Date().toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });
    this.#links.prepend(element('li', {}, element('a', { href: answer.link }, t('play.keep.link', { time: when }))));
  }
}
