"""Voices of several notes at a time on a real port for a hundred bars, and made again by their recipes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import reverie
from fakes.daemon import Daemon
from fakes.data import data_folder
from fakes.jack import Jack, Receiver, wait_until
from reverie.compose.composer import compose
from reverie.compose.engines.by_family import make_engine
from reverie.compose.good_loop import GoodLoop
from reverie.compose.state_cache import Memories
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.library.index import read_model_file

pytestmark = [pytest.mark.real, pytest.mark.slow]

MakeDaemon = Callable[..., Daemon]
PORT = {"main": {"kind": "port", "match": "^synth:", "api": "jack"}}
BARS, SHIPPED = 100, Path(reverie.__file__).parent / "shipped" / "models"
SCENE = """
name: textures
title: Two textures
tempo: 240
key: C
scale: major
harmony: "C | Am | F | G"
voices:
  four:
    kind: polyphony
    model: polyphony
    primer: "[C4 E4 G4 C5]:4 [D4 F4 A4]:4 [E4 G4 C5]:4 [D4 G4 B4]:4"
    register: [C3, C6]
    bars: 2
    evolve: {hold: 2, candidates: 2, then: [continue, mutate, reset]}
    output: {channel: 3}
  piano:
    kind: performance
    model: performance_chords
    primer: "[C3 G3 E4]:8 [A3 C4 E4]:8"
    register: [C2, C7]
    bars: 4
    evolve: {hold: 1, candidates: 2, then: [continue, continue, reset]}
    output: {channel: 5}
"""


@pytest.fixture
def synth(jack: Jack) -> Iterator[Receiver]:
    receiver = Receiver("synth")
    yield receiver
    receiver.close()


def test_both_kinds_play_for_a_hundred_bars_and_are_made_again(
    synth: Receiver, make_daemon: MakeDaemon, tmp_path: Path
) -> None:
    source, models = data_folder("magenta-weights") / "performance_chords", tmp_path / "models"
    models.mkdir()
    piano = import_model(source, models, ImportRequest(config="chord_conditioned_performance")).path
    daemon = make_daemon(PORT, SCENE, models=str(models))
    for _ in range(2):
        daemon.start()
        daemon.wait_for_bars(BARS // 2, seconds=240)
        wait_until(lambda: daemon.metric("reverie_loops_composed_total") >= 8, seconds=120)
        daemon.stop()
    notes = [message for message in synth.messages if message[0] & 0xE0 == 0x80]
    struck = Counter(message[0] & 0x0F for message in notes if message[0] & 0x10 and message[2])
    assert set(struck) == {2, 4}
    assert min(struck.values()) > BARS
    kept = [path for path in daemon.state.rglob("*.json") if '"kind":"polyphony"' in path.read_text().replace(" ", "")]
    assert kept
    engine = make_engine("numpy")
    for path in (piano, SHIPPED / "polyphony.safetensors"):
        engine.load(read_model_file(path))
    again = Counter[str]()
    for good in map(GoodLoop.from_json, _loops(json.loads(kept[0].read_text()))):
        if good.recipe.drawn and not good.recipe.heard:
            assert compose(engine, good.recipe, Memories()).loop == good.loop
            again[good.recipe.kind] += 1
    assert set(again) == {"polyphony", "performance"}


def _loops(data: object) -> Iterator[dict[str, object]]:
    """Whatever is a loop with its recipe, wherever it stands in a kept file."""
    if isinstance(data, dict):
        if {"recipe", "loop"} <= data.keys():
            yield data
        else:
            for one in data.values():
                yield from _loops(one)
    elif isinstance(data, list):
        for one in data:
            yield from _loops(one)
