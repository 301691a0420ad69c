"""What people do to a performance: hold, free, mutate, another temperature. The player's own score says what sounds."""

# pyright: reportPrivateUsage=false
from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.engine import DiceEngine
from fakes.scenes import scene
from reverie.compose.by_hand import ByHand
from reverie.compose.composer import compose
from reverie.compose.ensemble import Ensemble
from reverie.compose.placement import Placement
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.play.messages import Place
from reverie.play.score import SceneScore
from reverie.site.actions import EVOLVING, Evolving

VOICES = ("beat", "lead")
PLAIN_WAYS: list[Evolving] = [how for how in EVOLVING if how not in {"interpolate", "groove", "drumify"}]
"""What every voice can that a model composes."""


def kept(pitch: int, bars: int = 1) -> tuple[str, Loop]:
    return f"kept-{pitch}", Loop(bars, Metre(), tuple(Note(1920 * bar, 120, pitch + bar) for bar in range(bars)))


class Play:
    """A performance, its composer, and what its player has been sent."""

    def __init__(self, lead_bars: int = 2) -> None:
        self.performance = Ensemble(arrange(scene(), {}), 1, {"beat": (kept(36),), "lead": (kept(60, lead_bars),)})
        self.engine = DiceEngine()
        self.asked: list[Recipe] = []
        self.open: list[Recipe] = []
        self.kept: PlayedLoop | None = None
        self.sent: list[Place] = [*self.performance.opening()]

    def fill(self, *, answer: bool = True) -> None:
        while True:
            places, recipes = self.performance.fill()
            self.sent += places
            self.asked += recipes
            self.open += recipes
            if not answer or not self.open:
                return
            for recipe in self.open:
                self.sent += self.performance.composed(compose(self.engine, recipe, Memories()))
            self.open.clear()

    def go(self, bars: int) -> None:
        for _ in range(bars):
            self.performance.played(self.performance.bar + 1)
            self.fill()

    def do(self, operation: str) -> None:
        match operation.split():
            case ["hold" | "free"]:
                self.performance.hold(on=operation == "hold")
            case ["keep", voice]:
                self.kept = self.performance.sounding(voice)
            case ["back", voice]:
                assert self.kept
                assert self.performance.go_back(voice, self.kept)
            case ["hold" | "free", voice]:
                self.performance.hold(voice, on=operation.startswith("hold"))
            case ["mutate" | "another" | "reset" | "continue" as how, voice]:
                self.performance.evolve(voice, how)
            case ["warm" | "cold"]:
                for voice in VOICES:
                    self.performance.set_temperature(voice, 1.4 if operation == "warm" else 0.5)
            case ["by", "hand", voice, density, register, bars]:
                self.performance.set_by_hand(voice, ByHand(float(density), float(register), int(bars)))
            case ["lost"]:
                self.open.clear()
                self.performance.composer_lost()
            case _:
                self.fill(answer=False)
                self.performance.played(self.now)

    def score(self, sent: Sequence[Place] | None = None) -> SceneScore:
        score = SceneScore(self.performance.scene())
        for place in self.sent if sent is None else sent:
            score.place(place)
        return score

    def sounds(self, first: int, bars: int) -> dict[str, list[str]]:
        """By voice, the recipe of each bar."""
        score = self.score()
        found = [dict(score.recipes(bar)) for bar in range(first, first + bars)]
        return {voice: [row[voice] for row in found if voice in row] for voice in VOICES}

    @property
    def now(self) -> int:
        return self.performance.bar + 1

    def sounding(self, voice: str) -> Placement:
        found = self.performance._voices[voice].present(self.now)
        assert found
        return found

    def next_of(self, voice: str) -> Recipe:
        """What is asked for next for this voice."""
        asked = len(self.asked)
        self.fill()
        return next(recipe for recipe in self.asked[asked:] if recipe.voice == voice)


def playing(**options: int) -> Play:
    play = Play(**options)
    play.fill()
    play.go(9)
    return play


def test_held_loops_go_on_for_as_long_as_they_are_held() -> None:
    play = playing()
    present = {voice: sounds[0] for voice, sounds in play.sounds(play.now, 4).items()}
    play.performance.hold(on=True)
    asked = len(play.asked)
    play.fill()
    for _ in range(30):
        for voice, sounds in play.sounds(play.now, 2).items():
            assert set(sounds) <= {present[voice]}
        assert play.score().repeated(play.now) == ()
        play.go(1)
    assert len(play.asked) == asked


def test_held_loops_keep_their_place_in_the_bar_line() -> None:
    play = playing()
    score = play.score()
    before = {bar: list(score.notes(bar)) for bar in range(play.now, play.now + 2)}
    play.performance.hold(on=True)
    play.fill()
    play.go(8)
    after = play.score()
    first = play.now + (-play.now + min(before)) % 8
    lead = [note for part, note in after.notes(first) if part.name == "lead"]
    assert lead == [note for part, note in before[min(before)] if part.name == "lead"]


def test_freed_loops_evolve_from_what_was_held() -> None:
    play = playing()
    play.performance.hold(on=True)
    play.fill()
    play.go(10)
    held = play.sounds(play.now, 4)
    play.performance.hold(on=False)
    asked = len(play.asked)
    play.fill()
    assert len(play.asked) > asked
    later = play.sounds(play.now + 4, 8)
    for voice in VOICES:
        assert set(later[voice]) - set(held[voice])


def test_mutate_changes_what_plays_from_its_next_turn_on() -> None:
    play = playing()
    [present] = {*play.sounds(play.now, 1)["beat"]}
    play.performance.evolve("beat", "mutate")
    asked = len(play.asked)
    play.fill()
    mutation = next(recipe for recipe in play.asked[asked:] if recipe.voice == "beat")
    assert mutation.operator == "mutate"
    sounds = play.sounds(play.now, 3)["beat"]
    assert sounds[0] == present
    assert sounds[1] not in {present, *play.sounds(0, play.now)["beat"]}
    assert all(recipe.voice == "beat" for recipe in play.asked[asked:])
    assert [recipe.operator for recipe in play.asked[asked:]].count("mutate") >= 1


def test_a_mutation_that_is_wanted_while_a_question_is_open_comes_next() -> None:
    play = playing()
    play.performance.set_temperature("beat", 0.9)
    play.fill(answer=False)
    assert [recipe.voice for recipe in play.open] == ["beat"]
    play.performance.evolve("beat", "mutate")
    asked = len(play.asked)
    play.fill()
    assert play.asked[asked].operator == "mutate"
    assert play.asked[asked].before


def test_a_mutation_of_held_loops_is_held_in_its_turn() -> None:
    play = playing()
    play.performance.hold(on=True)
    play.fill()
    play.performance.evolve("beat", "mutate")
    asked = len(play.asked)
    play.fill()
    assert [recipe.operator for recipe in play.asked[asked:]] == ["mutate"]
    play.go(3)
    assert len(set(play.sounds(play.now, 12)["beat"])) == 1
    assert len(play.asked) == asked + 1


@pytest.mark.parametrize("how", PLAIN_WAYS)
def test_a_voice_goes_on_as_it_is_told_from_the_next_turn_of_its_loop_on(how: Evolving) -> None:
    play = playing(lead_bars=2)
    [present] = {*play.sounds(play.now, 1)["lead"]}
    beat = play.sounds(play.now, 8)["beat"]
    turn = play.now + 2 - play.now % 2
    play.performance.evolve("lead", how)
    asked = len(play.asked)
    play.fill()
    first = next(recipe for recipe in play.asked[asked:] if recipe.voice == "lead")
    assert how in {"another", first.operator}
    before, after = play.sounds(turn - 1, 1)["lead"], play.sounds(turn, 1)["lead"]
    assert before == [present]
    assert after != before
    assert play.sounds(play.now, 8)["beat"] == beat, "no other voice is touched"


def test_reset_begins_with_the_primer_again_and_continue_goes_on_from_what_sounds() -> None:
    play = playing()
    for how in ("reset", "continue"):
        sounding = play.sounding("lead")
        play.performance.evolve("lead", how)
        recipe = play.next_of("lead")
        assert recipe.operator == how
        plan = play.performance.arrangement.plans["lead"]
        assert recipe.before == sounding.loop.notes
        if how == "reset":
            assert (recipe.primer, recipe.past) == (plan.primer, ())
        else:
            assert sounding.made_by
            assert recipe.past == sounding.made_by.remembered
        play.go(4)


def test_another_is_told_what_the_one_that_sounds_was_told_and_draws_anew() -> None:
    play = playing()
    for _ in range(6):
        sounding = play.sounding("lead")
        made = sounding.made_by
        assert made
        play.performance.evolve("lead", "another")
        recipe = play.next_of("lead")
        assert (recipe.operator, recipe.primer, recipe.primer_steps, recipe.past) == (
            made.operator,
            made.primer,
            made.primer_steps,
            made.past,
        )
        assert recipe.seed != made.seed
        assert recipe.before == sounding.loop.notes, "it is to differ from what it replaces"
        play.go(7)


def test_another_of_what_nobody_composed_is_composed() -> None:
    play = Play()
    play.performance.evolve("lead", "another")
    assert play.next_of("lead").operator == "reset"


@pytest.mark.parametrize("how", PLAIN_WAYS)
def test_a_voice_goes_back_to_what_it_played_on_its_turn(how: Evolving) -> None:
    play = playing()
    kept = play.performance.sounding("lead")
    assert kept
    [present] = {*play.sounds(play.now, 1)["lead"]}
    assert kept.recipe == present
    play.performance.evolve("lead", how)
    play.fill()
    play.go(6)
    sounding = play.sounds(play.now, 1)["lead"]
    assert sounding != [present]
    turn = play.now + 2 - play.now % 2
    asked = len(play.asked)
    assert play.performance.go_back("lead", kept)
    play.fill()
    assert play.sounds(turn - 1, 1)["lead"] == sounding
    assert play.sounds(turn, 2)["lead"] == [present] * 2
    score = play.score()
    assert [of("lead", score, turn + bar) for bar in range(2)] == [[*kept.loop.bar(bar)] for bar in range(2)]
    following = next(recipe for recipe in play.asked[asked:] if recipe.voice == "lead")
    assert following.before == kept.loop.notes, "the line goes on from it"


def test_a_loop_that_was_there_already_can_be_gone_back_to() -> None:
    play = Play()
    shipped = play.performance.sounding("lead")
    assert shipped
    assert (shipped.recipe, shipped.made_by) == ("kept-60", None)
    play.fill()
    play.go(9)
    assert play.performance.go_back("lead", shipped)
    play.fill()
    play.go(2)
    assert play.sounding("lead").recipe == "kept-60"


def test_before_anything_sounds_there_is_nothing_to_keep() -> None:
    assert Ensemble(arrange(scene(), {}), 1, {}).sounding("lead") is None


def test_one_voice_is_held_while_the_other_evolves() -> None:
    play = playing()
    present = play.sounds(play.now, 1)["lead"]
    play.performance.hold("lead", on=True)
    play.fill()
    beats: set[str] = set()
    for _ in range(16):
        assert set(play.sounds(play.now, 1)["lead"]) <= set(present)  # its schedule leaves bars out
        beats.update(play.sounds(play.now, 1)["beat"])
        play.go(1)
    assert len(beats) > 2
    play.performance.hold("lead", on=False)
    play.fill()
    play.go(12)
    later = play.sounds(play.now, 4)["lead"]
    assert later
    assert set(later).isdisjoint(present)


def test_before_anything_is_composed_a_mutation_is_another_loop() -> None:
    play = Play()
    play.performance.evolve("beat", "mutate")
    play.fill()
    assert play.asked[0].operator == "reset"


def test_another_temperature_stands_in_the_recipes_and_is_heard_soon() -> None:
    play = playing()
    play.performance.set_temperature("lead", 0.61)
    assert play.performance.temperature("lead") == 0.61
    assert play.performance.temperature("beat") != 0.61
    asked = len(play.asked)
    play.fill()
    play.go(12)
    new = play.asked[asked:]
    assert {recipe.temperature for recipe in new if recipe.voice == "lead"} == {0.61}
    assert 0.61 not in {recipe.temperature for recipe in new if recipe.voice == "beat"}
    made_warm = {place.recipe for place in play.sent[-30:] if place.part == "lead"}
    assert set(play.sounds(play.now, 2)["lead"]) <= made_warm


def test_density_and_register_stand_in_the_recipes_and_end_with_the_hand() -> None:
    play = playing()
    own = play.performance.arrangement.plans["lead"].limits
    play.performance.set_by_hand("lead", ByHand(density=0.5, register=1.0))
    asked = len(play.asked)
    play.fill()
    play.go(12)
    new = [recipe for recipe in play.asked[asked:] if recipe.voice == "lead"]
    assert new
    assert {(one.limits.low, one.limits.high) for one in new} == {(72, 84)}, "the higher octave of C4 to C6"
    assert {one.density for one in new} == {0.5}
    assert {one.limits.most for one in new} == {own.most / 2}
    asked = len(play.asked)
    play.performance.set_by_hand("lead", ByHand())
    play.fill()
    play.go(12)
    assert {one.limits for one in play.asked[asked:] if one.voice == "lead"} == {own}


@pytest.mark.parametrize("bars", [2, 4, 8])
def test_a_voice_plays_another_loop_after_every_so_many_bars_though_its_scene_holds_loops(bars: int) -> None:
    play = playing()
    play.performance.set_by_hand("lead", ByHand(every=bars))
    play.performance.evolve("lead", "another")
    play.fill()
    play.go(8)
    heard = play.sounds(play.now, 1)["lead"]
    others = 0
    for _ in range(40):
        play.go(1)
        now = play.sounds(play.now, 1)["lead"]
        others += bool(now) and now != heard
        heard = now or heard
    assert 40 // bars - 2 <= others <= 40 // bars + 1


def test_what_a_voice_cannot_do_is_said_with_the_reason() -> None:
    lacks = playing().performance.lacks
    assert lacks("lead", "interpolate") == "lead has no latent space to go through; a MusicVAE as its model has one"
    assert lacks("lead", "groove") == "lead is no drum set, and groove is for drums"
    assert "no model is here that could drumify for beat in 4/4" in lacks("beat", "drumify")
    assert lacks("beat", "register") == "beat has strokes, and no register"
    assert [how for how in PLAIN_WAYS if lacks("lead", how)] == []
    assert not lacks("lead", "register")


def test_music_that_was_forgotten_is_not_composed_again() -> None:
    play = playing()
    for temperature in (0.8, 0.9, 0.8, 0.9):
        play.performance.set_temperature("lead", temperature)
        play.fill()
    seeds = [recipe.seed for recipe in play.asked if recipe.voice == "lead"]
    assert len(seeds) == len(set(seeds))


def test_while_nothing_is_composed_what_was_queued_plays() -> None:
    play = playing()
    queued = play.sounds(play.now, 4)
    play.performance.set_temperature("beat", 0.7)
    play.performance.evolve("lead", "mutate")
    play.fill(answer=False)
    assert play.open
    assert play.sounds(play.now, 4) == queued


def test_a_new_life_of_the_player_plays_what_the_last_one_would_have() -> None:
    play = playing()
    play.performance.evolve("lead", "mutate")
    play.performance.set_temperature("beat", 0.7)
    play.fill()
    reborn = play.score(play.performance.queued())
    living = play.score()
    for bar in range(play.now + 1, play.now + 8):
        assert dict(reborn.recipes(bar)) == dict(living.recipes(bar))


def of(voice: str, score: SceneScore, bar: int) -> list[Note]:
    return [note for part, note in score.notes(bar) if part.name == voice]


OPERATIONS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(
            (
                "hold",
                "free",
                "keep lead",
                "back lead",
                "hold lead",
                "free beat",
                "mutate beat",
                "another lead",
                "reset beat",
                "continue lead",
                "warm",
                "cold",
                "by hand beat 1 0 4",
                "by hand beat 1 0 0",
                "by hand lead 2 1 3",
                "lost",
                "late",
            )
        ),
    ),
    max_size=12,
)


@settings(deadline=None, max_examples=60)
@given(OPERATIONS, st.sampled_from((1, 2, 4)))
def test_whatever_hands_do_the_player_has_what_the_conductor_thinks_it_has(
    operations: list[tuple[int, str]], lead_bars: int
) -> None:
    play = Play(lead_bars)
    play.fill()
    play.do("keep lead")
    for bars, operation in operations:
        play.go(bars)
        play.do(operation)
        play.fill()
        queued = play.performance.queued()
        for voice in VOICES:
            own = [place for place in queued if place.part == voice]
            end = max(place.start_bar + place.times * place.loop.bars for place in own)
            assert end > play.now + 1
            living, reborn = play.score(), play.score(own)
            for bar in range(play.now, end):
                assert dict(living.recipes(bar)).get(voice) == dict(reborn.recipes(bar)).get(voice)
                assert of(voice, living, bar) == of(voice, reborn, bar)
