"""A virtual machine with a kernel of its own: booted once for a trial, it says what it saw and goes out.

The trials are tests/vm/guest_trials.py; what they write is read here.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fakes.legal import LegalStream

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "vm"
MAKER = ROOT / "tools" / "make_test_vm.sh"
CANNOT_BE_MADE = 77
MACHINE = ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max"]
"""KVM is not asked for: machines for tests rarely have it, or have one in which a kernel hangs as it starts."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One line of evidence: when (the machine's monotonic seconds), what, and more about it."""

    at: float
    what: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a trial saw, in the order in which it was written."""

    sightings: tuple[Sighting, ...]

    def all(self, what: str) -> list[Sighting]:
        return [sighting for sighting in self.sightings if sighting.what == what]

    def one(self, what: str) -> Sighting:
        (sighting,) = self.all(what)
        return sighting

    def pieces(self, by: str, since: float = 0.0, until: float = float("inf")) -> Iterator[tuple[float, bytes]]:
        """What arrived at one device, when, piece by piece."""
        for sighting in self.all("bytes"):
            if sighting.facts["by"] == by and since <= sighting.at < until:
                yield sighting.at, bytes.fromhex(sighting.facts["data"])

    def stream(self, by: str, since: float = 0.0, *, strays: bool = False) -> LegalStream:
        """What arrived at one device, read as MIDI."""
        stream = LegalStream(strays=strays)
        for at, piece in self.pieces(by, since):
            stream.feed(piece, at)
        return stream.end()


def boot(trial: str, folder: Path, seconds: float) -> Evidence:
    """Run a trial in a machine of its own."""
    evidence, console = folder / "evidence", folder / "console"
    disks = [
        f"file={FOLDER / name}.ext4,if=virtio,format=raw,snapshot=on"  # what is written is lost with the machine
        for name in ("base", "payload")
    ]
    arguments = (
        f"root=/dev/vda rw console=ttyS0 quiet mitigations=off systemd.mask=serial-getty@ttyS0.service trial={trial}"
    )
    machine = subprocess.Popen(
        [*MACHINE, "-smp", "2", "-m", "1024"]
        + ["-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{console}"]
        + ["-kernel", FOLDER / "kernel", "-initrd", FOLDER / "initrd", "-append", arguments]
        + [part for disk in disks for part in ("-drive", disk)]
        + ["-device", "virtio-serial", "-chardev", f"file,id=evidence,path={evidence}"]
        + ["-device", "virtserialport,chardev=evidence,name=evidence"],
        stdin=subprocess.DEVNULL,
    )
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            machine.wait(seconds)
    finally:
        machine.terminate()
        machine.wait()
    lines = evidence.read_text().splitlines() if evidence.exists() else []
    seen = Evidence(tuple(Sighting(line.pop("at"), line.pop("what"), line) for line in map(json.loads, lines)))
    if not seen.all("done"):
        failed = seen.all("failed")
        why = "\n".join(failed[0].facts.values()) if failed else "it did not come to an end"
        logs = "\n".join(sighting.facts["text"] for sighting in seen.all("log"))
        raise AssertionError(f"the trial {trial} failed: {why}\n{logs}\n{console.read_text(errors='replace')[-3000:]}")
    return seen
