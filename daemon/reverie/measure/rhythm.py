"""How voices share their onsets, how a voice repeats itself, and how its notes lie across bar lines."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import permutations

from reverie.measure.piece import MeasuredVoice, Piece
from reverie.measure.relation import Ratio, Related, related, total
from reverie.music.time import TICKS_PER_STEP

Onsets = Sequence[frozenset[int]]
"""By bar, the places in ticks from its beginning at which a voice strikes."""


def onsets(piece: Piece, voice: MeasuredVoice, pitches: frozenset[int] | None = None) -> Onsets:
    """The onsets of a voice by bar; of some ``pitches`` only, if these are named."""
    found: list[set[int]] = [set() for _ in piece.bars]
    for note in voice.notes:
        number = piece.bar_at(note.start)
        if pitches is None or note.pitch in pitches:
            found[number].add(note.start - piece.bars[number].start)
    return [frozenset(one) for one in found]


def lock(piece: Piece) -> Related:
    """Of the bass's onsets in bars in which drums play: how many fall on a kick. By chance: the drums are moved."""
    count = len(piece.bars)
    kicks, playing = _kicks(piece)
    basses = [onsets(piece, voice) for voice in piece.of_role("bass")]

    def share(move: int) -> Ratio:
        hits = of = 0
        for bass in basses:
            for number, own in enumerate(bass):
                there = (number + move) % count
                if playing[there]:
                    hits += len(own & kicks[there])
                    of += len(own)
        return Ratio(hits, of)

    return related(count if any(playing) else 0, share)


def lock_anywhere(piece: Piece) -> float | None:
    """What :func:`lock` is with the drums of each bar moved by sixteenths, around its end: the mean of all moves but 0.

    A kick that is the same in every bar meets the bass after each move by whole bars as before: those say nothing of
    it. None without a bass and drums.
    """
    kicks, playing = _kicks(piece)
    hits, of = 0.0, 0
    for voice in piece.of_role("bass"):
        for number, own in enumerate(onsets(piece, voice)):
            moves = piece.bars[number].ticks // TICKS_PER_STEP - 1
            if not playing[number] or moves < 1:
                continue
            # Each kick meets an onset after one of the moves, unless it is there already or off its sixteenths.
            met = sum((kick - onset) % TICKS_PER_STEP == 0 for onset in own for kick in kicks[number] - {onset})
            hits += met / moves
            of += len(own)
    return Ratio(hits, of).value


def _kicks(piece: Piece) -> tuple[Sequence[set[int]], Sequence[bool]]:
    """By bar, the places of bass drums, and whether any drum plays."""
    kicks: list[set[int]] = [set() for _ in piece.bars]
    playing = [False] * len(piece.bars)
    for voice in piece.of_role("drums"):
        for number, (own, every) in enumerate(
            zip(onsets(piece, voice, voice.kicks), onsets(piece, voice), strict=True)
        ):
            kicks[number] |= own
            playing[number] |= bool(every)
    return kicks, playing


def overlap(piece: Piece, one: MeasuredVoice, other: MeasuredVoice) -> tuple[Related, Related]:
    """Of the onsets of each voice: how many fall together with one of the other. By chance: that one is moved."""
    here, there = onsets(piece, one), onsets(piece, other)
    return _together(here, there), _together(there, here)


def overlap_of_all(piece: Piece, voices: Sequence[MeasuredVoice]) -> Related:
    """Of the onsets of all these voices: how many fall together with one of each other voice, over all pairs."""
    pairs = [(onsets(piece, one), onsets(piece, other)) for one, other in permutations(voices, 2)]
    count = len(piece.bars)

    def ratio(move: int) -> Ratio:
        return total(_common(own, others, move) for own, others in pairs)

    return related(count if pairs else 0, ratio)


def _common(own: Onsets, others: Onsets, move: int) -> Ratio:
    count = len(own)
    hits = sum(len(here & others[(number + move) % count]) for number, here in enumerate(own))
    return Ratio(hits, sum(map(len, own)))


def _together(own: Onsets, others: Onsets) -> Related:
    return related(len(own), lambda move: _common(own, others, move))


def repetition(piece: Piece, voice: MeasuredVoice, within: int) -> Ratio:
    """Of the bars in which a voice strikes: how many are one of its last ``within`` bars again, by place and pitch."""
    content: list[set[tuple[int, int]]] = [set() for _ in piece.bars]
    for note in voice.notes:
        number = piece.bar_at(note.start)
        content[number].add((note.start - piece.bars[number].start, note.pitch))
    last: deque[frozenset[tuple[int, int]]] = deque(maxlen=within)
    hits = of = 0
    for one in map(frozenset, content):
        if one:
            of += 1
            hits += one in last
        last.append(one)
    return Ratio(hits, of)


def crossing(piece: Piece, voice: MeasuredVoice) -> Ratio:
    """Of a voice's notes: how many sound on over a bar line."""
    return Ratio(sum(note.end > piece.bars[piece.bar_at(note.start)].end for note in voice.notes), len(voice.notes))


def density(piece: Piece, voice: MeasuredVoice) -> Mapping[str, float]:
    """Notes in each bar of the piece on average, and in each bar in which the voice strikes."""
    playing = sum(1 for one in onsets(piece, voice) if one)
    return {
        "notes_a_bar": len(voice.notes) / len(piece.bars) if piece.bars else 0.0,
        "notes_a_bar_played": len(voice.notes) / playing if playing else 0.0,
        "bars_played": playing / len(piece.bars) if piece.bars else 0.0,
    }
