/**
 * What the server sends: types only, so that every module names the same things alike.
 *
 * @typedef {{tick: number, symbol: string}} ChordMark
 *
 * @typedef {[voice: string, tick: number, pitch: number, velocity: number, length: number,
 *   tied?: number]} BarNote
 *
 * @typedef {object} Bar
 * @property {number} epoch Numbers what the player was given to play; bars of another epoch are other music.
 * @property {number} bar
 * @property {number} scene_bar
 * @property {string} scene
 * @property {number} begins Seconds of the server's monotonic clock.
 * @property {number} seconds
 * @property {number} ticks
 * @property {boolean} [resting]
 * @property {string | null} [section]
 * @property {ChordMark[]} [chords]
 * @property {BarNote[]} [notes]
 * @property {[tick: number, at: number, seconds: number][]} [pace] Where the tempo changes within the bar: from each
 *   tick on, which comes at a moment, a tick lasts so many seconds.
 * @property {[voice: string, number: number, value: number][]} [controls] MIDI controllers that hold in it.
 * @property {string[]} [muted]
 * @property {string[]} [tacet]
 * @property {boolean} [exact] False of a bar to come, whose beginning is predicted.
 * @property {Bar[]} [ahead]
 *
 * @typedef {object} Voice
 * @property {string} name
 * @property {string} kind
 * @property {boolean} [muted]
 * @property {unknown} [sounds]
 * @property {{id: string, base: string, origin: string, name: string} | null} [sound] With what browsers hear it.
 *
 * @typedef {object} LoopFacts
 * @property {string} [recipe]
 * @property {string | null} [model]
 * @property {number | null} [temperature]
 * @property {number | string | null} [seed]
 * @property {string | null} [operator]
 * @property {number | null} [from_bar]
 * @property {Record<string, any>} [why]
 *
 * @typedef {object} Timbre
 * @property {unknown[]} [sounds]
 * @property {boolean} [grid]
 * @property {number[]} [point]
 * @property {number[][]} [path]
 *
 * @typedef {{at: string, scene?: string | null, mood?: string | null}} DayEntry
 *
 * @typedef {object} Now
 * @property {{key: string, params?: Record<string, any>}} says
 * @property {'good' | 'doubtful' | 'bad'} level
 * @property {{name: string, title: string, metre?: string, ticks_per_bar?: number, ticks_per_quarter?: number,
 *   tempo?: number, key?: string} | null} scene
 * @property {number | null} [bar]
 * @property {{chord: string, next?: string | null, bars_until_next?: number | null, key?: string | null,
 *   section?: string | null} | null} [harmony]
 * @property {{section?: string | null, chapter?: string | null, bar?: number, bars?: number,
 *   next?: string | null} | null} [form]
 * @property {{mood?: string | null, words?: string | null, weight?: number | null} | null} [mood]
 * @property {Voice[]} voices
 * @property {Record<string, LoopFacts>} [loops]
 * @property {Record<string, Timbre>} [timbres]
 * @property {DayEntry[]} [day]
 */
export {};
