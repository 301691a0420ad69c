"""From the messages of a MIDI control surface to actions. Pure: the messages are handed in, and so is what holds now.

Magenta's ``magenta_midi`` has a controller number for each of its signals, takes 127 for a press and maps tempo and
temperature onto fixed ranges. Here a note or a program can be a button too, the ranges are the site's, and a knob takes
hold of a level only where it meets it, since nobody knows how the knob stood when the music was last changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reverie.site.actions import HIGHEST, Action, ControlLimits, Level
from reverie.site.bindings import Binding, Control, Sort

PRESSED = 64
"""From this value on a controller counts as pressed, as for pedals (MIDI 1.0, controllers 64 to 69)."""
NEAR = 2.0
"""Positions by which a knob may miss a level and yet takes hold of it: quick hands skip some."""

_SORTS: dict[int, Sort] = {0x90: "note", 0xB0: "cc", 0xC0: "program"}

Present = Callable[[Level, str | None], float | None]
"""What a level is now, of a voice or of all; None where that cannot be said."""


def heard(message: bytes) -> tuple[Control, int] | None:
    """The control that a message is of, and its value (0 to 127); None for a message that is of none."""
    if not message or any(byte > HIGHEST for byte in message[1:]):
        return None
    sort = _SORTS.get(message[0] & 0xF0)
    channel = (message[0] & 0x0F) + 1
    if sort == "program" and len(message) == 2:  # noqa: PLR2004 - status and number
        return Control(sort, message[1], channel), HIGHEST
    if sort and sort != "program" and len(message) == 3:  # noqa: PLR2004 - status, number and value
        return Control(sort, message[1], channel), message[2]
    return None


class Surface:
    """A control surface: remembers how its knobs stand, and says what is to be done.

    Args:
        bindings: What its controls do.
        limits: How far the levels go.
        pickup: Whether a knob has to meet a level before it moves it; else the level jumps to it.
    """

    def __init__(self, bindings: Iterable[Binding], limits: ControlLimits, *, pickup: bool = True) -> None:
        self._bindings = tuple(bindings)
        self.limits = limits
        self._pickup = pickup
        self._stood: dict[Control, int] = {}

    def hear(self, message: bytes, present: Present) -> Action | None:
        """What a message means; None for one that means nothing here, or not yet."""
        found = heard(message)
        if found is None:
            return None
        control, value = found
        stood = self._stood.get(control)
        binding = next((one for one in self._bindings if one.control.meets(control)), None)
        if binding is None:
            return None
        self._stood[control] = value
        if binding.kind == "dream":
            fader = control.sort == "cc" and binding.value is None
            return binding.dream(value) if fader or _pressed(control, stood, value) else None
        if binding.level:
            return self._turned(binding, binding.level, stood, value, present(binding.level, binding.voice))
        return Action(binding.kind, binding.value, binding.voice) if _pressed(control, stood, value) else None

    def _turned(
        self, binding: Binding, level: Level, stood: int | None, position: int, present: float | None
    ) -> Action | None:
        if self._pickup and present is not None:
            wanted = self.limits.position(level, present)
            had_hold = stood is not None and abs(stood - wanted) < NEAR
            passed = stood is not None and (stood - wanted) * (position - wanted) <= 0
            if not (had_hold or passed or abs(position - wanted) <= NEAR):
                return None
        return Action(binding.kind, self.limits.at(level, position), binding.voice)


def _pressed(control: Control, stood: int | None, value: int) -> bool:
    """Whether that was a press and no release. A button that never tells its release sends 127 over and over."""
    if control.sort == "note":
        return value > 0
    return value >= PRESSED and (control.sort == "program" or (stood or 0) < PRESSED or stood == value == HIGHEST)
