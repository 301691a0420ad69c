"""The player's memory, which is not to be swapped out while it plays."""

from __future__ import annotations

import ctypes
import resource
from types import SimpleNamespace

import pytest

from reverie.play import worker


@pytest.mark.parametrize(("limit", "asked"), [(resource.RLIM_INFINITY, [7]), (8 << 20, [])])
def test_memory_is_locked_where_no_limit_would_later_refuse_it(
    monkeypatch: pytest.MonkeyPatch, limit: int, asked: list[int]
) -> None:
    calls = list[int]()
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (limit, limit))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace(mlockall=calls.append))
    worker._stay_in_memory()
    assert calls == asked
