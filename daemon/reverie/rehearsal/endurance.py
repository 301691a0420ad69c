"""Whether anything grows with the loops that are composed: a million of them through the real conductor.

A scene whose loops are a bar long lives on a made-up clock. Now and then memory, descriptors, threads, children and
series of metrics are counted; whatever grows for ever grows with the number of loops, as a line that does not end.
"""

from __future__ import annotations

import asyncio
import gc
import tempfile
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path
from typing import Any

import psutil

from reverie.compose.engines.by_family import make_engine
from reverie.rehearsal.made_up_clock import MadeUpClock
from reverie.rehearsal.memory_slope import Slope, slope
from reverie.rehearsal.rehearsed_composer import LoopMakers
from reverie.rehearsal.rehearsed_house import RehearsedHouse, rehearsed_config
from reverie.rehearsal.simulated_loop import SimulatedLoop
from reverie.rehearsal.stand_in_engine import StandInEngine
from reverie.scenes.folder import SceneFolder
from reverie.site.schema import Site
from reverie.watch.happenings import LoopAnswered

SAMPLES = 50
WARM_UP = 0.25
"""The share of samples at the begin that do not count: caches fill, and a week of loops is remembered."""
BY_REASON = (b"reverie_loops_refused_total", b"reverie_notes_clipped_total", b"reverie_loops_held_total")
"""Metrics whose series come with what a guard finds, and not with loops."""
_SCENE = """\
name: endurance
title: Loops without an end
tempo: 240
metre: 4/4
key: D
scale: dorian
seed: 5
voices:
  beat:
    kind: drums
    model: drum_kit
    bars: 1
    evolve: {hold: 1, then: [continue, mutate, reset], candidates: 1}
    output: {slot: main, channel: 10}
  low:
    kind: bass
    model: attention_rnn
    register: [C2, C4]
    density: [0.5, 3]
    bars: 1
    evolve: {hold: 1, then: [continue, mutate, reset], candidates: 1}
    output: {slot: main, channel: 2}
  lead:
    kind: melody
    model: attention_rnn
    register: [C4, C6]
    density: [0.5, 3]
    bars: 1
    evolve: {hold: 1, then: [continue, mutate, reset], candidates: 1}
    output: {slot: main, channel: 1}
"""
_BEGIN = 1_767_225_600.0
"""The first of January 2026, UTC."""


@dataclass(frozen=True, slots=True)
class EnduranceSample:
    """After so many ``loops``: bytes of memory, and what else a process can have too much of.

    ``rss`` is what the system gave the process, ``traced`` what Python's objects take of it (0 where nobody traces).
    ``series`` leaves out those of :data:`BY_REASON`, which are counted as ``reasons``: there is one more whenever a
    guard has something against a voice for the first time, however late that is.
    """

    loops: int
    rss: int
    traced: int
    objects: int
    descriptors: int
    threads: int
    children: int
    series: int
    reasons: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class EnduranceReport:
    """What came of it; slopes are of the samples after the warm-up."""

    samples: tuple[EnduranceSample, ...]
    refused: int
    by_models: int
    whole: bool
    """Whether all loops were composed that were asked for."""

    @property
    def settled(self) -> tuple[EnduranceSample, ...]:
        """The samples that count."""
        return self.samples[int(len(self.samples) * WARM_UP) :]

    def slope_of(self, what: str) -> Slope:
        """By how much something grows with each loop.

        Raises:
            ValueError: if there are too few samples.
        """
        settled = self.settled
        return slope([one.loops for one in settled], [float(getattr(one, what)) for one in settled])

    def extremes(self, what: str) -> tuple[int, int]:
        """The least and the most of something, after the warm-up."""
        counts = [int(getattr(one, what)) for one in self.settled]
        return min(counts), max(counts)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        slopes = {what: self.slope_of(what) for what in ("rss", "traced", "objects")}
        return {
            "loops": self.samples[-1].loops,
            "whole": self.whole,
            "refused": self.refused,
            "by_models": self.by_models,
            "bytes_or_objects_a_loop": {
                what: {"slope": one.value, "low": one.low, "high": one.high} for what, one in slopes.items()
            },
            "least_and_most": {
                what: self.extremes(what) for what in ("descriptors", "threads", "children", "series", "reasons", "rss")
            },
            "samples": [one.as_json() for one in self.samples],
        }


def endure(
    loops: int,
    *,
    models: bool = False,
    traced: bool = False,
    samples: int = SAMPLES,
    progress: Callable[[EnduranceSample], None] = lambda _sample: None,
) -> EnduranceReport:
    """Compose so many loops; an interruption (Ctrl-C) ends it with what there is.

    Args:
        loops: how many.
        models: whether models compose them, else what stands in for them.
        traced: whether Python's own memory is traced, too, which takes three times as long.
        samples: how often it is counted.
        progress: told each time.
    """
    with tempfile.TemporaryDirectory(prefix="reverie-") as folder, asyncio.Runner(loop_factory=SimulatedLoop) as runner:
        if traced:
            tracemalloc.start()
        try:
            return runner.run(_endure(Path(folder), loops, models=models, every=loops // samples or 1, told=progress))
        finally:
            if traced:
                tracemalloc.stop()


async def _endure(
    folder: Path, loops: int, *, models: bool, every: int, told: Callable[[EnduranceSample], None]
) -> EnduranceReport:
    scenes = folder / "scenes"
    scenes.mkdir()
    (scenes / "endurance.yaml").write_text(_SCENE, encoding="utf-8")
    site = Site(scene="endurance")
    config = rehearsed_config(site, folder / "reverie.yaml", folder / "state", UTC)
    engine, stand_in = make_engine(site.composer.engine), StandInEngine()
    if models:
        for name in ("drum_kit", "attention_rnn"):
            engine.load(config.resources.bundles[name])
    makers = LoopMakers(engine, stand_in, left=loops if models else 0, takes=0.01)
    clock = MadeUpClock(asyncio.get_running_loop(), _BEGIN, UTC)
    house = RehearsedHouse.of(config, SceneFolder([scenes]), clock, makers, write=60.0, tick=5.0)
    taken: list[EnduranceSample] = []
    count, refused = 0, 0

    def answered(said: LoopAnswered) -> None:
        nonlocal count, refused
        count += 1
        refused += said.answer.loop is None
        if count % every == 0:
            taken.append(_sample(house, count))
            told(taken[-1])
        if count >= loops:
            house.conductor.stop()

    house.conductor.bus.subscribe(LoopAnswered, answered)
    interrupted = False
    try:
        await house.conductor.run(None)
    except asyncio.CancelledError:
        interrupted = True
    return EnduranceReport(tuple(taken), refused, loops - makers.left if models else 0, not interrupted)


def _sample(house: RehearsedHouse, loops: int) -> EnduranceSample:
    gc.collect()
    process = psutil.Process()
    series = [line for line in house.conductor.metrics()[0].splitlines() if line and not line.startswith(b"#")]
    reasons = sum(line.startswith(BY_REASON) for line in series)
    return EnduranceSample(
        loops=loops,
        rss=process.memory_info().rss,
        traced=tracemalloc.get_traced_memory()[0] if tracemalloc.is_tracing() else 0,
        objects=len(gc.get_objects()),
        descriptors=process.num_fds(),
        threads=process.num_threads(),
        children=len(process.children(recursive=True)),
        series=len(series) - reasons,
        reasons=reasons,
        seconds=sum(process.cpu_times()[:2]),
    )


def lines(report: EnduranceReport) -> Sequence[str]:
    """The report for people."""
    rss, objects = report.slope_of("rss"), report.slope_of("objects")
    last = report.samples[-1]
    found = [
        f"{last.loops:,} loops in {last.seconds:.0f} s of processor time",
        f"{report.by_models:,} by models, {report.refused:,} refused",
        f"memory: {last.rss / 1e6:.1f} MB; {rss.value:+.3f} bytes a loop (95 %: {rss.low:+.3f} to {rss.high:+.3f})",
        f"objects: {last.objects:,}; {objects.value:+.5f} a loop (95 %: {objects.low:+.5f} to {objects.high:+.5f})",
    ]
    if last.traced:
        own = report.slope_of("traced")
        found.append(
            f"Python's own memory: {last.traced / 1e6:.1f} MB; {own.value:+.3f} bytes a loop "
            f"(95 %: {own.low:+.3f} to {own.high:+.3f})"
        )
    for what in ("descriptors", "threads", "children", "series", "reasons"):
        least, most = report.extremes(what)
        found.append(f"{what}: {least}" if least == most else f"{what}: {least} to {most}")
    return found
