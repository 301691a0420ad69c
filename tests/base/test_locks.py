"""Locks keep a second process out, also where a file system has not every kind of them."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from reverie.locks import Hold, try_lock

TRY = """
import os, sys
from reverie.locks import try_lock
print(try_lock(os.open(sys.argv[1], os.O_RDWR)).name)
"""
REFUSALS = [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL]


def opened(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT)


def in_another_process(path: Path) -> str:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", TRY, str(path)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def refuse(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    def refused(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, name, refused)


def test_a_lock_keeps_others_out_until_it_is_closed(tmp_path: Path) -> None:
    first = opened(tmp_path / "lock")
    assert try_lock(first) is Hold.OURS
    assert in_another_process(tmp_path / "lock") == "TAKEN"
    os.close(first)
    assert in_another_process(tmp_path / "lock") == "OURS"


@pytest.mark.parametrize("number", REFUSALS)
def test_where_there_is_no_flock_a_record_lock_does_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    refuse(monkeypatch, "flock", number)
    first, second = opened(tmp_path / "lock"), opened(tmp_path / "lock")
    assert try_lock(first) is Hold.INSTEAD
    assert try_lock(second) is Hold.TAKEN
    os.close(second)
    third = opened(tmp_path / "lock")  # closing another descriptor of the file gave nothing back
    assert try_lock(third) is Hold.TAKEN
    os.close(first)
    assert try_lock(third) is Hold.INSTEAD
    os.close(third)


@pytest.mark.parametrize("number", REFUSALS)
def test_where_there_are_no_locks_at_all_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    refuse(monkeypatch, "flock", number)
    refuse(monkeypatch, "fcntl", number)
    descriptor = opened(tmp_path / "lock")
    assert try_lock(descriptor) is Hold.NONE
    os.close(descriptor)
