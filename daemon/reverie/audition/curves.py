"""How dense and how loud each voice is, bar by bar, as SVG."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from reverie.audition.roll import MARGIN, RIGHT, colour_of
from reverie.measure.piece import MeasuredVoice, Piece
from reverie.music.notes import MAX_MIDI

_LANE, _GAP = 44, 8


def densities(piece: Piece, width: int = 1200) -> str:
    """Notes a bar of each voice, as steps; each lane has its own scale, which is written beside it."""
    rows = [_counts(piece, voice) for voice in piece.voices]
    return _lanes(
        piece, width, [_filled(row, max(row, default=0) or 1) for row in rows], [max(row, default=0) for row in rows]
    )


def dynamics(piece: Piece, width: int = 1200) -> str:
    """The velocities of each voice: from the softest to the loudest of a bar, and their mean; 1 to 127 each lane."""
    return _lanes(piece, width, [_band(piece, voice) for voice in piece.voices], [MAX_MIDI] * len(piece.voices))


def _counts(piece: Piece, voice: MeasuredVoice) -> list[int]:
    counts = [0] * len(piece.bars)
    for note in voice.notes:
        counts[piece.bar_at(note.start)] += 1
    return counts


def _lanes(piece: Piece, width: int, drawings: Sequence[str], tops: Sequence[int]) -> str:
    """Drawings of 0 to the number of bars by 0 to 1, from above, one below the other."""
    height = len(drawings) * (_LANE + _GAP)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">']
    inner, bars = width - MARGIN - RIGHT, max(len(piece.bars), 1)
    for number, (voice, drawing, top) in enumerate(zip(piece.voices, drawings, tops, strict=True)):
        y, colour = number * (_LANE + _GAP), colour_of(number)
        parts += [
            f'<text x="4" y="{y + 12}" class="voice" style="fill:{colour}">{escape(voice.name)}</text>',
            f'<text x="{MARGIN - 4}" y="{y + 10}" class="pitch">{top}</text>',
            f'<rect x="{MARGIN}" y="{y}" width="{inner}" height="{_LANE}" class="lane"/>',
            f'<g transform="translate({MARGIN} {y}) scale({inner / bars:.5f} {_LANE})" fill="{colour}">{drawing}</g>',
        ]
    return "".join([*parts, "</svg>"])


def _filled(values: Sequence[float], top: float) -> str:
    steps = "".join(f"V{1 - value / top:.3f}h1" for value in values)
    return f'<path d="M0 1{steps}V1Z" opacity="0.75"/>'


def _band(piece: Piece, voice: MeasuredVoice) -> str:
    velocities: list[list[int]] = [[] for _ in piece.bars]
    for note in voice.notes:
        velocities[piece.bar_at(note.start)].append(note.velocity)
    return "".join(_bars(velocities))


def _bars(velocities: Sequence[Sequence[int]]) -> Iterator[str]:
    bands, means = list[str](), list[str]()
    for number, row in enumerate(velocities):
        if row:
            low, high, mean = (1 - value / MAX_MIDI for value in (min(row), max(row), sum(row) / len(row)))
            bands.append(f"M{number} {high:.3f}h1V{low + 0.01:.3f}h-1Z")
            means.append(f"M{number} {mean - 0.015:.3f}h1v.03h-1Z")
    yield f'<path d="{"".join(bands)}" opacity="0.3"/><path d="{"".join(means)}"/>'
