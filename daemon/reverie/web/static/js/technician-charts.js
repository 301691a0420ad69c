/**
 * The last day or month as curves.
 */

import { drawing, element } from './dom.js';
import { language, number, t } from './i18n.js';

/** @typedef {import('./technician-contract.js').Curves} Curves */

const WIDTH = 320;
const HEIGHT = 150;
const LEFT = 8;
const TOP = 22;
const BOTTOM = 124;
/** Seconds of a span, and of one row of it. */
const SPANS = { day: { seconds: 86_400, row: 60, marks: 4 }, month: { seconds: 32 * 86_400, row: 3600, marks: 5 } };
/** Points of a line at most: more than that nobody sees. */
const POINTS = 240;
/** The fields whose worst counts where several rows become one point; of all others the mean does. */
const WORST = ['silence', 'late_most', 'refused', 'restarts'];
/** The charts, each with the fields that it has lines of; the first is the one that is told in words. */
const CHARTS = {
  bars: ['bars'],
  silence: ['silence', 'rest'],
  late: ['late_most', 'late_half'],
  refused: ['refused'],
  restarts: ['restarts'],
  heat: ['heat'],
  load: ['load'],
};

/**
 * @param {Element} cards
 * @param {Curves} curves
 */
export const showCharts = (cards, curves) => {
  const charts = Object.entries(CHARTS)
    .map(([name, fields]) => chart(name, fields, curves))
    .filter((one) => one !== null);
  cards.replaceChildren(...(charts.length ? charts : [element('p', {}, t('technician.chart.none'))]));
};

/**
 * @param {string} name
 * @param {string[]} fields
 * @param {Curves} curves
 */
const chart = (name, fields, curves) => {
  const columns = fields.map((field) => column(curves, field));
  const known = (columns[0] ?? []).filter((point) => point.value !== null);
  const latest = known[known.length - 1];
  if (!latest) return null;
  const most = Math.max(...columns.flat().map((point) => point.value ?? 0), 1e-9);
  const title = t(`technician.chart.${name}`);
  const told = t('technician.chart.told', {
    name: title,
    last: number(latest.value ?? 0),
    most: number(Math.max(...known.map((point) => point.value ?? 0))),
    unit: t(`technician.chart.${name}.unit`),
  });
  const lines = columns.map((points, index) =>
    drawing('path', { class: index ? 'line second' : 'line', d: path(points, curves, most) }),
  );
  return element(
    'figure',
    { class: 'card', 'data-chart': name },
    element('figcaption', {}, title),
    drawing(
      'svg',
      { class: 'chart', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': told },
      drawing('line', { class: 'axis', x1: LEFT, x2: WIDTH - LEFT, y1: BOTTOM, y2: BOTTOM }),
      drawing('line', { class: 'axis', x1: LEFT, x2: WIDTH - LEFT, y1: TOP, y2: TOP }),
      drawing('text', { x: LEFT, y: TOP - 6 }, `${number(most)} ${t(`technician.chart.${name}.unit`)}`),
      ...marks(curves),
      ...lines.reverse(),
    ),
  );
};

/**
 * @param {Curves} curves
 * @param {string} field
 */
const column = ({ fields, rows, span }, field) => {
  const [at, value] = [fields.indexOf('at'), fields.indexOf(field)];
  const wide = Math.max(SPANS[span].seconds / POINTS, SPANS[span].row);
  /** @type {Map<number, number[]>} */
  const together = new Map();
  for (const row of rows) {
    const begins = Math.floor((row[at] ?? 0) / wide) * wide;
    const known = together.get(begins) ?? [];
    together.set(begins, known);
    if (typeof row[value] === 'number') known.push(row[value]);
  }
  return [...together].map(([begins, values]) => ({ at: begins, value: values.length ? joined(values, field) : null }));
};

/**
 * @param {number[]} values
 * @param {string} field
 */
const joined = (values, field) =>
  WORST.includes(field) ? Math.max(...values) : values.reduce((sum, value) => sum + value, 0) / values.length;

/**
 * @param {number} at
 * @param {Curves} curves
 */
const across = (at, { span, until }) => {
  const { seconds } = SPANS[span];
  return LEFT + ((at - (until - seconds)) / seconds) * (WIDTH - 2 * LEFT);
};

/**
 * A line that breaks where nothing is known: Reverie did not run then.
 *
 * @param {{at: number, value: number | null}[]} points
 * @param {Curves} curves
 * @param {number} most
 */
const path = (points, curves, most) => {
  let before = -Infinity;
  return points
    .filter((point) => point.value !== null)
    .map(({ at, value }) => {
      const goesOn = at - before < 2.5 * Math.max(SPANS[curves.span].row, SPANS[curves.span].seconds / POINTS);
      before = at;
      const y = BOTTOM - ((value ?? 0) / most) * (BOTTOM - TOP);
      const place = `${across(at, curves).toFixed(1)} ${y.toFixed(1)}`;
      return goesOn ? `L${place}` : `M${place}h1`;
    })
    .join('');
};

/** @param {Curves} curves */
const marks = (curves) => {
  const { seconds, marks: count } = SPANS[curves.span];
  /** @type {Intl.DateTimeFormatOptions} */
  const form = curves.span === 'day' ? { hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'numeric' };
  const written = new Intl.DateTimeFormat(language(), form);
  return Array.from({ length: count }, (_, index) => {
    const at = curves.until - seconds + (index * seconds) / count;
    return drawing('text', { x: across(at, curves), y: HEIGHT - 8 }, written.format(at * 1000));
  });
};
