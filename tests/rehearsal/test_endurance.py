"""Nothing grows with the loops that are composed; and where something does, it is found."""

from __future__ import annotations

from typing import get_args

import pytest

from reverie.compose.guard import Clip, Refusal
from reverie.rehearsal.endurance import EnduranceReport, EnduranceSample, endure

COUNTED = ("descriptors", "threads", "children", "series")
VOICES, REASONS = 3, len((*get_args(Refusal), *get_args(Clip), "held"))
"""Voices of its scene, and what a guard may have against one."""


def assert_nothing_grows(report: EnduranceReport, objects: float) -> None:
    """The number of ``objects`` that may stay behind of a loop is held against the upper end of the interval.

    So a measurement that is too noisy to exclude a leak fails.
    """
    assert report.whole
    assert report.slope_of("objects").high < objects, (
        f"objects stay behind with each loop: {report.slope_of('objects')}"
    )
    for what in COUNTED:
        least, most = report.extremes(what)
        assert least == most, f"the number of {what} changes"
    assert report.extremes("reasons")[1] <= VOICES * REASONS


def test_nothing_stays_behind_of_a_loop() -> None:
    assert_nothing_grows(endure(1500, samples=15), objects=0.5)


def test_what_stays_behind_is_found() -> None:
    kept: list[list[int]] = []

    def leak(_: EnduranceSample) -> None:
        kept.extend([] for _ in range(300))

    report = endure(1000, samples=10, progress=leak)
    assert report.slope_of("objects").low > 0.5


def test_a_measurement_that_is_too_noisy_to_tell_does_not_pass() -> None:
    noise = [0, 900, 100, 700, 0, 800, 200, 600]
    samples = tuple(
        EnduranceSample((number + 1) * 100, 0, 0, 100_000 + more, 9, 1, 0, 140, 6, 0.0)
        for number, more in enumerate(noise)
    )
    report = EnduranceReport(samples, 0, 0, whole=True)
    assert report.slope_of("objects").low < 0 < report.slope_of("objects").high
    with pytest.raises(AssertionError, match="objects stay behind"):
        assert_nothing_grows(report, objects=0.5)


@pytest.mark.slow
def test_a_hundred_thousand_loops_take_no_memory_with_them() -> None:
    report = endure(100_000)
    assert_nothing_grows(report, objects=0.02)
    assert report.slope_of("rss").high * 1e6 < 50e6, "a million loops would take more than 50 MB"


@pytest.mark.slow
def test_ten_thousand_loops_of_models_take_no_memory_with_them() -> None:
    report = endure(10_000, models=True)
    assert report.by_models > 5000
    assert_nothing_grows(report, objects=0.2)
    assert report.slope_of("rss").high < 600, "ten thousand loops would take more than 6 MB"
