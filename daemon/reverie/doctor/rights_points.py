"""What the system grants the music: real-time priority, memory that is not swapped out, and sound devices."""

from __future__ import annotations

import grp
import os
import pwd
import re
import resource
from collections.abc import Iterator, Mapping

from reverie.doctor.finding import Finding, bad, doubtful, unknown, well
from reverie.doctor.machine_view import MachineView

GROUP = "audio"
_RESET = getattr(os, "SCHED_RESET_ON_FORK", 0)


def rights_points(
    machine: MachineView, unit: Mapping[str, str], player: int | None, *, sound_card: bool
) -> Iterator[Finding]:
    """Look at what is granted.

    Args:
        machine: The box.
        unit: What systemd says of the service, if it has one.
        player: The process of the player that runs now, if one does: what it has counts more than what it might get.
        sound_card: Whether a slot of the site needs a sound card or a MIDI device of this machine.
    """
    yield _priority(unit, player)
    yield _memory_lock(machine, unit, player)
    yield _devices(machine, unit, needed=sound_card)


def _priority(unit: Mapping[str, str], player: int | None) -> Finding:
    if player is not None:
        try:
            policy = os.sched_getscheduler(player) & ~_RESET
        except (OSError, AttributeError):
            return unknown("realtime", "realtime.untold")
        return well("realtime", "realtime.has") if policy == os.SCHED_FIFO else doubtful("realtime", "realtime.lacks")
    limit = unit.get("LimitRTPRIO", "")
    if limit.isdecimal():
        return well("realtime", "realtime.unit") if int(limit) > 0 else doubtful("realtime", "realtime.unit_lacks")
    granted = os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_RTPRIO)[0] != 0
    return well("realtime", "realtime.user") if granted else doubtful("realtime", "realtime.refused")


def _memory_lock(machine: MachineView, unit: Mapping[str, str], player: int | None) -> Finding:
    if player is not None:
        locked = re.search(r"^VmLck:\s+(\d+)", machine.read(f"/proc/{player}/status") or "", re.MULTILINE)
        if locked is None:
            return unknown("memlock", "memlock.untold")
        return well("memlock", "memlock.has") if int(locked[1]) else doubtful("memlock", "memlock.lacks")
    limit = unit.get("LimitMEMLOCK", "")
    if limit:
        return well("memlock", "memlock.unit") if limit == "infinity" else doubtful("memlock", "memlock.unit_lacks")
    unlimited = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0] == resource.RLIM_INFINITY
    return well("memlock", "memlock.user") if unlimited else doubtful("memlock", "memlock.refused")


def _devices(machine: MachineView, unit: Mapping[str, str], *, needed: bool) -> Finding:
    cards = re.findall(r"^\s*\d+ \[(\S+)\s*\]", machine.read("/proc/asound/cards") or "", re.MULTILINE)
    if not cards and not machine.path("/dev/snd/seq").exists():
        return doubtful("devices", "devices.none") if needed else well("devices", "devices.not_needed")
    user = unit.get("User") or _own_name()
    named = ", ".join(cards) or "snd-seq"
    if GROUP in unit.get("SupplementaryGroups", "").split() or user == "root" or _in_group(user):
        return well("devices", "devices.well", user=user, cards=named)
    return bad("devices", "devices.refused", user=user, group=GROUP, cards=named)


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _in_group(user: str) -> bool:
    try:
        group = grp.getgrnam(GROUP)
        return user in group.gr_mem or pwd.getpwnam(user).pw_gid == group.gr_gid
    except KeyError:
        return False
