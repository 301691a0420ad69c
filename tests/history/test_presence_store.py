"""What is known of a sensor of presence over a restart, and how seldom it is written."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reverie.history.presence_store import NOTHING_SAID, STEP, PresenceStore, SensorWords


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "presence.json"


def note(store: PresenceStore, words: SensorWords) -> None:
    store.note(words)
    store.write()


def test_a_restart_knows_what_was_said(path: Path) -> None:
    words = SensorWords(5000.5, held=True, sensor="/sys/gpio")
    store = PresenceStore(path)
    assert store.known == NOTHING_SAID
    store.note(words)
    store.close()
    assert PresenceStore(path).known == words


def test_a_sensor_that_lives_writes_nothing_and_a_power_cut_costs_some_minutes_of_silence(path: Path) -> None:
    store = PresenceStore(path)
    for silent in (1.0, STEP - 1, 0.0, STEP - 1):
        note(store, SensorWords(silent))
    assert not path.exists()
    note(store, SensorWords(STEP))
    note(store, SensorWords(2 * STEP - 1))
    assert PresenceStore(path).known == SensorWords(STEP)
    note(store, SensorWords(10.0))
    assert PresenceStore(path).known == SensorWords(10.0), "it lives, and is not told to be dead"


def test_what_is_held_is_written_at_once(path: Path) -> None:
    store = PresenceStore(path)
    for held in (True, False):
        note(store, SensorWords(1.0, held=held))
        assert PresenceStore(path).known.held is held


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"version": 1001}', '{"version": 1, "silent": NaN}', '{"version": 1, "silent": "long"}'],
    ids=["empty", "a list", "another generation", "no number", "a text"],
)
def test_what_cannot_be_read_is_set_aside_and_it_begins_anew(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    assert PresenceStore(path).known == NOTHING_SAID
    assert not path.exists()
    assert len(list(path.parent.iterdir())) == 1


def test_a_disk_that_takes_nothing_is_tried_again(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    store = PresenceStore(tmp_path / "state" / "presence.json")
    note(store, SensorWords(STEP))
    (tmp_path / "state").unlink()
    store.write()
    assert json.loads((tmp_path / "state" / "presence.json").read_text())["silent"] == STEP
