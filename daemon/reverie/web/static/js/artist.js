/**
 * The artist's desk: what plays, and a hand on it.
 */

import { act, ask } from './artist-api.js';
import { candidateDesk } from './artist-candidates.js';
import { formDesk } from './artist-form.js';
import { showKept } from './artist-kept.js';
import { showMoments } from './artist-moments.js';
import { moodPad } from './artist-moods.js';
import { sceneDesk } from './artist-scenes.js';
import { stageDesk } from './artist-stage.js';
import { voiceStrip } from './artist-voice.js';
import { byId, element, setText } from './dom.js';
import { feed } from './feed.js';
import { language, onLanguage, startLanguage, t } from './i18n.js';
import { spoken, startSentences } from './sentences.js';
import { startSettings } from './settings.js';
import { colourVoices } from './voice-colours.js';

/** @typedef {import('./artist-contract.js').ArtistState} ArtistState */
/** @typedef {import('./artist-contract.js').Do} Do */

/** Milliseconds between two looks, beside those after each press and each bar. */
const EVERY = 3000;

/** @type {{show: (now: ArtistState) => void}[]} */
let parts = [];
let built = '';
/** The editor, which is made anew only where nothing would be lost. @type {ReturnType<typeof sceneDesk> | null} */
let desk = null;
let asking = false;

/**
 * @param {boolean} ok
 * @param {string} said
 */
const say = (ok, said) => {
  const line = byId('said');
  line.classList.toggle('refused', !ok);
  setText(line, spoken(said));
};

/** @type {Do} */
const perform = async (wanted) => {
  const { status, body } = await act(wanted);
  say(status === 200, status === 0 ? t('connection.lost') : String(body.said ?? ''));
  await look();
};

/** @param {ArtistState} now */
const build = (now) => {
  const voices = now.voices.map((voice) => voice.name);
  const timbres = now.voices.map((voice) => voice.timbre && [voice.timbre.name, voice.timbre.point.length]);
  const mark = JSON.stringify([language(), voices, timbres, now.moods, now.limits, now.form.sections]);
  if (mark === built) return;
  built = mark;
  colourVoices(voices);
  const stage = stageDesk(now, perform);
  const strips = now.voices.map((voice) => ({ name: voice.name, ...voiceStrip(voice, now.limits, perform, stage.over) }));
  const moods = now.moods.map((mood) => moodPad(mood, perform));
  const choose = candidateDesk(now, say, look);
  const form = formDesk(now, say, look);
  byId('stage').replaceChildren(stage.node);
  byId('artist-choose').replaceChildren(choose.node);
  byId('artist-form').replaceChildren(form.node);
  byId('choose-section').hidden = !choose.able;
  byId('form-section').hidden = false;
  byId('moments-section').hidden = false;
  byId('artist-voices').replaceChildren(...strips.map((strip) => strip.node));
  byId('artist-moods').replaceChildren(...moods.map((mood) => mood.node));
  byId('voices-section').hidden = !strips.length;
  byId('moods-section').hidden = !moods.length;
  byId('kept-section').hidden = false;
  byId('scenes-section').hidden = false;
  if (!desk?.changed) desk = sceneDesk(now, say, look);
  const scenes = desk;
  byId('artist-scenes').replaceChildren(scenes.node);
  parts = [
    stage,
    form,
    ...moods,
    { show: () => void showMoments(byId('artist-moments')) },
    {
      show: (state) => {
        for (const strip of strips) {
          const voice = state.voices.find((one) => one.name === strip.name);
          if (voice) strip.show(voice);
        }
      },
    },
    scenes,
    { show: (state) => showKept(byId('artist-kept'), state, perform) },
  ];
};

const look = async () => {
  if (asking || document.hidden) return;
  asking = true;
  const { status, body } = await ask('/api/v1/artist').finally(() => (asking = false));
  const login = byId('artist-login');
  login.hidden = status !== 401 && status !== 403;
  if (!login.hidden) {
    login.replaceChildren(t('artist.login'), ' ', element('a', { href: '/login?next=/artist' }, t('artist.login.link')));
    return;
  }
  byId('connection').hidden = status === 200;
  if (status !== 200) {
    setText(byId('connection'), t('connection.lost'));
    return;
  }
  setText(byId('artist-scene'), body.scene ? t('artist.plays', { scene: body.scene }) : t('artist.plays.nothing'));
  build(body);
  for (const part of parts) part.show(body);
};

const start = async () => {
  startSettings();
  await startLanguage();
  document.addEventListener('rv-said', (event) => {
    const { ok, said } = /** @type {CustomEvent<{ok: boolean, said: string}>} */ (event).detail;
    say(ok, said);
  });
  onLanguage(() => void look());
  startSentences(() => void look());
  globalThis.addEventListener('beforeunload', (event) => {
    if (!desk?.changed) return;
    event.preventDefault();
    event.returnValue = true; // what browsers of before 2024 go by
  });
  feed.on('bar', () => void look());
  feed.start();
  setInterval(() => void look(), EVERY);
};

void start();
