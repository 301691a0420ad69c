"""Banks in a folder that a sampler watches: always whole, always one, and the one before stays."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from pythonosc.osc_message import OscMessage

from fakes.banks import make_bank
from fakes.patience import PATIENCE
from reverie.timbre.bank.bank import CARD, read_bank
from reverie.timbre.bank.folder_delivery import ADDRESS, CURRENT, BankNotice, deliver, tell
from reverie.timbre.errors import TimbreError


@pytest.fixture
def share(tmp_path: Path) -> Path:
    (tmp_path / "share").mkdir()
    return tmp_path / "share" / "creature"


def refusing(number: int) -> Callable[..., None]:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def versions(target: Path) -> list[str]:
    return sorted(path.name for path in target.iterdir() if path.name != CURRENT)


def test_current_is_the_bank_that_was_delivered_last(share: Path, tmp_path: Path) -> None:
    for seed in range(3):
        bank = make_bank(tmp_path / "cache", seed)
        home = deliver(bank.folder, share, 3)
        assert read_bank(share / CURRENT).id == read_bank(home).id == bank.id
    assert (share / CURRENT).is_symlink()
    assert len(versions(share)) == 3


def test_old_banks_go_but_never_the_one_that_was_in_use_until_now(share: Path, tmp_path: Path) -> None:
    banks = [make_bank(tmp_path / "cache", seed) for seed in range(3)]
    for bank in (*banks, banks[0], banks[2]):
        before = (share / CURRENT).readlink().name if share.exists() else None
        deliver(bank.folder, share, 1)
        assert len(versions(share)) <= 2
        assert before is None or before in versions(share)


def test_the_same_bank_again_changes_nothing(share: Path, tmp_path: Path) -> None:
    bank = make_bank(tmp_path / "cache", 1)
    first = deliver(bank.folder, share, 3)
    moment = first.stat().st_mtime_ns
    assert deliver(bank.folder, share, 3) == first
    assert first.stat().st_mtime_ns == moment


def test_where_there_are_no_links_a_folder_takes_its_place(
    share: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "symlink_to", refusing(errno.EPERM))
    banks = [make_bank(tmp_path / "cache", seed) for seed in range(3)]
    for bank in (*banks, banks[0], banks[0]):
        assert deliver(bank.folder, share, 1) == share / CURRENT
        assert not (share / CURRENT).is_symlink()
        assert read_bank(share / CURRENT).id == bank.id
    assert versions(share) == [banks[2].id[:12]]


def test_a_disk_that_is_full_leaves_what_was_there(
    share: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (make_bank(tmp_path / "cache", seed) for seed in range(2))
    deliver(first.folder, share, 3)
    monkeypatch.setattr("reverie.timbre.bank.folder_delivery.os.fsync", refusing(errno.ENOSPC))
    with pytest.raises(TimbreError, match="there is no room for another bank"):
        deliver(second.folder, share, 3)
    assert read_bank(share / CURRENT).id == first.id
    assert versions(share) == [first.id[:12]]


def test_what_a_death_left_half_is_cleared_away(share: Path, tmp_path: Path) -> None:
    bank = make_bank(tmp_path / "cache", 1)
    for half in (share / ".0123456789ab.part", share / bank.id[:12]):
        half.mkdir(parents=True)
        (half / CARD).write_text("{")
    deliver(bank.folder, share, 3)
    assert read_bank(share / CURRENT).id == bank.id
    assert versions(share) == [bank.id[:12]]


def test_a_share_that_is_not_mounted_is_told(tmp_path: Path) -> None:
    bank = make_bank(tmp_path / "cache", 1)
    with pytest.raises(TimbreError, match="mount the share"):
        deliver(bank.folder, tmp_path / "gone" / "creature", 3)
    assert not (tmp_path / "gone").exists()


def test_a_damaged_bank_is_not_delivered(share: Path, tmp_path: Path) -> None:
    bank = make_bank(tmp_path / "cache", 1)
    bank.soundfont.write_bytes(b"")
    with pytest.raises(TimbreError, match="cannot be delivered"):
        deliver(bank.folder, share, 3)
    assert not share.exists()


def test_osc_says_all_of_it() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        news = BankNotice("dream", "creature", "lead", 4, "abc", Path("/banks/abc"), 3, 1)
        tell(listener.getsockname(), news)
        message = OscMessage(listener.recv(1024))
    assert message.address == ADDRESS
    assert message.params == ["dream", "creature", "lead", 4, "abc", "/banks/abc", 3, 1]


def test_a_listener_that_is_nowhere_is_told() -> None:
    with pytest.raises(TimbreError, match="cannot be told"):
        tell(("nowhere.invalid", 9), BankNotice("dream", "creature", "lead", 4, "abc", Path("/banks/abc"), 3))


def test_who_reads_by_path_while_banks_are_exchanged_never_has_samples_of_two(share: Path, tmp_path: Path) -> None:
    first, second = (make_bank(tmp_path / "cache", seed) for seed in (1, 2))
    deliver(first.folder, share, 3)
    wanted = [share / CURRENT / sample.name for sample in first.samples]
    assert all(path.exists() for path in wanted)
    deliver(second.folder, share, 3)
    assert not any(path.exists() for path in wanted)
    assert all((share / CURRENT / sample.name).exists() for sample in second.samples)
