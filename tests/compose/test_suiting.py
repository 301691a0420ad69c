"""A voice suits the bass that sounds below it: while it is drawn, where it is chosen, and in each turn of its loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reverie
from fakes import recipes
from fakes.chords import C_CHORD, D_MINOR, G_SEVENTH, Progression, bars
from fakes.engine import BrokenEngine, DiceEngine
from fakes.scenes import scene
from fakes.strategies_of_music import harmonies, notes
from reverie.compose.chord_places import ChordPlaces, is_rough, place_weight
from reverie.compose.composer import compose
from reverie.compose.engines.recurrent import RecurrentEngine
from reverie.compose.ensemble import Ensemble
from reverie.compose.evolution import Evolution
from reverie.compose.fitting import FittingRules, fit
from reverie.compose.harmony_wish import harmony_wish
from reverie.compose.placement import Placement
from reverie.compose.recipe import HeardLoop, LoopLimits, Recipe
from reverie.compose.relation_scores import RelationScores
from reverie.compose.relations import Relation
from reverie.compose.sounding_bass import SoundingBass, sounding_bass
from reverie.compose.state_cache import Memories
from reverie.compose.turns import fit_recipe, turns
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.offline.broken_ties import without
from reverie.models.library.index import ModelFile, read_model_file
from reverie.music.harmony import BarHarmony
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.play.messages import Place

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
SUIT = Relation("suit", "low")
C, D, E, G = 60, 62, 64, 67
ROOT, FIFTH, SEVENTH = 36, 43, 46


def below(*pitches: int) -> Loop:
    """A bass with a whole note in each bar."""
    return Loop(len(pitches), Metre(), tuple(Note(1920 * bar, 1920, pitch) for bar, pitch in enumerate(pitches)))


ON_THE_FIFTH = below(FIFTH)


def hearing(loop: Loop, bars: int = 2, start: int = 0) -> dict[str, Any]:
    """What a recipe or a plan has of a bass that plays this loop."""
    heard = (HeardLoop("low", loop.content_hash, start, bars, 0),)
    return {"relations": (SUIT,), "heard": heard, "loops": {loop.content_hash: loop}}


def asked(**changes: Any) -> Recipe:
    fields: dict[str, Any] = {
        "bars": 2,
        "harmony": bars(C_CHORD, C_CHORD, C_CHORD),
        "strictness": 0.8,
        "limits": LoopLimits(low=48, high=79),
    }
    return recipes.recipe(**(fields | changes))


def test_what_is_known_of_the_bass_is_what_sounds_in_the_first_turn() -> None:
    resting = Loop(1, Metre(), (Note(480, 480, FIFTH), Note(480, 960, ROOT)))
    bass = sounding_bass(asked(**hearing(resting, bars=3, start=-1)))
    assert [bass.at(tick) for tick in (0, 480, 959, 960, 1440)] == [None, ROOT, ROOT, ROOT, None]
    assert [bass.at(1920 + tick) for tick in (0, 480)] == [None, ROOT]
    later = asked(**hearing(resting, bars=2, start=2))
    assert set(sounding_bass(later).pitches) == {None}
    three = Loop(1, Metre(3, 4), (Note(0, 480, FIFTH),))
    for changes in ({"loops": {}}, {"relations": ()}, {"relations": (replace(SUIT, weight=0.0),)}, hearing(three)):
        assert not any(sounding_bass(asked(**(hearing(resting) | changes))).pitches)


def test_what_is_rough_over_the_bass_that_sounds_is_unwelcome_on_strong_places_whatever_the_chord_s_bass_is() -> None:
    apart, suited, on_the_root = (
        harmony_wish(asked(**changes)) for changes in ({}, hearing(ON_THE_FIFTH), hearing(below(ROOT)))
    )
    assert apart
    assert suited
    assert on_the_root
    for step in (0, 8, 16):
        assert apart.pitches[step, C] == 0 == on_the_root.pitches[step, C]
        assert suited.pitches[step, C] < -3
        assert suited.holds[step, C] < -3
        assert suited.pitches[step, E] == 0 == suited.pitches[step, G]
    for step in (1, 4, 6, 13):
        assert np.array_equal(suited.pitches[step], apart.pitches[step])
        assert np.array_equal(suited.holds[step], apart.holds[step])


def test_the_stricter_the_firmer_and_by_the_weight_of_the_relation() -> None:
    def on_c(strictness: float, weight: float = 1.0) -> float:
        relations = (replace(SUIT, weight=weight),)
        found = harmony_wish(asked(strictness=strictness, **(hearing(ON_THE_FIFTH) | {"relations": relations})))
        assert found
        return float(found.pitches[0, C])

    assert on_c(0.8) < on_c(0.5) < on_c(0.2) < 0
    assert on_c(0.5, 2.0) == pytest.approx(2 * on_c(0.5))


def test_over_a_bass_that_rests_or_passes_the_chord_s_own_bass_judges() -> None:
    for tones, loop in ((G_SEVENTH, Loop(1, Metre(), ())), (C_CHORD, below(38))):  # over D all of C, E and G are rough
        chords = {"harmony": bars(tones, tones, tones)}
        found, alone = harmony_wish(asked(**chords, **hearing(loop))), harmony_wish(asked(**chords))
        assert found
        assert alone
        assert np.array_equal(found.pitches, alone.pitches)
        assert (alone.pitches[0, 65] < alone.pitches[0, G]) == (alone.pitches[0, G] == 0)


def test_a_loop_is_scored_by_what_is_smooth_over_the_bass_on_strong_places() -> None:
    score = RelationScores(asked(**hearing(ON_THE_FIFTH)))

    def of(*pitches: int) -> float:
        notes = tuple(Note(480 * beat, 480, pitch) for beat, pitch in enumerate(pitches))
        [(weight, value)] = score(Loop(2, Metre(), notes)).values()
        assert weight == 1
        return value

    assert [of(C, E, C, E), of(E, C, C, C), of(E, C, G, C)] == [0.0, 0.5, 1.0]
    assert not RelationScores(asked(**hearing(Loop(1, Metre(), ()))))(below(C, C)), "the bass rests"


def test_over_the_same_chords_only_what_the_ear_holds_against_the_bass_is_moved() -> None:
    tune = tuple(Note(480 * beat, 480, pitch) for beat, pitch in enumerate((C, D, C, C)))
    same = bars(C_CHORD)
    fifth = SoundingBass((FIFTH,) * 16)
    found = fit(tune, same, same, Metre(), FittingRules(48, 79), fifth)
    assert [note.pitch for note in found] == [E, D, G - 12, C]
    assert [replace(note, pitch=0) for note in found] == [replace(note, pitch=0) for note in tune]
    for bass in (None, SoundingBass(), SoundingBass((ROOT,) * 16)):
        assert fit(tune, same, same, Metre(), FittingRules(48, 79), bass) == tune


def test_over_other_chords_it_is_fitted_to_the_bass_that_sounds() -> None:
    tune = (Note(0, 960, E), Note(960, 960, G))
    to_g = bars(D_MINOR), bars(G_SEVENTH)
    alone = fit(tune, *to_g, Metre(), FittingRules(48, 79))
    over_f = fit(tune, *to_g, Metre(), FittingRules(48, 79), SoundingBass((41,) * 16))
    assert any(is_rough(note.pitch, 41) for note in alone)
    assert not any(is_rough(note.pitch, 41) for note in over_f)


class Basses:
    """What a bass plays from a scene bar on: a loop a bar, over and over."""

    def __init__(self, *loops: Loop) -> None:
        self.loops = loops

    def __call__(self, bar: int, bars: int) -> tuple[tuple[HeardLoop, ...], Mapping[str, Loop]]:
        playing = [self.loops[(bar + one) % len(self.loops)] for one in range(bars)]
        heard = tuple(HeardLoop("low", loop.content_hash, one, 1, 0) for one, loop in enumerate(playing))
        return heard, {loop.content_hash: loop for loop in playing}


def test_each_turn_of_a_held_loop_suits_the_bass_of_its_bars_and_is_made_again_from_its_recipe() -> None:
    chords = Progression(bars(C_CHORD))
    plan = recipes.plan(harmony=chords, strictness=0.8, relations=(SUIT,), bars=1)
    loop = Loop(1, Metre(), (Note(0, 480, C), Note(480, 480, C)))
    hears = Basses(below(ROOT), ON_THE_FIFTH, below(ROOT))
    placed = turns(plan, Placement("kept", loop, 0, 4), hears)
    assert [(one.start_bar, one.times, one.recipe == "kept") for one in placed] == [
        (0, 1, True),
        (1, 1, False),
        (2, 2, True),
    ]
    fitted = placed[1]
    assert [note.pitch for note in fitted.loop.notes] == [E, C]
    assert fitted.original == ("kept", loop)
    assert turns(plan, Placement("kept", loop, 0, 4)) == [Placement("kept", loop, 0, 4)], "nothing is heard"
    apart = replace(plan, relations=())
    assert [one.loop for one in turns(apart, Placement("kept", loop, 0, 4), hears)] == [loop], "nobody is suited"
    free = replace(plan, strictness=0.0)
    assert [one.loop for one in turns(free, Placement("kept", loop, 0, 4), hears)] == [loop]


def test_a_turn_over_the_bass_for_which_its_loop_was_composed_stays_as_it_was_drawn() -> None:
    hears = Basses(ON_THE_FIFTH, below(ROOT))
    line = Evolution(
        recipes.plan(harmony=Progression(bars(C_CHORD)), strictness=0.8, relations=(SUIT,), bars=1, hold=3)
    )
    answer = compose(DiceEngine(), line.next_recipe(*hears(0, 1)), Memories())
    assert answer.loop
    rough = Loop(1, Metre(), (Note(0, 480, C), *answer.loop.notes))
    placed = turns(line.plan, line.take(answer.recipe, rough), hears)
    assert [one.loop == rough for one in placed] == [True]
    line.take(answer.recipe, rough)
    over_others = turns(line.plan, Placement("kept", rough, 0, 1, answer.recipe), Basses(below(SEVENTH)))
    assert over_others[0].loop != rough
    again = recipe_of(line, rough, answer.recipe, Basses(below(SEVENTH)))
    made = compose(BrokenEngine(), again, Memories())
    assert (made.loop, made.recipe.id) == (over_others[0].loop, over_others[0].recipe)


def recipe_of(line: Evolution, loop: Loop, made_by: Recipe, hears: Basses) -> Recipe:
    """The recipe of a turn, read from what is kept of it and of the loops that it heard."""
    heard, loops = hears(0, loop.bars)
    recipe = fit_recipe(line.plan, loop, made_by.harmony, line.plan.harmony_of(0), 0.8, heard, loops)
    return Recipe.from_json(recipe.as_json(), loops)


def test_what_a_mutation_keeps_of_its_loop_suits_the_bass_of_the_bars_to_which_it_goes() -> None:
    plan = recipes.plan(
        harmony=Progression(bars(C_CHORD)), strictness=0.8, relations=(SUIT,), bars=2, hold=1, then=("mutate",)
    )
    line = Evolution(plan)
    loop = Loop(2, Metre(), (Note(0, 480, C), Note(480, 480, C), Note(1920, 480, C)))
    line.take(line.next_recipe(), loop)
    heard = hearing(ON_THE_FIFTH)
    kept = line.next_recipe(heard["heard"], heard["loops"])
    assert [note.pitch for note in kept.primer] == [E, C]
    assert kept.heard == heard["heard"]
    assert [note.pitch for note in line.next_recipe().primer] == [C, C]


TRIO = """
name: study
title: A study
tempo: 120
key: C
scale: major
{harmony}
{order}
voices:
  lead:
    {{kind: melody, model: m, register: [C4, C6], bars: 2, evolve: {{hold: {hold}}}, output: {{channel: 1}}{lead}}}
  low:
    {{kind: bass, model: m, register: [C2, C4], bars: 1, evolve: {{hold: 1, then: [continue]}},
      output: {{channel: 2}}{low}}}
  pad: {{kind: {pad}, register: [C3, C5], output: {{channel: 3}}}}
  beat: {{kind: drums, model: d, bars: 1, output: {{channel: 10}}}}
"""
PARTS = {"harmony": 'harmony: "C | G7"', "order": "", "lead": "", "low": "", "pad": "chords", "hold": "2"}


def study(**said: str) -> Any:
    return scene(TRIO.format(**(PARTS | said)))


def suited(**said: str) -> list[str]:
    plans = arrange(study(**said), {}).plans
    assert not any(one.kind == "suit" for name, plan in plans.items() if name != "lead" for one in plan.relations)
    return [one.voice for one in plans["lead"].relations if one.kind == "suit"]


def test_over_chords_a_melody_suits_the_bass_of_itself() -> None:
    assert suited() == ["low"]
    assert suited(lead=", listen: {avoid: low}") == ["low"]
    assert suited(lead=", harmony: free") == []
    assert suited(low=", harmony: free") == []
    assert suited(lead=", listen: {double: low, up: 24}") == []
    assert suited(low=", listen: {lock: lead}") == [], "the bass is composed after it"
    assert suited(order="order: [lead]") == []
    assert suited(harmony="", pad="melody, model: m") == []
    plans = arrange(study(lead=", listen: {suit: low, weight: 0.5}"), {}).plans
    assert plans["lead"].relations == (Relation("suit", "low", weight=0.5),)


def played(play: Ensemble, bars: int, answers: Sequence[str] = ("beat", "low", "lead")) -> list[Recipe]:
    """All that is asked while some of the voices are answered."""
    found: list[Recipe] = []
    for bar in range(bars):
        while recipes := play.fill()[1]:
            found += recipes
            for one in recipes:
                if one.voice in answers:
                    play.composed(compose(DiceEngine(), one, Memories()))
        play.played(bar)
    return found


def test_a_melody_hears_the_bass_of_its_own_bars_and_its_turns_suit_theirs() -> None:
    play = Ensemble(arrange(study(), {}), 1, {})
    found = [one for one in played(play, 40) if one.voice == "lead"]
    assert len(found) > 5
    for one in found:
        bars_heard = [bar for heard in one.heard for bar in range(heard.start, heard.start + heard.bars)]
        assert sorted(bars_heard) == [0, 1]
        assert {heard.voice for heard in one.heard} == {"low"}
        assert one.loops.keys() == {heard.loop for heard in one.heard}


def test_a_melody_never_waits_for_a_bass_that_is_late_and_does_without_it() -> None:
    play = Ensemble(arrange(study(), {}), 1, {})
    assert "lead" not in {one.voice for one in play.fill()[1]}
    for name in ("low", "beat"):
        play.failed(name)
    found = [one for one in played(play, 40, ("beat", "lead")) if one.voice == "lead"]
    assert len(found) > 5
    assert not any(one.heard for one in found)
    ends = [place.start_bar for place in play.queued() if place.part == "lead"]
    assert max(ends) > 36


def test_what_the_bass_will_not_play_is_not_heard() -> None:
    play = Ensemble(arrange(study(low=", schedule: {every: 4, bars: ['1-2']}"), {}), 1, {})
    assert all(one.heard for one in played(play, 40) if one.voice == "lead"), "its loops begin in bars 1, 5, 9 ..."
    play = Ensemble(arrange(study(low=", schedule: {every: 4, bars: ['3-4']}"), {}), 1, {})
    assert not any(one.heard for one in played(play, 40) if one.voice == "lead")


def rough_share(ties: Sequence[str]) -> float:
    """How much of what a melody plays on strong places in the later turns of its loops is rough over the bass."""
    play = Ensemble(without(arrange(study(harmony='harmony: "Cmaj7"', hold="8"), {}), ties), 1, {})
    told: list[Place] = []
    for bar in range(320):
        while True:
            sent, recipes = play.fill()
            told += sent
            for one in recipes:
                told += play.composed(compose(DiceEngine(), one, Memories()))
            if not recipes:
                break
        play.played(bar)
    found = [
        one
        for place in told
        if place.part == "lead"
        for turn in range(place.times)
        if (start := place.start_bar + turn * place.loop.bars) % 16
        for one in _rough_in(told, start, place)
    ]
    assert len(found) > 50
    return float(np.mean(found))


def test_later_turns_of_a_melody_are_smooth_over_the_bass_and_are_not_without_the_relation() -> None:
    assert rough_share(["relations"]) > 0.2
    assert rough_share([]) < 0.05


def _rough_in(told: Sequence[Place], start: int, place: Place) -> list[bool]:
    basses = {one.start_bar + bar: one.loop for one in told if one.part == "low" for bar in range(one.times)}
    return [
        is_rough(note.pitch, lowest)
        for note in place.loop.notes
        if place_weight(place.loop.metre, note.start) == 1 and (bass := basses.get(start + note.start // 1920))
        for sounding in [[one.pitch for one in bass.notes if one.start <= note.start % 1920 < one.end]]
        if sounding
        for lowest in [min(sounding)]
    ]


@pytest.fixture(scope="module")
def melody() -> ModelFile:
    return read_model_file(SHIPPED / "attention_rnn.safetensors")


def test_what_a_model_draws_is_smooth_over_the_bass_and_is_not_without_the_relation(melody: ModelFile) -> None:
    engine = RecurrentEngine()
    engine.load(melody)
    tune = tuple(Note(480 * beat, 480, pitch) for beat, pitch in enumerate((C, E, G, E)))
    heard = hearing(below(FIFTH, 40, FIFTH, ROOT), bars=4)
    request = asked(
        model=melody.name,
        model_hash=melody.sha256,
        primer=tune,
        primer_steps=16,
        bars=4,
        candidates=8,
        limits=LoopLimits(low=55, high=84, tonic=0, scale="major"),
        harmony=bars(*[C_CHORD] * 5),
        **heard,
    )

    def smooth(recipe: Recipe) -> tuple[float, float]:
        bass = sounding_bass(request)
        answers = [answer for seed in range(3) for answer in engine.generate(replace(recipe, seed=seed))]
        struck = [
            not is_rough(note.pitch, under)
            for answer in answers
            for note in answer.notes
            if place_weight(recipe.metre, note.start) == 1 and (under := bass.at(note.start)) is not None
        ]
        return float(np.mean(struck)), float(
            np.mean([one for answer in answers if (one := answer.log_likelihood) is not None])
        )

    (with_bass, likely), (without, likely_without) = smooth(request), smooth(replace(request, relations=()))
    assert with_bass >= 0.9
    assert with_bass - without >= 0.15
    assert likely >= likely_without - 0.15, "it is the model's music all the same"


@st.composite
def over_a_bass(draw: st.DrawFn) -> tuple[tuple[Note, ...], list[BarHarmony], list[BarHarmony], SoundingBass]:
    played = draw(notes(2 * 1920, most=12))
    before, after = (draw(st.lists(harmonies, min_size=2, max_size=2)) for _ in range(2))
    pitches = draw(st.lists(st.none() | st.integers(24, 50), min_size=32, max_size=32))
    return played, before, draw(st.sampled_from([before, after])), SoundingBass(tuple(pitches))


@given(over_a_bass())
def test_whatever_the_bass_a_fitted_tune_keeps_its_rhythm_and_over_its_own_chords_all_that_is_not_rough(
    case: tuple[tuple[Note, ...], list[BarHarmony], list[BarHarmony], SoundingBass],
) -> None:
    played, before, after, bass = case
    rules = FittingRules(40, 90)
    found = fit(played, before, after, Metre(), rules, bass)
    assert [replace(note, pitch=0) for note in found] == [replace(note, pitch=0) for note in sorted(played)]
    places = ChordPlaces(after, Metre())
    for note, was in zip(found, sorted(played), strict=True):
        strong = place_weight(Metre(), note.start) == 1 or places.changes_at(note.start) or note.length > 480
        if before == after and (not strong or was.pitch % 12 not in bass.rough(places.at(was.start), was.start)):
            assert note == was
