/**
 * The page of a moment that was kept: `/moment/<id>`.
 */

import { Refusal, ask } from './api.js';
import { byId, setText } from './dom.js';
import { language, onLanguage, startLanguage, t } from './i18n.js';
import { startSettings } from './settings.js';

/** @typedef {{name: string, time: number, scene: string, title: string}} KeptMoment */

const name = location.pathname.split('/').pop() ?? '';
const files = `/api/v1/moments/${encodeURIComponent(name)}`;
/** @type {KeptMoment | null} */
let moment = null;
let gone = false;

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
  }
  show();
};

void start();
