"""The real unit and daemon under a systemd of their own: ready when it sounds, restarted when it no longer does."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.daemon import Daemon

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
MANAGER = ROOT / "tests" / "systemd" / "private_manager.sh"
NAMESPACES_MISSING = 77
NOWHERE = {"main": {"kind": "port", "match": "no such port", "api": "jack"}}
NOT_FOR_USERS = {
    *("User", "Group", "SupplementaryGroups"),
    *("ProtectKernelLogs", "ProtectKernelTunables"),
    *("ProtectHome", "PrivateTmp", "NoExecPaths"),  # where this test's files are
}


def unit_for(daemon: Daemon) -> str:
    """The unit as it is shipped, but for what only the system's manager can do, and with less patience."""
    text = (ROOT / "systemd" / "reverie.service").read_text()
    lines = [line for line in text.splitlines() if line.partition("=")[0] not in NOT_FOR_USERS]
    text = "\n".join(lines).replace("WatchdogSec=30", "WatchdogSec=15")
    run, panic = (shlex.join(daemon.command(command)) for command in ("run", "panic"))
    text = re.sub(r'"@BINDIR@/reverie" run .*', run, text)
    text = re.sub(r'"@BINDIR@/reverie" panic .*', panic, text)
    output = f"StandardOutput=append:{daemon.log}\nStandardError=append:{daemon.log}\n"
    return text.replace("@DOCDIR@", "/usr/share/doc/reverie").replace("[Service]\n", f"[Service]\n{output}")


def under_systemd(daemon: Daemon, script: str) -> str:
    """What the script prints, run beside a manager that knows the unit."""
    units = daemon.folder / "units"
    units.mkdir()
    (units / "reverie.service").write_text(unit_for(daemon))
    ran = subprocess.run(
        [MANAGER, units, "bash", "-c", f"{TOOLS}\n{script}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env=daemon.environment(),
    )
    if ran.returncode == NAMESPACES_MISSING:
        pytest.skip(f"no private systemd here: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stdout + ran.stderr + daemon.log.read_text()
    return ran.stdout


TOOLS = """
show() { systemctl --user show reverie --property "$@"; }
until_is() {  # PROPERTY VALUE
  for _ in $(seq 1200); do [ "$(show "$1" --value)" = "$2" ] && return; sleep 0.05; done
  echo "$1 never was $2"; show "$1"; exit 1
}
"""


def states(output: str) -> dict[str, str]:
    """The answer of ``systemctl show``."""
    return dict(re.findall(r"^(\w+)=(.*)$", output, re.MULTILINE))


@pytest.mark.timeout(240)
def test_it_is_ready_when_it_plays_and_leaves_no_note_behind(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(NOWHERE, state=None)
    said = under_systemd(
        daemon,
        "systemctl --user start reverie || exit 1\n"
        "show ActiveState,StatusText,NRestarts,WatchdogUSec\n"
        "systemctl --user reload reverie || exit 1\n"
        "systemctl --user stop reverie || exit 1\n"
        "echo stopped\n"
        "show ActiveState,Result,ExecMainStatus\n",
    )
    started, stopped = (states(part) for part in said.split("stopped\n"))
    assert started["ActiveState"] == "active"
    assert "study, bar " in started["StatusText"]
    assert started["NRestarts"] == "0"
    assert started["WatchdogUSec"] == "15s"
    assert stopped["ActiveState"] == "inactive"
    assert stopped["Result"] == "success"
    assert stopped["ExecMainStatus"] == "0"
    assert "main: could not be silenced: there is no MIDI system" in daemon.log.read_text()  # so says panic


@pytest.mark.timeout(240)
def test_the_watchdog_restarts_what_runs_and_plays_no_bar(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(NOWHERE, state=None)
    said = under_systemd(
        daemon,
        "systemctl --user start reverie || exit 1\n"
        "main=$(show MainPID --value)\n"
        "for _ in $(seq 600); do\n"  # no life of the player gets as far as a bar
        "  for player in $(pgrep -P $main -f reverie.play.worker); do kill -STOP $player; done\n"
        "  [ $(show Result --value) = watchdog ] && echo barked && break\n"
        "  sleep 0.1\n"
        "done\n"
        "show NRestarts\n"
        "until_is ActiveState active\n"
        "echo again\n"
        "show ActiveState,NRestarts,MainPID,StatusText\n"
        "[ $(show MainPID --value) != $main ] || exit 1\n"
        "systemctl --user stop reverie\n",
    )
    assert "barked" in said
    again = states(said.split("again\n")[1])
    assert again["ActiveState"] == "active"
    assert again["NRestarts"] == "1"
    assert "study, bar " in again["StatusText"]
    assert "The player did not answer for 5 s; it was killed." in daemon.log.read_text()
