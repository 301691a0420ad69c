"""Levels of voices, levels that move over bars, and a voice that sounds alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.hands import Stand, parts
from reverie.compose.by_hand import ByHand
from reverie.control.console import ControlConsole
from reverie.control.overrides import silences
from reverie.music.time import Schedule
from reverie.site.actions import Action, ControlError, ControlLimits


def now(desk: ControlConsole) -> list[str]:
    return list(desk.status()["now"])


def refusal(desk: ControlConsole) -> str:
    return desk.status()["last"][-1]["refused"]


def test_a_level_is_a_factor_of_velocities_of_which_the_player_is_told(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("level", -12.0, "lead"))
    assert stand.steered[-1].levels == {"lead": pytest.approx(0.501, abs=1e-3)}
    assert now(desk) == ["lead is played -12 dB beside its own level."]
    assert desk.present("level", "lead") == -12.0
    stand.do(desk, Action("level", 0.0, "lead"))
    assert stand.steered[-1].levels == {}
    assert now(desk) == []


def test_density_register_and_every_reach_the_music_within_limits(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("density", 99.0, "lead"), Action("register", -0.5, "lead"))
    assert stand.fake.hand["lead"] == ByHand(density=2.0, register=-0.5)
    stand.do(desk, Action("undo"))
    assert stand.fake.hand["lead"] == ByHand(density=2.0)
    stand.do(desk, Action("undo"))
    assert stand.fake.hand["lead"] == ByHand()


def test_every_frees_a_held_voice_and_asks_for_another_loop(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("loop", value=True, voice="lead"), Action("every", 4.0, "lead"))
    assert stand.fake.hand["lead"] == ByHand(every=4)
    assert stand.fake.done[-2:] == ["hold lead False", "another lead"]
    assert now(desk) == ["lead plays another loop after every 4 bars."]
    stand.do(desk, Action("undo"))
    assert stand.fake.done[-2:] == ["hold lead True", "lead back to lead-0"]
    assert now(desk) == ["lead repeats the loop that it plays."]


def test_once_is_another_loop_that_is_held_then(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("once", voice="lead"))
    assert stand.fake.done == ["hold lead True", "another lead"]
    assert now(desk) == ["lead repeats the loop that it plays."]
    stand.do(desk, Action("undo"))
    assert now(desk) == []


def test_what_a_voice_cannot_do_is_refused_with_the_reason(desk: ControlConsole, stand: Stand) -> None:
    stand.fake.unable["lead", "groove"] = "lead is no drum set"
    stand.do(desk, Action("groove", voice="lead"))
    assert refusal(desk) == "lead is no drum set"
    stand.do(desk, Action("groove"))
    assert stand.fake.done == ["groove beat", "groove bass"]


def test_a_level_that_moves_over_bars_goes_a_step_with_each_and_arrives(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("tempo", 100.0), Action("tempo", 120.0, over=4))
    assert now(desk) == ["The tempo is 100 quarters a minute."]
    seen: list[float | None] = []
    for _ in range(6):
        desk.bar_over()
        seen.append(stand.steered[-1].qpm)
    assert seen == [105.0, 110.0, 115.0, 120.0, 120.0, 120.0]
    assert desk.ramps == []


def test_swing_is_set_within_limits_taken_back_and_the_scenes_own_in_the_next(
    desk: ControlConsole, stand: Stand
) -> None:
    assert desk.present("swing", None) == 0.5
    stand.do(desk, Action("swing", 0.58), Action("tempo", 90.0), Action("swing", 9.0))
    assert (stand.steered[-1].swing, stand.steered[-1].qpm, desk.present("swing", None)) == (0.75, 90.0, 0.75)
    assert "The first of two steps takes 75% of their time." in now(desk)
    stand.do(desk, Action("undo"))
    assert (stand.steered[-1].swing, stand.steered[-1].qpm) == (0.58, 90.0)
    stand.do(desk, Action("undo"), Action("undo"))
    assert stand.steered[-1].swing is None
    stand.do(desk, Action("swing", 0.5))
    assert now(desk) == ["Nothing swings."]
    desk.scene_begun()
    assert (stand.steered[-1].swing, now(desk)) == (None, [])


def test_swing_moves_over_bars(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("swing", 0.7, over=4))
    seen: list[float | None] = []
    for _ in range(5):
        desk.bar_over()
        seen.append(stand.steered[-1].swing)
    assert seen == pytest.approx([0.55, 0.6, 0.65, 0.7, 0.7])


def test_undo_and_another_value_end_what_moves(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("density", 2.0, "lead", over=8))
    desk.bar_over()
    assert stand.fake.hand["lead"].density == pytest.approx(1.125)
    stand.do(desk, Action("undo"))
    desk.bar_over()
    assert stand.fake.hand["lead"].density == 1.0
    stand.do(desk, Action("density", 2.0, "lead", over=8), Action("density", 0.5, "lead"))
    desk.bar_over()
    assert stand.fake.hand["lead"].density == 0.5


def test_another_scene_ends_what_moves_but_the_volume(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("volume", 0.5, over=4), Action("level", -8.0, "lead", over=4))
    desk.scene_begun()
    assert [ramp.level for ramp in desk.ramps] == ["volume"]


def test_a_voice_sounds_alone_and_with_the_others_again_as_they_were(desk: ControlConsole, stand: Stand) -> None:
    stand.do(desk, Action("mute", None, "bass"), Action("solo", None, "lead"))
    assert stand.steered[-1].muted == ("bass", "beat")
    assert now(desk) == ["lead sounds alone."]
    stand.do(desk, Action("solo", None, "beat"))
    assert stand.steered[-1].muted == ("bass", "lead")
    stand.do(desk, Action("solo", None, "beat"))
    assert stand.steered[-1].muted == ("bass",)
    stand.do(desk, Action("undo"), Action("undo"))
    assert stand.steered[-1].muted == ("bass", "beat")
    stand.do(desk, Action("mute", value=False, voice="beat"))
    assert now(desk) == ["bass is muted."]


def test_a_voice_that_rests_in_bars_to_come_does_not_sound_alone(desk: ControlConsole, stand: Stand) -> None:
    stand.fake.form = {9: ["beat", "bass"]}
    stand.do(desk, Action("solo", None, "lead"))
    assert "nothing would sound" in refusal(desk)
    stand.fake.form = {}
    stand.fake.parts = parts(beat=Schedule(), bass=Schedule(), lead=Schedule(4, ((1, 2),)))
    stand.do(desk, Action("solo", None, "lead"))
    assert "nothing would sound" in refusal(desk)
    assert stand.steered == []


ACTS = st.tuples(
    st.sampled_from(("mute", "solo", "undo", "level", "loop", "once", "every", "bars")),
    st.sampled_from(("beat", "bass", "lead")),
    st.sampled_from((True, False, None)),
)


@given(st.lists(ACTS, max_size=20))
def test_no_order_of_an_artists_acts_silences_a_bar(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, str, bool | None]]
) -> None:
    stand = Stand()
    stand.fake.parts = parts(beat=Schedule(), bass=Schedule(6, ((1, 4),)), lead=Schedule(4, ((2, 3),)))
    desk = stand.desk(tmp_path_factory.mktemp("desk"))
    for kind, voice, on in acts:
        match kind:
            case "bars":
                desk.bar_over()
            case "undo":
                desk.use(Action("undo"), "artist")
            case "level":
                desk.use(Action("level", -99.0, voice, over=3 if on else 0), "artist")
            case "once" | "every":
                desk.use(Action(kind, 4.0 if kind == "every" else None, voice), "artist")
            case "mute" | "solo" | "loop":
                desk.use(Action(kind, on, voice), "artist")
            case _:
                raise ControlError(kind)
        stand.time.go(1.0)
        assert not silences(stand.fake.parts, desk.overrides.muted)
        levels = desk.overrides.for_player.levels.values()
        assert all(factor >= 10 ** (ControlLimits().level[0] / 40) - 1e-3 for factor in levels), "quieter is not silent"
