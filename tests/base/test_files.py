from __future__ import annotations

import errno
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from reverie.files import (
    OddFileError,
    check_writable,
    oldest_first,
    read_file,
    remove_leftovers,
    set_aside,
    write_atomically,
)

AS_NOBODY = """
import os, sys
from pathlib import Path
from reverie.files import check_writable, write_atomically
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
check_writable(Path(sys.argv[1]))
write_atomically(Path(sys.argv[1]), b"new")
"""
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away and mounts")


def python(program: str, *arguments: object, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*before, sys.executable, "-c", program, *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def refusing(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    """Let a call of :mod:`os` fail as it does on some file systems."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, name, refuse)


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "state.json"
    write_atomically(path, b"one")
    write_atomically(path, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(("umask", "mode"), [(0o027, 0o640), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_is_for_whom_the_umask_of_the_service_lets_read(umask: int, mode: int, tmp_path: Path) -> None:
    """Each file of the state was 0644, whatever UMask= said."""
    write = f"from reverie.files import *; write_atomically(Path({str(tmp_path / 'a.json')!r}), b'one')"
    subprocess.run([sys.executable, "-c", write], check=True, umask=umask)
    assert stat.S_IMODE((tmp_path / "a.json").stat().st_mode) == mode


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    write_atomically(path, b"one")
    with pytest.raises(TypeError):
        write_atomically(path, "text is no bytes")  # pyright: ignore[reportArgumentType]
    assert path.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link_and_what_it_leads_to_is_written(tmp_path: Path) -> None:
    target, link, further = tmp_path / "disk" / "real.json", tmp_path / "link.json", tmp_path / "further.json"
    target.parent.mkdir()
    target.write_bytes(b"old")
    link.symlink_to("disk/real.json")
    further.symlink_to(link)
    write_atomically(further, b"new")
    assert link.is_symlink()
    assert further.is_symlink()
    assert target.read_bytes() == b"new"
    assert [path.name for path in target.parent.iterdir()] == ["real.json"]


def test_a_link_that_leads_to_a_file_to_be_is_kept_too(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "real.json")
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert (tmp_path / "real.json").read_bytes() == b"new"


def test_a_link_whose_disk_is_not_mounted_is_refused_and_kept(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "not mounted" / "real.json")
    with pytest.raises(FileNotFoundError):
        write_atomically(link, b"new")
    assert link.is_symlink()
    assert not (tmp_path / "not mounted").exists()


def test_links_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)):
        write_atomically(tmp_path / "a", b"new")


@pytest.mark.parametrize("device", ["/dev/zero", "/dev/full", "/dev/null"])
def test_a_device_behind_a_link_is_neither_read_nor_replaced(tmp_path: Path, device: str) -> None:
    link = tmp_path / "state.json"
    link.symlink_to(device)
    with pytest.raises(OddFileError, match="it is no file but a device"):
        read_file(link)
    with pytest.raises(OddFileError, match="it is no file but a device"):
        write_atomically(link, b"new")
    assert Path(device).is_char_device()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664, 0o444])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "learned.yaml"
    path.write_bytes(b"old")
    path.chmod(mode)
    write_atomically(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert path.read_bytes() == b"new"


@needs_root
def test_owner_and_group_stay(tmp_path: Path) -> None:
    path = tmp_path / "learned.yaml"
    path.write_bytes(b"old")
    os.chown(path, 12345, 23456)
    path.chmod(0o660)
    write_atomically(path, b"new")
    status = path.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (12345, 23456, 0o660)


def test_attributes_stay(tmp_path: Path) -> None:
    path = tmp_path / "learned.yaml"
    path.write_bytes(b"old")
    try:
        os.setxattr(path, "user.artist", b"somebody")
    except OSError as error:
        pytest.skip(f"this file system has no attributes ({error.strerror})")
    write_atomically(path, b"new")
    assert os.getxattr(path, "user.artist") == b"somebody"


@needs_root
@pytest.mark.skipif(shutil.which("unshare") is None, reason="needs unshare (util-linux)")
@pytest.mark.parametrize("remount", ["true", "mount -o remount,bind,ro {folder}"])
def test_a_file_that_is_mounted_by_itself_is_written_in_place(tmp_path: Path, remount: str) -> None:
    """As a container does that is given one file; its folder may be read-only besides."""
    outside, folder = tmp_path / "outside.yaml", tmp_path / "folder"
    folder.mkdir()
    inside = folder / "learned.yaml"
    outside.write_bytes(b"a longer text than before")
    inside.write_bytes(b"hidden")
    write = (
        "from reverie.files import *; write_atomically(Path(sys.argv[1]), b'new'); check_writable(Path(sys.argv[1]))"
    )
    script = (
        f"mount --bind {folder} {folder} && mount --bind {outside} {inside} && {remount.format(folder=folder)}"
        f' && exec {sys.executable} -c "import sys; {write}" {inside}'
    )
    result = subprocess.run(
        ["unshare", "-m", "sh", "-c", script],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if "mount:" in result.stderr or "unshare:" in result.stderr:
        pytest.skip(f"nothing can be mounted here ({result.stderr.strip()})")
    assert result.returncode == 0, result.stderr
    assert outside.read_bytes() == b"new"
    assert inside.read_bytes() == b"hidden"
    assert [path.name for path in folder.iterdir()] == ["learned.yaml"]


@needs_root
def test_a_file_of_ones_own_in_a_folder_of_somebody_else_is_written_in_place(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder == Path(tempfile.gettempdir()):
            break
        folder.chmod(0o755)
    path = tmp_path / "learned.yaml"
    path.write_bytes(b"much longer than what comes")
    os.chown(path, 65534, 65534)
    result = python(AS_NOBODY, path)
    assert result.returncode == 0, result.stderr
    assert path.read_bytes() == b"new"
    assert "PermissionError" in python(AS_NOBODY, tmp_path / "another.yaml").stderr


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EPERM, errno.EXDEV, errno.EINVAL])
def test_where_a_file_cannot_be_replaced_it_is_written_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"much longer than what comes")
    refusing(monkeypatch, "replace", number)
    refusing(monkeypatch, "rename", number)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_in_the_midst_of_a_write_in_place_leaves_the_old_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"old")
    refusing(monkeypatch, "replace", errno.EBUSY)
    pwrite, calls = os.pwrite, list[int]()

    def once_half(descriptor: int, data: bytes, offset: int) -> int:
        calls.append(offset)
        if len(calls) == 1:
            return pwrite(descriptor, data[:2], offset)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return pwrite(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", once_half)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        write_atomically(path, b"a new text")
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EOPNOTSUPP, errno.ENOSYS, errno.EPERM])
@pytest.mark.parametrize("call", ["fsync", "fchmod", "fchown", "listxattr"])
def test_a_file_system_that_cannot_sync_or_has_no_modes_is_good_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int
) -> None:
    refusing(monkeypatch, call, number)
    for text in (b"one", b"two"):
        write_atomically(tmp_path / "state.json", text)
        assert (tmp_path / "state.json").read_bytes() == text


@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fails_at_the_sync_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    path = tmp_path / "state.json"
    path.write_bytes(b"old")
    refusing(monkeypatch, "fsync", number)
    with pytest.raises(OSError, match=os.strerror(number)):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_long_name_is_written_as_well(tmp_path: Path) -> None:
    path = tmp_path / ("ü" * 127)
    write_atomically(path, b"one")
    assert list(tmp_path.iterdir()) == [path]


def test_a_fifo_in_the_place_of_a_file_is_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "state.json")
    write_atomically(tmp_path / "state.json", b"new")
    assert read_file(tmp_path / "state.json") == b"new"


def _fifo(path: Path) -> None:
    os.mkfifo(path)


def _folder(path: Path) -> None:
    (path / "in it").mkdir(parents=True)


def _zero(path: Path) -> None:
    path.symlink_to("/dev/zero")


def _huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10_000_000_000)


def _circle(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("put", [_fifo, _folder, _zero, _huge, _circle])
def test_what_is_no_file_is_refused_at_once_and_can_be_set_aside(tmp_path: Path, put: Callable[[Path], None]) -> None:
    path = tmp_path / "takes.json"
    put(path)
    told = list[OSError]()

    def read() -> None:
        try:
            read_file(path)
        except OSError as error:
            told.append(error)

    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    reading.join(20)
    assert len(told) == 1, "it waits for ever, or reads what is no file"
    aside = set_aside(path)
    assert aside.name.startswith("takes.json.broken-")
    assert not os.path.lexists(path)
    put(path)
    assert set_aside(path) != aside
    write_atomically(path, b"new")
    assert read_file(path) == b"new"


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "file", 5) == b"12345"
    with pytest.raises(OddFileError, match="larger than the 4 bytes"):
        read_file(tmp_path / "file", 4)
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "none")


def test_what_a_power_cut_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = ["takes.json", ".hidden", "takes.json.broken-20261128T000000Z", "a.12345678", ".profile.disabled"]
    long = f".{'x' * 100}.01234567"
    for name in (*kept, ".takes.json.abcd1_x9", ".first-light.json.00000000", ".writable.abcdefgh", long):
        (tmp_path / name).touch()
    (tmp_path / ".folder.abcdefgh").mkdir()
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*kept, ".folder.abcdefgh"])
    remove_leftovers(tmp_path / "none")


def test_files_of_the_future_are_young_but_not_for_ever(tmp_path: Path) -> None:
    now = time.time()
    stamps = {"late": 4e9, "old": now - 100, "young": now - 1, "later": 5e9, "first": 0}
    for name, stamp in stamps.items():
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (stamp, stamp))
    (tmp_path / "broken").symlink_to("nowhere")
    found = [path.name for path in oldest_first([*tmp_path.iterdir(), tmp_path / "gone"]) if path.name != "broken"]
    assert found == ["first", "old", "young", "late", "later"]
    (tmp_path / "new").touch()
    os.utime(tmp_path / "new", (now + 10, now + 10))
    again = [path.name for path in oldest_first(tmp_path.iterdir()) if path.name != "broken"]
    assert again == ["first", "old", "young", "late", "later", "new"]


def test_whether_a_file_could_be_written_is_known_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check_writable(tmp_path / "deep" / "down" / "learned.yaml")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError):
        check_writable(tmp_path / "file" / "learned.yaml")
    refusing(monkeypatch, "write", errno.ENOSPC)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        check_writable(tmp_path / "learned.yaml")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_small_file_takes_little_memory_however_large_it_might_be(tmp_path: Path) -> None:
    path = tmp_path / "small"
    path.write_bytes(b"abc")
    tracemalloc.start()
    try:
        assert read_file(path, 1 << 40) == b"abc"
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


def test_what_need_not_last_is_written_wholly_without_waiting_for_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    write_atomically(tmp_path / "kept", b"old")
    assert len(flushed) == 2, "the file and its folder"
    write_atomically(tmp_path / "kept", b"new", lasting=False)
    assert len(flushed) == 2
    assert (tmp_path / "kept").read_bytes() == b"new"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
