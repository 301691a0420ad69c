"""The player itself on a clock that jumps to whatever is due next: what it would send is what files have.

So a file has the very notes that would be heard, by the same rules: swing, drum maps, notes of one key, banks that are
taken over and fades between them.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from reverie.midi.bytes import REVERB_SEND
from reverie.music.time import Metre
from reverie.play.messages import (
    BankTaken,
    BarBegun,
    BarPlan,
    BarPlayed,
    Place,
    Rest,
    SetScene,
    SyncState,
    TakeBank,
    TellBars,
)
from reverie.play.outputs.output import Output
from reverie.play.player import Player
from reverie.play.recording.ledger import Ledger
from reverie.play.slot_settings import SlotSettings
from reverie.play.slots import Slot

DRUM_CHANNEL, DRUM_BANK = 9, 128
"""The channel of drums, from 0, and the bank of soundfonts that has them."""


@dataclass(frozen=True, slots=True)
class PresetChoice:
    """From now on a channel, from 0, plays a preset of a soundfont; the first, if nothing else is said."""

    channel: int
    font: str
    bank: int = 0
    program: int = 0


Sent = tuple[float, bytes | PresetChoice]
"""What a device is sent, and after how many seconds."""


@dataclass(frozen=True, slots=True)
class Played:
    """What was played: by part its messages, each at its tick; and by slot what its device was sent."""

    parts: Mapping[str, Sequence[tuple[int, bytes]]]
    slots: Mapping[str, Sequence[Sent]]


def play_offline(
    scene: SetScene,
    places: Sequence[Sequence[Place]],
    slots: Mapping[str, SlotSettings] | None = None,
    takes: Mapping[int, Sequence[TakeBank]] | None = None,
    plans: Sequence[BarPlan] = (),
) -> Played:
    """Play a scene.

    Args:
        scene: what to play.
        places: for each bar the loops that are placed before it begins.
        slots: the slots to listen to, if it matters what their devices are sent, with their channels, sounds and
            volume. A file is heard at once and as loud as it is, and nothing follows its clock.
        takes: by bar, the banks that parts take over where it begins.
        plans: how its bars are played.
    """
    clock, notebook = _Clock(), _Notebook()
    bars = 0

    def hear(news: BarBegun | BarPlayed | SyncState | BankTaken) -> None:
        nonlocal bars
        bars += isinstance(news, BarPlayed)

    with tempfile.TemporaryDirectory(prefix="reverie-") as folder:
        devices = {name: _Device(clock) for name in slots or ()}
        rack = {
            name: Slot(name, devices[name], Ledger(Path(folder), name), lambda _state: None, _of_file(settings))
            for name, settings in (slots or {}).items()
        }
        player = Player(rack, notebook, clock, hear)
        player.tend()
        player.handle(scene)
        if plans:
            player.handle(TellBars(scene.epoch, plans[0].bar, tuple(plans)))
        for number, bar in enumerate(places):
            for message in (*(takes or {}).get(number, ()), *bar):
                player.handle(message)
            _go_on(player, clock)  # at the first bar nothing is played yet
            while bars < number:
                _go_on(player, clock)
        player.handle(Rest(on=True))
        while bars < len(places):
            _go_on(player, clock)
        sent = {name: tuple(device.sent) for name, device in devices.items()}
        player.close()
    return Played(notebook.events, sent)


def _of_file(settings: SlotSettings) -> SlotSettings:
    return replace(settings, latency=0.0, clock=False, fade=0.0)


def _go_on(player: Player, clock: _Clock) -> None:
    clock.wait_until(player.deadline() or 0.0)
    player.advance()
    player.tend()


class _Clock:
    """Stands still until it is told to wait."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        return self._now

    def wall(self) -> float:
        return 0.0

    def wait_until(self, moment: float) -> None:
        self._now = max(self._now, moment)


@dataclass(slots=True)
class _Notebook:
    """Keeps the events of each part."""

    events: dict[str, list[tuple[int, bytes]]] = field(
        default_factory=lambda: defaultdict[str, list[tuple[int, bytes]]](list)
    )

    def bar(self, wall: float, tick: int, qpm: float, metre: Metre, scene: str) -> None:
        pass

    def event(self, tick: int, message: bytes, part: str) -> None:
        self.events[part].append((tick, message))

    def sent_late(self, seconds: float) -> None:
        pass

    def recipe(self, tick: int, recipe: str, part: str) -> None:
        pass

    def slot(self, tick: int, slot: str, part: str) -> None:
        pass

    def chord(self, tick: int, symbol: str) -> None:
        pass

    def section(self, tick: int, name: str) -> None:
        pass

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass


class _Device(Output):
    """Writes down what it is sent; every soundfont is there at once."""

    def __init__(self, clock: _Clock) -> None:
        self._clock = clock
        self.sent: list[Sent] = []

    @property
    def description(self) -> str:
        """What it is."""
        return "a file"

    @property
    def power_on(self) -> Mapping[int, int]:
        """FluidSynth renders what it is sent, and begins dry."""
        return {REVERB_SEND: 0}

    def open(self) -> None:
        """There is nothing to open."""

    def poll(self) -> bool:
        """It is always there."""
        return True

    def send(self, message: bytes) -> None:
        """Write a message down."""
        self.sent.append((self._clock.now(), message))

    def load(self, font: str) -> None:
        """Whoever renders the file loads them all."""

    def loaded(self, font: str) -> bool:
        """It will be."""
        del font
        return True

    def choose(self, channel: int, font: str, program: int | None = None) -> None:
        """Write down which soundfont a channel plays from now on."""
        bank = DRUM_BANK if program is not None and channel == DRUM_CHANNEL else 0
        self.sent.append((self._clock.now(), PresetChoice(channel, font, bank, program or 0)))

    def unload(self, font: str) -> None:
        """A file is short."""

    def close(self) -> None:
        """There is nothing to close."""
