"""Pianoroll-RNN-NADE trained by Magenta on a toy of three keys."""

from __future__ import annotations

import importlib
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.magenta

KEYS = 3
ROLL = ((0, 2), (1,), ()) * 4
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def prepared() -> None:
    from reverie.magenta import compat

    compat.prepare()


@pytest.mark.usefixtures("prepared")
def test_it_learns_a_toy_goes_on_after_an_interruption_and_is_certain_of_all_rolls_together(tmp_path: Path) -> None:
    from reverie.models.library.bundle import read_bundle
    from reverie.models.library.importing import ImportRequest, import_model
    from reverie.models.nade.model import NadeModel
    from reverie.training.fit.nade_training import NadeDesign, NadeTraining, roll_log_likelihoods, write_rolls

    hparams = {"rnn_layer_sizes": [8], "nade_hidden_units": 4, "batch_size": 4, "learning_rate": 0.05}
    design = NadeDesign({**hparams, "dropout_keep_prob": 1.0}, keys=KEYS)
    rolls = [ROLL[: 6 + length] for length in range(6)]
    training = NadeTraining(design, tmp_path, rolls)
    with pytest.raises(FileNotFoundError, match="nothing is trained yet"):
        _ = training.checkpoint
    assert write_rolls(rolls * 4, KEYS, training.examples, seed=0) == 24
    training.run(1, lambda _: None, lambda: False, steps=1)
    training = NadeTraining(design, tmp_path, rolls)
    training.run(40, lambda _: None, lambda: False, steps=41)
    first, last = training.progress.history
    assert (first[0], last[0]) == (1, 41)
    assert first[1] < -1.5
    assert last[1] > -0.5, "it has not learned which frame follows"

    # Of all rolls of two steps one is certain to happen.
    frames = [frame for size in range(KEYS + 1) for frame in itertools.combinations(range(KEYS), size)]
    every = list(itertools.product(frames, repeat=2))
    found = roll_log_likelihoods(design, training.checkpoint, every)
    assert math.fsum(map(math.exp, found.nats)) == pytest.approx(1.0, abs=1e-4)

    # The engine that plays finds each roll as likely; it hears a silent step first, as in training.
    imported = import_model(Path(f"{training.checkpoint}.index"), tmp_path, ImportRequest("toy", "rnn-nade"))
    model = NadeModel(read_bundle(imported.path))
    stream = model.stream(model.start(len(every)))
    stream.prime([()])
    for step in range(2):
        stream.force([roll[step] for roll in every])
    np.testing.assert_allclose(stream.log_likelihoods, found.nats, atol=1e-4)


@pytest.mark.usefixtures("prepared")
def test_the_rate_is_halved_when_it_gets_no_better() -> None:
    from reverie.training.fit.nade_training import NadeProgress

    progress = NadeProgress()
    for step, likelihood in enumerate((-3.0, -2.0, -2.5, -2.4, -1.0, -1.1), start=1):
        progress = progress.after(step, 2.0, likelihood, patience=2)
    assert (progress.best_step, progress.best, progress.halvings, progress.stale) == (5, -1.0, 1, 1)
    assert progress.seconds == 12.0
    assert len(progress.history) == 6


@pytest.mark.usefixtures("prepared")
def test_steps_and_pieces_are_counted_each_in_its_way() -> None:
    from reverie.training.fit.nade_training import RollLikelihoods

    found = RollLikelihoods((1, 3), (-2.0, -12.0))
    assert (found.a_step, found.a_piece) == (-3.5, -3.0)


@pytest.mark.slow
def test_the_command_trains_goes_on_and_measures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(REPOSITORY / "tools")
    tool = importlib.import_module("measure_jsb")
    folder = tmp_path / "data" / "jsb-chorales"
    folder.mkdir(parents=True)
    piece = [[72, 67, 64, 48]] * 8
    (folder / "jsb-chorales-16th.json").write_text(
        json.dumps({"train": [piece] * 2, "valid": [piece], "test": [piece]}), encoding="utf-8"
    )
    small = ["--layers", "4", "--hidden", "3", "--batch", "2", "--between", "1", "--keys", "c"]
    common = ["--data", str(tmp_path / "data"), "--work", str(tmp_path / "work"), *small]
    assert tool.main(["--updates", "1", *common]) == 0
    other = ["--begin", str(tmp_path / "work"), *common[:3], str(tmp_path / "other"), *small]
    assert tool.main(["train", "--updates", "2", *other]) == 0
    told = capsys.readouterr().out
    assert "nats a step" in told.split("test: ")[1]
    likelihoods = [line.split("validation ")[1].split()[0] for line in told.splitlines() if line.startswith("step ")]
    assert likelihoods[0] == likelihoods[1], "the other training does not begin with the weights of the first"
    assert "step 2, " in told
    assert tool.main(["train", *common, "--keys", "all"]) == 1
    assert "began with --keys c; name another --work" in capsys.readouterr().err
    assert tool.main(["measure", "--data", str(tmp_path), "--work", str(tmp_path)]) == 1
    assert "jsb-chorales-16th.json" in capsys.readouterr().err
