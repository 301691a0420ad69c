"""A simulated conductor that dreams: on bar lines, blended, within guards, and only while the scene knows the mood."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fakes.simulated_day import Installation, live_through
from reverie.compose.messages import ComposeLoop, ToComposer
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.conductor.scene.dreams import chosen, mood_of
from reverie.documents import parse_document, validate
from reverie.play.messages import BarPlan, SetScene, TakeBank, TellBars, TellChords, ToPlayer
from reverie.play.told_plans import ToldPlans
from reverie.processes.codec import from_message
from reverie.scenes.moods import MoodSection, words_of
from reverie.scenes.schema import Scene
from reverie.site.actions import Action, ControlError, DreamWish
from reverie.watch.happenings import BarSounded, DreamBegun, DreamsLeft, SceneBegun

SCENE = """
name: {name}
title: A scene to dream in
tempo: 60
key: D
scale: dorian
harmony: "Dm7 | G7"
voices:
  beat:
    kind: drums
    model: drum_kit
    bars: 2
    evolve: {{hold: 2, candidates: 1}}
    output: {{channel: 10}}
  lead:
    kind: melody
    model: attention_rnn
    primer: "D4 - F4 - A4 - - -"
    register: [C4, C6]
    bars: 2
    evolve: {{hold: 2, candidates: 1}}
    output: {{channel: 1}}
moods:
  fear:
    words: [dark, fall*, chase]
    tempo: 0.5
    density: 0.5
    register: -24
    dynamics: 0.5
    temperature: 1.2
    harmony: "Ebmaj7"
    scale: phrygian
    voices: {{beat: out, lead: {{controls: {{74: 24}}}}}}
  joy: {{words: [sun*, laugh*, Straße], tempo: 1.25, dynamics: 1.1}}
guards: {{tempo: [45, 70], register: [-12, 12]}}
dreams: {{length: 20, blend: 4, most: 2}}
"""
PLAIN = SCENE[: SCENE.index("moods:")]


def dreamt(tmp_path: Path, minutes: float, *incidents: tuple[str, Callable[[Installation], object]]) -> Installation:
    scenes = {"dreamy": SCENE.format(name="dreamy"), "plain": PLAIN.format(name="plain")}
    scenes["other"] = SCENE.format(name="other").replace("joy:", "bliss:")
    return live_through(tmp_path, scenes, Programme([]), "2026-11-28T10:00", minutes / 60, incidents)


def plans_of(lived: Installation) -> ToldPlans:
    told = ToldPlans()
    for _, message in lived.player.told:
        said = from_message(ToPlayer, message)
        if isinstance(said, TellBars):
            told.tell(said)
    return told


def at(lived: Installation, bar: int) -> BarPlan:
    return plans_of(lived).at(bar)


def wish(**said: Any) -> Callable[[Installation], object]:
    return lambda lived: lived.conductor.dream_of(json.dumps(said).encode(), "http")


def test_a_dream_begins_with_the_next_bar_line_and_rises_over_bars(tmp_path: Path) -> None:
    lived = dreamt(tmp_path, 4, ("10:01", wish(mood="fear")))
    begun = lived.told(DreamBegun)[0]
    assert (begun.mood, begun.source, begun.weight) == ("fear", "http", 1.0)
    sounding = max(one.bar.scene_bar for one in lived.told(BarSounded) if one.at.now <= begun.at.now)
    first = begun.scene_bar
    assert first in {sounding + 2, sounding + 3}, "the bar that sounds is not touched, and the next is if there is time"
    tempos = [at(lived, bar).tempo for bar in range(first - 1, first + 22)]
    assert tempos[:6] == [1.0, 0.875, 0.75, 0.75, 0.75, 0.75], "the guard of 45 quarters holds 60 by 0.5 back"
    assert tempos[-5:] == [0.75, 0.75, 0.875, 1.0, 1.0]
    loud = [at(lived, bar).parts["lead"].dynamics for bar in range(first, first + 4)]
    assert loud == [0.875, 0.75, 0.625, 0.5]
    bright = [dict(at(lived, bar).parts["lead"].controls)[74] for bar in (first - 1, *range(first, first + 4))]
    assert bright == [64, 54, 44, 34, 24]
    silent = [
        bar
        for bar in range(first - 2, first + 24)
        if "beat" in at(lived, bar).parts and not at(lived, bar).parts["beat"].sounds
    ]
    assert silent == [*range(first + 2, first + 19)]
    assert [one.active for one in lived.told(DreamsLeft)] == [1, 0]


def test_what_waits_is_composed_anew_under_the_mood(tmp_path: Path) -> None:
    lived = dreamt(tmp_path, 3, ("10:01", wish(mood="fear", length=40)))
    first = lived.told(DreamBegun)[0].scene_bar
    recipes = [
        asked.recipe
        for _, message in lived.composer.told
        if isinstance(asked := from_message(ToComposer, message), ComposeLoop)
    ]
    lead = [recipe for recipe in recipes if recipe.voice == "lead"]
    moody = [recipe for recipe in lead if recipe.limits.scale == "phrygian"]
    assert moody
    assert all(recipe.harmony[0].spans[0].symbol == "Ebmaj7" for recipe in moody)
    assert {recipe.limits.low for recipe in moody} <= {48, 51}, "down an octave, as far as the guard lets it"
    assert lead[0].limits.scale == "dorian"
    marks = [
        chord
        for _, message in lived.player.told
        if isinstance(said := from_message(ToPlayer, message), TellChords)
        for chord in said.chords
    ]
    assert (first + 2, "Ebmaj7") in {(mark.bar, mark.symbol) for mark in marks}


def test_words_choose_the_mood(tmp_path: Path) -> None:
    lived = dreamt(
        tmp_path,
        2,
        ("10:00", wish(text="nothing of the kind")),
        ("10:01", wish(text="I was FALLING, and laughed, and fell into the dark")),
    )
    assert [one.mood for one in lived.told(DreamBegun)] == ["fear"]
    said = lived.conductor.status()["dreams"]
    assert said["moods"] == ["fear", "joy"]
    assert said["rules"] == "fear"
    assert said["now"][0]["text"] == "I was FALLING, and laughed, and fell into the dark"


def test_one_dream_more_than_the_scene_takes_ends_the_oldest(tmp_path: Path) -> None:
    lived = dreamt(
        tmp_path,
        4,
        ("10:01", wish(mood="fear", weight=0.5, length=90)),
        ("10:02", wish(mood="joy", weight=0.4, length=90)),
        ("10:03", wish(mood="joy", weight=0.3, length=90)),
    )
    now = lived.conductor.status()["dreams"]["now"]
    assert [dream["weight"] for dream in now] == [0.4, 0.3]


def test_dreams_go_on_in_a_scene_that_knows_them_and_end_in_one_that_does_not(tmp_path: Path) -> None:
    def go(name: str) -> Callable[[Installation], object]:
        return lambda lived: lived.conductor.play_scene(name)

    seen: list[Any] = []
    lived = dreamt(
        tmp_path,
        6,
        ("10:01", wish(mood="fear", length=60)),
        ("10:01", wish(mood="joy", length=60)),
        ("10:02", go("other")),
        ("10:03", lambda lived: seen.append(lived.conductor.status()["dreams"])),
        ("10:04", go("plain")),
        ("10:05", lambda lived: seen.append(lived.conductor.status()["dreams"])),
    )
    del lived
    assert [dream["mood"] for dream in seen[0]["now"]] == ["fear"]
    assert 30 < seen[0]["now"][0]["bars_left"] < 60
    assert seen[1] == {"moods": [], "rules": None, "weights": {}, "now": []}


def test_waking_ends_all_dreams_softly(tmp_path: Path) -> None:
    lived = dreamt(
        tmp_path,
        3,
        ("10:01", wish(mood="fear", length=500)),
        ("10:02", lambda lived: lived.conductor._console.use(Action("wake"), "osc")),
    )
    assert lived.conductor.status()["dreams"]["now"] == []
    assert [one.active for one in lived.told(DreamsLeft)] == [1, 0]
    tempos = [at(lived, bar).tempo for bar in range(60)]
    assert max(abs(one - other) for one, other in pairwise(tempos)) <= 0.1251
    assert tempos[-1] == 1.0


def test_a_restart_of_the_player_is_told_of_the_dream(tmp_path: Path) -> None:
    lived = dreamt(
        tmp_path, 2, ("10:01", wish(mood="fear", length=500)), ("10:01", lambda one: one.player.die("It was killed."))
    )
    lives = lived.player.lives
    assert lives == 2
    assert at(lived, lived.told(BarSounded)[-1].bar.scene_bar).tempo == 0.75


def test_the_programme_has_a_scene_played_in_a_mood_until_its_next_entry(tmp_path: Path) -> None:
    programme = Programme(
        [
            ProgrammeEntry(time(9), "dreamy", "fear"),
            ProgrammeEntry(time(10, 2), "dreamy", "joy"),
            ProgrammeEntry(time(10, 4), "dreamy", "nonsense"),
        ]
    )
    seen: list[Any] = []

    def look(lived: Installation) -> None:
        seen.append(
            [(one["mood"], one["source"], one["bars_left"]) for one in lived.conductor.status()["dreams"]["now"]]
        )

    scenes = {"dreamy": SCENE.format(name="dreamy")}
    looks = [("10:01", look), ("10:03", look), ("10:05", look)]
    live_through(tmp_path, scenes, programme, "2026-11-28T10:00", 0.1, looks)
    assert seen == [[("fear", "programme", None)], [("joy", "programme", None)], []]


def scene(text: str) -> Scene:
    return validate(parse_document(text), Scene)


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        (DreamWish("feer"), "the scene dreamy has no mood 'feer'; did you mean 'fear'?"),
        (
            DreamWish(text="a cat"),
            "a dream is dreamt in a mood, and its text has no word of any mood; there are fear, joy",
        ),
        (DreamWish(), "a dream is dreamt in a mood, and it has neither a mood nor a text; there are fear, joy"),
    ],
)
def test_what_cannot_be_dreamt_is_refused_in_a_sentence(wanted: DreamWish, sentence: str) -> None:
    with pytest.raises(ControlError) as refused:
        mood_of(wanted, scene(SCENE.format(name="dreamy")))
    assert str(refused.value) == sentence
    with pytest.raises(ControlError, match="has no moods"):
        mood_of(wanted, scene(PLAIN.format(name="plain")))


@pytest.mark.parametrize(
    ("text", "mood"),
    [
        ("the sunny side", "joy"),
        ("DARKNESS", None),
        ("Dark; sunny, sun", "joy"),
        ("dark and sunny", "fear"),
        ("auf der STRASSE", "joy"),
        ("\uff44\uff41\uff52\uff4b", "fear"),
        ("\u202edark\u202c", "fear"),
        ("🌒", None),
        ("", None),
    ],
)
def test_words_are_found_whatever_way_they_are_spelt(text: str, mood: str | None) -> None:
    assert chosen(text, scene(SCENE.format(name="dreamy")).moods) == mood


def test_words_are_letters_and_digits() -> None:
    assert [*words_of("Ich FIEL—ins 2. Dunkle, naïve!")] == ["ich", "fiel", "ins", "2", "dunkle", "naïve"]
    assert MoodSection(words=("fall*",)).suits("falling")


def test_a_dream_outlasts_a_passage_into_another_scene(tmp_path: Path) -> None:
    text = SCENE.format(name="dreamy") + "passage: {kind: end, bars: 8}\n"
    scenes = {"dreamy": text, "other": SCENE.format(name="other").replace("tempo: 60", "tempo: 72")}
    seen: list[Any] = []

    def look(lived: Installation) -> None:
        status = lived.conductor.status()
        seen.append(
            (status["scene"]["name"], [one["mood"] for one in status["dreams"]["now"]], status["dreams"]["rules"])
        )

    lived = live_through(
        tmp_path,
        scenes,
        Programme([]),
        "2026-11-28T10:00",
        0.1,
        [
            ("10:01", wish(mood="fear", length=200)),
            ("10:02", lambda lived: lived.conductor.play_scene("other")),
            ("10:03", look),
            ("10:04", wish(mood="joy", weight=0.2)),
            ("10:05", look),
        ],
    )
    assert [one.scene.name for one in lived.told(SceneBegun)] == ["dreamy", "other"]
    assert seen[1] == ("other", ["fear", "joy"], "fear")
    bars = [one.bar.scene_bar for one in lived.told(BarSounded) if one.bar.scene == "other"]
    assert bars == [*range(len(bars))], "and no bar is missing"


TIMBRE = """
timbres:
  purr:
    sources: {{flute: {{latent: 1}}, cat: {{latent: 2}}}}
    path: {{kind: line, steps: 11}}
    pace: 1 h
"""


def test_a_dream_takes_a_timbre_to_its_point_and_back_again(tmp_path: Path) -> None:
    text = SCENE.replace("output: {{channel: 1}}", "output: {{channel: 1}}\n    timbre: purr")
    text = text.replace("    words: [dark", "    timbre: {{purr: 0.9}}\n    words: [dark") + TIMBRE
    seen: list[Any] = []
    lived = live_through(
        tmp_path,
        {"dreamy": text.format(name="dreamy")},
        Programme([]),
        "2026-11-28T10:00",
        0.3,
        [
            ("10:06", wish(mood="fear", length=20)),
            ("10:07", lambda one: seen.extend(one.conductor.status()["timbres"])),
        ],
        slot={"kind": "fluidsynth", "soundfont": "any.sf2"},
    )
    told = [(at, from_message(ToPlayer, message)) for at, message in lived.player.told]
    begun = next(at for at, message in told if isinstance(message, SetScene))
    takes = [(at - begun, take.bank.split("step ")[1]) for at, take in told if isinstance(take, TakeBank)]
    steps = [step for _, step in takes]
    assert steps[0] == steps[-1] == "0"
    assert steps.count("9") == 1
    assert set(steps) <= {"0", "1", "9"}, "what is due, what will be, and what the mood wants"
    wished = next(at for at, step in takes if step == "9")
    assert 360 <= wished <= 400, "within the bars over which the dream rises"
    assert takes[-1][0] > wished + 60
    (status,) = seen
    assert (status["plays_step"], status["wished_step"], status["waits"]) == (9, 9, "")
    assert status["step"] == 0
