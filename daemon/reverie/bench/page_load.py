"""What thousands of visitors cost the music: ``python -m reverie.bench.page_load [--seconds 600] [--clients 2000]``.

A real daemon plays a scene to a socket that takes all of it. First nobody looks; then visitors come who listen to
events and wish for things; then they go, and as many come once more for a short while. What the first have left of
memory is a leak only if the second leave as much again: Python keeps what is free between what is not.

Lateness is the player's own, of every note, in the same run. The visitors are a process on the same machine, so what
they compute is part of the load.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import yaml

from reverie.bench.play_score import percentiles
from reverie.bench.processes import BenchError, processor
from reverie.processes.children import own_module

SCENE = "cat-dreams"
SETTLES = 30.0
"""Seconds of music before anything is measured: models have loaded, and every voice has loops ahead."""
STARTS_WITHIN = 120.0
AGAIN = 30.0
"""Seconds for which the second crowd stays."""
COOLS = 20.0
"""Seconds after the visitors have gone until memory is looked at again."""


@dataclass(frozen=True, slots=True)
class PageDaemon:
    """The daemon that is measured: its process, its port, and the file of its lateness."""

    process: psutil.Process
    port: int
    lateness: Path

    @property
    def memory(self) -> dict[str, float]:
        """Megabytes of the conductor, and of it with all that it has started."""
        own = self.process.memory_info().rss
        family = own
        for child in self.process.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                family += child.memory_info().rss
        return {"conductor_mb": round(own / 1e6, 1), "all_mb": round(family / 1e6, 1)}

    @property
    def descriptors(self) -> int:
        """How many the conductor has open."""
        return self.process.num_fds()

    def late(self, begin: float, end: float) -> list[float]:
        """Seconds by which notes were late in the bars that were reported between two monotonic moments."""
        found: list[float] = []
        for line in self.lateness.read_text().splitlines():
            at, *rest = line.split()
            if begin <= float(at) <= end:
                found += [float(one) / 1e6 for one in rest]
        return found


def measure(seconds: float, clients: int, posts: float) -> dict[str, Any]:
    """Let it play without visitors, with them and after them; what notes and memory were like.

    Raises:
        BenchError: if the daemon does not play.
    """
    with tempfile.TemporaryDirectory(prefix="reverie-bench-") as name, _daemon(Path(name)) as daemon:
        _tell(f"It plays; nobody looks for {seconds:g} s")
        time.sleep(SETTLES)
        idle = _phase(daemon, seconds)
        _tell(f"{clients} visitors come")
        came = time.monotonic()
        with _visitors(daemon.port, clients, posts, seconds) as said:
            next(said)
            arrived = time.monotonic()
            loaded = _phase(daemon, seconds)
            met = next(said)
        time.sleep(COOLS)
        after = {**daemon.memory, "descriptors": daemon.descriptors}
        _tell("As many come once more")
        with _visitors(daemon.port, clients, posts, AGAIN) as said:
            next(said)
            next(said)
        time.sleep(COOLS)
        return {
            "machine": {"processor": processor(), "cores": os.cpu_count(), "load": os.getloadavg()[0]},
            "seconds": seconds,
            "posts_a_second": posts,
            "idle": idle,
            "arriving": _figures(late) if (late := daemon.late(came, arrived)) else None,
            "loaded": loaded,
            "after": after,
            "after_as_many_again": {**daemon.memory, "descriptors": daemon.descriptors},
            "visitors": met,
        }


def lines(report: Mapping[str, Any]) -> Iterator[str]:
    """The report for people."""
    machine, met = report["machine"], report["visitors"]
    yield f"{machine['processor']}, {machine['cores']} cores; {report['seconds']:g} s each; lateness in us."
    for phase in ("idle", "arriving", "loaded"):
        if (row := report[phase]) is None:  # they came within a bar
            continue
        memory = f"   {row['conductor_mb']:.0f} MB, {row['descriptors']} descriptors" if "conductor_mb" in row else ""
        yield f"  {phase:<9} p50 {row['p50_us']:>7,.0f}  p99 {row['p99_us']:>7,.0f}  max {row['max_us']:>8,.0f}{memory}"
    for name, key in (("after", "after"), ("once more", "after_as_many_again")):
        yield f"  {name:<9} {report[key]['conductor_mb']:.0f} MB, {report[key]['descriptors']} descriptors"
    yield (
        f"{met['listening_at_the_end']} of {met['clients']} visitors listened to the end, {met['lost']} were lost; "
        f"{met['bytes_a_second'] / 1e6:.2f} MB a second"
    )
    yield f"a bar reaches them {met['bar_arrives_after']}"
    yield f"wishes were answered {met['posts']} within {met['post_takes']}"


def _phase(daemon: PageDaemon, seconds: float) -> dict[str, Any]:
    begin, busy = time.monotonic(), daemon.process.cpu_times()
    time.sleep(seconds)
    end, after = time.monotonic(), daemon.process.cpu_times()
    share = (after.user + after.system - busy.user - busy.system) / (end - begin)
    figures = _figures(daemon.late(begin, end))
    return {**figures, **daemon.memory, "descriptors": daemon.descriptors, "conductor_cpu": round(share, 3)}


def _figures(late: list[float]) -> dict[str, Any]:
    if not late:
        raise BenchError("nothing was played; the daemon's log stands above")
    return {"notes": len(late), **percentiles(late)}


@contextlib.contextmanager
def _daemon(folder: Path) -> Generator[PageDaemon]:
    """A daemon with a site of its own, once it plays."""
    port, late = _free_port(), folder / "lateness"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        site = {
            "scene": SCENE,
            "state": "state",
            "slots": {"main": {"kind": "osc", "host": "127.0.0.1", "port": sink.getsockname()[1]}},
            "health": {"port": port},
            "page": {"proxies": ["127.0.0.1"]},
        }
        (folder / "reverie.yaml").write_text(yaml.safe_dump(site))
        command = own_module("reverie.bench.page_daemon", str(folder / "reverie.yaml"), str(late))
        environment = {**os.environ, "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        with subprocess.Popen(command, env=environment, stdout=sys.stderr, start_new_session=True) as process:
            try:
                _wait_for_bars(process, port)
                yield PageDaemon(psutil.Process(process.pid), port, late)
            finally:
                process.send_signal(signal.SIGTERM)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(30)
                process.kill()


def _wait_for_bars(process: subprocess.Popen[bytes], port: int) -> None:
    limit = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < limit and process.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/now", timeout=10) as answer,
        ):
            if json.load(answer)["says"]["key"] == "playing":
                return
        time.sleep(0.5)
    raise BenchError("the daemon does not play; its log stands above")


@contextlib.contextmanager
def _visitors(port: int, clients: int, posts: float, seconds: float) -> Generator[Iterator[Any]]:
    """A crowd; what it says: once that all are there, and once what they met."""
    command = own_module("reverie.bench.page_visitors", f"{port}", f"{clients}", f"{posts}", f"{seconds}")
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        yield _lines(process)


def _lines(process: subprocess.Popen[bytes]) -> Iterator[Any]:
    for line in process.stdout or ():
        yield json.loads(line)
    raise BenchError("the visitors ended before they had looked; the reason stands above")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{sentence} ...\n")


def main() -> int:
    """Measure as the command line says, and print the report."""
    parser = argparse.ArgumentParser(
        prog="reverie.bench.page_load", description="Measure what visitors cost the music."
    )
    parser.add_argument("--seconds", type=float, default=600.0, help="how long each (600)")
    parser.add_argument("--clients", type=int, default=2000, help="visitors that listen (2000)")
    parser.add_argument("--posts", type=float, default=50.0, help="wishes a second, of all together (50)")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    report = measure(options.seconds, options.clients, options.posts)
    sys.stdout.write(json.dumps(report, indent=2) if options.json else "\n".join(lines(report)))
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
