/**
 * The page on which artists and technicians log in.
 */

import { Refusal, ask, change } from './api.js';
import { byId, setText } from './dom.js';
import { onLanguage, startLanguage, t } from './i18n.js';
import { startSettings } from './settings.js';

/** @typedef {{role: 'visitor' | 'artist' | 'technician', here: boolean, tokens: string[]}} Session */

const form = /** @type {HTMLFormElement} */ (byId('login'));
const token = /** @type {HTMLInputElement} */ (byId('token'));
/** @type {Session | null} */
let session = null;
/** @type {Refusal | null} */
let refusal = null;

const show = () => {
  byId('refusal').hidden = refusal === null;
  setText(byId('refusal'), refusal?.text ?? '');
  if (session === null) return;
  const { role, here, tokens } = session;
  setText(byId('role'), t('role.is', { role: t(`role.${role}`) }));
  form.hidden = here || tokens.length === 0;
  byId('leave-row').hidden = here || role === 'visitor';
  byId('to-artist').hidden = role === 'visitor';
  byId('to-technician').hidden = role !== 'technician';
  setText(byId('hint'), here ? t('login.at_machine') : tokens.length ? t('login.forgotten') : t('login.none'));
};

/** @param {() => Promise<unknown>} act */
const trying = async (act) => {
  refusal = null;
  try {
    await act();
    session = await ask('session');
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refusal = error;
  }
  show();
};

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const typed = token.value;
  token.value = '';
  void trying(() => change('POST', 'session', { token: typed }));
});
byId('leave').addEventListener('click', () => void trying(() => change('DELETE', 'session')));

startSettings();
await startLanguage();
onLanguage(show);
await trying(async () => {});
