/**
 * The strip of one voice: what the talk's live page had for each (loop, generate, once, every N bars, reset), what
 * Magenta Studio does with a loop, and its levels.
 */

import { actionButton, choice, slider } from './artist-fields.js';
import { timbreDesk } from './artist-timbre.js';
import { element } from './dom.js';
import { t } from './i18n.js';
import { spoken } from './sentences.js';
import { kindName } from './voice-cards.js';
import { colourNumber } from './voice-colours.js';

/** @typedef {import('./artist-contract.js').ArtistVoice} ArtistVoice */
/** @typedef {import('./artist-contract.js').ArtistState} ArtistState */
/** @typedef {import('./artist-contract.js').VoiceLevel} VoiceLevel */
/** @typedef {import('./artist-contract.js').Do} Do */

const EVERY = [0, 1, 2, 4, 8, 16, 32];
/** What goes on with the loop that plays, and by which action. */
const TALK = /** @type {const} */ (['another', 'once', 'reset']);
const STUDIO = /** @type {const} */ (['continue', 'mutate', 'interpolate', 'groove', 'drumify']);
/** @type {Record<'temperature' | 'density' | 'register' | 'level', {step: number, digits: number, unit?: string}>} */
const LEVELS = {
  level: { step: 0.5, digits: 1, unit: ' dB' },
  temperature: { step: 0.01, digits: 2 },
  density: { step: 0.05, digits: 2, unit: ' ×' },
  register: { step: 0.05, digits: 2 },
};

/**
 * @param {ArtistVoice} voice
 * @param {ArtistState['limits']} limits
 * @param {Do} act
 * @param {() => number} over Bars over which levels are moved.
 */
export const voiceStrip = (voice, limits, act, over) => {
  const name = voice.name;
  const button = (/** @type {string} */ action, /** @type {unknown} */ value = undefined) =>
    actionButton(`artist.do.${action}`, () => void act({ action, voice: name, ...(value === undefined ? {} : { value }) }));
  const loop = actionButton('artist.do.loop', () => void act({ action: 'loop', voice: name }));
  const every = choice(
    t('artist.do.every'),
    EVERY.map((bars) => ({ value: String(bars), text: bars ? t('artist.every', { count: bars }) : t('artist.every_no') })),
    (value) => void act({ action: 'every', voice: name, value: Number(value) }),
  );
  const mute = button('mute');
  const solo = button('solo');
  const talk = TALK.map((action) => ({ action, ...button(action) }));
  const studio = STUDIO.map((action) => ({ action, ...button(action) }));
  const keep = button('keep');
  const back = button('return');
  const levels = Object.entries(LEVELS).map(([key, range]) => {
    const level = /** @type {keyof typeof LEVELS} */ (key);
    const [min, max] = limits[level] ?? [0, 1];
    const made = slider(t(`artist.level.${level}`), { ...range, min, max, id: `${level}-${name}` }, (value) => {
      const bars = level === 'register' ? 0 : over();
      void act({ action: level, voice: name, value, ...(bars ? { over: bars } : {}) });
    });
    return { level, ...made };
  });
  const timbre = voice.timbre ? timbreDesk(voice, limits, act) : null;
  const node = element(
    'article',
    { class: 'card strip', 'data-voice-colour': colourNumber(name), 'data-voice': name, 'aria-label': name },
    element('h3', {}, name, element('small', {}, ` ${kindName(voice.kind)}`)),
    element('div', { class: 'row', role: 'group', 'aria-label': t('artist.group.sound') }, mute.node, solo.node, keep.node, back.node),
    element(
      'div',
      { class: 'row', role: 'group', 'aria-label': t('artist.group.loop') },
      loop.node,
      ...talk.map((one) => one.node),
      every.node,
    ),
    element('div', { class: 'row', role: 'group', 'aria-label': t('artist.group.studio') }, ...studio.map((one) => one.node)),
    element('div', { class: 'levels' }, ...levels.map((one) => one.node)),
    timbre?.node,
  );
  return {
    node,
    /** @param {ArtistVoice} now */
    show(now) {
      mute.set({ on: now.muted });
      solo.set({ on: now.solo });
      loop.set({ on: now.looping });
      keep.set({ cannot: now.source === 'written' ? t('artist.written', { voice: name }) : '' });
      back.set({ cannot: now.source === 'written' ? t('artist.written', { voice: name }) : '' });
      for (const one of [...talk, ...studio]) one.set({ cannot: now.cannot[one.action] ?? '' });
      timbre?.show(now);
      for (const one of levels) one.set(now.levels[one.level], now.cannot[one.level] ?? '');
      every.input.disabled = Boolean(now.cannot.every);
      every.node.title = spoken(now.cannot.every ?? '');
      if (document.activeElement !== every.input) every.input.value = String(now.levels.every ?? 0);
    },
  };
};
