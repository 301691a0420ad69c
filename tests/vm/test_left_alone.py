"""A machine that nobody attends: a root that nothing is written to, power that is cut, sound that comes late.

`REVERIE_POWER_CUTS` says how often the power is cut; a run that was interrupted goes on where it was.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from pathlib import Path

import pytest

from fakes.appliance import Appliance
from fakes.machine import CANNOT_BE_MADE, FOLDER, MAKER, Evidence

pytestmark = [pytest.mark.slow, pytest.mark.real, pytest.mark.timeout(7200)]

CUTS = int(os.environ.get("REVERIE_POWER_CUTS", "20"))
BOOTS = 600.0
"""Seconds until it plays, at most; a minute where nothing else keeps the processor busy."""
SOUND_IS_AWAY = {"slot-missing", "slot-at-fault", "meter-missing", "sound-missing"}
"""Faults that a machine without sound and MIDI has."""
LATEST_CUT = 40.0
"""Seconds after the start of the driver, or every second time after the first note, within which the power is cut."""


@pytest.fixture(scope="module")
def appliance_disks() -> None:
    made = subprocess.run([MAKER, "appliance"], capture_output=True, text=True, check=False)
    if made.returncode == CANNOT_BE_MADE:
        pytest.skip(made.stdout.strip())
    assert made.returncode == 0, made.stdout + made.stderr


@pytest.fixture(scope="module")
def left_alone(appliance_disks: None, tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    appliance = Appliance(tmp_path_factory.mktemp("left-alone")).made()
    with appliance.power("left_alone") as running:
        seen = running.wait(lambda seen: seen.all("done"), BOOTS, "its end")
    assert appliance.check("appliance") == ""
    return seen


def test_power_is_enough_to_make_it_play(left_alone: Evidence) -> None:
    first = left_alone.one("first_note").facts
    print(f"seconds since the kernel began: service {first['began']:.1f}, note {first['note']:.1f}")
    assert 0 < first["began"] < first["note"]


def test_the_root_is_read_only_under_a_layer_in_memory_and_the_state_is_written_to(left_alone: Evidence) -> None:
    mounts = left_alone.one("mounts").facts
    assert mounts["root"].startswith("overlay")
    assert mounts["state"].startswith("ext4")
    assert {"rw", "noexec", "nosuid", "nodev"} <= set(mounts["state"].split()[1].split(","))


def test_the_service_is_caged_as_the_unit_says(left_alone: Evidence) -> None:
    cage = left_alone.one("mounts").facts["cage"]
    assert (cage["NoNewPrivs"], cage["Seccomp"], cage["Umask"]) == ("1", "2", "0027")
    assert int(cage["CapBnd"], 16) == int(cage["CapEff"], 16) == 0
    assert "0" not in cage["Uid"].split()
    assert len(cage["users"]) == 2, "root and itself: nobody else has a name there"
    assert {"/dev/shm", "/run", "/tmp", "/var"} <= set(cage["noexec"])  # noqa: S108  they are only named


def test_a_sound_card_that_comes_late_is_played_through(left_alone: Evidence) -> None:
    assert left_alone.one("before").facts["slots"]["main"]["up"] is False
    assert left_alone.one("sound").facts["slots"]["main"]["up"] is True
    assert "RUNNING" in left_alone.one("sound").facts["status"]


def test_a_synthesizer_that_comes_late_is_played(left_alone: Evidence) -> None:
    assert left_alone.one("before").facts["slots"]["synth"]["up"] is False
    midi = left_alone.one("midi").facts
    assert midi["slots"]["synth"]["up"] is True
    assert midi["unit"]["NRestarts"] == "0"


def test_in_its_cage_the_player_has_real_time_and_locked_memory(left_alone: Evidence) -> None:
    everybody = left_alone.one("midi").facts["processes"]
    assert sum(one["role"] == "player" and one["real_time"] and one["locked"] > 0 for one in everybody) == 1
    assert 1 < sum(one["real_time"] for one in everybody) < len(everybody)


def test_it_reloads_and_leaves_no_note_behind(left_alone: Evidence) -> None:
    pids = {left_alone.one(what).facts["unit"]["MainPID"] for what in ("midi", "reloaded")}
    assert len(pids) == 1
    stopped = left_alone.one("stopped").facts
    assert (stopped["unit"]["ActiveState"], stopped["unit"]["Result"]) == ("inactive", "success")
    assert stopped["sounding"] == []
    assert "Traceback" not in left_alone.one("log").facts["text"]


def test_without_the_disk_of_what_lasts_it_plays(appliance_disks: None, tmp_path: Path) -> None:
    with Appliance(tmp_path).made().power("powered", "until=20", state=False) as running:
        seen = running.wait(lambda seen: seen.all("done"), BOOTS, "its end")
    assert seen.one("booted").facts["mount"] == ""
    assert seen.one("whole").facts["unit"]["ActiveState"] == "active"


def test_power_that_is_cut_at_any_moment_costs_nothing_that_matters(appliance_disks: None) -> None:
    """Each start is the proof of the cut before; without the layer in memory, so that the root can suffer too."""
    appliance = Appliance(FOLDER / "power-cuts", overlay=False)
    record = appliance.folder / "record.json"
    if not record.exists():
        appliance.made()
        _keep(record, [])
    cuts: list[float] = json.loads(record.read_text())
    random_moments = random.Random(len(cuts))
    while len(cuts) < CUTS:
        moment, since = random_moments.uniform(0, LATEST_CUT), ("booted", "first_note")[len(cuts) % 2]
        with appliance.power("powered") as running:
            running.wait(lambda seen, since=since: seen.all(since), BOOTS, f"{since} after {len(cuts)} cuts")
            time.sleep(moment)
            seen = running.seen()
        notes = [one.facts["notes"] for one in seen.all("playing")]
        found = {name: appliance.check(name) for name in ("appliance", "state")}
        cuts.append(moment)
        _keep(record, cuts)
        print(f"cut {len(cuts)} of {CUTS}: {moment:.1f} s after {since}, {max(notes, default=0)} notes", flush=True)
        assert found == {"appliance": "", "state": ""}
        assert not [one.facts["kept"]["broken"] for one in seen.all("playing") if one.facts["kept"]["broken"]]
        assert all(one.facts["kept"]["files"] > 0 for one in seen.all("playing"))
    with appliance.power("powered", "until=60") as running:
        seen = running.wait(lambda seen: seen.all("done"), BOOTS, "its end after all cuts")
    whole = seen.one("whole").facts
    assert whole["health"] == 200
    assert whole["kept"]["files"] > 0
    assert whole["kept"]["broken"] == whole["kept"]["aside"] == []
    assert {fault["id"] for fault in whole["faults"]} <= SOUND_IS_AWAY
    assert whole["unit"]["NRestarts"] == "0"
    assert "Traceback" not in seen.one("log").facts["text"]
    record.unlink()


def _keep(record: Path, cuts: list[float]) -> None:
    record.with_suffix(".new").write_text(json.dumps(cuts))
    record.with_suffix(".new").replace(record)
