"""What people use: a control surface by MIDI, and Open Sound Control. Either may be away, and is looked for."""

from __future__ import annotations

import asyncio
import errno
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from reverie.attending import always
from reverie.control.surface import Surface
from reverie.errors import reason_of
from reverie.logs import ONCE
from reverie.site.actions import Action, ControlLimits, Level
from reverie.site.bindings import Binding
from reverie.site.control import ControlBinding, ControlSection, limits_of
from reverie.watch.fault_kinds import CONTROL_FLOOD, CONTROL_MISSING
from reverie.watch.faults import Faults
from reverie.watch.floods import Flood

log = logging.getLogger(__name__)

LOOK = 1.0
"""Seconds between looks at whether the control surface's helper lives."""


@dataclass(frozen=True, slots=True)
class Controls:
    """What the site says of control, ready to use.

    ``midi`` is what :class:`~reverie.midi.input.MidiInputProcess` takes, ``osc`` an address and a port; either may be
    None. ``http`` is whether the status page's server takes controls; None where it depends on who can reach it.
    """

    midi: Mapping[str, Any] | None = None
    osc: tuple[str, int] | None = None
    http: bool | None = None
    bindings: tuple[Binding, ...] = ()
    limits: ControlLimits = field(default_factory=ControlLimits)
    pickup: bool = True
    pause_for: float = 600.0


def controls_of(section: ControlSection, bindings: Mapping[str, ControlBinding]) -> Controls:
    """What the conductor is given of it."""
    return Controls(
        midi=section.midi and section.midi.model_dump(mode="json"),
        osc=section.osc and (section.osc.address, section.osc.port),
        http=section.http,
        bindings=tuple(one.binding for one in bindings.values()),
        limits=limits_of(section.limits),
        pickup=section.pickup,
        pause_for=section.pause_for,
    )


class Hearer(Protocol):
    """Where actions go."""

    def use(self, action: Action, source: str) -> object:
        """Somebody wants this."""
        ...

    def present(self, level: Level, voice: str | None) -> float | None:
        """What a level is; None where that cannot be said."""
        ...


class Limited(Protocol):
    """What moves levels within limits."""

    limits: ControlLimits


class Inputs:
    """Listens while :meth:`run` is awaited, and hands on to the console."""

    def __init__(self, controls: Controls, console: Hearer, faults: Faults) -> None:
        self._faults = faults
        self._flood = Flood(faults, CONTROL_FLOOD)
        self._controls = controls
        self._console = console
        self._states: dict[str, tuple[bool, str]] = {}
        self._limited: dict[str, Limited] = {}

    @property
    def states(self) -> list[Mapping[str, Any]]:
        """Each input, whether it hears, and a sentence."""
        return [{"name": name, "up": up, "detail": detail} for name, (up, detail) in self._states.items()]

    def limits_are(self, limits: ControlLimits) -> None:
        """Levels can be moved so far from now on."""
        self._controls = replace(self._controls, limits=limits)
        for limited in self._limited.values():
            limited.limits = limits

    async def run(self) -> None:
        """Listen until cancelled; what goes wrong is told and tried again."""
        wanted: list[Callable[[], Awaitable[None]]] = []
        if self._controls.midi is not None:
            wanted.append(self._midi)
        if self._controls.osc is not None:
            wanted.append(self._osc)
        told = "Nothing can be controlled by hand for now; it is tried again, and the music plays on."
        await asyncio.gather(*(always(listen, told) for listen in wanted), asyncio.Event().wait())

    async def _midi(self) -> None:
        from reverie.midi.input import MidiInputProcess

        surface = Surface(self._controls.bindings, self._controls.limits, pickup=self._controls.pickup)
        self._limited["midi"] = surface
        ears = MidiInputProcess(self._controls.midi or {})

        def hear() -> None:
            for heard in ears.receive():
                if action := surface.hear(heard.message, self._console.present):
                    self._console.use(action, "midi")
            self._tell("midi", ears.up, ears.description)

        loop = asyncio.get_running_loop()
        loop.add_reader(ears.fileno(), hear)
        try:
            while True:
                hear()
                await asyncio.sleep(LOOK)
        finally:
            loop.remove_reader(ears.fileno())
            ears.close()

    async def _osc(self) -> None:
        from reverie.control.osc_input import OscInput, OscSocket

        address, port = self._controls.osc or ("", 0)
        where = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
        heard = OscInput(
            self._controls.limits,
            lambda action: self._console.use(action, "osc"),
            lambda sentence: log.warning("OSC: %s.", sentence, extra=ONCE),
            self._flood.count,
        )
        self._limited["osc"] = heard
        try:
            listening = OscSocket(address, port, heard.hear, self._flood.count)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            what = "end the other program there, or mend `control.osc.port`" if taken else "mend `control.osc`"
            self._tell("osc", False, f"cannot listen at {where} ({reason_of(error)}); {what}")
            return
        try:
            self._tell("osc", True, f"listening at {where} (UDP)")
            while True:
                await asyncio.sleep(LOOK)
                self._flood.look()
        finally:
            listening.close()

    def _tell(self, name: str, up: bool, detail: str) -> None:
        known = self._states.get(name)
        self._states[name] = (up, detail)
        if not up:
            self._faults.tell(CONTROL_MISSING, name, f"Control by {name}: {detail}", "")
        elif known != (up, detail):
            self._faults.clear(CONTROL_MISSING, name)
            log.info("Control by %s: %s.", name, detail.rstrip("."))
