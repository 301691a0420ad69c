"""What a voice has played is remembered for a week, within bounds, and its next loop is composed beside it."""

from __future__ import annotations

import operator
import random
import time
import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.engine import DiceEngine
from fakes.recipes import recipe
from reverie.compose.composer import WARMER, Composed, compose
from reverie.compose.engines.engine import Candidate
from reverie.compose.fingerprint import SIZE, Fingerprint, fingerprint
from reverie.compose.novelty import MOST_LOOPS, MOST_VOICES, Nearest, NoveltyMemory
from reverie.compose.novelty_bands import HOUR, WEEK, NoveltyBands
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre

LEAD = ("study", "lead")
BANDS = NoveltyBands(last=(0.1, 1.0), hour=(0.1, 1.0), week=(0.01, 1.0))
LIMITS = LoopLimits(low=40, high=90, most=16)


def prints(seed: int = 1) -> Iterator[Fingerprint]:
    dice = random.Random(seed)
    while True:
        yield Fingerprint(dice.getrandbits(64), dice.randbytes(SIZE))


def tune(*pitches: int) -> tuple[Note, ...]:
    return tuple(Note(number * 240, 240, pitch) for number, pitch in enumerate(pitches))


ONE, TWO = tune(60, 64, 62, 67, 65, 64, 62, 60), tune(72, 60, 60, 71, 55, 67, 69, 60)
NEAR = (*ONE[:-1], Note(7 * 240, 240, 59))


class Scripted(DiceEngine):
    """Gives these candidates, one call after the other."""

    def __init__(self, *calls: Sequence[tuple[Note, ...]]) -> None:
        super().__init__()
        self._calls = list(calls)

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        self.asked.append(recipe)
        call = self._calls.pop(0) if self._calls else [()]
        return [Candidate(notes, -number / 100) for number, notes in enumerate(call)]


def asked(**fields: object) -> Recipe:
    return recipe(bars=1, limits=LIMITS, scene="study", candidates=2, **fields)


def answered(
    engine: DiceEngine, memory: NoveltyMemory, request: Recipe, bands: NoveltyBands | None = BANDS
) -> Composed:
    return compose(engine, request, Memories(), memory.up_to(100.0, bands))


def memory_of(*loops: tuple[Note, ...], at: float = 0.0) -> NoveltyMemory:
    memory = NoveltyMemory()
    for notes in loops:
        memory.remember(LEAD, fingerprint(Loop(1, Metre(), notes), "melody"), at)
    return memory


def test_an_hour_and_a_week_end() -> None:
    one, two = (fingerprint(Loop(1, Metre(), notes), "melody") for notes in (ONE, TWO))
    memory = NoveltyMemory()
    assert memory.nearest(LEAD, one, 0.0) == Nearest()
    memory.remember(LEAD, one, 10.0)
    assert memory.nearest(LEAD, one, 10.0 + HOUR) == Nearest(0.0, 0.0)
    assert memory.nearest(LEAD, one, 11.0 + HOUR) == Nearest(None, 0.0)
    assert memory.nearest(LEAD, one, 11.0 + WEEK) == Nearest(None, None)
    memory.remember(LEAD, two, 11.0 + WEEK)
    nearest = memory.nearest(LEAD, one, 11.0 + WEEK)
    assert nearest.hour == nearest.week
    assert nearest.hour is not None
    assert nearest.hour > 0.5


def test_what_is_played_again_is_new_again() -> None:
    one = fingerprint(Loop(1, Metre(), ONE), "melody")
    memory = NoveltyMemory()
    memory.remember(LEAD, one, 0.0)
    memory.remember(LEAD, one, 2 * HOUR)
    assert memory.count(LEAD) == 1
    assert memory.nearest(LEAD, one, 2.5 * HOUR) == Nearest(0.0, 0.0)


def test_two_voices_of_one_name_are_two() -> None:
    memory = memory_of(ONE)
    one = fingerprint(Loop(1, Metre(), ONE), "melody")
    assert memory.nearest(("other", "lead"), one, 0.0) == Nearest()
    assert memory.nearest(("study", "bass"), one, 0.0) == Nearest()


def test_a_clock_that_goes_back_stands_still() -> None:
    memory = memory_of(ONE, at=1e6)
    one, two = (fingerprint(Loop(1, Metre(), notes), "melody") for notes in (ONE, TWO))
    assert memory.nearest(LEAD, one, 0.0) == Nearest(0.0, 0.0)
    memory.remember(LEAD, two, 5.0)
    assert memory.nearest(LEAD, two, 1e6 + HOUR).hour == 0.0


def test_what_was_kept_is_read_once_for_each_voice() -> None:
    read: list[tuple[str, str]] = []
    one = fingerprint(Loop(1, Metre(), ONE), "melody")

    def rows(voice: tuple[str, str]) -> list[tuple[float, Fingerprint]]:
        read.append(voice)
        return [(5.0, one)] if voice == LEAD else []

    memory = NoveltyMemory(rows)
    assert [memory.nearest(LEAD, one, 6.0).hour for _ in range(3)] == [0.0] * 3
    assert memory.nearest(("study", "bass"), one, 6.0) == Nearest()
    assert read == [LEAD, ("study", "bass")]


@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 3 * WEEK)), max_size=60), st.floats(0, 3 * WEEK))
def test_the_nearest_is_that_of_a_plain_search(rows: list[tuple[int, float]], moment: float) -> None:
    drawn = [one for one, _ in zip(prints(), range(31), strict=False)]
    memory, plain, latest = NoveltyMemory(), dict[int, float](), 0.0
    for number, at in rows:
        latest = max(latest, at)
        memory.remember(LEAD, drawn[number], at)
        plain[number] = latest
    now = max(latest, moment)
    known = {number for number, at in plain.items() if now - at <= WEEK}
    found = memory.nearest(LEAD, drawn[3], moment)
    assert (found.week == 0.0) == (3 in known)
    assert (found.week is None) == (not known)
    assert (found.hour is None) == (not {number for number, at in plain.items() if now - at <= HOUR})


@pytest.mark.slow
def test_a_week_of_a_million_loops_takes_little_room_and_time() -> None:
    memory, loops = NoveltyMemory(), prints()
    tracemalloc.start()
    for number in range(1_000_000):
        memory.remember(LEAD, next(loops), number * WEEK / 1_000_000)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 4_000_000
    assert MOST_LOOPS / 2 < memory.count(LEAD) <= MOST_LOOPS
    assert questions(memory, WEEK) < 0.002


def test_a_busy_voice_is_thinned_out_from_its_older_end_and_asked_quickly() -> None:
    memory, kept = NoveltyMemory(), list[Fingerprint]()
    for number, loop in zip(range(3 * MOST_LOOPS), prints(), strict=False):
        memory.remember(LEAD, loop, number * 3.0)
        kept.append(loop)
    now = 3 * MOST_LOOPS * 3.0
    assert memory.count(LEAD) <= MOST_LOOPS
    assert all(memory.nearest(LEAD, one, now).hour == 0.0 for one in kept[-1000:])
    old = [memory.nearest(LEAD, one, now).week == 0.0 for one in kept[: MOST_LOOPS // 2 : 8]]
    assert 0 < sum(old) < len(old)
    one_by_one = looking_at_each(kept[-memory.count(LEAD) :])
    assert questions(memory, now) < one_by_one / 20


def questions(memory: NoveltyMemory, now: float) -> float:
    """The median of the processor's seconds that a question takes."""
    took: list[float] = []
    for _, loop in zip(range(50), prints(2), strict=False):
        begun = time.thread_time()
        memory.nearest(LEAD, loop, now)
        took.append(time.thread_time() - begun)
    return float(np.median(took))


def looking_at_each(loops: Sequence[Fingerprint]) -> float:
    """The least of the processor's seconds in which loops are compared with another, one after the other."""
    took: list[float] = []
    for _, asked_for in zip(range(3), prints(2), strict=False):
        begun = time.thread_time()
        assert max(sum(map(operator.eq, loop.sketch, asked_for.sketch)) for loop in loops) < SIZE
        took.append(time.thread_time() - begun)
    return min(took)


def test_voices_of_scenes_long_gone_are_forgotten() -> None:
    memory, loop = NoveltyMemory(), next(prints())
    for number in range(MOST_VOICES + 1):
        memory.remember(("study", str(number)), loop, 0.0)
    assert memory.nearest(("study", "0"), loop, 0.0) == Nearest()
    assert memory.nearest(("study", str(MOST_VOICES)), loop, 0.0) == Nearest(0.0, 0.0)


def test_a_candidate_inside_the_bands_is_kept_before_a_better_one_outside() -> None:
    answer = answered(Scripted([ONE, TWO]), memory_of(ONE), asked())
    assert answer.recipe.choice == 1
    assert answer.novelty is not None
    assert (answer.novelty.amiss, answer.novelty.warmer) == ("", 0)
    free = answered(Scripted([ONE, TWO]), memory_of(ONE), asked(), bands=None)
    assert free.recipe.choice == 0
    assert free.novelty is not None
    assert (free.novelty.hour, free.novelty.excess, free.novelty.guarded) == (0.0, 0.0, False)


def test_too_much_alike_is_composed_hotter_and_the_recipe_makes_it_again() -> None:
    engine = Scripted([ONE, ONE], [ONE, ONE], [ONE, TWO])
    answer = answered(engine, memory_of(ONE), asked(temperature=0.8))
    assert [one.temperature for one in engine.asked] == [
        0.8,
        pytest.approx(0.8 * WARMER),
        pytest.approx(0.8 * WARMER**2, abs=1e-4),
    ]
    assert len({one.seed for one in engine.asked}) == 3
    assert answer.novelty is not None
    assert (answer.recipe.temperature, answer.novelty.warmer) == (engine.asked[-1].temperature, 2)
    again = answered(Scripted([ONE, TWO]), memory_of(ONE, TWO), answer.recipe)
    assert (again.loop, again.recipe.id) == (answer.loop, answer.recipe.id)
    assert compose(Scripted([ONE, TWO]), answer.recipe, Memories()).loop == answer.loop


def test_too_strange_is_composed_cooler() -> None:
    engine = Scripted([TWO, TWO], [NEAR, NEAR])
    bands = NoveltyBands(hour=(0.05, 0.6))
    answer = answered(engine, memory_of(ONE), asked(), bands)
    assert [one.temperature for one in engine.asked] == [1.0, pytest.approx(1 / WARMER, abs=1e-4)]
    assert answer.novelty is not None
    assert (answer.novelty.amiss, answer.novelty.warmer) == ("", -1)


def test_where_nothing_is_inside_the_nearest_to_its_band_is_the_best_there_is() -> None:
    bands = NoveltyBands(hour=(0.9, 1.0))
    engine = Scripted(*[[ONE, NEAR]] * 6)
    answer = answered(engine, memory_of(ONE), asked(), bands)
    assert (answer.recipe.choice, len(engine.asked)) == (1, 6)
    assert answer.novelty is not None
    assert answer.novelty.amiss == "alike"


def test_the_last_loop_counts_by_its_own_band() -> None:
    bands = NoveltyBands(last=(0.5, 1.0))
    answer = answered(Scripted([NEAR, TWO]), NoveltyMemory(), asked(before=ONE, novelty=(0.0, 1.0)), bands)
    assert answer.recipe.choice == 1
    assert answer.novelty is not None
    assert (answer.novelty.hour, answer.novelty.week) == (None, None)


def test_no_more_is_composed_than_somebody_waits_for() -> None:
    engine = Scripted(*[[ONE] * 8] * 20)
    answered(engine, memory_of(ONE), replace(asked(), candidates=8))
    assert len(engine.asked) == 5


def test_what_is_written_is_inside_whatever_it_is() -> None:
    request = asked(primer=ONE, primer_steps=16)
    answer = answered(DiceEngine(), memory_of(ONE), replace(request, operator="written"))
    assert answer.novelty is not None
    assert (answer.novelty.hour, answer.novelty.amiss, answer.novelty.guarded) == (0.0, "", False)


def test_an_answer_reads_back_as_it_was_and_one_of_an_older_version_too() -> None:
    answer = answered(Scripted([ONE, TWO]), memory_of(ONE), asked())
    assert Composed.from_json(answer.as_json()) == answer
    old = {name: value for name, value in answer.as_json().items() if name != "novelty"}
    assert Composed.from_json(old) == replace(answer, novelty=None)
