"""Controllers of the parts on one slot: on the channels that these have now, on the tape and at whoever is heard."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reverie.midi.bytes import CONTROL
from reverie.play.device_controls import NEUTRAL, Key
from reverie.play.events import PlannedControl
from reverie.play.messages import Part
from reverie.play.recording.recorder import Recorder


class PlannedControls:
    """What plans want of a slot's channels now. Parts that share a channel share it: the first that asks has it."""

    def __init__(self, tape: Recorder) -> None:
        self._tape = tape
        self._controls: Sequence[PlannedControl] = ()
        self._noted: dict[Key, tuple[int, str]] = {}

    def turn_to(self, controls: Sequence[PlannedControl]) -> None:
        """Want these, and no others."""
        self._controls = controls

    def on_channels(self, of: Callable[[Part], Sequence[int]], tick: int) -> Mapping[Key, int]:
        """What is wanted of each channel, where a part has the channels ``of`` it; the tape has what changes by that.

        The tape has levels as plans want them: how loud the slot is, is a matter of the slot.
        """
        wanted: dict[Key, tuple[int, str]] = {}
        for one in self._controls:
            for channel in of(one.part):
                wanted.setdefault((channel, one.number), (one.value, one.part.name))
        for (channel, number), (_, part) in self._noted.items():
            if (channel, number) not in wanted and number in NEUTRAL:
                self._tape.event(tick, bytes((CONTROL | channel, number, NEUTRAL[number])), part)
        for (channel, number), (value, part) in wanted.items():
            if self._noted.get((channel, number), (None, ""))[0] != value:
                self._tape.event(tick, bytes((CONTROL | channel, number, value)), part)
        self._noted = wanted
        return {key: value for key, (value, _) in wanted.items()}
