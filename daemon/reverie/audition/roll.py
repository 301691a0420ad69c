"""Rolls as SVG: a lane for each voice over a span of bars, with bar lines, and the harmony above."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from reverie.measure.piece import MeasuredVoice, Piece, PlacedNote, SoundedChord
from reverie.music.drums import DRUMS
from reverie.music.harmony import pitch_name
from reverie.music.notes import MAX_MIDI

COLOURS = ("#1d4ed8", "#c2410c", "#0f766e", "#7e22ce", "#a16207", "#be185d", "#4d7c0f", "#0369a1")
"""Of the voices in their order, and again from the first."""
MARGIN = 112
"""Pixels to the left of the music, for names."""
RIGHT = 4
"""Pixels to its right."""
_HARMONY, _GAP, _LETTER = 26, 10, 6.2
_LOUDNESSES = 4
_DRUM_NAMES = {number: name for name, number in DRUMS.items()}


@dataclass(frozen=True, slots=True)
class RollScale:
    """How music is drawn: pixels in all and of a lane, whether each note says what it is, every which bar is named.

    A row has room for ``bars``; with 0 what is drawn fills it.
    """

    width: int = 1200
    lane: int = 72
    named_notes: bool = False
    named_bars: int = 4
    bars: int = 0


def colour_of(number: int) -> str:
    """The colour of the voice of that number."""
    return COLOURS[number % len(COLOURS)]


def roll(piece: Piece, first: int, last: int, scale: RollScale) -> str:
    """The bars from ``first`` up to and without ``last`` as SVG."""
    view = _View(piece, first, min(last, len(piece.bars)), scale)
    lanes = [(number, voice) for number, voice in enumerate(piece.voices) if voice.notes]
    top = _HARMONY if piece.chords else 0
    height = top + len(lanes) * (scale.lane + _GAP) + 16
    label = f'role="img" aria-label="bars {first + 1} to {view.last}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {scale.width} {height}" {label}>']
    parts += _harmony(view)
    for lane, (number, voice) in enumerate(lanes):
        parts += _lane(view, voice, colour_of(number), top + lane * (scale.lane + _GAP))
    parts += _bar_names(view, height - 4)
    return "".join([*parts, "</svg>"])


@dataclass(frozen=True, slots=True)
class _View:
    piece: Piece
    first: int
    last: int
    scale: RollScale

    @property
    def begin(self) -> int:
        return self.piece.bars[self.first].start

    @property
    def end(self) -> int:
        return self.piece.bars[self.last - 1].end

    @property
    def room(self) -> float:
        """Ticks for which the row has room."""
        shown = self.last - self.first
        return (self.end - self.begin) * max(self.scale.bars, shown) / shown

    def x(self, tick: float) -> float:
        within = min(max(tick, self.begin), self.end) - self.begin
        return MARGIN + within / self.room * (self.scale.width - MARGIN - RIGHT)

    def shows(self, start: int, end: int) -> bool:
        return start < self.end and end > self.begin


def _lane(view: _View, voice: MeasuredVoice, colour: str, top: int) -> Iterator[str]:
    height = view.scale.lane
    yield f'<rect x="{MARGIN}" y="{top}" width="{view.scale.width - MARGIN - RIGHT}" height="{height}" class="lane"/>'
    yield f'<text x="4" y="{top + 12}" class="voice" style="fill:{colour}">{escape(voice.name)}</text>'
    rows = _rows(voice)
    step = height / len(rows)
    for pitch, row in rows.items():
        y = top + height - (row + 0.5) * step
        if not voice.pitched and step >= 8:  # noqa: PLR2004 - pixels that a name needs
            yield f'<text x="{MARGIN - 4}" y="{y + 3:.1f}" class="pitch">{_drum_name(pitch)}</text>'
        elif voice.pitched and pitch % 12 == 0:
            yield f'<path d="M{MARGIN} {y:.1f}H{view.scale.width - RIGHT}" class="octave"/>'
            yield f'<text x="{MARGIN - 4}" y="{y + 3:.1f}" class="pitch">{pitch_name(pitch)}</text>'
    yield from _bar_lines(view, top, top + height)
    notes = [note for note in voice.notes if view.shows(note.start, note.end)]
    at = {pitch: top + height - (row + 0.5) * step for pitch, row in rows.items()}
    draw = _named if view.scale.named_notes else _unnamed
    yield from draw(view, notes, at, max(step * 0.86, 1.2), colour)


def _rows(voice: MeasuredVoice) -> dict[int, int]:
    """The row of each pitch from below: every semitone in the voice's range, or every drum that it strikes."""
    pitches = sorted({note.pitch for note in voice.notes})
    shown = range(pitches[0] - 1, pitches[-1] + 2) if voice.pitched else pitches
    return {pitch: row for row, pitch in enumerate(shown)}


def _unnamed(
    view: _View, notes: Sequence[PlacedNote], at: dict[int, float], thick: float, colour: str
) -> Iterator[str]:
    """All notes of about one loudness as one path: an hour has many."""
    paths: dict[int, list[str]] = defaultdict(list)
    for note in notes:
        x = view.x(note.start + note.late)
        width = max(view.x(note.end) - x, 1.0)
        loudness = note.velocity * _LOUDNESSES // (MAX_MIDI + 1)
        paths[loudness].append(f"M{x:.1f} {at[note.pitch]:.1f}h{width:.1f}")
    for loudness, path in sorted(paths.items()):
        opacity = _opacity((loudness + 0.5) / _LOUDNESSES)
        yield f'<path d="{"".join(path)}" stroke="{colour}" stroke-width="{thick:.1f}" opacity="{opacity:.2f}"/>'


def _named(view: _View, notes: Sequence[PlacedNote], at: dict[int, float], thick: float, colour: str) -> Iterator[str]:
    for note in notes:
        x = view.x(note.start + note.late)
        width = max(view.x(note.end) - x - 0.5, 1.0)
        opacity = _opacity(note.velocity / MAX_MIDI)
        late = f", {note.late:+d} ticks" if note.late else ""
        yield (
            f'<rect x="{x:.1f}" y="{at[note.pitch] - thick / 2:.1f}" width="{width:.1f}" height="{thick:.1f}"'
            f' fill="{colour}" opacity="{opacity:.2f}"><title>{pitch_name(note.pitch)}, velocity {note.velocity}{late}'
            "</title></rect>"
        )


def _harmony(view: _View) -> Iterator[str]:
    """The chords as a band, in which equal roots have equal colours, and as symbols where there is room."""
    free = 0.0
    for chord in view.piece.chords:
        if not view.shows(chord.start, chord.end):
            continue
        x, end = view.x(chord.start), view.x(chord.end)
        yield (
            f'<rect x="{x:.1f}" y="{_HARMONY - 8}" width="{end - x:.1f}" height="5" fill="{_hue(chord)}">'
            f"<title>{escape(chord.symbol)}</title></rect>"
        )
        if chord.change and x >= free and end - x > 2 * _LETTER:
            yield f'<text x="{x:.1f}" y="{_HARMONY - 12}" class="chord">{escape(chord.symbol)}</text>'
            free = x + _LETTER * (len(chord.symbol) + 1)


def _hue(chord: SoundedChord) -> str:
    """By the circle of fifths: roots that are near each other have colours that are."""
    return f"hsl({chord.root * 7 % 12 * 30} 55% 58%)"


def _bar_lines(view: _View, top: int, bottom: int) -> Iterator[str]:
    every = 1 if view.last - view.first <= 96 else view.scale.named_bars  # noqa: PLR2004 - lines that can be told apart
    lines = "".join(
        f"M{view.x(bar.start):.1f} {top}V{bottom}" for bar in view.piece.bars[view.first : view.last : every]
    )
    yield f'<path d="{lines}" class="bar"/>'


def _bar_names(view: _View, y: int) -> Iterator[str]:
    for number in range(view.first, view.last):
        if number % view.scale.named_bars == 0:
            yield f'<text x="{view.x(view.piece.bars[number].start):.1f}" y="{y}" class="number">{number + 1}</text>'


def _opacity(share: float) -> float:
    return 0.3 + 0.7 * min(share, 1.0)


def _drum_name(pitch: int) -> str:
    return _DRUM_NAMES.get(pitch, str(pitch))
