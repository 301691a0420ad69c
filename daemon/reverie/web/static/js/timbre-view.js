/**
 * Where a timbre stands between its sounds: a line or a grid, the way to come, and the point that sounds.
 */

import { drawing, element } from './dom.js';
import { language, t } from './i18n.js';
import { listed } from './roll-words.js';

/** @typedef {import('./contract.js').Now} Now */
/** @typedef {import('./contract.js').Timbre} Timbre */

const WIDE = 320;
const LINE = 72;
const SQUARE = 260;
const EDGE = 26;
/** Seconds until pictures that were not there are asked for again. */
const AGAIN = 30;

/**
 * The mixture in words: "63 % cat and 37 % flute".
 *
 * @param {Timbre} timbre
 * @returns {string}
 */
export const mixtureOf = (timbre) => {
  const shares = Object.entries(timbre.mixture ?? {}).filter(([, share]) => share >= 0.005);
  if (!shares.length) return t('timbres.none');
  shares.sort(([, one], [, other]) => other - one);
  return listed(shares.map(([name, share]) => t('timbres.share', { percent: Math.round(100 * share), name })));
};

/**
 * Where points lie in the drawing.
 *
 * @param {Timbre} timbre
 * @param {number[]} point
 * @returns {[x: number, y: number]}
 */
const placeOf = (timbre, [across = 0, down = 0]) =>
  timbre.grid
    ? [EDGE + across * (SQUARE - 2 * EDGE), EDGE + down * (SQUARE - 2 * EDGE)]
    : [EDGE + across * (WIDE - 2 * EDGE), LINE / 2];

/**
 * Where the sounds themselves lie, each number from 0 to 1.
 *
 * @param {Timbre} timbre
 * @returns {number[][]}
 */
const corners = (timbre) => {
  const count = timbre.sounds?.length ?? 0;
  const side = Math.max(1, Math.round(Math.sqrt(count)) - 1);
  return Array.from({ length: count }, (_, place) =>
    timbre.grid
      ? [(place % (side + 1)) / side, Math.floor(place / (side + 1)) / side]
      : [count > 1 ? place / (count - 1) : 0],
  );
};

/** @param {Timbre} timbre */
const draw = (timbre) => {
  const [width, height] = timbre.grid ? [SQUARE, SQUARE] : [WIDE, LINE];
  const places = corners(timbre).map((point) => placeOf(timbre, point));
  const way = (timbre.path ?? []).map((point) => placeOf(timbre, point));
  const point = timbre.point ? placeOf(timbre, timbre.point) : null;
  const first = places[0];
  const last = places.at(-1);
  const ground =
    timbre.grid || !first || !last
      ? drawing('rect', { class: 'ground', x: EDGE, y: EDGE, width: width - 2 * EDGE, height: height - 2 * EDGE, rx: 10 })
      : drawing('line', { class: 'ground', x1: first[0], y1: first[1], x2: last[0], y2: last[1] });
  const dots = places.map(([cx, cy]) => drawing('circle', { class: 'source', cx, cy, r: 6 }));
  const line = [...(point ? [point] : []), ...way].map((one) => one.join(',')).join(' ');
  return drawing(
    'svg',
    { viewBox: `0 0 ${width} ${height}`, class: timbre.grid ? 'timbre grid' : 'timbre', 'aria-hidden': 'true' },
    ground,
    ...(way.length ? [drawing('polyline', { class: 'way', points: line })] : []),
    ...dots,
    ...(point
      ? [
          drawing('circle', { class: 'halo', cx: point[0], cy: point[1], r: 18 }),
          drawing('circle', { class: 'point', cx: point[0], cy: point[1], r: 9 }),
        ]
      : []),
  );
};

/** @type {Record<string, Record<string, string>>} */
let pictures = {};
let asked = '';

/**
 * Ask for the pictures of the sounds; those that are still being made are asked for again.
 *
 * @param {[string, Timbre][]} timbres
 * @param {() => void} told Called once there are more of them.
 */
const askForPictures = async (timbres, told) => {
  const wanted = JSON.stringify(timbres.map(([name, { sounds }]) => [name, sounds]));
  if (asked === wanted) return;
  asked = wanted;
  try {
    const answer = await fetch('/api/v1/pictures');
    if (!answer.ok) return;
    pictures = await answer.json();
    told();
    const lacking = timbres.some(([name, { sounds = [] }]) => sounds.some((sound) => !pictures[name]?.[sound]));
    if (lacking) setTimeout(() => (asked = asked === wanted ? '' : asked), AGAIN * 1000);
  } catch {
    asked = '';
  }
};

/**
 * A sound's name, with a picture of its sound where the server has one.
 *
 * @param {string} timbre
 * @param {string} name
 */
const source = (timbre, name) => {
  const src = pictures[timbre]?.[name];
  const picture = src ? element('img', { src, alt: '', width: 120, height: 48, decoding: 'async' }) : null;
  return element('li', {}, picture, name);
};

/**
 * @param {string} name
 * @param {Timbre} timbre
 */
const card = (name, timbre) => {
  const sounds = (timbre.sounds ?? []).map((one) => source(name, one));
  return element(
    'article',
    { class: 'card' },
    element('h3', {}, name),
    element('ul', { class: timbre.grid ? 'sources grid' : 'sources' }, ...sounds),
    draw(timbre),
    element('p', {}, t('timbres.now', { mixture: mixtureOf(timbre) }), timbre.held ? ` ${t('timbres.held')}` : ''),
  );
};

/**
 * @param {HTMLElement} section
 * @param {HTMLElement} box
 * @param {Now} now
 */
export const showTimbres = (section, box, now) => {
  const timbres = Object.entries(now.timbres ?? {});
  section.hidden = !timbres.length;
  if (timbres.length) void askForPictures(timbres, () => showTimbres(section, box, now));
  const shown = JSON.stringify([language(), timbres, pictures]);
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  box.replaceChildren(...timbres.map(([name, timbre]) => card(name, timbre)));
};
