/**
 * The day of the installation: its programme as a line from midnight to midnight, with the present moment on it.
 *
 * The line is for the eye. Beneath it stands the same in words and as a list, which a wall shows to screen readers alone.
 */

import { timeOfDay } from './clock.js';
import { element, setText } from './dom.js';
import { language, t } from './i18n.js';

/** @typedef {import('./contract.js').Now} Now */
/** @typedef {import('./contract.js').DayEntry} DayEntry */

const DAY = 24 * 60;
/** Milliseconds between two looks at the clock. */
const LOOK = 5000;

/**
 * Minutes from midnight.
 *
 * @param {string} at As `07:30`.
 */
export const minutesOf = (at) => {
  const [hours = 0, minutes = 0] = at.split(':').map(Number);
  return hours * 60 + minutes;
};

/**
 * The stretches of a day, in order: each entry holds up to the next, and the last one over midnight up to the first.
 *
 * @param {DayEntry[]} day
 * @returns {{entry: DayEntry, from: number, until: number}[]} Minutes from midnight.
 */
export const stretches = (day) => {
  const sorted = [...day].sort((one, other) => minutesOf(one.at) - minutesOf(other.at));
  const found = sorted.map((entry, place) => {
    const next = sorted[place + 1];
    return { entry, from: minutesOf(entry.at), until: next ? minutesOf(next.at) : DAY };
  });
  const [first, last] = [found[0], found.at(-1)];
  if (first && last && first.from > 0) found.unshift({ entry: last.entry, from: 0, until: first.from });
  return found.filter(({ from, until }) => until > from);
};

/** @param {DayEntry} entry */
const nameOf = ({ scene, mood }) => {
  const name = scene ?? (mood ? '' : t('day.rest'));
  return mood ? `${name} (${mood})`.trim() : name;
};

/** @param {number} minutes */
const clockTime = (minutes) => {
  const whole = Math.floor(minutes) % DAY;
  return `${String(Math.floor(whole / 60)).padStart(2, '0')}:${String(whole % 60).padStart(2, '0')}`;
};

/** @param {number} minutes */
const share = (minutes) => `${((100 * minutes) / DAY).toFixed(2)}%`;

export class DayLine extends HTMLElement {
  /** @type {DayEntry[]} */
  #day = [];
  #says = element('p', { class: 'day-says' });
  #stretches = element('div', { class: 'day-stretches' });
  #time = element('span');
  #mark = element('div', { class: 'day-mark', hidden: true }, this.#time);
  #line = element('div', { class: 'day-line', 'aria-hidden': 'true' }, this.#stretches, this.#mark);
  #list = element('ol', { class: 'day-list' });
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #timer;

  connectedCallback() {
    this.replaceChildren(this.#says, this.#line, this.#list);
    this.#timer = setInterval(() => this.#tick(), LOOK);
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  /** @param {Now} now */
  show(now) {
    const shown = JSON.stringify([language(), now.day]);
    if (this.dataset.shown !== shown) {
      this.dataset.shown = shown;
      this.#day = now.day ?? [];
      this.#draw();
    }
    this.#tick();
  }

  #draw() {
    this.#stretches.replaceChildren(
      ...stretches(this.#day).map(({ entry, from, until }) => {
        const made = element('span', { 'data-now': entry.now, 'data-rest': !entry.scene && !entry.mood }, nameOf(entry));
        made.style.width = share(until - from);
        return made;
      }),
    );
    this.#list.replaceChildren(
      ...this.#day.map((entry) =>
        element(
          'li',
          { 'aria-current': entry.now ? 'time' : null },
          element('time', { datetime: entry.at }, entry.at),
          element('span', {}, nameOf(entry)),
          entry.now ? element('span', { class: 'badge' }, t('day.now')) : null,
        ),
      ),
    );
  }

  /** Put the mark where the day is, and say it in words. */
  #tick() {
    const seconds = timeOfDay();
    this.#mark.hidden = seconds === null || !this.#day.length;
    if (seconds === null || !this.#day.length) return;
    const minutes = seconds / 60;
    const time = clockTime(minutes);
    this.#mark.style.left = share(minutes);
    this.#mark.dataset.late = String(minutes > DAY / 2);
    setText(this.#time, time);
    const holds = this.#day.find((entry) => entry.now);
    const sorted = [...this.#day].sort((one, other) => minutesOf(one.at) - minutesOf(other.at));
    const next = sorted.find((entry) => minutesOf(entry.at) > minutes) ?? sorted[0];
    const is = t('day.is', { time, what: holds ? nameOf(holds) : '' });
    const then = next && next !== holds ? t('day.then', { time: next.at, what: nameOf(next) }) : '';
    setText(this.#says, [holds ? is : '', then].filter(Boolean).join(' '));
  }
}

customElements.define('rv-day', DayLine);

/**
 * Show the day, where the site has a programme.
 *
 * @param {HTMLElement} section
 * @param {HTMLElement} line
 * @param {Now} now
 */
export const showDay = (section, line, now) => {
  section.hidden = !now.day?.length;
  if (line instanceof DayLine) line.show(now);
};
