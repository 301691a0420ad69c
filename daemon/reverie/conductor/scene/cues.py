"""Cues: sounds that come along with dreams, told to a DAW, or played by a program that is a process of its own.

Nothing here waits. A folder that answers nothing holds up that process alone, and what goes wrong is a fault.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pythonosc.osc_message_builder import OscMessageBuilder

from reverie.errors import reason_of
from reverie.foreign import plain, quoted
from reverie.processes.children import Child
from reverie.processes.mortal import NO_FILE, NO_PROGRAM
from reverie.site.actions import ControlError
from reverie.watch.fault_kinds import CUE_NOT_PLAYED
from reverie.watch.faults import Faults

log = logging.getLogger(__name__)

MOST = 4
"""Cues that are played at a time; one more ends the oldest."""
LONGEST = 900.0
"""Seconds after which a cue is ended."""
STARTS = 0.15
"""Seconds that a program takes until it sounds."""

Later = Callable[[float, Callable[[], None]], object]


@dataclass(frozen=True, slots=True)
class CueConfig:
    """The folder of cues, the program that plays them, and the address and port of whoever is told of them."""

    folder: Path | None = None
    play: tuple[str, ...] = ()
    osc: tuple[str, int] | None = None


@dataclass(slots=True)
class _Playing:
    child: Child
    name: str
    path: Path
    begun: float = field(default_factory=time.monotonic)


class Cues:
    """Hands cues on. ``later`` calls something later; the event loop's ``call_later`` unless given."""

    def __init__(self, config: CueConfig, faults: Faults, later: Later | None = None) -> None:
        self._config = config
        self._faults = faults
        self._later = later or _later
        self._playing: list[_Playing] = []
        self._closed = False

    def path_of(self, name: str) -> Path:
        """Where a cue lies, if it is there: within the folder, whatever its name says.

        Raises:
            ControlError: if the site has no cues, or that is no plain name.
        """
        if self._config.folder is None:
            raise ControlError("this site has no cues; name a folder of them as `cues.folder`")
        if name.startswith(".") or "/" in name or "\\" in name or not name.isprintable():
            raise ControlError(f"a cue is the name of a file in the folder of cues, not {quoted(name)}")
        return self._config.folder / name

    def give(self, name: str, bar: int, seconds: float) -> None:
        """Hand a cue on that is to sound with scene bar ``bar``, which begins in so many seconds.

        Raises:
            ControlError: as :meth:`path_of` does.
        """
        path = self.path_of(name)
        if self._config.osc is not None:
            self._tell(self._config.osc, path, bar, seconds)
        if self._config.play:
            self._later(max(seconds - STARTS, 0.0), lambda: self._play(name, path))

    def look(self) -> None:
        """See what has become of those that play; called every second."""
        for one in [*self._playing]:
            code = one.child.poll()
            if code is None:
                if time.monotonic() - one.begun > LONGEST:
                    self._end(one)
                continue
            self._playing.remove(one)
            if code == 0:
                self._faults.clear(CUE_NOT_PLAYED, one.name)
            else:
                self._complain(one, code)

    def silence(self) -> None:
        """End all that play."""
        for one in [*self._playing]:
            self._end(one)

    def close(self) -> None:
        """End all that play, and begin no other."""
        self._closed = True
        self.silence()

    def _play(self, name: str, path: Path) -> None:
        if self._closed:
            return
        while len(self._playing) >= MOST:
            self._end(self._playing[0])
        try:
            child = Child.start_quietly("reverie.processes.mortal", str(path), *self._config.play)
        except OSError as error:
            self._fault(name, f"no process can be begun ({reason_of(error)})", "")
            return
        self._playing.append(_Playing(child, name, path))
        log.info("The cue %s is played.", plain(name))

    def _end(self, one: _Playing) -> None:
        self._playing.remove(one)
        one.child.kill()
        one.child.release()

    def _complain(self, one: _Playing, code: int) -> None:
        program = self._config.play[0]
        if code == NO_FILE:
            self._fault(one.name, f"there is no file {one.path}", "Put it there, or name another")
        elif code == NO_PROGRAM:
            self._fault(one.name, f"there is no program {program!r}", "Install it, or name another as `cues.play`")
        else:
            why = f"signal {-code}" if code < 0 else f"exit status {code}"
            by_hand = " ".join((*self._config.play, str(one.path)))
            self._fault(one.name, f"{program} ended with {why}", f"Try by hand: {by_hand}")

    def _tell(self, to: tuple[str, int], path: Path, bar: int, seconds: float) -> None:
        message = OscMessageBuilder("/cue")
        for value in (str(path.absolute()), bar, float(seconds)):
            message.add_arg(value)
        family = socket.AF_INET6 if ":" in to[0] else socket.AF_INET
        try:
            with contextlib.closing(socket.socket(family, socket.SOCK_DGRAM)) as sock:
                sock.setblocking(False)
                sock.sendto(message.build().dgram, to)
        except OSError as error:
            self._fault(path.name, f"{to[0]}:{to[1]} cannot be told of it ({reason_of(error)})", "Mend `cues.osc`")

    def _fault(self, name: str, reason: str, advice: str) -> None:
        self._faults.tell(CUE_NOT_PLAYED, name, f"The cue {plain(name)} is not played: {plain(reason, 400)}", advice)


def _later(seconds: float, call: Callable[[], None]) -> object:
    return asyncio.get_running_loop().call_later(seconds, call)
