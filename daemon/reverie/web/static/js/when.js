/**
 * Moments as people say them: tomorrow at 10:00, three minutes ago. By the clock of the place, which the server reads.
 */

import { language, t } from './i18n.js';

/** @typedef {import('./contract.js').MomentAhead} MomentAhead */

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Days after which the name of a day says no more which one is meant. */
const WEEK = 7;

/**
 * Which of the words for a moment to come fits, and what stands in it.
 *
 * @param {MomentAhead} ahead
 * @returns {{word: 'today' | 'tomorrow' | 'weekday' | 'date', params: {time: string, weekday: string, date: string}}}
 */
export const dayOf = ({ date, time, days }) => {
  const day = new Date(`${date}T00:00:00Z`);
  const told = (/** @type {Intl.DateTimeFormatOptions} */ how) =>
    new Intl.DateTimeFormat(language(), { ...how, timeZone: 'UTC' }).format(day);
  const params = { time, weekday: told({ weekday: 'long' }), date: told({ day: 'numeric', month: 'long' }) };
  if (days < 2) return { word: days < 1 ? 'today' : 'tomorrow', params };
  return { word: days < WEEK ? 'weekday' : 'date', params };
};

/**
 * A moment to come, as a part of a sentence.
 *
 * @param {MomentAhead} ahead
 */
export const when = (ahead) => {
  const { word, params } = dayOf(ahead);
  return t(`when.${word}`, params);
};

/**
 * A moment up to which something lasts, as a part of a sentence.
 *
 * @param {MomentAhead} ahead
 */
export const until = (ahead) => {
  const { word, params } = dayOf(ahead);
  return t(`until.${word}`, params);
};

/**
 * How long ago something was.
 *
 * @param {number} seconds
 */
export const ago = (seconds) => {
  if (seconds < MINUTE) return t('ago.seconds', { count: Math.round(seconds) });
  if (seconds < HOUR) return t('ago.minutes', { count: Math.floor(seconds / MINUTE) });
  if (seconds < DAY) return t('ago.hours', { count: Math.floor(seconds / HOUR) });
  return t('ago.days', { count: Math.floor(seconds / DAY) });
};
