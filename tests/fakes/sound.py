"""What comes out of a JACK server's loudspeakers: recorded by jack_capture, and measured."""

from __future__ import annotations

import contextlib
import math
import subprocess
import wave
from array import array
from collections.abc import Generator, Sequence
from itertools import pairwise
from pathlib import Path

from fakes.jack import need, wait_until
from fakes.patience import PATIENCE

HOP = 0.005  # seconds: the finest that is looked at


@contextlib.contextmanager
def recording(path: Path) -> Generator[None, None, None]:
    """Record into ``path`` what reaches the loudspeakers, from whichever client, whenever it comes and goes."""
    need("jack_capture")
    command = ["jack_capture", "--daemon", "--bitdepth", "32", "--format", "wav", str(path)]
    recorder = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(path.exists)
        yield
    finally:
        recorder.terminate()
        recorder.wait(PATIENCE)


class Sound:
    """A recording's level over time, of all its channels together."""

    def __init__(self, path: Path) -> None:
        with wave.open(str(path)) as file:
            assert file.getsampwidth() == 4
            samples = array("i", file.readframes(file.getnframes()))
            hop = round(file.getframerate() * HOP) * file.getnchannels()
        full = float(1 << 31) ** 2 * hop
        self._power = [
            sum(sample * sample for sample in samples[start : start + hop]) / full
            for start in range(0, len(samples) - hop + 1, hop)
        ]

    @property
    def seconds(self) -> float:
        return len(self._power) * HOP

    def level(self, begin: float, seconds: float) -> float:
        """The root mean square, of which 1 is full scale, of so many seconds from ``begin`` on."""
        power = self._power[max(round(begin / HOP), 0) : round((begin + seconds) / HOP)]
        return math.sqrt(sum(power) / len(power))

    def levels(self, begin: float, each: float, count: int) -> list[float]:
        """The levels of ``count`` stretches that follow each other."""
        return [self.level(begin + number * each, each) for number in range(count)]

    def end(self, level: float) -> float:
        """The last moment that is at least as loud as ``level``."""
        return (1 + max(hop for hop, power in enumerate(self._power) if power >= level * level)) * HOP

    def begin(self, onsets: Sequence[float]) -> float:
        """When music begins whose notes start ``onsets`` seconds later: most of them then meet a rise in level."""
        levels = [math.sqrt(power) for power in self._power]
        rises = [max(after - before, 0.0) for before, after in pairwise(levels)]
        hops = [round(onset / HOP) for onset in onsets]
        rises += [0.0] * (max(hops) + 1)

        def met(start: int) -> float:
            return sum(rises[start + hop] for hop in hops)

        return max(range(len(levels)), key=met) * HOP
