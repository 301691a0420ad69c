"""Turns that vary, so that a voice is never the same for too long, fills, and last bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.chords import A_MINOR, C_CHORD, D_MINOR, G_SEVENTH, Progression, bars
from fakes.courses import Play, WrittenCourse
from fakes.engine import BrokenEngine, DiceEngine
from fakes.recipes import recipe
from fakes.scenes import scene
from fakes.strategies_of_music import notes as any_notes
from reverie.compose.composer import compose, derived
from reverie.compose.course import VoiceState
from reverie.compose.engines.engine import Candidate
from reverie.compose.placement import Placement
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.sameness import Sameness, bar_notes
from reverie.compose.state_cache import Memories
from reverie.compose.varied_loops import bars_of, varied_turns, with_figure
from reverie.conductor.arranging.arrange import arrange
from reverie.measure.verbatim import longest_hold
from reverie.music.drums import DRUMS
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre

ALL = WrittenCourse((("a", 4096),))
TUNE = Loop(2, Metre(), tuple(Note(240 * place, 240, 60 + 2 * (place % 4), 80) for place in range(16)))
BEAT = Loop(
    1,
    Metre(),
    (
        *(Note(240 * place, 120, DRUMS["closed-hat"], 60) for place in range(8)),
        *(Note(tick, 120, DRUMS["bass"], 100) for tick in (0, 960)),
        *(Note(tick, 120, DRUMS["snare"], 100) for tick in (480, 1440)),
    ),
)


def longest_the_same(play: Play, voice: str, bars_of_loop: int) -> int:
    """For how many bars in a row a voice has played the same, loop after loop, at most."""
    score = play.score()
    heard = [tuple(note for part, note in score.notes(bar) if part.name == voice) for bar in range(play.now)]
    longest = run = bars_of_loop
    for bar in range(bars_of_loop, len(heard)):
        run = run + 1 if heard[bar] == heard[bar - bars_of_loop] else bars_of_loop
        longest = max(longest, run)
    return longest


def answered(operator: str, loop: Loop, **fields: Any) -> tuple[Recipe, Loop]:
    made = recipe(
        **{"bars": loop.bars, "before": loop.notes, "operator": operator, "limits": LoopLimits(low=48, high=84)}
        | fields
    )
    answer = derived(made)
    assert answer.loop is not None
    return answer.recipe, answer.loop


@pytest.mark.parametrize("metre", [Metre(2, 16), Metre(3, 16), Metre(1, 8), Metre(1, 4)], ids=str)
def test_a_bar_shorter_than_a_turn_of_the_snare_ended_who_varied_it(metre: Metre) -> None:
    short = Loop(1, metre, (Note(0, 120, DRUMS["bass"], 100), Note(120, 120, DRUMS["closed-hat"], 60)))
    for seed in range(40):
        _, loop = answered("vary", short, kind="drums", metre=metre, seed=seed)
        assert all(0 <= note.start < metre.bar_ticks for note in loop.notes)


@pytest.mark.parametrize(("kind", "loop"), [("melody", TUNE), ("bass", TUNE), ("drums", BEAT)])
def test_a_varied_loop_differs_in_little_and_is_made_again_without_a_model(kind: str, loop: Loop) -> None:
    found: set[Loop] = set()
    for seed in range(40):
        made, played = answered("vary", loop, kind=kind, seed=seed)
        found.add(played)
        new = {(note.start, note.pitch) for note in played.notes} ^ {(note.start, note.pitch) for note in loop.notes}
        assert len(new) <= 12
        assert played.metre == loop.metre
        assert [note for note in played.notes if note.start == 0]
        again = compose(BrokenEngine(), Recipe.from_json(made.as_json()), Memories())
        assert (again.recipe.id, again.loop) == (made.id, played)
    assert len(found) > 20


@settings(deadline=None, max_examples=60)
@given(any_notes(3840, 12, st.integers(40, 80), st.integers(0, 31).map(lambda step: step * 120)), st.integers(0, 99))
def test_whatever_is_varied_keeps_density_and_register(notes: tuple[Note, ...], seed: int) -> None:
    for kind in ("melody", "drums"):
        limits = LoopLimits(low=40, high=80, least=0.5, most=16)
        before = Loop(2, Metre(), notes)
        if not before.notes:
            continue
        answer = derived(recipe(kind=kind, before=before.notes, operator="vary", seed=seed, limits=limits))
        if answer.loop is not None:
            assert 1 <= len(answer.loop.notes) <= 32
            assert kind == "drums" or all(40 <= note.pitch <= 80 for note in answer.loop.notes)


def test_a_voice_is_the_same_for_as_long_as_its_loop_is_held_in_a_scene_with_a_form() -> None:
    play = Play(ALL, then=("loop",), hold=3)
    play.go(120)
    for voice, length in (("beat", 1), ("lead", 2)):
        assert longest_the_same(play, voice, length) <= length * 3
    assert len({place.recipe for place in play.places("lead")}) > 10


def test_without_form_a_voice_goes_on_as_it_is() -> None:
    play = Play(None, then=("loop",), hold=3)
    play.go(60)
    assert longest_the_same(play, "lead", 2) == 60
    assert len({place.recipe for place in play.places("lead")}) == 1


@pytest.mark.parametrize("longest", [4, 6, 16])
def test_for_so_many_bars_as_a_scene_allows_a_voice_is_the_same(longest: int) -> None:
    for course in (None, ALL):
        play = Play(course, then=("loop",), hold=20, longest=longest)
        play.go(90)
        assert longest // 2 <= longest_the_same(play, "lead", 2) <= longest
        mutating = Play(course, then=("mutate",), hold=8, longest=longest)
        mutating.go(60)
        assert longest_the_same(mutating, "lead", 2) <= longest


def test_in_a_long_hold_a_loop_is_varied_after_two_to_four_turns_and_comes_back() -> None:
    play = Play(ALL, then=("continue",), hold=16)
    play.go(30)
    lead = [place for place in play.places("lead") if place.start_bar < 32]
    loop = lead[0].recipe
    assert {place.times for place in lead if place.recipe == loop} <= {1, 2, 3, 4}
    assert [place.recipe == loop for place in lead] == [not number % 2 for number in range(len(lead))]
    assert len(lead) > 4
    assert sum(one.operator == "continue" for one in play.asked if one.voice == "lead") <= 2


def test_a_varied_turn_suits_its_chords_and_is_made_again() -> None:
    chords = Progression(bars(D_MINOR, G_SEVENTH, C_CHORD, A_MINOR))
    play = Play(ALL, then=("loop",), hold=3, harmony=chords, strictness=0.8)
    play.go(60)
    assert len({place.recipe for place in play.places("lead")}) > 6
    line = play.performance.last_placed["lead"]
    assert line.made_by is not None
    assert line.original[0] == line.made_by.id


def test_what_people_hold_stays_as_it_is() -> None:
    play = Play(ALL, then=("continue",), hold=2)
    play.go(10)
    play.performance.hold(on=True)
    play.go(6)
    before = play.heard[15]
    play.go(40)
    assert {play.heard[bar]["beat"] for bar in range(16, 56)} == {before["beat"]}


def test_what_is_played_for_ever_never_varies() -> None:
    made = arrange(scene(), {}).plans["lead"]
    placement = Placement("kept", TUNE, 0, 40)
    assert varied_turns(replace(made, course=ALL), placement, 0, Sameness(), lambda one: [one])[0] == [placement]


FILLS = WrittenCourse((("a", 8), ("b", 8)), bars={bar: VoiceState(figure="fill") for bar in range(7, 200, 8)})


def test_a_fill_leads_into_a_section_for_its_bar_alone() -> None:
    play = Play(FILLS, then=("continue",), hold=8)
    play.go(64)
    for bar in range(7, 63, 8):
        fill, before, after = (play.heard[one]["beat"] for one in (bar, bar - 1, bar + 1))
        assert fill not in {before, after}
        assert fill not in play.answers
    assert {place.loop.bars for place in play.places("lead")} == {2}


def test_a_fill_is_not_repeated_where_nothing_comes_in_time() -> None:
    play = Play(FILLS, then=("continue",), hold=8)
    play.go(5)
    fill = next(place for place in play.places("beat") if place.start_bar == 7)
    queued = [place for place in play.performance.queued() if place.part == "beat" and place.start_bar <= 8]
    assert queued[-1].start_bar == 8
    assert queued[-1].recipe != fill.recipe


@pytest.mark.parametrize("metre", [Metre(), Metre(7, 8), Metre(3, 4), Metre(5, 4)])
def test_a_fill_grows_and_keeps_the_kick(metre: Metre) -> None:
    strokes = (0, metre.bar_ticks - 240)
    beat = Loop(1, metre, tuple(Note(tick, 120, DRUMS["bass"], 90) for tick in strokes))
    seen: set[Loop] = set()
    for seed in range(30):
        _, fill = answered("fill", beat, kind="drums", metre=metre, seed=seed)
        seen.add(fill)
        assert [note.start for note in fill.notes if note.pitch == DRUMS["bass"]] == [*strokes]
        run = [note.velocity for note in fill.notes if note.pitch != DRUMS["bass"]]
        assert len(run) >= 2
        assert sum(run[len(run) // 2 :]) / len(run[len(run) // 2 :]) > sum(run[: len(run) // 2]) / (len(run) // 2)
        assert max(note.start for note in fill.notes) >= metre.bar_ticks - 240
    assert len(seen) > 10


def last(plans: Mapping[str, Any]) -> Play:
    course = WrittenCourse((("a", 16),), bars={15: VoiceState(figure="last")})
    play = Play(course, then=("continue",), hold=4, **plans)
    play.go(16)
    return play


@pytest.mark.parametrize("over_chords", [False, True])
def test_the_last_bar_is_a_tone_that_is_held_and_one_stroke(over_chords: bool) -> None:
    chords = Progression(bars(D_MINOR, G_SEVENTH, C_CHORD, A_MINOR))
    play = last({"harmony": chords, "strictness": 0.8} if over_chords else {})
    score = play.score()
    lead = [note for part, note in score.notes(15) if part.name == "lead"]
    assert [(note.start, note.length) for note in lead] == [(0, 1920)]
    tones = {9, 0, 4} if over_chords else {2}
    assert lead[0].pitch % 12 in tones
    assert 60 <= lead[0].pitch <= 84
    beat = [note for part, note in score.notes(15) if part.name == "beat"]
    assert {note.start for note in beat} == {0}
    assert DRUMS["bass"] in {note.pitch for note in beat}


def test_a_figure_is_made_again_from_its_recipe() -> None:
    plan = replace(arrange(scene(), {}).plans["beat"], course=FILLS)
    placed = with_figure(plan, [Placement("x", BEAT, 0, 8, None, until=8)])
    assert [(one.start_bar, one.times, one.leads) for one in placed] == [(0, 8, True), (7, 1, False), (8, 1, False)]
    made = recipe(
        scene=plan.scene,
        voice="beat",
        kind="drums",
        bars=1,
        operator="fill",
        before=BEAT.notes,
        limits=LoopLimits(most=99),
    )
    first, again = derived(made), derived(Recipe.from_json(made.as_json()))
    assert first.loop == again.loop


def test_the_same_is_counted_bar_by_bar_whatever_the_loop_is() -> None:
    one, other, rest = (bar_notes([Note(start, 9, 60)]) for start in (0, 480, 960))
    silent = bar_notes([])

    def most(*bars: frozenset[tuple[int, int]]) -> int:
        return Sameness().after(bars)[1]

    assert most(one, other, rest) == 0
    assert most(one, one, one) == 3
    assert most(one, other, one, other, one) == 5
    assert most(one, other, one, rest, one, other) == 0
    assert most(silent, silent, silent) == 0
    assert most(one, other, rest, one, other, rest, other) == 6
    assert most(*([one] * 40), other) == 40


def test_a_voice_whose_loops_are_alike_is_not_the_same_for_longer_either() -> None:
    class Stuck(DiceEngine):
        """Composes the same bar over and over, and hardly anything else."""

        def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
            beat = [Note(bar * 1920 + tick, 120, 36) for bar in range(recipe.bars) for tick in (0, 960, 1440)]
            new = Note(1800 + 1920 * (recipe.bars - 1), 120, 38 + recipe.seed % 9)
            return [Candidate((*beat, new), 0.0)]

    play = Play(ALL, engine=Stuck(), then=("continue",), hold=2, bars=4, longest=8)
    play.go(80)
    for period in (1, 2, 4):
        assert longest_the_same(play, "beat", period) <= 8


def test_a_pattern_that_is_held_for_long_is_varied_where_its_voice_evolves() -> None:
    play = Play(ALL, then=("loop",), hold=4, first="written", primer=BEAT.notes, primer_steps=16)
    play.go(48)
    assert longest_the_same(play, "beat", 1) <= 4
    assert play.score().scene.parts


@given(
    st.lists(
        st.tuples(st.lists(st.integers(0, 2), min_size=1, max_size=6), st.integers(1, 4), st.integers(0, 5)), max_size=5
    )
)
def test_a_voice_never_counts_less_of_the_same_than_is_measured(loops: list[tuple[list[int], int, int]]) -> None:
    heard = [bar for loop, times, rest in loops for bar in (*loop * times, *[0] * rest)]
    counted = Sameness().after(frozenset({(0, bar)}) if bar else frozenset[tuple[int, int]]() for bar in heard)[1]
    assert counted >= longest_hold(np.array(heard, dtype=np.int64))


def test_what_comes_back_after_a_long_silence_is_not_the_same_for_longer() -> None:
    one, silent = bar_notes([Note(0, 9, 60)]), bar_notes([])
    assert Sameness().after([one, one, *[silent] * 4, one, one, *[silent] * 4])[1] == 2
    assert Sameness().after([one, one, *[silent] * 3, one, one])[1] == 7


def test_a_bar_of_one_long_note_varies_too_where_the_next_loop_begins_with_it() -> None:
    plan = replace(arrange(scene(), {}).plans["lead"], course=ALL, longest=4)
    long, run = Note(0, 1920, 60), [Note(1920 + 240 * place, 240, 62 + place) for place in range(8)]
    first, second = bar_notes([long]), bar_notes([Note(0, 1920, 62)])
    before = Sameness().after([first, second] * 2)[0]
    loop = Loop(2, Metre(), (long, *run))
    made = recipe(bars=2, limits=LoopLimits(low=48, high=84))
    for bar in range(4, 204, 2):
        placement = Placement("next", loop, bar, 1, made)
        placed, _ = varied_turns(plan, placement, 0, before, lambda one: [one])
        assert before.after(bars_of(plan, placed))[1] <= 4


def test_a_loop_for_which_nothing_follows_in_time_is_heard_again() -> None:
    plan = replace(arrange(scene(), {}).plans["lead"], course=ALL)
    late = [Placement("one", TUNE, 0, 1), Placement("other", BEAT, 5, 1)]
    first, second = (bar_notes(TUNE.bar(bar)) for bar in range(2))
    assert [*bars_of(plan, late)] == [first, second, first, second, first, bar_notes(BEAT.notes)]
    assert [*bars_of(plan, late[:1], 3)] == [first, second, first]
    away = WrittenCourse((("a", 2), ("b", 3)), silent={"b": ("lead",)})
    silent = bar_notes([])
    assert [*bars_of(replace(plan, course=away), late)][:5] == [first, second, silent, silent, silent]


def test_a_voice_that_was_repeated_for_want_of_another_loop_varies_at_once_where_the_same_comes_again() -> None:
    class Stuck(DiceEngine):
        """Composes one loop over and over."""

        def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
            del recipe, memory
            return [Candidate(TUNE.notes, 0.0)]

    play = Play(ALL, engine=Stuck(), then=("continue",), hold=2, bars=2, longest=16)
    play.go(1)
    placed_to = max(place.start_bar + place.times * 2 for place in play.places("lead"))
    late: list[Recipe] = []
    while play.now < placed_to + 12:
        places, recipes = play.performance.fill()
        play.sent += places
        late += recipes
        play.performance.played(play.now)
    before = len(play.sent)
    for asked in late:
        play.sent += play.performance.composed(compose(play.engine, asked, Memories()))
    come = [place for place in play.sent[before:] if place.part == "lead"]
    assert come[0].start_bar > placed_to
    assert bar_notes(come[0].loop.notes) != bar_notes(play.places("lead")[0].loop.notes)


def test_drums_that_are_played_as_one_another_are_the_same() -> None:
    drums = DRUMS["low-tom"], DRUMS["mid-tom"]
    one, other = (Loop(1, Metre(), (Note(0, 120, drum), Note(960, 120, drum))) for drum in drums)
    plan = replace(arrange(scene(), {}).plans["beat"], course=ALL, longest=4, drum_map={drums[1]: drums[0]})
    before = Sameness().after(bars_of(plan, [Placement("one", one, 0, 4)]))[0]
    made = recipe(kind="drums", bars=1, limits=LoopLimits(most=16))
    placed, _ = varied_turns(plan, Placement("other", other, 4, 2, made), 0, before, lambda turn: [turn])
    assert before.after(bars_of(plan, placed))[1] <= 4
    apart = replace(plan, drum_map={})
    assert Sameness().after(bars_of(apart, [Placement("one", one, 0, 4), Placement("other", other, 4, 1)]))[1] == 4
