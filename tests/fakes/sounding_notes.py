"""The rule of notes of one key (reverie.music.overlaps) said once more, in another way: what the player is held to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from reverie.music.notes import Note
from reverie.music.overlaps import together


def separated(notes: Iterable[Note]) -> tuple[Note, ...]:
    """The notes of one channel as they sound, in order; none begins while another of its pitch sounds."""
    struck: defaultdict[int, defaultdict[int, list[Note]]] = defaultdict(lambda: defaultdict(list))
    for note in notes:
        struck[note.pitch][note.start].append(note)
    sounding: list[Note] = []
    for moments in struck.values():
        starts = sorted(moments)
        for start, after in zip(starts, [*starts[1:], None], strict=True):
            note = together(moments[start])
            sounding.append(note if after is None else replace(note, length=min(note.length, after - start)))
    return tuple(sorted(sounding))
