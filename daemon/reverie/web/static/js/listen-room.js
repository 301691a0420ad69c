/**
 * The room behind the voices: a reverb computed here, since a recorded one would have to be loaded.
 */

const SECONDS = 1.7;
/** Seconds before the first reflection. */
const BEFORE = 0.012;
const SEED = 20_261_130;

/**
 * What a room answers to a click: noise that falls, and becomes duller while it falls.
 *
 * @param {BaseAudioContext} context
 * @returns {AudioBuffer}
 */
export const roomAnswer = (context) => {
  const rate = context.sampleRate;
  const answer = context.createBuffer(2, Math.round(SECONDS * rate), rate);
  let chance = SEED;
  for (let side = 0; side < 2; side += 1) {
    const samples = answer.getChannelData(side);
    let smooth = 0;
    for (let place = Math.round(BEFORE * rate); place < samples.length; place += 1) {
      chance = (Math.imul(chance, 1_664_525) + 1_013_904_223) >>> 0;
      const share = place / samples.length;
      const bright = 0.65 - 0.55 * share;
      smooth += bright * (chance / 2_147_483_648 - 1 - smooth);
      samples[place] = smooth * Math.exp(-6.9 * share) * Math.min(1, (place / rate - BEFORE) / 0.01);
    }
  }
  return answer;
};
