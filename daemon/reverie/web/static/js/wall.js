/**
 * The wall: the hall's page on a screen that nobody touches, for years.
 *
 * It loads itself anew when there is another version of it, and once a night, since no browser was made to run for a
 * year; it asks for the screen to stay on, and moves a little all the time so that nothing burns in.
 */

import { showDay } from './day-line.js';
import { byId } from './dom.js';
import { feed } from './feed.js';
import { startHall } from './hall.js';

/** Seconds between two looks for another version. */
const LOOK = 300;
/** The hour of the night at which it loads itself anew. */
const NIGHT = 4;
/** Seconds between two moves, and how far they go in parts of the screen's width. */
const MOVE = 60;
const FAR = 0.006;

/** What the server says of its files' version; null if it cannot be asked now. @returns {Promise<string | null>} */
export const askVersion = async () => {
  try {
    const answer = await fetch('/static/version.json', { cache: 'no-store' });
    return answer.ok ? String((await answer.json()).version) : null;
  } catch {
    return null;
  }
};

/** @type {string | null} */
let version = null;

/** Load the page anew if its files have changed: only while the server answers, or the screen would be empty. */
const look = async () => {
  const found = await askVersion();
  if (found === null) return;
  if (version !== null && found !== version) location.reload();
  version = found;
};

/** Load the page anew at night, if the server is there. */
const renew = async () => {
  if ((await askVersion()) !== null) location.reload();
  else setTimeout(renew, LOOK * 1000);
};

/** Move along a slow curve that comes to every place equally often. */
const move = () => {
  const turn = Date.now() / 1000 / MOVE;
  const x = Math.sin(turn * 0.61) * FAR * 100;
  const y = Math.sin(turn) * FAR * 100;
  document.documentElement.style.setProperty('--drift-x', `${x.toFixed(3)}vw`);
  document.documentElement.style.setProperty('--drift-y', `${y.toFixed(3)}vw`);
};

/** Ask for the screen to stay on; browsers grant it on https pages only, elsewhere the system must see to it. */
const stayOn = async () => {
  if (document.hidden || !('wakeLock' in navigator)) return;
  try {
    await navigator.wakeLock.request('screen');
  } catch {
    // A system that saves power refuses it.
  }
};

const night = new Date();
night.setHours(NIGHT, Math.floor(Math.random() * 60), 0, 0);
if (night.getTime() < Date.now() + 3_600_000) night.setDate(night.getDate() + 1);
setTimeout(renew, night.getTime() - Date.now());

move();
setInterval(move, MOVE * 1000);
void look();
setInterval(look, LOOK * 1000);
feed.on('joined', (joined) => void (joined && look()));
document.addEventListener('visibilitychange', () => void stayOn());
void stayOn();
void startHall((now) => showDay(byId('day'), byId('day'), now));
