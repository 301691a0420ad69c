"""What ends a long command ends it with one sentence, whichever signal it is, and however often it comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from fakes.training_commands import ended, running
from reverie.cli.interruption import INTERRUPTED, all_imported, interruptible

SENTENCE = "Interrupted; all is kept."
HANGING = f"""
import sys, threading
from reverie.cli.interruption import interruptible
def work():
    try:
        print("begun", flush=True)
        threading.Event().wait(600)
    finally:
        print("clearing up", flush=True)
        threading.Event().wait(600)
sys.exit(interruptible(work, {SENTENCE!r}))
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_clears_up_and_says_one_sentence(number: int, capfd: pytest.CaptureFixture[str]) -> None:
    before, cleared = signal.getsignal(number), list[int]()

    def work() -> int:
        try:
            os.kill(os.getpid(), number)
            signal.pause()
        finally:
            cleared.append(number)
        return 0

    assert interruptible(work, SENTENCE) == INTERRUPTED
    assert cleared == [number]
    assert capfd.readouterr().err == f"{SENTENCE}\n"
    assert signal.getsignal(number) == before


def test_what_is_not_interrupted_has_its_own_status() -> None:
    assert interruptible(lambda: 3, SENTENCE) == 3


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_does_not_wait_until_all_is_cleared_up(number: int) -> None:
    with running([sys.executable, "-c", HANGING]) as process:
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        process.send_signal(number)
        assert process.stdout.readline() == "clearing up\n"
        process.send_signal(number)
        _, complained = ended(process, status=INTERRUPTED)
    assert complained.split("\n") == ["", SENTENCE, ""]


def test_what_is_ignored_stays_ignored() -> None:
    program = (
        "import os, signal; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "from reverie.cli.interruption import interruptible;"
        "raise SystemExit(interruptible(lambda: os.kill(os.getpid(), signal.SIGHUP) or 5, 'never said'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (5, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_import_is_not_interrupted_but_what_comes_after_it(number: int, capfd: pytest.CaptureFixture[str]) -> None:
    imported: list[str] = []

    def work() -> int:
        with all_imported():
            os.kill(os.getpid(), number)
            imported.append("whole")
        imported.append("and went on")
        return 0

    assert interruptible(work, SENTENCE) == INTERRUPTED
    assert imported == ["whole"]
    assert capfd.readouterr().err == f"{SENTENCE}\n"
