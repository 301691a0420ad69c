"""A machine that is left alone: Debian with the package, another disk for what lasts, and power that can be cut."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from fakes.machine import FOLDER, MACHINE, Evidence, Sighting

OVERLAY = "overlayroot=tmpfs:recurse=0"
"""What the recipe of docs/how-to/read-only.md writes into a file, by the kernel's command line."""
LOOK = 0.2


@dataclass(slots=True)
class Appliance:
    """One machine, started with power or cut off from it; its disks stay."""

    folder: Path
    overlay: bool = True
    boots: int = 0

    def made(self) -> Self:
        """With new disks."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("appliance", "state"):
            subprocess.run(["cp", "--sparse=always", FOLDER / f"{name}.ext4", self.disk(name)], check=True)
        return self

    def disk(self, name: str) -> Path:
        return self.folder / f"{name}.ext4"

    @contextlib.contextmanager
    def power(self, trial: str, *arguments: str, state: bool = True) -> Generator[RunningAppliance]:
        """Power, for as long as the block lasts; without ``state`` the disk of what lasts is missing."""
        self.boots += 1
        console, evidence = self.folder / f"console-{self.boots}", self.folder / f"evidence-{self.boots}"
        words = f"root=/dev/vda {'ro' if self.overlay else 'ro rootflags=commit=5'} console=ttyS0 mitigations=off"
        words += f" systemd.mask=serial-getty@ttyS0.service trial={trial} {' '.join(arguments)}"
        if self.overlay:
            words += f" {OVERLAY}"
        disks = [f"file={self.disk(name)},if=virtio,format=raw" for name in ("appliance", *["state"] * state)]
        machine = subprocess.Popen(
            [*MACHINE, "-smp", "2", "-m", "1024"]
            + ["-nodefaults", "-display", "none", "-no-reboot", "-serial", f"file:{console}"]
            + ["-kernel", FOLDER / "kernel", "-initrd", FOLDER / "initrd", "-append", words]
            + [part for disk in disks for part in ("-drive", disk)]
            + ["-device", "virtio-serial", "-chardev", f"file,id=evidence,path={evidence}"]
            + ["-device", "virtserialport,chardev=evidence,name=evidence"],
            stdin=subprocess.DEVNULL,
        )
        try:
            yield RunningAppliance(machine, evidence, console)
        finally:
            machine.kill()  # as if the plug were pulled; nothing where it has gone out by itself
            machine.wait()

    def check(self, name: str) -> str:
        """What e2fsck finds wrong with a disk once its journal has been replayed, as each mount does; nothing if all
        is well."""
        program = shutil.which("e2fsck") or "/usr/sbin/e2fsck"
        replayed = subprocess.run(
            [program, "-y", "-E", "journal_only", self.disk(name)], capture_output=True, text=True, check=False
        )
        looked = subprocess.run([program, "-f", "-n", self.disk(name)], capture_output=True, text=True, check=False)
        return "" if looked.returncode == 0 else replayed.stdout + looked.stdout + looked.stderr


@dataclass(frozen=True, slots=True)
class RunningAppliance:
    """A machine that has power."""

    machine: subprocess.Popen[bytes]
    evidence: Path
    console: Path

    def seen(self) -> Evidence:
        lines = self.evidence.read_bytes().split(b"\n")[:-1] if self.evidence.exists() else []  # the last may be half
        return Evidence(tuple(Sighting(line.pop("at"), line.pop("what"), line) for line in map(json.loads, lines)))

    def wait(self, met: Callable[[Evidence], object], seconds: float, wanted: str) -> Evidence:
        """Until it has said what is wanted."""
        limit = time.monotonic() + seconds
        while not met(seen := self.seen()):
            failed = seen.all("failed")
            if failed or self.machine.poll() is not None or time.monotonic() > limit:
                told = self.console.read_text(errors="replace")[-3000:]
                raise AssertionError(f"it did not come to {wanted}: {failed}\n{seen.sightings[-5:]}\n{told}")
            time.sleep(LOOK)
        return seen
