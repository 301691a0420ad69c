/**
 * Paints one picture of the roll: sections and chords along the top, notes by pitch, drums as rows, and the moment.
 */

import { chordsOf, notesOf, sectionsOf } from './roll-notes.js';
import { colourNumber } from './voice-colours.js';

/** @typedef {import('./contract.js').Bar} Bar */
/** @typedef {import('./roll-notes.js').PlacedNote} PlacedNote */

/**
 * @typedef {object} View
 * @property {number} width
 * @property {number} height
 * @property {number} now Where the moment is, in seconds of the server's clock.
 * @property {number} past Seconds that are shown of what was.
 * @property {number} future Seconds that are shown of what comes.
 * @property {number} unit Size of small text, in pixels.
 * @property {import('./roll-notes.js').PitchRange} range
 * @property {import('./roll-notes.js').DrumRows} drums
 * @property {ReadonlyMap<string, string>} kinds The kind of each voice.
 * @property {ReadonlySet<string>} muted
 * @property {Paint} paint
 *
 * @typedef {object} Paint
 * @property {string[]} voices
 * @property {string} text
 * @property {string} quiet
 * @property {string} line
 * @property {string} moment
 * @property {string} font
 */

/** How strongly what comes is drawn, beside what sounds. */
const AHEAD = 0.55;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Bar[]} bars
 * @param {View} view
 */
export const paintRoll = (context, bars, view) => {
  const { width, height, unit, now, past, future } = view;
  const scale = width / (past + future);
  const begins = now - past;
  const x = (/** @type {number} */ moment) => (moment - begins) * scale;
  const seen = bars.filter((bar) => bar.begins < now + future && bar.begins + bar.seconds > begins - 8);
  const top = unit * 4.4;
  const rows = view.drums.rows.length;
  const rowHeight = rows ? Math.min(unit * 1.7, (height * 0.3) / rows) : 0;
  const floor = height - rowHeight * rows - (rows ? unit * 0.8 : 0);

  context.clearRect(0, 0, width, height);
  paintBarLines(context, seen, view, x, top);
  paintSections(context, seen, view, x);
  paintChords(context, seen, view, x);

  const pitchHeight = (floor - top) / Math.max(1, view.range.high - view.range.low);
  const thick = Math.max(4, Math.min(unit * 1.25, pitchHeight * 1.1));
  for (const bar of seen) {
    for (const note of notesOf(bar)) {
      if (note.ends < begins || note.begins > now + future) continue;
      const kind = view.kinds.get(note.voice) ?? '';
      const left = x(note.begins) - (note.tied ? thick / 2 : 0);
      const long = Math.max(thick * 0.7, x(note.ends) - left - 1.5);
      shade(context, note, view);
      if (kind === 'drums') {
        const row = view.drums.rows.indexOf(note.pitch);
        paintStroke(context, note, left, height - (row + 0.5) * rowHeight, rowHeight, now);
      } else {
        const y = floor - (note.pitch - view.range.low) * pitchHeight;
        paintNote(context, note, kind, left, y, long, thick, now);
      }
    }
  }
  context.globalAlpha = 1;
  paintMoment(context, view, x(now));
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {PlacedNote} note
 * @param {View} view
 */
const shade = (context, note, view) => {
  const { now, past, future } = view;
  const loud = 0.7 + 0.3 * (note.velocity / 127);
  let alpha;
  if (note.begins > now) alpha = AHEAD * (1 - 0.55 * ((note.begins - now) / future));
  else if (note.ends > now) alpha = 1;
  else alpha = 0.95 * Math.max(0.15, 1 - (now - note.ends) / past);
  context.globalAlpha = view.muted.has(note.voice) ? alpha * 0.2 : alpha * loud;
  context.fillStyle = view.paint.voices[colourNumber(note.voice)] ?? view.paint.text;
};

/**
 * A note of a pitched voice: basses are thick, chords are veils, what comes is hollow.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PlacedNote} note
 * @param {string} kind
 * @param {number} left
 * @param {number} y
 * @param {number} long
 * @param {number} thick
 * @param {number} now
 */
const paintNote = (context, note, kind, left, y, long, thick, now) => {
  const height = kind === 'bass' ? thick * 1.35 : kind === 'chords' ? thick * 0.85 : thick;
  const sounding = note.begins <= now && note.ends > now;
  if (sounding) {
    const alpha = context.globalAlpha;
    context.globalAlpha = alpha * 0.22;
    bar(context, left - height * 0.5, y - height, long + height, height * 2);
    context.globalAlpha = alpha;
  }
  bar(context, left, y - height / 2, long, height);
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} left
 * @param {number} top
 * @param {number} width
 * @param {number} height
 */
const bar = (context, left, top, width, height) => {
  context.beginPath();
  context.roundRect(left, top, width, height, Math.min(height, width) / 2);
  context.fill();
};

/**
 * A stroke of a drum: a disc, as large as it is loud, that rings for a moment.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {PlacedNote} note
 * @param {number} x
 * @param {number} y
 * @param {number} room
 * @param {number} now
 */
const paintStroke = (context, note, x, y, room, now) => {
  const size = room * (0.2 + 0.2 * (note.velocity / 127));
  const since = now - note.begins;
  if (since >= 0 && since < 0.35) {
    const alpha = context.globalAlpha;
    context.globalAlpha = 0.6 * (1 - since / 0.35);
    disc(context, x, y, size * (1 + 2.5 * (since / 0.35)));
    context.globalAlpha = Math.max(alpha, 1 - since);
  }
  disc(context, x, y, size);
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} size
 */
const disc = (context, x, y, size) => {
  context.beginPath();
  context.arc(x, y, size, 0, 2 * Math.PI);
  context.fill();
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Bar[]} bars
 * @param {View} view
 * @param {(moment: number) => number} x
 * @param {number} top
 */
const paintBarLines = (context, bars, view, x, top) => {
  context.fillStyle = view.paint.line;
  for (const one of bars) {
    context.globalAlpha = 0.9;
    context.fillRect(Math.round(x(one.begins)), top - view.unit * 0.6, 1, view.height - top + view.unit * 0.6);
  }
  context.globalAlpha = 1;
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Bar[]} bars
 * @param {View} view
 * @param {(moment: number) => number} x
 */
const paintSections = (context, bars, view, x) => {
  const { unit, now, paint } = view;
  context.textBaseline = 'middle';
  context.font = `600 ${unit}px ${paint.font}`;
  sectionsOf(bars).forEach(({ section, begins, ends }) => {
    const left = Math.max(0, x(begins) + 2);
    const right = Math.min(view.width, x(ends) - 2);
    if (right <= left) return;
    const sounds = begins <= now && now < ends;
    context.globalAlpha = sounds ? 0.2 : 0.09;
    context.fillStyle = paint.text;
    context.beginPath();
    context.roundRect(left, 0, right - left, unit * 1.6, unit * 0.4);
    context.fill();
    context.globalAlpha = sounds ? 1 : 0.7;
    label(context, section, left + unit * 0.6, unit * 0.85, right - left - unit);
  });
  context.globalAlpha = 1;
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {readonly Bar[]} bars
 * @param {View} view
 * @param {(moment: number) => number} x
 */
const paintChords = (context, bars, view, x) => {
  const { unit, now, paint } = view;
  context.textBaseline = 'middle';
  for (const { symbol, begins, ends } of chordsOf(bars)) {
    const sounds = begins <= now && now < ends;
    context.font = `${sounds ? 700 : 400} ${unit * (sounds ? 1.5 : 1.25)}px ${paint.font}`;
    context.fillStyle = sounds ? paint.text : paint.quiet;
    context.globalAlpha = 1;
    label(context, symbol, Math.max(2, x(begins) + unit * 0.3), unit * 2.9, (x(ends) - Math.max(0, x(begins))) * 0.98);
  }
};

/**
 * Text where it has room; what has none is left out.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {string} text
 * @param {number} left
 * @param {number} middle
 * @param {number} room
 */
const label = (context, text, left, middle, room) => {
  if (context.measureText(text).width <= room) context.fillText(text, left, middle);
};

/**
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {number} x
 */
const paintMoment = (context, view, x) => {
  const top = view.unit * 3.8;
  context.fillStyle = view.paint.moment;
  context.globalAlpha = 0.16;
  context.fillRect(x - 4, top, 9, view.height - top);
  context.globalAlpha = 0.95;
  context.fillRect(x - 1, top, 2.5, view.height - top);
  disc(context, x, top, view.unit * 0.3);
  context.globalAlpha = 1;
};
