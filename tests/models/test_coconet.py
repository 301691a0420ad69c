"""Coconet with random weights: its layers beside plain sums, its files, and how its parts are drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.coconet import SMALL, coconet, random_variables, written
from reverie.models.coconet.design import PUBLISHED, CoconetDesign
from reverie.models.coconet.gibbs import GibbsPlan, draw_parts, forgotten_share, heard_in_spans
from reverie.models.coconet.part_network import NONE, Coconet
from reverie.models.coconet.weights import EPSILON, weights_from
from reverie.models.errors import ModelError
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.models.library.importing import ImportRequest, import_model

Array = NDArray[np.float64]


def plain(variables: dict[str, NDArray[np.float32]], design: CoconetDesign, x: Array) -> Array:
    """The network by its definition, place by place: features (steps, pitches, features) in and logits out."""
    layers = 1 + max(int(name.split("/")[1].removeprefix("conv")) for name in variables)
    kept: Array | None = None
    for layer in range(layers):
        scope = f"model/conv{layer}"
        if layer % 2:
            kept = x
        apart = design.dilation(layer, layers)
        if f"{scope}/weights" in variables:
            y = tap_by_tap(x, variables[f"{scope}/weights"], apart)
        else:
            depthwise = variables[f"{scope}/SeparableConv2d/depthwise_weights"]
            high, wide, features, more = depthwise.shape
            full = np.zeros((high, wide, features, features * more))
            for feature in range(features):
                full[:, :, feature, feature * more : (feature + 1) * more] = depthwise[:, :, feature]
            y = tap_by_tap(x, full, apart)
            splits = sum(f"{scope}/split_" in name and name.endswith("/kernel") for name in variables)
            if splits:
                parts = np.split(y, splits, axis=-1)
                names = [f"{scope}/split_{layer}_{number}" for number in range(splits)]
                mixed = [
                    part @ variables[f"{name}/kernel"] + variables[f"{name}/bias"]
                    for part, name in zip(parts, names, strict=True)
                ]
                y = np.concatenate(mixed, axis=-1)
            else:
                y = y @ variables[f"{scope}/SeparableConv2d/pointwise_weights"][0, 0]
                y = y + variables[f"{scope}/SeparableConv2d/biases"]
        scale = variables[f"{scope}/gamma"] / np.sqrt(variables[f"{scope}/popvariance"] + EPSILON)
        y = (y - variables[f"{scope}/popmean"][0]) * scale[0] + variables[f"{scope}/beta"]
        if kept is not None and layer % 2 == 0 and layer < layers - 1 and kept.shape == y.shape:
            y = y + kept
        x = y if layer == layers - 1 else np.maximum(y, 0)
    return x


def tap_by_tap(x: Array, kernel: NDArray[np.floating], apart: tuple[int, int]) -> Array:
    """A convolution whose output has as many places, as TensorFlow pads it: what is left over comes after."""
    steps, pitches, _ = x.shape
    y = np.zeros((steps, pitches, kernel.shape[-1]))
    before = [(count - 1) * one // 2 for count, one in zip(kernel.shape[:2], apart, strict=True)]
    for step in range(steps):
        for pitch in range(pitches):
            for row in range(kernel.shape[0]):
                for column in range(kernel.shape[1]):
                    at = step + row * apart[0] - before[0], pitch + column * apart[1] - before[1]
                    if 0 <= at[0] < steps and 0 <= at[1] < pitches:
                        y[step, pitch] += x[at] @ kernel[row, column]
    return y


@pytest.mark.parametrize(
    ("design", "separable", "splits"),
    [
        (SMALL, False, 0),
        (CoconetDesign(48, 9, 4, 8, dilations=((1, 1), (2, 2), (2, 4))), False, 0),
        (CoconetDesign(48, 9, 4, 8, dilations=((1, 1), (2, 2), (2, 4))), True, 0),
        (CoconetDesign(48, 9, 4, 8, context=False, dilations=((2, 1),)), True, 2),
    ],
)
def test_the_network_is_that_of_the_paper(design: CoconetDesign, separable: bool, splits: int) -> None:
    variables = random_variables(layers=7, filters=4, separable=separable, splits=splits)
    random = np.random.default_rng(1)
    parts = random.integers(NONE, design.pitches, size=(2, 6, 4))
    hidden = random.random(parts.shape) < 0.5
    found = coconet(design, variables).log_likelihoods(parts, hidden)
    for passage in range(2):
        known = np.where(hidden, NONE, parts)[passage]
        rolls = known[:, None, :] == np.arange(design.pitches)[None, :, None]
        told = hidden[passage] != design.context
        masks = np.repeat(told[:, None, :], design.pitches, axis=1)
        logits = plain(variables, design, np.concatenate([rolls, masks], axis=2).astype(np.float64))
        chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        assert np.abs(np.exp(found[passage]).transpose(0, 2, 1) - chances).max() < 1e-5


def test_a_file_of_magenta_js_without_a_word_about_itself_is_the_published_model(tmp_path: Path) -> None:
    variables = random_variables(layers=33, filters=4, separable=True, splits=2, split_layers=(17,))
    made = import_model(written(tmp_path / "bach", variables), tmp_path, ImportRequest(config="coconet"))
    assert check(read_bundle(made.path)) == 0
    assert CoconetDesign.of(made.card.settings) == PUBLISHED
    assert Coconet(read_bundle(made.path)).design.dilation(6, 33) == (16, 32)


def test_a_checkpoint_that_says_that_it_is_another_model_is_refused(tmp_path: Path) -> None:
    variables = random_variables(layers=33, filters=4, separable=True)
    folder = written(tmp_path / "bach", variables)
    (folder / "config.json").write_text('{"type": "Coconet"}')
    assert import_model(folder, tmp_path, ImportRequest(config="coconet")).card.config == "coconet"
    (folder / "config.json").write_text('{"type": "MusicVAE"}')
    with pytest.raises(ModelError, match="says that it is a MusicVAE"):
        import_model(folder, tmp_path, ImportRequest(config="coconet", replace=True))


def test_a_model_whose_pitches_nobody_says_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "other", random_variables(layers=7, filters=4))
    with pytest.raises(ModelError, match="its config, which says how far apart"):
        import_model(folder, tmp_path, ImportRequest(config="coconet"))


def test_magentas_hyperparameters_say_the_design() -> None:
    told = {"architecture": "dilated", "crop_piece_len": 32, "mask_indicates_context": True}
    assert CoconetDesign.of_hparams(told) == PUBLISHED
    assert CoconetDesign.of_hparams({**told, "dilate_time_only": True}).dilations[-1] == (16, 1)
    assert CoconetDesign.of_hparams({"quantization_level": 0.25}).steps_per_quarter == 2
    assert CoconetDesign.of(PUBLISHED.as_settings()) == PUBLISHED


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"num_instruments": 3}, "4 parts by themselves"),
        ({"batch_norm": False}, "no batch_norm"),
        ({"architecture": "unet"}, "straight and dilated"),
        ({"quantization_level": 0.3}, "no part of a quarter"),
        ({"max_pitch": "high"}, "cannot be read"),
    ],
)
def test_hyperparameters_of_another_kind_are_refused(told: dict[str, object], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        CoconetDesign.of_hparams(told)


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [({"pitches": 200}, "none of MIDI's"), ({"dilations": "2"}, "such as"), ({"span": 0.5}, "whole number")],
)
def test_settings_of_no_model_are_refused(setting: dict[str, object], sentence: str) -> None:
    with pytest.raises(ModelError, match=sentence):
        CoconetDesign.of({**PUBLISHED.as_settings(), **setting})


def test_weights_that_are_missing_or_left_over_are_named() -> None:
    variables = random_variables(layers=5, filters=4)
    with pytest.raises(ModelError, match="layer 2 of a Coconet has no gamma"):
        weights_from({name: one for name, one in variables.items() if name != "model/conv2/gamma"})
    with pytest.raises(ModelError, match="layer 3 of a Coconet has a kernel, or is separable"):
        weights_from({name: one for name, one in variables.items() if "conv3" not in name})
    with pytest.raises(ModelError, match="model/other/kernel"):
        weights_from({**variables, "model/other/kernel": np.zeros(3, np.float32)})


def test_places_are_forgotten_ever_less() -> None:
    shares = [forgotten_share(number, 100) for number in range(100)]
    assert shares[0] == pytest.approx(0.9)
    assert shares[35] == pytest.approx(0.5)
    assert shares[70:] == [pytest.approx(0.1)] * 30


def drawn_with(plan: GibbsPlan, seed: int = 1, bias: object = None) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    model = coconet(SMALL, random_variables(layers=5, filters=4))
    parts = np.full((2, 8, 4), NONE)
    free = np.ones(parts.shape, np.bool_)
    parts[:, :, 0], free[:, :, 0] = np.arange(8), False
    found = draw_parts(model, parts, free, plan, np.random.default_rng(seed), bias)  # type: ignore[arg-type]
    assert np.isfinite(found.log_likelihoods).all()
    return found.parts, free


def test_what_is_given_stays_and_all_else_is_drawn_alike_from_the_same_chance() -> None:
    parts, free = drawn_with(GibbsPlan(5))
    assert (parts[:, :, 0] == np.arange(8)).all()
    assert (parts[free] >= 0).all()
    assert (parts == drawn_with(GibbsPlan(5))[0]).all()
    assert (parts != drawn_with(GibbsPlan(5), seed=2)[0]).any()
    assert (parts[0] != parts[1]).any()


def test_a_group_of_steps_has_one_pitch() -> None:
    groups = np.array([0, 0, 0, 1, 1, 2, 2, 2])
    parts, _ = drawn_with(GibbsPlan(5, groups=groups))
    for part in (1, 2, 3):
        assert all(len({*parts[0, groups == group, part].tolist()}) == 1 for group in range(3))
    assert len({*parts[0, :, 1].tolist()}) > 1


def test_what_is_free_of_a_group_that_is_partly_given_has_one_pitch() -> None:
    groups = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    parts, free = np.full((2, 8, 4), NONE), np.ones((2, 8, 4), np.bool_)
    parts[:, [0, 2, 4], 0], free[:, [0, 2, 4], 0] = [0, 1, 2], False
    parts[:, 1, 0] = 3
    model = coconet(SMALL, random_variables(layers=5, filters=4))
    found = draw_parts(model, parts, free, GibbsPlan(5, groups=groups), np.random.default_rng(1)).parts
    assert (found[:, [0, 2, 4], 0] == [0, 1, 2]).all()
    for rest in ([1, 3], [5, 6, 7]):
        assert all(len({*one.tolist()}) == 1 for one in found[:, rest, 0])
    assert all(len({*found[one, groups == group, 1].tolist()}) == 1 for one in range(2) for group in range(2))


def test_what_is_excluded_is_never_drawn() -> None:
    def bias(parts: NDArray[np.intp], forgotten: NDArray[np.bool_]) -> NDArray[np.float32]:
        assert (parts[forgotten] != 3).all()
        return np.where(np.arange(SMALL.pitches) == 3, np.float32(-1e4), np.float32(0))[None, None, None]

    parts, free = drawn_with(GibbsPlan(12), bias=bias)
    assert (parts[free] != 3).all()
    assert (drawn_with(GibbsPlan(12))[0][free] == 3).any()


def test_a_low_temperature_draws_what_is_likeliest() -> None:
    model = coconet(SMALL, random_variables(layers=5, filters=4))
    parts = np.random.default_rng(1).integers(SMALL.pitches, size=(1, 8, 4))
    free = np.zeros(parts.shape, np.bool_)
    free[0, 4, 2] = True
    parts[free] = NONE
    found = draw_parts(model, parts, free, GibbsPlan(1, temperature=0.001), np.random.default_rng(3))
    likely = model.log_likelihoods(parts, free)[0, 4, 2]
    assert found.parts[0, 4, 2] == likely.argmax()
    assert found.log_likelihoods[0] == pytest.approx(likely.max())


def test_long_passages_are_heard_in_spans_and_short_ones_whole() -> None:
    model = coconet(SMALL, random_variables(layers=5, filters=4))
    random = np.random.default_rng(1)
    parts = random.integers(SMALL.pitches, size=(1, 21, 4))
    hidden = random.random(parts.shape) < 0.5
    found = heard_in_spans(model, parts, hidden)
    first = model.log_likelihoods(parts[:, :8], hidden[:, :8])
    last = model.log_likelihoods(parts[:, -8:], hidden[:, -8:])
    assert found.shape[1] == 21
    assert np.array_equal(found[:, :4], first[:, :4])
    assert np.array_equal(found[:, -4:], last[:, -4:])
    assert np.array_equal(heard_in_spans(model, parts[:, :8], hidden[:, :8]), first)
