"""The desk: from what hands want to what the music does."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.hands import Stand, parts
from reverie.control.console import ControlConsole
from reverie.control.inputs import Controls
from reverie.control.override_sentences import sentences
from reverie.control.overrides import muted, silences
from reverie.history.control_log import Use
from reverie.music.time import Schedule
from reverie.play.messages import SetOverrides
from reverie.site.actions import KINDS, LEVELS, VOICED, Action, ControlError, ControlLimits, DreamWish, Level


def refusal(desk: ControlConsole) -> str:
    return desk.status()["last"][-1]["refused"]


def test_volume_and_tempo_are_steered_together_and_within_limits(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("volume", 0.0), Action("tempo", 1000.0))
    assert stand.steered == [SetOverrides(None, 0.2), SetOverrides(140.0, 0.2)]


def test_quieter_and_louder_go_by_steps_and_end_at_the_limits(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("quieter"))
    assert stand.steered[-1].volume == pytest.approx(0.92)
    for _ in range(20):
        stand.do(desk, Action("quieter"))
    assert stand.steered[-1].volume == pytest.approx(0.2)
    for _ in range(20):
        stand.do(desk, Action("louder"))
    assert stand.steered[-1].volume == 1.0


def test_a_wild_knob_sends_its_last_value_and_few_between(desk: ControlConsole, stand: Stand) -> None:
    for number in range(1000):
        desk.use(Action("volume", 0.2 + number / 2000), "midi")
        stand.time.go(0.001)
    stand.time.go(2)
    assert len(stand.steered) <= 22
    assert stand.steered[-1].volume == pytest.approx(0.2 + 999 / 2000)
    uses = desk.status()["last"]
    assert uses[-1]["value"] == pytest.approx(0.2 + 999 / 2000)
    assert len(stand.counted) <= 4


def test_what_waits_is_already_the_present_level(desk: ControlConsole) -> None:
    desk.use(Action("volume", 0.5), "midi")
    desk.use(Action("volume", 0.6), "midi")
    assert desk.present("volume", None) == 0.6


def test_levels_that_nobody_has_set_are_the_scenes_own(desk: ControlConsole, stand: Stand) -> None:
    assert desk.present("tempo", None) == 120.0
    assert desk.present("temperature", "lead") == 1.0
    stand.do(desk, Action("temperature", 0.7, "lead"))
    assert desk.present("temperature", "lead") == 0.7
    assert desk.present("temperature", None) is None  # they differ
    stand.do(desk, Action("temperature", 0.9))
    assert desk.present("temperature", None) == 0.9


def test_a_new_scene_ends_what_belonged_to_the_old_one(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("volume", 0.5), Action("tempo", 90.0), Action("mute", value=True, voice="beat"))
    stand.do(desk, Action("temperature", 0.7), Action("loop", value=True))
    desk.scene_begun()
    assert stand.steered[-1] == SetOverrides(None, 0.5)
    assert list(sentences(desk.overrides, 0.0)) == ["The volume is 50%."]


def test_the_last_voice_that_sounds_is_not_muted(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("mute", None, "beat"), Action("mute", None, "bass"), Action("mute", None, "lead"))
    assert stand.steered[-1].muted == ("bass", "beat")
    assert refusal(desk) == "lead is the last voice that sounds, and is not muted; pause, if silence is wanted"
    stand.do(desk, Action("mute", None, "beat"), Action("mute", None, "lead"))
    assert stand.steered[-1].muted == ("bass", "lead")


def test_a_voice_that_alone_is_scheduled_for_some_bars_is_not_muted() -> None:
    first_half, second_half = Schedule(4, ((1, 2),)), Schedule(4, ((3, 4),))
    scene = parts(lead=first_half, bass=second_half)
    assert silences(scene, {"lead"})
    assert not silences(parts(lead=first_half, bass=Schedule()), {"lead"})
    assert not silences(parts(lead=first_half), set[str]())


@given(st.lists(st.tuples(st.sampled_from(("beat", "bass", "lead")), st.none() | st.booleans())))
def test_no_order_of_mutes_silences_all(wishes: list[tuple[str, bool | None]]) -> None:
    scene = parts(beat=Schedule(), bass=Schedule(6, ((1, 4),)), lead=Schedule(4, ((2, 3),)))
    now = frozenset[str]()
    for voice, on in wishes:
        with contextlib.suppress(ControlError):
            now = muted(scene, now, voice, on=on)
        assert not silences(scene, now)


def test_a_pause_ends_by_hand_or_by_itself(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("pause"), Action("pause"))
    assert stand.paused == [True, False]
    stand.do(desk, Action("pause", value=True), Action("pause", value=True))
    assert stand.paused == [True, False, True]
    desk.look()
    assert desk.paused
    stand.time.go(600)
    desk.look()
    assert stand.paused == [True, False, True, False]
    assert desk.status()["last"][-1]["source"] == "time"


def test_going_to_another_scene_ends_a_pause(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("pause"), Action("next"))
    assert (stand.played, stand.paused) == (["night-watch"], [True, False])


def test_next_goes_round_and_passes_over_what_cannot_be_read(desk: ControlConsole, stand: Stand) -> None:
    stand.present, stand.broken = "night-watch", {"a-first"}
    stand.do(desk, Action("next"))
    assert stand.played == ["first-light"]
    stand.broken = {"a-first", "first-light", "night-watch"}
    stand.do(desk, Action("next"))
    assert "no scene to go to" in refusal(desk)


def test_scenes_are_named_or_numbered(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("scene", "night-watch"), Action("scene", "1"), Action("scene", "4"), Action("scene", "nite"))
    assert stand.played == ["night-watch", "a-first"]
    assert "there is no scene 'nite'" in refusal(desk)


def test_mutate_loop_and_temperature_reach_their_voices(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("mutate", None, "lead"), Action("loop"), Action("loop"))
    stand.do(desk, Action("temperature", 9.0, "bass"))
    held = [f"hold {voice} {on}" for on in (True, False) for voice in ("beat", "bass", "lead")]
    assert stand.fake.done == ["mutate lead", *held, "bass at 1.5"]
    assert stand.filled == 4
    stand.do(desk, Action("mutate"))
    assert stand.fake.done[-3:] == ["mutate beat", "mutate bass", "mutate lead"]
    stand.do(desk, Action("mutate", None, "nobody"))
    assert refusal(desk) == "the scene has no voice 'nobody'; it has beat, bass, lead"


def test_a_voice_is_held_alone_or_with_all_others_and_the_status_says_which(desk: ControlConsole, stand: Stand) -> None:
    def now() -> list[str]:
        return desk.status()["now"]

    stand.do(desk, Action("loop", None, "lead"))
    assert now() == ["lead repeats the loop that it plays."]
    stand.do(desk, Action("loop"))
    assert now() == ["The present loops are held."]
    stand.do(desk, Action("loop", None, "beat"))
    assert now() == ["bass repeats the loop that it plays.", "lead repeats the loop that it plays."]
    stand.do(desk, Action("loop", value=False))
    assert now() == []
    assert stand.fake.done == [
        "hold lead True",
        "hold beat True",
        "hold bass True",
        "hold beat False",
        "hold bass False",
        "hold lead False",
    ]


def test_a_temperature_is_for_voices_that_a_model_composes(desk: ControlConsole, stand: Stand) -> None:
    stand.fake.written = {"bass"}
    stand.fake.temperatures["bass"] = 0.1
    assert desk.present("temperature", None) == 1.0
    stand.do(desk, Action("temperature", 0.7))
    assert desk.status()["now"] == [
        "beat is composed at temperature 0.7.",
        "lead is composed at temperature 0.7.",
    ]
    stand.do(desk, Action("temperature", 0.7, "bass"))
    assert refusal(desk) == "bass is composed by no model, and has no temperature"


def test_what_is_written_is_left_alone(desk: ControlConsole, stand: Stand) -> None:
    stand.fake.written = {"bass"}
    stand.do(desk, Action("reset"), Action("continue", None, "lead"), Action("another", None, "bass"))
    assert stand.fake.done == ["reset beat", "reset lead", "continue lead"]
    assert refusal(desk) == "bass plays what is written, and nothing is composed for it"


def test_before_the_first_scene_hands_are_told_so(tmp_path: Path) -> None:
    stand = Stand(playing=False)
    desk = stand.desk(tmp_path)
    stand.do(desk, Action("mutate"))
    assert refusal(desk) == "nothing plays yet"
    assert desk.present("tempo", None) is None


def test_a_fault_in_the_music_is_recorded_and_harms_nobody(desk: ControlConsole, stand: Stand) -> None:
    stand.fake.broken = True
    stand.do(desk, Action("mutate"), Action("panic"))
    assert [use["refused"] for use in desk.status()["last"]] == ["it could not be done; see the log", ""]
    assert stand.panics == 1


def test_status_is_plain_data(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("pause"), Action("tempo", 90.0), Action("temperature", 0.7, "lead"))
    status = json.loads(json.dumps(desk.status()))
    assert status["now"][0].startswith("Paused; plays on by itself in")
    assert status["now"][1:] == ["The tempo is 90 quarters a minute.", "lead is composed at temperature 0.7."]


ANY: Any = st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.sampled_from(("1", "night-watch"))


@given(
    st.lists(
        st.builds(
            lambda kind, value, voice: Action(kind, value, voice if kind in VOICED else None),
            st.sampled_from(KINDS),
            ANY,
            st.none() | st.sampled_from(("lead", "beat", "bass", "nobody")),
        )
    )
)
def test_whatever_hands_want_stays_within_limits_and_is_recorded(
    tmp_path_factory: pytest.TempPathFactory, actions: list[Action]
) -> None:
    stand = Stand()
    desk = stand.desk(tmp_path_factory.getbasetemp())
    stand.do(desk, *actions)
    assert len(stand.counted) == sum(action.kind != "presence" for action in actions), "a sensor is nobody's hand"
    for steer in stand.steered:
        assert 0.2 <= steer.volume <= 1.0
        assert steer.qpm is None or 60 <= steer.qpm <= 140
        assert not silences(stand.fake.parts, steer.muted)
    for temperature in stand.fake.temperatures.values():
        assert 0.5 <= temperature <= 1.5


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), None, "much", True])
def test_what_is_no_number_is_refused(desk: ControlConsole, stand: Stand, level: Level, value: Any) -> None:
    stand.do(desk, Action(level, value))
    assert refusal(desk) == f"{level} needs a number"
    assert stand.steered == []


def test_a_site_that_limits_the_volume_begins_there(tmp_path: Path) -> None:
    stand = Stand()
    desk = ControlConsole(
        stand,
        stand,
        Controls(limits=ControlLimits(volume=(0.3, 0.7))),
        tmp_path / "u",
        stand.store,
        lambda *_: None,
        stand.time.later,
    )
    assert desk.overrides.for_player.volume == 0.7


def test_a_panic_is_done_among_any_number_of_other_buttons(desk: ControlConsole, stand: Stand) -> None:
    for number in range(1000):
        desk.use(Action("mute", voice=f"voice {number}"), "osc")
    desk.use(Action("panic"), "osc")
    assert stand.panics == 1


def test_voices_that_nobody_has_keep_no_button_from_working(desk: ControlConsole, stand: Stand, tmp_path: Path) -> None:
    """Each would take a place among the buttons that wait, and there are only so many."""
    for number in range(1000):
        desk.use(Action("mute", None, f"nobody-{number}"), "osc")
    stand.do(desk, Action("mute", None, "beat"))
    assert stand.steered[-1].muted == ("beat",)
    assert len(stand.counted) == 1001
    stand.time.go(5)
    assert "the scene has no voice" in desk.status()["last"][0]["refused"]
    assert len(desk.status()["last"]) <= 3, "of what is refused one use a second is recorded"


def test_a_flood_of_uses_is_not_recorded_without_end(desk: ControlConsole, stand: Stand) -> None:
    record = desk._record  # pyright: ignore[reportPrivateUsage]
    added: list[Use] = []

    def add(use: Use) -> None:
        added.append(use)

    record.add = add
    for _ in range(4000):
        for kind in ("mutate", "louder", "quieter", "next"):
            desk.use(Action(kind), "osc")
        stand.time.go(0.05)
    assert 200 <= len(added) <= 200 + 10 * 200 + 10


def test_escapes_in_names_reach_neither_the_record_nor_the_page(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("scene", "\x1b[2Jnight\n"), Action("mute", None, "\u202elead"))
    stand.time.go(5)
    for use in desk.status()["last"]:
        assert all(text.isprintable() for text in use.values() if isinstance(text, str))


def test_a_dream_is_taken_with_its_source_and_recorded_with_its_mood(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action.of_dream(DreamWish(text="it was dark", weight=0.5)), Action("wake"), Action("wake", "fear"))
    assert stand.dreamt == [(DreamWish(text="it was dark", weight=0.5), "osc")]
    assert stand.woken == [None, "fear"]
    last = desk.status()["last"]
    assert [(use["action"], use["value"], use["source"], use["refused"]) for use in last] == [
        ("dream", "fear", "osc", ""),
        ("wake", None, "osc", ""),
        ("wake", "fear", "osc", ""),
    ]
    assert "dark" not in json.dumps(last), "what somebody has dreamt is not kept"


def test_a_fader_of_a_dream_does_not_flood_and_its_end_comes_last(desk: ControlConsole, stand: Stand) -> None:
    for number in range(1, 100):
        desk.use(Action.of_dream(DreamWish("fear", number / 100, replaces=True)), "midi")
        stand.time.go(0.01)
    desk.use(Action("wake", "fear"), "midi")
    stand.time.go(2)
    assert 2 <= len(stand.dreamt) <= 4
    assert stand.woken == ["fear"]
    assert stand.counted[-1] == ("wake", "midi")


def test_whoever_waits_for_an_answer_gets_one(desk: ControlConsole, stand: Stand) -> None:
    done = desk.dream(b'{"mood": "fear", "length": "2 min"}', "http")
    assert (done.ok, done.sentence) == (True, "A dream of fear begins with the next bar line.")
    assert stand.dreamt == [(DreamWish("fear", length=120.0), "http")]
    refused = desk.dream(b'{"mood": "nobody"}', "http")
    assert (refused.ok, refused.sentence) == (False, "There is no mood 'nobody'.")
    assert refusal(desk) == "there is no mood 'nobody'"
    assert not desk.dream(b"fear", "http").ok
    many = [desk.dream(b"{}", "http") for _ in range(20)]
    assert not many[-1].ok
    assert "Too many" in many[-1].sentence
    stand.time.go(5)
    assert desk.dream(b"{}", "http").ok
