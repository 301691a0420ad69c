/**
 * Moods: a pad for each, and how much of it.
 */

import { actionButton, slider } from './artist-fields.js';
import { element } from './dom.js';
import { t } from './i18n.js';

/** @typedef {import('./artist-contract.js').ArtistState} ArtistState */
/** @typedef {import('./artist-contract.js').Do} Do */

/**
 * @param {string} mood
 * @param {Do} act
 */
export const moodPad = (mood, act) => {
  const dream = actionButton('artist.dream', () => void act({ action: 'dream', value: mood }), { class: 'button', params: { mood } });
  const wake = actionButton('artist.wake', () => void act({ action: 'wake', value: mood }), { class: 'button', params: { mood } });
  const weight = slider(
    t('artist.weight', { mood }),
    { min: 0, max: 1, step: 0.05, id: `mood-${mood}` },
    (value) => void act(value ? { action: 'dream', value: mood, weight: value } : { action: 'wake', value: mood }),
  );
  return {
    node: element('article', { class: 'card mood-pad', 'data-mood': mood }, element('h3', {}, mood), element('div', { class: 'row' }, dream.node, wake.node), weight.node),
    /** @param {ArtistState} now */
    show(now) {
      const there = now.weights[mood] ?? 0;
      dream.set({ on: there > 0 });
      wake.set({ cannot: there > 0 ? '' : t('artist.wake.nobody', { mood }) });
      weight.set(there);
    },
  };
};
