from __future__ import annotations

import logging

import pytest

from reverie.watch.faults import Faults
from reverie.watch.metrics import Metrics


@pytest.fixture
def faults(caplog: pytest.LogCaptureFixture) -> Faults:
    caplog.set_level(logging.INFO)
    return Faults(wall=iter([100.0, 200.0, 300.0]).__next__)


def test_a_fault_is_logged_once_and_again_only_when_its_sentence_changes(
    faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        faults.tell("disk-full", "state", "The disk is full", "Make room")
    faults.tell("disk-full", "state", "The disk is nearly full", "Make room")
    assert caplog.messages == ["The disk is full. Make room.", "The disk is nearly full. Make room."]
    assert [fault.since for fault in faults.active] == [100.0]


def test_a_mended_fault_is_gone_and_counts_as_new_when_it_comes_back(
    faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    faults.tell("disk-full", "state", "The disk is full.")
    faults.clear("disk-full", "tape")
    faults.clear("disk-full", "state")
    faults.clear("disk-full", "state")
    assert not faults.active
    faults.tell("disk-full", "state", "The disk is full.")
    assert [fault.since for fault in faults.active] == [200.0]
    assert caplog.messages == ["The disk is full.", "No longer so: The disk is full.", "The disk is full."]


def test_all_subjects_of_an_id_can_be_cleared_at_once(faults: Faults) -> None:
    for voice in ("lead", "bass"):
        faults.tell("no-new-loop", voice, f"{voice} has no new loop.")
    faults.tell("disk-full", "", "The disk is full.")
    faults.clear("no-new-loop")
    assert [fault.id for fault in faults.active] == ["disk-full"]


def test_metrics_show_the_faults_that_are_there_and_no_others(faults: Faults) -> None:
    metrics = Metrics("1", "numpy")
    faults.tell("disk-full", "state", "The disk is full.")
    metrics.faults_are(faults.active)
    assert b'reverie_fault{id="disk-full",subject="state"} 1.0' in metrics.render()[0]
    faults.clear("disk-full")
    metrics.faults_are(faults.active)
    assert b"reverie_fault{" not in metrics.render()[0]
