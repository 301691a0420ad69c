"""After a crash loop what was played comes back, without a composer, until it is time to try again."""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path

import pytest

from fakes.conductors import FakeNotifier
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from fakes.simulated_day import Installation, live_through
from reverie.conductor.care import safe_mode
from reverie.conductor.care.lives import LONGEST_STAY, MANY, SAFE_STAY, WELL, Lives
from reverie.conductor.care.readiness import FIRST_BAR, Readiness
from reverie.conductor.care.safe_mode import SAFE, PlacedScenes, SafeConductor
from reverie.conductor.care.taped_scene import BARS, taped_passages
from reverie.conductor.hours.playlist import Playlist
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import Note
from reverie.places import scenes_folder
from reverie.scenes.folder import SceneFolder
from reverie.watch.faults import Faults
from reverie.watch.happenings import BarSounded, SceneChanged, SceneGiven
from reverie.watch.summary import Summary
from reverie.watch.verdict import Verdict

BAR = 1920
SCENES = {"study": TEXT}
ALWAYS = Programme(())


def taped(folder: Path, bars: int = 3 * BARS, slot: str = "main") -> None:
    """An hour that was played on a slot: that which there is, if nothing else is said."""
    notes = tuple(Note(bar * BAR, 480, 40 + bar % 80, 80) for bar in range(bars))
    (folder / "tape").mkdir()
    hour = midi_bytes([Track("lead", note_events(notes, 1), device=slot)], ConductorTrack(), bars * BAR)
    (folder / "tape" / "2026-11-27T10.mid").write_bytes(hour)


def live(folder: Path, hours: float, programme: Programme = ALWAYS, begin: str = "2026-11-28 08:00") -> Installation:
    return live_through(folder, SCENES, programme, begin, hours, conducts=SafeConductor)


def bars(lived: Installation) -> list[BarSounded]:
    return lived.told(BarSounded)


def test_the_tape_is_played_passage_after_passage_and_nothing_is_composed(tmp_path: Path) -> None:
    taped(tmp_path)
    lived = live(tmp_path, 0.19)
    assert {one.bar.scene for one in bars(lived)} == {SAFE}
    assert all(one.bar.due and one.bar.sent for one in bars(lived))
    assert "composer" not in lived.workers
    assert len(lived.told(SceneChanged)) == 5, "another passage follows every two minutes"
    assert "safe-mode" in {fault.id for fault in lived.conductor.faults.active}


def test_without_a_tape_loops_that_are_shipped_play(tmp_path: Path) -> None:
    lived = live(tmp_path, 0.2)
    assert {one.bar.scene for one in bars(lived)} == {"first-light"}
    assert sum(one.bar.sent for one in bars(lived))
    assert "scenes-folder" not in {fault.id for fault in lived.conductor.faults.active}


def test_the_tape_played_into_nothing_where_its_slot_had_another_name_by_now(tmp_path: Path) -> None:
    taped(tmp_path, slot="as-it-was-called")
    lived = live(tmp_path, 0.1)
    assert {part.slot for one in lived.told(SceneGiven) for part in one.scene.parts} == {"main"}
    assert all(one.bar.sent for one in bars(lived))


def test_the_shipped_scene_played_into_nothing_at_a_site_whose_slots_have_names_of_their_own() -> None:
    shipped = SceneFolder([scenes_folder()]).load("first-light").scene
    placed = PlacedScenes([scenes_folder()], ["piano", "organ"]).load("first-light").scene
    assert {voice.output.slot for voice in placed.voices.values()} == {"piano"}
    assert placed.voices.keys() == shipped.voices.keys()
    assert PlacedScenes([scenes_folder()], ["organ", "main"]).load("first-light").scene == shipped


def test_it_is_left_by_itself_after_a_while_and_systemd_is_not_told_of_an_end(tmp_path: Path) -> None:
    taped(tmp_path)
    lived = live(tmp_path, 4)
    assert isinstance(lived.conductor, SafeConductor)
    assert lived.conductor.left
    assert lived.day.now() == pytest.approx(SAFE_STAY, abs=5)
    assert "STOPPING=1" not in lived.notifier.lines
    assert not [fault for fault in lived.conductor.faults.active if fault.id == "safe-mode"]


def test_reload_leaves_it_at_once(tmp_path: Path) -> None:
    taped(tmp_path)
    said: list[str] = []
    lived = live_through(
        tmp_path,
        SCENES,
        ALWAYS,
        "2026-11-28 08:00",
        4,
        [("08:05", lambda lived: said.append(lived.conductor.reload().sentence))],
        conducts=SafeConductor,
    )
    assert said == ["Safe mode is left: Reverie plays as it is configured."]
    assert lived.day.now() == pytest.approx(300, abs=5)


def test_each_start_of_safe_mode_told_of_a_key_that_nobody_had_changed(tmp_path: Path) -> None:
    taped(tmp_path)
    lived = live(tmp_path, 0.01)
    lived.conductor.config.configuration.write_text("# saved anew, and as it was\n{}\n")
    lived.conductor.page.desk.report.site.look()
    assert "configuration-changed" not in {fault.id for fault in lived.conductor.faults.active}


def test_the_hours_of_rest_hold(tmp_path: Path) -> None:
    taped(tmp_path)
    programme = Programme([ProgrammeEntry(time(8), "study", "fear"), ProgrammeEntry(time(8, 10), None)])
    lived = live(tmp_path, 0.3, programme)
    assert {(one.bar.scene, one.bar.resting) for one in bars(lived)} == {(SAFE, False), (SAFE, True)}


def test_a_programme_with_a_playlist_ended_safe_mode_at_each_start(tmp_path: Path) -> None:
    taped(tmp_path)
    programme = Programme(
        [ProgrammeEntry(time(8), None, playlist="evening"), ProgrammeEntry(time(8, 2), None)],
        {"evening": Playlist("evening", (("study", 1.0),), seconds=60.0)},
    )
    lived = live(tmp_path, 0.06, programme)
    assert {(one.bar.scene, one.bar.resting) for one in bars(lived)} == {(SAFE, False), (SAFE, True)}


def test_an_hour_of_the_tape_with_no_ticks_in_a_quarter_ended_safe_mode_at_each_start(tmp_path: Path) -> None:
    taped(tmp_path)
    whole = (tmp_path / "tape" / "2026-11-27T10.mid").read_bytes()
    (tmp_path / "tape" / "2026-11-27T11.mid").write_bytes(whole[:12] + bytes(2) + whole[14:])
    (tmp_path / "tape" / "2026-11-27T12.mid").write_bytes(whole.replace(bytes((0x90, 40, 80)), bytes((0x90, 40, 200))))
    assert taped_passages(tmp_path / "tape")


def test_a_passage_that_makes_no_scene_ended_safe_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Path:
        raise ValueError("no passage")

    taped(tmp_path)
    monkeypatch.setattr(safe_mode, "write_taped_scene", fails)
    assert {one.bar.scene for one in bars(live(tmp_path, 0.01))} == {"first-light"}


def test_a_mark_kept_even_the_shipped_scene_from_safe_mode(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    first_light = SceneFolder([scenes_folder()]).load("first-light").scene
    (tmp_path / "state" / "marked.json").write_text(json.dumps({"marked": {"first-light": first_light.hash}}))
    lived = live(tmp_path, 0.02)
    assert {one.bar.scene for one in bars(lived)} == {"first-light"}
    assert "scene-marked" not in {fault.id for fault in lived.conductor.faults.active}


def test_systemd_ended_safe_mode_while_it_waited_for_a_first_bar(tmp_path: Path) -> None:
    lived = live(tmp_path, 0.0001)
    assert not bars(lived)
    assert "READY=1" in lived.notifier.lines


def test_the_watchdog_bit_the_conductor_after_safe_mode_before_its_first_bar() -> None:
    clock, notifier = HandClock(), FakeNotifier()

    def life() -> Readiness:
        summary = Summary("bad", "Nothing sounds.")
        return Readiness(notifier, clock, lambda: Verdict(ok=False, sentence="Nothing sounds."), lambda: summary)

    life().look()
    assert "WATCHDOG=1" not in notifier.lines, "before a start is over nobody waits for the watchdog"
    notifier.ready("Safe mode.")
    after = life()
    for _ in range(round(2 * FIRST_BAR)):
        after.look()
        clock.go(1.0)
    assert notifier.lines.count("WATCHDOG=1") == FIRST_BAR


def end_every_player(lived: Installation) -> None:
    lived.player.lifetime = 0.5
    lived.player.die("The player left with exit status 1.")


def test_the_watchdog_is_fed_though_nothing_sounds(tmp_path: Path) -> None:
    taped(tmp_path)
    lived = live_through(
        tmp_path,
        SCENES,
        ALWAYS,
        "2026-11-28 08:00",
        0.2,
        [
            ("08:01", lambda lived: setattr(lived.player, "lifetime", 0.5)),
            ("08:01", lambda lived: lived.player.die("x")),
        ],
        conducts=SafeConductor,
    )
    assert lived.notifier.lines.count("WATCHDOG=1") >= 700


def test_each_stay_is_twice_as_long_until_a_life_is_well(tmp_path: Path) -> None:
    clock = HandClock()
    stays = [_crashed(tmp_path, clock).be_safe()]
    for _ in range(8):
        stays.append(_crashed(tmp_path, clock).be_safe())
        _crashed(tmp_path, clock, stay=True)
    assert stays[0] == SAFE_STAY
    assert stays == sorted(stays)
    assert max(stays) <= LONGEST_STAY
    well = _crashed(tmp_path, clock)
    clock.go(WELL + 1)
    well.look()
    well.end()
    assert Lives(tmp_path, Faults(), clock).safe_stays == 0


def _crashed(folder: Path, clock: HandClock, *, stay: bool = False) -> Lives:
    """A life that nobody ends."""
    lives = Lives(folder, Faults(), clock)
    if stay:
        lives.be_safe()
    lives.begin()
    return lives


def test_a_crash_loop_is_one_of_many_crashes_within_a_quarter_of_an_hour(tmp_path: Path) -> None:
    clock = HandClock()
    for number in range(MANY + 1):
        assert _crashed(tmp_path, clock).loops(MANY) == (number == MANY)
        clock.go(60)
    clock.go(900)
    assert not Lives(tmp_path, Faults(), clock).loops(MANY)
