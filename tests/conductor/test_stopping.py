"""A run of so many bars, counted on the conductor's own bus."""

from __future__ import annotations

from pathlib import Path

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.conductor.stopping import BarCountdown


def test_a_run_of_so_many_bars_stops_once_after_the_last(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, {"study": TEXT})
    stops: list[int] = []
    BarCountdown(3, lambda: stops.append(theatre.bar)).subscribe_to(theatre.conductor.bus)
    theatre.begin()
    for _ in range(6):
        theatre.answer()
        theatre.play()
    assert stops == [2]
