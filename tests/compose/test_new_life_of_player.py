"""A player that dies comes back with what it had: however late the composer is, and whatever people do meanwhile."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.engine import DiceEngine
from fakes.scenes import scene
from reverie.compose.composer import Composed, compose
from reverie.compose.ensemble import Ensemble, Reserve
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.play.messages import Place
from reverie.play.score import SceneScore

VOICES = ("beat", "lead")
LOOK_AHEAD = 20


def kept(pitch: int, bars: int) -> tuple[str, Loop]:
    return f"kept-{pitch}", Loop(bars, Metre(), tuple(Note(1920 * bar, 120, pitch + bar) for bar in range(bars)))


class Theatre:
    """A performance, the score that its player has, and a composer that answers when it is told to."""

    def __init__(self, reserves: dict[str, Reserve]) -> None:
        self.performance = Ensemble(arrange(scene(), {}), 1, reserves)
        self.open: list[Recipe] = []
        self.score = SceneScore(self.performance.scene())
        self.engine = DiceEngine()
        self.take(self.performance.opening(), begun=-1)
        self.fill()

    @property
    def sounding(self) -> int:
        """The bar that sounds; -1 before the first."""
        return self.performance.bar + 1 if self.performance.bar >= 0 else -1

    def take(self, places: Sequence[Place], begun: int | None = None) -> None:
        for place in places:
            assert place.start_bar > (self.sounding if begun is None else begun), "this bar sounds already"
            self.score.place(place)

    def fill(self) -> None:
        places, recipes = self.performance.fill()
        self.take(places)
        self.open += recipes

    def play(self) -> None:
        bar = self.performance.bar + 1
        list(self.score.notes(bar))
        self.performance.played(bar)
        list(self.score.notes(bar + 1))
        self.score.depths(bar + 1)

    def answer(self, how: str) -> None:
        if not self.open:
            return
        recipe = self.open.pop(0)
        match how:
            case "composed":
                self.take(self.performance.composed(compose(self.engine, recipe, Memories())))
            case "refused":
                self.take(self.performance.composed(Composed(recipe, None, {"dense": 24}, {})))
            case "failed":
                self.take(self.performance.failed(recipe.voice))
            case _:
                self.open.clear()
                self.performance.composer_lost()
                self.take(self.performance.given_up(recipe.voice))

    def do(self, what: str) -> None:
        match what.split():
            case ["bar"]:
                self.play()
            case ["fill"]:
                self.fill()
            case ["lost"]:
                self.open.clear()
                self.performance.composer_lost()
            case ["hold" | "free"]:
                self.performance.hold(on=what == "hold")
            case ["mutate", voice]:
                self.performance.evolve(voice, "mutate")
            case ["warm", voice]:
                self.performance.set_temperature(voice, 1.4)
            case _:
                self.answer(what)

    def check(self) -> None:
        """A new player, given the scene and what is queued, plays what the old one would have."""
        scene_now = self.performance.scene()
        new = SceneScore(scene_now)
        for place in self.performance.queued():
            new.place(place)
        assert new.ready
        for bar in range(scene_now.first_bar, scene_now.first_bar + LOOK_AHEAD):
            assert _sounds(new, bar) == _sounds(self.score, bar), f"bar {bar} differs"


def _sounds(score: SceneScore, bar: int) -> list[tuple[str, Note, str]]:
    """All that sounds in a bar, without the score forgetting anything."""
    found: list[tuple[str, Note, str]] = []
    for name, part in score._parts.items():
        begun = [passage for passage in part._passages if passage.start <= bar]
        if begun and part.part.schedule.plays(bar):
            found += [(name, note, begun[-1].recipe) for note in begun[-1].notes(bar)]
    return found


EVENTS = ("bar", "fill", "composed", "refused", "failed", "given up", "lost", "hold", "free")
CONTROL = tuple(f"{what} {voice}" for what in ("mutate", "warm") for voice in VOICES)


@settings(deadline=None, max_examples=250)
@given(
    st.lists(st.sampled_from((*EVENTS, "bar", "bar", "fill", *CONTROL)), max_size=60),
    st.sampled_from((1, 2, 4)),
    st.sampled_from((1, 2, 3)),
)
def test_a_sounding_loop_is_not_forgotten_whatever_happens(events: list[str], lead: int, beat: int) -> None:
    theatre = Theatre({"beat": (kept(36, beat), kept(40, 1)), "lead": (kept(60, lead),)})
    for event in events:
        theatre.do(event)
        theatre.check()


@pytest.mark.parametrize("seed", range(12))
def test_a_long_evening_of_a_bad_composer_forgets_nothing(seed: int) -> None:
    dice = random.Random(seed)
    theatre = Theatre({"beat": (kept(36, 4),), "lead": (kept(60, 4), kept(70, 2))})
    for _ in range(150):
        theatre.do(dice.choice(("bar", "bar", "bar", "fill", "fill", *EVENTS, *CONTROL)))
        theatre.check()


def late(bars: int) -> Theatre:
    """All voices ask, and are answered after so many bars."""
    theatre = Theatre({"beat": (kept(36, 4),), "lead": (kept(60, 4),)})
    for _ in range(bars):
        theatre.play()
    while theatre.open:
        theatre.answer("composed")
    return theatre


@pytest.mark.parametrize("bars", range(1, 14))
def test_after_a_late_composer_what_sounds_is_told_to_a_new_player(bars: int) -> None:
    theatre = late(bars)
    for _ in range(8):
        for voice in VOICES:
            begun = [place.start_bar for place in theatre.performance.queued() if place.part == voice]
            assert min(begun) <= theatre.sounding
        theatre.play()
        theatre.check()


@pytest.mark.parametrize("how", ["composed", "refused", "failed", "given up"])
@pytest.mark.parametrize("bars", range(4, 10))
def test_no_loop_is_placed_into_the_bar_that_sounds_when_the_answer_is_late(bars: int, how: str) -> None:
    theatre = Theatre({"beat": (kept(36, 4),), "lead": (kept(60, 4),)})
    for _ in range(bars):
        theatre.play()
    while theatre.open:
        theatre.answer(how)  # which asserts it
    for place in theatre.performance.queued():
        assert place.start_bar % 4 == 0, "a loop of four bars is followed where it is over"


def test_no_loop_is_placed_into_the_bar_that_sounds_when_a_held_one_runs_out() -> None:
    theatre = Theatre({"beat": (kept(36, 2),), "lead": (kept(60, 2),)})
    theatre.performance.hold(on=True)
    theatre.open.clear()
    theatre.performance.composer_lost()
    for _ in range(2):
        theatre.play()
    theatre.fill()
    theatre.check()
