"""Each family of models of notes from a folder of tunes to a model, on as little as will do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.midi_folders import tunes
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle

SMALL = ("--set", "rnn_layer_sizes=[8]", "--set", "batch_size=4", "--steps", "1")


@pytest.mark.parametrize(
    ("model", "config"),
    [
        ("melody", "attention_rnn"),
        pytest.param("improv", "chord_pitches_improv", marks=pytest.mark.slow),
        pytest.param("polyphony", "polyphony", marks=pytest.mark.slow),
        pytest.param("performance", "performance_with_dynamics", marks=pytest.mark.slow),
    ],
)
def test_a_model_of_each_family_is_trained_and_bundled(tmp_path: Path, model: str, config: str) -> None:
    data = tunes(tmp_path / "tunes")
    words = ["train", model, "--data", str(data), "--work", str(tmp_path / "work"), "--out", str(tmp_path / model)]
    command = [sys.executable, "-m", "reverie", *words, *SMALL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for ending in ("mag", "safetensors"):
        assert (tmp_path / f"{model}.{ending}").exists()
    bundle = read_bundle(tmp_path / f"{model}.safetensors")
    assert bundle.card.config == config
    training = bundle.card.training
    assert training["heldout"]["events"] > 0
    assert training["markov"]["loss"] < training["unigram"]["loss"]  # what is before an event tells something of it
    assert check(bundle) < 1e-4

    words = ["train", "judge", str(tmp_path / f"{model}.safetensors"), "--data", str(data), "--loops", "20", "--json"]
    command = [sys.executable, "-m", "reverie", *words, "--work", str(tmp_path / "work")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    judged, told = found["perplexity"]["model"], training["heldout"]["perplexity"]
    if model == "melody":  # judged by events, whichever of the classes that mean one says it
        assert judged < told
    else:
        assert judged == pytest.approx(told, rel=0.1)
    assert found["measures"]["density"]["loops"]["generated"] == 20
    assert (tmp_path / "work" / "judge" / f"{model}.svg").read_text().startswith("<svg")
