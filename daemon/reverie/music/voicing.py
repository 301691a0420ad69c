"""Voicings: which tones of a chord sound in which octaves, so that every voice moves little from chord to chord.

What is weighed is what books on voice leading agree on (Aldwell and Schachter, *Harmony and Voice Leading*; Levine,
*The Jazz Piano Book*): third and seventh always sound, the root may be left to a bass, what is common stays, outer
voices do not move in parallel fifths or octaves, sevenths fall and leading notes rise, and low voices are wide apart.
The path through the chords with the least sum of it all is taken, as far as a beam search sees it.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from reverie.music.harmony import OCTAVE, ChordSpan

Voicing = tuple[int, ...]
"""MIDI pitches, the lowest first."""

NEAR_EQUAL = 0.3
"""Costs that differ by less are a matter of chance."""
_BEAM = 16  # paths that are followed from chord to chord
_KEPT = 48  # voicings of a chord that are weighed at all
_FOR_EACH_TOP = 5  # of them, with one note at the top
_FOR_EACH_BOTTOM = 12  # unfinished voicings above one lowest note
_WIDEST, _WIDEST_BELOW = 14, 19  # semitones between neighbours, and between the lowest two
_FIFTH = 7
_DOMINANT_STEP = 5  # from a dominant's root up to that of its tonic

_MISSING_GUIDE, _MISSING_SIXTH, _MISSING_COLOUR, _MISSING_FIFTH, _MISSING_ROOT = 20.0, 8.0, 4.0, 0.8, 12.0
_TWICE_GUIDE, _TWICE_COLOUR, _TWICE_ROOT, _TWICE_FIFTH = 4.0, 5.0, 0.6, 0.9
_NOT_THE_BASS, _INVERTED, _FORBIDDEN = 10.0, 1.5, 40.0
_PARALLEL_OUTER, _PARALLEL_INNER, _ONE_WAY = 8.0, 1.0, 0.8
_HELD = 0.8
_PULL, _SWAY = 0.6, 0.25  # for each semitone beside the aim; share of the register by which aims differ
_NEW_IDEA = 0.1  # of what moving counts, where another idea begins
_SEVENTH_LEFT, _LEADING_NOTE_LEFT = 2.0, 2.0


@dataclass(frozen=True, slots=True)
class VoicingRules:
    """Where a chord may sound, and by how many ``voices``.

    ``low`` and ``high`` are MIDI pitches. A ``rootless`` voicing leaves the root to somebody else. With ``inversions``
    another tone than the chord's bass may be the lowest.
    """

    low: int
    high: int
    voices: int = 4
    rootless: bool = False
    inversions: bool = True


def voice(
    chords: Sequence[ChordSpan], rules: VoicingRules, before: Voicing = (), seed: int = 0, *, new: bool = False
) -> list[Voicing]:
    """A voicing for each of the chords, of which each goes on smoothly from the one before.

    A chord that follows itself is held. The same arguments give the same voicings.

    Args:
        chords: one after the other; a first one that is no ``change`` goes on from ``before``.
        rules: what is allowed.
        before: what sounded before the first chord; nothing if nothing is known of it.
        seed: decides between voicings that are near equal, and whether they tend upwards or downwards.
        new: whether another idea begins, so that the first chord may leave the place of the one before.
    """
    return list(_path(tuple(chords), rules, before, seed, new))


@lru_cache(maxsize=64)
def _path(
    chords: Sequence[ChordSpan], rules: VoicingRules, before: Voicing, seed: int, new: bool
) -> tuple[Voicing, ...]:
    """The same, kept at hand: a loop's end is asked for again as the next one begins."""
    paths: list[tuple[float, list[Voicing]]] = [(0.0, [])]
    last: ChordSpan | None = None
    aim = _aim(rules, seed)
    for number, chord in enumerate(chords):
        goes_on = _is_same(last, chord) if last is not None else _goes_on(before, chord, rules)
        if goes_on:
            paths = [(cost, [*path, path[-1] if path else before]) for cost, path in paths]
        else:
            chance = random.Random(f"{seed} {number}")
            choices = [
                (cost + NEAR_EQUAL * chance.random() + _PULL * abs(sum(one) / len(one) - aim), one)
                for cost, one in _voicings(_key(chord), rules)
            ]
            ease = _NEW_IDEA if new and last is None else 1.0
            paths = _lengthened(paths, choices, (last, chord), before, ease)
        last = chord
    return tuple(paths[0][1])


def _aim(rules: VoicingRules, seed: int) -> float:
    """Toward which pitch the voicings of a seed tend: chords that come again and again do so higher, then lower."""
    middle, width = (rules.low + rules.high) / 2, rules.high - rules.low
    return middle + width * _SWAY * (2 * random.Random(f"aim {seed}").random() - 1)


def _lengthened(
    paths: Sequence[tuple[float, list[Voicing]]],
    choices: Sequence[tuple[float, Voicing]],
    change: tuple[ChordSpan | None, ChordSpan],
    before: Voicing,
    ease: float,
) -> list[tuple[float, list[Voicing]]]:
    """The best path to each voicing of the next chord, and of these paths the best; ``ease`` is what moving counts."""
    last, chord = change
    left = _key(last) if last is not None else None
    dominant = last is not None and (chord.root - last.root) % OCTAVE == _DOMINANT_STEP
    ways = [(cost, path[-1] if path else before) for cost, path in paths]
    reached: list[tuple[float, int, int]] = []
    for number, (own, here) in enumerate(choices):
        best = min(
            (cost + ease * _move(there, here, left, dominant), place) for place, (cost, there) in enumerate(ways)
        )
        reached.append((best[0] + own, number, best[1]))
    return [(cost, [*paths[place][1], choices[number][1]]) for cost, number, place in sorted(reached)[:_BEAM]]


def _goes_on(before: Voicing, chord: ChordSpan, rules: VoicingRules) -> bool:
    """Whether a first chord is the one that sounds already: it begins there no more, and has all the notes of it."""
    of_chord = {*chord.tones, chord.bass}
    return not chord.change and len(before) == rules.voices and all(pitch % OCTAVE in of_chord for pitch in before)


def _is_same(one: ChordSpan, other: ChordSpan) -> bool:
    return _key(one) == _key(other)


_Key = tuple[int, int, tuple[int, ...]]
"""Root, bass and tones of a chord: what its voicings depend on."""


def _key(chord: ChordSpan) -> _Key:
    return chord.root, chord.bass, chord.tones


@lru_cache(maxsize=512)
def _roles(chord: _Key) -> Mapping[int, str]:
    """What each pitch class is to its chord: root, third, fifth, sixth, seventh or colour.

    A suspended fourth or second stands for the third. Where there are two thirds the minor one is a sharp ninth.
    """
    root, _, tones = chord
    steps = {(tone - root) % OCTAVE: tone for tone in tones}
    found: dict[int, str] = {}
    for role, places in (
        ("root", (0,)),
        ("third", (4, 3, 5, 2)),
        ("seventh", (11, 10)),
        ("fifth", (7,)),
    ):
        place = next((one for one in places if one in steps and steps[one] not in found), None)
        if place is not None:
            found[steps[place]] = role
    kinds = set(found.values())
    for place, tone in steps.items():
        if tone not in found and place == 9 and "seventh" not in kinds:  # noqa: PLR2004 - nine semitones are a sixth
            found[tone] = "sixth"
    return {tone: found.get(tone, "colour") for tone in tones}


@lru_cache(maxsize=512)
def _voicings(chord: _Key, rules: VoicingRules) -> tuple[tuple[float, Voicing], ...]:
    """Voicings of a chord, each with what speaks against it, the best first: some for each note at the top."""
    tops: dict[int, int] = {}
    kept: list[tuple[float, Voicing]] = []
    whole = sorted((_cost(one, chord, rules), one) for one in _stacked(chord, rules))
    for cost, one in whole:
        if tops.get(one[-1], 0) < _FOR_EACH_TOP and len(kept) < _KEPT:
            tops[one[-1]] = tops.get(one[-1], 0) + 1
            kept.append((cost, one))
    return tuple(kept)


def _stacked(chord: _Key, rules: VoicingRules) -> list[Voicing]:
    """Voicings of as many notes as the rules say, or as there is room for, built from the lowest note up."""
    _, bass, tones = chord
    allowed = [pitch for pitch in range(rules.low, rules.high + 1) if pitch % OCTAVE in tones]
    lowest = sorted({*allowed, *(pitch for pitch in range(rules.low, rules.high + 1) if pitch % OCTAVE == bass)})
    whole: list[Voicing] = []
    for bottom in lowest:
        rows: list[Voicing] = [(bottom,)]
        for above in reversed(range(rules.voices - 1)):
            longer = [
                (*row, pitch)
                for row in rows
                for pitch in allowed[: len(allowed) - above]  # so that there is room for the rest
                if row[-1] < pitch <= row[-1] + (_WIDEST if len(row) > 1 else _WIDEST_BELOW)
            ]
            longer.sort(key=lambda row: (_cost(row, chord, rules, whole=False), row))
            rows = longer[:_FOR_EACH_BOTTOM]
        whole += rows
    return whole or [tuple(allowed[: rules.voices])]


def _cost(voicing: Voicing, chord: _Key, rules: VoicingRules, *, whole: bool = True) -> float:
    """What speaks against a voicing; what it lacks counts only once it is ``whole``, and less where it is not."""
    roles = _roles(chord)
    classes = [pitch % OCTAVE for pitch in voicing]
    cost = _spacing(voicing) + _place(voicing, rules)
    for tone, role in roles.items():
        times = classes.count(tone)
        if times > 1:
            cost += (times - 1) * _twice(role)
        elif not times:
            cost += _missing(role, tone, chord, rules) * (1.0 if whole else 0.3)
    if not rules.rootless:
        cost += _bottom(classes[0], chord, roles, inversions=rules.inversions)
    elif roles.get(classes[0]) == "colour":
        cost += 0.5
    return cost


def _twice(role: str) -> float:
    return {"root": _TWICE_ROOT, "fifth": _TWICE_FIFTH, "colour": _TWICE_COLOUR}.get(role, _TWICE_GUIDE)


def _missing(role: str, tone: int, chord: _Key, rules: VoicingRules) -> float:
    match role:
        case "third" | "seventh":
            return _MISSING_GUIDE
        case "sixth":
            return _MISSING_SIXTH
        case "fifth":
            return _MISSING_FIFTH
        case "root":
            return 0.3 if rules.rootless else _MISSING_ROOT
        case _:  # a fifth that is altered says more than a note on top
            return _MISSING_COLOUR + ((tone - chord[0]) % OCTAVE in {6, 8})


def _bottom(lowest: int, chord: _Key, roles: Mapping[int, str], *, inversions: bool) -> float:
    root, bass, _ = chord
    if lowest == bass:
        return 0.0
    if not inversions:
        return _FORBIDDEN
    if bass != root:
        return _NOT_THE_BASS
    return _INVERTED if roles.get(lowest) in {"third", "fifth", "sixth"} else 3 * _INVERTED


def _spacing(voicing: Voicing) -> float:
    """Low voices far apart, high ones closer, no gap within, and no grinding semitone at the top."""
    cost = 0.0
    for number, (lower, upper) in enumerate(pairwise(voicing)):
        gap = upper - lower
        least = 7 if lower < 41 else 5 if lower < 48 else 3 if lower < 54 else 1  # noqa: PLR2004 - F2, C3, F#3
        cost += 1.2 * max(least - gap, 0)
        cost += (0.2 if number == 0 else 0.7) * max(gap - 9, 0)
        if gap == 1:
            cost += 2.5 if upper == voicing[-1] else 1.0
    for lower in voicing:
        cost += 2.5 * (lower + OCTAVE + 1 in voicing)  # a minor ninth
    return cost


def _place(voicing: Voicing, rules: VoicingRules) -> float:
    middle = (rules.low + rules.high) / 2
    return 0.15 * abs(sum(voicing) / len(voicing) - middle)


@lru_cache(maxsize=16_384)
def _move(there: Voicing, here: Voicing, left: _Key | None, dominant: bool) -> float:
    """What speaks against going from one voicing to the next; ``left`` is the chord that is left.

    Chords come again and again, so most of it is known already; what is kept is some 7 MB.
    """
    if not there:
        return 0.0
    if len(there) == len(here):
        ways = [after - before for before, after in zip(there, here, strict=True)]
    else:
        ways = [min((after - before for before in there), key=abs) for after in here]
    cost = sum(abs(way) + 0.5 * max(abs(way) - 4, 0) for way in ways) + 0.3 * abs(ways[-1])
    cost -= _HELD * len(set(there) & set(here))
    if len(ways) > 2 and (all(way > 0 for way in ways) or all(way < 0 for way in ways)):  # noqa: PLR2004
        cost += _ONE_WAY
    if len(there) == len(here):
        cost += _parallels(there, here, ways)
    roles = _roles(left) if left is not None else dict[int, str]()
    return cost + _unresolved(there, here, roles, dominant=dominant)


def _parallels(there: Voicing, here: Voicing, ways: Sequence[int]) -> float:
    """Perfect fifths and octaves between voices that move the same way."""
    cost, top = 0.0, len(here) - 1
    for low in range(top):
        for high in range(low + 1, top + 1):
            apart = (here[high] - here[low]) % OCTAVE
            if apart in {0, _FIFTH} and apart == (there[high] - there[low]) % OCTAVE and ways[low] * ways[high] > 0:
                cost += _PARALLEL_OUTER if (low, high) == (0, top) else _PARALLEL_INNER
    return cost


def _unresolved(there: Voicing, here: Voicing, roles: Mapping[int, str], *, dominant: bool) -> float:
    """Sevenths that neither stay nor fall, and leading notes of a dominant that do not rise to its tonic."""
    cost = 0.0
    for pitch in there:
        role = roles.get(pitch % OCTAVE)
        if role == "seventh" and not {pitch, pitch - 1, pitch - 2} & {*here}:
            cost += _SEVENTH_LEFT
        if role == "third" and dominant and "seventh" in roles.values() and not {pitch, pitch + 1} & {*here}:
            cost += _LEADING_NOTE_LEFT
    return cost
