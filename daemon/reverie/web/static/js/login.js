/**
 * The page on which artists and technicians log in.
 */

import { Refusal, ask, change } from './api.js';
import { byId, setText } from './dom.js';
import { onLanguage, startLanguage, t } from './i18n.js';
import { startSettings } from './settings.js';

/** @typedef {{role: 'visitor' | 'artist' | 'technician', here: boolean, logged_in: boolean, tokens: string[]}} Session */

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
  const { role, here, logged_in: loggedIn, tokens } = session;
  const nothingToType = here && !loggedIn && role === 'technician';
  setText(byId('role'), t('role.is', { role: t(`role.${role}`) }));
  form.hidden = nothingToType || tokens.length === 0;
  byId('leave-row').hidden = !loggedIn;
  byId('to-artist').hidden = role === 'visitor';
  byId('to-technician').hidden = role !== 'technician';
  setText(byId('hint'), nothingToType ? t('login.at_machine') : tokens.length ? t('login.forgotten') : t('login.none'));
};

/**
 * The page of ours to which whoever has logged in is to go on, such as `/login?next=/artist`; of others' none.
 *
 * It is a whole address: the path alone, read once more, may name another host.
 */
const goal = () => {
  const next = new URLSearchParams(location.search).get('next') ?? '';
  if (!next.startsWith('/')) return null;
  try {
    const { origin, href } = new URL(next, location.origin);
    return origin === location.origin ? href : null;
  } catch {
    return null;
  }
};

/**
 * @param {() => Promise<unknown>} act
 * @returns {Promise<boolean>} Whether it was done.
 */
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
  return refusal === null;
};

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const typed = token.value;
  token.value = '';
  const next = goal();
  if ((await trying(() => change('POST', 'session', { token: typed }))) && next !== null) location.assign(next);
});
byId('leave').addEventListener('click', () => void trying(() => change('DELETE', 'session')));

startSettings();
await startLanguage();
onLanguage(show);
await trying(async () => {});
