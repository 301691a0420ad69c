"""The record of what people did at the controls."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes.patience import PATIENCE
from reverie.history import control_log as module
from reverie.history.control_log import Record, Use
from reverie.site.actions import Action
from reverie.watch.faults import Faults


def use(number: float) -> Use:
    return Use.of(Action("tempo", number), "osc")


async def keep(record: Record, *uses: Use) -> None:
    for one in uses:
        record.add(one)
    task = asyncio.create_task(record.run())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_each_use_is_a_line(tmp_path: Path) -> None:
    path = tmp_path / "state" / "uses.jsonl"
    record = Record(path, Faults())
    asyncio.run(keep(record, use(90.0), Use.of(Action("mute", value=True, voice="lead"), "midi", "no")))
    asyncio.run(keep(record, use(91.0)))
    first, second, third = lines(path)
    assert (first["action"], first["value"], first["source"], first["refused"]) == ("tempo", 90.0, "osc", "")
    assert (second["voice"], second["refused"]) == ("lead", "no")
    assert third["value"] == 91.0
    assert first["time"].endswith("+00:00")


def test_the_file_stays_small_and_keeps_the_newest(tmp_path: Path) -> None:
    path = tmp_path / "uses.jsonl"
    record = Record(path, Faults(), largest=4000)
    for start in range(0, 400, 20):
        asyncio.run(keep(record, *(use(float(number)) for number in range(start, start + 20))))
        assert path.stat().st_size <= 4000
    values = [line["value"] for line in lines(path)]
    assert values == [float(number) for number in range(400 - len(values), 400)]
    assert len(values) > 10


def test_a_line_that_a_power_cut_cut_off_spoils_no_other(tmp_path: Path) -> None:
    path = tmp_path / "uses.jsonl"
    path.write_bytes(b'{"time": "2026')
    asyncio.run(keep(Record(path, Faults()), use(1.0)))
    assert json.loads(path.read_text().splitlines()[-1])["value"] == 1.0


def test_a_disk_that_cannot_be_written_is_told_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    faults = Faults()
    record = Record(tmp_path / "file" / "uses.jsonl", faults)
    with caplog.at_level(logging.WARNING):
        asyncio.run(keep(record, use(1.0)))
        asyncio.run(keep(record, use(2.0)))
    assert len(caplog.records) == 1
    assert "cannot be recorded" in caplog.text
    assert [one.value for one in record.last] == [1.0, 2.0]
    assert [fault.id for fault in faults.active] == ["control-unrecorded"]
    (tmp_path / "file").unlink()
    asyncio.run(keep(record, use(3.0)))
    assert faults.active == ()


async def test_uses_that_a_disk_refused_are_written_when_it_takes_them_though_no_control_is_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WRITE", 0.0)
    monkeypatch.setattr(module, "AGAIN", 0.01)
    (tmp_path / "disk").write_text("in the way")
    faults = Faults()
    record = Record(tmp_path / "disk" / "uses.jsonl", faults)
    running = asyncio.create_task(record.run())
    record.add(use(1.0))
    async with asyncio.timeout(PATIENCE):
        while not faults.active:  # noqa: ASYNC110 - the record tries again by itself
            await asyncio.sleep(0.01)
        (tmp_path / "disk").unlink()
        while faults.active:  # noqa: ASYNC110 - the record tries again by itself
            await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [line["value"] for line in lines(tmp_path / "disk" / "uses.jsonl")] == [1.0]


def test_text_that_is_no_text_is_recorded_somehow(tmp_path: Path) -> None:
    path = tmp_path / "uses.jsonl"
    asyncio.run(keep(Record(path, Faults()), Use.of(Action("scene", "\ud800\nä"), "osc")))
    assert "ä" in lines(path)[0]["value"]


@pytest.mark.parametrize("put", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/full")])
def test_what_is_in_the_place_of_the_record_is_set_aside(tmp_path: Path, put: Callable[[Path], object]) -> None:
    path = tmp_path / "uses.jsonl"
    put(path)
    asyncio.run(keep(Record(path, Faults()), use(1.0)))
    assert [line["value"] for line in lines(path)] == [1.0]
    assert len(list(tmp_path.glob("uses.jsonl.broken-*"))) == 1


def test_a_record_of_ten_gigabytes_is_cut_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "uses.jsonl"
    with path.open("wb") as file:
        file.truncate(10_000_000_000)
    asyncio.run(keep(Record(path, Faults(), largest=4000), use(1.0)))
    assert path.stat().st_size <= 4000


def test_a_record_behind_a_link_stays_there(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "uses.jsonl").symlink_to("disk/uses.jsonl")
    record = Record(tmp_path / "uses.jsonl", Faults(), largest=1000)
    asyncio.run(keep(record, *(use(float(number)) for number in range(9))))
    assert (tmp_path / "uses.jsonl").is_symlink()
    assert lines(tmp_path / "disk" / "uses.jsonl")[-1]["value"] == 8.0
