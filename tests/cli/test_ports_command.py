"""``reverie ports`` and ``reverie ports learn`` as a person or a program uses them, with real JACK ports."""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fakes.jack import Jack
from fakes.patience import PATIENCE
from fakes.synth import JackSynth
from reverie.cli.main import main
from reverie.documents import read_document

SITE = """
slots:
  main: {kind: fluidsynth}
  lead: {kind: port, match: grey, label: old synth}
  bass: {kind: port, match: red}
"""
LEARN = ("ports", "learn")
ASKED = "Which device is it? Unplug it and plug it in again, or play a key on it."
C_MINOR = "903c50"

pytestmark = pytest.mark.real


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    path = tmp_path / "reverie.yaml"
    path.write_text(SITE)
    return path


@pytest.fixture
def grey(jack: Jack) -> Iterator[JackSynth]:
    synth = JackSynth("grey")
    synth.plug()
    yield synth
    synth.unplug()


@pytest.fixture
def red(jack: Jack) -> Iterator[JackSynth]:
    synth = JackSynth("red", "left", "right")
    synth.plug()
    yield synth
    synth.unplug()


class Command:
    """A ``reverie`` of its own, whose sentences are read one by one; with a terminal if that is wanted."""

    def __init__(self, *arguments: str, terminal: bool = False) -> None:
        ours, theirs = pty.openpty() if terminal else os.pipe()[::-1]
        self._input = ours
        self._process = subprocess.Popen(
            [sys.executable, "-m", "reverie.cli.main", *arguments],
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        )
        os.close(theirs)
        self._heard = ""

    def hear(self, words: str, seconds: float = PATIENCE) -> None:
        limit = time.monotonic() + seconds
        assert self._process.stdout is not None
        while words not in self._heard:
            left = max(limit - time.monotonic(), 0)
            assert select.select([self._process.stdout], [], [], left)[0], f"no {words!r} in {self._heard!r}"
            data = os.read(self._process.stdout.fileno(), 4096)
            assert data, f"no {words!r} in {self._heard!r}"
            self._heard += data.decode()

    def answer(self, line: str) -> None:
        os.write(self._input, f"{line}\n".encode())

    def interrupt(self) -> None:
        self._process.send_signal(signal.SIGINT)

    def end(self) -> tuple[int, str]:
        """Its exit status, and all it said."""
        os.close(self._input)
        rest, _ = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, self._heard + rest.decode()


def run(*arguments: str) -> tuple[int, str]:
    """A process of its own each time: what one has open at a JACK server that ends, it has to the last."""
    return Command(*arguments).end()


def learned(site: Path) -> dict[str, Any]:
    return read_document(site.with_name("learned.yaml")).data["slots"]


def ports(site: Path) -> dict[str, Any]:
    code, said = run("ports", "--json", "--config", str(site))
    assert code == 0, said
    return json.loads(said)


def test_ports_are_listed_with_the_slots_that_are_bound_to_them(grey: JackSynth, red: JackSynth, site: Path) -> None:
    told = ports(site)
    assert min(told["ports"], key=lambda port: port["port"]) == {
        "api": "jack",
        "port": "grey:in",
        "name": "in",
        "client": "grey",
        "usb": None,
        "serial": None,
        "location": None,
        "slots": ["lead"],
    }
    assert sorted(port["port"] for port in told["sources"]) == ["grey:out", "red:out"]
    lead, bass = told["slots"]
    assert lead == {
        "slot": "lead",
        "label": "old synth",
        "place": None,
        "api": "jack",
        "port": "grey:in",
        "detail": "bound to grey:in",
    }
    assert (bass["port"], told["trouble"]) == (None, None)
    assert bass["detail"] == "several MIDI ports match 'red': red:left, red:right; make `match` fit only one"
    code, said = run("ports", "--config", str(site))
    assert code == 0
    assert "jack: grey:in\n    slot lead (old synth)\n" in said
    assert "slot bass: several MIDI ports match 'red'" in said


def test_without_a_midi_system_that_is_said(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nobody")
    told = ports(site)
    assert told["ports"] == []
    assert told["trouble"].startswith("there is no MIDI system")
    assert run("ports", "--config", str(site))[1].startswith("There is no MIDI system")
    code, said = run(*LEARN, "lead", "--config", str(site))
    assert code == 1
    assert said.startswith("there is no MIDI system")


def test_a_slot_is_taught_by_a_key(grey: JackSynth, red: JackSynth, site: Path) -> None:
    command = Command(*LEARN, "bass", "--label", "grey synth", "--place", "left shelf", "--config", str(site))
    command.hear(ASKED)
    for message in ("f8", "b00740", "803c40", "903c00", "903c50"):  # only the last begins a note
        grey.play(message)
    code, said = command.end()
    assert code == 0, said
    assert "grey:out spoke." in said
    assert "It is grey:in (name in, client grey)." in said
    device = {"name": "in", "client": "grey"}
    assert learned(site) == {"bass": {"device": device, "label": "grey synth", "place": "left shelf", "api": "jack"}}
    slots = {slot["slot"]: slot["port"] for slot in ports(site)["slots"]}
    assert slots == {"lead": "grey:in", "bass": "grey:in"}


def test_a_slot_is_taught_by_unplugging(grey: JackSynth, red: JackSynth, site: Path) -> None:
    command = Command(*LEARN, "lead", "--config", str(site))
    command.hear(ASKED)
    grey.unplug()
    command.hear("grey:in is gone. Plug it in again.")
    grey.plug()
    code, said = command.end()
    assert code == 0, said
    assert learned(site)["lead"] == {
        "device": {"name": "in", "client": "grey"},
        "label": "old synth",
        "api": "jack",
    }, "what people call it stays where nobody says otherwise"


def test_a_new_slot_is_made(grey: JackSynth, site: Path) -> None:
    command = Command(*LEARN, "pads", "--by", "key", "--config", str(site))
    command.hear("The configuration has no slot 'pads' yet; it will be made")
    command.hear("Which device is it? Play a key on it.")
    grey.play(C_MINOR)
    assert command.end()[0] == 0
    (pads,) = [slot for slot in ports(site)["slots"] if slot["slot"] == "pads"]
    assert pads["port"] == "grey:in", pads["detail"]


def test_at_a_terminal_it_asks_for_what_is_not_told(red: JackSynth, site: Path) -> None:
    command = Command(*LEARN, "bass", "--config", str(site), terminal=True)
    command.hear(ASKED)
    red.play(C_MINOR)
    command.hear("1  red:left\n2  red:right\n")
    command.hear("Which of them?")
    command.answer("3")
    command.hear("Type a number from 1 to 2.")
    command.answer("2")
    command.hear("What do people call it?")
    command.answer("red synth")
    command.hear("Where does it stand?")
    command.answer("")
    command.hear("Slot bass is learned")
    code, said = command.end()
    assert code == 0, said
    device = {"name": "right", "client": "red"}
    assert learned(site) == {"bass": {"device": device, "label": "red synth", "api": "jack"}}


def test_a_terminal_that_is_closed_half_way_changes_nothing(grey: JackSynth, site: Path) -> None:
    command = Command(*LEARN, "lead", "--config", str(site), terminal=True)
    command.hear(ASKED)
    grey.play(C_MINOR)
    command.hear("What do people call it?")
    code, said = command.end()
    assert code == 1, said
    assert said.splitlines()[-1].endswith("the question was left without an answer; nothing is changed")
    assert not site.with_name("learned.yaml").exists()


def test_without_a_terminal_several_ports_are_told_and_a_name_says_which(red: JackSynth, site: Path) -> None:
    command = Command(*LEARN, "bass", "--config", str(site))
    command.hear(ASKED)
    red.play(C_MINOR)
    code, said = command.end()
    assert code == 1
    assert said.endswith(
        "there are several ports: red:left, red:right; name the right one with --match; nothing is changed\n"
    )
    command = Command(*LEARN, "bass", "--match", "LEFT", "--config", str(site))
    command.hear(ASKED)
    red.play(C_MINOR)
    assert command.end()[0] == 0
    assert learned(site)["bass"]["device"] == {"name": "left", "client": "red"}


def test_nobody_there_is_told_after_a_while_and_changes_nothing(grey: JackSynth, site: Path) -> None:
    code, said = Command(*LEARN, "lead", "--within", "0.5", "--config", str(site)).end()
    assert code == 1
    assert said.splitlines()[-1].startswith("nothing was seen within 0.5 seconds: unplug it and plug it in again, or")
    assert not site.with_name("learned.yaml").exists()


def test_interrupting_changes_nothing(grey: JackSynth, site: Path) -> None:
    command = Command(*LEARN, "lead", "--config", str(site))
    command.hear(ASKED)
    command.interrupt()
    assert command.end()[0] == 130
    assert not site.with_name("learned.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("main",), "the slot 'main' is of kind 'fluidsynth' and has no device to learn; name another"),
        (("lead", "--match", "("), r"'(' is no regular expression"),
    ],
)
def test_what_cannot_be_is_told_before_anybody_moves(
    site: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], sentence: str
) -> None:
    assert main([*LEARN, *arguments, "--config", str(site)]) == 1
    assert capsys.readouterr().err.startswith(sentence)


def test_a_learned_file_at_fault_is_told_before_anybody_moves(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site.with_name("learned.yaml").write_text("slots: []")
    assert main([*LEARN, "lead", "--config", str(site)]) == 1
    assert "learned.yaml:1:8: " in capsys.readouterr().err


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "nan", "soon"])
def test_a_patience_is_a_number_of_seconds(seconds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([*LEARN, "lead", "--within", seconds])
    assert "a number of seconds is needed" in capsys.readouterr().err
