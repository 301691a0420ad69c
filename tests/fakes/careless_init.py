"""A PID 1 that waits for nobody, as in many containers: it runs a command, and sleeps."""

from __future__ import annotations

import subprocess
import sys
import time

if __name__ == "__main__":
    started = subprocess.Popen(sys.argv[1:])
    while True:
        time.sleep(60)
