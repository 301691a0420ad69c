"""From the site's slots to slots that know who stands in for them, whatever the ledgers' folder is like."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.play.messages import Setup, SlotState
from reverie.play.recording.ledger import Ledger
from reverie.play.slot_factory import make_slots

PORT: dict[str, object] = {"kind": "port", "match": "x"}


def cable(folder: Path, **slots: dict[str, object]) -> Setup:
    return Setup(slots, str(folder / "ledger"), str(folder / "tape"))


def ignore(_: SlotState) -> None:
    pass


def test_slots_know_who_stands_in_for_them(tmp_path: Path) -> None:
    slots = make_slots(cable(tmp_path, main=PORT | {"absent": "spare"}, spare=PORT | {"absent": "synth"}), ignore)
    assert slots["main"].stand_in is slots["spare"]
    assert slots["spare"].stand_in is slots["synth"]
    assert slots["main"].wanted
    assert not slots["synth"].wanted, "it is started once it is needed"


def test_a_slot_of_the_sites_own_named_synth_is_that(tmp_path: Path) -> None:
    slots = make_slots(cable(tmp_path, main=PORT | {"absent": "synth"}, synth=PORT), ignore)
    assert slots.keys() == {"main", "synth"}
    assert slots["synth"].wanted


def test_a_ledger_folder_that_refuses_all_keeps_nobody_from_playing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    Ledger(tmp_path / "ledger", "gone")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "unlink", refuse)
    monkeypatch.setattr(Path, "replace", refuse)
    assert make_slots(cable(tmp_path, main=PORT), ignore).keys() == {"main"}
    assert "the slot gone" in capfd.readouterr().err
