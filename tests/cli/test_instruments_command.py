"""``reverie instruments``: every name that a scene may give to a sound or a drum, with its number."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from reverie.cli.main import main
from reverie.music.drums import DRUMS, parse_drum
from reverie.music.general_midi import PROGRAMS, parse_program

SOUNDS = [
    "shipped:bass",
    "shipped:bell",
    "shipped:cat",
    "shipped:clap",
    "shipped:flute",
    "shipped:hat",
    "shipped:kick",
    "shipped:metal",
    "shipped:open-hat",
    "shipped:pluck",
    "shipped:reed",
    "shipped:snare",
    "shipped:voice",
    "shipped:wind",
]


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, list[dict[str, Any]]]:
    main(["instruments", *words, "--json"])
    return json.loads(capsys.readouterr().out)


def test_all_are_told_and_each_name_means_its_number(capsys: pytest.CaptureFixture[str]) -> None:
    every = told(capsys)
    assert [row["name"] for row in every["programs"]] == [*PROGRAMS]
    assert all(parse_program(row["name"]) == row["program"] for row in every["programs"])
    assert {row["name"]: row["note"] for row in every["drums"]} == DRUMS
    assert all(parse_drum(other) == row["note"] for row in every["drums"] for other in row["also"])
    assert [row["name"] for row in every["sounds"]] == SOUNDS


def test_for_people_there_is_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["instruments"]) == 0
    lines = capsys.readouterr().out.splitlines()
    for line in ("     11  vibraphone", "     36  bass, or kick, kick-drum, bass-drum", "         shipped:cat"):
        assert line in lines
    assert len(lines) == 128 + 16 + 9 + len(SOUNDS) + 3


@pytest.mark.parametrize(
    ("words", "programs", "drums", "sounds"),
    [
        (["vibra"], ["vibraphone"], [], []),
        (["Vibra-Phone"], ["vibraphone"], [], []),
        (["kick"], [], ["bass"], ["shipped:kick"]),
        (["11"], ["vibraphone"], [], []),
        (["36"], ["slap bass 1"], ["bass"], []),
        (["church", "organ"], ["church organ"], [], []),
        (["shipped"], [], [], SOUNDS),
        (["lead", "8", "+"], ["lead 8 (bass + lead)"], [], []),
        (["!!!"], [], [], []),
        ([""], [], [], []),
        (["reed"], ["reed organ", *PROGRAMS[64:72]], [], ["shipped:reed"]),
    ],
)
def test_a_word_leaves_those_that_have_it(
    words: list[str], programs: list[str], drums: list[str], sounds: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, *words)
    assert [row["name"] for row in found["programs"]] == programs
    assert [row["name"] for row in found["drums"]] == drums
    assert [row["name"] for row in found["sounds"]] == sounds


def test_what_there_is_not_is_told_with_what_is_near_by_the_real_program() -> None:
    command = [sys.executable, "-m", "reverie", "instruments", "warm", "pads"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no instrument, drum or sound 'warm pads'; did you mean 'pad 2 (warm)'?\n"
