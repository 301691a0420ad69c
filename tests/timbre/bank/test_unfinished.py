"""What is done of a bank outlives whoever did it, and only one process works on it."""

from __future__ import annotations

import errno
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reverie.timbre.bank.unfinished import FORGOTTEN, unfinished
from reverie.timbre.errors import TimbreError


def die(cache: Path, bank: str) -> None:
    """Keep something of a bank, and fail."""
    with unfinished(cache, bank) as kept:
        kept.keep("code-60", {"code": np.arange(3.0)})
        kept.keep_bytes("frozen", b"ice")
        raise ZeroDivisionError


def test_what_was_kept_is_there_after_a_failure_and_gone_after_success(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        die(tmp_path, "abc")
    with unfinished(tmp_path, "abc") as kept:
        tensors = kept.get("code-60")
        assert tensors is not None
        assert tensors["code"].tolist() == [0, 1, 2]
        assert kept.get_bytes("frozen") == b"ice"
        kept.drop("frozen")
        assert kept.get_bytes("frozen") is None
        kept.drop("frozen")
    with unfinished(tmp_path, "abc") as kept:
        assert kept.get("code-60") is None


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_what_is_damaged_is_not_there(tmp_path: Path, cut: int) -> None:
    with unfinished(tmp_path, "abc") as kept:
        kept.keep("code-60", {"code": np.arange(3.0)})
        file = tmp_path / "unfinished" / "abc" / "code-60"
        file.write_bytes(file.read_bytes()[:cut])
        assert kept.get("code-60") is None


def test_a_second_process_is_told_that_the_bank_is_being_rendered(tmp_path: Path) -> None:
    with unfinished(tmp_path, "abc"):
        with pytest.raises(TimbreError, match="another process renders this very bank"), unfinished(tmp_path, "abc"):
            pytest.fail("it was let in")
        with unfinished(tmp_path, "def"):
            pass  # another bank is free


def test_what_nobody_went_on_with_for_weeks_is_thrown_away(tmp_path: Path) -> None:
    for bank in ("old", "young"):
        with pytest.raises(ZeroDivisionError):
            die(tmp_path, bank)
    folder = tmp_path / "unfinished"
    then = time.time() - FORGOTTEN - 60
    os.utime(folder / "old", (then, then))
    with unfinished(tmp_path, "new"):
        assert sorted(path.name for path in folder.iterdir()) == ["new", "young"]


def test_a_wrong_clock_throws_away_one_at_a_time_and_never_the_youngest_or_what_is_being_rendered(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "unfinished"
    for number, bank in enumerate(("first", "busy", "second", "third")):
        with pytest.raises(ZeroDivisionError):
            die(tmp_path, bank)
        then = time.time() - 400 * 24 * 3600 + number
        os.utime(folder / bank, (then, then))
    with unfinished(tmp_path, "busy"):
        for number in range(4):
            then = time.time() - 400 * 24 * 3600 + 1
            os.utime(folder / "busy", (then, then))
            with unfinished(tmp_path, f"new-{number}"):
                pass
        assert sorted(path.name for path in folder.iterdir()) == ["busy", "third"]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS])
def test_where_there_are_no_locks_a_bank_is_rendered_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with unfinished(tmp_path, "abc"):
        with pytest.raises(TimbreError, match="another process"), unfinished(tmp_path, "abc"):
            pytest.fail("it was let in, though record locks work")
        monkeypatch.setattr(fcntl, "fcntl", refuse)
        with unfinished(tmp_path, "def") as kept:
            kept.keep_bytes("a", b"b")
    assert "keeps no locks" in caplog.text


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_not_there(tmp_path: Path, put: Callable[[Path], object]) -> None:
    with unfinished(tmp_path, "abc") as kept:
        put(tmp_path / "unfinished" / "abc" / "frozen")
        assert kept.get_bytes("frozen") is None
