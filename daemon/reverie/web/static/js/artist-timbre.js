/**
 * A timbre by hand: along its line, or across and down its grid; and let go again.
 */

import { actionButton, slider } from './artist-fields.js';
import { element } from './dom.js';
import { t } from './i18n.js';

/** @typedef {import('./artist-contract.js').ArtistVoice} ArtistVoice */
/** @typedef {import('./artist-contract.js').ArtistState} ArtistState */
/** @typedef {import('./artist-contract.js').Do} Do */

/**
 * Only for a voice that has a timbre.
 *
 * @param {ArtistVoice} voice
 * @param {ArtistState['limits']} limits
 * @param {Do} act
 */
export const timbreDesk = (voice, limits, act) => {
  const axes = voice.timbre?.point.length ?? 0;
  const [min, max] = limits.timbre ?? [0, 1];
  const release = actionButton('artist.do.release', () => void act({ action: 'release', voice: voice.name }));
  const range = { min, max, step: 0.01 };
  const put = (/** @type {string} */ action) => (/** @type {number} */ value) =>
    void act({ action, voice: voice.name, value });
  const sliders =
    axes === 2
      ? [
          slider(t('artist.timbre.x'), { ...range, id: `timbre-x-${voice.name}` }, put('timbre_x')),
          slider(t('artist.timbre.y'), { ...range, id: `timbre-y-${voice.name}` }, put('timbre_y')),
        ]
      : axes === 1
        ? [slider(t('artist.timbre'), { ...range, id: `timbre-${voice.name}` }, put('timbre'))]
        : [];
  const dot = element('span', { class: 'dot' });
  const pad = element('div', { class: 'timbre-pad', 'aria-hidden': 'true' }, dot);
  const place = (/** @type {PointerEvent} */ event) => {
    const box = pad.getBoundingClientRect();
    const share = (/** @type {number} */ at, /** @type {number} */ size) =>
      min + (max - min) * Math.min(Math.max(at / size, 0), 1);
    void act({
      action: 'timbre',
      voice: voice.name,
      value: [share(event.clientX - box.left, box.width), share(event.clientY - box.top, box.height)],
    });
  };
  pad.addEventListener('pointerup', place);
  const node = element(
    'div',
    { class: 'timbre', role: 'group', 'aria-label': t('artist.timbre.of', { timbre: voice.timbre?.name ?? '' }) },
    element('p', { class: 'lead' }, t('artist.timbre.of', { timbre: voice.timbre?.name ?? '' }), ' ', release.node),
    axes === 2 ? pad : null,
    element('div', { class: 'levels' }, ...sliders.map((one) => one.node)),
    axes ? null : element('p', { class: 'lead' }, t('artist.timbre.chance')),
  );
  return {
    node,
    /** @param {ArtistVoice} now */
    show(now) {
      release.set({ cannot: now.timbre?.held ? '' : t('artist.timbre.free') });
      sliders.forEach((one, axis) => one.set(now.timbre?.point[axis]));
      const [x = 0, y = 0] = now.timbre?.point ?? [];
      dot.style.left = `${x * 100}%`;
      dot.style.top = `${y * 100}%`;
    },
  };
};
