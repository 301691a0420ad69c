"""Chords of a MIDI file, from markers that are chord symbols: Reverie's own files have one for each chord."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

from reverie.measure.piece import SoundedChord
from reverie.music.chord_symbols import NO_CHORD, Chord, chord_tones, parse_chord


def marked_chords(markers: Sequence[tuple[int, str]], end: int) -> tuple[SoundedChord, ...]:
    """The chords that markers name, each up to the next one; none if fewer than two markers are chord symbols.

    A single one may be a title, such as ``A``. Texts that are no symbols are other markers.
    """
    found = list(_read(markers))
    if len(found) < 2:  # noqa: PLR2004 - one chord is no harmony
        return ()
    chords = list[SoundedChord]()
    for (start, symbol, chord), (after, *_) in pairwise([*found, (end, "", None)]):
        if chord is not None and after > start:
            tones = frozenset({*chord_tones(symbol), chord.bass})
            before = chords[-1] if chords else None
            change = before is None or before.end != start or (before.symbol, before.bass) != (symbol, chord.bass)
            chords.append(SoundedChord(start, after, symbol, chord.root, chord.bass, tones, change=change))
    return tuple(chords)


def _read(markers: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str, Chord | None]]:
    for tick, text in sorted(markers, key=lambda one: one[0]):
        symbol = text.strip()
        if symbol == NO_CHORD:
            yield tick, symbol, None
        else:
            with contextlib.suppress(ValueError):
                yield tick, symbol, parse_chord(symbol)
