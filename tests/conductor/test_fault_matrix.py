"""The fault matrix, as far as made-up time shows it: each fault, what is told of it with its advice, and no silence.

What needs real programs stands in ``tests/daemon/test_fault_matrix_real.py``; the whole matrix, with the test of each
row, in ``docs/explanation/never-silent.md``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakes.fault_matrix import page_row
from fakes.scenes import TEXT
from fakes.simulated_day import Incident, Installation, live_through
from reverie.conductor.hours.programme import Programme
from reverie.site.supervision_section import MEGABYTE
from reverie.watch.fault_kinds import (
    LOOP_REPEATS,
    NOTHING_HEARD,
    SCENE_BROKEN,
    SCENE_MARKED,
    SLOT_MISSING,
    STAGE_STARVED,
    FaultKind,
)
from reverie.watch.happenings import BarSounded, FaultRaised, LoopAnswered, WorkerDied, WorkerRecycled
from reverie.watch.metrics import REASONS, ROLES

SCENES = {"study": TEXT, "other": TEXT.replace("name: study", "name: other")}
BAR = 2.0
"""Seconds of a bar."""


def composer_dies(lived: Installation) -> None:
    lived.composer.die("The composer was ended by signal 9 (Killed).")


def composer_hangs(lived: Installation) -> None:
    lived.composer.hangs = True


def composer_is_slow(lived: Installation) -> None:
    lived.composer.takes = 20 * BAR  # ten times a loop of two bars


def composer_eats(lived: Installation) -> None:
    lived.composer.size = 3000 * MEGABYTE


def composer_crashes(lived: Installation) -> None:
    lived.composer.die("The composer was ended by signal 11 (Segmentation fault).", crash=True)


def player_dies(lived: Installation) -> None:
    lived.player.die("The player was ended by signal 9 (Killed).")


def player_hangs(lived: Installation) -> None:
    lived.player.hangs = True


def slot_is_deaf(lived: Installation) -> None:
    lived.player.deaf = True


def unplug(lived: Installation) -> None:
    lived.player.plug("main", up=False)


def plug_in(lived: Installation) -> None:
    lived.player.plug("main", up=True)


def truncate(lived: Installation) -> None:
    path = lived.conductor.watched_files()[0]
    path.write_text(TEXT[: len(TEXT) // 2] + "\n  x: [")
    lived.conductor.files_changed({path})


def mend(lived: Installation) -> None:
    path = lived.conductor.watched_files()[0]
    path.write_text(TEXT)
    lived.conductor.files_changed({path})


def clock_steps(hours: float) -> Incident:
    return lambda lived: lived.day.set_wall(hours * 3600)


@dataclass(frozen=True, slots=True)
class Row:
    """What happens, a minute apart; the fault that people are told, if any; who dies, and for how long no bar ends."""

    incidents: tuple[Incident, ...]
    told: FaultKind | None = None
    others: tuple[FaultKind, ...] = ()
    deaths: tuple[str, ...] = ()
    gap: float = 2 * BAR
    unheard: int = 0
    page: str = ""
    """How the page names it, where otherwise than here."""


MATRIX = {
    "composer dead": Row((composer_dies,), deaths=("composer signal",)),
    "composer hung": Row((composer_hangs,), deaths=("composer hang",)),
    "composer slow": Row((composer_is_slow,), LOOP_REPEATS),
    "composer eating memory": Row((composer_eats,), deaths=("composer recycled",)),
    "composer crashing": Row((composer_crashes,) * 3, SCENE_MARKED, deaths=("composer signal",) * 3),
    "player dead": Row((player_dies,), deaths=("player signal",), gap=4 * BAR),
    "player hung": Row((player_hangs,), STAGE_STARVED, deaths=("player hang",), gap=10 + 4 * BAR),
    "slot deaf": Row((slot_is_deaf,), STAGE_STARVED, unheard=6, page="slot takes no notes"),
    "slot gone": Row((unplug, plug_in), SLOT_MISSING, (NOTHING_HEARD,), unheard=31),
    "YAML truncated": Row((truncate, mend), SCENE_BROKEN, page="scene's YAML truncated"),
    "clock a day ahead": Row((clock_steps(24),), page="wall clock steps"),
    "clock a year back": Row((clock_steps(-24 * 365),), page="wall clock steps"),
}
"""By what goes wrong."""


@pytest.mark.parametrize("name", MATRIX)
def test_nothing_is_silent_what_is_told_has_its_advice_and_it_is_over(tmp_path: Path, name: str) -> None:
    row = MATRIX[name]
    minutes = [f"08:{10 + number:02}" for number, _ in enumerate(row.incidents)]
    lived = live_through(
        tmp_path, SCENES, Programme(()), "2026-11-28 08:00", 0.5, zip(minutes, row.incidents, strict=True)
    )
    no_bar_was_silent(lived, row)
    assert [f"{one.role} {one.reason}" for one in lived.told(WorkerDied)] == [*row.deaths]
    told = [one.fault for one in lived.told(FaultRaised)]
    assert {fault.id for fault in told} == {kind.id for kind in (row.told, *row.others) if kind}
    assert all(fault.advice for fault in told)
    on_page = page_row(row.page or name)
    assert on_page.fault == (row.told.id if row.told else "")
    assert all(on_page.advises(fault.advice) for fault in told if fault.id == on_page.fault)
    lasting = {LOOP_REPEATS.id, SCENE_MARKED.id} if name in {"composer slow", "composer crashing"} else set[str]()
    assert {fault.id for fault in lived.conductor.faults.active} <= lasting
    counts_are_right(lived)


def no_bar_was_silent(lived: Installation, row: Row) -> None:
    bars = lived.told(BarSounded)
    assert all(any(one.bar.notes.values()) for one in bars)
    assert sum(not one.bar.sent for one in bars) <= row.unheard
    assert max(after.at.now - before.at.now for before, after in pairwise(bars)) <= row.gap
    assert bars[-1].at.now > 1790, "it plays to the end"


def counts_are_right(lived: Installation) -> None:
    """Each series has what happened, and those of what did not happen are at nought."""
    died = Counter((one.reason, one.role) for one in lived.told(WorkerDied))
    every = {(reason, role): died[reason, role] for reason in REASONS for role in ROLES}
    assert series(lived, "reverie_worker_restarts_total", "reason", "role") == every
    bars = Counter((one.bar.scene,) for one in lived.told(BarSounded))
    assert series(lived, "reverie_bars_played_total", "scene") == bars
    answers = [one.answer for one in lived.told(LoopAnswered) if one.answer.loop]
    loops = Counter((one.recipe.operator, one.recipe.voice) for one in answers)
    assert loops.total() > 0
    assert series(lived, "reverie_loops_composed_total", "operator", "voice") == loops
    assert len(lived.told(WorkerRecycled)) == sum(reason == "recycled" for reason, _ in died.elements())


def series(lived: Installation, name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """What the metric of that name has, by these labels."""
    families = text_string_to_metric_families(lived.conductor.metrics()[0].decode())
    samples = [sample for family in families for sample in family.samples if sample.name == name]
    return {tuple(sample.labels[label] for label in labels): sample.value for sample in samples}
