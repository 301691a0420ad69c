"""From the first moment of a daemon on: signals are heeded, and nothing of the working folder is imported."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until
from fakes.patience import PATIENCE
from fakes.stalls import Stalls

pytestmark = pytest.mark.real

NOWHERE = {"main": {"kind": "port", "match": "no such port", "api": "jack"}}
MakeDaemon = Callable[..., Daemon]
PROGRAM = Path(sys.executable).with_name("reverie")
FOR_NOBODY = ("HUP", "USR1", "USR2", "ALRM", "VTALRM", "PROF", "IO", "PWR", "STKFLT", "TTIN", "TTOU", "PIPE")


def start(daemon: Daemon, *before: str, cwd: Path | None = None, **environment: str) -> subprocess.Popen[bytes]:
    """The daemon as it is installed: by the script, after what ``before`` makes of its start."""
    if not PROGRAM.exists():
        pytest.skip(f"{PROGRAM} is missing: install Reverie into this environment")
    command = [*before, str(PROGRAM), "run", "--config", str(daemon.config)]
    with daemon.log.open("ab") as log:
        daemon.process = subprocess.Popen(
            command, stdout=log, stderr=log, env=daemon.environment() | environment, cwd=cwd, start_new_session=True
        )
    return daemon.process


def heard(process: subprocess.Popen[bytes], row: str) -> int:
    """The signals of a row of a process's status, as bits."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{row}:")), 16)


def wait_for_the_first_moment(process: subprocess.Popen[bytes]) -> None:
    """Until Reverie's own code runs, which ignores what Python itself does not; long before anything plays."""
    limit = time.monotonic() + PATIENCE
    while not heard(process, "SigIgn") >> (signal.SIGUSR1 - 1) & 1:
        assert process.poll() is None, "it ended by itself"
        assert time.monotonic() < limit, "it never ignored what is for nobody"
        time.sleep(0.001)


def test_a_sighup_before_it_plays_does_not_end_it_nor_does_any_other_signal_later(make_daemon: MakeDaemon) -> None:
    daemon = make_daemon(NOWHERE)
    process = start(daemon)
    wait_for_the_first_moment(process)
    for name in FOR_NOBODY:
        process.send_signal(signal.Signals[f"SIG{name}"])
    daemon.wait_for_models()
    family = daemon.lasting_family()
    for name in FOR_NOBODY:
        for member in family:
            if name != "ALRM":  # by which an output process that hangs ends itself
                member.send_signal(signal.Signals[f"SIG{name}"])
    daemon.wait_for_bars(int(daemon.metric("reverie_bars_played_total")) + 2)
    assert {member.pid for member in daemon.lasting_family()} == {member.pid for member in family}
    assert "restarts" not in daemon.log.read_text()
    assert daemon.stop()[0] == 0


def test_no_signal_ends_a_daemon_that_is_leaving(make_daemon: MakeDaemon) -> None:
    """To the last moment: Python gives signals back their usual meaning, and each thread may hear them."""
    daemon = make_daemon(NOWHERE)
    process = start(daemon)
    daemon.wait_for_bars(1)
    process.terminate()
    limit = time.monotonic() + PATIENCE
    while process.poll() is None:
        assert time.monotonic() < limit, "it does not leave"
        for name in ("HUP", "TERM", "INT", "USR1"):
            process.send_signal(signal.Signals[f"SIG{name}"])
        time.sleep(0.001)
    assert process.returncode == 0
    assert "Traceback" not in daemon.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_leave_before_it_plays_it_leaves_without_a_traceback(
    make_daemon: MakeDaemon, number: signal.Signals
) -> None:
    daemon = make_daemon(NOWHERE)
    process = start(daemon)
    wait_for_the_first_moment(process)
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert "Traceback" not in daemon.log.read_text()
    assert not (daemon.state / "lock").exists()


def test_what_a_shell_ignored_or_blocked_when_it_started_it_changes_nothing(
    make_daemon: MakeDaemon, stalls: Stalls
) -> None:
    daemon = make_daemon(NOWHERE)
    start(daemon, "env", "--ignore-signal=INT,HUP,TERM,CHLD", "--block-signal=TERM,USR1,CHLD")
    daemon.wait_for_models()
    player = daemon.pid("player")
    assert player is not None
    psutil.Process(player).kill()  # the end of a child is heard of
    wait_until(lambda: daemon.pid("player") not in {None, player}, PATIENCE)
    daemon.wait_for_bars(int(daemon.metric("reverie_bars_played_total")) + 2)
    code, seconds = daemon.stop(signal.SIGINT)
    assert code == 0
    assert seconds < 10 + stalls.longest


def perform_in_the_background(folder: Path) -> subprocess.Popen[bytes]:
    command = ["env", "--ignore-signal=INT", str(PROGRAM), "perform", "first-light", "--bars", "100000"]
    return subprocess.Popen(
        [*command, "--midi", str(folder / "out.mid")], stderr=subprocess.PIPE, env=os.environ | {"HOME": str(folder)}
    )


def test_a_command_that_a_script_runs_in_the_background_heeds_ctrl_c(tmp_path: Path) -> None:
    process = perform_in_the_background(tmp_path)
    limit = time.monotonic() + PATIENCE
    while not heard(process, "SigCgt") >> (signal.SIGINT - 1) & 1:
        assert time.monotonic() < limit, "it never listens to SIGINT"
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert b"Interrupted" in said
    assert not (tmp_path / "out.mid").exists()


def test_ctrl_c_while_a_command_still_imports_ends_it_without_a_traceback(tmp_path: Path) -> None:
    process = perform_in_the_background(tmp_path)
    limit = time.monotonic() + PATIENCE
    while process.poll() is None:
        assert time.monotonic() < limit, "it goes on"
        process.send_signal(signal.SIGINT)
        time.sleep(0.001)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == -signal.SIGINT
    assert said == b""


def trap(folder: Path) -> Path:
    """Modules named like Python's and others' in a folder; each that is imported leaves a mark, and then fails."""
    folder.mkdir()
    mark = folder / "imported.txt"
    others = ("numpy", "yaml", "pydantic", "aiohttp", "rtmidi", "zeroconf", "psutil", "mido", "apscheduler", "fakes")
    for name in (*sys.stdlib_module_names, *others, "sitecustomize_of_others"):
        (folder / f"{name}.py").write_text(
            f"import os, sys\nopen({str(mark)!r}, 'a').write(f'{{__name__}} in {{sys.orig_argv}}\\n')\n"
        )
    return mark


@pytest.mark.parametrize("paths", [None, ".", ":"])
def test_nothing_is_imported_from_the_working_folder(
    make_daemon: MakeDaemon, tmp_path: Path, paths: str | None
) -> None:
    mark = trap(tmp_path / "here")
    slots: dict[str, Any] = NOWHERE | {"net": {"kind": "rtp", "port": 0, "address": "127.0.0.1", "advertise": False}}
    daemon = make_daemon(slots, control={"midi": {"match": "no such surface", "api": "jack"}})
    if paths is None:
        start(daemon, cwd=mark.parent)
    else:  # Python itself imports modules before Reverie's first line, here as there
        for path in mark.parent.glob("*.py"):
            if path.stem not in {"json", "random", "socket", "numpy", "yaml", "asyncio", "rtmidi", "fakes", "psutil"}:
                path.unlink()
        start(daemon, cwd=mark.parent, PYTHONPATH=paths)
    daemon.wait_for_models()
    roles = {process["role"] for process in daemon.status()["processes"]}
    assert {"conductor", "player", "composer"} <= roles
    assert len(daemon.family()) >= 6, "output processes and the helper that listens run too"
    assert daemon.stop()[0] == 0
    assert not mark.exists(), mark.read_text()


def test_python_m_reverie_takes_json_from_python_and_not_from_the_working_folder(tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('this is not json')\n")
    shutil.copy(tmp_path / "json.py", tmp_path / "argparse.py")
    for module in ("reverie", "reverie.cli.main"):
        done = subprocess.run(
            [sys.executable, "-m", module, "--version"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("Reverie ")
