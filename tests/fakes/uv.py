"""Stands in for uv: makes an environment of one script. ``FAKE_UV`` says how it fails: there is no network, the disk is
full, it is killed in the midst, or what it makes does not work.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

WORKS = """#!/bin/sh
[ "$1" = --version ] && echo "Reverie of $(dirname "$(dirname "$(realpath "$0")")")"
while [ $# -gt 0 ]; do [ "$1" = --midi ] && echo MThd >"$2"; shift; done
exit 0
"""


def main() -> int:
    """Do as uv does."""
    release = Path(os.environ["UV_PROJECT_ENVIRONMENT"])
    how = os.environ.get("FAKE_UV", "")
    if sys.argv[1] == "venv":
        (release / "bin").mkdir(parents=True)
        (release / "bin" / "python").symlink_to("/usr/bin/python3")
        return 0
    if how == "killed":
        os.killpg(0, signal.SIGKILL)
    if how:
        print({"offline": "error: no network", "full": "error: No space left on device"}.get(how, ""), file=sys.stderr)
    if how in {"offline", "full"}:
        return 2
    program = release / "bin" / "reverie"
    program.write_text("#!/bin/sh\necho damaged >&2\nexit 3\n" if how == "damaged" else WORKS)
    program.chmod(0o755)
    (release / "library.so").write_bytes(bytes(4096))
    return 0


if __name__ == "__main__":
    sys.exit(main())
