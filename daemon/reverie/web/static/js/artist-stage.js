/**
 * What is for the whole: tempo, swing and volume, the next scene, a pause, panic, and taking back.
 */

import { actionButton, choice, slider } from './artist-fields.js';
import { element, setText } from './dom.js';
import { t } from './i18n.js';

/** @typedef {import('./artist-contract.js').ArtistState} ArtistState */
/** @typedef {import('./artist-contract.js').Do} Do */

const OVER = [0, 1, 2, 4, 8, 16, 32];

/**
 * @param {ArtistState} first
 * @param {Do} act
 */
export const stageDesk = (first, act) => {
  let bars = 0;
  const over = choice(
    t('artist.over'),
    OVER.map((one) => ({ value: String(one), text: one ? t('artist.bars', { count: one }) : t('artist.over.no') })),
    (value) => (bars = Number(value)),
  );
  const moved = () => (bars ? { over: bars } : {});
  const [slowest, fastest] = first.limits.tempo ?? [60, 140];
  const [softest, loudest] = first.limits.volume ?? [0.2, 1];
  const tempo = slider(
    t('artist.level.tempo'),
    { min: slowest, max: fastest, step: 0.5, digits: 1, id: 'tempo' },
    (value) => void act({ action: 'tempo', value, ...moved() }),
  );
  const [even, uneven] = first.limits.swing ?? [0.5, 0.75];
  const swing = slider(
    t('artist.level.swing'),
    { min: even, max: uneven, step: 0.01, id: 'swing' },
    (value) => void act({ action: 'swing', value, ...moved() }),
  );
  const volume = slider(
    t('artist.level.volume'),
    { min: softest, max: loudest, step: 0.01, id: 'volume' },
    (value) => void act({ action: 'volume', value, ...moved() }),
  );
  const pause = actionButton('artist.do.pause', () => void act({ action: 'pause' }), { class: 'button' });
  const next = actionButton('artist.do.next', () => void act({ action: 'next' }), { class: 'button' });
  const keep = actionButton('artist.do.keep_all', () => void act({ action: 'keep' }), { class: 'button' });
  const undo = actionButton('artist.do.undo', () => void act({ action: 'undo' }), { class: 'button' });
  const panic = actionButton('artist.do.panic', () => void act({ action: 'panic' }), { class: 'danger' });
  const scenes = choice(t('artist.scene'), [], (value) => void act({ action: 'scene', value }));
  const undone = element('p', { class: 'lead' });
  const list = element('ul', { class: 'set' });
  const node = element(
    'div',
    { class: 'card stack' },
    element('div', { class: 'row' }, scenes.node, next.node, pause.node, keep.node, undo.node, panic.node),
    undone,
    element('div', { class: 'levels' }, tempo.node, swing.node, volume.node, over.node),
    list,
  );
  return {
    node,
    over: () => bars,
    /** @param {ArtistState} now */
    show(now) {
      tempo.set(now.levels.tempo);
      swing.set(now.levels.swing);
      volume.set(now.levels.volume);
      pause.set({ on: now.paused });
      undo.set({ cannot: now.undo.length ? '' : t('artist.undo.nothing') });
      setText(undone, now.undo[0] ? t('artist.undo.what', { what: now.undo[0] }) : '');
      if (scenes.input.dataset.names !== now.scenes.join()) {
        scenes.input.replaceChildren(...now.scenes.map((name) => element('option', { value: name }, name)));
        scenes.input.dataset.names = now.scenes.join();
      }
      if (document.activeElement !== scenes.input) scenes.input.value = now.scene ?? '';
      const moving = now.ramps.map((ramp) =>
        t('artist.ramp', { what: [ramp.voice, t(`artist.level.${ramp.level}`)].filter(Boolean).join(' '), count: ramp.bars }),
      );
      const shown = [...now.now, ...moving].join('\n');
      if (list.dataset.shown !== shown) {
        list.dataset.shown = shown;
        list.replaceChildren(...[...now.now, ...moving].map((text) => element('li', {}, text)));
      }
    },
  };
};
