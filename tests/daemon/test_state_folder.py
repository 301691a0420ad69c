"""The daemon whose state folder is not what it should be, or does not stay it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until

NOWHERE = {"main": {"kind": "port", "match": "no such port", "api": "jack"}}
SOURCE = Path(__file__).parents[1] / "fakes" / "nolock.c"


@pytest.fixture
def without_locks(tmp_path: Path) -> Callable[..., str]:
    """Builds a library that stands in for a file system without a lock service."""

    def build(*flags: str) -> str:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("needs a C compiler (cc)")
        library = tmp_path / "nolock.so"
        command = [compiler, "-shared", "-fPIC", "-DNUMBER=ENOLCK", *flags, "-o", str(library), str(SOURCE), "-ldl"]
        subprocess.run(command, check=True)
        return str(library)

    return build


@pytest.mark.parametrize("flags", [(), ("-DRECORDS",)], ids=["no flock", "no locks at all"])
def test_without_locks_it_plays_and_still_plays_alone(
    make_daemon: Callable[..., Daemon],
    without_locks: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
    flags: tuple[str, ...],
) -> None:
    daemon = make_daemon(NOWHERE)
    monkeypatch.setenv("LD_PRELOAD", without_locks(*flags))
    daemon.start()
    daemon.wait_for_bars(2)
    second = daemon.run("run", "--for", "5s")
    assert second.returncode == 1
    assert "already plays from" in second.stderr
    assert "Traceback" not in second.stderr
    assert ("state-unlocked" in [fault["id"] for fault in daemon.status()["faults"]]) == bool(flags)
    code, _ = daemon.stop()
    assert code == 0
    assert "Traceback" not in daemon.log.read_text()
    assert list((daemon.state / "tape").glob("*.mid"))


def test_a_folder_that_is_removed_while_it_plays_comes_back_and_lets_no_second_daemon_in(
    make_daemon: Callable[..., Daemon],
) -> None:
    daemon = make_daemon(NOWHERE).start()
    daemon.wait_for_bars(2)
    shutil.rmtree(daemon.state)
    second = daemon.run("run", "--for", "5s")
    assert second.returncode == 1
    assert "already plays from" in second.stderr
    wanted = ("lock", "takes.json", f"loops/{daemon.scene}.json", "ledger/main.ledger")
    wait_until(lambda: all((daemon.state / name).is_file() for name in wanted))
    wait_until(lambda: any((daemon.state / "tape").glob("*.journal")))
    code, _ = daemon.stop()
    assert code == 0
    assert "Traceback" not in daemon.log.read_text()
