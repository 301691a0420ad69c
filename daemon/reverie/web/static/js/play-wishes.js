/**
 * What visitors may do, and their wishes: asked and told over `/api/v1/play`.
 *
 * @typedef {object} Heard
 * @property {boolean} heard Whether what was asked is what sounds.
 * @property {string | null} loop
 * @property {number | null} begun The bar of the scene, from 0, in which the loop that sounds began.
 * @property {number | null} rests_until
 *
 * @typedef {object} DrumsSet
 * @property {Record<string, string>} rows
 * @property {number} marker
 * @property {number[]} own
 * @property {number} density
 *
 * @typedef {Heard & {voice: string, bars: number, steps: number, bar_steps: number, beats: number[], drums: string[],
 *   playing: Record<string, string>, continues: boolean, set: DrumsSet | null}} Drums
 *
 * @typedef {Heard & {voice: string, tunes: string[], mixes: boolean,
 *   set: {tunes: string[], shares: number[]} | null}} Melody
 *
 * @typedef {object} PlayState
 * @property {string[]} allow
 * @property {'queue' | 'votes' | 'free'} together
 * @property {{yours: boolean, may: boolean, seconds: number | null, waiting: number}} turn
 * @property {number} idle
 * @property {number | null} idle_in
 * @property {{tempo: [number, number], swing: [number, number], temperature: [number, number],
 *   density: [number, number], at_once: number}} limits
 * @property {string[]} moods
 * @property {string | null} mood
 * @property {Record<string, number>} votes
 * @property {Drums | null} [drums]
 * @property {Melody | null} [melody]
 * @property {{voice: string, now: string | null} | null} [contour]
 * @property {number} [tempo]
 * @property {number} [swing] The part of each pair of steps that the first one takes.
 * @property {Record<string, number>} [temperatures]
 *
 * @typedef {{key: string, params: Record<string, any>}} Says
 * @typedef {{ok: boolean, from_bar: number | null, says: Says, link?: string}} PlayAnswer
 */

const PLACE = '/api/v1/play';
const PASSING = new Set(['play.refused.too-often', 'play.refused.too-many', 'play.refused.unreachable']);

/** Milliseconds after which a wish that was refused for now is told again. */
export const AGAIN = 2500;

/**
 * Whether a wish was refused for now only, so that it may be told again.
 *
 * @param {PlayAnswer} answer
 */
export const isPassing = (answer) => !answer.ok && PASSING.has(answer.says.key);

/**
 * What may be done now, and what there is to play with; null where nobody plays.
 *
 * Any other answer says nothing of that, and is an error.
 *
 * @returns {Promise<PlayState | null>}
 */
export const askState = async () => {
  const answer = await fetch(PLACE, { headers: { Accept: 'application/json' } });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new Error(`what there is to play with cannot be had (${answer.status})`);
  return answer.json();
};

/**
 * Wish for something; what came of it. A server that cannot be reached is an answer, too, and so is one that lets
 * nobody of this address change anything for a while.
 *
 * @param {string} what
 * @param {Record<string, any>} [wanted]
 * @returns {Promise<PlayAnswer>}
 */
export const wish = async (what, wanted = {}) => {
  let key = 'play.refused.unreachable';
  try {
    const answer = await fetch(`${PLACE}/${what}`, {
      method: 'POST',
      headers: { 'X-Reverie': 'page', 'Content-Type': 'application/json' },
      body: JSON.stringify(wanted),
    });
    if (answer.status === 429) key = 'play.refused.too-often';
    const told = await answer.json();
    if (told && typeof told === 'object' && told.says) return told;
  } catch {
    // told below
  }
  return { ok: false, from_bar: null, says: { key, params: {} } };
};
