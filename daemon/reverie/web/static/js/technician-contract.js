/**
 * What the daemon tells technicians: the answers of `/api/v1/technician`.
 *
 * @typedef {'good' | 'doubtful' | 'bad'} Level
 *
 * @typedef {object} Stage
 * @property {string} stage
 * @property {Level} level
 * @property {string} sentence
 * @property {string} advice
 *
 * @typedef {object} SlotOfDesk
 * @property {string} name
 * @property {boolean} up
 * @property {string} detail
 * @property {string} fault
 * @property {string} advice
 *
 * @typedef {object} Sound
 * @property {string} name That of a slot, or `monitor`.
 * @property {boolean} up
 * @property {boolean} able
 * @property {number | null} dbfs
 * @property {boolean | null} heard
 *
 * @typedef {object} TestedSlot
 * @property {string} slot
 * @property {'heard' | 'unheard' | 'untold' | 'absent'} outcome
 *
 * @typedef {object} FaultOfDesk
 * @property {string} id
 * @property {string} subject
 * @property {string} sentence
 * @property {string} advice
 * @property {'silent' | 'impaired' | 'notice'} severity
 * @property {number} since Unix time.
 * @property {number | null} cleared
 *
 * @typedef {import('./contract.js').MomentAhead} MomentAhead
 *
 * @typedef {{at: string, scene: string | null, mood: string | null}} EntryOfDay
 *
 * @typedef {object} DayOfDesk
 * @property {{time: string, zone: string, doubt: string, kept: boolean | null}} clock Without a zone, the machine's.
 * @property {{open: boolean, silent: boolean, why: 'week' | 'exception' | 'holiday' | 'hand' | 'clock', reason: string,
 *   next: MomentAhead | null,
 *   warm_up: {composer: boolean, without_loops: string[], slots: string | null} | null} | null} hours
 * @property {'closed' | 'nobody' | 'programme' | 'paused' | null} rests
 * @property {{now: EntryOfDay, next: EntryOfDay | null} | null} programme
 * @property {{why: string, volume: number, density: number, until: MomentAhead | null} | null} quiet
 * @property {{sensed: 'here' | 'away' | 'lost', alone_minutes: number, silent_minutes: number, away_minutes: number,
 *   rests: boolean} | null} presence
 * @property {{reboot: 'daily' | 'weekly' | 'monthly' | null,
 *   in_rests: {name: string, waits: boolean, seconds_ago: number | null, outcome: string}[]}} maintenance
 *
 * @typedef {object} BoxOfRoom
 * @property {string} name
 * @property {string} address
 * @property {number | null} port The UDP port at which a leader listens.
 * @property {boolean} leads
 * @property {number | null} seconds Since it was heard last.
 * @property {boolean} here
 * @property {boolean} together
 * @property {string} scene
 * @property {number | null} bar From 1.
 * @property {number | null} error_ms
 * @property {number | null} round_trip_ms
 * @property {string | null} advice
 *
 * @typedef {object} RoomOfDesk
 * @property {string} name
 * @property {'leads' | 'follows' | 'alone' | 'begins'} role
 * @property {string} address
 * @property {string[]} voices
 * @property {string | null} advice
 * @property {BoxOfRoom[]} boxes
 *
 * @typedef {object} DeskState
 * @property {DayOfDesk} day
 * @property {RoomOfDesk | null} room
 * @property {{level: Level, sentence: string}} summary
 * @property {Stage[]} stages
 * @property {SlotOfDesk[]} slots
 * @property {Sound[]} sounds
 * @property {{runs: boolean, slots: TestedSlot[]}} self_test
 * @property {FaultOfDesk[]} faults
 * @property {FaultOfDesk[]} cleared
 * @property {string[]} workers
 * @property {boolean} paused
 * @property {number} starts
 * @property {number} crashes
 * @property {number} uptime_seconds
 * @property {string} version
 * @property {Contact | null} contact
 *
 * @typedef {object} Contact
 * @property {string} name
 * @property {string | null} telephone
 * @property {'en' | 'de' | 'fr'} language
 *
 * @typedef {object} Curves
 * @property {'day' | 'month'} span
 * @property {number} until Unix time.
 * @property {string[]} fields
 * @property {(number | null)[][]} rows
 *
 * @typedef {{at: number, level: 'info' | 'warning' | 'error', text: string}} LogLine
 */

export {};
