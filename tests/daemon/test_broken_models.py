"""A model that is damaged costs its voice new loops, and nothing else."""

from __future__ import annotations

from collections.abc import Callable

import mido
import numpy as np
import pytest

from fakes.daemon import STUDY, Daemon
from fakes.jack import wait_until
from reverie.models.library.bundle import make_bundle, read_bundle, write_bundle
from reverie.places import models_folder

pytestmark = pytest.mark.real


@pytest.mark.parametrize(
    ("at", "fault"),
    [(-5000, "model-cannot-compose"), (300, "model-unusable"), ("half", "model-unusable"), (None, "scene-unmet")],
    ids=["weights", "card", "truncated", "absent"],
)
def test_its_voice_plays_loops_of_old_and_the_others_compose(
    at: int | str | None, fault: str, make_daemon: Callable[..., Daemon]
) -> None:
    daemon = make_daemon(
        {"main": {"kind": "port", "match": "no such port", "api": "jack"}},
        STUDY.replace("model: drum_kit", "model: mine"),
        models="models",
    )
    folder = daemon.folder / "models"
    folder.mkdir()
    if at is not None:
        shipped = read_bundle(models_folder() / "drum_kit.safetensors")
        weights = {name: tensor * np.float32(1.1) for name, tensor in shipped.weights.items()}
        path = folder / "mine.safetensors"
        write_bundle(path, make_bundle(shipped.card, weights))
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
    assert fault in [one["id"] for one in daemon.status()["faults"]]
    assert "Traceback" not in told
    assert daemon.stop()[0] == 0
    tracks = [track for tape in (daemon.state / "tape").glob("*.mid") for track in mido.MidiFile(tape).tracks]
    beat = [message for track in tracks if track.name == "beat" for message in track]
    assert any(message.type == "note_on" and message.velocity for message in beat)
