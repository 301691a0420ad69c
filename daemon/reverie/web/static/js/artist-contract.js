/**
 * What the server tells the artist: types only.
 *
 * @typedef {'temperature' | 'density' | 'register' | 'level' | 'every'} VoiceLevel
 *
 * @typedef {object} ArtistVoice
 * @property {string} name
 * @property {string} kind
 * @property {'model' | 'harmony' | 'written'} source
 * @property {boolean} muted
 * @property {boolean} solo
 * @property {boolean} looping
 * @property {Partial<Record<VoiceLevel, number | null>>} levels
 * @property {Record<string, number>} plain Levels at which a voice is as its scene says.
 * @property {Record<string, string>} cannot What the voice cannot do, with the reason.
 * @property {{name: string, point: number[], held: boolean, path: string} | null} timbre
 *
 * @typedef {{time: string, recipes: Record<string, string>}} KeptRow
 *
 * @typedef {object} ArtistState
 * @property {string | null} scene
 * @property {string[]} scenes
 * @property {boolean} paused
 * @property {Record<string, [number, number]>} limits
 * @property {string[]} ramped
 * @property {{volume: number, tempo: number | null, swing: number | null}} levels
 * @property {string[]} moods
 * @property {Record<string, number>} weights
 * @property {ArtistVoice[]} voices
 * @property {{level: string, voice: string | null, to: number, bars: number}[]} ramps
 * @property {{sections: string[], stays: boolean, due: string | null, lacks: string,
 *   now: Record<string, any> | null}} form
 * @property {{draft: string, before: string} | null} trial A text that is tried beside what ran before.
 * @property {{voices: Record<string, KeptRow[]>, together: KeptRow[]}} kept
 * @property {string[]} undo
 * @property {string[]} now
 *
 * @typedef {(wanted: {action: string, voice?: string, value?: unknown, over?: number, weight?: number}) =>
 *   Promise<void>} Do Has something done, says what came of it, and asks for the state again.
 */
export {};
