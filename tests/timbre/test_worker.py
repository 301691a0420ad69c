"""The timbre process: it renders what it is asked for, and whenever it is killed, what it has done is done."""

from __future__ import annotations

import contextlib
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reverie.places import models_folder, sounds_folder
from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import Message, decode, encode
from reverie.timbre.messages import (
    DropRender,
    FromTimbre,
    HoldRender,
    Postponed,
    Refused,
    Render,
    Rendered,
    RenderProgress,
)
from reverie.timbre.request import BankRequest, Share

# Banks are rendered where no other process wants to run, so that how long it takes is up to what runs beside.
pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]

MODEL = models_folder() / "timbre.safetensors"
KILLS = 10
KILLED_LATE = 3
"""So many of them at least once whole batches are done."""
PATIENCE = 400.0
"""Seconds: it runs only where nobody else wants a core, and a search takes ten seconds of one."""


def order(
    *shares: Share, pitches: tuple[int, ...] = (48, 60), velocities: tuple[int, ...] = (100,), seconds: float = 0.3
) -> BankRequest:
    return BankRequest("test", shares or (Share("star", 1.0, latent=7),), pitches, velocities, seconds, -20.0, 1)


def render(cache: Path, wanted: BankRequest, share: float = 1.0) -> Render:
    return Render(wanted, str(MODEL), str(cache), 10**9, share)


class Worker:
    """A life of the process, spoken to as the conductor does."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "reverie.timbre.worker", "--fd", str(theirs.fileno())]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], start_new_session=True)
        theirs.close()
        self._pending = b""

    def tell(self, message: Message) -> None:
        self._ours.sendall(encode(message))

    def messages(self, seconds: float) -> Iterator[Message]:
        """What it says within so many seconds, or until it leaves."""
        limit = time.monotonic() + seconds
        while select.select([self._ours], [], [], max(limit - time.monotonic(), 0))[0]:
            with contextlib.suppress(ConnectionResetError):
                data = self._ours.recv(1 << 16)
                if data:
                    *lines, self._pending = (self._pending + data).split(b"\n")
                    yield from map(decode, lines)
                    continue
            return

    def said(self, seconds: float = PATIENCE) -> Iterator[FromTimbre]:
        return (from_message(FromTimbre, message) for message in self.messages(seconds) if message["type"] != "pong")

    def outcome(self) -> Rendered | Refused | Postponed:
        """How it ends."""
        return next(said for said in self.said() if not isinstance(said, RenderProgress))

    def wait_for(self, seen: Callable[[], bool]) -> None:
        """Until it has begun and that is so, or until it has ended its work."""
        limit = time.monotonic() + PATIENCE
        said: list[FromTimbre] = []
        while all(isinstance(one, RenderProgress) for one in said) and not (said and seen()):
            assert time.monotonic() < limit
            said += self.said(0.02)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._ours.close()


@contextlib.contextmanager
def worker() -> Generator[Worker]:
    process = Worker()
    try:
        yield process
    finally:
        process.kill()


def wavs(folder: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(Path(folder).glob("*.wav"))}


def test_a_bank_is_rendered_and_found_again_and_the_process_waits_to_be_dismissed(tmp_path: Path) -> None:
    outcomes: list[Rendered | Refused | Postponed] = []
    for _ in range(2):
        with worker() as process:
            process.tell(to_message(render(tmp_path, order())))
            outcomes.append(process.outcome())
            process.tell({"type": "ping", "number": 3})
            assert next(process.messages(10)) == {"type": "pong", "number": 3}
            process.tell({"type": "stop"})
            assert process.process.wait(PATIENCE) == 0
    first, second = outcomes
    assert isinstance(first, Rendered)
    assert isinstance(second, Rendered)
    assert (first.found, second.found, first.bank) == (False, True, second.bank)
    assert Path(first.soundfont).stat().st_size > 1000
    assert len(wavs(first.folder)) == 2


def test_it_stays_for_the_next_bank_and_then_that_is_quick(tmp_path: Path) -> None:
    """The model is open and the source is read: what is left is the bank's own work."""
    cat = Share("cat", 0.5, file=str(sounds_folder() / "cat.flac"))
    assert Path(cat.file or "").exists()
    with worker() as process:
        banks: list[Rendered] = []
        for number, weight in enumerate((0.5, 0.25, 0.5), start=1):
            shares = (replace(cat, weight=weight), Share("star", 1 - weight, latent=7))
            process.tell(to_message(replace(render(tmp_path, order(*shares)), number=number)))
            outcome = process.outcome()
            assert isinstance(outcome, Rendered)
            banks.append(outcome)
    assert [one.number for one in banks] == [1, 2, 3]
    assert [one.found for one in banks] == [False, False, True]
    assert banks[0].bank == banks[2].bank != banks[1].bank
    assert banks[1].seconds < banks[0].seconds


def test_a_render_that_is_dropped_says_nothing_more_and_makes_way(tmp_path: Path) -> None:
    long = replace(render(tmp_path, order(pitches=tuple(range(36, 84)), seconds=4.0)), number=1)
    with worker() as process:
        process.tell(to_message(long))
        assert isinstance(next(process.said()), RenderProgress)
        process.tell(to_message(DropRender(1)))
        process.tell(to_message(replace(render(tmp_path, order()), number=2)))
        outcome = process.outcome()
        assert isinstance(outcome, Rendered)
        assert outcome.number == 2


def test_two_renders_that_are_dropped_one_after_the_other_are_both_left(tmp_path: Path) -> None:
    """A hand that moves on twice within a slice of work does not wait for the first of the banks that it has left."""
    long = replace(render(tmp_path, order(pitches=tuple(range(36, 84)), seconds=4.0)), number=1)
    with worker() as process:
        process.tell(to_message(long))
        assert isinstance(next(process.said()), RenderProgress)
        process.tell(to_message(HoldRender(on=True)))
        process.tell(to_message(DropRender(1)))
        process.tell(to_message(replace(long, number=2)))
        process.tell(to_message(DropRender(2)))
        process.tell(to_message(replace(render(tmp_path, order()), number=3)))
        process.tell(to_message(HoldRender(on=False)))
        outcome = process.outcome()
        assert isinstance(outcome, Rendered)
        assert outcome.number == 3


def test_it_answers_while_it_renders_and_waits_where_it_is_held(tmp_path: Path) -> None:
    with worker() as process:
        process.tell(to_message(HoldRender(on=True)))
        process.tell(to_message(render(tmp_path, order())))
        process.tell({"type": "ping", "number": 1})
        assert next(process.messages(30)) == {"type": "pong", "number": 1}
        assert not any(isinstance(said, Rendered) for said in process.said(3))
        process.tell(to_message(HoldRender(on=False)))
        assert isinstance(process.outcome(), Rendered)


def test_outside_the_hours_for_rendering_what_is_there_is_found_and_all_else_postponed(tmp_path: Path) -> None:
    wanted = render(tmp_path, order())
    with worker() as process:
        process.tell(to_message(replace(wanted, only_found=True)))
        assert process.outcome() == Postponed()
        assert not (tmp_path / "banks").exists()
        process.tell(to_message(wanted))
        made = process.outcome()
        process.tell(to_message(replace(wanted, only_found=True)))
        found = process.outcome()
    assert isinstance(made, Rendered)
    assert isinstance(found, Rendered)
    assert (made.found, found.found, made.bank) == (False, True, found.bank)


def test_what_cannot_be_rendered_is_refused_in_a_sentence(tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    silent.write_bytes(b"")
    with worker() as process:
        process.tell(to_message(render(tmp_path, order(Share("cat", 1.0, file=str(silent))))))
        outcome = process.outcome()
    assert isinstance(outcome, Refused)
    assert str(silent) in outcome.error


def test_it_leaves_with_its_conductor(tmp_path: Path) -> None:
    with worker() as process:
        process.tell(to_message(render(tmp_path, order(pitches=tuple(range(36, 84)), seconds=4.0))))
        next(process.said())
        process._ours.shutdown(socket.SHUT_RDWR)
        assert process.process.wait(PATIENCE) == 0


def searched(cache: Path) -> dict[str, bytes]:
    """How far searches for latents have come, as that is kept."""
    found: dict[str, bytes] = {}
    for path in cache.glob("unfinished/*/fit-*"):
        with contextlib.suppress(FileNotFoundError):
            found[path.name] = path.read_bytes()
    return found


def test_killed_while_it_searches_it_goes_on_and_finds_the_very_same(tmp_path: Path) -> None:
    wanted = order(Share("flute", 1.0, file=str(sounds_folder() / "flute.flac")), pitches=(60,))
    killed, lives = tmp_path / "killed", 0
    while not (killed / "latents").exists() and lives < 3:
        before = searched(killed)
        with worker() as process:
            process.tell(to_message(render(killed, wanted)))
            process.wait_for(lambda: searched(killed) != before)  # noqa: B023
        lives += 1
    assert lives == 3, "it was found before it could be killed"
    ids: list[str] = []
    for cache in (killed, tmp_path / "whole"):
        with worker() as process:
            process.tell(to_message(render(cache, wanted)))
            outcome = process.outcome()
        assert isinstance(outcome, Rendered)
        ids.append(outcome.bank)
    (resumed,), (undisturbed,) = ([*cache.glob("latents/*")] for cache in (killed, tmp_path / "whole"))
    assert resumed.name == undisturbed.name
    assert resumed.read_bytes() == undisturbed.read_bytes()
    assert ids[0] == ids[1]


def kept(cache: Path) -> dict[str, int]:
    """What is done of a bank that is not whole yet, and when that was written."""
    try:
        return {
            path.name: path.stat().st_mtime_ns
            for path in cache.glob("unfinished/*/*")
            if re.fullmatch(r"(code|batch)-\d+", path.name)
        }
    except FileNotFoundError:  # the bank has become whole meanwhile
        return {}


@pytest.mark.slow
def test_killed_at_ten_moments_it_resumes_and_the_samples_are_those_of_an_undisturbed_run(tmp_path: Path) -> None:
    """Each life is killed soon after it has done a little more than the one before, however long that takes it."""
    sounds = [Share(name, 0.5, file=str(sounds_folder() / f"{name}.flac")) for name in ("cat", "flute")]
    wanted = order(*sounds, pitches=tuple(range(48, 84, 2)), velocities=(60, 120), seconds=2.0)
    codes, batches = 18, 5
    with worker() as process:
        process.tell(to_message(render(tmp_path / "whole", wanted)))
        whole = process.outcome()
    assert isinstance(whole, Rendered)
    assert len(wavs(whole.folder)) == 36

    chance = random.Random(5)
    killed: list[int] = []  # how many batches were done
    done: dict[str, int] = {}
    cache = tmp_path / "killed"
    while len(killed) < KILLS or sum(map(bool, killed)) < KILLED_LATE:
        with worker() as process:
            process.tell(to_message(render(cache, wanted)))
            process.wait_for(lambda: len(kept(cache)) > len(done) or len(done) == codes + batches)  # noqa: B023
            time.sleep(chance.uniform(0, 0.3))
        if (cache / Path(whole.folder).name).exists():  # it was whole before it could be killed: take another
            cache, done = tmp_path / f"killed-{len(killed)}", {}
            continue
        before, done = done, kept(cache)
        assert done.items() >= before.items(), "what was done was done again"
        killed.append(sum(name.startswith("batch") for name in done))

    with worker() as process:
        process.tell(to_message(render(cache, wanted)))
        resumed = process.outcome()
    assert isinstance(resumed, Rendered)
    assert resumed.bank == whole.bank
    assert wavs(resumed.folder) == wavs(whole.folder)
