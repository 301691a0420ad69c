/**
 * Moments that were kept as they sounded, to be heard, seen, and taken along.
 */

import { ask } from './artist-api.js';
import { actionButton } from './artist-fields.js';
import { element } from './dom.js';
import { language, t } from './i18n.js';
import { rendered, wavOf } from './moment-sound.js';

/** @typedef {{id: string, time: number, scene: string, title: string, bars: number}} Moment */

/** Milliseconds between two looks. */
const AGAIN = 20_000;
let asked = -AGAIN;

/**
 * Make a sound file of a moment here, and hand it to the person as any download.
 *
 * @param {string} id
 */
const download = async (id) => {
  const { status, body } = await ask(`/api/v1/moments/${encodeURIComponent(id)}`);
  if (status !== 200) return;
  const address = URL.createObjectURL(wavOf(await rendered(body)));
  element('a', { href: address, download: `${id}.wav` }).click();
  setTimeout(() => URL.revokeObjectURL(address), AGAIN);
};

/** @param {HTMLElement} box */
export const showMoments = async (box) => {
  if (performance.now() - asked < AGAIN && box.dataset.lang === language()) return;
  asked = performance.now();
  const { status, body } = await ask('/api/v1/moments');
  if (status !== 200) return;
  const moments = /** @type {Moment[]} */ (body.moments);
  const shown = JSON.stringify([language(), moments]);
  box.dataset.lang = language();
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  const told = new Intl.DateTimeFormat(language(), { dateStyle: 'medium', timeStyle: 'short' });
  box.replaceChildren(
    ...(moments.length ? [] : [element('p', { class: 'lead' }, t('artist.moments.nothing'))]),
    ...moments.map((moment) => {
      const at = `/api/v1/moments/${encodeURIComponent(moment.id)}`;
      return element(
        'article',
        { class: 'card' },
        element('h3', {}, told.format(new Date(moment.time * 1000))),
        element('p', { class: 'lead' }, t('artist.moments.of', { title: moment.title, count: moment.bars })),
        element(
          'div',
          { class: 'row' },
          element('a', { class: 'button', href: `/moment/${encodeURIComponent(moment.id)}` }, t('artist.moments.see')),
          element('a', { class: 'button', href: `${at}/midi`, download: `${moment.id}.mid` }, t('artist.moments.midi')),
          actionButton('artist.moments.wav', () => void download(moment.id), { class: 'button' }).node,
          element('a', { class: 'button', href: at, download: `${moment.id}.json` }, t('artist.moments.recipes')),
        ),
      );
    }),
  );
};
