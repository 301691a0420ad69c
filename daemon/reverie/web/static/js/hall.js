/**
 * What the page for everyone and the wall have in common: the sentence, the roll, and what stands around it.
 */

import { measureClock, startClock } from './clock.js';
import { byId, setText } from './dom.js';
import { feed } from './feed.js';
import { sentence, showFacts, showLegend, showMood } from './hero.js';
import { showHours } from './hours.js';
import { onLanguage, startLanguage, t } from './i18n.js';
import { LiveRoll } from './roll.js';
import { tellRoll } from './roll-words.js';
import { colourVoices } from './voice-colours.js';

/** @typedef {import('./contract.js').Now} Now */

const showConnection = () => {
  const notice = byId('connection');
  notice.hidden = feed.joined || !feed.now;
  if (!notice.hidden) setText(notice, t('connection.lost'));
};

/**
 * Show the music from now on.
 *
 * @param {(now: Now) => void} [more] Shows what only this page has; called at each new state and language.
 */
export const startHall = async (more = () => {}) => {
  const roll = /** @type {LiveRoll} */ (byId('roll'));
  const show = (/** @type {Now} */ now) => {
    colourVoices(now.voices.map((voice) => voice.name));
    setText(byId('says'), sentence(now));
    byId('says').dataset.level = now.level;
    showHours(byId('hours'), now);
    showMood(byId('mood'), now);
    roll.show(now);
    showLegend(byId('legend'), now);
    showFacts(byId('facts'), now);
    tellRoll(byId('roll-text'), now, roll.timeline);
    more(now);
  };
  feed.on('bar', (bar) => {
    roll.take(bar);
    if (feed.now) tellRoll(byId('roll-text'), feed.now, roll.timeline);
  });
  feed.start();
  startClock();
  await startLanguage();
  feed.on('now', show);
  feed.on('joined', (joined) => {
    showConnection();
    if (joined) void measureClock(); // the machine may have been started anew, and its clock with it
  });
  onLanguage(() => {
    if (feed.now) show(feed.now);
    showConnection();
  });
};
