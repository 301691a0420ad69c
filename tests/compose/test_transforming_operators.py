"""What the operators that make a loop of the loop before by rules keep, whatever the loop, the key and the metre."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.chords import A_MINOR, C_CHORD, D_MINOR, G_SEVENTH, Progression, bars
from fakes.engine import DiceEngine
from fakes.recipes import plan, recipe
from fakes.scenes import TEXT, scene
from reverie.compose.composer import Composed, compose
from reverie.compose.composer import derived as composed_by_rule
from reverie.compose.evolution import Evolution
from reverie.compose.operators.ladder import Ladder
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.documents import DocumentError
from reverie.music.drums import DRUMS
from reverie.music.harmony import SCALES, Key
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_STEP, Metre
from reverie.music.touch import Touch
from reverie.scenes.operators import OPERATOR_TRAITS

PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""Other programs may have the processor meanwhile."""

TRANSFORMING = [name for name, traits in OPERATOR_TRAITS.items() if traits.transforms]
FOR_DRUMS = [name for name in TRANSFORMING if not OPERATOR_TRAITS[name].pitched]
METRES = st.sampled_from([Metre(), Metre(3, 4), Metre(7, 8, (2, 2, 3)), Metre(6, 8), Metre(5, 16), Metre(2, 8)])
KEYS = st.builds(Key, st.integers(0, 11), st.sampled_from([*SCALES]))


def derived(asked: Recipe) -> list[Note]:
    derive = OPERATORS[asked.operator].derive
    assert derive
    return [*derive(asked)]


@st.composite
def tunes(draw: st.DrawFn, low: int = 48, high: int = 72, key: Key | None = None) -> Recipe:
    """A recipe with a tune as the loop before, one note at a time, in its key and register."""
    metre, own, count = draw(METRES), key or draw(KEYS), draw(st.integers(1, 4))
    steps = count * metre.bar_steps
    cuts = sorted(draw(st.sets(st.integers(0, steps - 1), min_size=1, max_size=12)))
    pitches = [pitch for pitch in range(low, high + 1) if pitch in own]
    notes: list[Note] = []
    for start, end in pairwise([*cuts, steps]):
        length = draw(st.integers(1, end - start))
        notes.append(Note(start * TICKS_PER_STEP, length * TICKS_PER_STEP, draw(st.sampled_from(pitches)), 90, 5))
    limits = LoopLimits(low=low, high=high, least=0.0, most=16, tonic=own.tonic, scale=own.scale)
    return recipe(
        bars=count, metre=metre, before=tuple(notes), limits=limits, seed=draw(st.integers(0, 99)), operator="invert"
    )


@st.composite
def beats(draw: st.DrawFn) -> Recipe:
    metre, count = draw(METRES), draw(st.integers(1, 3))
    places = st.tuples(st.integers(0, count * metre.bar_steps - 1), st.sampled_from(sorted(DRUMS.values())))
    struck = draw(st.sets(places, min_size=1, max_size=16))
    notes = tuple(Note(step * TICKS_PER_STEP, TICKS_PER_STEP, pitch, 80) for step, pitch in sorted(struck))
    limits = LoopLimits(least=0.0, most=24)
    return recipe(
        kind="drums", bars=count, metre=metre, before=notes, limits=limits, seed=draw(st.integers(0, 99)),
        operator="rotate",
    )  # fmt: skip


def in_time(asked: Recipe, notes: Sequence[Note]) -> bool:
    end = asked.bars * asked.metre.bar_ticks
    return all(0 <= note.start < note.end <= end and not note.shift for note in notes)


def onsets(notes: Sequence[Note]) -> list[tuple[int, int]]:
    return [(note.start, note.length) for note in sorted(notes)]


@pytest.mark.parametrize("name", TRANSFORMING)
@PATIENT
@given(tunes(), st.booleans())
def test_a_tune_stays_a_tune_in_its_key_and_register(name: str, asked: Recipe, harmonic: bool) -> None:
    if harmonic:
        chords = [D_MINOR, G_SEVENTH, C_CHORD, A_MINOR, C_CHORD][: asked.bars + 1]
        asked = replace(asked, harmony=bars(*chords), limits=replace(asked.limits, tonic=0, scale="major"))
    asked = replace(asked, operator=name)
    made = derived(asked)
    assert made == derived(asked)
    assert made
    assert in_time(asked, made)
    assert all(one.end <= other.start for one, other in pairwise(sorted(made)))
    assert all(asked.limits.low <= note.pitch <= asked.limits.high for note in made)
    if name not in {"thin", "respond"}:
        key = Key(asked.limits.tonic, asked.limits.scale)
        fresh = [note for note in made if name != "thicken" or note.velocity != 90]
        assert all(note.pitch in key for note in fresh)


@pytest.mark.parametrize("name", FOR_DRUMS)
@PATIENT
@given(beats())
def test_a_beat_stays_a_beat(name: str, asked: Recipe) -> None:
    asked = replace(asked, operator=name)
    made = derived(asked)
    assert made == derived(asked)
    assert in_time(asked, made)
    assert {note.pitch for note in made} <= {*DRUMS.values()}
    assert max(Counter((note.start, note.pitch) for note in made).values()) == 1


@PATIENT
@given(tunes(), st.integers(-9, 9))
def test_transposing_keeps_the_rhythm_and_moves_by_degrees(asked: Recipe, by: int) -> None:
    wide = replace(asked, operator="transpose", limits=replace(asked.limits, low=0, high=127))
    up = derived(replace(wide, settings={"degrees": by}))
    assert onsets(up) == onsets(asked.before)
    ladder = Ladder(asked)
    assert [ladder.rung(note.pitch) for note in up] == [ladder.rung(note.pitch) + by for note in asked.before]
    back = derived(replace(wide, before=tuple(up), settings={"degrees": -by}))
    assert [note.pitch for note in back] == [note.pitch for note in asked.before]


@PATIENT
@given(tunes(key=Key(2, "dorian")))
def test_seven_degrees_are_an_octave(asked: Recipe) -> None:
    wide = replace(asked, operator="transpose", limits=replace(asked.limits, low=0, high=127))
    up = derived(replace(wide, settings={"degrees": 7}))
    assert [note.pitch for note in up] == [note.pitch + 12 for note in asked.before]


@PATIENT
@given(tunes())
def test_upside_down_twice_is_as_before(asked: Recipe) -> None:
    wide = replace(asked, limits=replace(asked.limits, low=0, high=127))
    once = derived(wide)
    assert onsets(once) == onsets(asked.before)
    up = [other.pitch - one.pitch for one, other in pairwise(asked.before)]
    down = [other.pitch - one.pitch for one, other in pairwise(once)]
    assert all((one > 0) == (other < 0) and (one < 0) == (other > 0) for one, other in zip(up, down, strict=True))
    twice = derived(replace(wide, before=tuple(once)))
    assert [note.pitch for note in twice] == [note.pitch for note in asked.before]


@PATIENT
@given(tunes())
def test_backwards_twice_is_as_before(asked: Recipe) -> None:
    asked = replace(asked, operator="retrograde")
    once = derived(asked)
    assert [note.pitch for note in sorted(once)] == [note.pitch for note in reversed(asked.before)]
    twice = sorted(derived(replace(asked, before=tuple(once))))
    assert onsets(twice) == onsets(asked.before)


@PATIENT
@given(beats())
def test_of_drums_backwards_the_downbeat_stays(asked: Recipe) -> None:
    asked = replace(asked, operator="retrograde")
    once = derived(asked)
    first = {note.pitch for note in asked.before if note.start == 0}
    assert {note.pitch for note in once if note.start == 0} == first
    twice = derived(replace(asked, before=tuple(once)))
    assert sorted((note.start, note.pitch) for note in twice) == sorted(
        (note.start, note.pitch) for note in asked.before
    )


@PATIENT
@given(beats(), st.integers(-40, 40))
def test_rotating_there_and_back_is_as_before(asked: Recipe, by: int) -> None:
    there = derived(replace(asked, settings={"steps": by}))
    back = derived(replace(asked, before=tuple(there), settings={"steps": -by}))
    assert sorted((note.start, note.pitch) for note in back) == sorted(
        (note.start, note.pitch) for note in asked.before
    )


@PATIENT
@given(tunes() | beats(), st.floats(0.05, 1))
def test_thinning_leaves_notes_where_they_were(asked: Recipe, share: float) -> None:
    asked = replace(asked, operator="thin", settings={"to": share})
    made = derived(asked)
    there = {(note.start, note.pitch) for note in asked.before}
    assert {(note.start, note.pitch) for note in made} <= there
    ticks = asked.metre.bar_ticks
    assert {note.start // ticks for note in made} == {note.start // ticks for note in asked.before}
    sounding = len({note.start // ticks for note in asked.before})
    assert len(made) == min(max(round(len(asked.before) * share), sounding), len(asked.before))


@PATIENT
@given(tunes() | beats(), st.floats(1, 4))
def test_thickening_adds_notes_and_takes_none(asked: Recipe, share: float) -> None:
    asked = replace(asked, operator="thicken", settings={"to": share})
    made = derived(asked)
    assert {(note.start, note.pitch) for note in asked.before} <= {(note.start, note.pitch) for note in made}
    assert len(made) <= max(round(len(asked.before) * share), len(asked.before))
    assert len(made) <= max(asked.limits.most * asked.bars, len(asked.before))


def test_a_long_note_passes_on_to_the_next() -> None:
    tune = (Note(0, 960, 60, 90), Note(960, 960, 67, 90))
    limits = LoopLimits(48, 72, scale="major")
    made = derived(recipe(bars=1, before=tune, limits=limits, operator="thicken", settings={"to": 2.0}))
    assert [(note.start, note.pitch) for note in made] == [(0, 60), (480, 62), (960, 67), (1440, 65)]


@PATIENT
@given(tunes())
def test_an_answer_keeps_the_call_and_ends_at_rest(asked: Recipe) -> None:
    asked = replace(asked, operator="respond")
    made = sorted(derived(asked))
    half = asked.bars // 2 * asked.metre.bar_ticks
    last = made[-1]
    if asked.bars > 1:
        call = [(note.start, note.pitch) for note in asked.before if note.start < half]
        assert [(note.start, note.pitch) for note in made if note.start < half][: len(call)] == call
        assert last.start >= half
    assert last.pitch % 12 == asked.limits.tonic
    assert last.length == max(other.length for other in made if other.start == last.start)


def test_the_answer_has_the_rhythm_of_the_call() -> None:
    call = (Note(0, 480, 62, 90), Note(480, 240, 65, 90), Note(720, 480, 69, 90), Note(1920, 1920, 60, 90))
    asked = recipe(before=call, limits=LoopLimits(48, 84, tonic=2, scale="dorian"), operator="respond")
    made = sorted(derived(asked))
    assert [note.start for note in made] == [0, 480, 720, 1920, 2400, 2640]
    assert made[-1].pitch % 12 == 2


@pytest.mark.parametrize(
    ("name", "fits"),
    [("invert", False), ("transpose", False), ("respond", False), ("retrograde", True), ("thin", True)],
)
def test_operators_on_pitches_are_refused_for_drums(name: str, fits: bool) -> None:
    text = TEXT.replace("then: [continue, mutate]", f"then: [continue, {name}]")
    if fits:
        assert scene(text).voices["beat"].evolve.operators == ("continue", name)
        return
    with pytest.raises(DocumentError) as caught:
        scene(text)
    assert str(caught.value) == (
        f"study.yaml:14:40: {name!r} is nothing for voices of kind 'drums'; these are: "
        "reset, continue, mutate, loop, written, retrograde, rotate, thin, thicken, return, "
        "groove, drumify, interpolate, walk"
    )


@pytest.mark.parametrize("name", TRANSFORMING)
def test_a_line_goes_on_from_what_came_of_it_and_makes_it_again(name: str) -> None:
    engine = DiceEngine()
    limits = LoopLimits(48, 84, least=0.1, most=32, tonic=2, scale="dorian")
    harmony = Progression(bars(D_MINOR, G_SEVENTH, C_CHORD, A_MINOR, C_CHORD))
    line = Evolution(plan(then=(name, "continue"), limits=limits, strictness=0.8, harmony=harmony))
    made: list[Composed] = []
    for _ in range(4):
        answer = compose(engine, line.next_recipe(), Memories())
        assert answer.loop
        again = compose(engine, Recipe.from_json(answer.recipe.as_json()), Memories())
        assert (again.loop, again.recipe.id) == (answer.loop, answer.recipe.id)
        made.append(answer)
        line.take(answer.recipe, answer.loop)
    assert [one.recipe.operator for one in made] == ["reset", name, "continue", name]
    loop: Loop | None = made[1].loop
    assert loop
    assert made[2].recipe.primer == loop.notes


@PATIENT
@given(tunes() | beats(), st.floats(1.2, 4), st.integers(0, 99), st.booleans())
def test_what_thicken_adds_is_softer_than_its_neighbours_under_any_touch(
    asked: Recipe, share: float, hand: int, by_a_player: bool
) -> None:
    touch = Touch(hand=hand) if by_a_player else None
    limits = replace(asked.limits, velocity_low=1, velocity_high=120)
    asked = replace(asked, operator="thicken", settings={"to": share}, touch=touch, limits=limits)
    made = composed_by_rule(asked).loop
    if made is None:
        return
    own = {(note.start, note.pitch) for note in asked.before}
    before = sorted(note for note in made.notes if (note.start, note.pitch) in own)
    for note in made.notes:
        if (note.start, note.pitch) in own or not before:
            continue
        earlier = [one for one in before if one.start <= note.start] or before[-1:]
        later = [one for one in before if one.start >= note.start] or before[:1]
        assert note.velocity <= max(0.8 * max(earlier[-1].velocity, later[0].velocity), 1) + 0.5


@pytest.mark.parametrize("length", [241, 250, 300, 359, 360, 481, 490, 600, 961, 1919])
def test_thicken_leaves_no_note_of_a_tick(length: int) -> None:
    tune = (Note(0, length, 60, 90), Note(1920, 480, 67, 90))
    limits = LoopLimits(48, 72, scale="major", most=24)
    asked = recipe(bars=2, before=tune, limits=limits, operator="thicken", settings={"to": 8.0})
    made = derived(asked)
    assert len(made) > 2
    assert min(note.length for note in made) >= TICKS_PER_STEP


@pytest.mark.parametrize("metre", ["1/4", "3/8", "1/8", "2/8", "3/16", "1/2"])
def test_rotate_moves_a_loop_of_one_bar_of_one_beat(metre: str) -> None:
    of = Metre.parse(metre)
    beat = (Note(0, 120, 36, 90),)
    asked = recipe(kind="drums", bars=1, metre=of, before=beat, operator="rotate", limits=LoopLimits(least=0.0))
    [moved] = derived(asked)
    assert 0 < moved.start < of.bar_ticks
    assert moved.start % TICKS_PER_STEP == 0


def test_rotate_leaves_no_sliver_of_a_note_that_goes_beyond_the_end() -> None:
    played = (Note(0, 480, 60, 90), Note(470, 600, 64, 90))
    limits = LoopLimits(least=0.0, polyphony=8)
    asked = recipe(
        kind="performance", bars=1, before=played, operator="rotate", settings={"steps": 12.0}, limits=limits
    )
    assert [note.length for note in derived(asked)] == [480]
