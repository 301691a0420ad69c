/**
 * The card that is printed and hung beside the installation: its address as a QR code, and who helps.
 */

import { Refusal, ask } from './api.js';
import { byId, drawing, element, setText } from './dom.js';
import { LANGUAGES, onLanguage, speak, startLanguage, t } from './i18n.js';

/** @typedef {import('./technician-contract.js').Contact} Contact */
/** @typedef {{address: string, rows: string[], contact: Contact | null}} Card */

const address = /** @type {HTMLInputElement} */ (byId('address'));
/** @type {Card | null} */
let card = null;
/** @type {Refusal | null} */
let refusal = null;

const show = () => {
  byId('refusal').hidden = refusal === null;
  setText(byId('refusal'), refusal ? (refusal.status === 401 ? t('technician.login') : refusal.text) : '');
  byId('card').hidden = card === null;
  if (!card) return;
  byId('code').replaceChildren(code(card));
  setText(byId('shown-address'), card.address);
  const { contact } = card;
  byId('help').replaceChildren(
    ...(contact
      ? [
          element('p', {}, t('technician.card.call')),
          element('p', { class: 'number' }, contact.telephone ?? ''),
          element('p', {}, contact.name),
        ]
      : [element('p', { class: 'no-print' }, t('technician.card.nobody'))]),
  );
};

/**
 * The QR code as one path, a square for each dark module.
 *
 * @param {Card} shown
 */
const code = ({ address: text, rows }) => {
  const squares = rows.flatMap((row, y) => [...row].map((module, x) => (module === '1' ? `M${x} ${y}h1v1h-1z` : '')));
  return drawing(
    'svg',
    {
      viewBox: `0 0 ${rows.length} ${rows.length}`,
      role: 'img',
      'aria-label': t('technician.card.qr', { address: text }),
      'shape-rendering': 'crispEdges',
    },
    drawing('rect', { width: rows.length, height: rows.length, fill: '#fff' }),
    drawing('path', { d: squares.join(''), fill: '#000' }),
  );
};

/** @param {string} wanted An address, or nothing: the one that the daemon thinks of. */
const draw = async (wanted) => {
  refusal = null;
  try {
    card = await ask(`technician/card${wanted ? `?address=${encodeURIComponent(wanted)}` : ''}`);
    if (card) address.value = card.address;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refusal = error;
  }
  show();
};

byId('form').addEventListener('submit', (event) => {
  event.preventDefault();
  void draw(address.value);
});
byId('print').addEventListener('click', () => print());
await startLanguage();
onLanguage(show);
await draw('');
const spoken = LANGUAGES.find((one) => one === /** @type {Card | null} */ (card)?.contact?.language);
if (spoken) await speak(spoken);
