"""An evolution as a programme: steps in turn or drawn, with conditions, numbers and holds; and loops that come back."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.engine import DiceEngine
from fakes.recipes import plan
from fakes.scenes import TEXT, scene
from reverie.compose.composer import compose
from reverie.compose.evolution import Evolution
from reverie.compose.placement import Placement
from reverie.compose.programme_place import ProgrammeMoment, ProgrammePlace
from reverie.compose.recipe import LoopLimits
from reverie.compose.state_cache import Memories
from reverie.compose.voice_in_play import _evolution_aside
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.arranging.scene_summary import summary
from reverie.documents import DocumentError
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.scenes.evolve_steps import EvolveProgramme, EvolveStep

PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""Other programs may have the processor meanwhile."""

LIMITS = LoopLimits(low=36, high=96, least=0, most=12)
THIN = Loop(1, Metre(), (Note(0, 120, 60),))
FULL = Loop(1, Metre(), tuple(Note(120 * step, 120, 60 + step % 5) for step in range(11)))


def line_of(*steps: EvolveStep, drawn: bool = False, **changes: Any) -> Evolution:
    programme = EvolveProgramme(steps, drawn)
    then = tuple(step.operator for step in steps)
    return Evolution(plan(then=then, programme=programme, limits=LoopLimits(30, 110, least=0.0, most=64), **changes))


def play(line: Evolution, count: int, engine: DiceEngine | None = None) -> list[Placement]:
    """So many placements, as an ensemble asks for them."""
    engine, placed = engine or DiceEngine(), list[Placement]()
    for _ in range(count):
        line.look_back()
        if line.returning:
            placed.append(line.go_back())
        elif line.holds:
            placed.append(line.again())
        else:
            answer = compose(engine, line.next_recipe(), Memories())
            assert answer.loop
            placed.append(line.take(answer.recipe, answer.loop))
    return placed


def operators(placed: list[Placement]) -> list[str]:
    return [one.made_by.operator if one.made_by else "" for one in placed]


def moment(bar: int = 0, loop: Loop = FULL, number: int = 0, *, can_return: bool = True) -> ProgrammeMoment:
    return ProgrammeMoment(bar, loop, LIMITS, can_return, ("scene", "voice", number))


def test_each_step_has_its_own_numbers_and_its_own_hold() -> None:
    line = line_of(
        EvolveStep("transpose", hold=3, settings={"degrees": 2}), EvolveStep("continue"), EvolveStep("retrograde", 1)
    )
    placed = play(line, 5)
    assert operators(placed) == ["reset", "transpose", "continue", "retrograde", "transpose"]
    assert [one.times for one in placed] == [2, 3, 2, 1, 3]
    assert placed[1].made_by
    assert placed[1].made_by.settings == {"degrees": 2}
    first, second = placed[0].loop.notes, placed[1].loop.notes
    assert [note.start for note in second] == [note.start for note in first]
    assert second != first


def test_a_step_waits_for_its_bars() -> None:
    line = line_of(EvolveStep("continue"), EvolveStep("mutate", bars=20))
    placed = play(line, 14)
    bars = [one.start_bar for one, name in zip(placed, operators(placed), strict=True) if name == "mutate"]
    assert bars[0] >= 20
    assert all(20 <= later - earlier <= 28 for earlier, later in pairwise(bars))
    assert len(bars) == 2


def test_where_no_condition_is_met_the_loop_is_held() -> None:
    placed = play(line_of(EvolveStep("continue", bars=12)), 5)
    assert [one.loop == placed[0].loop for one in placed] == [True, True, True, False, False]


def test_density_decides() -> None:
    programme = EvolveProgramme((EvolveStep("thin", density="high"), EvolveStep("thicken", density="low")))
    assert ProgrammePlace(0).next(programme, moment(loop=FULL)) == 0
    assert ProgrammePlace(0).next(programme, moment(loop=THIN)) == 1
    middling = Loop(1, Metre(), FULL.notes[:6])
    assert ProgrammePlace(0).next(programme, moment(loop=middling)) is None


@PATIENT
@given(st.lists(st.integers(1, 16), min_size=2, max_size=5))
def test_steps_are_drawn_by_weight(weights: list[int]) -> None:
    programme = EvolveProgramme(tuple(EvolveStep("continue", weight=one) for one in weights), drawn=True)
    draws = 600
    drawn = Counter(ProgrammePlace(0).next(programme, moment(number=number)) for number in range(draws))
    for number, weight in enumerate(weights):
        assert abs(drawn[number] / draws - weight / sum(weights)) < 0.1


def test_what_is_drawn_is_the_same_again() -> None:
    steps = (EvolveStep("continue"), EvolveStep("retrograde", weight=2), EvolveStep("thin", weight=3))
    once, again = (operators(play(line_of(*steps, drawn=True), 12)) for _ in range(2))
    assert once == again
    assert len({*once}) == 4


def test_the_step_that_was_asked_for_is_the_one_that_is_taken_however_late_the_answer_comes() -> None:
    line = line_of(EvolveStep("continue"), EvolveStep("mutate", hold=5, bars=8))
    play(line, 1)
    asked = line.next_recipe()
    assert asked.operator == "continue"
    line.go_to(line.end_bar + 8)
    answer = compose(DiceEngine(), asked, Memories())
    assert answer.loop
    assert line.take(answer.recipe, answer.loop).times == 2
    assert line.next_step() == "mutate"


def test_a_loop_of_before_comes_back() -> None:
    placed = play(line_of(EvolveStep("reset"), EvolveStep("reset"), EvolveStep("return", hold=1)), 10)
    returned = [number for number, one in enumerate(placed) if one.loop in [other.loop for other in placed[:number]]]
    assert returned == [3, 6, 9]
    for number in returned:
        assert placed[number].times == 1
        assert placed[number].loop != placed[number - 1].loop
    plain = line_of(EvolveStep("return"))
    assert len({one.loop for one in play(plain, 3)}) == 1, "there is none before the first"


EVOLVE = "evolve: {hold: 1, then: [continue, loop, reset]}"


def written(then: str, more: str = "") -> str:
    return TEXT.replace(EVOLVE, f"evolve: {{hold: 1, then: {then}{more}}}")


def test_what_is_written_plainly_is_as_it_was() -> None:
    plain, long = scene(TEXT), scene(written("[{do: continue}, loop, {do: reset}]", ", order: in-turn"))
    assert plain.hash == long.hash
    assert plain.voices["lead"].evolve.programme is None
    assert arrange(plain, {}).plans["lead"].then == ("continue", "loop", "reset")
    assert scene(written("[continue, loop, {do: reset, hold: 2}]")).hash != plain.hash
    assert scene(written("[continue, loop, reset]", ", order: drawn")).hash != plain.hash


ROUND = "the loop has 32 sixteenths, and 'steps' of 'rotate' moves it round by"
FAULTS = [
    ("[{do: invert, degrees: ^2}]", "'invert' has no 'degrees'; that is for 'transpose'"),
    ("[{do: transpose, degrees: ^99}]", "'degrees' of 'transpose' is a whole number from -14 to 14, not 99"),
    ("[{do: thin, to: ^2.5}]", "'to' of 'thin' is a number from 0.05 to 1, not 2.5"),
    ("[{do: thin, when: ^{}}]", "'when' has no condition; write one such as {bars: 64} or {density: low}"),
    ("[{do: thin, weight: ^3}]", "steps in turn have no weight; leave it out, or say 'order: drawn'"),
    ("[{do: transpose, degrees: ^0}]", "'degrees' of 'transpose' is another number than 0, which changes nothing"),
    ("[{do: thicken, to: ^1}]", "'to' of 'thicken' is another number than 1, which changes nothing"),
    ("[{do: rotate, steps: ^1000}]", f"{ROUND} 1000, as 8 do; write fewer than 32"),
    ("[{do: rotate, steps: ^-32}]", f"{ROUND} -32, which changes nothing; write fewer than 32"),
    ("[^{hold: 3}]", "the key 'do' is missing: the operator"),
]


@pytest.mark.parametrize(("then", "fault"), FAULTS)
def test_what_is_wrong_with_a_step_is_told_at_its_place(then: str, fault: str) -> None:
    marked = written(then).splitlines()
    [(line, column)] = [(number, text.index("^")) for number, text in enumerate(marked) if "^" in text]
    with pytest.raises(DocumentError) as caught:
        scene(written(then.replace("^", "")))
    assert str(caught.value) == f"study.yaml:{line + 1}:{column + 1}: {fault}"


def test_a_scene_is_drawn_in_a_line_for_each_voice() -> None:
    steps = "[continue, {do: transpose, degrees: -2, hold: 2}, {do: thin, when: {bars: 64, density: high}}]"
    title, beat, lead = summary(scene(written(steps)))
    assert title == "study: A study"
    assert beat == "    beat  drums by drum_kit, 1 bar         reset x2, then over and over: continue x2 > mutate x2"
    begins, thin = "reset x1, then over and over: continue x1", "thin after 64 bars at high density x1"
    assert lead == f"    lead  melody by attention_rnn, 2 bars  {begins} > transpose degrees -2 x2 > {thin}"
    drawn = [*summary(scene(written("[continue, {do: mutate, weight: 3}]", ", order: drawn")))][-1]
    assert drawn.endswith("reset x1, then drawn by weight: continue x1 (1) | mutate x1 (3)")


@pytest.mark.parametrize(
    "evolve",
    [
        "{hold: 2, then: [continue, groove]}",
        "{hold: 1, then: [rotate, thin]}",
        "{hold: 3, then: [{do: rotate, steps: 4}, {do: return, when: {bars: 8}}]}",
    ],
)
def test_a_voice_with_another_evolution_is_no_other_voice(evolve: str) -> None:
    old, new = (
        arrange(scene(text), {}).plans["beat"]
        for text in (TEXT, TEXT.replace("{hold: 2, then: [continue, mutate]}", evolve))
    )
    assert new != old
    assert _evolution_aside(new, old) == old


def fruitless(line: Evolution) -> Placement:
    """The answer to what is asked for is the loop before once more."""
    asked, last = line.next_recipe(), line._last
    assert last is not None
    return line.take(asked, last.loop, new=False)


def test_after_a_fruitless_loop_the_conditions_of_steps_hold() -> None:
    line = line_of(EvolveStep("continue"), EvolveStep("loop"), EvolveStep("reset", bars=500), EvolveStep("mutate"))
    play(line, 1)
    fruitless(line)
    assert line.next_step() == "mutate", "a step that only holds is passed over, and one whose condition is not met"
    assert operators(play(line, 1)) == ["mutate"]
    assert operators(play(line, 2)) == ["continue", "continue"], "which is held"


def test_after_a_fruitless_loop_the_last_is_held_where_no_other_step_may_be_taken() -> None:
    line = line_of(EvolveStep("continue", bars=8), EvolveStep("loop", hold=1))
    play(line, 1)
    while line.next_step() == "loop":
        line.again()
    assert line.end_bar == 8
    fruitless(line)
    before = line.end_bar
    while line.next_step() == "loop":
        line.again()
    assert line.end_bar - before >= 4
    assert line.next_step() == "continue"
