"""A daemon of Type=notify that is well for as many seconds as its argument says, and then hangs."""

from __future__ import annotations

import sys
import time

from reverie.conductor.care.sd_notify import Notifier, watchdog_interval


def main() -> None:
    notifier = Notifier.from_environment()
    interval = watchdog_interval()
    assert interval is not None
    well_until = time.monotonic() + float(sys.argv[1])
    notifier.ready("Playing first-light.")
    while time.monotonic() < well_until:
        notifier.watchdog()
        time.sleep(interval)
    time.sleep(600)


if __name__ == "__main__":
    main()
