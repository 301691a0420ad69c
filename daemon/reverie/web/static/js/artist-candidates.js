/**
 * Loops to choose from: composed beside the music, seen and heard, and placed only when one is taken.
 */

import { ask } from './artist-api.js';
import { audition, endAudition } from './artist-audition.js';
import { actionButton, choice } from './artist-fields.js';
import { drawing, element } from './dom.js';
import { number, t } from './i18n.js';
import { colourNumber } from './voice-colours.js';

/** @typedef {import('./artist-contract.js').ArtistState} ArtistState */
/** @typedef {import('./artist-audition.js').LoopNote} LoopNote */
/**
 * @typedef {{id: string, score: Record<string, number>, temperature: number | null, operator: string | null,
 *   bars: number, ticks: number, notes: LoopNote[]}} Candidate
 * @typedef {{voice: string, wanted: number, open: boolean, found: Candidate[]}} Audition
 */

const COUNTS = [1, 2, 4, 6, 8];
/** Milliseconds between two looks while loops are being composed. */
const AGAIN = 400;
const AT = '/api/v1/artist/candidates';

/**
 * A small roll of a loop.
 *
 * @param {Candidate} loop
 * @param {string} label
 */
const smallRoll = (loop, label) => {
  const pitches = loop.notes.map((note) => note[1]);
  const low = Math.min(...pitches, 127) - 1;
  const high = Math.max(...pitches, 0) + 1;
  const rows = Math.max(high - low, 8);
  return drawing(
    'svg',
    { viewBox: `0 0 ${loop.ticks} ${rows}`, preserveAspectRatio: 'none', role: 'img', 'aria-label': label, class: 'small-roll' },
    ...loop.notes.map(([tick, pitch, velocity, length]) =>
      drawing('rect', {
        x: tick,
        y: high - pitch,
        width: Math.max(length * 0.92, loop.ticks / 200),
        height: 0.8,
        opacity: (0.4 + (0.6 * velocity) / 127).toFixed(2),
      }),
    ),
  );
};

/**
 * @param {ArtistState} first
 * @param {(ok: boolean, said: string) => void} say
 * @param {() => Promise<void>} look
 */
export const candidateDesk = (first, say, look) => {
  const able = first.voices.filter((voice) => voice.source === 'model').map((voice) => voice.name);
  let count = 4;
  let voice = able[0] ?? '';
  const voices = choice(
    t('artist.voice'),
    able.map((name) => ({ value: name, text: name })),
    (value) => {
      voice = value;
      void show();
    },
  );
  const counts = choice(
    t('artist.choose.count'),
    COUNTS.map((one) => ({ value: String(one), text: String(one) })),
    (value) => (count = Number(value)),
  );
  counts.input.value = String(count);
  const want = actionButton('artist.choose.want', () => void compose(), { class: 'primary' });
  const quiet = actionButton('artist.choose.silence', endAudition, { class: 'quiet' });
  const list = element('div', { class: 'cards', 'aria-live': 'polite' });
  const waiting = element('p', { class: 'lead', role: 'status' });
  let shown = '';

  /** @param {Audition | undefined} found */
  const paint = (found) => {
    waiting.textContent = found?.open ? t('artist.choose.waits', { found: found.found.length, wanted: found.wanted }) : '';
    const mark = JSON.stringify([document.documentElement.lang, found?.voice, found?.found.map((one) => one.id)]);
    if (mark === shown) return;
    shown = mark;
    list.replaceChildren(
      ...(found?.found ?? []).map((loop, place) => {
        const name = t('artist.choose.name', { number: place + 1 });
        const hear = actionButton('artist.choose.hear', () => void audition(voice, loop.notes), { class: 'button' });
        const take = actionButton('artist.choose.take', () => void taken(loop.id), { class: 'primary' });
        const scores = Object.entries(loop.score).map(([key, value]) => `${key} ${number(value)}`);
        return element(
          'article',
          { class: 'card candidate', 'data-voice-colour': colourNumber(voice), 'aria-label': name },
          element('h3', {}, name),
          smallRoll(loop, t('artist.choose.roll', { count: loop.notes.length, bars: loop.bars })),
          element('p', { class: 'lead' }, [loop.operator, ...scores].filter(Boolean).join(' · ')),
          element('div', { class: 'row' }, hear.node, take.node),
        );
      }),
    );
  };

  const show = async () => {
    const { status, body } = await ask(AT);
    if (status !== 200) return;
    const found = /** @type {Audition[]} */ (body.candidates).find((one) => one.voice === voice);
    paint(found);
    if (found?.open) setTimeout(() => void show(), AGAIN);
  };

  const compose = async () => {
    const { status, body } = await ask(AT, { method: 'POST', body: { voice, count } });
    if (status !== 200) say(false, String(body.said ?? t('connection.lost')));
    await show();
  };

  /** @param {string} id */
  const taken = async (id) => {
    const { status, body } = await ask('/api/v1/artist/take', { method: 'POST', body: { voice, id } });
    say(status === 200, String(body.said ?? t('connection.lost')));
    await look();
  };

  const node = element(
    'div',
    { class: 'stack' },
    element('div', { class: 'row' }, voices.node, counts.node, want.node, quiet.node),
    waiting,
    list,
  );
  return {
    node,
    able: able.length > 0,
    show: () => {},
  };
};
