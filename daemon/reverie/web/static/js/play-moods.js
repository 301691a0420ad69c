/**
 * Wishes for a mood: a pad for each that the scene knows, and words that choose one.
 */

import { element, setText } from './dom.js';
import { moodHue } from './hero.js';
import { t } from './i18n.js';

/** @typedef {import('./play-wishes.js').PlayState} PlayState */
/** @typedef {import('./play-drums.js').Ask} Ask */

/** Characters of a dream. */
const LONGEST = 140;

export class MoodPads {
  #ask;
  #title = element('h3');
  #lead = element('p', { class: 'lead' });
  #pads = element('div', { class: 'pads' });
  #name = element('label', { for: 'dream-words' });
  #words = element('input', { id: 'dream-words', maxlength: LONGEST, autocomplete: 'off', enterkeyhint: 'send' });
  #send = element('button', { type: 'submit' });
  #form = element('form', { class: 'field' }, this.#name, element('div', { class: 'row dream' }, this.#words, this.#send));
  node = element('article', { class: 'card mood-pads' }, this.#title, this.#lead, this.#pads, this.#form);
  #shown = '';

  /** @param {Ask} ask */
  constructor(ask) {
    this.#ask = ask;
    this.#form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const text = this.#words.value.trim();
      if (!text) return;
      const answer = await this.#ask('dream', { text });
      if (answer.ok) this.#words.value = '';
    });
  }

  /** @param {PlayState} state */
  show(state) {
    const [pads, words] = [state.allow.includes('mood'), state.allow.includes('dream')];
    this.#pads.hidden = !pads;
    this.#form.hidden = !words;
    const shown = JSON.stringify([document.documentElement.lang, state.moods, state.mood, state.votes, state.together]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#build(state);
    }
    return state.moods.length > 0 && (pads || words);
  }

  translate() {
    setText(this.#title, t('play.moods.title'));
    setText(this.#name, t('play.moods.words'));
    setText(this.#send, t('play.moods.dream'));
    this.#shown = '';
  }

  /** @param {PlayState} state */
  #build(state) {
    setText(this.#lead, state.together === 'votes' ? t('play.moods.lead-votes') : t('play.moods.lead'));
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.mood : undefined;
    this.#pads.replaceChildren(
      ...state.moods.map((mood) => {
        const votes = state.votes[mood] ?? 0;
        const pad = element(
          'button',
          { type: 'button', class: 'pad', 'data-mood': mood, 'aria-pressed': String(mood === state.mood) },
          mood,
          votes ? element('span', { class: 'badge' }, t('play.moods.votes', { count: votes })) : null,
        );
        pad.style.setProperty('--hue', moodHue(mood).toFixed(0));
        pad.addEventListener('click', () => void this.#ask('mood', { mood }));
        return pad;
      }),
    );
    for (const pad of this.#pads.querySelectorAll('button')) if (pad.dataset.mood === focused) pad.focus();
  }
}
