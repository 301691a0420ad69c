"""Whoever reads the answer of a command may leave early, have no room, or not be there at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BUFFERED = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
SHORT, LONG, HELP = ("instruments", "kick"), ("schema", "site"), ("--help",)


def told(command: tuple[str, ...], redirection: str, environment: dict[str, str]) -> tuple[int, str]:
    """The exit status, and what is said of it."""
    line = f'exec "$0" -m reverie "$@" {redirection}'
    shell = ["sh", "-c", line, sys.executable, *command]
    done = subprocess.run(shell, capture_output=True, text=True, check=False, env=environment)
    return done.returncode, done.stderr


@pytest.mark.parametrize("command", [SHORT, LONG, HELP])
def test_a_reader_who_has_left_is_no_fault(command: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        words = [sys.executable, "-m", "reverie", *command]
        done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, text=True, check=False, env=BUFFERED)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_exit_status_of_a_short_answer_is_its_own_though_nobody_reads_it(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "reverie", "check", str(tmp_path / "missing.yaml")]
    try:
        done = subprocess.run(words, stdout=writer, stderr=subprocess.PIPE, text=True, check=False, env=BUFFERED)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", [SHORT, LONG, HELP])
def test_no_room_for_the_answer_is_told_in_one_sentence(command: tuple[str, ...]) -> None:
    sentence = "the answer cannot be written (No space left on device); make room there, or print it elsewhere\n"
    assert told(command, ">/dev/full", BUFFERED) == (1, sentence)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_no_room_is_told_in_the_same_words_where_nothing_is_kept_back() -> None:
    status, sentence = told(SHORT, ">/dev/full", BUFFERED | {"PYTHONUNBUFFERED": "1"})
    assert (status, sentence.count("\n")) == (1, 1)


@pytest.mark.parametrize("command", [SHORT, LONG, HELP])
@pytest.mark.parametrize("redirection", [">&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_closed_output_keeps_no_command_from_its_work(command: tuple[str, ...], redirection: str) -> None:
    assert told(command, redirection, BUFFERED) == (0, "")
