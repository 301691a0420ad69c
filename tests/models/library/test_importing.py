"""Importing: a model in a foreign format becomes a run-time bundle, or is refused with what is wrong."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.checkpoints import deeplearn, magenta_js, recurrent_tensors
from fakes.data import data_folder
from reverie.models.configs import CONFIGS
from reverie.models.errors import ModelError
from reverie.models.golden import TOLERANCE, check, with_golden
from reverie.models.library.bundle import Bundle, make_bundle, read_bundle
from reverie.models.library.card import Golden, ModelCard
from reverie.models.library.importing import ImportRequest, import_model

BASIC_RNN = recurrent_tensors(38, 38)
DRUM_KIT = recurrent_tensors(518, 512)


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def basic(tmp_path: Path) -> Path:
    return magenta_js(tmp_path / "basic", BASIC_RNN)


def test_a_model_is_imported_with_its_history(basic: Path, target: Path) -> None:
    facts = {"licence": "Apache-2.0", "url": "http://example.org/basic"}
    training = {"steps": 100}
    imported = import_model(basic, target, ImportRequest(config="basic_rnn", source=facts, training=training))
    bundle = read_bundle(imported.path)
    assert imported.path == target / "basic.safetensors"
    assert bundle.card == imported.card
    assert bundle.card.config == "basic_rnn"
    assert bundle.card.training == training
    assert bundle.card.source == {
        "file": "basic",
        "format": "magenta.js checkpoint",
        "sha256": bundle.card.source["sha256"],
        **facts,
    }
    np.testing.assert_array_equal(bundle.weights["output.kernel"], BASIC_RNN["fully_connected/weights"])
    assert check(bundle) == 0


def test_the_hash_of_a_file_is_that_of_the_file(tmp_path: Path) -> None:
    from reverie.models.library.formats.reading import fingerprint

    path = tmp_path / "file"
    path.write_bytes(b"abc")
    assert fingerprint(path) == hashlib.sha256(b"abc").hexdigest()


def test_importing_twice_makes_the_same_file(basic: Path, tmp_path: Path) -> None:
    wish = ImportRequest(config="basic_rnn")
    one, other = (import_model(basic, tmp_path / name, wish).path.read_bytes() for name in ("one", "other"))
    assert one == other


def test_a_model_is_called_as_was_wished(basic: Path, target: Path) -> None:
    imported = import_model(basic, target, ImportRequest(name="my.tune-1", config="basic_rnn"))
    assert imported.path.name == "my.tune-1.safetensors"
    assert imported.card.name == "my.tune-1"


@pytest.mark.parametrize("name", ["../up", "a b", ".hidden", "a/b", "naïve"])
def test_no_model_has_a_name_that_is_no_name(basic: Path, target: Path, name: str) -> None:
    with pytest.raises(ModelError, match="is no name for a model"):
        import_model(basic, target, ImportRequest(name=name, config="basic_rnn"))


def test_an_installed_model_is_not_overwritten_unasked(basic: Path, target: Path) -> None:
    path = import_model(basic, target, ImportRequest(config="basic_rnn")).path
    before = path.read_bytes()
    with pytest.raises(ModelError, match="is there already; give another --name, or --replace"):
        import_model(basic, target, ImportRequest(config="basic_rnn"))
    other = magenta_js(basic.parent / "other", recurrent_tensors(38, 38, seed=1))
    import_model(other, target, ImportRequest(name="basic", config="basic_rnn", replace=True))
    assert path.read_bytes() != before


def test_without_a_configuration_those_that_fit_are_named(basic: Path, target: Path) -> None:
    with pytest.raises(ModelError, match=r"give --model-config: its sizes fit basic_rnn$"):
        import_model(basic, target)
    strange = deeplearn(basic.parent / "strange", {"w": np.ones(3, np.float32)})
    with pytest.raises(ModelError, match=r"give --model-config: there are one_drum, drum_kit"):
        import_model(strange, target)
    assert not target.exists()


def test_an_unknown_configuration_is_refused(basic: Path, target: Path) -> None:
    with pytest.raises(ModelError, match="there is no configuration 'basic'; known are"):
        import_model(basic, target, ImportRequest(config="basic"))


@pytest.mark.parametrize(
    ("tensors", "config", "message"),
    [
        (
            DRUM_KIT,
            "basic_rnn",
            r"hears 518 .* 512 .* needs 38 and 38; it fits drum_kit: give --model-config",
        ),
        (recurrent_tensors(38, 37), "basic_rnn", r"37 .* needs 38 and 38; no configuration has such sizes"),
        ({"fully_connected/weights": np.ones((4, 38), np.float32)}, "basic_rnn", "no layer of an LSTM"),
        (
            {**BASIC_RNN, "fully_connected/biases": np.ones(37, np.float32)},
            "basic_rnn",
            r"output\.bias has the shape 37, and 38 is needed",
        ),
        (
            {**BASIC_RNN, "fully_connected/biases": np.full(38, np.nan, np.float32)},
            "basic_rnn",
            r"38 of 38 numbers in output\.bias are infinite or none at all",
        ),
        (BASIC_RNN, "piano_genie", r"input\.kernel is missing, so it is no Piano Genie"),
        (BASIC_RNN, "cat-mel_2bar_small", "missing"),
        (BASIC_RNN, "rnn-nade", "missing"),
    ],
)
def test_a_model_that_is_not_what_it_should_be_is_refused(
    tmp_path: Path, target: Path, tensors: dict[str, NDArray[Any]], config: str, message: str
) -> None:
    source = magenta_js(tmp_path / "source", tensors)
    with pytest.raises(ModelError, match=message):
        import_model(source, target, ImportRequest(config=config))
    assert not target.exists()


def test_a_window_without_attention_is_a_contradiction(tmp_path: Path, target: Path) -> None:
    source = magenta_js(tmp_path / "drums", DRUM_KIT, attentionLength=16)
    with pytest.raises(ModelError, match=r"attention_length 16.* it has no weights of attention"):
        import_model(source, target, ImportRequest(config="drum_kit"))
    assert not target.exists()


def attentive(wrapped: str = "rnn/multi_rnn_cell/cell_0/attention_cell_wrapper") -> dict[str, NDArray[Any]]:
    """A drum_kit with attention around its first layer."""
    units, scope = 4, wrapped
    heard = 518
    shapes = {
        f"{scope}/basic_lstm_cell/kernel": (heard + units, 4 * units),
        f"{scope}/basic_lstm_cell/bias": (4 * units,),
        f"{scope}/kernel": (heard + units, heard),
        f"{scope}/bias": (heard,),
        f"{scope}/attention/attn_w": (1, 1, units, units),
        f"{scope}/attention/attn_v": (units,),
        f"{scope}/attention/kernel": (2 * units, units),
        f"{scope}/attention/bias": (units,),
        f"{scope}/attn_output_projection/kernel": (2 * units, units),
        f"{scope}/attn_output_projection/bias": (units,),
        "fully_connected/weights": (units, 512),
        "fully_connected/biases": (512,),
    }
    random = np.random.default_rng(0)
    return {name: random.normal(size=shape).astype(np.float32) / 4 for name, shape in shapes.items()}


def test_a_window_is_as_long_as_the_file_says(tmp_path: Path, target: Path) -> None:
    source = magenta_js(tmp_path / "drums", attentive(), attentionLength=16)
    imported = import_model(source, target, ImportRequest(config="drum_kit"))
    assert imported.card.settings == {"attention_length": 16}
    assert check(read_bundle(imported.path)) == 0
    with pytest.raises(ModelError, match="--set says attention_length 32, and the model's own files say 16"):
        import_model(source, target, ImportRequest(name="other", config="drum_kit", settings={"attention_length": 32}))


def test_a_window_that_no_file_says_is_asked_for_and_not_guessed(tmp_path: Path, target: Path) -> None:
    source = magenta_js(tmp_path / "drums", attentive())
    with pytest.raises(ModelError, match=r"how many steps its window is long .* give --set attention_length=N"):
        import_model(source, target, ImportRequest(config="drum_kit"))
    assert not target.exists()
    imported = import_model(source, target, ImportRequest(config="drum_kit", settings={"attention_length": 24}))
    assert imported.card.settings == {"attention_length": 24}


@pytest.mark.parametrize("window", ["32", -1, 2.5, True, [32], 1 << 40])
def test_a_window_that_is_none_is_refused(tmp_path: Path, target: Path, window: Any) -> None:
    source = magenta_js(tmp_path / "drums", attentive(), attentionLength=window)
    with pytest.raises(ModelError, match="attention"):
        import_model(source, target, ImportRequest(config="drum_kit"))


@pytest.mark.parametrize("missing", sorted(attentive()))
def test_a_variable_that_is_missing_is_named(tmp_path: Path, target: Path, missing: str) -> None:
    tensors = {name: tensor for name, tensor in attentive().items() if name != missing}
    source = magenta_js(tmp_path / "drums", tensors, attentionLength=16)
    with pytest.raises(ModelError, match=r"is missing|no layer of an LSTM"):
        import_model(source, target, ImportRequest(config="drum_kit"))


@pytest.mark.parametrize(
    "surplus",
    [
        "rnn/multi_rnn_cell/cell_0/attention_cell_wrapper/attention/attn_b",
        "rnn/multi_rnn_cell/cell_1/attention_cell_wrapper/attention/attn_v",
        "rnn/multi_rnn_cell/cell_0/basic_lstm_cell/w_f_diag",
        "rnn/multi_rnn_cell/cell_0/layer_norm_basic_lstm_cell/input/gamma",
        "rnn/multi_rnn_cell/cell_1/gru_cell/gates/kernel",
        "rnn/multi_rnn_cell/cell_0/lstm_cell/projection/kernel",
        "fully_connected_1/weights",
        "embedding/weights",
    ],
)
def test_a_weight_that_is_not_played_is_not_dropped(tmp_path: Path, target: Path, surplus: str) -> None:
    tensors = {**attentive(), surplus: np.ones(4, np.float32)}
    source = magenta_js(tmp_path / "drums", tensors, attentionLength=16)
    with pytest.raises(ModelError, match=r"has no such weights|no such network has that part"):
        import_model(source, target, ImportRequest(config="drum_kit"))
    assert not target.exists()


def test_two_variables_of_one_name_are_not_one(tmp_path: Path, target: Path) -> None:
    twice = {**BASIC_RNN, **{f"other/{name}": tensor for name, tensor in BASIC_RNN.items()}}
    source = magenta_js(tmp_path / "twice", twice)
    with pytest.raises(ModelError, match="are both in it, and a model has only one"):
        import_model(source, target, ImportRequest(config="basic_rnn"))


def test_what_training_keeps_is_no_weight_of_the_model(tmp_path: Path, target: Path) -> None:
    extra = {"global_step": np.ones((), np.float32), "beta1_power": np.ones((), np.float32)}
    for slot in ("Adam", "Adam_1", "RMSProp", "Momentum", "ExponentialMovingAverage"):
        extra |= {f"{name}/{slot}": tensor for name, tensor in BASIC_RNN.items()}
    source = magenta_js(tmp_path / "trained", {**BASIC_RNN, **extra})
    kept = read_bundle(import_model(source, target, ImportRequest(config="basic_rnn")).path).weights
    assert len(kept) == len(BASIC_RNN)


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"type": "MusicVAE"}, "says that it is a MusicVAE, and basic_rnn is a MusicRNN"),
        (
            {"dataConverter": {"type": "MelodyConverter", "args": {"minPitch": 36, "maxPitch": 71}}},
            "says minPitch 36, and basic_rnn has 48",
        ),
        ({"attentionLength": 40}, "it has no weights of attention"),
    ],
)
def test_a_config_that_contradicts_the_configuration_is_refused(
    tmp_path: Path, target: Path, told: dict[str, Any], message: str
) -> None:
    source = magenta_js(tmp_path / "basic", BASIC_RNN, **told)
    with pytest.raises(ModelError, match=message):
        import_model(source, target, ImportRequest(config="basic_rnn"))
    fits: dict[str, Any] = {
        "type": "MusicRNN",
        "dataConverter": {"type": "MelodyConverter", "args": {"minPitch": 48, "maxPitch": 83}},
    }
    import_model(magenta_js(tmp_path / "right", BASIC_RNN, **fits), target, ImportRequest(config="basic_rnn"))


def test_a_melody_of_four_bars_is_none_of_two(tmp_path: Path, target: Path) -> None:
    source = magenta_js(
        tmp_path / "four",
        BASIC_RNN,
        type="MusicVAE",
        dataConverter={"type": "MelodyConverter", "args": {"numSteps": 64}},
    )
    with pytest.raises(ModelError, match="says numSteps 64, and cat-mel_2bar_small has 32"):
        import_model(source, target, ImportRequest(config="cat-mel_2bar_small"))


@pytest.mark.parametrize(
    ("config", "settings", "message"),
    [
        ("basic_rnn", {"window": 4}, "no setting 'window'; known are attention_length, forget_bias, steps_per_quarter"),
        ("basic_rnn", {"attention_length": 4}, "it has no weights of attention"),
    ],
)
def test_settings_that_mean_nothing_are_refused(
    basic: Path, target: Path, config: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ModelError, match=message):
        import_model(basic, target, ImportRequest(config=config, settings=settings))


def test_a_gansynth_without_its_experiment_is_refused(tmp_path: Path, target: Path) -> None:
    inside = "progressive_gan_generator/progressive_gan_block_1"
    shapes = {"conv0/kernel": (2, 2, 70, 4), "conv0/bias": (4,), "conv1/kernel": (3, 3, 4, 4), "conv1/bias": (4,)}
    shapes |= {"to_rgb/kernel": (1, 1, 4, 2), "to_rgb/bias": (2,)}
    tensors = {f"{inside}/{name}": np.ones(shape, np.float32) for name, shape in shapes.items()}
    with pytest.raises(ModelError, match=r"its experiment\.json, .* is not there"):
        import_model(magenta_js(tmp_path / "gan", tensors), target, ImportRequest(config="gansynth"))


def test_a_folder_that_cannot_be_written_is_named(basic: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelError, match="cannot be written"):
        import_model(basic, tmp_path / "file", ImportRequest(config="basic_rnn"))


def test_the_published_decoder_of_musicvae_is_imported_as_far_as_it_is_there(target: Path) -> None:
    source = data_folder("magenta-weights") / "mel_2bar_small"
    imported = import_model(source, target, ImportRequest(config="cat-mel_2bar_small"))
    assert len(imported.notes) == 2
    assert all("/lstm_cell/kernel is listed in mel_2bar_small, but its file is not there" in n for n in imported.notes)
    assert check(read_bundle(imported.path)) == 0


def test_published_weights_under_a_configuration_that_is_not_theirs(target: Path) -> None:
    source = data_folder("magenta-weights") / "performance_chords"
    with pytest.raises(ModelError, match="hears 441 numbers and tells 364 classes apart"):
        import_model(source, target, ImportRequest(config="performance_with_dynamics"))
    assert not target.exists()


@pytest.fixture
def bundle(basic: Path, target: Path) -> Bundle:
    return read_bundle(import_model(basic, target, ImportRequest(config="basic_rnn")).path)


def test_a_model_that_answers_otherwise_is_found_out(bundle: Bundle) -> None:
    bent = {**bundle.weights, "output.bias": bundle.weights["output.bias"] + np.linspace(0, 0.01, 38, dtype=np.float32)}
    with pytest.raises(ModelError, match=r"answers otherwise than when it was imported, by .* \(0\.0001 is allowed\)"):
        check(Bundle(bundle.card, bent))


def test_a_hair_s_breadth_is_no_difference(bundle: Bundle) -> None:
    bent = {**bundle.weights, "output.bias": bundle.weights["output.bias"] + np.linspace(0, 2e-5, 38, dtype=np.float32)}
    assert 0 < check(Bundle(bundle.card, bent)) < TOLERANCE


def test_a_golden_answer_of_another_length_is_found_out(bundle: Bundle) -> None:
    assert bundle.card.golden is not None
    import dataclasses

    short = dataclasses.replace(bundle.card, golden=Golden(1, bundle.card.golden.answer[:-1]))
    with pytest.raises(ModelError, match="answers with"):
        check(Bundle(short, bundle.weights))


def test_a_model_that_was_never_asked_says_so(bundle: Bundle) -> None:
    never = make_bundle(ModelCard("small", "basic_rnn"), bundle.weights)
    with pytest.raises(ModelError, match="has no golden answer"):
        check(never)
    assert with_golden(never).card.golden == bundle.card.golden


def test_every_configuration_has_a_way_in(target: Path, tmp_path: Path) -> None:
    source = magenta_js(tmp_path / "source", {"w": np.ones(1, np.float32)})
    for name in CONFIGS:
        with pytest.raises(ModelError, match=r"missing|no layer"):
            import_model(source, target, ImportRequest(config=name))
