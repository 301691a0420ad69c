"""What everybody may know of the music: enough to show it, and nothing of the machine."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.play.messages import BarBegun, SlotState
from reverie.site.actions import Action
from reverie.watch.fault_kinds import FOLDER_HANGS
from reverie.web.event_stream import WrittenEvent


class Ear:
    def hear(self, event: WrittenEvent) -> None:
        pass


STUDY = TEXT.replace(
    "seed: 3",
    "seed: 3\nform: {opening: 0, sections: [{name: day, bars: 4, voices: [beat]}, {name: night, bars: 6}]}\n"
    'harmony: "Dm9 | G13"\n'
    "moods: {fear: {words: [wolf]}, joy: {words: [sun]}}\n"
    "timbres:\n"
    "  purr: {sources: {cat: {latent: 1}, flute: {latent: 2}, bell: {latent: 3}},"
    " path: {kind: line, through: [flute, cat], steps: 3}}",
).replace("velocity: [50, 90]}\n", "velocity: [50, 90]}\n    timbre: {bank: purr}\n")


def begun(folder: Path, programme: Programme | None = None, text: str = STUDY) -> Theatre:
    theatre = Theatre(folder, {"study": text}, programme=programme, clock=HandClock("2026-11-28 22:30"))
    theatre.player.says(SlotState("main", up=True, detail="The grey synth plays at hw:3,0."))
    theatre.begin()
    theatre.answer()
    return theatre


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    theatre = begun(tmp_path)
    theatre.play(2)
    return theatre


def now(theatre: Theatre) -> dict[str, Any]:
    state = theatre.conductor.page.live.now()
    assert json.loads(json.dumps(state)) == state, "it is plain data"
    return dict(state)


def says(theatre: Theatre) -> tuple[str, dict[str, Any], str]:
    state = now(theatre)
    return state["says"]["key"], state["says"]["params"], state["level"]


def rest(theatre: Theatre) -> None:
    bar = theatre.conductor._evidence.bar
    assert bar is not None
    theatre.player.says(replace(bar, bar=bar.bar + 1, resting=True))


def test_it_says_in_a_word_how_it_is(tmp_path: Path) -> None:
    theatre = begun(tmp_path, text=TEXT)
    assert says(theatre) == ("starting", {}, "doubtful")
    theatre.play()
    assert says(theatre) == ("playing", {"title": "A study"}, "good")
    theatre.player.says(SlotState("main", up=False, detail="It was unplugged."))
    assert says(theatre) == ("playing", {"title": "A study"}, "doubtful"), "browsers still play it, and nothing is bad"
    assert theatre.conductor.summary().level == "bad", "whoever looks after it is told otherwise"
    theatre.player.says(SlotState("main", up=True, detail="It plays."))
    bar = theatre.conductor._evidence.bar
    assert bar is not None
    theatre.player.says(replace(bar, muted=("beat", "lead")))
    assert says(theatre) == ("silent", {}, "doubtful")
    theatre.player.says(bar)
    theatre.conductor._console._acts.do(Action("pause", value=True))
    assert says(theatre)[0] == "playing", "the bar that sounds ends first"
    rest(theatre)
    key, params, _ = says(theatre)
    assert key == "paused"
    assert params["until"] > "22:30"
    theatre.clock.go(600)
    assert says(theatre) == ("trouble", {}, "bad")


def test_a_daemon_that_does_not_begin_is_in_trouble(tmp_path: Path) -> None:
    theatre = begun(tmp_path)
    theatre.clock.go(61)
    assert says(theatre)[0] == "trouble"


def test_a_rest_of_the_programme_says_until_when_and_the_day_what_there_is(tmp_path: Path) -> None:
    entries = (ProgrammeEntry(time(8), "study", "joy"), ProgrammeEntry(time(22), None))
    theatre = begun(tmp_path, Programme(entries))
    theatre.play()
    rest(theatre)
    assert says(theatre)[:2] == ("resting", {"until": "08:00"})
    assert now(theatre)["day"] == [
        {"at": "08:00", "scene": "study", "mood": "joy", "now": False},
        {"at": "22:00", "scene": None, "mood": None, "now": True},
    ]


def test_nothing_of_the_machine_is_in_it(theatre: Theatre) -> None:
    theatre.conductor.faults.tell(FOLDER_HANGS, "/var/secret", "The disk /dev/sda of /var/secret is full", "Empty it")
    theatre.player.says(SlotState("main", up=True, detail="Half.", fault="hw:3,0 is dumb", advice="x", silent="part"))
    told = json.dumps(now(theatre))
    assert now(theatre)["level"] == "doubtful"
    for secret in (str(theatre.folder.parent), "hw:3,0", "grey synth", "secret", "/dev/sda", "main", "pid", "version"):
        assert secret not in told


def test_a_scene_its_voices_and_who_is_muted(theatre: Theatre) -> None:
    assert now(theatre)["scene"] == {
        "name": "study",
        "title": "A study",
        "metre": "4/4",
        "ticks_per_bar": 1920,
        "ticks_per_quarter": 480,
        "tempo": 120,
        "key": "D dorian",
    }
    told = {one["name"]: (one["kind"], one["muted"], one["sounds"]) for one in now(theatre)["voices"]}
    assert told == {"beat": ("drums", False, True), "lead": ("melody", False, False)}, "the form lets one play by day"
    theatre.play(3)
    theatre.conductor._console._acts.do(Action("mute", value=True, voice="lead"))
    theatre.conductor._console._acts.do(Action("tempo", value=90.0))
    told = {one["name"]: (one["muted"], one["sounds"]) for one in now(theatre)["voices"]}
    assert told == {"beat": (False, True), "lead": (True, False)}
    assert now(theatre)["scene"]["tempo"] == 90


def test_the_form_is_told_with_the_sections_to_come(theatre: Theatre) -> None:
    seen: list[str] = []
    ahead = now(theatre)["form"]["ahead"]
    assert [(one["section"], one["in_bars"], one["bars"]) for one in ahead[:2]] == [("night", 2, 6), ("day", 8, 4)]
    for _ in range(10):
        seen.append(now(theatre)["form"]["section"])
        theatre.play()
        theatre.answer()
    assert seen == ["day"] * 2 + ["night"] * 6 + ["day"] * 2


def test_each_loop_is_told_as_it_sounds_with_the_one_that_follows(theatre: Theatre) -> None:
    before: dict[str, Any] = {}
    followed = 0
    for _ in range(30):
        bar, loop = now(theatre)["bar"], now(theatre)["loops"]["beat"]
        assert loop["from_bar"] <= bar
        if before and loop["recipe"] != before["recipe"]:
            assert loop["from_bar"] == bar
        if loop["model"]:
            followed += 1
            assert (loop["model"], loop["bars"]) == ("drum_kit", 1)
            assert loop["temperature"] > 0
            assert {"fit", "total"} <= loop["why"]["score"].keys()
        if loop["next"]:
            assert loop["next"]["from_bar"] > bar
        before = loop
        theatre.play()
        theatre.answer()
    assert followed > 10


def test_a_dream_is_told_with_its_words_and_how_much_there_is_of_it(theatre: Theatre) -> None:
    assert now(theatre)["mood"]["mood"] is None
    assert theatre.conductor.dream_of(b'{"text": "A wolf at the door", "length": 8}', "test").ok
    theatre.play(5)
    mood = now(theatre)["mood"]
    assert (mood["mood"], mood["words"], mood["moods"]) == ("fear", "A wolf at the door", ["fear", "joy"])
    assert mood["weight"] > 0
    assert "source" not in mood["dreams"][0], "nobody is told who dreams"


def test_a_timbre_is_told_with_its_sounds_in_order_and_where_it_goes(theatre: Theatre) -> None:
    told = now(theatre)["timbres"]["purr"]
    assert told == {
        "sounds": ["flute", "cat"],
        "grid": False,
        "point": None,
        "held": None,
        "path": [[0.0], [0.5], [1.0]],
        "mixture": {},
    }


def test_the_player_is_mirrored_as_it_is_told(theatre: Theatre) -> None:
    theatre.player.starts()
    told = len(theatre.player.sent) - next(
        n for n in reversed(range(len(theatre.player.sent))) if theatre.player.sent[n]["type"] == "setup"
    )
    scene_bar = theatre.bar + 1
    theatre.player.says(BarBegun(1, "study", 0, scene_bar, 5.0, 2.0, resting=False, heard=told - 1))
    bar = theatre.conductor.page.live.bar()
    assert bar is not None
    assert (bar["scene_bar"], bar["begins"]) == (scene_bar, 5.0)
    [expected] = theatre.sounds()
    assert len([note for note in bar["notes"] if note[0] == "beat"]) == len(expected["beat"])
    assert bar["chords"] == [{"tick": 0, "symbol": "Dm9"}]


def enter(theatre: Theatre) -> None:
    """The bar before goes out, and the next begins, as the score has it."""
    theatre.play()
    theatre.answer()
    assert theatre.score is not None
    scene, bar = theatre.score.scene, theatre.bar + 1
    theatre.player.says(BarBegun(scene.epoch, scene.name, bar, bar, 5.0, 2.0, resting=False, heard=0))


def shown(theatre: Theatre) -> tuple[str, int, str]:
    """The scene, the bar and the section that the state has."""
    state = now(theatre)
    return state["scene"]["name"], state["bar"], state["form"]["section"]


def test_another_scene_was_shown_a_bar_before_it_began_and_counted_on_from_the_old(theatre: Theatre) -> None:
    theatre.write("other", STUDY.replace("name: study", "name: other").replace("A study", "Another"))
    enter(theatre)
    assert shown(theatre) == ("study", 4, "day")
    assert theatre.conductor.play_scene("other")
    assert theatre.conductor.playing == "other"
    assert (shown(theatre), now(theatre)["harmony"]["chord"]) == (("study", 4, "day"), "G13"), "its last bar sounds"
    assert says(theatre)[1] == {"title": "A study"}
    theatre.answer()
    enter(theatre)
    assert (shown(theatre), now(theatre)["harmony"]["chord"]) == (("other", 1, "day"), "Dm9")


def test_a_jump_in_the_form_was_shown_a_bar_before_it_was_heard(theatre: Theatre) -> None:
    for _ in range(2):
        enter(theatre)
    theatre.conductor.go_to_section("day/phrase")
    for bar in (6, 7, 8):
        enter(theatre)
        assert (shown(theatre), now(theatre)["form"]["bar"]) == (("study", bar, "night"), bar - 4)
    enter(theatre)
    assert (shown(theatre), now(theatre)["form"]["bar"]) == (("study", 9, "day"), 1)


def test_who_listens_is_counted(theatre: Theatre) -> None:
    assert "reverie_page_listeners 0.0" in theatre.metrics
    leave = theatre.conductor.page.live.events.listen(Ear())
    assert "reverie_page_listeners 1.0" in theatre.metrics
    leave()
    assert "reverie_page_listeners 0.0" in theatre.metrics
