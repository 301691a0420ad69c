"""An installation goes into one file and comes back, on this box or another, and nothing in between is half done."""

from __future__ import annotations

import contextlib
import errno
import io
import json
import os
import shutil
import socket
import sqlite3
import stat
import tarfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fakes.hand_clock import HandClock
from fakes.moments import moment
from reverie.bus import Bus
from reverie.cli.main import main
from reverie.conductor.keeping import restoring
from reverie.conductor.keeping.backup_archive import MANIFEST, STAGED, BackupError, make_backup
from reverie.conductor.keeping.backup_parts import ASIDE
from reverie.conductor.keeping.restoring import check_backup, restore, undo_unfinished
from reverie.conductor.run import _undo_unfinished
from reverie.conductor.single_instance import Alone, AlreadyRunsError
from reverie.history.box import Box, box_of
from reverie.history.history_reader import mistakes, read_entries
from reverie.history.history_store import HistoryStore
from reverie.history.moment_store import MomentStore
from reverie.history.sqlite_file import beside
from reverie.site.load import load_site
from reverie.site.schema import Site
from reverie.watch.faults import Faults
from reverie.watch.happenings import ControlUsed, Moment

SITE = """
scene: dusk
scenes: [own]
state: state
page: {artist_token_file: tokens/artist}
"""
ROOM = """
room: {lead: true, token_file: state/room-token}
notify: {channels: {crew: {url_file: state/keys/notify-crew}}}
mqtt: {host: broker.local, username: hall, password_file: own/mqtt-password.yaml}
"""
SOUNDING = """
name: dusk
title: one
voices: {lead: {pattern: {file: riffs/riff.mid}}}
timbres:
  beast:
    sources: {cat: {file: sounds/cat.wav}, hum: hum.wav, far: ../far/kick.wav, drums: {kit: {kick: shipped:kick}}}
"""
LEARNED = "controls: {loudness: {action: volume, cc: 7}}\n"


class House:
    """An installation in a folder."""

    def __init__(self, folder: Path, scene: str = "one") -> None:
        self.folder = folder
        self.config = folder / "etc" / "reverie.yaml"
        self.state = folder / "etc" / "state"
        self.write("etc/reverie.yaml", SITE)
        self.write("etc/learned.yaml", LEARNED)
        self.write("etc/own/dusk.yaml", f"name: dusk\ntitle: {scene}\n")
        self.write("etc/state/takes.json", json.dumps({"version": 1, "takes": {scene: 3}}))
        self.write("etc/state/loops/dusk.json", "{}")
        self.write("etc/state/tape/2026-11-22T14.mid", "MThd")
        self.write("etc/state/ledger/main.ledger", "x" * 100)
        self.write("etc/state/models/own.safetensors", scene)
        store = MomentStore(self.state / "moments", 200)
        store.keep(moment(len(scene)))
        store.write()
        self.history(f"was at {scene}")

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def history(self, *wanted: str) -> None:
        bus = Bus()
        store = HistoryStore(
            self.state / "history.sqlite", Faults(), HandClock(), quota=10**8, flush=1.0, version="0.1.0"
        )
        store.subscribe_to(bus)
        for one in wanted:
            bus.publish(ControlUsed(Moment(0.0, 0.0), one, "test", one))
        store.close()

    @property
    def site(self) -> Site:
        return load_site(self.config)

    def backup(self, out: Path, version: str = "0.1.0") -> Path:
        make_backup(out, self.site, self.config, box_of(self.state), version, {})
        return out

    def restore(self, path: Path, name: str | None = None) -> restoring.Restored:
        return restore(path, check_backup(path), self.config, self.state, name=name)

    @property
    def files(self) -> Mapping[str, bytes]:
        """All there is, but what was put aside, and what only whoever has the folder has."""
        found = {
            one.relative_to(self.folder).as_posix(): one for one in sorted(self.folder.rglob("*")) if one.is_file()
        }
        return {
            name: one.read_bytes()
            for name, one in found.items()
            if ASIDE not in name and not name.endswith(("-wal", "-shm", "/lock"))
        }

    @property
    def controls(self) -> list[str]:
        return [one.name for one in read_entries(self.state / "history.sqlite", kinds=["control"])]


@pytest.fixture
def first(tmp_path: Path) -> House:
    return House(tmp_path / "first", "one")


@pytest.fixture
def second(tmp_path: Path) -> House:
    return House(tmp_path / "second", "another")


@pytest.fixture
def backup(first: House, tmp_path: Path) -> Path:
    return first.backup(tmp_path / "one.tar.gz")


def test_all_that_cannot_be_made_again_comes_back_and_what_was_there_lies_aside(
    first: House, second: House, backup: Path
) -> None:
    before, box = second.files, box_of(first.state)
    done = second.restore(backup)
    for name in ("etc/reverie.yaml", "etc/learned.yaml", "etc/own/dusk.yaml", "etc/state/takes.json"):
        assert second.files[name] == first.files[name]
    assert second.controls == ["was at one"]
    assert [one["id"] for one in MomentStore(second.state / "moments", 9).headings()] == [moment(3).name]
    assert box_of(second.state) == box, "it is the same box, in another machine"
    assert second.files["etc/state/tape/2026-11-22T14.mid"] == b"MThd", "the tape stays"
    assert second.files["etc/state/models/own.safetensors"] == b"another"
    aside = {path.name: path for folder in done.aside for path in folder.rglob("*") if path.is_file()}
    assert aside["takes.json"].read_bytes() == before["etc/state/takes.json"]
    assert aside["reverie.yaml"].read_bytes() == before["etc/reverie.yaml"]
    assert aside["dusk.yaml"].read_bytes() == before["etc/own/dusk.yaml"]
    assert aside[f"{moment(7).name}.json"].read_bytes() == before[f"etc/state/moments/{moment(7).name}.json"]
    assert not list(second.folder.rglob(f"{STAGED}*"))


def test_a_clone_is_another_box_with_its_own_name(first: House, second: House, backup: Path) -> None:
    second.restore(backup, name="hall two")
    there, here = box_of(first.state), box_of(second.state)
    assert here.name == "hall two"
    assert here.id != there.id


def test_it_goes_where_there_is_nothing_yet(first: House, backup: Path, tmp_path: Path) -> None:
    config = tmp_path / "new" / "site.yaml"
    done = restore(backup, check_backup(backup), config, tmp_path / "unused")
    assert config.read_text() == SITE
    assert (config.parent / "state" / "takes.json").read_bytes() == first.files["etc/state/takes.json"]
    assert done.aside == ()


def test_secrets_and_what_is_made_again_stay_out(first: House, backup: Path, tmp_path: Path) -> None:
    first.write("etc/tokens/artist", "very secret")
    report = make_backup(tmp_path / "b", first.site, first.config, Box.new(), "0.1.0", {})
    assert any("tokens/artist (page.artist_token_file) is a secret" in one for one in report.left_out)
    with tarfile.open(tmp_path / "b") as tar:
        names = tar.getnames()
        assert not any(part in name for name in names for part in ("token", "tape", "ledger", "models/"))
        assert names[-1] == MANIFEST


def test_after_a_power_cut_a_stick_had_the_name_of_a_backup_and_not_its_bytes(
    first: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[tuple[Path, int, bool]] = []
    out = tmp_path / "stick" / "hall.tar.gz"
    out.parent.mkdir()

    def keep(descriptor: int) -> None:
        kept.append((Path(f"/proc/self/fd/{descriptor}").resolve(), os.fstat(descriptor).st_size, out.exists()))

    monkeypatch.setattr(os, "fsync", keep)
    report = make_backup(out, first.site, first.config, Box.new(), "0.1.0", {})
    there = [one for one in kept if out.parent in (one[0], one[0].parent)]
    assert there[0][1:] == (report.size, False), "all bytes are on the disk before they have the name"
    assert (there[-1][0], there[-1][2]) == (out.parent, True), "and then the name is"


def test_a_stick_that_does_not_keep_a_backup_is_told_and_the_one_before_stays(
    first: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_backup(out := tmp_path / "hall.tar.gz", first.site, first.config, Box.new(), "0.1.0", {})
    before = out.read_bytes()

    def fails(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OSError, match="Input/output error"):
        make_backup(out, first.site, first.config, Box.new(), "0.1.0", {})
    assert out.read_bytes() == before
    assert not list(tmp_path.glob(".*hall.tar.gz*"))


def names_of(backup: Path) -> set[str]:
    with tarfile.open(backup) as tar:
        return set(tar.getnames())


def test_secrets_that_lie_in_the_state_or_beside_scenes_are_in_no_backup_and_stay_where_they_are(
    first: House, second: House, tmp_path: Path
) -> None:
    for house, token in (first, "one"), (second, "another"):
        house.write("etc/reverie.yaml", SITE + ROOM)
        house.write("etc/state/room-token", token)
        house.write("etc/state/keys/notify-crew", token)
        house.write("etc/state/keys/seen.json", token)
        house.write("etc/own/mqtt-password.yaml", token)
    (first.folder / "etc/tokens").mkdir()
    (first.folder / "etc/tokens/artist").symlink_to("../state/artist-token")
    first.write("etc/state/artist-token", "one")
    report = make_backup(out := tmp_path / "b.tar.gz", first.site, first.config, Box.new(), "0.1.0", {})
    secrets = ("room-token", "notify-crew", "mqtt-password", "artist")
    assert not [name for name in names_of(out) if any(one in name for one in secrets)]
    assert [any(one in said and "is a secret" in said for said in report.left_out) for one in secrets] == [True] * 4
    second.restore(out)
    assert second.files["etc/state/room-token"] == b"another"
    assert second.files["etc/state/keys/notify-crew"] == b"another"
    assert second.files["etc/state/keys/seen.json"] == b"one"


def test_where_the_music_stood_unsent_messages_and_sockets_go_on_nowhere_else(first: House, tmp_path: Path) -> None:
    for name in "standing.json", "notices.json":
        first.write(f"etc/state/{name}", "{}")
    with socket.socket(socket.AF_UNIX) as room:
        room.bind(os.path.relpath(first.state / "room.sock"))
        report = make_backup(out := tmp_path / "b.tar.gz", first.site, first.config, Box.new(), "0.1.0", {})
    assert not names_of(out) & {"state/standing.json", "state/notices.json"}
    assert not [said for said in report.left_out if "room.sock" in said]


def test_what_scenes_name_comes_along_and_what_else_lies_there_is_told(
    first: House, second: House, tmp_path: Path
) -> None:
    """A scene came back without its riff and its sounds, and could not be played."""
    first.write("etc/own/dusk.yaml", SOUNDING)
    for name in ("own/riffs/riff.mid", "own/sounds/cat.wav", "own/hum.wav", "far/kick.wav", "own/notes.txt"):
        first.write(f"etc/{name}", f"one {name}")
    second.write("etc/own/sounds/dog.wav", "another's")
    report = make_backup(out := tmp_path / "b.tar.gz", first.site, first.config, Box.new(), "0.1.0", {})
    assert {name for name in names_of(out) if name.startswith("scenes")} == {
        f"scenes/0/{name}" for name in ("dusk.yaml", "riffs/riff.mid", "sounds/cat.wav", "hum.wav")
    }
    assert any("kick.wav (0.0 MB), which dusk.yaml names, lies beyond" in said for said in report.left_out)
    assert any("(0.0 MB) no scene names, such as notes.txt" in said for said in report.left_out)
    second.restore(out)
    assert second.files["etc/own/riffs/riff.mid"] == b"one own/riffs/riff.mid"
    assert second.files["etc/own/sounds/cat.wav"] == b"one own/sounds/cat.wav"
    assert second.files["etc/own/sounds/dog.wav"] == b"another's", "what the backup does not have stays"
    assert not list(second.folder.rglob(f"{STAGED}*"))


def test_a_history_that_is_written_meanwhile_is_whole_in_the_backup(first: House, tmp_path: Path) -> None:
    bus, over = Bus(), threading.Event()
    store = HistoryStore(first.state / "history.sqlite", Faults(), HandClock(), quota=10**8, flush=0, version="0.1.0")
    store.subscribe_to(bus)

    def write() -> None:
        while not over.is_set():
            bus.publish(ControlUsed(Moment(0.0, 0.0), "next", "test", "x" * 500))
            store.write_now()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            first.backup(tmp_path / f"{number}.tar.gz")
    finally:
        over.set()
        writer.join()
        store.close()
    for number in range(5):
        config = tmp_path / f"to{number}" / "reverie.yaml"
        restore(path := tmp_path / f"{number}.tar.gz", check_backup(path), config, tmp_path / "unused")
        assert mistakes(config.parent / "state" / "history.sqlite") == []


@pytest.mark.parametrize("place", [0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_one_damaged_byte_is_found_before_anything_is_changed(second: House, backup: Path, place: float) -> None:
    data, before = bytearray(backup.read_bytes()), second.files
    data[round(place * (len(data) - 1))] ^= 0x55
    backup.write_bytes(bytes(data))
    with pytest.raises(BackupError, match=r"whole|damaged|no backup"):
        check_backup(backup)
    assert second.files == before


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 0.99])
def test_a_backup_that_is_cut_off_is_told(backup: Path, share: float) -> None:
    data = backup.read_bytes()
    backup.write_bytes(data[: round(len(data) * share)])
    with pytest.raises(BackupError, match="whole"):
        check_backup(backup)


def rewritten(backup: Path, **said: Any) -> None:
    """Have the manifest say something else."""
    with tarfile.open(backup) as tar:
        parts = [(member, file.read()) for member in tar if (file := tar.extractfile(member))]
    with tarfile.open(backup, "w:gz") as tar:
        for member, data in parts:
            written = json.dumps(json.loads(data) | said).encode() if member.name == MANIFEST else data
            member.size = len(written)
            tar.addfile(member, io.BytesIO(written))


def test_a_backup_of_a_later_generation_is_refused_and_one_of_a_later_step_is_read(backup: Path) -> None:
    rewritten(backup, format=2, weather="fog")
    assert check_backup(backup).version == "0.1.0"
    rewritten(backup, format=1001, version="2.0.0")
    with pytest.raises(BackupError, match=r"made by Reverie 2\.0\.0.*install Reverie 2\.0\.0 or later first"):
        check_backup(backup)
    rewritten(backup, format="one")
    with pytest.raises(BackupError, match="does not read"):
        check_backup(backup)


@pytest.mark.parametrize("odd", ["../out", "/etc/passwd", "state/../../out", "state", "elsewhere/file"])
def test_what_no_backup_has_is_refused(tmp_path: Path, odd: str) -> None:
    path = tmp_path / "odd.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo(odd)
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(BackupError, match="no backup of Reverie"):
        check_backup(path)


def test_a_link_in_a_backup_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        info = tarfile.TarInfo("state/link")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(info)
    with pytest.raises(BackupError, match="no backup of Reverie"):
        check_backup(path)


def test_a_configuration_that_is_at_fault_here_changes_nothing(first: House, second: House, tmp_path: Path) -> None:
    site = first.site
    first.write("etc/reverie.yaml", SITE + "tempo: 90\n")
    make_backup(tmp_path / "b.tar.gz", site, first.config, Box.new(), "0.1.0", {})
    before = second.files
    with pytest.raises(BackupError, match="tempo"):
        second.restore(tmp_path / "b.tar.gz")
    assert second.files == before


def test_nothing_is_put_under_a_daemon_that_runs(second: House, backup: Path) -> None:
    before = second.files
    with Alone(second.state, Faults()), pytest.raises(AlreadyRunsError):
        second.restore(backup)
    assert second.files == before


class Renames:
    """Has the N-th rename of a restore fail, as a disk does, or as a power cut."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = -1
        self.error: BaseException = OSError(5, "Input/output error")
        self._rename = Path.rename

        def rename(path: Path, target: Path) -> Path:
            return self._counted(path, target)

        monkeypatch.setattr(Path, "rename", rename)

    def _counted(self, path: Path, target: Path) -> Path:
        self.left -= 1
        if self.left == 0:
            raise self.error
        return self._rename(path, target)


def test_whichever_rename_fails_all_is_as_it_was(second: House, backup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, renames, refused = second.files, Renames(monkeypatch), 0
    for number in range(1, 40):
        renames.left = number
        try:
            second.restore(backup)
        except OSError:
            refused += 1
            assert second.files == before, number
        else:
            break
    assert refused >= 10
    assert second.controls == ["was at one"]


def test_whenever_the_power_is_cut_the_next_start_undoes_what_was_begun(
    second: House, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PowerCutError(BaseException):
        pass

    before, renames = second.files, Renames(monkeypatch)
    renames.error = PowerCutError()
    cuts, remove = 0, shutil.rmtree

    def undo(state: Path) -> bool:
        """What a machine without power does not do."""
        if renames.left <= 0:
            raise PowerCutError
        return undo_unfinished(state)

    monkeypatch.setattr(restoring, "undo_unfinished", undo)
    for number in range(1, 40):
        renames.left = number
        monkeypatch.setattr(restoring.shutil, "rmtree", lambda *_, **__: None)
        try:
            second.restore(backup)
        except PowerCutError:
            cuts += 1
            monkeypatch.setattr(restoring.shutil, "rmtree", remove)
            assert undo_unfinished(second.state)
            assert second.files == before, number
        else:
            break
    monkeypatch.setattr(restoring.shutil, "rmtree", remove)
    assert cuts >= 10


def test_whoever_breaks_a_restore_off_left_half_of_it_and_no_way_back(
    second: House, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, renames, broken_off = second.files, Renames(monkeypatch), 0
    renames.error = KeyboardInterrupt()
    for number in range(1, 40):
        renames.left = number
        try:
            second.restore(backup)
        except KeyboardInterrupt:
            broken_off += 1
            assert second.files == before, number
        else:
            break
    assert broken_off >= 10


def test_a_service_that_may_not_undo_a_restore_undid_half_of_it_and_told_nobody(
    second: House, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, renames, faults = second.files, Renames(monkeypatch), Faults()
    with monkeypatch.context() as patch:
        patch.setattr(restoring.shutil, "rmtree", lambda *_, **__: None)
        patch.setattr(restoring, "undo_unfinished", lambda _: renames.left <= 0 and 1 / 0)
        renames.left, renames.error = 5, KeyboardInterrupt()
        with pytest.raises(ZeroDivisionError):
            second.restore(backup)
    half = second.files
    assert half != before
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda folder, _: Path(folder) != second.config.parent)
        _undo_unfinished(second.state, faults)
    assert second.files == half
    [fault] = faults.active
    assert fault.id == "state-unreadable"
    assert "sudo reverie restore FILE" in fault.advice
    _undo_unfinished(second.state, faults)
    assert second.files == before


def test_a_folder_that_takes_nothing_kept_all_others_from_being_as_before(
    second: House, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, rename, closed = second.files, Path.rename, second.config.parent / "own"

    def refuse(path: Path, target: Path) -> Path:
        if closed in (path.parent, target.parent):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", refuse)
    monkeypatch.setattr(os, "access", lambda folder, _: Path(folder) != closed)
    with pytest.raises(PermissionError):
        second.restore(backup)
    assert second.files == before
    assert not [*second.state.glob(f"{STAGED}*")]


def test_what_an_unclean_end_had_left_was_carried_over_into_the_database_that_was_put_back(
    second: House, backup: Path, tmp_path: Path
) -> None:
    """SQLite believes what lies beside a file, whichever file that is."""
    database, kept = second.state / "history.sqlite", tmp_path / "as it was killed"
    kept.mkdir()
    with contextlib.closing(sqlite3.connect(database)) as file:
        file.execute("PRAGMA journal_mode = WAL")
        rows = [(1.0, "control", f"later {number}", "", "", "") for number in range(600)]
        file.executemany("INSERT INTO entries (at, kind, name, about, recipe, text) VALUES (?, ?, ?, ?, ?, ?)", rows)
        file.commit()
        for one in (database, *beside(database)):
            shutil.copy(one, kept)
    for one in kept.iterdir():
        shutil.copy(one, second.state)
    assert beside(database)
    done = second.restore(backup)
    assert second.controls == ["was at one"]
    assert mistakes(database) == []
    [aside] = [folder for folder in done.aside if folder.parent == second.state]
    assert len([*read_entries(aside / "history.sqlite", kinds=["control"])]) == 601, "nor is that lost"


def test_what_root_put_back_under_a_strict_umask_was_closed_to_the_service(
    second: House, backup: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(second.config.parent / "own")
    second.config.parent.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    before = os.umask(0o077)
    try:
        second.restore(backup)
    finally:
        os.umask(before)
    scene = second.config.parent / "own" / "dusk.yaml"
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (second.config, scene, scene.parent)]
    assert modes == [0o644, 0o644, 0o755]


def test_the_commands_say_what_they_did(
    first: House, second: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "c.tar.gz"
    assert main(["backup", str(out), "--config", str(first.config)]) == 0
    said = capsys.readouterr()
    assert said.out.startswith(f"{out}: ")
    assert said.out.endswith(f", of {first.config} and {first.state}\n"), "a checkout's own would be packed unseen"
    assert "is a secret: copy it by hand" in said.err
    before = second.files
    assert main(["restore", str(out), "--check", "--config", str(second.config)]) == 0
    assert f"{out} is whole: of " in capsys.readouterr().out
    assert second.files == before
    assert main(["restore", str(out), "--as", "hall two", "--config", str(second.config)]) == 0
    told = capsys.readouterr().out
    assert f"are restored as hall two, for {second.config} and {second.state};" in told
    assert "What was there lies in " in told
    assert second.controls == ["was at one"]
    (tmp_path / "junk").write_bytes(os.urandom(5000))
    assert main(["restore", str(tmp_path / "junk"), "--config", str(second.config)]) == 1
    assert "no whole backup of Reverie" in capsys.readouterr().err
