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
 * @typedef {object} FaultOfDesk
 * @property {string} id
 * @property {string} subject
 * @property {string} sentence
 * @property {string} advice
 * @property {'silent' | 'impaired' | 'notice'} severity
 * @property {number} since Unix time.
 * @property {number | null} cleared
 *
 * @typedef {object} DeskState
 * @property {{level: Level, sentence: string}} summary
 * @property {Stage[]} stages
 * @property {SlotOfDesk[]} slots
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
