"""`reverie perform` with the shipped scenes and models."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import mido
import pytest

pytestmark = pytest.mark.timeout(1200)

PER_NOTE = 2000
"""Bytes: what a note of a file that is written in one piece needs on its way, all its events and bytes included."""


def perform(folder: Path, name: str, *arguments: str) -> tuple[bytes, int]:
    """The file's bytes, and the most memory that the process held, in KiB."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, "-m", "reverie.cli.main", "perform", *arguments, "--midi", str(folder / name)]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=kept | {"HOME": str(folder)})
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    said = (folder / f"{name}.log").read_text()
    assert process.returncode == 0, said
    assert "Traceback" not in said
    return (folder / name).read_bytes(), usage.ru_maxrss


def test_the_same_seed_gives_the_same_file_and_another_seed_other_music(tmp_path: Path) -> None:
    first, _ = perform(tmp_path, "a.mid", "first-light", "--bars", "24", "--seed", "5")
    again, _ = perform(tmp_path, "b.mid", "first-light", "--bars", "24", "--seed", "5")
    other, _ = perform(tmp_path, "c.mid", "first-light", "--bars", "24", "--seed", "6")
    assert first == again
    assert first != other


@pytest.mark.slow
def test_a_thousand_bars_take_more_memory_than_a_hundred_for_their_notes_only(tmp_path: Path) -> None:
    _, short = perform(tmp_path, "short.mid", "cat-dreams", "--bars", "100")
    data, long = perform(tmp_path, "long.mid", "cat-dreams", "--bars", "1000")
    notes = [message for message in mido.MidiFile(tmp_path / "long.mid") if message.type == "note_on"]
    print(f"{len(notes)} notes in {len(data)} bytes; {short / 1024:.0f} MiB for 100 bars, {long / 1024:.0f} for 1000")
    assert (long - short) * 1024 < PER_NOTE * len(notes)
