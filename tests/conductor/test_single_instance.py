"""One daemon alone plays from a state folder, whatever becomes of the folder and its lock."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reverie.conductor import single_instance as module
from reverie.conductor.single_instance import Alone, AlreadyRunsError
from reverie.watch.faults import Faults

SQUATTER = """
import os, socket, sys
from pathlib import Path
from reverie.conductor.single_instance import _name
name = _name(Path(sys.argv[1]))
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
held = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
held.bind(name)
held.listen()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def faults() -> Faults:
    return Faults()


def ids(faults: Faults) -> list[str]:
    return [fault.id for fault in faults.active]


def without_locks(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    for name in names:
        monkeypatch.setattr(fcntl, name, refuse)


def test_the_second_is_refused_until_the_first_has_left(tmp_path: Path, faults: Faults) -> None:
    folder = tmp_path / "state"
    with Alone(folder, faults), pytest.raises(AlreadyRunsError, match="already plays from"), Alone(folder, faults):
        pytest.fail("it was let in")
    with Alone(folder, faults):
        pass
    assert faults.active == ()


def test_by_another_path_it_is_the_same_folder(tmp_path: Path, faults: Faults) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "state")
    with (
        Alone(tmp_path / "state", faults),
        pytest.raises(AlreadyRunsError),
        Alone(tmp_path / "other" / ".." / "link", faults),
    ):
        pytest.fail("it was let in")
    with Alone(tmp_path / "state", faults), Alone(tmp_path / "elsewhere", faults):
        pass


def test_removing_the_folder_lets_no_second_daemon_in(tmp_path: Path, faults: Faults) -> None:
    folder = tmp_path / "state"
    with Alone(folder, faults) as alone:
        shutil.rmtree(folder)
        with pytest.raises(AlreadyRunsError), Alone(folder, faults):
            pytest.fail("it was let in")
        shutil.rmtree(folder)
        folder.mkdir()
        alone.renew()
        assert (folder / "lock").exists()
    assert faults.active == ()


@pytest.mark.parametrize("remove", [shutil.rmtree, lambda folder: (folder / "lock").unlink()])
def test_a_lock_that_was_removed_is_taken_again(
    tmp_path: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch, remove: Callable[[Path], object]
) -> None:
    """As seen by a daemon in another container, to whom the name of the folder means nothing."""
    folder = tmp_path / "state"
    with Alone(folder, faults) as alone:
        remove(folder)
        folder.mkdir(exist_ok=True)
        alone.renew()
        monkeypatch.setattr(module, "_name", lambda _: "\0" + os.urandom(8).hex())
        with pytest.raises(AlreadyRunsError), Alone(folder, faults):
            pytest.fail("it was let in")


def test_two_that_play_are_told_and_it_is_over_when_one_leaves(
    tmp_path: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "state"
    with Alone(folder, faults) as first:
        shutil.rmtree(folder)
        monkeypatch.setattr(module, "_name", lambda _: "\0" + os.urandom(8).hex())
        with Alone(folder, Faults()):
            first.renew()
            assert ids(faults) == ["state-shared"]
        first.renew()
        assert faults.active == ()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL])
def test_a_folder_without_flock_is_locked_otherwise(
    tmp_path: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch, number: int, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    caplog.set_level("INFO")
    with Alone(tmp_path, faults):
        monkeypatch.setattr(module, "_name", lambda _: "\0" + os.urandom(8).hex())
        with pytest.raises(AlreadyRunsError), Alone(tmp_path, faults):
            pytest.fail("it was let in")
    assert faults.active == ()
    assert "keeps a second daemon away instead" in caplog.text


def test_a_folder_without_any_locks_is_told_and_on_this_machine_there_is_one_daemon_all_the_same(
    tmp_path: Path, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch, "flock", "fcntl")
    with Alone(tmp_path, faults) as alone:
        [fault] = faults.active
        assert fault.id == "state-unlocked"
        assert "a daemon of another machine" in fault.sentence
        alone.renew()
        with pytest.raises(AlreadyRunsError), Alone(tmp_path, faults):
            pytest.fail("it was let in")
        monkeypatch.setattr(socket, "socket", lambda *_: (_ for _ in ()).throw(OSError("no such names here")))
        with Alone(tmp_path, faults):
            assert "a second daemon" in faults.active[0].sentence


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "dangling", "circle", "socket"])
def test_whatever_is_in_the_place_of_the_lock_is_set_aside(tmp_path: Path, faults: Faults, kind: str) -> None:
    lock = tmp_path / "lock"
    match kind:
        case "fifo":
            os.mkfifo(lock)
        case "folder":
            (lock / "in it").mkdir(parents=True)
        case "device":
            lock.symlink_to("/dev/null")
        case "dangling":
            lock.symlink_to(tmp_path / "not" / "there")
        case "circle":
            lock.symlink_to(lock)
        case _:
            with socket.socket(socket.AF_UNIX) as server:
                server.bind(os.path.relpath(lock))
    with Alone(tmp_path, faults):
        assert lock.is_file()
        assert not lock.is_symlink()
        with pytest.raises(AlreadyRunsError), Alone(tmp_path, faults):
            pytest.fail("it was let in")
    assert len(list(tmp_path.glob("lock.broken-*"))) == 1


def test_a_folder_that_cannot_be_written_has_one_daemon_too(tmp_path: Path, faults: Faults) -> None:
    (tmp_path / "state").write_text("in the way")
    with Alone(tmp_path / "state", faults) as alone:
        alone.renew()
        with pytest.raises(AlreadyRunsError), Alone(tmp_path / "state", faults):
            pytest.fail("it was let in")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_a_stranger_who_takes_the_name_keeps_nothing_from_starting(tmp_path: Path, faults: Faults) -> None:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    squatter = subprocess.Popen(
        [sys.executable, "-c", SQUATTER, str(tmp_path)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert squatter.stdout is not None
        assert squatter.stdout.readline() == "held\n"
        with Alone(tmp_path, faults), pytest.raises(AlreadyRunsError), Alone(tmp_path, faults):
            pytest.fail("it was let in")
    finally:
        squatter.communicate("")


def test_those_who_ask_again_and_again_do_not_fill_the_queue(tmp_path: Path, faults: Faults) -> None:
    with Alone(tmp_path, faults) as alone:
        for number in range(200):
            with pytest.raises(AlreadyRunsError), Alone(tmp_path, faults):
                pytest.fail(f"the one with the number {number} was let in")
            if number % 50 == 0:
                alone.renew()
