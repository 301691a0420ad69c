"""Runs in the virtual machine: the trial that the kernel's command line names."""

from __future__ import annotations

import re
import subprocess
import sys
import traceback
from pathlib import Path

from guest_report import CHANNEL, Report, wait_until
from guest_trials import TRIALS

TOLD = {"kernel": ("dmesg",), "service": ("journalctl", "-b", "-u", "reverie", "-o", "cat", "--no-pager")}
"""By what it may be understood why a trial failed."""


def main() -> int:
    """Run it, and say how it ended."""
    wait_until(CHANNEL.exists, 300, "the channel to the outside")
    report = Report()
    named = re.search(r"\btrial=(\w+)", Path("/proc/cmdline").read_text())
    try:
        TRIALS[named[1] if named else ""](report)
    except Exception:  # noqa: BLE001  whatever it is, the outside has to learn of it
        report("failed", text=traceback.format_exc(), **{name: _end_of(*command) for name, command in TOLD.items()})
        return 1
    report("done")
    return 0


def _end_of(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout[-4000:]


if __name__ == "__main__":
    sys.exit(main())
