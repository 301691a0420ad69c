"""The daemon whose state folder is not what it should be, or does not stay it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until
from fakes.patience import PATIENCE

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
    wait_until((daemon.state / "daemon.socket").is_socket)
    assert daemon.run("run", "--for", "5s").returncode == 1
    code, _ = daemon.stop()
    assert code == 0
    assert "Traceback" not in daemon.log.read_text()


def test_a_state_of_odd_kinds_costs_those_files_and_never_the_music(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(NOWHERE)
    for folder in ("loops", "ledger", "memories", "scenes", "configurations", "tape"):
        (daemon.state / folder).mkdir(parents=True)
    (daemon.state / "takes.json").write_text('{"version": 1, "takes": {"study": 1e999}}')
    (daemon.state / "timbres.json").mkdir()
    (daemon.state / "lock").symlink_to("/dev/null")
    for name in (
        "loops/study.json",
        "ledger/main.ledger",
        "uses.jsonl",
        "scenes/study.yaml",
        "models",
        ".takes.json.a",
    ):
        os.mkfifo(daemon.state / name)
    (daemon.state / "tape" / ".ages.json").symlink_to("/dev/zero")
    (daemon.state / "tape" / "2026-01-01T10.journal").symlink_to("2026-01-01T10.journal")
    daemon.start()
    daemon.wait_for_bars(3)
    told = {fault["subject"] for fault in daemon.status()["faults"] if fault["id"] == "state-unreadable"}
    assert told == {"takes.json", "timbres.json", "loops/study.json"}
    wait_until(lambda: (daemon.state / "loops" / "study.json").is_file() and (daemon.state / "takes.json").is_file())
    assert (daemon.state / "ledger" / "main.ledger").is_file()
    code, _ = daemon.stop()
    assert code == 0
    assert "Traceback" not in daemon.log.read_text()


@pytest.mark.skipif(shutil.which("faketime") is None, reason="needs faketime")
def test_a_start_in_the_year_2099_deletes_nothing_of_the_tape(make_daemon: Callable[..., Daemon]) -> None:
    daemon = make_daemon(NOWHERE)
    tape = daemon.state / "tape"
    tape.mkdir(parents=True)
    names = {f"2026-{month:02d}-{day:02d}T{hour:02d}.mid" for month in (1, 2) for day in (1, 9) for hour in range(24)}
    for name in names:
        (tape / name).write_bytes(b"MThd")
    command = ["faketime", "--exclude-monotonic", "-f", "@2099-01-01 12:00:00", *daemon.command("run", "--for", "4s")]
    result = subprocess.run(
        command, env=daemon.environment(), capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert result.returncode == 0, result.stderr
    assert names <= {path.name for path in tape.iterdir()}
    assert list(tape.glob("2099-*"))
