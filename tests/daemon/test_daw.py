"""A DAW records what the daemon plays: Ardour, over JACK, without a screen."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from itertools import groupby, islice
from pathlib import Path

import pytest

from fakes.daemon import Daemon
from fakes.jack import Jack, need
from fakes.midi_notes import Started, channels, started
from fakes.patience import PATIENCE

pytestmark = pytest.mark.real
log = logging.getLogger(__name__)

TRACK = {"main": {"kind": "port", "match": "^ardour:rx/midi_in", "api": "jack"}}


SCRIPT = Path(__file__).with_name("ardour_record.lua")
MOST_AT_ONCE = 8
"""Notes of one moment, which JACK loses or tells twice together when a client is too late for its period."""
STARTS = 4
"""Attempts: in one of ten, two threads of Ardour 7.3 ask libjack at once, which mixes up their requests for good."""


def start_ardour(folder: Path) -> subprocess.Popen[bytes]:
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    environment = kept | {"HOME": str(folder), "RECORDING": str(folder)}
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(["ardour7-lua", str(SCRIPT)], stdout=log, stderr=log, env=environment)


def rolls(program: subprocess.Popen[bytes], folder: Path) -> bool:
    """Whether it records at last; that it does so is no part of what is tested."""
    limit = time.monotonic() + 25
    while program.poll() is None and time.monotonic() < limit and not (folder / "rolling").exists():
        time.sleep(0.05)
    return (folder / "rolling").exists()


@contextlib.contextmanager
def ardour(jack: Jack, parent: Path) -> Generator[Path, None, None]:
    """The folder of an Ardour that records from before the first note until after the last; then it saves."""
    need("ardour7-lua")
    for attempt in range(STARTS):
        folder = parent / f"ardour-{attempt}"
        program = start_ardour(folder)
        try:
            if rolls(program, folder):
                yield folder
                (folder / "enough").touch()
                assert program.wait(PATIENCE) == 0, (folder / "log").read_text()
                return
        finally:
            program.kill()
            program.wait()
        jack.end()
        jack.start()
    pytest.fail(f"Ardour does not record; see its logs in {parent}")


def in_order(notes: Sequence[Started]) -> list[list[int]]:
    """The pitches of the notes, those that start at one moment sorted."""
    return [sorted(note.pitch for note in chord) for _, chord in groupby(notes, key=lambda note: note.at)]


def in_same_order(notes: Sequence[Started], pattern: list[list[int]]) -> list[list[int]]:
    """The pitches of the notes, in chords of as many as the pattern's: a DAW may tell the order within one apart."""
    pitches = iter(note.pitch for note in notes)
    return [sorted(islice(pitches, len(chord))) for chord in pattern]


@pytest.mark.timeout(300)
def test_a_daw_records_what_is_on_the_tape(jack: Jack, make_daemon: Callable[..., Daemon], tmp_path: Path) -> None:
    with ardour(jack, tmp_path) as folder:
        before = jack.skipped
        daemon = make_daemon(TRACK).start()
        daemon.wait_for_bars(24)
        assert daemon.stop()[0] == 0
        skipped = jack.skipped - before
    assert daemon.log.read_text().count("Slot main") == 1

    tape = sorted((daemon.state / "tape").glob("*.mid"))
    [recorded] = [path for path in folder.rglob("*.mid") if path.stat().st_size]
    sent, got = started(*tape), started(recorded)
    log.info("Sent %s, recorded %s", *(dict(Counter(note.channel for note in notes)) for notes in (sent, got)))
    log.info("JACK skipped %d periods of clients", skipped)
    assert channels(*tape) == {"beat": {10}, "bass": {2}, "lead": {1}}
    there, here = (Counter((note.channel, note.pitch) for note in notes) for notes in (got, sent))
    assert ((there - here) + (here - there)).total() <= MOST_AT_ONCE * skipped
    for channel in (1, 2, 10):
        chords = in_order([note for note in sent if note.channel == channel])
        assert len(chords) >= 24
        if not skipped:
            assert in_same_order([note for note in got if note.channel == channel], chords) == chords
