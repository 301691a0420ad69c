/**
 * The wall: the hall's page on a screen that nobody touches, for years.
 */

import { startHall } from './hall.js';

void startHall();
