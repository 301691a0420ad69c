/**
 * Scenes edited in place: checked as one types, tried beside the one that runs, and saved so that two editors lose
 * nothing.
 */

import { ask } from './artist-api.js';
import { actionButton, choice } from './artist-fields.js';
import { element, setText } from './dom.js';
import { t } from './i18n.js';
import { sceneText } from './scene-text.js';

/** @typedef {import('./artist-contract.js').ArtistState} ArtistState */
/** @typedef {import('./scene-text.js').Fault} Fault */

/** Milliseconds without a key after which a text is checked. */
const PAUSE = 350;
const AT = '/api/v1/artist/scenes';

/** @param {string} name */
const address = (name) => `${AT}/${encodeURIComponent(name)}`;

/**
 * @param {ArtistState} first
 * @param {(ok: boolean, said: string) => void} say
 * @param {() => Promise<void>} look
 */
export const sceneDesk = (first, say, look) => {
  let name = '';
  let mark = '';
  let saved = '';
  /** What the editor was given last, by us; whatever else is in it, somebody has typed. */
  let given = '';
  let version = '';
  let own = true;
  let asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let due;
  const editor = sceneText(t('artist.scene.text'), () => {
    clearTimeout(due);
    due = setTimeout(() => void check(), PAUSE);
    show();
  });
  const faults = element('ol', { id: 'scene-faults', class: 'faults', 'aria-live': 'polite' });
  const notice = element('div', { class: 'notice', role: 'status', hidden: true });
  const state = element('p', { class: 'lead' });
  const scenes = choice(t('artist.scene'), [], (value) => leave(() => load(value)));
  const versions = choice(t('artist.scene.versions'), [], (value) => leave(() => older(value)));
  const save = actionButton('artist.scene.save', () => void store(), { class: 'primary' });
  const draft = actionButton('artist.scene.try', () => void tryOut(), { class: 'button' });
  const back = actionButton('artist.scene.back', () => void end(), { class: 'button' });
  const revert = actionButton('artist.scene.revert', () => void load(name), { class: 'quiet' });
  let running = '';

  /** @param {string} text */
  const give = (text) => {
    editor.text = text;
    given = editor.text; // of a file with other line ends the field makes its own
  };

  /**
   * Have another text in the editor; where that would lose what was typed, only once it is said that it may be lost.
   *
   * @param {() => Promise<unknown>} go
   */
  const leave = (go) => {
    if (editor.text === saved || editor.text === given) return void go();
    scenes.input.value = name;
    versions.input.value = version;
    question(t('artist.scene.leave', { name }), [['artist.scene.revert', () => void go()]]);
  };

  const show = () => {
    const changed = editor.text !== saved;
    const broken = faults.childElementCount > 0;
    save.set({ cannot: !changed ? t('artist.scene.same') : broken ? t('artist.scene.broken') : '' });
    draft.set({ on: running === name && running !== '', cannot: broken ? t('artist.scene.broken') : '' });
    back.set({ cannot: running ? '' : t('artist.scene.no_trial') });
    revert.set({ cannot: changed ? '' : t('artist.scene.same') });
    setText(state, changed ? t('artist.scene.unsaved') : t(own ? 'artist.scene.own' : 'artist.scene.is_shipped'));
  };

  /** @param {Fault[]} found */
  const tell = (found) => {
    editor.mark(found);
    faults.replaceChildren(
      ...found.map((fault) => {
        const go = element('button', { type: 'button', class: 'quiet' }, t('artist.scene.fault', { ...fault }));
        go.addEventListener('click', () => editor.go(fault));
        return element('li', {}, go);
      }),
    );
    show();
  };

  const check = async () => {
    const mine = ++asked;
    const { status, body } = await ask(`${address(name)}/check`, { method: 'POST', body: { text: editor.text } });
    if (mine !== asked) return;
    if (status === 200) tell(body.faults);
    else if (status !== 0) tell([{ line: 1, column: 1, message: String(body.said ?? status) }]);
  };

  /** @param {string} wanted */
  const load = async (wanted) => {
    clearTimeout(due);
    const answer = await fetch(address(wanted)).catch(() => null);
    if (!answer?.ok) {
      say(false, t('artist.scene.unread'));
      return;
    }
    const body = await answer.json();
    name = wanted;
    mark = answer.headers.get('ETag') ?? '';
    own = body.own;
    notice.hidden = true;
    give(body.text);
    saved = given;
    asked += 1;
    tell([]);
    void check();
    await listVersions();
  };

  const listVersions = async () => {
    const of = name;
    const kept = await ask(`${address(of)}/versions`);
    if (of !== name) return;
    const list = /** @type {string[]} */ (kept.body.versions ?? []);
    versions.node.hidden = !list.length;
    versions.input.replaceChildren(
      element('option', { value: '' }, t('artist.scene.version_now')),
      ...list.map((one) => element('option', { value: one }, one.slice(0, 19).replace('T', ' '))),
    );
    version = '';
  };

  /** @param {string} wanted */
  const older = async (wanted) => {
    if (!wanted) return load(name);
    const { status, body } = await ask(`${address(name)}/versions/${encodeURIComponent(wanted)}`);
    if (status !== 200) return say(false, t('artist.scene.unread'));
    notice.hidden = true;
    versions.input.value = version = wanted;
    give(body.text);
    await check();
  };

  /** @param {{copy?: boolean, over?: string}} [how] */
  const store = async ({ copy = false, over = mark } = {}) => {
    const [stored, sent] = [name, editor.text];
    notice.hidden = true;
    const answer = await fetch(address(stored), {
      method: 'PUT',
      headers: { 'X-Reverie': 'page', 'Content-Type': 'application/json', 'If-Match': over },
      body: JSON.stringify({ text: sent, copy }),
    }).catch(() => null);
    const body = (await answer?.json().catch(() => ({}))) ?? {};
    if (answer?.ok) {
      say(true, t('artist.scene.saved', { name: stored }));
      if (stored !== name) return;
      mark = answer.headers.get('ETag') ?? '';
      own = body.own;
      saved = sent; // what is typed meanwhile stays
      show();
      await listVersions();
      return;
    }
    if (body.faults) return tell(body.faults);
    if (body.key === 'artist.scene.shipped') {
      return question(t('artist.scene.shipped', { name }), [['artist.scene.copy', () => void store({ copy: true })]]);
    }
    if (body.key === 'artist.scene.changed') {
      return question(t('artist.scene.changed', { name }), [
        ['artist.scene.theirs', () => void load(name)],
        ['artist.scene.mine', () => void overTheirs()],
      ]);
    }
    say(false, body.said ?? t('connection.lost'));
  };

  const overTheirs = async () => {
    const now = await fetch(address(name)).catch(() => null);
    if (now?.ok) await store({ over: now.headers.get('ETag') ?? '' });
  };

  /**
   * @param {string} text
   * @param {[string, () => void][]} answers
   */
  const question = (text, answers) => {
    notice.replaceChildren(
      element('p', {}, text),
      element('div', { class: 'row' }, ...answers.map(([key, press]) => actionButton(key, press, { class: 'button' }).node)),
    );
    notice.hidden = false;
  };

  const tryOut = async () => {
    const { body } = await ask(`${address(name)}/try`, { method: 'POST', body: { text: editor.text } });
    if (body.faults) tell(body.faults);
    say(body.ok === true, String(body.said ?? t('artist.scene.broken')));
    await look();
  };

  const end = async () => {
    const { body } = await ask('/api/v1/artist/trial', { method: 'DELETE' });
    say(body.ok === true, String(body.said ?? ''));
    await look();
  };

  editor.area.addEventListener('rv-save', () => void store());
  const node = element(
    'div',
    { class: 'stack' },
    element('div', { class: 'row' }, scenes.node, versions.node, save.node, draft.node, back.node, revert.node),
    state,
    notice,
    editor.node,
    faults,
  );
  return {
    node,
    /** Whether there is anything that would be lost. @returns {boolean} */
    get changed() {
      return editor.text !== saved;
    },
    /** @param {ArtistState} now */
    show(now) {
      running = now.trial?.draft ?? '';
      if (scenes.input.dataset.names !== now.scenes.join()) {
        scenes.input.replaceChildren(...now.scenes.map((one) => element('option', { value: one }, one)));
        scenes.input.dataset.names = now.scenes.join();
      }
      if (!name && now.scene) void load(now.scene);
      scenes.input.value = name || (now.scene ?? '');
      show();
    },
  };
};
