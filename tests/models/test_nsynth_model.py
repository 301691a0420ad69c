"""NSynth's names, encodings, and what it is as a renderer."""

from __future__ import annotations

import dataclasses
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fakes.nsynth import SETTINGS, bundle_of, variables
from reverie.models.errors import ModelError
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle
from reverie.models.library.importing import ImportRequest, import_model
from reverie.models.nsynth import encoder as encoder_module
from reverie.models.nsynth.codes import mixed, stretched
from reverie.models.nsynth.weights import canonical_name, sizes_of, weights_from
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.nsynth import NSynth, NSynthRendering
from reverie.timbre.sound import NoteRequest, Sound

RATE = SETTINGS["rate"]


@pytest.fixture(scope="module")
def nsynth() -> NSynth:
    return NSynth(bundle_of(weights_from(variables())))


def tone(seconds: float = 0.1, rate: int = RATE, pitch: float = 440.0) -> Sound:
    turns = pitch * np.arange(round(seconds * rate)) / rate
    return Sound(np.asarray(0.5 * np.sin(2 * np.pi * turns), np.float32), rate)


def finished(rendering: NSynthRendering) -> list[Sound]:
    before = -1.0
    while not rendering.advance():
        assert before < rendering.done < 1
        before = rendering.done
    assert rendering.done == 1
    return rendering.sounds()


def test_sizes_are_read_from_the_weights() -> None:
    weights = weights_from(variables(layers=5, width=14, skip=6, bottleneck=3, encoder_layers=2, encoder_width=4))
    sizes = sizes_of(weights, SETTINGS)
    assert (sizes.decoder.layers, sizes.decoder.width, sizes.decoder.taps) == (5, 14, 3)
    assert (sizes.encoder.layers, sizes.encoder.width, sizes.encoder.taps) == (2, 4, 3)
    assert (sizes.skip, sizes.bottleneck, sizes.hop, sizes.stages) == (6, 3, 64, 4)


def test_averages_are_taken_where_they_are() -> None:
    tensors = variables()
    average = tensors["res_3/W"] + 1
    others = {"res_3/W/ExponentialMovingAverage": average, "res_3/W/Adam_1": average}
    weights = weights_from({**others, **tensors})
    assert (weights["decoder.layers.2.residual.kernel"] == average[0, 0]).all()
    assert set(weights) == set(weights_from(tensors))


@pytest.mark.parametrize("surplus", ["train/beta", "cond_map_99_x/W", "ae_pool/W", "logits_2/W"])
def test_a_weight_that_is_not_played_is_not_dropped(surplus: str) -> None:
    with pytest.raises(ModelError, match=f"{surplus}: an NSynth, as Reverie plays it, has no such weights"):
        weights_from({**variables(), surplus: np.ones(3, np.float32)})


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("skip_start/W", "decoder.start.skip.kernel"),
        ("skip_30/biases", "decoder.layers.29.skip.bias"),
        ("cond_map_out1/W", "decoder.out.condition.kernel"),
        ("cond_map_1/W", "decoder.layers.0.condition.kernel"),
        ("out1/biases", "decoder.out.bias"),
        ("ae_dilatedconv_10/W/ExponentialMovingAverage", "encoder.layers.9.conv.kernel"),
        ("ae_pool/W", None),
        ("global_step", None),
    ],
)
def test_variables_have_names(variable: str, name: str | None) -> None:
    assert canonical_name(variable) == name


@pytest.mark.parametrize(
    ("variable", "shape", "complaint"),
    [
        ("res_2/W", (1, 1, 16, 15), r"decoder.layers.1.residual.kernel has the shape 16 x 15, and 16 x 16 is needed"),
        ("logits/biases", (255,), "decoder.logits.bias has the shape 255, and 256 is needed"),
        ("startconv/W", (1, 1, 1, 16), "a filter of one tap"),
        ("startconv/W", (16,), "must be taps x 1 x channels"),
    ],
)
def test_weights_that_do_not_fit_are_refused(variable: str, shape: tuple[int, ...], complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        weights_from({**variables(), variable: np.zeros(shape, np.float32)})


def test_what_is_missing_is_named() -> None:
    tensors = variables()
    del tensors["skip_4/W"]
    with pytest.raises(ModelError, match=r"decoder.layers.3.skip.kernel is missing"):
        weights_from(tensors)
    with pytest.raises(ModelError, match="so it is no NSynth"):
        weights_from({})
    with pytest.raises(ModelError, match="its setting hop is None"):
        sizes_of(weights_from(variables()), {})


@pytest.mark.magenta
@pytest.mark.filterwarnings("ignore")
@pytest.mark.timeout(300)
def test_a_checkpoint_is_imported_without_tensorflow(tmp_path: Path) -> None:
    import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip  # pyright: ignore[reportUnusedImport]
    import tensorflow.compat.v1 as tf

    tensors = variables()
    folder = tmp_path / "wavenet-ckpt"
    with tf.Graph().as_default(), tf.Session() as session:
        for name, tensor in tensors.items():
            tf.get_variable(name, initializer=tensor)
            tf.get_variable(f"{name}/ExponentialMovingAverage", initializer=tensor / 2)
        session.run(tf.global_variables_initializer())
        tf.train.Saver().save(session, str(folder / "model.ckpt-200000"))
    archive = tmp_path / "wavenet-ckpt.tar"
    with tarfile.open(archive, "w") as file:
        file.add(folder, folder.name)
    with pytest.raises(ModelError, match="give --set hop=N --set stages=N --set encoder_stages=N --set rate=N"):
        import_model(archive, tmp_path / "models", ImportRequest(config="nsynth"))
    settings = {"hop": 512, "stages": 10, "encoder_stages": 10, "rate": 16000}
    imported = import_model(archive, tmp_path / "models", ImportRequest(config="nsynth", settings=settings))
    bundle = read_bundle(imported.path)
    assert bundle.card.settings["hop"] == 512
    expected = weights_from(tensors)
    assert {name: tensor.tobytes() for name, tensor in bundle.weights.items()} == {
        name: (tensor / 2).tobytes() for name, tensor in expected.items()
    }
    assert check(bundle) == 0


def test_nothing_of_the_bundle_is_kept() -> None:
    bundle = bundle_of(weights_from(variables()))
    wavenet = NSynth(bundle).wavenet
    kept: list[NDArray[Any]] = [*wavenet.encoder._weights.values()]
    network = wavenet.network
    for holder in (network, *network.parts, *(layer for part in network.parts for layer in part.layers)):
        found = [getattr(holder, field.name) for field in dataclasses.fields(holder)]
        kept += [tensor for tensor in found if isinstance(tensor, np.ndarray)]
    kept += network.residual_bias
    assert not any(np.shares_memory(tensor, weight) for tensor in kept for weight in bundle.weights.values())


def test_a_long_sound_is_encoded_in_segments_as_if_in_one(nsynth: NSynth, monkeypatch: pytest.MonkeyPatch) -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, 1000).astype(np.float32)
    whole = nsynth.wavenet.encoder.encode(samples)
    monkeypatch.setattr(encoder_module, "_SEGMENT", 100)
    parted = NSynth(bundle_of(weights_from(variables()))).wavenet.encoder.encode(samples)
    assert whole.shape == parted.shape == (16, 4)
    assert np.abs(whole - parted).max() < 1e-6


def test_a_pitch_makes_a_sound_shorter_or_longer(nsynth: NSynth) -> None:
    sound = tone(0.4)
    frames = {pitch: len(nsynth.code(sound, pitch, own_pitch=69.0)) for pitch in (57, 69, 81)}
    assert frames == {57: 200, 69: 100, 81: 50}
    assert (nsynth.code(sound, 69, own_pitch=69.0) == nsynth.wavenet.encoder.encode(sound.samples)).all()
    assert len(nsynth.code(tone(0.4, 48_000), 60)) == 100


def test_a_drum_without_a_pitch_is_encoded_as_it_is_whatever_the_note(nsynth: NSynth) -> None:
    sound = Sound(np.random.default_rng(1).uniform(-0.5, 0.5, 4000).astype(np.float32), 16_000)
    plain = nsynth.code(sound, None)
    assert np.array_equal(plain, nsynth.code(sound, 60))
    assert np.array_equal(plain, nsynth.code(sound, 72, transposed=False))
    assert plain.shape != nsynth.code(sound, 72).shape


def test_a_sound_at_a_pitch_is_encoded_as_one_recorded_there(nsynth: NSynth) -> None:
    high = nsynth.code(tone(0.4, pitch=880.0), 81, own_pitch=81.0)
    raised = nsynth.code(tone(0.8, pitch=440.0), 81, own_pitch=69.0)
    low = nsynth.code(tone(0.4, pitch=440.0), 69, own_pitch=69.0)
    inside = slice(10, 90)
    assert np.abs(high - raised)[inside].max() < 0.2 * np.abs(high - low)[inside].max()


@pytest.mark.parametrize("samples", [[], [0.1, float("nan")]])
def test_what_is_no_sound_is_refused(nsynth: NSynth, samples: list[float]) -> None:
    with pytest.raises(TimbreError, match="record or export it anew"):
        nsynth.code(Sound(np.array(samples, np.float32), RATE), 60)


def test_there_are_no_latents(nsynth: NSynth) -> None:
    with pytest.raises(TimbreError, match="give it files"):
        nsynth.latent(1)


def test_notes_are_as_long_and_as_loud_as_asked(nsynth: NSynth) -> None:
    code = nsynth.code(tone(), 60)
    loud, soft = finished(nsynth.begin([code] * 2, [NoteRequest(60, 127, 0.02), NoteRequest(60, 64, 0.011)], 3))
    assert (loud.rate, len(loud.samples), len(soft.samples)) == (RATE, 320, 176)
    again, quiet = finished(nsynth.begin([code] * 2, [NoteRequest(60, 127, 0.02), NoteRequest(60, 127, 0.011)], 3))
    assert (loud.samples == again.samples).all()
    assert np.allclose(soft.samples * 127 / 64, quiet.samples)
    (other, *_) = finished(nsynth.begin([code] * 2, [NoteRequest(60, 127, 0.02), NoteRequest(60, 127, 0.011)], 4))
    assert (loud.samples != other.samples).any()


def test_a_frozen_rendering_goes_on_to_the_same_samples(nsynth: NSynth) -> None:
    codes = [nsynth.code(tone(0.05), pitch) for pitch in (60, 64)]
    notes = [NoteRequest(60, 100, 0.03), NoteRequest(64, 50, 0.02)]
    undisturbed = finished(nsynth.begin(codes, notes, 8))
    rendering = nsynth.begin(codes, notes, 8)
    for _ in range(rendering.decoding.samples // rendering.decoding.ahead):
        other = nsynth.thaw(rendering.freeze())
        assert other.done == rendering.done
        assert [x.samples.tobytes() for x in finished(other)] == [x.samples.tobytes() for x in undisturbed]
        rendering.step()


def test_what_is_damaged_or_anothers_is_not_thawed(nsynth: NSynth) -> None:
    code = nsynth.code(tone(), 60)
    frozen = nsynth.begin([code], [NoteRequest(60, 100, 0.02)], 1).freeze()
    for damaged in (b"", frozen[:-40], b"RIFF"):
        with pytest.raises(TimbreError, match="damaged"):
            nsynth.thaw(damaged)
    another = NSynth(bundle_of(weights_from(variables(seed=2))))
    with pytest.raises(TimbreError, match="another model"):
        another.thaw(frozen)


def test_codes_of_another_model_are_refused(nsynth: NSynth) -> None:
    note = NoteRequest(60, 100, 0.02)
    for codes in ([], [np.zeros((3, 5), np.float32)], [np.zeros((0, 4), np.float32)], [np.zeros(4, np.float32)]):
        with pytest.raises(TimbreError):
            nsynth.begin(codes, [note], 1)
    with pytest.raises(TimbreError, match="cannot be mixed"):
        nsynth.mix([np.zeros((3, 5), np.float32), np.zeros((3, 4), np.float32)], [0.5, 0.5])


def frames_of(count: int, seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((count, 3)).astype(np.float32)


@given(share=st.floats(0, 1), lengths=st.tuples(st.integers(1, 20), st.integers(1, 20)), spherical=st.booleans())
def test_mixtures_lie_between(share: float, lengths: tuple[int, int], spherical: bool) -> None:
    a, b = frames_of(lengths[0], 1), frames_of(lengths[1], 2)
    mixture = mixed([a, b], [1 - share, share], spherical=spherical)
    assert len(mixture) == max(1, round(lengths[0] * (1 - share) + lengths[1] * share))
    norms = [np.linalg.norm(code, axis=1) for code in (a, b, mixture)]
    assert norms[2].max() <= max(norms[0].max(), norms[1].max()) + 1e-4


@pytest.mark.parametrize("spherical", [False, True])
def test_the_ends_of_a_way_are_the_sounds(spherical: bool) -> None:
    a, b = frames_of(7, 1), frames_of(7, 2)
    assert np.allclose(mixed([a, b], [1, 0], spherical=spherical), a, atol=1e-6)
    assert np.allclose(mixed([a, b], [0, 1], spherical=spherical), b, atol=1e-5)
    assert np.allclose(mixed([a, -a], [0.5, 0.5], spherical=spherical), 0, atol=1e-5)


def test_great_circles_keep_the_length() -> None:
    a = np.array([[2.0, 0.0]], np.float32)
    b = np.array([[0.0, 2.0]], np.float32)
    assert np.allclose(mixed([a, b], [0.5, 0.5], spherical=True), np.sqrt(2))
    assert np.allclose(mixed([a, b], [0.5, 0.5]), 1)


@pytest.mark.parametrize("weights", [[0.5, 0.6], [1.5, -0.5], [1.0]])
def test_weights_that_are_none_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="weights"):
        mixed([frames_of(2, 1), frames_of(2, 2)], weights)


@given(count=st.integers(1, 30), wanted=st.integers(1, 60))
def test_stretching_goes_the_same_way(count: int, wanted: int) -> None:
    rising = np.arange(count, dtype=np.float32)[:, None]
    found: Any = stretched(rising, wanted)[:, 0]
    assert len(found) == wanted
    assert (np.diff(found) >= 0).all()
    assert 0 <= found[0] <= found[-1] <= count - 1
