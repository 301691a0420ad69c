"""Has an instrument made by a process of its own, which may take its time: whoever asks has notes to look after."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from reverie.browser_sounds.sound_jobs import SoundJob, SoundMade
from reverie.processes.children import Child
from reverie.processes.codec import from_message, to_message
from reverie.processes.wire import WireError

FAREWELL = 2.0
"""Seconds in which a maker that is told to leave has ended its own child, and left."""
PATIENCE = 150.0
"""Seconds after which a maker is killed: its own limit is shorter."""


class SoundMaking:
    """Starts makers, one at a time, which put instruments into ``folder`` up to ``quota`` bytes."""

    def __init__(self, folder: Path, quota: int) -> None:
        self._folder = folder
        self._quota = quota
        self._child: Child | None = None
        self._closed = False

    def make(self, job: SoundJob) -> SoundMade:
        """Make an instrument. This waits for it: it is for a thread that nobody waits for."""
        if self._closed:
            return SoundMade(fault="Reverie is leaving")
        try:
            child = self._child = Child.start_with_pipes(
                "reverie.browser_sounds.maker", str(self._folder), str(self._quota)
            )
        except OSError as error:
            return SoundMade(fault=f"the system grants no process ({error.strerror})")
        if self._closed:
            child.kill()
        timer = threading.Timer(PATIENCE, child.kill)
        timer.daemon = True
        timer.start()
        asked, answers = child.pipes
        try:
            with asked, answers:
                asked.write(json.dumps(to_message(job)).encode())
                asked.close()
                said = answers.read()
            child.wait()
            made: SoundMade = from_message(SoundMade, json.loads(said))
        except (OSError, ValueError, WireError):
            return SoundMade(fault="its maker ended without an answer")
        else:
            return made
        finally:
            timer.cancel()
            self._child = None
            if child.poll() is None:
                child.kill()
                child.release()

    def close(self) -> None:
        """End what is being made, quickly."""
        self._closed = True
        if (child := self._child) is not None:
            child.terminate()
            timer = threading.Timer(FAREWELL, child.kill)
            timer.daemon = True
            timer.start()
