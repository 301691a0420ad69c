from __future__ import annotations

import logging
import threading
from itertools import count

import pytest

from fakes.patience import PATIENCE
from reverie.watch.fault_kinds import FaultKind, Severity
from reverie.watch.faults import MOST_CLEARED, Fault, Faults
from reverie.watch.metrics import Metrics

DISK = FaultKind("disk-full", Severity.NOTICE, "folder", "A disk is full.", "Make room")
VOICE = FaultKind("voice-lost", Severity.IMPAIRED, "voice", "A voice is lost.", "Look for it")
SLOT = FaultKind("slot-lost", Severity.SILENT, "slot", "A slot is lost.", "Plug it in")


@pytest.fixture
def faults(caplog: pytest.LogCaptureFixture) -> Faults:
    caplog.set_level(logging.INFO)
    return Faults(wall=count(100, 100).__next__)


def test_a_fault_is_logged_once_and_again_only_when_its_sentence_changes(
    faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        faults.tell(DISK, "state", "The disk is full")
    faults.tell(DISK, "state", "The disk is nearly full")
    assert caplog.messages == ["The disk is full. Make room.", "The disk is nearly full. Make room."]
    assert [fault.since for fault in faults.active] == [100.0]


def test_a_mended_fault_is_gone_and_counts_as_new_when_it_comes_back(
    faults: Faults, caplog: pytest.LogCaptureFixture
) -> None:
    faults.tell(DISK, "state", "The disk is full.")
    faults.clear(DISK, "tape")
    faults.clear(DISK, "state")
    faults.clear(DISK, "state")
    assert not faults.active
    faults.tell(DISK, "state", "The disk is full.")
    assert [fault.since for fault in faults.active] == [300.0]
    assert caplog.messages == [
        "The disk is full. Make room.",
        "No longer so: The disk is full.",
        "The disk is full. Make room.",
    ]


def test_all_subjects_of_a_kind_can_be_cleared_at_once(faults: Faults) -> None:
    for voice in ("lead", "bass"):
        faults.tell(VOICE, voice, f"{voice} has no new loop.")
    faults.tell(DISK, "", "The disk is full.")
    faults.clear(VOICE)
    assert [fault.id for fault in faults.active] == ["disk-full"]


def test_all_subjects_but_some_can_be_cleared_at_once(faults: Faults) -> None:
    for voice in ("lead", "bass", "beat"):
        faults.tell(VOICE, voice, f"{voice} has no new loop.")
    faults.tell(DISK, "", "The disk is full.")
    faults.only(VOICE, {"bass", "nobody"})
    assert [fault.subject for fault in faults.of(VOICE)] == ["bass"]
    assert faults.of(DISK)


def test_the_advice_is_that_of_the_kind_unless_more_is_known(faults: Faults) -> None:
    faults.tell(DISK, "a", "Full.")
    faults.tell(DISK, "b", "Full.", "Delete b/core")
    faults.tell(DISK, "c", "Full; make room in c.", "")
    assert [fault.advice for fault in faults.active] == ["Make room", "Delete b/core", ""]
    assert faults.active[2].text == "Full; make room in c."


def test_the_most_severe_comes_first_and_then_the_oldest(faults: Faults) -> None:
    for kind, subject in ((DISK, "state"), (VOICE, "lead"), (SLOT, "main"), (VOICE, "bass")):
        faults.tell(kind, subject, "So it is.")
    assert [(fault.severity, fault.subject) for fault in faults.active] == [
        ("silent", "main"),
        ("impaired", "lead"),
        ("impaired", "bass"),
        ("notice", "state"),
    ]


def test_what_was_mended_is_remembered_and_says_when(faults: Faults) -> None:
    faults.tell(DISK, "state", "Full.")
    assert faults.cleared == ()
    faults.clear(DISK)
    [fault] = faults.cleared
    assert (fault.sentence, fault.since, fault.cleared) == ("Full.", 100, 200)


def test_only_so_much_that_was_mended_is_remembered_and_what_flaps_takes_one_place(faults: Faults) -> None:
    for number in range(MOST_CLEARED + 5):
        faults.tell(VOICE, str(number), "Lost.")
        faults.clear(VOICE)
    for _ in range(MOST_CLEARED):
        faults.tell(SLOT, "main", "Loose.")
        faults.clear(SLOT)
    told = [fault.subject for fault in faults.cleared]
    assert told == ["main", *map(str, range(MOST_CLEARED + 4, 5, -1))]


def test_whoever_listens_has_what_is_told_and_what_is_cleared_once_each(faults: Faults) -> None:
    heard: list[tuple[str, bool]] = []

    def hear(fault: Fault) -> None:
        heard.append((fault.sentence, fault.cleared is not None))
        assert fault.cleared is not None or fault in faults.active  # it may ask the register

    faults.listen(hear)
    for _ in range(2):
        faults.tell(DISK, "", "Full.")
    faults.tell(DISK, "", "Fuller.")
    for _ in range(2):
        faults.clear(DISK)
    assert heard == [("Full.", False), ("Fuller.", False), ("Fuller.", True)]


def test_a_fault_that_is_over_is_not_heard_of_last_though_two_threads_tell_and_clear_it(faults: Faults) -> None:
    heard = list[bool]()
    other = threading.Thread(target=faults.clear, args=(DISK,))

    def hear(fault: Fault) -> None:
        if fault.cleared is None:
            other.start()
            other.join(0.2)  # one that does not wait is through with it long before
        heard.append(fault.cleared is None)

    faults.listen(hear)
    faults.tell(DISK, "", "Full.")
    other.join(PATIENCE)
    assert heard == [True, False]


def test_metrics_show_the_faults_that_are_there_and_no_others(faults: Faults) -> None:
    metrics = Metrics("1", "numpy")
    faults.tell(DISK, "state", "The disk is full.")
    metrics.faults_are(faults.active)
    assert b'reverie_fault{id="disk-full",subject="state"} 1.0' in metrics.render()[0]
    faults.clear(DISK)
    metrics.faults_are(faults.active)
    assert b"reverie_fault{" not in metrics.render()[0]
