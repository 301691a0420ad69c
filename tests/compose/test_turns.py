"""A loop that is held while the chords go on: each of its turns suits its bars, and can be made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.chords import A_MINOR, C_CHORD, D_MINOR, G_SEVENTH, Progression, bars
from fakes.engine import BrokenEngine, DiceEngine
from fakes.recipes import plan
from fakes.scenes import scene
from reverie.compose.arrangement import Arrangement
from reverie.compose.chord_places import ChordPlaces, place_weight
from reverie.compose.composer import Composed, compose
from reverie.compose.ensemble import AHEAD, Ensemble
from reverie.compose.evolution import Evolution
from reverie.compose.fitting import FittingRules, fit
from reverie.compose.operators.fit_to_chords import fitted
from reverie.compose.operators.operator import After
from reverie.compose.placement import Placement
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.compose.turns import fit_recipe, turns
from reverie.conductor.arranging.arrange import arrange
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.play.messages import Place
from reverie.play.score import SceneScore

FOUR = Progression(bars(D_MINOR, G_SEVENTH, C_CHORD, A_MINOR))
ONE = Progression(bars(D_MINOR))
RESERVE = ("kept", Loop(1, Metre(), (Note(0, 960, 61), Note(960, 960, 66))))


def arrangement(harmony: Progression | None = FOUR, hold: int = 4) -> Arrangement:
    """Drums, and a lead of two bars."""
    plain = arrange(scene(), {})
    lead = replace(plain.plans["lead"], harmony=harmony, strictness=0.8, hold=hold, candidates=2)
    return replace(plain, plans={**plain.plans, "lead": lead})


class Play:
    """A performance, its composer, and what its player has been sent."""

    def __init__(self, harmony: Progression | None = FOUR, hold: int = 4) -> None:
        self.performance = Ensemble(arrangement(harmony, hold), 1, {"beat": (RESERVE,), "lead": (RESERVE,)})
        self.engine = DiceEngine()
        self.asked: list[Recipe] = []
        self.answers: dict[str, Composed] = {}
        self.sent: list[Place] = [*self.performance.opening()]

    def fill(self) -> None:
        while True:
            places, recipes = self.performance.fill()
            self.sent += places
            self.asked += recipes
            if not recipes:
                return
            for recipe in recipes:
                answer = compose(self.engine, recipe, Memories())
                self.answers[answer.recipe.id] = answer
                self.sent += self.performance.composed(answer)

    def go(self, bars: int) -> None:
        for _ in range(bars):
            self.performance.played(self.performance.bar + 1)
            self.fill()

    def score(self) -> SceneScore:
        score = SceneScore(self.performance.scene())
        for place in self.sent:
            score.place(place)
        return score

    @property
    def queued(self) -> list[Place]:
        return [place for place in self.performance.queued() if place.part == "lead"]


def suits(place: Place, harmony: Progression = FOUR) -> bool:
    """Whether all that a turn plays on strong places is in the chords of its bars."""
    loop = place.loop
    for turn in range(place.times):
        start = place.start_bar + turn * loop.bars
        chords = ChordPlaces([harmony.at(start + bar) for bar in range(loop.bars)], loop.metre)
        strong = [note for note in loop.notes if place_weight(loop.metre, note.start) == 1]
        if not all(note.pitch % 12 in chords.at(note.start).tones for note in strong):
            return False
    return True


def test_each_turn_of_a_held_loop_suits_its_bars_and_keeps_its_rhythm() -> None:
    play = Play()
    play.fill()
    play.go(40)
    lead = [place for place in play.sent if place.part == "lead"]
    assert len({place.recipe for place in lead}) > 4
    assert all(suits(place) for place in lead)
    for place in lead:
        if place.recipe in play.answers:
            rhythm = [(note.start, note.length, note.velocity) for note in place.loop.notes]
            following = next((one for one in lead if one.start_bar == place.start_bar + 2), None)
            if following and following.recipe not in play.answers:
                assert [(n.start, n.length, n.velocity) for n in following.loop.notes] == rhythm


def test_a_loop_over_chords_that_stay_is_one_placement_as_ever() -> None:
    held, free = Play(ONE), Play(None)
    for play in (held, free):
        play.fill()
        play.go(20)
    placed = [
        [(place.start_bar, place.times) for place in play.sent if place.part == "lead" and place.start_bar]
        for play in (held, free)
    ]
    assert placed[0] == placed[1]
    assert len(placed[0]) > 3


def test_turns_are_not_counted_as_loops_ahead() -> None:
    changing, staying = Play(FOUR), Play(ONE)
    for play in (changing, staying):
        play.fill()
        play.go(30)
    asked = [[recipe.voice for recipe in play.asked].count("lead") for play in (changing, staying)]
    assert asked[0] == asked[1]
    now = changing.performance.bar + 1
    leading = [place for place in changing.queued if place.start_bar > now and place.recipe in changing.answers]
    assert len(leading) >= AHEAD


def test_a_turn_is_made_again_from_its_recipe() -> None:
    line = Evolution(plan(harmony=FOUR, strictness=0.8, hold=3, bars=2))
    answer = compose(DiceEngine(), line.next_recipe(), Memories())
    assert answer.loop
    placed = turns(line.plan, line.take(answer.recipe, answer.loop))
    assert [(one.start_bar, one.times, one.leads) for one in placed] == [(0, 1, True), (2, 1, False), (4, 1, False)]
    assert [one.recipe == answer.recipe.id for one in placed] == [True, False, True]
    assert placed[2].loop == answer.loop
    fitted = placed[1]
    assert fitted.original == (answer.recipe.id, answer.loop)
    by_hand = fit(answer.loop.notes, FOUR.bars[:2], FOUR.bars[2:], Metre(), FittingRules())
    assert fitted.loop.notes == by_hand
    made = fit_recipe(line.plan, answer.loop, answer.recipe.harmony, line.plan.harmony_of(2), 0.8)
    assert made.id == fitted.recipe
    again = compose(BrokenEngine(), Recipe.from_json(made.as_json()), Memories())
    assert (again.loop, again.recipe.id) == (fitted.loop, fitted.recipe)


def test_the_line_goes_on_from_the_loop_and_not_from_its_turns() -> None:
    line = Evolution(plan(harmony=FOUR, strictness=0.8, hold=2, bars=2, then=("mutate",)))
    answer = compose(DiceEngine(), line.next_recipe(), Memories())
    assert answer.loop
    last = turns(line.plan, line.take(answer.recipe, answer.loop))[-1]
    assert last.loop != answer.loop
    line.resume(last, 6)
    mutation = line.next_recipe()
    assert mutation.before == answer.loop.notes
    # What is kept of it suits the chords of the bars to which it goes.
    chords = ChordPlaces(mutation.harmony, Metre())
    strong = [note for note in mutation.primer if place_weight(Metre(), note.start) == 1]
    assert all(note.pitch % 12 in chords.at(note.start).tones for note in strong)


def test_a_voice_that_holds_what_it_has_repeats_the_loop_and_not_a_turn() -> None:
    line = Evolution(plan(harmony=FOUR, strictness=0.8, hold=2, bars=2))
    answer = compose(DiceEngine(), line.next_recipe(), Memories())
    assert answer.loop
    last = turns(line.plan, line.take(answer.recipe, answer.loop))[-1]
    repeated = turns(line.plan, line.repeat(last))
    assert [one.recipe == answer.recipe.id for one in repeated] == [True, False]
    assert repeated[0].loop == answer.loop


def test_a_loop_that_is_held_for_very_long_is_placed_in_parts() -> None:
    line = Evolution(plan(harmony=FOUR, strictness=0.8, hold=150, bars=2))
    answer = compose(DiceEngine(), line.next_recipe(), Memories())
    assert answer.loop
    placed = [line.take(answer.recipe, answer.loop)]
    while line.holds:
        placed.append(line.again())
    assert [(one.start_bar, one.times) for one in placed] == [(0, 64), (128, 64), (256, 22)]
    assert {one.recipe for one in placed} == {answer.recipe.id}
    assert line.steps_taken == 1
    line = Evolution(plan(hold=150, bars=2))
    assert line.take(answer.recipe, answer.loop).times == 150
    assert not line.holds


@pytest.mark.parametrize("changes", [{"harmony": None}, {"strictness": 0.0}, {"kind": "drums"}])
def test_a_free_voice_and_drums_are_placed_as_ever(changes: dict[str, object]) -> None:
    voice = plan(**({"harmony": FOUR, "strictness": 0.8} | changes))
    placement = Placement(*RESERVE, 0, 4)
    assert turns(voice, placement) == [placement]


@dataclass(frozen=True, slots=True)
class FreeFromBarTwo(Progression):
    """Its second section leaves the voices free."""

    def strictness_at(self, bar: int) -> float | None:
        """As that section says."""
        return 0.0 if bar >= 2 else None


def test_where_a_section_leaves_the_voice_free_a_turn_stays_as_it_was_composed() -> None:
    voice = plan(harmony=FreeFromBarTwo(FOUR.bars), strictness=0.8)
    placed = turns(voice, Placement(*RESERVE, 0, 4))
    assert [(one.recipe == "kept", one.start_bar, one.times) for one in placed] == [
        (False, 0, 1),
        (False, 1, 1),
        (True, 2, 2),
    ]


def test_what_no_model_composed_stays_as_it_is_written() -> None:
    voice = plan(harmony=FOUR, strictness=0.8)
    written = replace(voice.recipe("reset", 0, 0), operator="loop")
    placement = Placement(*RESERVE, 0, 4, written)
    assert turns(voice, placement) == [placement]


def test_loops_of_the_reserve_suit_the_chords_too() -> None:
    play = Play()
    assert all(suits(place) for place in play.queued)
    later = play.performance.failed("lead")
    assert later
    assert all(suits(place) for place in later)


def test_a_scene_whose_chords_were_changed_goes_on_in_the_new_ones() -> None:
    play = Play()
    play.fill()
    play.go(9)
    other = Progression(bars(A_MINOR, C_CHORD, D_MINOR, G_SEVENTH))
    after = play.performance.succeeded_by(arrangement(other), 2, {"beat": (RESERVE,), "lead": (RESERVE,)})
    places = [place for place in after.opening() if place.part == "lead"]
    assert places
    assert all(suits(place, other) for place in places)


DOINGS = st.lists(
    st.sampled_from(["go", "mutate", "hold", "free", "temperature", "change", "fail"]), min_size=1, max_size=12
)


def do(play: Play, doing: str, number: int) -> None:
    if doing == "mutate":
        play.performance.evolve("lead", "mutate")
    elif doing in {"hold", "free"}:
        play.performance.hold(on=doing == "hold")
    elif doing == "temperature":
        play.performance.set_temperature("lead", 0.5 + 0.1 * number)
    elif doing == "fail":
        play.sent += play.performance.failed("lead")
    elif doing == "change":
        reserves = {"beat": (RESERVE,), "lead": (RESERVE,)}
        changed = arrangement(FOUR, 1 + number % 6)
        play.performance = play.performance.succeeded_by(changed, 2 + number, reserves)
        play.sent += play.performance.opening()


@settings(max_examples=40, deadline=None)
@given(DOINGS, st.integers(1, 5))
def test_whatever_people_do_what_sounds_suits_its_chords(doings: Sequence[str], hold: int) -> None:
    play = Play(hold=hold)
    play.fill()
    play.go(3)
    for number, doing in enumerate(doings):
        do(play, doing, number)
        play.fill()
        play.go(1 + number % 3)
    heard_from: dict[int, Place] = {}
    for place in play.sent:
        if place.part == "lead":
            heard_from = {bar: one for bar, one in heard_from.items() if bar != place.start_bar}
            heard_from[place.start_bar] = place
    last = play.performance.bar
    starts = sorted(heard_from)
    for bar in range(last + 1):
        start = max(one for one in starts if one <= bar)
        place = heard_from[start]
        if bar < place.start_bar + place.times * place.loop.bars:
            offset = (bar - start) % place.loop.bars
            chords = ChordPlaces([FOUR.at(bar)], Metre())
            strong = [note for note in place.loop.bar(offset) if place_weight(Metre(), note.start) == 1]
            assert all(note.pitch % 12 in chords.at(note.start).tones for note in strong), (bar, place)


LINED = """
name: study
title: A study
tempo: 80
key: C
scale: major
harmony: "C | F"
voices:
  singers:
    {kind: polyphony, model: polyphony, line: "B4:8 .:4 B4:4", register: [C3, C6], bars: 1, output: {channel: 1}}
"""


def test_a_written_line_stays_while_the_notes_beside_it_are_fitted() -> None:
    voice = arrange(scene(LINED), {}).plans["singers"]
    line = (Note(0, 960, 71), Note(1440, 480, 71))
    loop = Loop(1, Metre(), (*line, Note(0, 1920, 67)))
    recipe = fit_recipe(voice, loop, voice.harmony_of(0), voice.harmony_of(1), 1.0)
    assert recipe.settings == {"line": "B4:8 .:4 B4:4"}
    made = compose(BrokenEngine(), recipe, Memories()).loop
    assert made is not None
    assert {*loop.notes} - {*made.notes} == {Note(0, 1920, 67)}
    met = replace(recipe, before=(*line, Note(0, 480, 72)), harmony=bars((11,), (11,)))
    assert {*fitted(met)} == {*line}, "what comes to lie on the line leaves it to it"
    composed = replace(voice.recipe("reset", 0, 0), choice=0)
    again = voice.recipe("mutate", 1, 1, After(composed, loop))
    assert Note(0, 960, 71) in again.primer
    assert Note(0, 1920, 67) not in again.primer
