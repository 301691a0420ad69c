/**
 * The page for everyone, but for listening and playing, which are scripts of their own: nobody waits for them to see
 * the music.
 */

import { showForm } from './course.js';
import { showDay } from './day-line.js';
import { byId } from './dom.js';
import { startHall } from './hall.js';
import { startPlay } from './play.js';
import { startSettings } from './settings.js';
import { showTimbres } from './timbre-view.js';
import { showVoices } from './voice-cards.js';

startSettings();
startPlay(byId('play'));
void startHall((now) => {
  showForm(byId('form-section'), byId('form'), now);
  showVoices(byId('voices'), now);
  showTimbres(byId('timbres-section'), byId('timbres'), now);
  showDay(byId('day-section'), byId('day'), now);
});
