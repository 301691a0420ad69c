/**
 * The part of the page on which visitors play: each plaything where the scene has it and the site allows it.
 */

import { element, setText } from './dom.js';
import { feed } from './feed.js';
import { has, onLanguage, t } from './i18n.js';
import { ButtonKeys } from './play-buttons.js';
import { DrumMachine } from './play-drums.js';
import { Keepsakes } from './play-moments.js';
import { MoodPads } from './play-moods.js';
import { Sliders } from './play-sliders.js';
import { TuneMixer } from './play-tunes.js';
import { askState, wish } from './play-wishes.js';

/** @typedef {import('./play-wishes.js').PlayState} PlayState */
/** @typedef {import('./play-wishes.js').PlayAnswer} PlayAnswer */
/** @typedef {import('./play-wishes.js').Says} Says */

/** Seconds between two questions of how things stand: as a rule, and for a while after a wish. */
const EVERY = 5;
const SOON = 1.5;
const WHILE = 20;

/**
 * What a plaything is to this page.
 *
 * @typedef {object} Plaything
 * @property {HTMLElement} node
 * @property {(state: PlayState) => boolean} show Shows how things stand; false where it is not there.
 * @property {() => void} [translate]
 */

class PlaySection {
  #box;
  #says = element('p', { class: 'notice play-says', role: 'status', hidden: true });
  #turn = element('p', { class: 'play-turn' });
  #ask = element('button', { type: 'button' });
  #queue = element('div', { class: 'row', hidden: true }, this.#turn, this.#ask);
  #title = element('h2');
  #lead = element('p', { class: 'lead' });
  /** @type {PlayState | null} */
  #state = null;
  /** @type {Says | null} */
  #said = null;
  #askedAt = 0;
  #wishedAt = -WHILE * 1000;
  #inView = true;
  #built = false;
  /** @type {Plaything[]} */
  #things;

  /** @param {HTMLElement} box */
  constructor(box) {
    this.#box = box;
    const ask = (/** @type {string} */ what, /** @type {Record<string, any>} */ wanted = {}) => this.#wish(what, wanted);
    this.#things = [
      new DrumMachine(ask),
      new TuneMixer(ask),
      new MoodPads(ask),
      new ButtonKeys(ask),
      new Sliders(ask),
      new Keepsakes(ask),
    ];
    this.#ask.addEventListener('click', () => void this.#wish('turn', this.#state?.turn.yours ? { leave: true } : {}));
  }

  start() {
    onLanguage(() => this.#translate());
    void this.#look();
    new IntersectionObserver((seen) => (this.#inView = seen.some((one) => one.isIntersecting))).observe(this.#box);
    // Each at its own pace: what a thousand telephones ask is not asked at once.
    setInterval(() => this.#isDue() && void this.#look(), 500 + 200 * Math.random());
    setInterval(() => this.#showTurn(), 1000);
    feed.on('joined', (joined) => joined && void this.#look());
  }

  /** Whether it is time to ask again: nobody asks for what nobody sees, but whoever waits in the queue is still there. */
  #isDue() {
    const queued = this.#state?.together === 'queue' && (this.#state.turn.yours || !this.#state.turn.may);
    if ((document.hidden || (this.#built && !this.#inView)) && !queued) return false;
    const now = performance.now();
    const every = now - this.#wishedAt < WHILE * 1000 ? SOON : EVERY;
    return now - this.#askedAt >= every * 1000;
  }

  async #look() {
    this.#askedAt = performance.now();
    try {
      this.#state = await askState();
    } catch {
      return; // the page says that the connection is gone
    }
    this.#show();
  }

  /**
   * @param {string} what
   * @param {Record<string, any>} wanted
   * @returns {Promise<PlayAnswer>}
   */
  async #wish(what, wanted) {
    this.#wishedAt = performance.now();
    const answer = await wish(what, wanted);
    this.#said = answer.says;
    this.#showSays();
    void this.#look();
    return answer;
  }

  #show() {
    const state = this.#state;
    if (!state || !state.allow.length) {
      this.#box.replaceChildren();
      this.#built = false;
      return;
    }
    if (!this.#built) {
      this.#box.replaceChildren(
        this.#title,
        this.#lead,
        this.#queue,
        this.#says,
        element('div', { class: 'playthings' }, ...this.#things.map((thing) => thing.node)),
      );
      this.#built = true;
      this.#translate();
    }
    for (const thing of this.#things) thing.node.hidden = !thing.show(state);
    this.#showTurn();
  }

  #showTurn() {
    const state = this.#state;
    this.#queue.hidden = state?.together !== 'queue';
    if (!state || this.#queue.hidden) return;
    const { yours, may, seconds, waiting } = state.turn;
    const left = seconds === null ? null : Math.max(0, Math.round(seconds - (performance.now() - this.#askedAt) / 1000));
    const says = yours
      ? left === null
        ? t('play.turn.yours-now')
        : t('play.turn.yours-for', { seconds: left })
      : may
        ? t('play.turn.free')
        : t('play.turn.in', { seconds: left ?? 0, waiting });
    setText(this.#turn, says);
    setText(this.#ask, yours ? t('play.turn.leave') : t('play.turn.ask'));
  }

  #showSays() {
    this.#says.hidden = !this.#said;
    if (!this.#said) return;
    const { key, params } = this.#said;
    this.#says.classList.toggle('bad', key.startsWith('play.refused'));
    setText(this.#says, has(key) ? t(key, params) : t('play.heard', params));
  }

  #translate() {
    setText(this.#title, t('play.title'));
    setText(this.#lead, t('play.lead'));
    for (const thing of this.#things) thing.translate?.();
    this.#showTurn();
    this.#showSays();
    if (this.#state) this.#show();
  }
}

/**
 * Let visitors play in this part of the page, if the site lets them.
 *
 * @param {HTMLElement} box
 */
export const startPlay = (box) => new PlaySection(box).start();
