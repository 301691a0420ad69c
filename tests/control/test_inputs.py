"""Ways to control the music by hand that are not there are told once, and looked for."""

from __future__ import annotations

import asyncio
import logging
import socket

import pytest

from fakes.patience import PATIENCE
from reverie import attending
from reverie.control.inputs import Controls, Inputs
from reverie.site.actions import Action, Level
from reverie.watch.faults import Faults


class Desk:
    """Wants nothing."""

    def use(self, action: Action, source: str) -> None:
        raise AssertionError(f"{source} wants {action}")

    def present(self, level: Level, voice: str | None) -> float | None:
        raise AssertionError(f"nobody asks for {level} of {voice}")


async def test_osc_that_cannot_be_heard_is_told_once_until_it_can(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(attending, "AGAIN", 0.02)
    faults = Faults()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as squatter, caplog.at_level(logging.WARNING):
        squatter.bind(("127.0.0.1", 0))
        inputs = Inputs(Controls(osc=squatter.getsockname()), Desk(), faults)
        listening = asyncio.create_task(inputs.run())
        async with asyncio.timeout(PATIENCE):
            while not faults.active:  # noqa: ASYNC110 - it looks again by itself
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.2)
        assert len(caplog.messages) == 1
        [fault] = faults.active
        assert (fault.id, fault.subject, fault.severity) == ("control-missing", "osc", "notice")
        assert "end the other program there" in fault.text
        assert [one["up"] for one in inputs.states] == [False]
    async with asyncio.timeout(PATIENCE):
        while faults.active:  # noqa: ASYNC110 - it looks again by itself
            await asyncio.sleep(0.01)
    assert [one["up"] for one in inputs.states] == [True]
    listening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listening
