/**
 * What the server sends: types only, so that every module names the same things alike.
 *
 * @typedef {{tick: number, symbol: string}} ChordMark
 *
 * @typedef {[voice: string, tick: number, pitch: number, velocity: number, length: number, tied?: 1]} BarNote
 * A tied note goes on from one of its voice and pitch that ends where it begins, and is struck only if none does.
 *
 * @typedef {object} Bar
 * @property {number} epoch Numbers what the player was given to play; bars of another epoch are other music.
 * @property {number} bar Counts from 0; a bar that is sent again under the same number goes on otherwise.
 * @property {number} scene_bar
 * @property {string} scene
 * @property {number} begins Seconds of the server's monotonic clock.
 * @property {number} seconds
 * @property {number} ticks
 * @property {boolean} [resting]
 * @property {string | null} [section]
 * @property {ChordMark[]} [chords] The first is what sounds at the bar line, even if it began before.
 * @property {BarNote[]} [notes]
 * @property {[voice: string, number: number, value: number][]} [controls] MIDI controllers that hold in it.
 * @property {[voice: string, program: number][]} [programs] What a mood gives to voices in it.
 * @property {string[]} [muted]
 * @property {string[]} [tacet]
 * @property {string[]} [open] Voices of which it is not composed yet what they play.
 * @property {[tick: number, at: number, seconds: number][]} [pace] Where the tempo changes within the bar: from a tick
 *   on, which comes at a moment, a tick lasts so many seconds.
 * @property {boolean} [exact] False of a bar to come, whose beginning is predicted.
 * @property {Bar[]} [ahead]
 *
 * @typedef {object} Voice
 * @property {string} name
 * @property {string} kind
 * @property {boolean} [muted]
 * @property {boolean} [sounds] Whether it plays in this bar.
 * @property {{id: string, base: string, origin: string, name: string, programs?: Record<string, string>} | null}
 *   [sound] With `programs`, the addresses of what it sounds with while a mood gives it one of these.
 *
 * @typedef {object} LoopFacts
 * @property {string} [recipe]
 * @property {string | null} [model]
 * @property {number | null} [temperature]
 * @property {number | null} [candidates]
 * @property {number | null} [seed]
 * @property {string | null} [operator]
 * @property {number | null} [from_bar]
 * @property {number | null} [bars]
 * @property {{score?: Record<string, number>, bent?: Record<string, number>, refused?: Record<string, number>,
 *   novelty?: {last?: number | null, hour?: number | null, week?: number | null}}} [why]
 *
 * @typedef {object} Timbre
 * @property {string[]} [sounds] Along a line, or the corners of a grid from the top left to the bottom right.
 * @property {boolean} [grid]
 * @property {number[] | null} [point] Of the bank that sounds, each number from 0 to 1.
 * @property {number[] | null} [held] Where a hand or the form holds it.
 * @property {number[][]} [path] The points to come.
 * @property {Record<string, number>} [mixture] How much there is of each sound.
 *
 * @typedef {{section: string, chapter?: string | null, in_bars: number, bars: number}} SectionAhead
 *
 * @typedef {object} Form
 * @property {string | null} [section]
 * @property {string | null} [chapter]
 * @property {number} [bar] From 1.
 * @property {number} [bars]
 * @property {string | null} [next]
 * @property {number} [bars_until_next]
 * @property {SectionAhead[]} [ahead]
 *
 * @typedef {{at: string, scene?: string | null, mood?: string | null, now?: boolean}} DayEntry
 *
 * A moment to come by the clock of the place: `2026-12-01`, `10:00`, and the midnights before it.
 *
 * @typedef {{date: string, time: string, days: number}} MomentAhead
 *
 * @typedef {object} Hours
 * @property {boolean} open
 * @property {MomentAhead | null} next When it closes or opens; null where nothing changes.
 * @property {number | null} minutes Until then: shortly before closing, and while it warms up.
 *
 * @typedef {object} Now
 * @property {{key: string, params?: Record<string, any>}} says
 * @property {'good' | 'doubtful' | 'bad'} level
 * @property {{name: string, title: string, metre?: string, ticks_per_bar?: number, ticks_per_quarter?: number,
 *   tempo?: number, key?: string} | null} scene
 * @property {number | null} [bar] Counts from 1.
 * @property {{chord: string, next?: string | null, bars_until_next?: number | null, key?: string | null,
 *   section?: string | null} | null} [harmony]
 * @property {Form | null} [form]
 * @property {{mood?: string | null, words?: string | null, weight?: number | null} | null} [mood]
 * @property {Voice[]} voices
 * @property {Record<string, LoopFacts>} [loops]
 * @property {Record<string, Timbre>} [timbres]
 * @property {DayEntry[]} [day]
 * @property {Hours | null} [hours] Null where it is always open.
 */
export {};
