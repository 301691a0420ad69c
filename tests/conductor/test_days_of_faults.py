"""Days on which everything fails at random, in made-up time: no bar is silent that nobody wanted silent."""

from __future__ import annotations

import logging
import os
import random
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from fakes.day_scenes import DAY, day_scenes
from fakes.simulated_day import Incident, Installation, live_through
from reverie.site.supervision_section import MEGABYTE
from reverie.watch.happenings import BarSounded, StageCured, WorkerDied, WorkerRecycled

SCENES = day_scenes(40, 48, beat=2, lead=4)
LONGEST_BAR = 6.0
GAP = 10 + 4 * LONGEST_BAR
"""Seconds in which a player that hangs is found, ended, and has played a bar again."""
DEAF = 4
"""Bars that a slot which takes no notes may lose before it is opened anew."""


class Faults:
    """Draws what fails, and counts it."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.happened: Counter[str] = Counter()
        self.kinds = (
            self.composer_dies,
            self.composer_crashes,
            self.composer_hangs,
            self.composer_slows_down,
            self.composer_grows,
            self.player_dies,
            self.player_hangs,
            self.slot_is_deaf,
            self.plug_is_loose,
            self.scene_is_torn,
            self.clock_steps,
            self.somebody_chooses,
        )

    def incidents(self, count: int, hours: int) -> list[tuple[str, Incident]]:
        minutes = sorted(self.draw.sample(range(1, hours * 60 - 5), count))
        return [(f"{(8 + at // 60) % 24:02}:{at % 60:02}", self.any) for at in minutes]

    def any(self, lived: Installation) -> None:
        kind = self.draw.choice(self.kinds)
        self.happened[kind.__name__] += 1
        kind(lived)

    def composer_dies(self, lived: Installation) -> None:
        lived.composer.die("The composer was ended by signal 9 (Killed).")

    def composer_crashes(self, lived: Installation) -> None:
        lived.composer.die("The composer was ended by signal 11 (Segmentation fault).", crash=True)

    def composer_hangs(self, lived: Installation) -> None:
        lived.composer.hangs = True

    def composer_slows_down(self, lived: Installation) -> None:
        lived.composer.takes = self.draw.choice((0.5, 2.0, 50.0, 100.0))

    def composer_grows(self, lived: Installation) -> None:
        lived.composer.size = self.draw.choice((1, 3000)) * MEGABYTE

    def player_dies(self, lived: Installation) -> None:
        lived.player.die("The player was ended by signal 9 (Killed).")

    def player_hangs(self, lived: Installation) -> None:
        lived.player.hangs = True

    def slot_is_deaf(self, lived: Installation) -> None:
        lived.player.deaf = True

    def plug_is_loose(self, lived: Installation) -> None:
        lived.player.plug("main", up=False)
        lived.later(self.draw.uniform(1, 300), lambda: lived.player.plug("main", up=True))

    def scene_is_torn(self, lived: Installation) -> None:
        path = lived.conductor.config.state.parent / "scenes" / f"{lived.conductor.playing}.yaml"
        whole = path.read_text()
        path.write_text(whole[: self.draw.randrange(len(whole))])
        lived.conductor.files_changed({path})
        lived.later(self.draw.uniform(1, 300), lambda: self.mend(lived, path))

    def mend(self, lived: Installation, path: Path) -> None:
        path.write_text(SCENES[path.stem])
        lived.conductor.files_changed({path})

    def clock_steps(self, lived: Installation) -> None:
        lived.day.set_wall(self.draw.choice((-3600, -10, 10, 3600)))

    def somebody_chooses(self, lived: Installation) -> None:
        name = self.draw.choice([*SCENES])
        lived.conductor.trust(name)
        lived.conductor.play_scene(name)


def live(folder: Path, seed: int, count: int, hours: int = 24) -> None:
    faults = Faults(seed)
    lived = live_through(folder, SCENES, DAY, "2026-11-28 08:00", hours, faults.incidents(count, hours))
    bars = lived.told(BarSounded)
    sounding = [one for one in bars if not one.bar.resting]
    silent = [one for one in sounding if not any(one.bar.notes.values())]
    gaps = sorted(after.at.now - before.at.now for before, after in pairwise(bars))
    deaths = Counter(f"{one.role} {one.reason}" for one in lived.told(WorkerDied))
    cures = Counter(one.stage for one in lived.told(StageCured))
    sys.stdout.write(
        f"seed {seed}: {count} faults {dict(faults.happened)}; deaths {dict(deaths)}; cures {dict(cures)}; "
        f"{len(bars)} bars, {len(sounding)} that should sound, {len(silent)} silent; longest gap {gaps[-1]:.0f} s\n"
    )
    assert silent == []
    assert gaps[-1] <= GAP
    assert len(sounding) > 200 * hours
    assert len(lived.told(WorkerRecycled)) == sum(count for death, count in deaths.items() if "recycled" in death)
    deaf = [one for one in sounding if not one.bar.sent and lived.was_up("main", one.at.now - one.bar.seconds)]
    assert len(deaf) <= DEAF * faults.happened["slot_is_deaf"]


def test_four_hours_in_which_twenty_things_fail(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    live(tmp_path, 1, 20, 4)
    assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("number", range(10))
def test_ten_days_on_which_a_hundred_things_fail(tmp_path: Path, number: int) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10_000)) + number
    live(tmp_path, seed, 100)
