"""That the FluidSynth on which a site counts is not on this machine is remarked, with the package that has it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from reverie.cli.main import main
from reverie.doctor.output_points import stand_in
from reverie.play.outputs.fluidsynth import soundfonts

STOOD_IN = "slots:\n  main: {kind: port, match: grey, absent: synth}\n"
SLOTS = {"main": {"kind": "port", "match": "grey", "absent": "synth"}}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without program and soundfont: a folder for each, empty."""
    for name in ("programs", "sounds"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "programs"))
    monkeypatch.delenv("REVERIE_SOUNDFONT", raising=False)
    monkeypatch.setattr(soundfonts, "FOLDERS", (tmp_path / "sounds",))
    return tmp_path


def install_program(machine: Path) -> None:
    program = machine / "programs" / "fluidsynth"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)


def install_soundfont(machine: Path) -> None:
    (machine / "sounds" / "default.sf2").write_bytes(struct.pack("<4sI4s", b"RIFF", 4, b"sfbk"))


def remarked(machine: Path, text: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What `reverie check` remarks, which refuses nothing."""
    site = machine / "reverie.yaml"
    site.write_text(text)
    assert main(["check", "--config", str(site), str(site)]) == 0
    said = capsys.readouterr()
    assert said.out == "1 file is right.\n"
    return said.err.replace(f"{site}:", "")


@pytest.mark.parametrize(
    ("text", "place"),
    [(STOOD_IN, "2:43"), ("slots:\n  main: {kind: fluidsynth}\n", "2:9")],
    ids=["stands in", "of its own"],
)
def test_a_site_that_counts_on_a_synthesizer_which_is_not_installed_is_told_what_to_install(
    bare: Path, capsys: pytest.CaptureFixture[str], text: str, place: str
) -> None:
    assert remarked(bare, text, capsys) == (
        f"{place}: on this machine slot main could not sound by FluidSynth: FluidSynth is not installed; install the "
        "package fluidsynth\n"
    )
    install_program(bare)
    assert "no soundfont is installed; install the package fluid-soundfont-gm" in remarked(bare, text, capsys)
    install_soundfont(bare)
    assert remarked(bare, text, capsys) == ""


def test_a_site_that_counts_on_no_synthesizer_is_told_nothing(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert remarked(bare, "slots:\n  main: {kind: port, match: grey, absent: mute}\n", capsys) == ""


def test_the_doctor_looks_at_the_synthesizer_that_stands_in(bare: Path) -> None:
    [found] = stand_in(SLOTS)
    assert (found.outcome, found.text) == ("bad", "slot.no_stand_in")
    assert found.values["advice"] == "Install the package fluidsynth"
    install_program(bare)
    [found] = stand_in(SLOTS)
    assert (found.outcome, found.text) == ("bad", "slot.no_stand_in")
    install_soundfont(bare)
    [found] = stand_in(SLOTS)
    assert (found.outcome, found.text) == ("well", "slot.stand_in")


def test_the_doctor_says_nothing_of_a_synthesizer_on_which_nobody_counts() -> None:
    assert [*stand_in({"main": {"kind": "port", "match": "grey", "absent": "mute"}})] == []
    assert [*stand_in(SLOTS | {"synth": {"kind": "fluidsynth"}})] == []
