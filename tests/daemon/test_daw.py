"""A DAW records what the daemon plays: Ardour, over JACK, without a screen."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from itertools import groupby, islice
from pathlib import Path

import pytest

from fakes.daemon import Daemon
from fakes.jack import Jack, need, wait_until
from fakes.midi_notes import Started, channels, started

pytestmark = pytest.mark.real
log = logging.getLogger(__name__)

TRACK = {"main": {"kind": "port", "match": "^ardour:rx/midi_in", "api": "jack"}}


@contextlib.contextmanager
def ardour(folder: Path) -> Generator[None, None, None]:
    """An Ardour that records from the first note that could be sent until after the last; then it saves and leaves."""
    need("ardour7-lua")
    folder.mkdir()
    environment = {**os.environ, "HOME": str(folder), "RECORDING": str(folder)}
    script = Path(__file__).with_name("ardour_record.lua")
    with (folder / "log").open("wb") as log:
        program = subprocess.Popen(["ardour7-lua", str(script)], stdout=log, stderr=log, env=environment)
    try:
        wait_until((folder / "rolling").exists, 60)
        yield
        (folder / "enough").touch()
        assert program.wait(60) == 0, (folder / "log").read_text()
    finally:
        program.kill()
        program.wait()


def in_order(notes: Sequence[Started]) -> list[list[int]]:
    """The pitches of the notes, those that start at one moment sorted."""
    return [sorted(note.pitch for note in chord) for _, chord in groupby(notes, key=lambda note: note.at)]


def in_same_order(notes: Sequence[Started], pattern: list[list[int]]) -> list[list[int]]:
    """The pitches of the notes, in chords of as many as the pattern's: a DAW may tell the order within one apart."""
    pitches = iter(note.pitch for note in notes)
    return [sorted(islice(pitches, len(chord))) for chord in pattern]


def test_a_daw_records_what_is_on_the_tape(jack: Jack, make_daemon: Callable[..., Daemon], tmp_path: Path) -> None:
    with ardour(tmp_path / "ardour"):
        daemon = make_daemon(TRACK).start()
        daemon.wait_for_bars(24)
        assert daemon.stop()[0] == 0
    assert daemon.log.read_text().count("Slot main") == 1

    tape = sorted((daemon.state / "tape").glob("*.mid"))
    [recorded] = [path for path in (tmp_path / "ardour").rglob("*.mid") if path.stat().st_size]
    sent, got = started(*tape), started(recorded)
    log.info("Sent %s, recorded %s", *(dict(Counter(note.channel for note in notes)) for notes in (sent, got)))
    assert channels(*tape) == {"beat": {10}, "bass": {2}, "lead": {1}}
    assert Counter((note.channel, note.pitch) for note in got) == Counter((note.channel, note.pitch) for note in sent)
    for channel in (1, 2, 10):
        chords = in_order([note for note in sent if note.channel == channel])
        assert len(chords) >= 24
        assert in_same_order([note for note in got if note.channel == channel], chords) == chords
