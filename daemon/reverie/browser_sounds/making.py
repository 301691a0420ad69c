"""Has an instrument made by a process of its own, which may take its time: whoever asks has notes to look after."""

from __future__ import annotations

from pathlib import Path

from reverie.browser_sounds.sound_jobs import SoundJob, SoundMade
from reverie.processes.codec import from_message, to_message
from reverie.processes.errands import ErrandError, Errands
from reverie.processes.wire import WireError


class SoundMaking:
    """Starts makers, one at a time, which put instruments into ``folder`` up to ``quota`` bytes."""

    def __init__(self, folder: Path, quota: int) -> None:
        self._errands = Errands("reverie.browser_sounds.maker", str(folder), str(quota))

    def make(self, job: SoundJob) -> SoundMade:
        """Make an instrument. This waits for it: it is for a thread that nobody waits for."""
        try:
            made: SoundMade = from_message(SoundMade, self._errands.send(to_message(job)))
        except (ErrandError, WireError) as error:
            return SoundMade(fault=str(error))
        return made

    def close(self) -> None:
        """End what is being made, quickly."""
        self._errands.close()
