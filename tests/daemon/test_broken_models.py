"""A model that is damaged costs its voice new loops, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fakes.daemon import Daemon
from fakes.fault_matrix import page_row
from fakes.jack import wait_until
from fakes.tapes import EVERY_BAR, read_tape
from reverie.models.library.bundle import make_bundle, read_bundle, write_bundle
from reverie.places import models_folder

pytestmark = pytest.mark.real


def write_whole(path: Path) -> None:
    """A model that is none of those that are shipped."""
    shipped = read_bundle(models_folder() / "drum_kit.safetensors")
    weights = {name: tensor * np.float32(1.1) for name, tensor in shipped.weights.items()}
    write_bundle(path, make_bundle(shipped.card, weights))


@pytest.mark.timeout(400)
@pytest.mark.parametrize(
    ("at", "row"),
    [
        pytest.param(-5000, "bundle bit-flipped", id="weights"),
        pytest.param(300, "bundle truncated", id="card", marks=pytest.mark.slow),
        pytest.param("half", "bundle truncated", id="truncated"),
        pytest.param(None, "bundle missing", id="absent", marks=pytest.mark.slow),
    ],
)
def test_its_voice_plays_loops_of_old_and_the_others_compose(
    at: int | str | None, row: str, make_daemon: Callable[..., Daemon]
) -> None:
    daemon = make_daemon(
        {"main": {"kind": "port", "match": "no such port", "api": "jack"}},
        EVERY_BAR.replace("model: drum_kit", "model: mine"),
        models="models",
    )
    path = daemon.folder / "models" / "mine.safetensors"
    path.parent.mkdir()
    if at is not None:
        write_whole(path)
        content = bytearray(path.read_bytes())
        if isinstance(at, int):
            content[at] ^= 0x10
        else:
            del content[len(content) // 2 :]
        path.write_bytes(content)
    daemon.start()
    wait_until(daemon.answers)
    wait_until(lambda: daemon.metric("reverie_loops_composed_total", voice="lead") >= 2)
    daemon.wait_for_bars(6)
    assert daemon.metric("reverie_loops_composed_total", voice="beat") == 0
    told = " ".join([*daemon.status()["concerns"], daemon.log.read_text()])
    assert "mine" in told
    expected = page_row(row)
    advice = {one["id"]: one["advice"] for one in daemon.status()["faults"]}
    assert expected.advises(advice[expected.fault])
    assert "Traceback" not in told
    assert daemon.stop()[0] == 0
    before = read_tape(daemon.state)
    assert before.gaps() == []

    write_whole(path)
    daemon.start()
    wait_until(daemon.answers)
    wait_until(lambda: daemon.metric("reverie_loops_composed_total", voice="beat") >= 1)
    daemon.wait_for_bars(4)
    assert expected.fault not in {one["id"] for one in daemon.status()["faults"]}
    assert daemon.stop()[0] == 0
    after = read_tape(daemon.state)
    assert len(after.bars) >= len(before.bars) + 4
    assert [gap for gap in after.gaps() if gap[0] >= len(before.bars)] == []
