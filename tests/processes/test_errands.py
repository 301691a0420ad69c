"""Errands: one thing is done by a process of its own, which is modest, and ends in any case."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from fakes.jack import wait_until
from reverie.processes import errands
from reverie.processes.errands import LONGEST, NICE, ErrandError, Errands

ERRAND = "fakes.errand"


@pytest.fixture(autouse=True)
def fakes_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))


def test_what_is_asked_is_answered_by_a_modest_process() -> None:
    answer = Errands(ERRAND, "answers").send({"sound": "cat"})
    assert (answer["asked"], answer["nice"]) == ({"sound": "cat"}, NICE)
    assert 0 < answer["alarm"] <= LONGEST


def test_the_alarm_of_an_errand_was_blocked_since_its_birth_and_never_heard() -> None:
    assert Errands(ERRAND, "answers").send(None)["blocked"] == []


def test_one_that_ends_without_an_answer_says_so_and_the_next_is_sent_all_the_same() -> None:
    sent = Errands(ERRAND, "breaks")
    for _ in range(2):
        with pytest.raises(ErrandError, match="without an answer"):
            sent.send("anything")


def test_a_process_that_the_system_does_not_grant_is_an_answer_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("reverie.processes.errands.Child.start_with_pipes", refuse)
    with pytest.raises(ErrandError, match="temporarily unavailable"):
        Errands(ERRAND, "answers").send(None)


@contextlib.contextmanager
def away(sent: Errands, begun: Path) -> Generator[tuple[Future[object], psutil.Process]]:
    """An errand that stays away for minutes, and its process."""
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(sent.send, str(begun))
        wait_until(lambda: begun.exists() and begun.read_text())
        yield answer, psutil.Process(int(begun.read_text()))


def test_one_that_is_away_leaves_when_it_is_told_to_and_no_other_is_sent(tmp_path: Path) -> None:
    sent = Errands(ERRAND, "stays")
    with away(sent, tmp_path / "begun") as (answer, process):
        sent.close()
        assert isinstance(answer.exception(), ErrandError)
        assert not process.is_running()
    with pytest.raises(ErrandError, match="leaving"):
        sent.send("anything")


def test_one_that_cannot_hear_that_it_is_to_leave_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "FAREWELL", 0.1)
    sent = Errands(ERRAND, "stays")
    with away(sent, tmp_path / "begun") as (answer, process):
        process.suspend()
        sent.close()
        assert isinstance(answer.exception(), ErrandError)
        assert not process.is_running()
