/**
 * A colour for each voice, told apart also by those who do not see all colours (after Okabe and Ito), in both themes.
 */

const COLOURS = 8;

/** @type {Map<string, number>} */
const places = new Map();

/**
 * Give voices their colours: the same voice keeps its colour for as long as its scene plays.
 *
 * @param {Iterable<string>} voices All voices of the scene in its order.
 */
export const colourVoices = (voices) => {
  const names = [...voices];
  if (names.length === places.size && names.every((name) => places.has(name))) return;
  places.clear();
  names.forEach((name, place) => places.set(name, (place % COLOURS) + 1));
};

/**
 * The number of a voice's colour, 1 to 8.
 *
 * @param {string} voice
 * @returns {number}
 */
export const colourNumber = (voice) => places.get(voice) ?? 1;

/**
 * The colours of the present theme as a canvas wants them, by number.
 *
 * @param {Element} node
 * @returns {string[]}
 */
export const canvasColours = (node) => {
  const style = getComputedStyle(node);
  return Array.from({ length: COLOURS + 1 }, (_, number) => style.getPropertyValue(`--voice-${number || 1}`).trim());
};
