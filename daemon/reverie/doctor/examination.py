"""Everything that is looked at, in the order in which it is told: from the box to what is heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reverie.conductor.configuration.site_resources import InForce
from reverie.doctor.clock_points import clock_points
from reverie.doctor.daemon_points import daemon_points, page_point
from reverie.doctor.finding import Finding
from reverie.doctor.installation_points import Progress, installation_points
from reverie.doctor.machine_points import machine_points
from reverie.doctor.machine_view import MachineView
from reverie.doctor.output_points import heard_by_daemon, slots_of_daemon, slots_tried, slots_without_daemon, stand_in
from reverie.doctor.rights_points import rights_points
from reverie.doctor.service_points import service_points, unit_of

SOUND_CARD = frozenset({"fluidsynth", "port", "din"})
"""Kinds of slots that need a device of this machine."""


@dataclass(frozen=True, slots=True)
class DaemonReply:
    """What the daemon answered: its status; or None, a sentence why not, and whether it lives all the same."""

    status: Mapping[str, Any] | None
    sentence: str = ""
    lives: bool = False


@dataclass(frozen=True, slots=True)
class Examination:
    """What is examined.

    ``path`` is the configuration that was asked for, ``force`` the one that counts, and ``page`` the page's address.
    ``trial`` plays a quiet figure on each slot, and says what came of it as plain data; None where nobody wants it.
    """

    path: Path
    force: InForce
    daemon: DaemonReply
    page: str
    trial: Callable[[], Sequence[Mapping[str, Any]]] | None = None
    machine: MachineView = field(default_factory=MachineView)
    say: Progress = lambda _: None

    def findings(self) -> Iterator[Finding]:
        """Look at one point after the other."""
        site, status = self.force.site, self.daemon.status
        unit = unit_of(self.machine)
        slots = site.slots_as_json()
        card = any(slot["kind"] in SOUND_CARD for slot in slots.values())
        self.say("machine")
        yield from machine_points(self.machine)
        yield from clock_points(self.machine, with_programme=bool(site.programme))
        yield from service_points(unit)
        yield from rights_points(self.machine, unit or {}, _player_of(status), sound_card=card)
        self.say("installation")
        yield from installation_points(self.path, self.force, self.say, alive=self.daemon.lives)
        self.say("daemon")
        yield from daemon_points(status, self.daemon.sentence, lives=self.daemon.lives)
        if status is not None:
            yield page_point(self.page)
            yield from slots_of_daemon(status)
            yield from heard_by_daemon(status)
        else:
            yield from slots_without_daemon(slots)
        yield from stand_in(slots)
        if self.trial is not None:
            self.say("slots")
            yield from slots_tried(self.trial())


def _player_of(status: Mapping[str, Any] | None) -> int | None:
    """The process of the player that runs."""
    processes: Sequence[Mapping[str, Any]] = status["processes"] if status else ()
    return next((one["pid"] for one in processes if one["role"] == "player" and one["pid"]), None)
