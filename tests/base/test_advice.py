"""What is advised where a file cannot be written helps against that very reason."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from reverie.advice import advice_on, is_full, mount_point, nearest
from reverie.files import OddFileError, write_atomically

HELPS = {
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "more room",
    errno.EROFS: "remount,rw",
    errno.EIO: "replace it",
    errno.ESTALE: "mount it again",
    errno.ENOTCONN: "mount it again",
    errno.EISDIR: "away, which is in its place",
    errno.ENOTDIR: "away, which is in its place",
    errno.ENOENT: "mount the disk",
    errno.ELOOP: "remove the link",
    errno.ENAMETOOLONG: "shorter name",
    errno.EBUSY: "another program holds it",
    errno.EMFILE: "LimitNOFILE",
    errno.ENOMEM: "see to the disk",
}


@pytest.mark.parametrize("number", HELPS)
def test_the_advice_fits_the_reason_and_sudo_is_named_only_where_it_helps(tmp_path: Path, number: int) -> None:
    advice = advice_on(OSError(number, os.strerror(number)), tmp_path / "not there" / "{odd}")
    assert HELPS[number] in advice
    assert "sudo" not in advice


def test_what_is_in_the_way_is_named_and_not_the_folder_around_it(tmp_path: Path) -> None:
    (tmp_path / "takes.json").mkdir()
    with pytest.raises(OddFileError) as caught:
        write_atomically(tmp_path / "takes.json", b"{}")
    assert advice_on(caught.value, tmp_path) == f"move {tmp_path / 'takes.json'} away, which is in its place"


def test_where_a_link_leads_nowhere_the_folder_that_is_missing_is_named(tmp_path: Path) -> None:
    (tmp_path / "takes.json").symlink_to(tmp_path / "disk" / "takes.json")
    with pytest.raises(FileNotFoundError) as caught:
        write_atomically(tmp_path / "takes.json", b"{}")
    assert advice_on(caught.value, tmp_path).startswith(f"make the folder {tmp_path / 'disk'}, or mount the disk")


def test_who_may_not_is_told_who_might(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = PermissionError(errno.EACCES, "Permission denied")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert "sudo" in advice_on(refused, tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert "sudo" not in advice_on(refused, tmp_path)
    assert "chattr -i" in advice_on(refused, tmp_path)


def test_a_full_disk_is_told_with_what_fills_it(tmp_path: Path) -> None:
    (tmp_path / "tape" / "deep").mkdir(parents=True)
    (tmp_path / "tape" / "deep" / "hour.mid").write_bytes(os.urandom(3_000_000))
    (tmp_path / "takes.json").write_bytes(b"{}")
    error = OSError(errno.ENOSPC, "No space left on device")
    assert is_full(error)
    assert f"the largest thing in {tmp_path} is tape (3 MB)" in advice_on(error, tmp_path / "none")


def test_a_path_is_found_as_far_as_it_is_there(tmp_path: Path) -> None:
    assert nearest(tmp_path / "a" / "b") == tmp_path
    assert mount_point(Path("/proc/self/status")) == Path("/proc")


@pytest.mark.parametrize("wanted", ["/not there", "/not there/state/takes.json", "{tmp}/not/there/takes.json"])
def test_nobody_is_told_to_open_the_folders_of_the_system_to_the_daemon(
    wanted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a home that does not exist, the nearest folder that does is the root of the system."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    path = Path(wanted.format(tmp=tmp_path))
    advice = advice_on(PermissionError(errno.EACCES, "Permission denied"), path)
    missing = tmp_path / "not" if "tmp" in wanted else Path("/not there")
    assert f"there is no {missing}: make that folder for the user " in advice
    assert f"sudo install -d -o 1000 {missing}" in advice
    assert " write /," not in advice


def test_a_file_that_may_not_be_made_names_its_folder_and_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 65534)
    monkeypatch.setattr("reverie.advice.getpass.getuser", lambda: "nobody")
    advice = advice_on(PermissionError(errno.EACCES, "Permission denied"), tmp_path / "takes.json")
    assert advice.startswith(f"let the user nobody write {tmp_path}, by `sudo chown`")
