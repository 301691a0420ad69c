"""What the trial saw, a line of JSON each, over a channel of its own to the machine outside."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CHANNEL = Path("/dev/virtio-ports/evidence")


class Report:
    """Tells from any thread; ``at`` is the machine's monotonic time in seconds."""

    def __init__(self) -> None:
        self._file = CHANNEL.open("wb", buffering=0)
        self._lock = threading.Lock()

    def __call__(self, what: str, **facts: Any) -> None:
        line = json.dumps({"at": time.monotonic(), "what": what} | facts).encode() + b"\n"
        with self._lock:
            self._file.write(line)


def wait_until(met: Callable[[], object], seconds: float, wanted: str) -> None:
    """Wait for evidence; an emulated machine is slow, so limits are generous."""
    limit = time.monotonic() + seconds
    while not met():
        if time.monotonic() > limit:
            raise TimeoutError(f"not in {seconds:.0f} s: {wanted}")
        time.sleep(0.02)
