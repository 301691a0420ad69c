/**
 * A text with its faults underlined: a plain `<textarea>`, and behind it the same text with marks.
 */

import { element } from './dom.js';

/** @typedef {{line: number, column: number, message: string}} Fault Lines and columns count from 1. */
/** @typedef {{start: number, end: number, message: string}} Span */

/**
 * Where in a text faults are: from each place to the end of its word, or of its line where no word is.
 *
 * @param {string} text
 * @param {Fault[]} faults
 * @returns {Span[]} In order, and none within another.
 */
export const spansOf = (text, faults) => {
  const lines = text.split('\n');
  /** @type {number[]} */
  const starts = [];
  let at = 0;
  for (const line of lines) {
    starts.push(at);
    at += line.length + 1;
  }
  const found = faults.map(({ line, column, message }) => {
    const row = Math.min(Math.max(line, 1), lines.length) - 1;
    const content = lines[row] ?? '';
    const from = Math.min(Math.max(column - 1, 0), content.length);
    const word = /^[^\s,:\]}]+/.exec(content.slice(from))?.[0].length ?? 1;
    const start = (starts[row] ?? 0) + (from < content.length ? from : Math.max(content.length - 1, 0));
    return { start, end: Math.min(start + word, text.length), message };
  });
  found.sort((one, other) => one.start - other.start || other.end - one.end);
  return found.filter((span, place) => place === 0 || span.start >= (found[place - 1]?.end ?? 0));
};

/**
 * The editor. `change` is called with each new text.
 *
 * @param {string} label
 * @param {(text: string) => void} change
 */
export const sceneText = (label, change) => {
  const area = element('textarea', {
    'aria-label': label,
    'aria-describedby': 'scene-faults',
    spellcheck: 'false',
    autocapitalize: 'off',
    autocomplete: 'off',
    wrap: 'off',
    rows: 28,
  });
  const marks = element('pre', { 'aria-hidden': 'true' });
  /** @type {Fault[]} */
  let faults = [];
  const paint = () => {
    const text = area.value;
    const spans = spansOf(text, faults);
    /** @type {(Node | string)[]} */
    const parts = [];
    let at = 0;
    for (const { start, end } of spans) {
      parts.push(text.slice(at, start), element('mark', {}, text.slice(start, end) || ' '));
      at = end;
    }
    marks.replaceChildren(...parts, `${text.slice(at)}\n`);
    follow();
  };
  const follow = () => {
    marks.scrollTop = area.scrollTop;
    marks.scrollLeft = area.scrollLeft;
  };
  area.addEventListener('scroll', follow);
  area.addEventListener('input', () => {
    paint();
    change(area.value);
  });
  area.addEventListener('keydown', (event) => {
    // A tab would leave, and that is right for a keyboard; YAML wants blanks anyway.
    if (event.key === 's' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      area.dispatchEvent(new CustomEvent('rv-save', { bubbles: true }));
    }
  });
  return {
    node: element('div', { class: 'scene-text' }, marks, area),
    area,
    get text() {
      return area.value;
    },
    set text(text) {
      area.value = text;
      faults = [];
      paint();
    },
    /** @param {Fault[]} found */
    mark(found) {
      faults = found;
      area.setAttribute('aria-invalid', String(found.length > 0));
      paint();
    },
    /** @param {Fault} fault */
    go(fault) {
      const [span] = spansOf(area.value, [fault]);
      area.focus();
      if (span) area.setSelectionRange(span.start, span.end);
      const height = area.scrollHeight / Math.max(area.value.split('\n').length, 1);
      area.scrollTop = Math.max(0, (fault.line - 5) * height);
    },
  };
};
