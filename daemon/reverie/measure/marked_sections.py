"""Sections of a MIDI file, from markers that are no chord symbols: Reverie's own files have one for each section."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from itertools import pairwise

from reverie.measure.piece import MeasuredBar, SectionSpan
from reverie.music.chord_symbols import NO_CHORD, parse_chord


def marked_sections(markers: Sequence[tuple[int, str]], bars: Sequence[MeasuredBar]) -> tuple[SectionSpan, ...]:
    """The sections that markers name, each up to the next; none if fewer than two moments have such a marker.

    Of several markers at a moment the last counts: the first one of a file may be its title. What stands within a bar
    belongs to the nearest bar line.
    """
    names = dict[int, str]()
    for tick, text in sorted(markers, key=lambda one: one[0]):
        if bars and text.strip() and not _is_chord(text.strip()):
            names[min(range(len(bars)), key=lambda bar: abs(bars[bar].start - tick))] = text.strip()
    if len(names) < 2:  # noqa: PLR2004 - one is the title
        return ()
    ends = [*sorted(names), len(bars)]
    return tuple(SectionSpan(names[first], first, end - first) for first, end in pairwise(ends))


def _is_chord(text: str) -> bool:
    if text == NO_CHORD:
        return True
    with contextlib.suppress(ValueError):
        parse_chord(text)
        return True
    return False
