/**
 * What was kept of this scene: what all voices played together, and loops of each.
 */

import { element } from './dom.js';
import { language, t } from './i18n.js';

/** @typedef {import('./artist-contract.js').ArtistState} ArtistState */
/** @typedef {import('./artist-contract.js').KeptRow} KeptRow */
/** @typedef {import('./artist-contract.js').Do} Do */

/** @param {string} time */
const told = (time) =>
  new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(time));

/**
 * @param {HTMLElement} box
 * @param {ArtistState} now
 * @param {Do} act
 */
export const showKept = (box, now, act) => {
  const shown = JSON.stringify([language(), now.kept]);
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  const row = (/** @type {string | null} */ voice, /** @type {KeptRow} */ kept, /** @type {boolean} */ first) => {
    const again = element('button', { type: 'button', class: 'small' }, t('artist.do.return'));
    again.addEventListener('click', () => void act({ action: 'return', ...(voice ? { voice } : {}) }));
    return element(
      'tr',
      {},
      element('td', {}, voice ?? t('artist.together')),
      element('td', {}, element('time', { datetime: kept.time }, told(kept.time))),
      element('td', {}, element('code', {}, Object.values(kept.recipes).join(' '))),
      element('td', {}, first ? again : null),
    );
  };
  const rows = [
    ...now.kept.together.map((kept, place) => row(null, kept, place === 0)),
    ...Object.entries(now.kept.voices).flatMap(([voice, all]) => all.map((kept, place) => row(voice, kept, place === 0))),
  ];
  if (!rows.length) {
    box.replaceChildren(element('p', { class: 'lead' }, t('artist.kept.nothing')));
    return;
  }
  const head = ['artist.kept.voice', 'artist.kept.when', 'artist.kept.recipe', 'artist.kept.replay'];
  box.replaceChildren(
    element(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': t('artist.kept') },
      element('table', {}, element('thead', {}, element('tr', {}, ...head.map((key) => element('th', { scope: 'col' }, t(key))))), element('tbody', {}, ...rows)),
    ),
  );
};
