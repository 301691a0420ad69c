"""Sixteen voices that hear each other are measured, and hearing each other is not dear."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.bench.many_voices import QUICK_BARS, VOICES, measure, scene_text
from reverie.bench.mixed_voices import CASES, QUICK_CASES, mixed_text
from reverie.bench.processes import many_voices
from reverie.models.library.index import find_models
from reverie.places import models_folder
from reverie.scenes.folder import load_scene
from reverie.scenes.schema import Scene
from reverie.scenes.voice_models import needed_models


def scene(folder: Path, *, together: bool) -> Scene:
    path = folder / "measured.yaml"
    path.write_text(scene_text("measured", together=together), encoding="utf-8")
    bundles = find_models([models_folder()])[0]
    return load_scene(path, {name: bundle.kinds for name, bundle in bundles.items()}, {"main"})


def test_together_each_voice_hears_one_before_it(tmp_path: Path) -> None:
    voices = scene(tmp_path, together=True).voices
    names = [*voices]
    assert len(names) == VOICES
    heard = {name: [*(one.voice for one in voice.listen), voice.taken_from] for name, voice in voices.items()}
    listening = {name: [one for one in ones if one] for name, ones in heard.items()}
    assert [name for name, ones in listening.items() if not ones] == ["kit", "pad"]
    for name, ones in listening.items():
        assert all(names.index(one) < names.index(name) for one in ones), name
    assert {one.kind for voice in voices.values() for one in voice.listen} == {
        "answer", "avoid", "double", "fill", "imitate", "lock",
    }  # fmt: skip


def test_apart_as_many_voices_hear_nothing(tmp_path: Path) -> None:
    apart = scene(tmp_path, together=False)
    assert [*apart.voices] == [*scene(tmp_path, together=True).voices]
    assert apart.harmony is None
    assert apart.touch is not None
    assert apart.touch.mechanical
    assert not any(voice.listen or voice.taken_from for voice in apart.voices.values())


def test_mixed_are_voices_of_all_kinds_and_the_shipped_models(tmp_path: Path) -> None:
    path = tmp_path / "mixed.yaml"
    bundles = find_models([models_folder()])[0]
    path.write_text(mixed_text("mixed", 120, bundles), encoding="utf-8")
    mixed = load_scene(path, bundles, {"main"})
    assert len(mixed.voices) == VOICES
    timbres = {name for name, bundle in bundles.items() if not bundle.kinds and not bundle.operators}
    assert set(needed_models(mixed.voices)) == set(bundles) - timbres
    kinds = {kind for bundle in bundles.values() for kind in bundle.kinds}
    assert {voice.kind for voice in mixed.voices.values()} == kinds | {"chords"}


def test_without_a_model_melodies_stand_in(tmp_path: Path) -> None:
    path = tmp_path / "few.yaml"
    bundles = find_models([models_folder()])[0]
    few = {name: bundles[name] for name in ("drum_kit", "attention_rnn", "drums_2bar", "humanize")}
    path.write_text(mixed_text("few", 120, few), encoding="utf-8")
    assert len(load_scene(path, few, {"main"}).voices) == VOICES


def test_all_are_measured_and_hearing_each_other_is_not_dear() -> None:
    cases = many_voices(quick=True)
    assert [*cases] == [*QUICK_CASES]
    for case, figures in cases.items():
        assert (figures["voices"], figures["bars"]) == (VOICES, QUICK_BARS), case
        # Before the first bar sounds every voice of a model has loops ahead.
        assert figures["loops"] >= 2 * 13, case
        seconds = figures["cores"] * QUICK_BARS * 4 * 60 / CASES[case]
        assert figures["ms_a_loop"] == pytest.approx(seconds / figures["loops"] * 1000, rel=0.01)
        assert 0 < figures["first_loop_seconds"] < figures["opening_seconds"] <= seconds * 1.001, case
        assert 0 < figures["models_share"] < 1, case
    # How much that is of a core depends on the machine; that a loop which hears others is not dear does not.
    # The better of two, measured in turn: a machine that is slow for a while is slow in one of them only.
    together, apart = (
        min(cases[case]["ms_a_loop"], measure(case, QUICK_BARS)["ms_a_loop"]) for case in ("together", "apart")
    )
    assert together < 2.5 * apart


def test_how_long_it_takes_depends_on_how_much_is_composed() -> None:
    short, long = measure("apart", 1), measure("apart", 24)
    assert long["loops"] > short["loops"]
