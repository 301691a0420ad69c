"""Runs in the virtual machine: the trial that the kernel's command line names."""

from __future__ import annotations

import re
import subprocess
import sys
import traceback
from pathlib import Path

from guest_report import CHANNEL, Report, wait_until
from guest_trials import TRIALS


def main() -> int:
    """Run it, and say how it ended."""
    wait_until(CHANNEL.exists, 60, "the channel to the outside")
    report = Report()
    named = re.search(r"\btrial=(\w+)", Path("/proc/cmdline").read_text())
    try:
        TRIALS[named[1] if named else ""](report)
    except Exception:  # noqa: BLE001  whatever it is, the outside has to learn of it
        kernel = subprocess.run(["dmesg"], capture_output=True, text=True, check=False).stdout
        report("failed", text=traceback.format_exc(), kernel=kernel[-4000:])
        return 1
    report("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
