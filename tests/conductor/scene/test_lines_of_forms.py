"""A scene with a form, played: its lines begin where its sections do, whatever replaces its course meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.engine import DiceEngine
from fakes.scenes import scene
from reverie.compose.composer import compose
from reverie.compose.course import Course
from reverie.compose.ending_course import EndingCourse
from reverie.compose.ensemble import HEARS_AHEAD, Ensemble
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.play.messages import Place
from reverie.play.score import SceneScore

TEXT = """
name: study
title: A study
tempo: 120
metre: 4/4
key: D
scale: dorian
seed: 3
harmony:
  chords: "i x2 | IV | v"
form:
  order: drawn
  sections:
    - {name: calm, bars: [6, 8], voices: [beat, low], density: [0.6, 1], next: {full: 1}}
    - {name: full, bars: [8, 12, 14], voices: [beat, low, lead], enter: 2, register: [0, 7], ends: [fill, break],
       next: {calm: 1, alone: 1}}
    - {name: alone, bars: [5], voices: [lead], next: {full: 2, calm: 1}}
voices:
  beat:
    kind: drums
    model: drum_kit
    bars: 1
    evolve: {hold: 3, then: [continue, mutate]}
    output: {slot: main, channel: 10}
  low:
    kind: bass
    model: attention_rnn
    primer: "D2 - - - A2 - - -"
    register: [D1, D3]
    bars: 2
    evolve: {hold: 6, then: [continue, loop]}
    listen: [{lock: beat, drum: bass}]
    output: {slot: main, channel: 2}
  lead:
    kind: melody
    model: attention_rnn
    primer: "D4 - F4 - A4 - - -"
    register: [C4, C6]
    bars: 4
    evolve: {hold: 2, then: [continue, reset]}
    cycle: {on: [7, 9], off: [2, 3]}
    output: {slot: main, channel: 1}
"""
VOICES = ("beat", "low", "lead")


class Play:
    """A performance without a conductor, and what its player has."""

    def __init__(self, take: int = 0) -> None:
        self.performance = Ensemble(arrange(scene(TEXT), {}, take=take), 1, {})
        self.score = SceneScore(self.performance.scene())
        self.sent: list[Place] = []
        self.asked: list[tuple[int, Recipe]] = []
        self.heard: dict[int, dict[str, str]] = {}

    def tell(self, places: Sequence[Place]) -> None:
        self.sent += places
        for place in places:
            self.score.place(place)

    def go(self, bars: int) -> None:
        for _ in range(bars):
            while True:
                places, recipes = self.performance.fill()
                self.tell(places)
                if not recipes:
                    break
                for recipe in recipes:
                    self.asked.append((self.performance.bar, recipe))
                    self.tell(self.performance.composed(compose(DiceEngine(), recipe, Memories())))
            bar = self.performance.bar + 1
            assert self.score.ready
            self.heard[bar] = dict(self.score.recipes(bar))
            self.performance.played(bar)

    @property
    def course(self) -> Course:
        course = self.performance.arrangement.course
        assert course is not None
        return course


def check(play: Play, first: int = 0) -> None:
    """Where a voice begins anew something begins, unless it was too late to know; nothing is composed for silence."""
    starts = {voice: {place.start_bar for place in play.sent if place.part == voice} for voice in VOICES}
    for voice in VOICES:
        begin = play.course.begins(voice, first - 1)
        while begin is not None and begin <= play.performance.bar:
            assert begin in starts[voice], (voice, begin)
            begin = play.course.begins(voice, begin)
    for bar in range(first, play.performance.bar + 1):
        for voice in VOICES:
            if play.course.at(bar).voice(voice).sounds:
                assert play.heard[bar][voice] not in {"", "rest"}


def test_two_hundred_bars_of_a_form_have_no_loop_that_goes_on_over_a_beginning() -> None:
    play = Play()
    play.go(200)
    check(play)
    assert len({recipe.operator for _, recipe in play.asked}) > 2
    own = {place.start_bar: place for place in play.sent if place.part == "lead"}
    for bar, place in own.items():
        assert bar == 0 or play.course.at(bar).voice("lead").sounds, place


def test_the_same_form_gives_the_same_bytes_again_and_another_take_others() -> None:
    one, same, other = Play(), Play(), Play(take=1)
    for play in (one, same, other):
        play.go(120)
    assert one.sent == same.sent
    assert one.sent != other.sent


def test_every_composed_loop_is_made_again_by_a_new_engine_without_memories() -> None:
    play = Play()
    play.go(100)
    loops = {place.recipe: place.loop for place in play.sent}
    made = 0
    for _, recipe in play.asked:
        answer = compose(DiceEngine(), recipe, Memories())
        again = compose(DiceEngine(), Recipe.from_json(answer.recipe.as_json(), answer.recipe.loops), Memories())
        assert (again.recipe.id, again.loop) == (answer.recipe.id, answer.loop)
        made += answer.recipe.id in loops
    assert made > 20


def test_voices_are_composed_for_their_entries_and_not_long_before() -> None:
    play = Play()
    play.go(160)
    first = {place.recipe: place.start_bar for place in reversed(play.sent)}
    for bar, recipe in play.asked:
        answer = compose(DiceEngine(), recipe, Memories())
        start = first.get(answer.recipe.id)
        assert start is None or start - bar <= 2 * HEARS_AHEAD


DOINGS = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from(["end", "again", "evolve", "hold", "free", "edit"])), max_size=7
)


@settings(deadline=None, max_examples=15)
@given(DOINGS)
def test_whatever_is_done_to_it_voices_that_sound_have_music(doings: Sequence[tuple[int, str]]) -> None:
    play, form = Play(), arrange(scene(TEXT), {}).course
    assert form is not None
    for bars, doing in doings:
        play.go(bars)
        now = play.performance.bar
        if doing == "end":
            play.performance.change_course(EndingCourse(form, now + 4, 64, VOICES), now + 4)
        elif doing == "again":
            play.performance.change_course(form, now + 2)
        elif doing == "evolve":
            play.performance.evolve("lead", "mutate")
        elif doing == "edit":
            play.performance = play.performance.succeeded_by(arrange(scene(TEXT), {}), 1, {})
            play.tell(play.performance.opening())
        else:
            play.performance.hold(on=doing == "hold")
    play.go(30)
    for bar in range(play.performance.bar - 20, play.performance.bar + 1):
        for voice in VOICES:
            if play.course.at(bar).voice(voice).sounds:
                assert play.heard[bar][voice] not in {"", "rest"}
