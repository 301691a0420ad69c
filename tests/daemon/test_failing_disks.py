"""A real disk under the real daemon is full, or goes read-only as a broken card does: music, one sentence, recovery."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.daemon import Daemon
from fakes.fault_matrix import page_row
from fakes.jack import wait_until
from fakes.lights import Lights

pytestmark = pytest.mark.real

LONG = 90.0
"""Seconds until a store that is written seldom has tried."""


class Card:
    """A small ext4 of its own, mounted where the state of a daemon lies."""

    def __init__(self, image: Path, place: Path) -> None:
        self.place = place
        with image.open("wb") as file:
            file.truncate(24 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=True)
        place.mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-o", "loop", str(image), str(place)], check=True)

    def take_out(self) -> None:
        """Whoever has a file open there keeps it, and cannot write it any more."""
        subprocess.run(["umount", "--lazy", str(self.place)], check=True)

    def fill(self) -> Path:
        """Write until it takes no more."""
        filler = self.place / "filler"
        with filler.open("wb", buffering=0) as file:
            for size in (1 << 20, 4096, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue
        return filler

    def fail(self) -> None:
        """Have the kernel give the file system up, as after an error of the disk: it is read-only from now on."""
        subprocess.run(["mount", "-o", "remount,abort", str(self.place)], check=True)


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Callable[[Path], Card]]:
    if os.geteuid() != 0 or shutil.which("mkfs.ext4") is None:
        pytest.skip("to mount a file system needs root and mkfs.ext4")
    cards: list[Card] = []

    def make(place: Path) -> Card:
        cards.append(Card(tmp_path / f"card{len(cards)}.img", place))
        return cards[-1]

    yield make
    for one in cards:
        while one.place.is_mount():
            one.take_out()


def advice(daemon: Daemon) -> dict[str, str]:
    """What is advised now, by the id of the fault; of those about disks."""
    mine = ("state-", "history-", "novelty-", "tape-", "moment-", "control-unrecorded")
    return {one["id"]: one["advice"] for one in daemon.status()["faults"] if one["id"].startswith(mine)}


def plays_on(daemon: Daemon) -> None:
    bars = daemon.metric("reverie_bars_played_total")
    wait_until(lambda: daemon.metric("reverie_bars_played_total") >= bars + 4)
    assert daemon.status()["alive"]["ok"]


def use(daemon: Daemon, value: float) -> None:
    """People do what is to be written: a control, and a moment."""
    assert daemon.run("do", "volume", "--to", str(value)).returncode == 0
    daemon.run("moment", "keep")


@pytest.mark.slow
def test_a_full_disk_costs_no_note_is_told_with_what_to_delete_and_is_over_once_there_is_room(
    lights: Lights, make_daemon: Callable[..., Daemon], card: Callable[[Path], Card]
) -> None:
    daemon = make_daemon(lights.slots, storage={"flush": 2})
    disk = card(daemon.state)
    daemon.start()
    daemon.wait_for_models()
    filler = disk.fill()
    use(daemon, 0.5)
    wait_until(lambda: {"state-unwritable", "tape-unwritable", "moment-unkept"} <= advice(daemon).keys(), LONG)
    plays_on(daemon)
    for told in advice(daemon).values():
        assert told.startswith("Make room on the disk of "), told
    assert f"the largest thing in {daemon.state} is filler" in advice(daemon)["state-unwritable"]
    assert page_row("disk full").advises(advice(daemon)["state-unwritable"])
    filler.unlink()
    use(daemon, 0.6)
    wait_until(lambda: advice(daemon) == {}, LONG)
    plays_on(daemon)
    lights.assert_every_bar_sounded(12)
    assert daemon.stop()[0] == 0
    assert "Traceback" not in daemon.log.read_text()
    assert daemon.run("history", "check").returncode == 0
    assert "state-unwritable" in daemon.run("history", "--kind", "mended").stdout
    assert len(daemon.run("moment", "list").stdout.splitlines()) >= 1


@pytest.mark.slow
def test_a_disk_that_goes_read_only_costs_no_note_is_told_and_is_over_once_another_is_mounted(
    lights: Lights, make_daemon: Callable[..., Daemon], card: Callable[[Path], Card]
) -> None:
    daemon = make_daemon(lights.slots, storage={"flush": 2})
    disk = card(daemon.state)
    daemon.start()
    daemon.wait_for_models()
    disk.fail()
    use(daemon, 0.5)
    kinds = {"state-unwritable", "tape-unwritable", "history-unkept", "novelty-unkept"}
    wait_until(lambda: kinds <= advice(daemon).keys(), LONG)
    plays_on(daemon)
    remount = f"Its file system is mounted read-only: `mount -o remount,rw {daemon.state}` as root"
    damaged = f"Its file system is damaged: unmount {daemon.state}, run `fsck`, or replace the disk"
    told = advice(daemon)
    assert set(told.values()) <= {*(one for one in told.values() if one.startswith(remount)), damaged}
    assert told["state-unwritable"].startswith(remount)
    assert page_row("disk read-only").advises(told["state-unwritable"])
    disk.take_out()
    card(daemon.state)
    wait_until((daemon.state / "daemon.socket").is_socket)
    use(daemon, 0.6)
    wait_until(lambda: advice(daemon) == {}, LONG)
    plays_on(daemon)
    lights.assert_every_bar_sounded(12)
    assert daemon.stop()[0] == 0
    assert "Traceback" not in daemon.log.read_text()
    assert daemon.run("history", "check").returncode == 0
    assert list((daemon.state / "tape").glob("*.mid"))
