/**
 * The form by hand: go to a section, with the next bar line or the next phrase, or stay in one.
 */

import { ask } from './artist-api.js';
import { actionButton } from './artist-fields.js';
import { element, setText } from './dom.js';
import { t } from './i18n.js';

/** @typedef {import('./artist-contract.js').ArtistState} ArtistState */

/**
 * @param {ArtistState} first
 * @param {(ok: boolean, said: string) => void} say
 * @param {() => Promise<void>} look
 */
export const formDesk = (first, say, look) => {
  const send = async (/** @type {Record<string, unknown>} */ wanted) => {
    const { status, body } = await ask('/api/v1/artist/section', { method: 'POST', body: wanted });
    say(status === 200, String(body.said ?? t('connection.lost')));
    await look();
  };
  let stays = false;
  const where = element('p', { class: 'lead' });
  const stay = actionButton('artist.form.stay', () => void send({ stay: !stays }), { class: 'button' });
  const rows = first.form.sections.map((section) => {
    const now = actionButton('artist.form.now', () => void send({ section }), { class: 'button', params: { section } });
    const phrase = actionButton('artist.form.phrase', () => void send({ section, phrase: true }), { class: 'button', params: { section } });
    return { section, now, phrase, node: element('li', { class: 'row' }, now.node, phrase.node) };
  });
  const node = element('div', { class: 'stack' }, where, element('div', { class: 'row' }, stay.node), element('ul', { class: 'set stack' }, ...rows.map((row) => row.node)));
  return {
    node,
    /** @param {ArtistState} state */
    show(state) {
      const { now, lacks, due } = state.form;
      stays = state.form.stays;
      stay.set({ on: stays, cannot: lacks });
      setText(
        where,
        lacks ||
          (now
            ? t('artist.form.where', { section: now.section, bar: now.bar, bars: now.bars, next: due ?? now.next ?? '' })
            : ''),
      );
      for (const row of rows) row.now.set({ on: now?.section === row.section ? true : null });
    },
  };
};
