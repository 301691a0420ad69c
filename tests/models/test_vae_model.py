from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.vae import GROOVE, random_vae, random_weights
from reverie.models.configs import CONFIGS
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_bundle, write_bundle
from reverie.models.vae.golden import answer
from reverie.models.vae.heads import Categorical, Frames, Groove, chosen
from reverie.models.vae.model import Decoded, Each, Vae, load
from reverie.models.vae.wirings import WIRINGS, wiring_of

ALL = sorted(WIRINGS)
CONDUCTED = [config for config in ALL if WIRINGS[config].conductor]


def _frames(vae: Vae, batch: int, steps: int) -> Frames:
    return vae.sample(batch, steps, 1.0, np.random.default_rng(5)).frames


def test_every_configuration_of_the_family_has_a_wiring() -> None:
    assert set(WIRINGS) == {name for name, config in CONFIGS.items() if config.family == "music_vae"}
    with pytest.raises(ModelError, match="drum_kit is no configuration of MusicVAE"):
        wiring_of("drum_kit")


@pytest.mark.parametrize("config", ALL)
def test_what_is_drawn_is_as_likely_as_the_model_says(config: str) -> None:
    vae = load(random_vae(config))
    rng = np.random.default_rng(3)
    z = rng.standard_normal((3, vae.latent_size)).astype(np.float32)
    drawn = vae.decode(z, 40, 1.0, rng)
    assert drawn.frames.shape == (3, 40, vae.frame_width)
    np.testing.assert_allclose(vae.log_likelihood(z, drawn.frames), drawn.log_p, atol=1e-4)


@pytest.mark.parametrize("config", ALL)
def test_a_sequence_does_not_depend_on_its_batch(config: str) -> None:
    vae = load(random_vae(config))
    alone = [vae.sample(1, 20, 0.9, np.random.default_rng(seed)).frames[0] for seed in (1, 2, 3)]
    together = vae.sample(3, 20, 0.9, Each([np.random.default_rng(seed) for seed in (1, 2, 3)])).frames
    np.testing.assert_allclose(together, np.stack(alone), atol=1e-5)


@pytest.mark.parametrize("config", ALL)
def test_shorter_is_the_beginning_of_longer(config: str) -> None:
    vae = load(random_vae(config))
    z = np.random.default_rng(0).standard_normal((2, vae.latent_size)).astype(np.float32)
    frames = _frames(vae, 2, 40)
    np.testing.assert_allclose(vae.activated(z, frames[:, :23]), vae.activated(z, frames)[:, :23], atol=1e-6)


@pytest.mark.parametrize("config", ALL)
def test_every_weight_of_the_decoder_is_heard_in_the_golden_answer(config: str) -> None:
    bundle = random_vae(config)
    golden = answer(bundle, 17)
    assert len(golden) == 16
    assert golden == answer(bundle, 17)
    assert golden != answer(bundle, 18)
    for name in bundle.weights:
        if not name.startswith("decoder"):
            continue
        changed = dict(bundle.weights)
        changed[name] = changed[name] * np.float32(1.5)
        moved = np.abs(np.subtract(answer(type(bundle)(bundle.card, changed), 17), golden)).max()
        assert moved > 1e-3, name


def test_a_conductor_leads_no_further_than_it_learned() -> None:
    vae = load(random_vae("hierdec-mel_16bar"))
    with pytest.raises(ValueError, match="decodes 1 to 256 steps, not 257"):
        vae.sample(1, 257, 1.0, np.random.default_rng(0))
    flat = load(random_vae("flat-mel_16bar"))
    assert flat.sample(1, 257, 1.0, np.random.default_rng(0)).frames.shape == (1, 257, 1)


@pytest.mark.parametrize("config", CONDUCTED)
def test_a_segment_hears_the_last_frame_of_the_one_before(config: str) -> None:
    vae = load(random_vae(config))
    z = np.zeros((1, vae.latent_size), np.float32)
    frames = _frames(vae, 1, 32)
    other = frames.copy()
    other[:, 14] = (other[:, 14] + 1) % 90
    np.testing.assert_array_equal(vae.activated(z, frames)[:, 16:], vae.activated(z, other)[:, 16:])
    other[:, 15] = (other[:, 15] + 1) % 90
    assert np.abs(vae.activated(z, frames)[:, 16] - vae.activated(z, other)[:, 16]).max() > 1e-4


@pytest.mark.parametrize("config", ALL)
def test_what_is_beyond_the_length_is_not_encoded(config: str) -> None:
    vae = load(random_vae(config))
    rng = np.random.default_rng(1)
    steps = vae.wiring.longest
    lengths = np.array([0, steps]) if vae.wiring.levels else np.array([steps // 2, steps])
    size = 10 if "drums" in config else None
    x = rng.random((2, steps, size)).astype(np.float32) if size else _frames(vae, 2, steps)
    mu, sigma = vae.encode(x, lengths)
    changed = x.copy()
    changed[0, lengths[0] :] = changed[0, lengths[0] :][::-1]
    np.testing.assert_array_equal(mu, vae.encode(changed, lengths)[0])
    assert mu.shape == sigma.shape == (2, vae.latent_size)
    assert (sigma > 0).all()
    changed[1, :16] = changed[1, :16][::-1]
    assert np.abs(mu[1] - vae.encode(changed, lengths)[0][1]).max() > 1e-4


def test_classes_encode_as_their_one_hot_vectors() -> None:
    for config in ("hier-trio_16bar", "flat-trio_16bar"):
        vae = load(random_vae(config))
        frames = _frames(vae, 2, 256)
        vectors = np.zeros((2, 256, 692), np.float32)
        for head, offset in enumerate((0, 90, 180)):
            np.put_along_axis(vectors, frames[..., head, None] + offset, 1, axis=-1)
        for one, other in zip(vae.encode(frames), vae.encode(vectors), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-5)


def test_lengths_that_do_not_fit_are_refused() -> None:
    flat, hierarchical = load(random_vae("cat-mel_2bar_small")), load(random_vae("hier-mel_16bar"))
    with pytest.raises(ValueError, match="length of 0 to 32"):
        flat.encode(np.zeros((1, 32, 1), np.int64), np.array([33]))
    with pytest.raises(ValueError, match="256 steps or none"):
        hierarchical.encode(np.zeros((1, 256, 1), np.int64), np.array([128]))
    with pytest.raises(ValueError, match="reads 256 steps, not 32"):
        hierarchical.encode(np.zeros((1, 32, 1), np.int64))
    each = np.array([[16] * 15 + [3]])
    assert hierarchical.encode(np.zeros((1, 256, 1), np.int64), each)[0].shape == (1, 6)


def test_drums_are_not_encoded_from_the_classes_that_are_said() -> None:
    vae = load(random_vae("cat-drums_2bar_small"))
    with pytest.raises(ValueError, match="hears vectors of 10, not the classes"):
        vae.encode(np.zeros((1, 32, 1), np.int64))


def test_without_an_encoder_everything_else_works() -> None:
    bundle = random_vae("cat-mel_2bar_small")
    vae = Vae("cat-mel_2bar_small", {n: w for n, w in bundle.weights.items() if n.startswith("decoder")})
    assert not vae.can_encode
    with pytest.raises(ModelError, match="without an encoder"):
        vae.encode(np.zeros((1, 32, 1), np.int64))
    assert vae.sample(2, 32, 1.0, np.random.default_rng(0)).frames.shape == (2, 32, 1)


def test_a_bundle_comes_back_from_its_file(tmp_path: Path) -> None:
    bundle = random_vae("hier-trio_16bar")
    write_bundle(tmp_path / "trio.safetensors", bundle)
    assert answer(read_bundle(tmp_path / "trio.safetensors"), 1) == answer(bundle, 1)


def test_the_uniform_numbers_of_a_batch_are_asked_for_once_and_in_order() -> None:
    vae = load(random_vae("flat-trio_16bar"))
    z = np.random.default_rng(0).standard_normal((2, vae.latent_size)).astype(np.float32)
    numbers = np.random.default_rng(4).random((2, 7, 3))
    decoded = vae.decode(z, 7, 1.0, np.random.default_rng(4))
    shares = vae.activated(z, decoded.frames)
    for head, (begin, end) in enumerate(((0, 90), (90, 180), (180, 692))):
        own = shares[..., begin:end].reshape(14, -1)
        np.testing.assert_array_equal(
            decoded.frames[..., head].ravel(),
            [
                np.searchsorted(np.cumsum(p) / p.sum(), u, "right")
                for p, u in zip(own, numbers[..., head].ravel(), strict=True)
            ],
        )


def test_cold_is_likely_and_hot_is_not() -> None:
    vae = load(random_vae("cat-drums_2bar_small"))
    z = np.random.default_rng(0).standard_normal((8, vae.latent_size)).astype(np.float32)
    cold, warm, hot = (
        vae.log_likelihood(z, vae.decode(z, 32, t, np.random.default_rng(1)).frames).mean() for t in (0.2, 1, 5)
    )
    assert cold > warm > hot
    with pytest.raises(ValueError, match="above zero"):
        vae.decode(z, 32, 0.0, np.random.default_rng(1))


def test_latent_vectors_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(batch, 6\), not \(1, 7\)"):
        load(random_vae("cat-mel_2bar_small")).decode(np.zeros((1, 7), np.float32), 2, 1.0, np.random.default_rng(0))


def test_frames_of_another_model_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(1, steps, 1\), not \(1, 4, 3\)"):
        load(random_vae("cat-mel_2bar_small")).log_likelihood(
            np.zeros((1, 6), np.float32), np.zeros((1, 4, 3), np.int64)
        )


def test_a_choice_is_the_first_whose_sum_is_greater() -> None:
    shares = np.array([[0.25, 0.0, 0.75]] * 4)
    assert chosen(shares, np.array([0.0, 0.2499, 0.25, 0.9999])).tolist() == [0, 0, 2, 2]


def test_a_groove_is_hit_squashed_and_judged_by_its_hits() -> None:
    groove = Groove(6)
    logits = np.array([[2.0, -2.0, 0.0, 3.0, 0.0, -9.0]], np.float32)
    said = groove.say(logits, np.array([[0.13, 0.13]]), 1.0)
    np.testing.assert_allclose(
        said.frame, [[1, 0, 0.5, 1 / (1 + np.exp(-3)), 0, np.tanh(-9)]], atol=1e-6
    )  # no hit has the probability .119 of the first, .881 of the second
    np.testing.assert_allclose(said.log_p, [2 * np.log(1 / (1 + np.exp(-2)))])
    np.testing.assert_allclose(groove.log_p(logits, said.frame), said.log_p)
    assert (groove.say(logits, np.array([[0.13, 0.9]]), 1.0).frame[0, :2] == [1, 1]).all()
    assert (groove.say(logits, np.array([[0.13, 0.9]]), 0.1).frame[0, :2] == [1, 0]).all()


def test_lengths_end_before_the_end_token() -> None:
    decoded = Decoded(np.array([[[3], [9], [4]], [[3], [1], [4]]]), np.zeros((2, 3)))
    assert decoded.lengths(9).tolist() == [1, 3]


def test_no_class_is_heard_as_nothing() -> None:
    heads = Categorical((2, 3))
    rows = np.vstack([np.eye(5), np.zeros((1, 5))]).astype(np.float32)
    assert heads.heard(rows, heads.empty(1)).tolist() == [[0, 0, 0, 0, 0]]
    assert heads.heard(rows, np.array([[1, 0]])).tolist() == [[0, 1, 1, 0, 0]]


def test_weights_are_not_changed() -> None:
    weights = random_weights("hier-trio_16bar")
    before = {name: weight.copy() for name, weight in weights.items()}
    vae = Vae("hier-trio_16bar", weights)
    vae.sample(2, 32, 1.0, np.random.default_rng(0))
    for name, weight in weights.items():
        np.testing.assert_array_equal(weight, before[name])


def test_a_groove_is_encoded_as_it_is() -> None:
    vae = load(random_vae("groovae_2bar_humanize"))
    groove = vae.sample(1, 32, 1.0, np.random.default_rng(0)).frames
    assert groove.shape == (1, 32, GROOVE)
    assert vae.encode(groove)[0].shape == (1, 6)
