"""Folders that cannot be entered cost what is in them, and never the music."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fakes.daemon import Daemon
from fakes.jack import wait_until
from fakes.permissions import OBEYING
from reverie.places import scenes_folder

pytestmark = pytest.mark.real

NOWHERE = {"main": {"kind": "port", "match": "no such port", "api": "jack"}}
MakeDaemon = Callable[..., Daemon]


def start(daemon: Daemon, *before: str, **environment: str) -> None:
    with daemon.log.open("ab") as log:
        daemon.process = subprocess.Popen(
            [*before, *daemon.command("run")],
            stdout=log,
            stderr=log,
            env=daemon.environment() | environment,
            start_new_session=True,
        )


def faults(daemon: Daemon) -> dict[str, str]:
    return {fault["subject"]: fault["sentence"] for fault in daemon.status()["faults"]}


def test_closed_folders_of_all_kinds_do_not_keep_it_from_playing(make_daemon: MakeDaemon, tmp_path: Path) -> None:
    if OBEYING and shutil.which(OBEYING[0]) is None:
        pytest.skip("root may enter every folder, and setpriv is missing: apt install util-linux")
    closed = tmp_path / "closed"
    for name in ("scenes", "models", "tape", "timbre", "state"):
        (closed / name).mkdir(parents=True)
    (tmp_path / "file").touch()
    (tmp_path / "round").symlink_to("round")
    long = "x" * 300
    daemon = make_daemon(
        NOWHERE,
        scenes=[str(closed / "scenes"), "scenes", str(tmp_path / "file"), str(tmp_path / "round"), long, "missing"],
        models=str(closed / "models"),
        tape={"folder": str(closed / "tape")},
        timbre={"folder": str(closed / "timbre")},
        state=str(closed / "state"),
    )
    closed.chmod(0)
    try:
        start(daemon, *OBEYING)
        daemon.wait_for_models()
        assert daemon.status()["scene"]["name"] == "study"
        told = faults(daemon)
        assert "it cannot be entered (Permission denied)" in told[str(closed / "scenes")]
        assert {str(tmp_path / "file"), str(tmp_path / "round"), str(daemon.folder / "missing")} <= told.keys()
        assert f"{closed / 'models'}: it cannot be entered" in daemon.log.read_text()
        closed.chmod(0o755)
        wait_until(lambda: str(closed / "scenes") not in faults(daemon))
        assert daemon.stop()[0] == 0
    finally:
        closed.chmod(0o755)
    assert "Traceback" not in daemon.log.read_text()


@pytest.fixture(scope="module")
def dead_mount(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("a C compiler is missing: apt install gcc")
    library = tmp_path_factory.mktemp("dead") / "dead_mount.so"
    source = Path(__file__).parents[1] / "fakes" / "dead_mount.c"
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def test_shares_that_answer_nothing_are_given_up_and_the_shipped_music_plays(
    make_daemon: MakeDaemon, dead_mount: Path, tmp_path: Path
) -> None:
    gone = "/mnt/dead-mount"
    daemon = make_daemon(
        NOWHERE,
        scenes=[f"{gone}/scenes"],
        models=f"{gone}/models",
        tape={"folder": f"{gone}/tape"},
        timbre={"folder": f"{gone}/timbre"},
        state=f"{gone}/state",
    )
    start(daemon, LD_PRELOAD=str(dead_mount), TMPDIR=str(tmp_path))
    daemon.wait_for_models()
    assert daemon.status()["scene"]["name"] in {path.stem for path in scenes_folder().glob("*.yaml")}
    told = faults(daemon)
    assert "it does not answer" in told[f"{gone}/scenes"]
    assert "serves in its place" in told[f"{gone}/state"]
    assert "serves in its place" in told[f"{gone}/tape"]
    before = daemon.metric("reverie_bars_played_total")
    wait_until(lambda: daemon.metric("reverie_bars_played_total") > before + 1, 60)
    assert daemon.stop()[0] == 0
    assert "Traceback" not in daemon.log.read_text()
