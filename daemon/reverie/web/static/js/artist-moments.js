/**
 * The moments that visitors have kept, for the artist: each has a page of its own.
 */

import { ask } from './api.js';
import { element } from './dom.js';
import { language, t } from './i18n.js';

/** @typedef {{id: string, time: number, scene: string, title: string}} MomentHeading */

/** Milliseconds between two looks: what has gone by does not change. */
const EVERY = 15_000;
const MOST = 20;
let asked = -EVERY;
let shown = '';

/**
 * Show the newest of them, at most each quarter of a minute.
 *
 * @param {HTMLElement} box
 */
export const showMoments = async (box) => {
  if (performance.now() - asked < EVERY) return;
  asked = performance.now();
  /** @type {MomentHeading[]} */
  let moments;
  try {
    ({ moments } = await ask('moments'));
  } catch {
    return; // the desk says that the connection is gone, or who may see it
  }
  const mark = JSON.stringify([language(), moments]);
  if (mark === shown && box.childElementCount) return;
  shown = mark;
  const when = (/** @type {number} */ time) =>
    new Date(time * 1000).toLocaleString(language(), { dateStyle: 'medium', timeStyle: 'short' });
  const links = moments.slice(0, MOST).map((one) =>
    element(
      'li',
      {},
      element('a', { href: `/moment/${encodeURIComponent(one.id)}` }, t('moment.when', { scene: one.title || one.scene, when: when(one.time) })),
    ),
  );
  box.replaceChildren(
    element('h3', {}, t('artist.moments')),
    links.length ? element('ul', { class: 'moments' }, ...links) : element('p', { class: 'lead' }, t('artist.moments-none')),
  );
};
