"""How voices agree in pitch: with the bass, with the chord, and with each other while they sound together."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

from reverie.measure.piece import MeasuredVoice, Piece, PlacedNote
from reverie.measure.relation import Ratio, Related, related, total

CONSONANT = frozenset({0, 3, 4, 7, 8, 9})
"""Intervals over the bass in semitones, without octaves: unison, thirds, fifth and sixths. The fourth is none there."""
_SEMITONE = 1


def with_bass(piece: Piece, voices: Sequence[MeasuredVoice] | None = None) -> Related:
    """Of the melody's notes that are struck on a strong place while a bass sounds: how many are consonant with it.

    By chance: the bass is moved by whole bars.
    """
    bass = _lowest(piece, piece.of_role("bass"))
    struck = _struck_on_strong(piece, piece.of_role("melody") if voices is None else voices)

    def share(move: int) -> Ratio:
        found = (
            (pitch - below) % 12 in CONSONANT
            for number, offset, pitch in struck
            if (below := bass.get(((number + move) % len(piece.bars), offset))) is not None
        )
        return _share(found)

    return related(len(piece.bars), share)


def with_chord(piece: Piece, voices: Sequence[MeasuredVoice] | None = None) -> Related:
    """Of the melody's notes that are struck on a strong place under a known chord: how many are tones of it.

    By chance: the chords are moved by whole bars.
    """
    struck = _struck_on_strong(piece, piece.of_role("melody") if voices is None else voices)

    def share(move: int) -> Ratio:
        found = list[bool]()
        for number, offset, pitch in struck:
            chord = piece.chord_at(piece.bars[(number + move) % len(piece.bars)].start + offset)
            if chord is not None:
                found.append(pitch % 12 in chord.tones)
        return _share(found)

    return related(len(piece.bars), share)


def bass_at_changes(piece: Piece) -> Related:
    """Of the places where another chord begins and a bass sounds: how often it has the chord's bass, root or fifth.

    By chance: the bass is moved by whole bars.
    """
    voices = piece.of_role("bass")
    changes = [chord for chord in piece.chords if chord.change and chord.start < piece.end]
    sounding = [_Sounding(voice.notes) for voice in voices]

    def share(move: int) -> Ratio:
        found = list[bool]()
        for chord in changes:
            number = piece.bar_at(chord.start)
            there = piece.bars[(number + move) % len(piece.bars)].start + chord.start - piece.bars[number].start
            pitches = [pitch for one in sounding for pitch in one.at(there)]
            if pitches:
                found.append(min(pitches) % 12 in {chord.bass, chord.root, chord.fifth})
        return _share(found)

    return related(len(piece.bars), share)


def clashes(piece: Piece) -> Related:
    """Of the time in which two or more pitched notes sound: in how much of it one is a semitone above another.

    That is a minor second or ninth by any number of octaves; a major seventh is none, and neither are two tones of the
    chord that is known there. By chance: each voice is moved by whole bars of its own against the first.
    """
    voices = [voice for voice in piece.voices if voice.pitched]

    def share(move: int) -> Ratio:
        notes = [
            note
            for number, voice in enumerate(voices)
            for note in (_moved(piece, voice.notes, number * move) if move and number else voice.notes)
        ]
        return _clash_time(piece, notes)

    return related(len(piece.bars) if len(voices) > 1 else 0, share)


def _clash_time(piece: Piece, notes: Sequence[PlacedNote]) -> Ratio:
    """Ticks with a clash, of those with two notes or more: a sweep over all beginnings and ends."""
    events = sorted(
        [(note.start, 1, note.pitch) for note in notes]
        + [(note.end, 0, note.pitch) for note in notes]
        + [(chord.start, 2, 0) for chord in piece.chords]
    )
    sounding: dict[int, int] = {}
    clashing, together, since = 0, 0, 0
    for tick, kind, pitch in events:
        if tick > since:
            if len(sounding) > 1:
                together += tick - since
                clashing += (tick - since) * _any_clash(piece, since, sounding)
            since = tick
        if kind == 1:
            sounding[pitch] = sounding.get(pitch, 0) + 1
        elif kind == 0:
            sounding[pitch] -= 1
            if not sounding[pitch]:
                del sounding[pitch]
    return Ratio(clashing, together)


def _any_clash(piece: Piece, tick: int, sounding: Mapping[int, int]) -> bool:
    pitches = sorted(sounding)
    pairs = [
        (low, high) for number, high in enumerate(pitches) for low in pitches[:number] if (high - low) % 12 == _SEMITONE
    ]
    if not pairs:
        return False
    chord = piece.chord_at(tick)
    return chord is None or any(low % 12 not in chord.tones or high % 12 not in chord.tones for low, high in pairs)


def _moved(piece: Piece, notes: Sequence[PlacedNote], move: int) -> Iterator[PlacedNote]:
    """Notes that begin in each bar, taken from the bar ``move`` further on; at the end the first ones follow."""
    count = len(piece.bars)
    for note in notes:
        number = piece.bar_at(note.start)
        away = piece.bars[(number - move) % count].start - piece.bars[number].start
        yield PlacedNote(note.start + away, note.end + away, note.pitch, note.velocity, note.late)


def _struck_on_strong(piece: Piece, voices: Sequence[MeasuredVoice]) -> list[tuple[int, int, int]]:
    """Bar, offset and pitch of each note that is struck on a strong place."""
    found = list[tuple[int, int, int]]()
    for voice in voices:
        for note in voice.notes:
            number = piece.bar_at(note.start)
            offset = note.start - piece.bars[number].start
            if offset in piece.bars[number].strong:
                found.append((number, offset, note.pitch))
    return found


def _lowest(piece: Piece, voices: Sequence[MeasuredVoice]) -> dict[tuple[int, int], int]:
    """The lowest pitch of these voices at each strong place, by bar and offset."""
    sounding = [_Sounding(voice.notes) for voice in voices]
    lowest = dict[tuple[int, int], int]()
    for number, bar in enumerate(piece.bars):
        for offset in bar.strong:
            pitches = [pitch for one in sounding for pitch in one.at(bar.start + offset)]
            if pitches:
                lowest[number, offset] = min(pitches)
    return lowest


class _Sounding:
    """What of a voice sounds at a moment."""

    def __init__(self, notes: Sequence[PlacedNote]) -> None:
        self._notes = sorted(notes)
        self._starts = [note.start for note in self._notes]
        self._longest = max((note.end - note.start for note in self._notes), default=0)

    def at(self, tick: int) -> list[int]:
        """The pitches that sound at ``tick``."""
        last = bisect_right(self._starts, tick)
        first = bisect_right(self._starts, tick - self._longest - 1)
        return [note.pitch for note in self._notes[first:last] if note.end > tick]


def _share(found: Sequence[bool] | Iterator[bool]) -> Ratio:
    return total(Ratio(hit, 1) for hit in found)
