"""Whatever happens to a simulated conductor, in whatever order: it makes no mistake, and the player knows each bar."""

from __future__ import annotations

import contextlib
import json
import logging
from pathlib import Path
from random import Random

import pytest

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.compose.bar_plans import bar_plan
from reverie.compose.course import Course
from reverie.site.actions import Action, ControlError

PAD = """  pad:
    kind: chords
    register: [C3, C5]
    output: {slot: main, channel: 3, level: -12}
"""
HEAD = """passage: {kind: end, bars: 4, pause: 1}
form:
  opening: 2
  order: drawn
  sections:
    - {name: all, bars: [8, 12], ends: [fill, break]}
    - {name: alone, bars: [4], voices: [pad], tempo: [1, 0.8]}
    - {name: chance, bars: [6], voices: [beat], maybe: {lead: 0.5, pad: 0.5}}
moods:
  fear: {tempo: 0.8, dynamics: 0.5, voices: {beat: out, lead: out, pad: {controls: {7: 0, 74: 10}}}}
  joy: {tempo: 1.2, voices: {pad: out}}
dreams: {blend: 2, most: 2}
"""
DAWN = HEAD + TEXT.replace("name: study", "name: dawn").replace("seed: 3", 'seed: 3\nharmony: "Dm9 | G13 | C x2"') + PAD
NIGHT = "passage: {kind: fade, bars: 3}\n" + TEXT.replace("name: study", "name: night").replace(
    "tempo: 120", "tempo: 96"
)
VOICES = ("beat", "lead", "pad")
EDITS = (
    ("bars: [8, 12]", "bars: [7]"),
    ("bars: 4, pause: 1", "bars: 9"),
    ("passage: {kind: end, bars: 4, pause: 1}\n", ""),
    ("velocity: [50, 90]", "velocity: [40, 90]"),
    ("blend: 2", "blend: 6"),
    ("  joy: {tempo: 1.2, voices: {pad: out}}\n", ""),
)


class Chance:
    """Draws what happens next."""

    def __init__(self, theatre: Theatre, seed: int) -> None:
        self.theatre = theatre
        self.draw = Random(seed)
        self.happens = (self.act, self.act, self.dream, self.scene, self.edit, self.player_dies, self.composer_dies)

    def act(self) -> None:
        voice = self.draw.choice(VOICES)
        kinds = ("mutate", "reset", "another", "keep", "return", "loop")
        self.theatre.conductor._console._acts.do(
            self.draw.choice(
                (
                    Action("mute", voice=voice),
                    Action("mute", value=True, voice=voice),
                    Action("undo"),
                    Action("tempo", self.draw.choice((80.0, 150.0))),
                    Action("pause"),
                    Action(self.draw.choice(kinds), voice=voice),
                )
            )
        )

    def dream(self) -> None:
        if self.draw.random() < 0.2:
            self.theatre.conductor._dreams.wake()
            return
        wanted = {"mood": self.draw.choice(("fear", "joy")), "length": self.draw.choice((1, 3, 30))}
        self.theatre.conductor.dream_of(json.dumps(wanted).encode(), str(self.draw.random()))

    def scene(self) -> None:
        self.theatre.conductor.play_scene(self.draw.choice(("dawn", "night")))

    def edit(self) -> None:
        text = DAWN
        for old, new in self.draw.sample(EDITS, self.draw.randrange(3)):
            text = text.replace(old, new)
        self.theatre.conductor.files_changed({self.theatre.write("dawn", text)})

    def player_dies(self) -> None:
        self.theatre.player.dies()
        self.theatre.player.starts()
        self.theatre.score = None

    def composer_dies(self) -> None:
        self.theatre.composer.dies()
        self.theatre.composer.starts()


@pytest.mark.parametrize("seed", range(3))
def test_nothing_is_a_mistake_nobody_is_silenced_and_the_player_knows_every_bar(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, seed: int
) -> None:
    theatre = Theatre(tmp_path, {"dawn": DAWN, "night": NIGHT})
    theatre.begin("dawn")
    chance = Chance(theatre, seed)
    for _ in range(120):
        if chance.draw.random() < 0.5:
            with contextlib.suppress(ControlError):
                chance.draw.choice(chance.happens)()
            theatre.hear()
        if chance.draw.random() < 0.8:
            theatre.answer()
        theatre.clock.go(1.0)
        theatre.play()
        assert_all_is_well(theatre)
    assert not [one for one in caplog.records if one.levelno >= logging.ERROR]


def assert_all_is_well(theatre: Theatre) -> None:
    music = theatre.conductor.music
    assert theatre.score
    assert music
    if theatre.score.scene.epoch != music.epoch:
        return  # the player goes over with the next bar line
    bar, parts = theatre.bar + 1, [*music.arrangement.parts]
    for ahead in range(4):
        wanted = bar_plan(music.course, parts, bar + ahead)
        told = theatre.score._plans.at(bar + ahead)
        assert (told.tempo, dict(told.parts)) == (wanted.tempo, dict(wanted.parts)), f"bar {bar + ahead}"
    muted = theatre.conductor._console.overrides.muted
    for ahead in range(2):
        plays = {name for name, _ in theatre.score.recipes(bar + ahead)}
        assert not plays or plays - muted, f"bar {bar + ahead} is silenced"
    assert depth(music.course) <= 8


def depth(course: Course | None) -> int:
    """How many courses lie within each other where the last of all is asked."""
    within = [getattr(course, name, None) for name in ("after", "inner")]
    return 1 + max((depth(one) for one in within if one is not None), default=0)
