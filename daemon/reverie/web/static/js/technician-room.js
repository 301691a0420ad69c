/**
 * The room on the technician's page: this box, and each other one with what it plays and what is to be done.
 */

import { byId, element, setText } from './dom.js';
import { language, number, t } from './i18n.js';
import { ago } from './when.js';

/** @typedef {import('./technician-contract.js').RoomOfDesk} RoomOfDesk */
/** @typedef {import('./technician-contract.js').BoxOfRoom} BoxOfRoom */

const LEVELS = /** @type {const} */ ({ leads: 'good', follows: 'good', alone: 'bad', begins: 'doubtful' });
/** What stands in braces in the configuration, which texts cannot have. */
const WRITTEN = { lead: '{lead: true}', follow: '{follow: …}' };

/** @param {RoomOfDesk | null} room Null: the section is not there. */
export const showRoom = (room) => {
  byId('room-section').hidden = !room;
  if (!room) return;
  const box = byId('room');
  const shown = JSON.stringify([language(), room]);
  if (box.dataset.shown === shown) return;
  box.dataset.shown = shown;
  const { name, role, address, voices, advice, boxes } = room;
  const where = role === 'begins' ? null : t(`technician.room.address.${role}`, { address });
  box.replaceChildren(
    element(
      'div',
      { class: 'card', 'data-box': name, 'data-advice': advice },
      element('h3', {}, t('technician.room.this', { name })),
      element('span', { class: `badge ${LEVELS[role]}` }, t(`technician.room.${role}`)),
      where ? element('p', {}, where) : null,
      element(
        'p',
        {},
        voices.length ? t('technician.room.voices', { voices: voices.join(', ') }) : t('technician.room.voices.all'),
      ),
      advised(advice),
    ),
    ...boxes.map(card),
  );
};

/** @param {BoxOfRoom} box */
const card = (box) => {
  const { name, address, port, leads, here, together, seconds, scene, bar, advice } = box;
  const [level, word] = !here ? ['bad', 'away'] : together ? ['good', 'together'] : ['doubtful', 'here'];
  return element(
    'div',
    { class: 'card', 'data-box': name, 'data-advice': advice },
    element('h3', {}, name),
    element('span', { class: `badge ${level}` }, t(`technician.room.${word}`)),
    element('p', { class: 'card-kind' }, [t(`technician.room.${leads ? 'leads' : 'follows'}`), address].join(', ')),
    element('p', {}, seconds === null ? t('technician.room.seen.never') : t('technician.room.seen', { ago: ago(seconds) })),
    element('p', {}, scene && bar !== null ? t('technician.room.plays', { scene, bar }) : t('technician.room.plays.nothing')),
    clock(box),
    advised(advice, port),
  );
};

/** @param {BoxOfRoom} box */
const clock = ({ error_ms: error, round_trip_ms: trip }) =>
  error === null || trip === null
    ? null
    : element('p', {}, t('technician.room.clock', { error: number(error), trip: number(trip) }));

/**
 * @param {string | null} advice
 * @param {number | null} [port]
 */
const advised = (advice, port = null) => {
  const node = element('p', { class: 'advice', hidden: !advice });
  setText(node, advice ? t(`technician.room.advice.${advice}`, { ...WRITTEN, port: String(port ?? '') }) : '');
  return node;
};
