"""Sounds that come along with dreams: real programs play them, and a real socket is told."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pythonosc.osc_message import OscMessage

from fakes.jack import wait_until
from fakes.patience import PATIENCE
from reverie.conductor.scene.cues import MOST, CueConfig, Cues
from reverie.documents import DocumentError, parse_document, validate
from reverie.processes.children import own_module
from reverie.processes.orphans import reap_orphans
from reverie.site.actions import ControlError
from reverie.site.schema import Site
from reverie.watch.fault_kinds import CUE_NOT_PLAYED
from reverie.watch.faults import Faults


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "cues"
    folder.mkdir()
    (folder / "voice.wav").write_bytes(b"RIFF")
    return folder


def program(folder: Path, body: str) -> str:
    """A program that plays a file in its own way."""
    path = folder.parent / "player"
    path.write_text(f"#!{sys.executable}\nimport sys, time\n{body}\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def make(folder: Path) -> Iterator[Callable[..., tuple[Cues, Faults]]]:
    made: list[Cues] = []

    def make(body: str) -> tuple[Cues, Faults]:
        faults = Faults()
        cues = Cues(CueConfig(folder, (program(folder, body), "-q")), faults, lambda _, call: call())
        made.append(cues)
        return cues, faults

    yield make
    for cues in made:
        cues.close()


def told(faults: Faults) -> list[str]:
    return [fault.text for fault in faults.of(CUE_NOT_PLAYED)]


def settled(cues: Cues) -> bool:
    cues.look()
    return not cues._playing


def test_a_program_plays_the_file(make: Callable[..., tuple[Cues, Faults]], folder: Path) -> None:
    cues, faults = make(f"open({str(folder / 'played')!r}, 'w').write(' '.join(sys.argv[1:]))")
    cues.give("voice.wav", 7, 1.5)
    wait_until(lambda: settled(cues))
    assert (folder / "played").read_text() == f"-q {folder / 'voice.wav'}"
    assert told(faults) == []


def test_what_cannot_be_played_is_one_fault_until_it_can(
    make: Callable[..., tuple[Cues, Faults]], folder: Path
) -> None:
    cues, faults = make("sys.exit(3)")
    for _ in range(2):
        cues.give("voice.wav", 0, 0)
        wait_until(lambda: settled(cues))
    (text,) = told(faults)
    assert "ended with exit status 3" in text
    cues.give("none.wav", 0, 0)
    wait_until(lambda: settled(cues))
    assert any(f"there is no file {folder / 'none.wav'}" in one for one in told(faults))
    (folder.parent / "player").write_text(f"#!{sys.executable}\n")
    cues.give("voice.wav", 0, 0)
    wait_until(lambda: settled(cues))
    assert len(told(faults)) == 1, "the file that is not there still is not"
    (folder.parent / "player").unlink()
    cues.give("voice.wav", 0, 0)
    wait_until(lambda: settled(cues))
    assert any("there is no program" in one for one in told(faults))


def test_a_program_that_hangs_holds_up_nobody_and_goes_with_panic(make: Callable[..., tuple[Cues, Faults]]) -> None:
    cues, _ = make("time.sleep(1000)")
    begun = time.monotonic()
    for _ in range(3 * MOST):
        cues.give("voice.wav", 0, 0)
    assert time.monotonic() - begun < PATIENCE
    assert len(cues._playing) == MOST
    pids = [one.child.pid for one in cues._playing]
    cues.silence()
    assert cues._playing == []
    wait_until(lambda: not any(running(pid) for pid in pids))


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_it_is_killed_with_whoever_started_it(folder: Path) -> None:
    player = program(folder, "print('plays', flush=True); time.sleep(1000)")
    command = own_module("reverie.processes.mortal", str(folder / "voice.wav"), player)
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            f"import subprocess, time; print(subprocess.Popen({command!r}).pid, flush=True); time.sleep(1000)",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    lines = {parent.stdout.readline().strip(), parent.stdout.readline().strip()}
    (pid,) = (int(line) for line in lines if line.isdecimal())
    assert "plays" in lines
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    wait_until(lambda: not running(pid))
    reap_orphans()


@pytest.mark.parametrize("name", ["../secret.wav", "/etc/passwd", ".hidden", "..", "a\\b", "a\0b", "a\nb"])
def test_nothing_outside_the_folder_is_a_cue(make: Callable[..., tuple[Cues, Faults]], name: str) -> None:
    cues, _ = make("sys.exit(0)")
    with pytest.raises(ControlError, match="a cue is the name of a file in the folder of cues"):
        cues.give(name, 0, 0)


def test_a_site_without_cues_refuses_them() -> None:
    with pytest.raises(ControlError, match="this site has no cues"):
        Cues(CueConfig(), Faults()).give("voice.wav", 0, 0)


def test_a_daw_is_told_path_bar_and_seconds(folder: Path) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as daw:
        daw.bind(("127.0.0.1", 0))
        daw.settimeout(10)
        Cues(CueConfig(folder, osc=daw.getsockname()), Faults()).give("voice.wav", 12, 1.25)
        message = OscMessage(daw.recv(1000))
    assert message.address == "/cue"
    assert list(message.params) == [str(folder / "voice.wav"), 12, 1.25]


def test_a_site_says_who_plays_cues() -> None:
    def faults(text: str) -> list[str]:
        with pytest.raises(DocumentError) as refused:
            validate(parse_document(text), Site)
        return [fault.message for fault in refused.value.faults]

    site = validate(parse_document("cues: {folder: sounds, play: aplay}"), Site)
    assert site.cues.play == ("aplay",)
    assert validate(parse_document("cues: {folder: sounds, play: [jack-play, -u]}"), Site).cues.play == (
        "jack-play",
        "-u",
    )
    assert "name one of them" in faults("cues: {folder: sounds}")[0]
    assert "is missing" in faults("cues: {play: aplay}")[0]
    assert "in figures" in faults("cues: {folder: s, osc: {address: daw.local, port: 9000}}")[0]
