/**
 * The day on the technician's page: open or closed and why, what is next, and what waits for a rest.
 */

import { element } from './dom.js';
import { has, language, number, t } from './i18n.js';
import { spoken } from './sentences.js';
import { ago, until, when } from './when.js';

/** @typedef {import('./technician-contract.js').DayOfDesk} DayOfDesk */
/** @typedef {import('./technician-contract.js').EntryOfDay} EntryOfDay */
/** @typedef {'good' | 'doubtful' | 'bad'} Level */

/**
 * A row: what it is about, a word that is seen from afar, and sentences.
 *
 * @typedef {{name: string, row: string, badge?: [Level, string] | null, told: (string | null)[]}} Row
 */

/**
 * @param {Element} list
 * @param {DayOfDesk} day
 */
export const showDayOfDesk = (list, day) => showRows(list, rowsOf(day));

/**
 * Show rows, without touching the page where they are the same.
 *
 * @param {Element} list
 * @param {Row[]} rows
 */
export const showRows = (list, rows) => {
  const shown = JSON.stringify([language(), rows]);
  if (list.getAttribute('data-shown') === shown) return;
  list.setAttribute('data-shown', shown);
  list.replaceChildren(
    ...rows.map(({ name, row, badge, told }) =>
      element(
        'div',
        { 'data-row': row },
        element('dt', {}, name),
        element(
          'dd',
          {},
          badge ? element('span', { class: `badge ${badge[0]}` }, badge[1]) : null,
          ...told.filter((one) => one !== null && one !== '').map((one) => element('p', {}, one)),
        ),
      ),
    ),
  );
};

/**
 * @param {DayOfDesk} day
 * @returns {Row[]}
 */
const rowsOf = (day) => {
  const { hours, rests, programme, quiet, presence, maintenance, clock } = day;
  /** @type {Row[]} */
  const rows = [
    { name: t('technician.day.hours'), row: 'hours', ...hoursOf(hours, rests) },
    ...(programme ? [{ name: t('technician.day.programme'), row: 'programme', told: programmeOf(programme) }] : []),
    ...(quiet ? [{ name: t('technician.day.quiet'), row: 'quiet', told: [quietOf(quiet)] }] : []),
    ...(presence ? [{ name: t('technician.day.presence'), row: 'presence', told: [presenceOf(presence)] }] : []),
    { name: t('technician.day.maintenance'), row: 'maintenance', told: maintenanceOf(maintenance) },
    { name: t('technician.day.clock'), row: 'clock', told: clockOf(clock) },
  ];
  return rows;
};

/**
 * @param {DayOfDesk['hours']} hours
 * @param {DayOfDesk['rests']} rests
 * @returns {{badge?: [Level, string], told: (string | null)[]}}
 */
const hoursOf = (hours, rests) => {
  const silent = rests ? t(`technician.day.rests.${rests}`) : null;
  if (!hours) return { told: [t('technician.day.always'), silent] };
  const { open, why, reason, next, warm_up: warms } = hours;
  const named = reason && has(`technician.day.why.${why}_of`) ? `${why}_of` : why;
  const words = t(`technician.day.${open ? 'open' : 'closed'}`);
  const turns = next
    ? t(open ? 'technician.day.closes' : 'technician.day.opens', { when: when(next) })
    : why === 'clock'
      ? null
      : t('technician.day.never');
  return {
    badge: [why === 'clock' ? 'doubtful' : 'good', words],
    told: [t(`technician.day.why.${named}`, { reason }), turns, silent, warms && warmsOf(warms)],
  };
};

/** @param {NonNullable<NonNullable<DayOfDesk['hours']>['warm_up']>} warms */
const warmsOf = ({ composer, without_loops: missing, slots }) => {
  const faults = [
    composer ? null : t('technician.day.warms.composer'),
    missing.length ? t('technician.day.warms.loops', { voices: missing.join(', ') }) : null,
    slots && slots.split('; ').map((one) => spoken(one)).join('; '),
  ].filter(Boolean);
  return t('technician.day.warms', { faults: faults.length ? faults.join('; ') : t('technician.day.warms.well') });
};

/** @param {NonNullable<DayOfDesk['programme']>} programme */
const programmeOf = ({ now, next }) => [
  t('technician.day.programme.now', { at: now.at, what: nameOf(now) }),
  next && t('technician.day.programme.next', { at: next.at, what: nameOf(next) }),
];

/** @param {EntryOfDay} entry */
const nameOf = ({ scene, mood }) => {
  const name = scene ?? t('day.rest');
  return mood ? `${name} (${mood})` : name;
};

/** @param {NonNullable<DayOfDesk['quiet']>} quiet */
const quietOf = ({ why, volume, density, until: end }) => {
  const params = { why: spoken(why), volume, density };
  return end ? t('technician.day.quiet.until', { ...params, until: until(end) }) : t('technician.day.quiet.always', params);
};

/** @param {NonNullable<DayOfDesk['presence']>} presence */
const presenceOf = ({ sensed, alone_minutes: alone, silent_minutes: silent, away_minutes: away, rests }) =>
  t(`technician.day.presence.${sensed === 'away' && rests ? 'away_rests' : sensed}`, {
    minutes: sensed === 'lost' ? silent : alone,
    away: number(away, 1),
  });

/** @param {DayOfDesk['maintenance']} maintenance */
const maintenanceOf = ({ reboot, in_rests: jobs }) => [
  reboot && t(`technician.day.reboot.${reboot}`),
  ...jobs.map(({ name, waits, seconds_ago: seconds, outcome }) => {
    const what = spoken(name);
    const done =
      seconds === null
        ? t('technician.day.maintenance.never', { what })
        : t('technician.day.maintenance.done', { what, ago: ago(seconds), outcome: spoken(outcome) });
    const said = waits ? `${done} ${t('technician.day.maintenance.waits')}` : done;
    return said.charAt(0).toLocaleUpperCase(language()) + said.slice(1);
  }),
];

/** @param {DayOfDesk['clock']} clock */
const clockOf = ({ time, zone, doubt, kept }) => [
  doubt
    ? t('technician.day.clock.doubted', { time, why: spoken(doubt) })
    : t('technician.day.clock.believed', { time }),
  kept === null ? null : t(kept ? 'technician.day.clock.kept' : 'technician.day.clock.unkept'),
  zone ? t('technician.day.clock.zone', { zone }) : t('technician.day.clock.machine'),
];
