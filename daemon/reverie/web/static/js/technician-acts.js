/**
 * What a technician can do: a tone on each slot, panic, another scene, a pause, and new lives of workers.
 */

import { Refusal, change } from './api.js';
import { byId, element, setText } from './dom.js';
import { has, t } from './i18n.js';
import { spoken } from './sentences.js';

/** @typedef {import('./technician-contract.js').DeskState} DeskState */
/** @typedef {import('./technician-contract.js').SlotOfDesk} SlotOfDesk */

/** Where in a slot's card its state, its detail, the advice and the button are. */
const PLACES = ['span', '.detail', '.advice', 'button'];
/** Milliseconds within which a second press counts. */
const SURE = 4000;
/** The worker whose button was pressed once, and until when a second press counts. */
let pressed = { worker: '', until: 0 };

/**
 * Have something done, and say what came of it.
 *
 * @param {string} path
 * @param {Record<string, unknown>} [body]
 */
const act = async (path, body) => {
  let said;
  try {
    said = (await change('POST', `technician/${path}`, body)).said;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    said = error.text;
  }
  setText(byId('said'), spoken(said));
};

/**
 * The slots, each with its tone. Buttons stay the same elements, so that nobody loses the one that has the focus.
 *
 * @param {Element} cards
 * @param {SlotOfDesk[]} slots
 */
export const showSlots = (cards, slots) => {
  const known = new Map([...cards.children].map((card) => [card.getAttribute('data-slot'), card]));
  const shown = slots.map((slot) => known.get(slot.name) ?? slotCard(slot.name));
  for (const [n, slot] of slots.entries()) {
    const card = shown[n];
    if (!card) continue;
    const [badge, detail, advice, button] = PLACES.map((place) => card.querySelector(place));
    if (!badge || !detail || !advice || !button) continue;
    badge.className = `badge ${slot.up ? (slot.fault ? 'doubtful' : 'good') : 'bad'}`;
    setText(badge, t(slot.up ? 'technician.slot.here' : 'technician.slot.away'));
    setText(detail, slot.fault || slot.detail);
    setText(advice, slot.advice);
    setText(button, t('technician.tone'));
    button.setAttribute('aria-label', t('technician.tone.on', { slot: slot.name }));
  }
  if (shown.length !== cards.children.length || shown.some((card, n) => card !== cards.children[n]))
    cards.replaceChildren(...shown);
};

/** @param {string} name */
const slotCard = (name) => {
  const button = element('button', { type: 'button' });
  button.addEventListener('click', () => void act('tone', { slot: name }));
  return element(
    'div',
    { class: 'card', 'data-slot': name },
    element('h3', {}, name),
    element('span'),
    element('p', { class: 'detail' }),
    element('p', { class: 'advice' }),
    element('p', { class: 'level' }),
    button,
  );
};

/**
 * @param {Element} row
 * @param {DeskState} state
 */
export const showActs = (row, state) => {
  if (!row.children.length) {
    row.append(
      actButton('panic', 'danger', () => void act('panic')),
      actButton('next', '', () => void act('next')),
      actButton('self-test', '', () => void act('self-test')),
      actButton('pause', '', (button) => void act('pause', { on: button.dataset.on !== 'true' })),
      ...state.workers.map((worker) => actButton(`restart-${worker}`, 'danger', () => void restart(worker))),
    );
  }
  for (const button of row.querySelectorAll('button')) {
    const word = button.dataset.act ?? '';
    if (word === 'self-test') button.disabled = state.self_test.runs;
    if (word === 'pause') button.dataset.on = String(state.paused);
    setText(button, label(word, state));
  }
};

/**
 * @param {string} word
 * @param {DeskState} state
 */
const label = (word, state) => {
  if (word === 'pause') return t(state.paused ? 'technician.act.play_on' : 'technician.act.pause');
  if (word === 'panic') return t('technician.act.panic');
  if (word === 'next') return t('technician.act.next');
  if (word === 'self-test') return t(state.self_test.runs ? 'technician.act.testing' : 'technician.act.self-test');
  const name = word.replace('restart-', '');
  const worker = has(`technician.worker.${name}`) ? t(`technician.worker.${name}`) : name;
  return pressed.worker === name && pressed.until > Date.now()
    ? t('technician.act.restart.sure', { worker })
    : t('technician.act.restart', { worker });
};

/**
 * @param {string} word
 * @param {string} kind
 * @param {(button: HTMLButtonElement) => void} press
 */
const actButton = (word, kind, press) => {
  const button = element('button', { type: 'button', class: kind || null, 'data-act': word });
  button.addEventListener('click', () => press(button));
  return button;
};

/**
 * A worker's life ends at the second press: it cannot be undone, and costs a moment of the music.
 *
 * @param {string} worker
 */
const restart = async (worker) => {
  if (pressed.worker === worker && pressed.until > Date.now()) {
    pressed = { worker: '', until: 0 };
    await act('restart', { worker });
  } else {
    pressed = { worker, until: Date.now() + SURE };
  }
  document.dispatchEvent(new Event('rv-desk'));
};
