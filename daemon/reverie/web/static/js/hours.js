/**
 * The opening hours in a sentence for whoever comes: that it is closed and when it opens, and that it closes soon.
 */

import { setText } from './dom.js';
import { t } from './i18n.js';
import { dayOf } from './when.js';

/** @typedef {import('./contract.js').Now} Now */

/**
 * That it is closed, and when it opens.
 *
 * @param {Now} now
 * @returns {string}
 */
export const closedSentence = ({ hours }) => {
  if (!hours?.next) return t('says.closed');
  if (hours.minutes) return t('hours.opens', { count: hours.minutes });
  const { word, params } = dayOf(hours.next);
  return t(`hours.closed.${word}`, params);
};

/**
 * What is worth knowing beside the sentence of the page: that it closes soon, or warms up. Nothing where it is always
 * open.
 *
 * @param {HTMLElement} node
 * @param {Now} now
 */
export const showHours = (node, { hours, says }) => {
  const warms = says.key === 'closed' && hours && !hours.open && hours.minutes;
  const closes = says.key !== 'closed' && hours?.open && hours.minutes;
  node.hidden = !warms && !closes;
  setText(node, warms ? t('hours.warms') : closes ? t('hours.closes', { count: closes }) : '');
  document.documentElement.dataset.closed = String(says.key === 'closed');
};
