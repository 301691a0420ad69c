"""Output processes of one slot come one after the other, also where a file system has not every kind of locks."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from reverie.play.output_process.takeover import PATIENCE, LedgerTakeover
from reverie.play.recording.ledger import Ledger

GREY = {"kind": "port", "match": "grey"}


def refusing(number: int) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_without_flock_the_next_waits_for_the_one_before_by_a_record_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    Ledger(tmp_path, "main").note_on(0, 60)
    monkeypatch.setattr(fcntl, "flock", refusing(number))
    first = LedgerTakeover(tmp_path / "main.ledger", "main", GREY)
    assert first.enter()
    second = LedgerTakeover(tmp_path / "main.ledger", "main", GREY)
    assert not second.enter()
    now = [0.0]
    monkeypatch.setattr("reverie.play.output_process.takeover.time.monotonic", lambda: now[0] + 1e9)
    now[0] = PATIENCE
    assert second.enter(), "it does not wait for ever"
    assert first.quiet, "who is late leaves the output alone"


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_without_any_locks_nobody_waits_and_the_last_to_come_silences(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    Ledger(tmp_path, "main").note_on(0, 60)
    for name in ("flock", "fcntl"):
        monkeypatch.setattr(fcntl, name, refusing(number))
    first, second = (LedgerTakeover(tmp_path / "main.ledger", "main", GREY) for _ in range(2))
    assert first.enter()
    assert second.enter()
    assert first.quiet
    assert not second.quiet
