"""Outputs and clocks without devices and without waiting."""

from __future__ import annotations

from reverie.midi.errors import DeviceError
from reverie.play.outputs.output import Line, Output, Trouble


class FakeClock:
    """Stands still until it is turned."""

    def __init__(self, now: float = 1000.0, wall: float = 1_795_356_000.0) -> None:
        self.time = now
        self.offset = wall - now

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        return self.time + self.offset

    def wait_until(self, moment: float) -> None:
        self.time = max(self.time, moment)


class RecordingOutput(Output):
    """Remembers every message and its moment; `there` and `working` are turned off to lose the device."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self.there = True
        self.working = True
        self.opened = 0
        self.sent: list[tuple[float, bytes]] = []
        self.told: list[Line] = []
        self.said: Trouble | None = None

    @property
    def description(self) -> str:
        return "recording"

    @property
    def trouble(self) -> Trouble | None:
        return self.said

    @property
    def messages(self) -> list[bytes]:
        return [message for _, message in self.sent]

    def open(self) -> None:
        if not self.there:
            raise DeviceError("the recorder is not there; plug it in")
        self.opened += 1

    def poll(self) -> bool:
        if not self.there:
            raise DeviceError("the recorder is gone; plug it in")
        return True

    def send(self, message: bytes) -> None:
        if not (self.there and self.working):
            raise DeviceError("the recorder is gone; plug it in")
        self.sent.append((self._clock.now(), message))

    def tell(self, line: Line) -> None:
        self.told.append(line)

    def close(self) -> None:
        pass


class RecordingSampler(RecordingOutput):
    """Remembers which soundfonts it was given; those in ``broken`` it refuses, and ``slow`` ones are never there."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.fonts: dict[str, bool | None] = {}
        self.broken: set[str] = set()
        self.slow: set[str] = set()
        self.chosen: list[tuple[float, int, str]] = []
        self.programs: list[int | None] = []
        self.loads: list[tuple[float, str]] = []
        self.unloaded: list[tuple[float, str]] = []

    def open(self) -> None:
        super().open()
        self.fonts.clear()

    def load(self, font: str) -> None:
        self.loads.append((self._clock.now(), font))
        self.fonts[font] = None if font in self.slow else font not in self.broken

    def loaded(self, font: str) -> bool | None:
        return self.fonts.get(font)

    def choose(self, channel: int, font: str, program: int | None = None) -> None:
        assert self.fonts[font], f"{font} is not loaded"
        self.chosen.append((self._clock.now(), channel, font))
        self.programs.append(program)

    def unload(self, font: str) -> None:
        del self.fonts[font]
        self.unloaded.append((self._clock.now(), font))
