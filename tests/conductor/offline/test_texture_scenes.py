"""Scenes whose voices have several notes at a time, played for a hundred bars."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import mido
import pytest

import reverie
from fakes import networks
from fakes.data import data_folder
from fakes.genie import random_genie
from fakes.scenes import scene
from reverie.compose.engines.by_family import make_engine
from reverie.compose.engines.engine import Candidate, Engine
from reverie.compose.recipe import Recipe
from reverie.conductor.offline.performing import perform
from reverie.models.library.bundle import write_bundle
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.library.index import ModelFile, read_model_file
from reverie.music.time import TICKS_PER_STEP

BAR = 1920
BARS = 100
HEAD = """
name: study
title: A study
tempo: {qpm: 88, drift: 4, over: 30}
key: C
scale: major
touch: off
harmony: "C | Am | F | G"
voices:
"""
FOUR = """
  four:
    kind: polyphony
    model: polyphony
    primer: "[C4 E4 G4 C5]:4 [D4 F4 A4]:4 [E4 G4 C5]:4 [D4 G4 B4]:4"
    register: [C3, C6]
    voices: 4
    bars: 2
    evolve: {hold: 2, candidates: 2, then: [continue, mutate, loop, reset]}
    output: {slot: main, channel: 3, program: string ensemble 1, velocity: [50, 90]}
"""
PIANO = """
  piano:
    kind: performance
    model: MODEL
    primer: "[C3 G3 E4]:8 [A3 C4 E4]:8"
    register: [C2, C7]
    bars: 2
    evolve: {hold: 1, candidates: 2, then: [continue, continue, mutate, reset]}
    output: {slot: main, channel: 5, program: acoustic grand piano, velocity: [30, 110]}
"""


GENIE = """
  keys:
    kind: genie
    model: MODEL
    register: [C2, C7]
    voices: 3
    bars: 2
    density: [2, 12]
    evolve: {hold: 2, candidates: 2, then: [continue, mutate, loop, reset]}
    output: {slot: main, channel: 5, program: acoustic grand piano, velocity: [40, 100]}
"""


class _Remembering:
    """An engine that keeps what it was asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.name = engine.name
        self.asked: list[Recipe] = []

    def load(self, model: ModelFile) -> None:
        self._engine.load(model)

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        self.asked.append(recipe)
        return self._engine.generate(recipe, memory)


def polyphony(_: Path) -> ModelFile:
    return read_model_file(Path(reverie.__file__).parent / "shipped" / "models" / "polyphony.safetensors")


def small(folder: Path) -> ModelFile:
    path = folder / "small.safetensors"
    write_bundle(path, networks.bundle("optional_multiconditioned_performance_with_dynamics", (24,), 0))
    return read_model_file(path)


def published(folder: Path) -> ModelFile:
    source = data_folder("magenta-weights") / "performance_chords"
    return read_model_file(import_model(source, folder, ImportRequest(config="chord_conditioned_performance")).path)


def genie(folder: Path) -> ModelFile:
    path = folder / "genie.safetensors"
    write_bundle(path, random_genie())
    return read_model_file(path)


@pytest.mark.parametrize(("make", "voice"), [(polyphony, FOUR), (small, PIANO), (published, PIANO), (genie, GENIE)])
def test_a_scene_plays_for_a_hundred_bars_and_again(
    make: Callable[[Path], ModelFile], voice: str, tmp_path: Path
) -> None:
    model = make(tmp_path)
    played = scene(HEAD + voice.replace("MODEL", model.name))
    models: Mapping[str, ModelFile] = {model.name: model}
    files: list[bytes] = []
    for number in range(2):
        engine = _Remembering(make_engine("numpy"))
        engine.load(model)
        path = tmp_path / f"{number}.mid"
        perform(played, models, engine, bars=BARS, seed=None, path=path, progress=lambda _bar: None)
        files.append(path.read_bytes())
        assert len(engine.asked) > BARS / 10
        assert all(Recipe.from_json(one.as_json()).id == one.id for one in engine.asked)
    assert files[0] == files[1]
    _check(mido.MidiFile(tmp_path / "0.mid").tracks[1], channel=2 if voice is FOUR else 4, free=voice is PIANO)


def _check(track: mido.MidiTrack, *, channel: int, free: bool) -> None:
    now, starts, sounding = 0, list[int](), set[int]()
    for message in track:
        now += message.time
        if message.is_meta:
            continue
        assert message.channel == channel
        if message.type == "note_on" and message.velocity:
            starts.append(now)
            assert message.note not in sounding
            sounding.add(message.note)
        elif message.type in {"note_on", "note_off"}:
            sounding.discard(message.note)
    assert not sounding
    assert now <= BARS * BAR
    begun = {start // BAR for start in starts}
    assert len(begun) > 0.8 * BARS
    assert len({*range(0, BARS, 2)} & begun) > 0.8 * BARS / 2
    on_grid = sum(start % TICKS_PER_STEP == 0 for start in starts) / len(starts)
    assert on_grid < 0.8 if free else on_grid == 1.0
