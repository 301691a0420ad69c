"""The tape: everything that was sent, in a journal for each hour (UTC), while it is being sent.

A journal is lines of text, appended with plain ``write`` once the notes that were due are out: what was written
outlives ``kill -9``. The system takes it into its memory and does not wait for the disk, unless so much is unwritten
that it makes all writers wait; then the next note may be late. Sealing a journal into a Standard MIDI File is left to
others (:mod:`reverie.play.recording.tape_export`). The lines are::

    L 0 2026-11-22T14:03:11Z            a life of the player begins at tick 0
    H 9600 2026-11-22T14:00:02Z         this hour goes on, as the clock was set: what sounded when it was left is over
    B 7680 84.5 4/4 first-light         a bar line: tick, quarters per minute, metre, scene
    O 7680 main melody                  a part's notes go out by a slot (percent-encoded) from now on
    C 7680 Dm9                          a chord of the scene's harmony begins
    S 7680 night                        a section of the scene's form begins
    P 7680 5f0c1e7a9b3d2846 melody      a part begins to play another recipe, or goes on with it in a new journal
    E 7680 903c64 melody 85             an event: tick, MIDI message, part, microseconds from its moment to its sending

A life goes on at the tick where the one before it ended. Ticks run backwards only as far as one slot plays later than
another.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from urllib.parse import quote

from reverie.files import OddFileError, once_more, read_file, set_aside
from reverie.midi.errors import log_line
from reverie.music.time import Metre

SUFFIX = ".journal"
LARGEST = 256_000_000
"""Bytes of a journal: an hour of the densest music has a tenth of it."""
RETRY = 60.0  # seconds between attempts to write to a disk that is full or gone
MOST_FILES, MOST_BYTES = 50, 100_000_000
"""What is deleted at once at most: two days of ordinary music."""
_HOUR = 3600
_NAME = "%Y-%m-%dT%H"
_DAY = len("2026-11-22")


_Event = tuple[int, bytes, str]


def journal_name(wall: float) -> str:
    """The file name of the journal of the hour in which ``wall`` (seconds since 1970) lies."""
    return datetime.fromtimestamp(wall, UTC).strftime(_NAME) + SUFFIX


class Tape:
    """Appends to the journal of the current hour; a disk that is full or gone costs the tape, never the music."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor = -1
        self._file: tuple[int, int] | None = None
        self._path = folder
        self._hour = -1
        self._base = 0
        self._first = 0
        self._born = False
        self._noted: list[_Event | float | Callable[[], None]] = []
        self._lines: list[str] = []
        self._recipes: dict[str, str] = {}
        self._slots: dict[str, str] = {}
        self._wall = 0.0
        self._failed = float("-inf")
        self._complained = False

    def bar(self, wall: float, tick: int, qpm: float, metre: Metre, scene: str) -> None:
        """Note a bar line; ``wall`` decides in which hour's journal this bar stands."""
        self._noted.append(partial(self._begin_bar, wall, tick, f"{qpm:.6g} {metre} {scene}"))

    def event(self, tick: int, message: bytes, part: str) -> None:
        """Note one event; one of the last hour stands at this one's start."""
        self._noted.append((tick, message, part))

    def sent_late(self, seconds: float) -> None:
        """All events since the last such note were sent so long after their moment."""
        self._noted.append(seconds)

    def recipe(self, tick: int, recipe: str, part: str) -> None:
        """Note which recipe a part plays in the bar that was begun last, if the journal does not say so already."""
        self._noted.append(partial(self._begin_recipe, tick, recipe, part))

    def slot(self, tick: int, slot: str, part: str) -> None:
        """Note by which slot a part's notes go out in the bar that was begun last, if the journal does not say so."""
        self._noted.append(partial(self._begin_slot, tick, quote(slot, safe=""), part))

    def chord(self, tick: int, symbol: str) -> None:
        """Note that a chord begins in the bar that was begun last."""
        self._noted.append(partial(self._begin_chord, tick, symbol))

    def section(self, tick: int, name: str) -> None:
        """Note that a section begins with the bar that was begun last."""
        self._noted.append(partial(self._begin_section, tick, name))

    def flush(self) -> None:
        """Write down what was noted, and hand it to the system: after the notes are sent, not before."""
        noted, self._noted = self._noted, []
        group: list[_Event] = []
        for note in noted:
            if isinstance(note, int | float):
                self._write_events(group, note)
                group = []
            elif callable(note):
                self._write_events(group, 0.0)  # ends that nobody timed: those of a panic
                group = []
                note()
            else:
                group.append(note)
        self._write_events(group, 0.0)
        self._write()

    def _write_events(self, events: Iterable[_Event], late: float) -> None:
        for tick, message, part in events:
            at = max(self._base + tick, self._first)
            self._lines.append(f"E {at} {message.hex()} {part} {round(late * 1e6)}\n")

    def _begin_bar(self, wall: float, tick: int, rest: str) -> None:
        self._write()
        self._wall = wall
        hour = int(wall // _HOUR)
        if hour != self._hour or not self._is_there():
            self._let_go()
            if abs(wall - self._failed) >= RETRY:
                self._turn(hour, wall, tick)
        self._lines.append(f"B {self._base + tick} {rest}\n")

    def _begin_recipe(self, tick: int, recipe: str, part: str) -> None:
        if self._recipes.get(part) != recipe:
            self._recipes[part] = recipe
            self._lines.append(f"P {self._base + tick} {recipe} {part}\n")

    def _begin_slot(self, tick: int, slot: str, part: str) -> None:
        if self._slots.get(part) != slot:
            self._slots[part] = slot
            self._lines.append(f"O {self._base + tick} {slot} {part}\n")

    def _begin_chord(self, tick: int, symbol: str) -> None:
        self._lines.append(f"C {self._base + tick} {symbol}\n")

    def _begin_section(self, tick: int, name: str) -> None:
        self._lines.append(f"S {self._base + tick} {name}\n")

    def _write(self) -> None:
        data = "".join(self._lines).encode()
        self._lines.clear()
        if not data or self._descriptor < 0:
            return
        why: OSError | None = None
        for _ in range(2):  # a single fault costs nothing
            try:
                data = data[os.write(self._descriptor, data) :]
            except OSError as error:
                why = error
            if not data:
                self._complained = False
                return
        if why is not None:
            self._complain(why)
        self._failed = self._wall
        self._let_go()  # a later bar opens it again, and mends a torn line

    def close(self) -> None:
        """Close the journal; the next bar opens it again."""
        self.flush()
        self._let_go()

    def _is_there(self) -> bool:
        """Whether the journal is open, and still the one that its name leads to: somebody may have removed it."""
        if self._descriptor < 0:
            return False
        try:
            status = self._path.lstat()
        except OSError:
            return False
        return (status.st_dev, status.st_ino) == self._file

    def _let_go(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _turn(self, hour: int, wall: float, tick: int) -> None:
        """Open the journal of ``hour``, mending what a death in the midst of a line left in it."""
        path = self._folder / journal_name(wall)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, whole = once_more(_open_at_whole_lines, path)
            status = os.fstat(descriptor)
        except OSError as error:
            self._complain(error)
            self._failed = wall
            return
        self._descriptor, self._hour = descriptor, hour
        self._path, self._file = path, (status.st_dev, status.st_ino)
        self._recipes.clear()
        self._slots.clear()
        # A journal that this life has not yet written to may hold another life, or an hour that the clock repeats.
        self._base = max(self._base, _last_tick(whole) - tick)
        self._first = self._base + tick
        stamp = datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._lines.append(f"{'H' if self._born and whole else 'L'} {self._base + tick} {stamp}\n")
        self._born = True

    def _complain(self, error: OSError) -> None:
        if not self._complained:
            self._complained = True
            log_line(f"the tape in {self._folder} cannot be written ({error}); the music plays on without it")


def _open_at_whole_lines(path: Path) -> tuple[int, bytes]:
    """A journal to append to, and what it has.

    Raises:
        OSError: if it cannot be read or written.
    """
    whole = _whole_lines(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o644)
    try:
        os.ftruncate(descriptor, len(whole))
    except OSError:
        os.close(descriptor)
        raise
    return descriptor, whole


def _whole_lines(path: Path) -> bytes:
    """What a journal has, without what a death in the midst of a line left; nothing if there is none.

    Raises:
        OSError: if it cannot be read. What is no journal, or far too long for one, is set aside.
    """
    if path.is_symlink():
        log_line(f"{path}: it is no file but a link; it now lies beside the tape as {set_aside(path).name}")
    try:
        written = read_file(path, LARGEST)
    except FileNotFoundError:
        return b""
    except OddFileError as error:
        log_line(f"{error}; it now lies beside the tape as {set_aside(path).name}")
        return b""
    return written[: written.rfind(b"\n") + 1]


def _last_tick(journal: bytes) -> int:
    for line in reversed(journal.splitlines()):
        fields = line.split(b" ", 2)
        if len(fields) > 1 and fields[1].isdigit():
            return int(fields[1])
    return 0


def journals(folder: Path) -> Iterator[Path]:
    """Every journal in the folder, oldest first; a link is none, as none is ever written through one."""
    return iter(sorted(path for path in folder.glob(f"*{SUFFIX}") if not path.is_symlink()))


def days(folder: Path) -> dict[str, list[Path]]:
    """The files of the tape by the day (UTC) that their names bear, the earliest first."""
    found: dict[str, list[Path]] = {}
    for path in sorted(folder.glob("????-??-??T??*")):
        if path.is_file():
            found.setdefault(path.name[:_DAY], []).append(path)
    return found


def prune(folder: Path, old: Container[str]) -> list[Path]:
    """Delete the files of days that are ``old``, a bounded part of them at once; says what was deleted.

    Raises:
        OSError: if a file cannot be deleted.
    """
    return delete([path for day, paths in days(folder).items() if day in old for path in paths])


def beyond(files: Sequence[Path], quota: int) -> list[Path]:
    """The first of these files, without which the others take no more than ``quota`` bytes; no journal is among them.

    Raises:
        OSError: if a file cannot be looked at.
    """
    sizes = [path.stat().st_size for path in files]
    left = sum(sizes)
    found: list[Path] = []
    for path, size in zip(files, sizes, strict=True):
        if left <= quota:
            break
        if path.suffix != SUFFIX:
            found.append(path)
            left -= size
    return found


def delete(files: Sequence[Path]) -> list[Path]:
    """Delete the first of these files, a bounded part of them at once; says which.

    Raises:
        OSError: if a file cannot be deleted.
    """
    gone: list[Path] = []
    size = 0
    for path in files[:MOST_FILES]:
        size += path.stat().st_size
        if gone and size > MOST_BYTES:
            break
        path.unlink()
        gone.append(path)
    return gone
