"""A conductor with all its stores on a disk whose N-th write fails; run with ``failing_writes.so`` preloaded.

``failing_house.py FOLDER ERROR FIRST LAST STEP COUNT`` prints a line of JSON for each N: what was told, whether the
music went on, and whether all was well and whole once the disk was.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
import sys
from pathlib import Path
from typing import Any

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from reverie.conductor.care.lives import Lives
from reverie.conductor.keeping.history_keeping import keep_history
from reverie.files import remove_leftovers
from reverie.history.history_reader import mistakes, read_entries
from reverie.history.moment_store import MomentStore
from reverie.history.state import StateStore
from reverie.play.messages import BarBegun
from reverie.play.recording.ledger import Ledger
from reverie.play.recording.tape import Tape
from reverie.site.storage_section import StorageSection
from reverie.watch.faults import Faults
from reverie.watch.happenings import BarSounded, FaultRaised

BARS = 6
MINE = ("state-", "history-", "novelty-", "tape-", "moment-", "control-unrecorded")
"""How the ids begin of the faults that are about files."""


class FailingHouse:
    """All that writes, in one place."""

    def __init__(self, folder: Path) -> None:
        self.clock = HandClock()
        self.theatre = Theatre(folder, {"study": TEXT}, clock=self.clock)
        config = self.theatre.conductor.config
        self.state, self.tape_folder = config.state, config.tape
        self.keeping = self.theatre.conductor._housekeeping
        keep_history(self.theatre.conductor, self.keeping, StorageSection(flush=1.0), self.clock)
        self.tape, self.ledger = Tape(self.tape_folder), Ledger(self.state / "ledger", "main")
        self.bars = 0
        self.heard: list[int] = []
        """How many notes each bar had that sounded."""
        self.theatre.conductor.bus.subscribe(BarSounded, lambda said: self.heard.append(sum(said.bar.notes.values())))

    async def plays(self, bars: int) -> None:
        """So many bars go out, people do something in each, and what must last is written."""
        theatre = self.theatre
        for _ in range(bars):
            if theatre.score is None:
                theatre.hear()
                theatre.turn()
            else:
                theatre.play()
                theatre.answer()
            self._begins()
            self.clock.go(61.0)
            theatre.conductor.control({"action": "volume", "value": 0.5 + self.bars / 1000}, "test")
            theatre.conductor.control({"action": "moment"}, "test")
            theatre.conductor.look()
            await self.keeping._write_state(anyway=True)
            await asyncio.to_thread(self.keeping._tend_tape, all_of_it=False)
            store = theatre.conductor.page.visits.moments.store
            await asyncio.to_thread(store.write)
            self._sounds()
            self.bars += 1

    def _begins(self) -> None:
        theatre = self.theatre
        assert theatre.score is not None
        setup = max(n for n, message in enumerate(theatre.player.sent) if message["type"] == "setup")
        heard, scene = len(theatre.player.sent) - setup - 1, theatre.score.scene
        at, bar = self.clock.now(), theatre.bar + 1
        theatre.player.says(BarBegun(scene.epoch, scene.name, bar, bar, at, 2.0, resting=False, heard=heard))

    def _sounds(self) -> None:
        """What the player's process writes as a bar goes out."""
        from reverie.music.time import Metre

        self.ledger.note_on(0, 60)
        self.tape.bar(self.clock.wall(), self.bars * 1920, 120.0, Metre(), "study")
        self.tape.event(self.bars * 1920, bytes((0x90, 60, 100)), "lead")
        self.tape.flush()
        self.ledger.note_off(0, 60)
        self.ledger.restore()

    @property
    def told(self) -> dict[str, str]:
        """The advice of each fault that is told now."""
        active = self.theatre.conductor.faults.active
        return {fault.id: fault.advice for fault in active if fault.id.startswith(MINE)}

    @property
    def ever_told(self) -> list[str]:
        """The ids of all faults that were told, however shortly."""
        raised = [said.fault.id for said in self.theatre.told(FaultRaised)]
        return [fault for fault in raised if fault.startswith(MINE)]

    async def end(self) -> dict[str, Any]:
        """Leave, and read all of it as the next life does."""
        await self.keeping.finish()
        self.tape.close()
        faults = Faults()
        store = StateStore(self.state, faults)
        loops = {voice: len(store.loops("study", voice)) for voice in ("beat", "bass", "lead")}
        Lives(self.state, faults)
        moments = MomentStore(self.state / "moments", 200)
        remove_leftovers(self.state / "moments")  # as it does where it attends to what comes
        entries = [*read_entries(self.state / "history.sqlite")]
        return {
            "takes": store.begin("study"),
            "loops": loops,
            "moments": len(moments.headings()),
            "kinds": sorted({entry.kind for entry in entries}),
            "ledger": self.ledger.path is not None,
            "tape": sum(path.stat().st_size > 0 for path in self.tape_folder.glob("*.mid")),
            "mistakes": [*mistakes(self.state / "history.sqlite"), *mistakes(self.state / "novelty.sqlite")],
            "unreadable": [fault.sentence for fault in faults.active],
            "leftovers": sorted(path.name for path in self.state.rglob(".*.json.*")),
        }


async def case(folder: Path, number: int, first: int, count: int) -> dict[str, Any]:
    """The disk fails from the ``first`` write on ``count`` times, and then works."""
    library: Any = ctypes.CDLL(None)
    library.fail_writes.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_long, ctypes.c_long, ctypes.c_int)
    library.fail_writes.restype = ctypes.c_long
    (folder / "tape").mkdir(parents=True)
    where = bytes(folder / "state"), bytes(folder / "tape")
    library.fail_writes(*where, first, count, number)
    house = FailingHouse(folder)
    theatre = house.theatre
    theatre.begin()
    theatre.answer()
    theatre.player.starts()
    told: dict[str, str] = {}
    for _ in range(BARS):
        await house.plays(1)
        told |= house.told
    heard = [*house.heard]
    writes = library.fail_writes(*where, 0, 0, 0)
    for _ in range(4):
        await house.plays(1)
    left = house.told
    said = {"told": told, "ever_told": house.ever_told, "left": left}
    return {"n": first, "heard": heard, "writes": writes, **said, **await house.end()}


def main() -> None:
    """Try one N after the other."""
    logging.disable(logging.CRITICAL)
    folder, number, first, last, step, count = Path(sys.argv[1]), *map(int, sys.argv[2:7])
    for n in range(first, last + 1, step):
        print(json.dumps(asyncio.run(case(folder / f"{number}-{n}", number, n, count))), flush=True)


if __name__ == "__main__":
    main()
