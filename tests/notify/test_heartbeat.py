"""A beat is evidence of music, and its absence is heard of elsewhere."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from fakes.hand_clock import HandClock
from fakes.sinks import Webhook, until
from reverie.notify.heartbeat import Heartbeat
from reverie.site.secret_file import SecretFile


def heart(folder: Path, url: str, clock: HandClock, alive: list[bool]) -> Heartbeat:
    path = folder / "heartbeat-url"
    path.write_text(url)
    return Heartbeat(SecretFile(path, "heartbeat-url"), 60.0, lambda: alive[0], clock, "0.1")


async def test_it_beats_once_a_period_while_there_is_evidence_and_not_without(tmp_path: Path) -> None:
    clock, alive = HandClock(), [True]
    async with Webhook() as switch:
        beating = heart(tmp_path, switch.beat_url, clock, alive)
        beating.look()
        beating.look()
        await until(lambda: beating.beats == 1)
        clock.go(61)
        beating.look()
        await until(lambda: beating.beats == 2)
        alive[0] = False
        for _ in range(5):
            clock.go(61)
            beating.look()
            await asyncio.sleep(0.05)
        assert switch.beats == 2
        alive[0] = True
        beating.look()
        await until(lambda: switch.beats == 3)


@pytest.mark.parametrize("status", [404, 500])
async def test_a_switch_that_refuses_is_told_of_once_and_without_its_address(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    clock = HandClock()
    async with Webhook() as switch:
        switch.status = status
        beating = heart(tmp_path, switch.beat_url, clock, [True])
        for count in range(1, 4):
            beating.look()
            await until(lambda count=count: switch.beats == count and beating.fault is not None)
            clock.go(61)
            await asyncio.sleep(0.1)
        assert beating.beats == 0
    warnings = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert str(status) in warnings[0].getMessage()
    assert "SECRET" not in caplog.text


@pytest.mark.parametrize("url", ["file:///etc/passwd", "SECRET", "http://127.0.0.1:1/SECRET"])
async def test_what_is_no_address_or_leads_nowhere_is_a_sentence(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str
) -> None:
    beating = heart(tmp_path, url, HandClock(), [True])
    beating.look()
    await until(lambda: beating.fault is not None)
    assert "SECRET" not in caplog.text
    assert "heartbeat" in str(beating.fault)
