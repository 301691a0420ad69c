"""A quiet figure on each slot, without a daemon: the slots are opened one after the other, and meters listen."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict
from typing import Any

from reverie.conductor.care.self_test import AFTER, BEFORE, FIGURE, LENGTH, STROKE, VELOCITY
from reverie.conductor.care.sound_watch import listeners_of
from reverie.meter.metering import LevelMeter
from reverie.midi.bytes import hush
from reverie.midi.errors import DEVICE_ERRORS, DeviceError, explain
from reverie.play.output_process.proxy import OutputProxy
from reverie.play.outputs.factory import ENDS_WITH_PLAYER, make_output
from reverie.play.outputs.output import Output
from reverie.play.slot_settings import SlotSettings
from reverie.processes.children import wait_all
from reverie.site.monitor_section import MonitorSection
from reverie.watch.self_test_result import ABSENT, SlotTested, judge_figure
from reverie.watch.sound_evidence import SoundListener, SoundState

OPENS = 20.0
"""Seconds in which a slot's device is there: a large soundfont takes as long from a slow card."""
SETTLES = 15.0
"""Seconds in which a meter hears what has just come, such as a synthesizer's outputs, on a machine that is busy."""
TURN = 0.05
CHANNEL = 1

Levels = dict[str, float]


def try_slots(
    slots: Mapping[str, Mapping[str, Any]], monitor: MonitorSection, say: Callable[[str], object]
) -> Sequence[Mapping[str, Any]]:
    """Play the figure on each slot; what came of it, as plain data of :class:`SlotTested`.

    Args:
        slots: The slots as plain data.
        monitor: What the site says of who hears them.
        say: Is told which slot is tried.
    """
    found = listeners_of(slots, monitor)
    with ExitStack() as stack:
        meters = {name: stack.enter_context(closing(LevelMeter(settings))) for name, (_, settings) in found.items()}
        ears = _Ears({name: listener for name, (listener, _) in found.items()}, meters)
        return [asdict(one) for one in _tried(slots, ears, say)]


def _tried(slots: Mapping[str, Mapping[str, Any]], ears: _Ears, say: Callable[[str], object]) -> Iterator[SlotTested]:
    for name, slot in slots.items():
        say(f"slot {name}")
        try:
            with _opened(name, slot) as output:
                yield _figure(name, output, ears)
        except DEVICE_ERRORS as error:
            yield SlotTested(name, ABSENT, f"slot {name} has no device: {explain(error).rstrip('.')}.")


class _Ears:
    """Meters, and the loudest level of each in a span."""

    def __init__(self, listeners: Mapping[str, SoundListener], meters: Mapping[str, LevelMeter]) -> None:
        self._listeners = listeners
        self._meters = meters

    def listen(self, seconds: float) -> Levels:
        """How loud it is at most within so many seconds, by each that hears."""
        begins = time.monotonic()
        loudest: Levels = {}
        while time.monotonic() < begins + seconds:
            time.sleep(TURN)
            for name, meter in self._meters.items():
                for level in meter.receive():
                    if level.time >= begins:
                        loudest[name] = max(level.dbfs, loudest.get(name, level.dbfs))
        return loudest

    def settle(self, slot: str) -> None:
        """Wait until all that can hear a slot do."""
        limit = time.monotonic() + SETTLES
        meters = [self._meters[name] for name, listener in self._listeners.items() if listener.hears(slot)]
        while any(meter.state.able and not meter.state.up for meter in meters) and time.monotonic() < limit:
            self.listen(TURN)

    def states(self) -> list[SoundState]:
        """What each is."""
        return [_as_state(listener, self._meters[name]) for name, listener in self._listeners.items()]


def _as_state(listener: SoundListener, meter: LevelMeter) -> SoundState:
    slots = None if listener.slots is None else tuple(sorted(listener.slots))
    state = meter.state
    return SoundState(
        listener.name, slots, listener.below, state.up, state.able, state.detail, None, floor=None, heard=None
    )


@contextmanager
def _opened(name: str, slot: Mapping[str, Any]) -> Generator[Output]:
    """The slot's output, once it is there; in the end all that might sound there is ended.

    Raises:
        DeviceError: if it does not come.
    """
    settings = SlotSettings.read(slot).output
    output = make_output(name, settings) if settings["kind"] in ENDS_WITH_PLAYER else OutputProxy(name, settings, None)
    try:
        output.open()
        limit = time.monotonic() + OPENS
        while not output.poll():
            if time.monotonic() > limit:
                raise DeviceError(output.lacks or output.description)
            time.sleep(TURN)
        yield output
        for message in hush(CHANNEL - 1):
            output.send(message)
        output.flush()
    finally:
        output.close()
        wait_all()


def _figure(name: str, output: Output, ears: _Ears) -> SlotTested:
    ears.settle(name)
    before, during = ears.listen(BEFORE), Levels()
    for pitch in FIGURE:
        output.send(bytes((0x90 | CHANNEL - 1, pitch, VELOCITY)))
        output.flush()
        _raise(during, ears.listen(LENGTH))
        output.send(bytes((0x80 | CHANNEL - 1, pitch, 0)))
        output.flush()
        _raise(during, ears.listen(STROKE - LENGTH))
    _raise(during, ears.listen(AFTER))
    output.poll()
    return judge_figure(name, ears.states(), before, during)


def _raise(highest: Levels, levels: Levels) -> None:
    for name, level in levels.items():
        highest[name] = max(level, highest.get(name, level))
