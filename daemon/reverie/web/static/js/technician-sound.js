/**
 * What is heard: beside each slot its level and what the last self-test made of it, and the monitor's level.
 */

import { byId, setText } from './dom.js';
import { t } from './i18n.js';

/** @typedef {import('./technician-contract.js').DeskState} DeskState */
/** @typedef {import('./technician-contract.js').Sound} Sound */

const MONITOR = 'monitor';

/** @param {DeskState} state */
export const showSound = (state) => {
  const heard = new Map(state.sounds.map((sound) => [sound.name, sound]));
  const tested = new Map(state.self_test.slots.map((slot) => [slot.slot, slot.outcome]));
  for (const card of byId('slots').children) {
    const name = card.getAttribute('data-slot') ?? '';
    const outcome = tested.get(name);
    const parts = [words(heard.get(name)), outcome && t(`technician.tested.${outcome}`)];
    const line = card.querySelector('.level');
    if (line) setText(line, parts.filter(Boolean).join(' '));
  }
  const monitor = heard.get(MONITOR);
  byId('monitor').hidden = !monitor;
  setText(byId('monitor'), monitor ? `${t('technician.sound.monitor')}: ${words(monitor)}` : '');
};

/** @param {Sound | undefined} sound */
const words = (sound) => {
  if (!sound?.able) return '';
  if (!sound.up || sound.dbfs === null) return t('technician.sound.deaf');
  const level = Math.round(sound.dbfs);
  if (sound.heard === null) return t('technician.sound.level', { level });
  return t(sound.heard ? 'technician.sound.heard' : 'technician.sound.silent', { level });
};
