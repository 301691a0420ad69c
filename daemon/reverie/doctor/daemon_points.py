"""The daemon that runs: its page, its health, and every fault in its register."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

from reverie.doctor.finding import Finding, bad, doubtful, unknown, well

SECONDS = 5.0
"""Within which the page answers."""


def daemon_points(status: Mapping[str, Any] | None, sentence: str, *, lives: bool) -> Iterator[Finding]:
    """Look at the daemon.

    Args:
        status: What it says of itself; None if it does not answer.
        sentence: Why not.
        lives: Whether there is one all the same.
    """
    if status is None:
        if lives:
            yield bad("daemon", "daemon.deaf", sentence=sentence.rstrip("."))
        else:
            yield unknown("daemon", "daemon.none")
        return
    alive = status["alive"]
    yield (well if alive["ok"] else bad)(
        "daemon", "daemon.well" if alive["ok"] else "daemon.silent", sentence=str(alive["sentence"]).rstrip(".")
    )
    for fault in status.get("fault_register", {}).get("now", ()):
        judge = bad if fault["severity"] == "silent" else doubtful
        yield judge("faults", "fault", sentence=str(fault["sentence"]).rstrip("."), advice=fault["advice"])
    if not status.get("fault_register", {}).get("now"):
        yield well("faults", "faults.none")
    crashes = status.get("lives", {}).get("crashes", 0)
    if crashes:
        yield doubtful("crashes", "crashes.some", count=crashes, starts=status["lives"]["starts"])


def page_point(address: str) -> Finding:
    """Whether the page answers at its address on this machine, straight from there.

    What answers is not checked further: a certificate names the machine as others reach it.
    """
    if address.startswith("https"):
        return unknown("page", "page.https", address=address)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{address}/healthz", timeout=SECONDS):
            return well("page", "page.well", address=address)
    except urllib.error.HTTPError as error:
        error.close()
        return well("page", "page.well", address=address)
    except OSError as error:
        reason = getattr(error, "reason", error)
        return bad("page", "page.away", address=address, reason=reason)
