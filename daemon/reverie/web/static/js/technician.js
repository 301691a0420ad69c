/**
 * The technician's page. It asks the daemon now and then, and more seldom while nobody looks at it.
 */

import { Refusal, ask } from './api.js';
import { byId, element, setText } from './dom.js';
import { onLanguage, startLanguage, t } from './i18n.js';
import { startSentences } from './sentences.js';
import { startSettings } from './settings.js';
import { showActs, showSlots } from './technician-acts.js';
import { showCharts } from './technician-charts.js';
import { showDayOfDesk } from './technician-day.js';
import { showRoom } from './technician-room.js';
import { showSound } from './technician-sound.js';
import { showFaults, showStages } from './technician-stages.js';

/** @typedef {import('./technician-contract.js').DeskState} DeskState */
/** @typedef {import('./technician-contract.js').Curves} Curves */
/** @typedef {import('./technician-contract.js').LogLine} LogLine */

const STATE_EVERY = 3000;
const CURVES_EVERY = 60_000;
const LINES = 100;

/** @type {DeskState | null} */
let state = null;
/** @type {Curves | null} */
let curves = null;
/** @type {LogLine[]} */
let lines = [];
/** @type {Refusal | null} */
let refusal = null;

const show = () => {
  byId('refusal').hidden = refusal === null;
  if (refusal) {
    const login = refusal.status === 401 || refusal.status === 403;
    byId('refusal').replaceChildren(
      login ? t('technician.login') : refusal.text,
      ' ',
      ...(login ? [element('a', { href: '/login?next=/technician' }, t('login.title'))] : []),
    );
    byId('desk').hidden ||= login;
  }
  if (!state) return;
  byId('summary').className = `notice ${state.summary.level}`;
  setText(byId('summary'), state.summary.sentence);
  const { version, starts, crashes, uptime_seconds: seconds, contact } = state;
  setText(byId('version'), t('technician.version', { version, starts, crashes, hours: Math.floor(seconds / 3600) }));
  showContact(contact);
  showStages(byId('stages'), state.stages);
  showSlots(byId('slots'), state.slots);
  showSound(state);
  showActs(byId('acts'), state);
  showDayOfDesk(byId('day'), state.day);
  showRoom(state.room);
  showFaults(byId('faults'), state.faults, state.cleared);
  if (curves) showCharts(byId('charts'), curves);
  showLog();
};

/** @param {import('./technician-contract.js').Contact | null} contact */
const showContact = (contact) => {
  byId('contact').replaceChildren(
    ...(contact ? [t('technician.contact', { name: contact.name })] : []),
    ...(contact?.telephone
      ? [' ', element('a', { href: `tel:${contact.telephone.replace(/[^+\d]/g, '')}` }, contact.telephone)]
      : []),
  );
};

const showLog = () => {
  const log = byId('log');
  const shown = lines.slice(-LINES).reverse();
  const mark = `${shown[0]?.at} ${document.documentElement.lang}`;
  if (log.dataset.mark === mark) return;
  log.dataset.mark = mark;
  log.replaceChildren(
    ...shown.map((line) =>
      element(
        'li',
        { 'data-level': line.level },
        element('time', {}, new Date(line.at * 1000).toLocaleTimeString(document.documentElement.lang)),
        line.text,
      ),
    ),
    ...(shown.length ? [] : [element('li', {}, t('technician.log.none'))]),
  );
};

/** @param {() => Promise<void>} look */
const trying = async (look) => {
  try {
    await look();
    refusal = null;
    byId('desk').hidden = false;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refusal = error;
  }
  show();
};

const lookAtState = () =>
  trying(async () => {
    state = await ask('technician/state');
    lines = (await ask('technician/log')).lines;
  });

const lookAtCurves = () =>
  trying(async () => {
    curves = await ask(`technician/vitals?span=${span.value}`);
  });

/**
 * Look again and again, but not while the page is hidden.
 *
 * @param {() => Promise<void>} look
 * @param {number} every Milliseconds.
 */
const keepLooking = (look, every) => {
  setInterval(() => {
    if (!document.hidden) void look();
  }, every);
};

const span = /** @type {HTMLSelectElement} */ (byId('span'));
span.addEventListener('change', () => void lookAtCurves());
document.addEventListener('rv-desk', show);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void lookAtState();
});
startSettings();
await startLanguage();
onLanguage(show);
startSentences(show);
await lookAtState();
if (!refusal) await lookAtCurves();
keepLooking(lookAtState, STATE_EVERY);
keepLooking(lookAtCurves, CURVES_EVERY);
