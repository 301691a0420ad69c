/**
 * The page for everyone.
 */

import { byId } from './dom.js';
import { startHall } from './hall.js';
import './listen-button.js';
import { startSettings } from './settings.js';
import { showVoices } from './voice-cards.js';

startSettings();
void startHall((now) => {
  showVoices(byId('voices'), now);
});
