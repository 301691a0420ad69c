/**
 * What is well and what is not: the stages of the music, and the faults.
 */

import { element } from './dom.js';
import { t } from './i18n.js';

/** @typedef {import('./technician-contract.js').Stage} Stage */
/** @typedef {import('./technician-contract.js').FaultOfDesk} FaultOfDesk */

const SEVERITIES = /** @type {const} */ ({ silent: 'bad', impaired: 'doubtful', notice: 'doubtful' });

/**
 * @param {Element} list
 * @param {Stage[]} stages
 */
export const showStages = (list, stages) => {
  list.replaceChildren(
    ...stages.map(({ stage, level, sentence, advice }) =>
      element(
        'li',
        { class: 'stage', 'data-stage': stage, 'data-level': level },
        element('h3', {}, t(`technician.stage.${stage}`)),
        sentence
          ? element('p', {}, sentence)
          : element('p', {}, element('span', { class: `badge ${level}` }, t('technician.stage.well'))),
        advice ? element('p', { class: 'advice' }, advice) : null,
      ),
    ),
  );
};

/**
 * The faults that are there, and after them those that were mended last.
 *
 * @param {Element} list
 * @param {FaultOfDesk[]} faults
 * @param {FaultOfDesk[]} cleared
 */
export const showFaults = (list, faults, cleared) => {
  const shown = [...faults, ...cleared.slice(0, 5)].map((fault) =>
    element(
      'li',
      { 'data-fault': fault.id },
      element(
        'span',
        { class: `badge ${fault.cleared === null ? SEVERITIES[fault.severity] : 'good'}` },
        fault.cleared === null ? fault.id : t('technician.faults.cleared'),
      ),
      element('p', {}, fault.sentence),
      fault.cleared === null && fault.advice ? element('p', { class: 'advice' }, fault.advice) : null,
    ),
  );
  list.replaceChildren(...(faults.length ? [] : [element('li', {}, t('technician.faults.none'))]), ...shown);
};
