"""Notes, loops and recipes of any kind, for property tests."""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle, islice, pairwise
from typing import Any

from hypothesis import strategies as st

from reverie.compose.recipe import ContinuedPast, HeardLoop, LoopLimits, Recipe
from reverie.music.harmony import SCALES, BarHarmony, ChordSpan
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.operators import OPERATOR_TRAITS

midi = st.integers(0, 127)
velocities = st.integers(1, 127)
metres = st.sampled_from([Metre(), Metre(3, 4), Metre(7, 8), Metre(5, 16), Metre(7, 8, (2, 2, 3))])
shifts = st.just(0) | st.integers(-40, 40)
numbers = st.integers(0, 2**32 - 1)
shares = st.floats(0, 1)
words = st.text(max_size=8)


def notes(
    ticks: int, most: int = 8, pitches: st.SearchStrategy[int] = midi, starts: st.SearchStrategy[int] | None = None
) -> st.SearchStrategy[tuple[Note, ...]]:
    """Notes that end by ``ticks``, any number of them at a time, beginning at any tick or at ``starts``."""
    spans = st.tuples(st.integers(0, ticks - 1) if starts is None else starts, st.integers(1, ticks)).map(
        lambda span: (span[0], min(span[1], ticks - span[0]))
    )
    one = st.builds(
        lambda span, pitch, velocity, shift: Note(span[0], span[1], pitch, velocity, shift),
        spans,
        pitches,
        velocities,
        shifts,
    )
    return st.lists(one, max_size=most).map(tuple)


@st.composite
def tied_lines(draw: st.DrawFn, ticks: int) -> tuple[Note, ...]:
    """Lines of one pitch each, in which notes and rests follow one another; many notes are tied."""
    drawn: list[Note] = []
    for pitch in draw(st.sets(st.sampled_from([60, 61, 64]), min_size=1)):
        inner = draw(st.sets(st.integers(1, ticks - 1), max_size=3))
        cuts = [0, *sorted(inner), ticks]
        for start, end in pairwise(cuts):
            if draw(st.integers(0, 3)):
                drawn.append(Note(start, end - start, pitch, 100, tied=draw(st.booleans())))
    return tuple(drawn)


@st.composite
def loops(draw: st.DrawFn, metre: Metre | None = None, most_bars: int = 4) -> Loop:
    bars, measure = draw(st.integers(1, most_bars)), metre or draw(metres)
    return Loop(bars, measure, draw(notes(bars * measure.bar_ticks)))


limits = st.builds(
    LoopLimits,
    low=midi,
    high=midi,
    least=shares,
    most=st.floats(1, 64),
    polyphony=st.integers(1, 8),
    tonic=st.integers(0, 11),
    scale=st.sampled_from([*SCALES]),
    velocity_low=velocities,
    velocity_high=velocities,
)
_classes = st.integers(0, 11)
_chords = st.builds(
    ChordSpan,
    st.just(0),
    words,
    _classes,
    _classes,
    st.lists(_classes, min_size=1, max_size=5).map(tuple),
    st.lists(_classes, max_size=7).map(tuple),
    st.booleans(),
)
harmonies = st.lists(_chords, min_size=1, max_size=3).map(
    lambda chords: BarHarmony(tuple(replace(chord, start=480 * number) for number, chord in enumerate(chords)))
)


@st.composite
def first_recipes(draw: st.DrawFn) -> dict[str, Any]:
    """The fields of a recipe as the first version could make one."""
    return {
        "scene": draw(words),
        "scene_hash": draw(words),
        "voice": draw(words),
        "kind": draw(st.sampled_from([*VOICE_KINDS])),
        "model": draw(words),
        "model_hash": draw(words),
        "operator": draw(st.sampled_from([*OPERATOR_TRAITS])),
        "seed": draw(numbers),
        "temperature": draw(st.floats(0.1, 3)),
        "bars": draw(st.integers(1, 16)),
        "metre": draw(metres),
        "primer": draw(notes(1920, 4)),
        "primer_steps": draw(st.integers(0, 16)),
        "limits": draw(limits),
        "past": draw(
            st.lists(st.builds(ContinuedPast, numbers, shares, midi, midi, midi), max_size=3).map(tuple),
        ),
        "candidates": draw(st.integers(1, 64)),
        "before": draw(notes(1920, 4)),
        "novelty": draw(st.tuples(shares, shares)),
        "choice": draw(st.none() | st.integers(0, 63)),
        "score": draw(st.dictionaries(words, shares, max_size=3)),
        "engine": draw(words),
    }


@st.composite
def later_parts(draw: st.DrawFn, bars: int, metre: Metre) -> dict[str, Any]:
    """What recipes can have since."""
    return {
        "heard": draw(st.lists(st.builds(HeardLoop, words, words, midi, midi, midi), max_size=3).map(tuple)),
        # A few bars over and over: as many of their own would be more than can be drawn at a time.
        "harmony": tuple(islice(cycle(draw(st.lists(harmonies, max_size=3))), bars + 1)),
        "settings": draw(st.dictionaries(words, shares | words, max_size=3)),
        "events": draw(st.lists(st.integers(-2, 511), max_size=8).map(tuple)),
        "harmony_before": draw(st.lists(harmonies, max_size=2).map(tuple)),
        "primer_key": draw(st.none() | st.integers(0, 11)),
        "span": draw(st.sampled_from((0, 2, 3, 4))) * metre.bar_steps,
    }


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    fields = draw(first_recipes())
    return Recipe(**fields, **draw(later_parts(fields["bars"], fields["metre"])))
