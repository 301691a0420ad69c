/**
 * From the page's seconds to an AudioContext's: at which of its moments to begin what is to leave the loudspeaker then.
 *
 * Sound cards run by clocks of their own, so the difference is measured again and again and followed slowly. It jumps
 * only when the context stood still, as it does while a telephone sleeps.
 */

/** Seconds: farther off than this, the context stood still. */
const JUMP = 0.06;
/** The share of a difference that is made good at a look, and the most seconds of it. */
const SHARE = 0.1;
const MOST = 0.001;

/**
 * What the context says of itself now: its seconds less the page's, as far as what leaves the loudspeaker goes.
 *
 * @param {AudioContext} context
 * @returns {number}
 */
export const measured = (context) => {
  const stamp = context.getOutputTimestamp?.();
  if (stamp?.contextTime && stamp.performanceTime) return stamp.contextTime - stamp.performanceTime / 1000;
  const latency = context.outputLatency || context.baseLatency || 0;
  return context.currentTime - latency - performance.now() / 1000;
};

export class AudioClock {
  #base = NaN;

  /**
   * Measure; whether the context stood still since, so that what it was given before is out of time.
   *
   * @param {number} base What {@link measured} says.
   * @returns {boolean}
   */
  look(base) {
    const off = base - this.#base;
    if (Number.isNaN(this.#base) || Math.abs(off) > JUMP) {
      const stood = !Number.isNaN(this.#base);
      this.#base = base;
      return stood;
    }
    this.#base += Math.max(-MOST, Math.min(MOST, SHARE * off));
    return false;
  }

  /**
   * The context's moment for a moment of the page's.
   *
   * @param {number} seconds
   * @returns {number}
   */
  moment(seconds) {
    return seconds + this.#base;
  }
}
