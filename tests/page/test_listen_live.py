"""A browser plays what the tape has: its sound is held against a real daemon's."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.browser import Visit
from fakes.daemon import Daemon
from fakes.heard_tune import TUNE, compare, judge, start_tune
from fakes.listener import Catch, caught, listen

pytestmark = [pytest.mark.real, pytest.mark.whole]

Visitor = Callable[..., Awaitable[Visit]]


@pytest.fixture
def tune(tmp_path: Path) -> Iterator[Daemon]:
    daemon = start_tune(tmp_path / "daemon")
    daemon.wait_for_bars(2)
    yield daemon
    daemon.kill()


async def hear(daemon: Daemon, visitor: Visitor, mode: str, seconds: float) -> Catch:
    here = await visitor(f"http://127.0.0.1:{daemon.port}/", bypass_csp=True)
    await listen(here.page, mode)
    await asyncio.sleep(seconds)
    return await caught(here.page)


@pytest.mark.parametrize("mode", ["hall", "calm"])
async def test_a_browser_plays_every_note_of_the_tape_in_time_and_in_tune(
    tune: Daemon, visitor: Visitor, mode: str
) -> None:
    heard = await hear(tune, visitor, mode, 20.0)
    late, missed, wrong = compare(tune, heard)
    judge(mode, late, missed, wrong, heard.facts)
    assert len(late) >= 30


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_for_five_minutes_nothing_drifts_and_nothing_piles_up(tune: Daemon, visitor: Visitor) -> None:
    here = await visitor(f"http://127.0.0.1:{tune.port}/", bypass_csp=True)
    await listen(here.page, "hall")
    late: list[float] = []
    missed = wrong = 0
    sizes: list[Mapping[str, Any]] = []
    heaps: list[int] = []
    for number in range(30):
        await asyncio.sleep(10)
        heard = await caught(here.page)
        found = compare(tune, heard)
        late, missed, wrong = late + found[0], missed + found[1], wrong + found[2]
        sizes.append(heard.facts)
        if number % 6 == 5:
            heaps.append(await here.heap())
    print("heap in kB", [heap // 1000 for heap in heaps])
    judge("hall, 5 minutes", late, missed, wrong, sizes[-1], alone=True)
    assert len(late) > 450
    assert max(size["sounding"] for size in sizes) < 12
    assert max(size["size"]["notes"] for size in sizes) < 120
    assert heaps[-1] < heaps[0] * 1.3, "what is over is let go"


TIMBRE = """
timbres:
  creature:
    sources: {flute: "shipped:flute", reed: "shipped:reed"}
    path: {kind: line, steps: 2}
    pace: 10 min
    pitches: {from: A4, to: C6, step: 5}
    length: 0.6
voices:"""
MORPH = TUNE.replace("name: tune", "name: morph").replace("voices:", TIMBRE) + "    timbre: {bank: creature}\n"


@pytest.mark.slow
async def test_after_a_bank_is_ready_its_sound_is_heard(tmp_path: Path, tune: Daemon, visitor: Visitor) -> None:
    shipped = await hear(tune, visitor, "calm", 6.0)
    daemon = Daemon(tmp_path / "morphing", {"main": {"kind": "browser"}}, MORPH).start()
    try:
        daemon.wait_for_bars(1)
        here = await visitor(f"http://127.0.0.1:{daemon.port}/", bypass_csp=True)
        await listen(here.page, "calm")
        ready = "fetch('/api/v1/sounds').then((one) => one.json()).then((told) => told.voices.lead.origin === 'bank')"
        await here.until(ready, 150)
        await asyncio.sleep(2)
        await caught(here.page)
        await asyncio.sleep(6)
        bank = await caught(here.page)
    finally:
        daemon.kill()
    print(f"held: {held_share(shipped):.2f} of a marimba, {held_share(bank):.2f} of a bank; {bank.facts}")
    assert held_share(bank) > 2 * held_share(shipped), "a marimba fades at once, a flute is held"
    assert bank.facts["instruments"] == 1, "the sound before is forgotten"


def held_share(heard: Catch) -> float:
    """How loud notes are a fifth of a second after their beginning, beside then."""
    shares: list[float] = []
    for onset in heard.onsets():
        first = round((onset - heard.begins) * heard.rate)
        parts = [heard.samples[first + round(at * heard.rate) :][: heard.rate // 25] for at in (0.01, 0.19)]
        if all(len(part) for part in parts):
            begin, later = (float(np.sqrt(np.mean(np.square(part)))) for part in parts)
            shares.append(later / begin)
    return statistics.median(shares)
