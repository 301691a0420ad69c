"""The daemon is heard: its own FluidSynth through JACK, recorded at the loudspeakers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from fakes.daemon import Daemon
from fakes.jack import Jack, need, wait_until
from fakes.midi_notes import channels, started
from fakes.sound import Sound, recording
from reverie.places import scenes_folder

pytestmark = pytest.mark.real
log = logging.getLogger(__name__)

SOUNDFONT = Path("/usr/share/sounds/sf2/TimGM6mb.sf2")
SYNTH = {"main": {"kind": "fluidsynth", "audio": "jack", "soundfont": str(SOUNDFONT) if SOUNDFONT.exists() else "auto"}}
BAR = 1.0  # seconds, at 240 quarters per minute in 4/4
SOUNDING = 46
"""Bars in which some voice plays; after them the synth is up and all voices are silent."""
SILENT = 4
"""Bars without a note that are waited for after them."""
HEARD = 0.003
"""A level of which nobody would say that it is silence."""


def dawn_in_haste() -> str:
    """First light, with a bar a second: the bass plays in all of SOUNDING, and others come and go by schedules."""
    scene: dict[str, Any] = yaml.safe_load((scenes_folder() / "first-light.yaml").read_text())
    scene |= {"name": "haste", "tempo": 60 * 4 / BAR}
    for key in ("form", "passage", "mix"):
        del scene[key]
    for name in ("lamp", "reed"):
        del scene["voices"][name]
    scene["voices"]["bass"] |= {"bars": 1, "schedule": {"every": 64, "bars": [f"1-{SOUNDING}"]}}
    scene["voices"]["dawn"]["schedule"] = {"every": 64, "bars": ["5-16", "19-32"]}
    scene["voices"]["melody"]["schedule"] = {"every": 64, "bars": ["5-12", "33-40"]}
    scene["voices"]["drums"]["schedule"] = {"every": 64, "bars": ["9-16", "21-30"]}
    return yaml.safe_dump(scene)


def synth_of(daemon: Daemon) -> psutil.Process:
    [synth] = (process for process in daemon.family() if process.name() == "fluidsynth")
    return synth


def tape_of(daemon: Daemon) -> list[Path]:
    return sorted((daemon.state / "tape").glob("*.mid"))


def wait_for_synth(daemon: Daemon) -> int:
    """The first bar, counted from 0, that it plays wholly."""
    wait_until(lambda: daemon.answers() and daemon.metric("reverie_slot_up"))
    return int(daemon.metric("reverie_bars_played_total")) + 1


def quietest_bar(sound: Sound, begin: float, end: float) -> float:
    """The lowest level of any stretch between two moments that is as long as a bar, wherever it begins.

    A recording has no place for the moments that a busy machine did not compute, so bars counted from its beginning
    slide into those before them.
    """
    count = int((end - begin - BAR) / (BAR / 4)) + 1
    return min(sound.level(begin + number * BAR / 4, BAR) for number in range(count))


def levels_of(path: Path, daemon: Daemon) -> list[float]:
    """The level of every bar on the tape, in the recording."""
    sound, onsets = Sound(path), [note.at for note in started(*tape_of(daemon))]
    begin = sound.begin(onsets)
    return sound.levels(begin, BAR, int((sound.seconds - begin) // BAR))


def test_every_bar_sounds_and_the_drums_are_on_channel_10(
    jack: Jack, make_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    need("fluidsynth")
    with recording(tmp_path / "sound.wav"):
        daemon = make_daemon(SYNTH, dawn_in_haste()).start()
        first = wait_for_synth(daemon)
        daemon.wait_for_bars(SOUNDING + SILENT, 90)
        assert daemon.stop()[0] == 0
    assert daemon.log.read_text().count("Slot main") == 1

    sound = Sound(tmp_path / "sound.wav")
    begin = sound.begin([note.at for note in started(*tape_of(daemon))]) + first * BAR
    end = sound.end(HEARD)
    quietest = quietest_bar(sound, begin, end)
    loudest, silence = sound.level(begin, end - begin), sound.level(end + BAR, 2 * BAR)
    figures = (
        f"{end - begin:.2f} s from bar {first} on: RMS {loudest:.5f}, quietest bar {quietest:.5f}; then {silence:.7f}"
    )
    log.info(figures)
    assert end - begin > 0.9 * (SOUNDING - first) * BAR, figures
    assert quietest > max(100 * silence, HEARD), figures

    assert channels(*tape_of(daemon)) == {"dawn": {3}, "drums": {10}, "bass": {2}, "melody": {1}}
    notes = started(*tape_of(daemon))
    assert {int(note.at // BAR) for note in notes} == set(range(SOUNDING))
    drums = {int(note.at // BAR) for note in notes if note.channel == 10}
    assert drums
    assert drums <= {*range(8, 16), *range(20, 30)}


def test_a_synth_that_is_killed_sounds_again_while_the_music_goes_on(
    jack: Jack, make_daemon: Callable[..., Daemon], tmp_path: Path
) -> None:
    need("fluidsynth")
    with recording(tmp_path / "sound.wav"):
        daemon = make_daemon(SYNTH, dawn_in_haste()).start()
        first = wait_for_synth(daemon)
        daemon.wait_for_bars(first + 3)
        synth, player = synth_of(daemon), daemon.pid("player")
        synth.kill()
        wait_until(lambda: not daemon.metric("reverie_slot_up"))
        lost = int(daemon.metric("reverie_bars_played_total"))
        back = wait_for_synth(daemon)
        assert synth_of(daemon).pid != synth.pid
        daemon.wait_for_bars(back + 4)
        assert daemon.pid("player") == player
        assert daemon.stop()[0] == 0
    assert back - lost <= 10

    assert {int(note.at // BAR) for note in started(*tape_of(daemon))} >= set(range(back + 4))
    levels = levels_of(tmp_path / "sound.wav", daemon)
    figures = f"up from bar {first}, lost in {lost}, back in {back}: {[round(level, 5) for level in levels]}"
    log.info(figures)
    assert min(levels[first : first + 3]) > HEARD, figures
    assert min(levels[lost:back]) < 1e-5, figures
    assert min(levels[back : back + 4]) > HEARD, figures
