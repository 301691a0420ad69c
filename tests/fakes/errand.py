"""An errand for tests, run as ``python -m fakes.errand BEHAVIOUR``."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

from reverie.processes.errands import be_errand


def main(behaviour: str) -> int:
    be_errand()
    asked = json.loads(sys.stdin.buffer.read())
    match behaviour:
        case "answers":
            blocked = sorted(signal.pthread_sigmask(signal.SIG_BLOCK, ()))
            nice = os.getpriority(os.PRIO_PROCESS, 0)
            sys.stdout.write(json.dumps({"asked": asked, "nice": nice, "blocked": blocked, "alarm": signal.alarm(0)}))
        case "stays":
            Path(asked).write_text(str(os.getpid()))
            time.sleep(600)
        case _:
            return 3
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
