"""The reboot that install.md offers as a last resort: once a day at most, and Reverie is started again after it."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.real

ROOT = Path(__file__).parents[2]
MANAGER = Path(__file__).with_name("private_manager.sh")
NAMESPACES_MISSING = 77


def written() -> tuple[str, str]:
    """The drop-in and the unit, as the page has them."""
    page = (ROOT / "docs" / "how-to" / "install.md").read_text()
    section = page.partition("## A reboot as the last resort")[2]
    drop_in, unit, *_ = re.findall(r"```ini\n(.*?)```", section, re.DOTALL)
    return drop_in, unit


def machine(folder: Path, up: int = 3600) -> Path:
    """What the kernel says of how long it has been up."""
    uptime = folder / "uptime"
    uptime.write_text(f"{up}.25 100.00\n")
    return uptime


def fail(folder: Path, state: Path, *, up: int = 3600, on: str = "ext4") -> list[str]:
    """What is done when Reverie cannot live on a machine that has been up so long, with its state on such a disk."""
    script = re.search(r"ExecStart=/bin/sh -c '(.*)'", written()[1], re.DOTALL)
    assert script is not None
    text = script[1].replace("\\\n", " ").replace("/proc/uptime", str(machine(folder, up)))
    done = folder / "done"
    done.write_text("")
    fakes = (
        f'systemctl() {{ echo "$*" >> {done}; }}; sleep() {{ echo "wait $*" >> {done}; }}; findmnt() {{ echo {on}; }}; '
    )
    text = fakes + text.replace("state=/var/lib/reverie", f"state={state}")
    subprocess.run(["/bin/sh", "-c", text], check=True, capture_output=True, timeout=30)
    return done.read_text().splitlines()


AGAIN = ["wait 600", "reset-failed reverie.service", "--no-block start reverie.service"]


def test_it_reboots_once_a_day_by_a_mark(tmp_path: Path) -> None:
    assert fail(tmp_path, tmp_path) == ["reboot", *AGAIN], "should the reboot be refused, it is started again"
    assert fail(tmp_path, tmp_path) == AGAIN
    yesterday = time.time() - 86460
    os.utime(tmp_path / "rebooted", (yesterday, yesterday))
    assert fail(tmp_path, tmp_path) == ["reboot", *AGAIN]
    assert fail(tmp_path, tmp_path) == AGAIN


def test_it_rebooted_again_and_again_where_the_mark_could_not_be_written(tmp_path: Path) -> None:
    gone = Path("/proc/nowhere")
    assert fail(tmp_path, gone) == AGAIN
    assert fail(tmp_path, gone, up=86399) == AGAIN
    assert fail(tmp_path, gone, up=86400) == ["reboot", *AGAIN], "once a day does no harm"


@pytest.mark.parametrize("system", ["overlay", "tmpfs", "ramfs", ""])
def test_it_rebooted_again_and_again_where_the_mark_was_forgotten_with_each_reboot(tmp_path: Path, system: str) -> None:
    assert fail(tmp_path, tmp_path, on=system) == AGAIN
    assert not (tmp_path / "rebooted").exists()
    assert fail(tmp_path, tmp_path, on=system, up=100_000) == ["reboot", *AGAIN]


def test_a_service_that_cannot_live_reboots_once_and_is_then_started_again_and_again(tmp_path: Path) -> None:
    drop_in, unit = written()
    starts, reboots = tmp_path / "starts", tmp_path / "reboots"
    service = (
        f"[Service]\nType=simple\nExecStart=/bin/sh -c 'echo x >> {starts}; exit 1'\nRestart=always\nRestartSec=0\n"
    )
    (tmp_path / "reverie.service").write_text(drop_in.replace("StartLimitBurst=15", "StartLimitBurst=3") + service)
    unit = unit.replace("systemctl reboot", f"echo x >> {reboots}; systemctl start reverie-again.service; exit")
    unit = unit.replace("state=/var/lib/reverie", f"state={tmp_path}").replace("sleep 600", "sleep 1")
    unit = unit.replace("/proc/uptime", str(machine(tmp_path))).replace("$(findmnt -nvo FSTYPE -T $state)", "ext4")
    unit = unit.replace("systemctl ", "systemctl --user --no-block ")
    (tmp_path / "reverie-last-resort.service").write_text(unit)
    again = "systemctl --user reset-failed reverie.service; systemctl --user --no-block start reverie.service"
    (tmp_path / "reverie-again.service").write_text(
        f"[Service]\nType=oneshot\nExecStart=/bin/sh -c 'sleep 1; {again}'\n"  # in place of the machine that boots
    )
    script = (
        "systemctl --user start reverie\n"
        f"for _ in $(seq 300); do [ $(cat {starts} 2>/dev/null | wc -l) -ge 9 ] && exit; sleep 0.1; done; exit 1"
    )
    ran = subprocess.run([MANAGER, tmp_path, "bash", "-c", script], capture_output=True, text=True, check=False)
    if ran.returncode == NAMESPACES_MISSING:
        pytest.skip(f"no private systemd here: {ran.stderr.strip()}")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert reboots.read_text().count("x") == 1
    assert starts.read_text().count("x") >= 9, "three starts, a reboot, three more, and after a while again"
