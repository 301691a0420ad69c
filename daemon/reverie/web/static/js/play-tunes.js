/**
 * The mixer of melodies: tunes that were heard are put into the corners of a pad, and a point lies between them.
 */

import { element, setText } from './dom.js';
import { number, t } from './i18n.js';
import { shares, tunePicture } from './play-tune.js';
import { AGAIN, isPassing } from './play-wishes.js';

/** @typedef {import('./play-wishes.js').PlayState} PlayState */
/** @typedef {import('./play-wishes.js').Melody} Melody */
/** @typedef {import('./play-drums.js').Ask} Ask */

const CORNERS = /** @type {const} */ (['A', 'B', 'C', 'D']);
/** Milliseconds after the point was moved last until it is told. */
const SETTLED = 350;
const STEP = 0.1;

export class TuneMixer {
  #ask;
  #title = element('h3');
  #lead = element('p', { class: 'lead' });
  /** @type {(string | null)[]} */
  #corners = [null, null, null, null];
  /** The corner that the next tune is for. */
  #active = 0;
  #x = 0;
  #y = 0;
  #moved = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #later;
  /** @type {Melody | null} */
  #melody = null;
  #shown = '';
  #point = element('span', { class: 'mix-point' });
  #pad = element('div', { class: 'mix-pad', role: 'slider', tabindex: 0, 'aria-valuemin': 0, 'aria-valuemax': 100 });
  #slots = CORNERS.map((name, at) => element('button', { type: 'button', class: `mix-corner mix-corner-${at}` }, name));
  #tiles = element('div', { class: 'tune-tiles', role: 'group' });
  #release = element('button', { type: 'button' });
  #state = element('p', { class: 'drum-state', role: 'status' });
  node = element(
    'article',
    { class: 'card tune-mixer' },
    this.#title,
    this.#lead,
    element('div', { class: 'mix-field' }, ...this.#slots, this.#pad),
    this.#tiles,
    element('div', { class: 'row' }, this.#release),
    this.#state,
  );

  /** @param {Ask} ask */
  constructor(ask) {
    this.#ask = ask;
    this.#pad.append(this.#point);
    this.#pad.addEventListener('pointerdown', (event) => {
      if (!this.#ready) return;
      this.#pad.setPointerCapture(event.pointerId);
      this.#follow(event);
    });
    this.#pad.addEventListener('pointermove', (event) => {
      if (this.#pad.hasPointerCapture(event.pointerId)) this.#follow(event);
    });
    this.#pad.addEventListener('keydown', (event) => this.#key(event));
    for (const [at, slot] of this.#slots.entries()) slot.addEventListener('click', () => this.#choose(at));
    this.#release.addEventListener('click', () => {
      clearTimeout(this.#later);
      this.#moved = false;
      void this.#ask('melody', { voice: this.#melody?.voice });
    });
  }

  /** Whether there is anything to lie between. */
  get #ready() {
    return this.#corners.some(Boolean);
  }

  /** @param {PlayState} state */
  show(state) {
    const melody = state.melody;
    if (!melody || !state.allow.includes('melody')) return false;
    if (this.#melody && this.#melody.voice !== melody.voice) this.#corners = [null, null, null, null];
    this.#melody = melody;
    const others = melody.set?.tunes.slice(0, 4) ?? [];
    if (!this.#moved && !others.every((tune) => this.#corners.includes(tune)))
      for (const [at, tune] of others.entries()) this.#corners[at] = tune; // somebody else mixes these
    for (const at of [0, 1]) this.#corners[at] ??= melody.tunes.find((one) => !this.#corners.includes(one)) ?? null;
    const shown = JSON.stringify([document.documentElement.lang, melody.tunes, this.#corners, this.#active]);
    if (shown !== this.#shown) {
      this.#shown = shown;
      this.#build(melody);
    }
    this.#place();
    this.#release.disabled = !melody.set;
    setText(this.#lead, melody.mixes ? t('play.tunes.lead') : t('play.tunes.lead-plain'));
    const rests = melody.rests_until;
    const says = rests
      ? t('play.tunes.rests', { bar: rests })
      : melody.set
        ? melody.heard
          ? t('play.tunes.heard')
          : t('play.tunes.comes')
        : '';
    setText(this.#state, says);
    return melody.tunes.length > 0;
  }

  translate() {
    setText(this.#title, t('play.tunes.title'));
    setText(this.#release, t('play.let-go.button'));
    this.#pad.setAttribute('aria-label', t('play.tunes.pad'));
    this.#tiles.setAttribute('aria-label', t('play.tunes.tiles'));
    this.#shown = '';
  }

  /** @param {Melody} melody */
  #build(melody) {
    for (const [at, slot] of this.#slots.entries()) {
      const tune = this.#corners[at];
      slot.replaceChildren(element('b', {}, CORNERS[at] ?? ''), ...(tune ? [tunePicture(tune)] : []));
      slot.setAttribute('aria-pressed', String(at === this.#active));
      slot.setAttribute('aria-label', t(tune ? 'play.tunes.corner' : 'play.tunes.corner-empty', { corner: CORNERS[at] }));
    }
    this.#tiles.replaceChildren(
      ...melody.tunes.map((tune, at) => {
        const tile = element(
          'button',
          { type: 'button', class: 'tune-tile', 'aria-label': t('play.tunes.tile', { number: at + 1, tune }) },
          tunePicture(tune),
        );
        this.#drag(tile, tune);
        return tile;
      }),
    );
  }

  /**
   * A tile is put into the chosen corner by a tap, or dragged into any.
   *
   * @param {HTMLElement} tile
   * @param {string} tune
   */
  #drag(tile, tune) {
    tile.addEventListener('click', () => this.#fill(this.#active, tune));
    tile.addEventListener('pointerdown', (event) => tile.setPointerCapture(event.pointerId));
    tile.addEventListener('pointerup', (event) => {
      const under = document.elementFromPoint(event.clientX, event.clientY)?.closest('button');
      const corner = this.#slots.findIndex((slot) => slot === under);
      if (corner >= 0) this.#fill(corner, tune);
    });
  }

  /**
   * @param {number} corner
   * @param {string} tune
   */
  #fill(corner, tune) {
    this.#corners[corner] = tune;
    this.#active = (corner + 1) % CORNERS.length;
    this.#shown = '';
    if (this.#melody) this.#build(this.#melody);
    this.#changed();
  }

  /** @param {number} corner */
  #choose(corner) {
    this.#active = corner;
    [this.#x, this.#y] = [corner % 2, corner < 2 ? 0 : 1];
    if (this.#melody) this.#build(this.#melody);
    if (this.#corners[corner]) this.#changed();
  }

  /** @param {PointerEvent} event */
  #follow(event) {
    const box = this.#pad.getBoundingClientRect();
    this.#x = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1);
    this.#y = Math.min(Math.max((event.clientY - box.top) / box.height, 0), 1);
    this.#changed();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === 'ArrowRight') this.#x += STEP;
    else if (event.key === 'ArrowLeft') this.#x -= STEP;
    else if (event.key === 'ArrowDown') this.#y += STEP;
    else if (event.key === 'ArrowUp') this.#y -= STEP;
    else if (event.key === 'Home') this.#x = 0;
    else if (event.key === 'End') this.#x = 1;
    else return;
    event.preventDefault();
    this.#x = within(this.#x);
    this.#y = within(this.#y);
    this.#changed();
  }

  #changed() {
    this.#moved = true;
    this.#place();
    clearTimeout(this.#later);
    this.#later = setTimeout(() => void this.#tell(), SETTLED);
  }

  #place() {
    const two = !this.#corners[2] && !this.#corners[3];
    this.#pad.classList.toggle('two', two);
    if (two) this.#y = 0;
    this.#point.style.setProperty('--x', String(this.#x));
    this.#point.style.setProperty('--y', String(two ? 0.5 : this.#y));
    const parts = this.#shares();
    const text = parts.map(([corner, share]) => `${corner} ${number(100 * share, 0)} %`).join(', ');
    this.#pad.setAttribute('aria-valuenow', String(Math.round(100 * this.#x)));
    this.#pad.setAttribute('aria-valuetext', text);
  }

  /** @returns {[string, number, string][]} Corner, share and tune of those that have a share. */
  #shares() {
    const found = shares(this.#corners, this.#x, this.#y);
    /** @type {[string, number, string][]} */
    const parts = [];
    for (const [at, tune] of this.#corners.entries()) {
      const share = found[at] ?? 0;
      if (tune && share > 0.005) parts.push([CORNERS[at] ?? '', share, tune]);
    }
    return parts;
  }

  async #tell() {
    let parts = this.#shares();
    if (!parts.length) return;
    if (!this.#melody?.mixes) parts = parts.sort((one, other) => other[1] - one[1]).slice(0, 1);
    const wanted = { tunes: parts.map(([, , tune]) => tune), shares: parts.map(([, share]) => Number(share.toFixed(3))) };
    const told = this.#later;
    const answer = await this.#ask('melody', { ...wanted, voice: this.#melody?.voice });
    if (told !== this.#later) return; // it goes on, and is told anew
    if (isPassing(answer)) this.#later = setTimeout(() => void this.#tell(), AGAIN);
    else this.#moved = false;
  }
}

/**
 * A place on the pad, to the hundredth.
 *
 * @param {number} place
 */
const within = (place) => Math.round(Math.min(Math.max(place, 0), 1) * 100) / 100;
