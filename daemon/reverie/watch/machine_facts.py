"""What the machine tells of itself: heat, power, memory, its clock, and how worn its card is.

All of it is read from the kernel, without rights and without asking anybody over a network. What a machine does not
tell is None, and no reason for a fault.
"""

from __future__ import annotations

import contextlib
import ctypes
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from reverie.watch.machine_heat import load_of_machine, processor_heat

THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
"""Where the firmware of a Raspberry Pi says what it held back; documentation/vcgencmd.adoc has the bits."""
BLOCKS = Path("/sys/block")
RESTRAINTS = {"undervoltage": 0, "frequency-capped": 1, "throttled": 2, "soft-temperature-limit": 3}
"""The bits of what happens now; what has happened since the start is 16 bits above."""
SINCE_START = 16
_UNSYNCHRONISED = 5
"""What adjtimex(2) returns while nobody keeps the clock (TIME_ERROR)."""
_TIMEX = 1024
"""Bytes that any kernel's ``struct timex`` fits in; asked with all of it 0 the call changes nothing."""
_ANSWERS = 5.0
"""Seconds in which a program has answered."""
_WORN_STEP = 0.1
_HEX = re.compile(r"(?:throttled=)?(?:0x)?([0-9a-fA-F]{1,8})\s*")


@dataclass(frozen=True, slots=True)
class DiskRoom:
    """Bytes of the disk that a folder is on: how many are ``free`` for Reverie, and how many it has."""

    free: int
    total: int


@dataclass(frozen=True, slots=True)
class MachineFacts:
    """What was seen at one look.

    ``heat`` is in degrees Celsius, ``memory`` are the bytes that can be had without swapping, of ``memory_total``.
    ``throttled`` are the bits of :data:`RESTRAINTS`. ``card_worn`` is the share of its life that an eMMC has behind it
    as its maker reckons, and ``card_reserve`` is 1 (normal), 2 (most spare blocks are used) or 3 (nearly all are).
    """

    heat: float | None = None
    load: float | None = None
    memory: int | None = None
    memory_total: int | None = None
    clock_kept: bool | None = None
    throttled: int | None = None
    card_worn: float | None = None
    card_reserve: int | None = None
    disks: Mapping[str, DiskRoom] = field(default_factory=dict[str, DiskRoom])

    def restrained(self, what: str, *, since_start: bool = False) -> bool | None:
        """Whether the firmware holds the machine back so now, or has since the start; None where it does not say."""
        if self.throttled is None:
            return None
        return bool(self.throttled >> RESTRAINTS[what] + (SINCE_START if since_start else 0) & 1)


def machine_facts(folders: Mapping[str, Path], kept: Callable[[], bool | None] | None = None) -> MachineFacts:
    """Look at the machine. May wait for the disks of ``folders``; in a thread.

    ``kept`` says whether the clock is kept, where that was found out already.
    """
    worn, reserve = card_wear()
    memory = psutil.virtual_memory()
    return MachineFacts(
        heat=processor_heat(),
        load=load_of_machine(),
        memory=memory.available,
        memory_total=memory.total,
        clock_kept=(kept or clock_kept)(),
        throttled=firmware_restraints(),
        card_worn=worn,
        card_reserve=reserve,
        disks={name: room for name, folder in folders.items() if (room := disk_room(folder))},
    )


def disk_room(folder: Path) -> DiskRoom | None:
    """The room where a folder lies, or will once it is made."""
    with contextlib.suppress(OSError):  # whoever may not look into a folder does not know what lies there
        while not folder.exists() and folder != folder.parent:
            folder = folder.parent
        usage = shutil.disk_usage(folder)
        return DiskRoom(usage.free, usage.total)
    return None


def firmware_restraints(path: Path = THROTTLED) -> int | None:
    """The bits of what the firmware of a Raspberry Pi held back; newer kernels leave them to its own program."""
    with contextlib.suppress(OSError):
        return _bits(path.read_text(encoding="ascii", errors="replace"))
    if path != THROTTLED or (program := shutil.which("vcgencmd")) is None:
        return None
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run([program, "get_throttled"], capture_output=True, text=True, check=True, timeout=_ANSWERS)
        return _bits(told.stdout)
    return None


def card_wear(blocks: Path = BLOCKS) -> tuple[float | None, int | None]:
    """Of the most worn eMMC: the share of its life that is over, and the state of its reserve (JEDEC 84-B51, 7.4.32).

    Both life times count steps of a tenth; 11 means that it is over.
    """
    worn: list[float] = []
    reserve: list[int] = []
    for device in sorted(blocks.glob("mmcblk*/device")):
        with contextlib.suppress(OSError, ValueError):
            steps = [int(one, 16) for one in (device / "life_time").read_text(encoding="ascii").split()]
            worn += [step * _WORN_STEP for step in steps if step > 0]
        with contextlib.suppress(OSError, ValueError):
            reserve.append(int((device / "pre_eol_info").read_text(encoding="ascii"), 16))
    return max(worn, default=None), max((one for one in reserve if one > 0), default=None)


def clock_kept() -> bool | None:
    """Whether a time service keeps the machine's clock, as the kernel knows; None where nobody says.

    A service that may not set the clock may not ask the kernel either (seccomp); then systemd-timedated is asked.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX)))
    except (OSError, AttributeError):
        state = -1
    return state != _UNSYNCHRONISED if state >= 0 else clock_kept_by_timedated()


def clock_kept_by_timedated() -> bool | None:
    """The same by ``timedatectl``; None where there is none, or it does not answer."""
    if (program := shutil.which("timedatectl")) is None:
        return None
    command = [program, "show", "--property=NTPSynchronized", "--value"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_ANSWERS)
        return {"yes": True, "no": False}.get(told.stdout.strip())
    return None


def _bits(written: str) -> int | None:
    match = _HEX.fullmatch(written)
    return int(match[1], 16) if match else None
