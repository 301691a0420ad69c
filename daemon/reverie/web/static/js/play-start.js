/**
 * Starts what visitors can do, on the page for everyone.
 */

import { byId } from './dom.js';
import { startPlay } from './play.js';

startPlay(byId('play'));
