from typing import Any

import pytest

from reverie.music.time import Metre, Schedule, Tempo
from reverie.play.messages import BarBegun, BarPlayed, Part, SetScene, SlotState
from reverie.watch.evidence import Evidence

BAR = 2.0
"""Seconds of a bar of 4/4 at 120."""


def evidence(*, schedule: Schedule | None = None, qpm: float = 120.0) -> Evidence:
    seen = Evidence()
    seen.slots_set(["main"])
    seen.slot_changed(SlotState("main", up=True, detail="FluidSynth is running."))
    part = Part("lead", "main", 1, schedule=schedule or Schedule())
    seen.scene_set(SetScene(1, 0, "first-light", Metre(), Tempo(qpm), (part,)))
    return seen


def bar(number: int = 0, **fields: Any) -> BarPlayed:
    defaults: dict[str, Any] = {
        "epoch": 1,
        "scene": "first-light",
        "bar": number,
        "scene_bar": number,
        "resting": False,
        "notes": {"lead": 4},
        "sent": 4,
        "lateness": (0.001,) * 4,
        "repeated": (),
        "depth": {"lead": 1},
        "due": 4,
    }
    return BarPlayed(**(defaults | fields))


SILENT: dict[str, Any] = {"notes": {"lead": 0}, "sent": 0, "lateness": ()}
"""Notes were due, and did not go out."""
EMPTY = SILENT | {"due": 0}
"""The score has no note in this bar."""


def test_before_the_first_bar_nothing_is_alive() -> None:
    assert evidence().alive(100.0).sentence == "No bar has been played yet."
    assert not evidence().alive(100.0).ok
    assert not evidence().bar_is_due(100.0)


def test_a_bar_with_notes_is_evidence_until_the_next_is_overdue() -> None:
    seen = evidence()
    seen.bar_played(bar(), 50.0)
    assert seen.alive(60.0).ok
    assert seen.alive(60.0).sentence == "Playing first-light, bar 2."
    assert not seen.alive(60.1).ok
    assert seen.bar_is_due(60.1)
    assert seen.alive(72.0).sentence == "The player has sent no bar for 22 s."


def test_slow_music_has_three_bars_time() -> None:
    seen = evidence(qpm=30.0)
    seen.bar_played(bar(), 0.0)
    assert seen.alive(24.0).ok
    assert not seen.alive(24.1).ok


def test_bars_without_a_note_are_no_evidence() -> None:
    seen = evidence()
    for number in range(7):
        seen.bar_played(bar(number, **SILENT), number * BAR)
        assert seen.alive(number * BAR).ok
    seen.bar_played(bar(7, **SILENT), 7 * BAR)
    assert not seen.alive(7 * BAR).ok
    assert "8 bars (16 s) went by without one" in seen.alive(7 * BAR).sentence
    seen.bar_played(bar(8), 8 * BAR)
    assert seen.alive(8 * BAR).ok


def test_a_minute_without_a_note_is_too_long_however_few_its_bars() -> None:
    seen = evidence(qpm=16.0)  # a bar lasts 15 s
    for number in range(3):
        seen.bar_played(bar(number, **SILENT), number * 15.0)
    assert seen.alive(45.0).ok
    seen.bar_played(bar(3, **SILENT), 45.0)
    assert not seen.alive(45.0).ok


def test_bars_in_which_no_voice_is_scheduled_do_not_count_against() -> None:
    seen = evidence(schedule=Schedule(every=32, spans=((1, 2),)))
    for number in range(32):
        seen.bar_played(bar(number, **(EMPTY if number > 1 else {})), number * BAR)
        assert seen.alive(number * BAR).ok


def test_they_do_not_make_up_for_silence_either() -> None:
    seen = evidence(schedule=Schedule(every=2, spans=((1, 1),)))
    for number in range(15):
        seen.bar_played(bar(number, **(EMPTY if number % 2 else SILENT)), number * BAR)
    assert not seen.alive(14 * BAR).ok


def test_bars_that_are_planned_to_be_silent_do_not_count_against() -> None:
    seen = evidence()
    for number in range(100):
        seen.bar_played(bar(number, tacet=("lead",), **EMPTY), number * BAR)
        assert seen.alive(number * BAR).ok
    for number in range(100, 132):
        seen.bar_played(bar(number, **EMPTY), number * BAR)
    assert not seen.alive(131 * BAR).ok, "nobody wanted these"


def test_rest_is_healthy_but_its_bars_must_come() -> None:
    seen = evidence()
    for number in range(100):
        seen.bar_played(bar(number, resting=True, **EMPTY), number * BAR)
    assert seen.alive(99 * BAR).ok
    assert seen.alive(99 * BAR).sentence == "Resting, as intended."
    assert not seen.alive(99 * BAR + 11).ok


def test_notes_that_no_device_took_count_only_where_a_device_is_missing() -> None:
    seen = evidence()
    for number in range(8):
        seen.bar_played(bar(number, sent=0), number * BAR)
    assert not seen.alive(7 * BAR).ok
    seen.slot_changed(SlotState("main", up=False, detail="The synthesizer was unplugged."))
    for number in range(8, 30):
        seen.bar_played(bar(number, sent=0), number * BAR)
    assert seen.alive(29 * BAR).ok
    assert not seen.ready().ok


@pytest.mark.parametrize("stand_ins", [{}, {"main": "spare"}, {"spare": "main"}])
def test_a_slot_that_is_off_and_has_no_notes_explains_no_silence_of_another(stand_ins: dict[str, str]) -> None:
    seen = evidence()
    seen.slots_set(["main", "spare"], stand_ins)
    seen.slot_changed(SlotState("main", up=True, detail="FluidSynth is running."))
    for number in range(8):
        seen.bar_played(bar(number, sent=0), number * BAR)
    assert not seen.alive(7 * BAR).ok


def test_a_missing_device_of_one_voice_explains_no_silence_of_another_that_plays() -> None:
    seen = evidence()
    seen.slots_set(["main", "pads"])
    seen.slot_changed(SlotState("main", up=True, detail="FluidSynth is running."))
    parts = (Part("lead", "main", 1), Part("pad", "pads", 1), Part("lamp", "elsewhere", 1))
    seen.scene_set(SetScene(2, 0, "night-watch", Metre(), Tempo(), parts))
    for number in range(100):
        seen.bar_played(bar(number, epoch=2, notes={"lead": 0, "pad": 4, "lamp": 1}, sent=0), number * BAR)
        assert seen.alive(number * BAR).ok, "only voices without a device had notes"
    for number in range(100, 108):
        seen.bar_played(bar(number, epoch=2, notes={"lead": 4, "pad": 4, "lamp": 1}, sent=0), number * BAR)
    assert not seen.alive(107 * BAR).ok


def test_a_slot_whose_stand_in_takes_nothing_is_not_excused() -> None:
    seen = evidence()
    seen.slots_set(["main", "spare"], {"main": "spare"})
    seen.slot_changed(SlotState("spare", up=True, detail="FluidSynth is running."))
    for number in range(8):
        seen.bar_played(bar(number, sent=0), number * BAR)
    assert not seen.alive(7 * BAR).ok


def test_the_next_scene_is_judged_by_its_own_schedule() -> None:
    seen = evidence(schedule=Schedule(every=4, spans=((1, 1),)))
    seen.scene_set(SetScene(2, 4, "night-watch", Metre(3, 4), Tempo(90.0), (Part("lead", "main", 1),)))
    for number in range(4):
        seen.bar_played(bar(number, **(EMPTY if number else {})), number * BAR)
    for number in range(8):
        assert seen.alive(10.0).ok
        seen.bar_played(bar(4 + number, epoch=2, scene="night-watch", scene_bar=number, **SILENT), 10.0)
    assert not seen.alive(10.0).ok


def test_sparse_music_is_no_silence_but_a_score_that_stays_empty_is() -> None:
    seen = evidence()
    for number in range(31):
        seen.bar_played(bar(number, **EMPTY), number * BAR)
        assert seen.alive(number * BAR).ok
    seen.bar_played(bar(31, **EMPTY), 31 * BAR)
    assert "the score was empty for 32 bars" in seen.alive(31 * BAR).sentence
    seen.bar_played(bar(32), 32 * BAR)
    assert seen.alive(32 * BAR).ok


def test_a_slot_that_the_site_does_not_have_is_told_and_is_no_silence() -> None:
    seen = evidence()
    seen.scene_set(SetScene(2, 0, "night-watch", Metre(), Tempo(), (Part("lead", "elsewhere", 1),)))
    for number in range(20):
        seen.bar_played(bar(number, epoch=2, sent=0), number * BAR)
    assert seen.alive(19 * BAR).ok
    assert not seen.ready().ok
    assert "elsewhere: the scene names it" in seen.ready().sentence


def test_the_first_bar_of_a_slower_scene_is_not_overdue_by_the_tempo_before() -> None:
    seen = evidence()
    seen.bar_played(bar(), 0.0)
    seen.scene_set(SetScene(2, 1, "night-watch", Metre(), Tempo(20.0), (Part("lead", "main", 1),)))
    assert seen.alive(30.0).ok
    assert not seen.alive(37.0).ok


@pytest.mark.parametrize("resting", [True, False])
def test_a_bar_of_an_unknown_scene_shows_that_the_player_lives(resting: bool) -> None:
    seen = Evidence()
    seen.bar_played(bar(epoch=7, resting=resting, **EMPTY), 5.0)
    assert seen.alive(15.0).ok
    assert not seen.alive(15.1).ok


def test_ready_names_every_slot_without_a_device() -> None:
    seen = evidence()
    assert seen.ready().ok
    seen.slot_changed(SlotState("main", up=False, detail="No MIDI input matches 'Ardour'."))
    assert seen.ready().sentence == "Without a device: main: No MIDI input matches 'Ardour'."
    seen.slots_set(["main", "daw"])
    assert not seen.ready().ok
    assert seen.ready().sentence == (
        "Without a device: main: It has not been found yet — daw: It has not been found yet."
    )


def test_ready_names_a_slot_that_takes_notes_and_is_not_heard() -> None:
    seen = evidence()
    fault, advice = "channel 10 is silent", "choose another soundfont"
    seen.slot_changed(SlotState("main", up=True, detail="It plays.", fault=fault, advice=advice, silent="part"))
    assert seen.ready().sentence == "Not heard: main: channel 10 is silent; choose another soundfont."
    assert not seen.ready().ok
    assert seen.any_slot_up
    seen.slot_changed(SlotState("main", up=False, detail=fault, fault=fault, advice=advice, silent="all"))
    assert seen.ready().sentence == "Not heard: main: channel 10 is silent; choose another soundfont."
    assert not seen.any_slot_up
    seen.slot_changed(SlotState("main", up=True, detail="It plays.", fault="it has another sound", advice=advice))
    assert seen.ready().ok


def test_concerns_are_known_before_anyone_hears_them() -> None:
    seen = evidence()
    seen.bar_played(bar(), 0.0)
    assert seen.concerns(0.0) == ()
    seen.worker_changed("composer", up=False)
    seen.bar_played(bar(repeated=("lead",)), 2.0)
    assert seen.concerns(2.0) == (
        "The composer is down.",
        "No new loop has been composed ever; repeating: lead.",
    )
    assert seen.alive(2.0).ok
    seen.worker_changed("composer", up=True)
    seen.loop_composed(4.0)
    assert seen.concerns(34.0) == ("No new loop has been composed for 30 s; repeating: lead.",)


def test_bars_that_a_leader_or_a_hand_makes_slow_are_not_overdue_by_the_scenes_own_tempo() -> None:
    seen = evidence(qpm=120.0)
    seen.bar_played(bar(seconds=12.0), 0.0)
    assert seen.alive(36.0).ok
    assert not seen.alive(36.1).ok


def test_muted_voices_are_silent_on_purpose() -> None:
    seen = evidence()
    for number in range(40):
        seen.bar_played(bar(number, muted=("lead",), **EMPTY), number * BAR)
    assert seen.alive(40 * BAR).ok


def test_for_a_bar_after_a_change_the_bar_was_counted_on_in_the_old_scene() -> None:
    seen = evidence()
    assert (seen.sounding_scene, seen.sounding_bar) == (None, None)
    seen.bar_begun(begun(1, 30))
    seen.bar_played(bar(29), 60.0)
    assert (seen.sounding_scene, seen.sounding_bar) == ("first-light", 31)
    seen.bar_played(bar(30), 62.0)
    seen.bar_begun(begun(2, 0, "other"))
    assert (seen.sounding_scene, seen.sounding_bar) == ("other", 1)
    assert seen.alive(62.5).sentence == "Playing other, bar 1."
    seen.bar_played(bar(0, epoch=2, scene="other"), 64.0)
    assert (seen.sounding_scene, seen.sounding_bar) == ("other", 2)


def begun(epoch: int, scene_bar: int, scene: str = "first-light") -> BarBegun:
    return BarBegun(epoch, scene, scene_bar, scene_bar, 0.0, 2.0, resting=False, heard=0)
