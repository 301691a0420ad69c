"""A helper process as its owner sees it: it may hang, die or say too much, and costs nobody more than itself."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from fakes.helper import SAYS, Filler, Said, Settings
from fakes.patience import PATIENCE
from reverie.processes import helper as apart
from reverie.processes.helper import HelperProcess

SETTINGS = {"match": "keys"}


@pytest.fixture
def helper(monkeypatch: pytest.MonkeyPatch) -> Iterator[HelperProcess]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    monkeypatch.setattr(apart, "RETRY", 0.1)
    owner = HelperProcess("fakes.helper", SETTINGS, SAYS)
    yield owner
    owner.close()


def hear(helper: HelperProcess, wanted: Callable[[list[Any]], object]) -> list[Any]:
    heard: list[Any] = []
    limit = time.monotonic() + PATIENCE
    while not wanted(heard):
        assert time.monotonic() < limit, heard
        select.select([helper], [], [], 0.02)
        heard += helper.receive(time.monotonic())
    return heard


def test_it_is_told_its_settings_and_answers(helper: HelperProcess) -> None:
    assert hear(helper, len) == [Settings(SETTINGS)]
    assert helper.send(Said(["a", 1.5]))
    assert hear(helper, len) == [Said(["a", 1.5])]


@pytest.mark.parametrize("trouble", ["hang", "die"])
def test_one_that_hangs_or_dies_is_replaced_behind_the_same_descriptor(helper: HelperProcess, trouble: str) -> None:
    descriptor = helper.fileno()
    hear(helper, len)
    helper.send(Said(trouble))
    hear(helper, lambda _: not helper.alive)
    assert hear(helper, len) == [Settings(SETTINGS)]
    assert helper.fileno() == descriptor
    assert helper.lives == 2


def test_what_was_said_to_one_that_died_is_not_heard_by_the_next(helper: HelperProcess) -> None:
    hear(helper, len)
    helper.send(Said("die"))
    for number in range(5):
        helper.send(Said([number]))
    assert hear(helper, lambda heard: Settings(SETTINGS) in heard) == [Settings(SETTINGS)]
    helper.send(Said("end"))
    assert hear(helper, len) == [Said("end")]


def test_who_does_not_read_stops_nobody(helper: HelperProcess) -> None:
    hear(helper, len)
    helper.send(Said(10_000))
    time.sleep(1.2)  # as long as a helper that waited would be taken for hung
    said = hear(helper, lambda heard: Filler("x" * 1000) in heard)
    assert len(said) < 10_000
    helper.send(Said("end"))
    assert Said("end") in hear(helper, lambda heard: Said("end") in heard)
    assert helper.lives == 1


def test_a_helper_that_reads_nothing_costs_what_it_was_told(helper: HelperProcess) -> None:
    hear(helper, len)
    helper.send(Said("hang"))
    assert not all(helper.send(Said("x" * 1000)) for _ in range(10_000))
