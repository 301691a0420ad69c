/**
 * The page of a moment that was kept: `/moment/<id>`.
 */

import { Refusal, ask } from './api.js';
import { byId, setText } from './dom.js';
import { language, onLanguage, startLanguage, t } from './i18n.js';
import { rendered, wavOf } from './moment-sound.js';
import { startSettings } from './settings.js';

/** @typedef {import('./moment-sound.js').SoundingMoment} SoundingMoment */
/** @typedef {SoundingMoment & {name: string, time: number, scene: string, title: string}} KeptMoment */

const name = location.pathname.split('/').pop() ?? '';
const files = `/api/v1/moments/${encodeURIComponent(name)}`;
/** @type {KeptMoment | null} */
let moment = null;
let gone = false;

/** Make the sound of the moment in this browser, once it is asked for, and play it; it can be taken along as well. */
const hear = async () => {
  if (!moment) return;
  const button = /** @type {HTMLButtonElement} */ (byId('hear'));
  button.disabled = true;
  setText(byId('hearing'), t('moment.hearing'));
  try {
    const player = /** @type {HTMLAudioElement} */ (byId('player'));
    player.src = URL.createObjectURL(wavOf(await rendered(moment)));
    const along = byId('wav');
    along.setAttribute('href', player.src);
    along.setAttribute('download', `${moment.name}.wav`);
    byId('sound').hidden = false;
    button.hidden = true;
    setText(byId('hearing'), '');
    await player.play().catch(() => undefined); // the person presses play, where browsers insist on it
  } catch (error) {
    button.disabled = false;
    setText(byId('hearing'), error instanceof Refusal ? error.text : t('moment.mute'));
    console.warn(error);
  }
};

const show = () => {
  byId('moment').hidden = moment === null;
  if (gone) setText(byId('when'), t('moment.gone'));
  if (!moment) return;
  const when = new Date(moment.time * 1000).toLocaleString(language(), { dateStyle: 'long', timeStyle: 'short' });
  setText(byId('when'), t('moment.when', { scene: moment.title || moment.scene, when }));
  byId('picture').setAttribute('alt', t('moment.picture', { scene: moment.title || moment.scene }));
};

const start = async () => {
  startSettings();
  await startLanguage();
  onLanguage(show);
  try {
    moment = await ask(`moments/${encodeURIComponent(name)}`);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    gone = true;
  }
  if (moment) {
    byId('picture').setAttribute('src', `${files}/picture`);
    byId('midi').setAttribute('href', `${files}/midi`);
    byId('recipes').setAttribute('href', files);
    byId('hear').addEventListener('click', () => void hear());
  }
  show();
};

void start();
