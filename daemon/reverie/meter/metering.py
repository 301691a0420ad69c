"""Listening to how loud it is: a helper process reads the sound, its owner gets levels.

:class:`LevelMeter` is the owner's side, in the conductor. The other is the process ``python -m reverie.meter.metering
--fd N``. Nothing that sounds waits for either; a meter that hangs or dies is started again, later each time.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reverie.foreign import LONGEST_LINE, plain
from reverie.meter.messages import FromMeter, LevelHeard, MeterState
from reverie.midi.errors import DEVICE_ERRORS, explain
from reverie.midi.rtmidi import SystemGoneError
from reverie.processes.descriptors import readable
from reverie.processes.helper import HelperEnd, HelperProcess, still_here
from reverie.processes.worker_main import end_of_socket

if TYPE_CHECKING:
    from reverie.meter.audio_source import AudioSource
    from reverie.meter.sound_levels import LevelBlocks

TURN = 0.1
"""Seconds between looks at what has been heard."""
LOOK = 1.0
"""Seconds between looks whether what is listened to is still there."""
SEARCH = 3.0
"""Seconds between looks for it, where it is not."""
LONGEST_WAIT = 300.0
"""Seconds at most until a meter that dies again and again is started again."""
STARTING = "the meter is being started"
HUNG = "the meter has died, and is started again"


class LevelMeter:
    """A meter's process, wherever what it hears comes and goes. No call blocks.

    Wait for ``fileno()`` to be readable, then :meth:`receive`; call that each second too.

    Args:
        settings: What it hears, as :func:`reverie.meter.source_choice.choose_source` knows it.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._helper = HelperProcess("reverie.meter.metering", settings, FromMeter, LONGEST_WAIT)
        self.state = MeterState(up=False, detail=STARTING)

    @property
    def lives(self) -> int:
        """How often its process was started."""
        return self._helper.lives

    def fileno(self) -> int:
        """The descriptor to wait on; the same for ever."""
        return self._helper.fileno()

    def receive(self) -> list[LevelHeard]:
        """The levels that were heard, in order."""
        heard: list[LevelHeard] = []
        for said in self._helper.receive(time.monotonic()):
            if isinstance(said, MeterState):
                self.state = MeterState(said.up, plain(said.detail, LONGEST_LINE), said.able, said.astray)
            else:
                heard.append(said)
        if not self._helper.alive and self.state.able and self.state.detail != STARTING:
            self.state = MeterState(up=False, detail=HUNG)
        return heard

    def close(self) -> None:
        """Listen no more."""
        self._helper.close()


class MeterHelper:
    """Listens for its owner, for as long as there is one."""

    def __init__(self, owner: HelperEnd) -> None:
        self._owner = owner
        self._source: AudioSource | None = None
        self._blocks: LevelBlocks | None = None
        self._detail = ""
        self._due = float("-inf")
        self._state: MeterState | None = None
        self._news: MeterState | None = None

    def run(self) -> None:
        """Hand on what is heard until the owner is gone."""
        while not self._owner.gone:
            still_here()
            if time.monotonic() >= self._due:
                self._look()
            self._hear()
            if self._news is not None and self._owner.tell(self._news):
                self._news = None
            readable([self._owner], TURN if self._source else max(self._due - time.monotonic(), TURN))
            self._owner.receive()
        if self._source is not None:
            self._source.close()

    def _hear(self) -> None:
        if self._source is None or self._blocks is None:
            return
        samples = self._source.read()
        if self._source.lacks is not None:
            return
        for begun, level in self._blocks.take(samples, time.monotonic()):
            self._owner.tell(LevelHeard(round(begun, 3), round(level, 1)))

    def _look(self) -> None:
        from reverie.meter.audio_source import NoWayError

        self._due = time.monotonic() + LOOK
        try:
            if self._source is None:
                self._open()
            else:
                self._source.check()
                self._say_of(self._source)
        except NoWayError as error:
            self._due = time.monotonic() + LONGEST_WAIT
            self._say(MeterState(up=False, detail=str(error), able=False))
        except SystemGoneError as error:  # only another process is rid of what is left of a dead server's client
            self._owner.tell(MeterState(up=False, detail=explain(error)))
            os._exit(0)
        except DEVICE_ERRORS as error:
            if self._source is not None:
                self._source.close()
            self._source, self._due = None, time.monotonic() + SEARCH
            self._say(MeterState(up=False, detail=explain(error)))

    def _open(self) -> None:
        from reverie.meter.sound_levels import LevelBlocks
        from reverie.meter.source_choice import choose_source

        source = choose_source(self._owner.settings)
        try:
            self._detail = source.open()
        except BaseException:
            source.close()
            raise
        self._source, self._blocks = source, LevelBlocks(source.rate, source.channels)
        self._say_of(source)

    def _say_of(self, source: AudioSource) -> None:
        self._say(MeterState(source.lacks is None, source.lacks or self._detail, astray=source.astray))

    def _say(self, state: MeterState) -> None:
        if state != self._state:
            self._state = self._news = state


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the process."""
    from reverie.processes.threads import one_each

    end = end_of_socket("reverie.meter.metering", "Listens to how loud it is.", arguments)
    one_each()
    os.environ["JACK_NO_START_SERVER"] = "1"  # a server that libjack starts belongs to nobody
    MeterHelper(HelperEnd(end)).run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
