# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""The network that the timbre model is trained with, against Magenta's own graph and against what plays it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reverie.models.gansynth.gan_config import settings_from
from reverie.models.gansynth.generator import Generator
from reverie.models.gansynth.listener import Listener, heard
from reverie.models.gansynth.specgrams import Specgrams
from reverie.models.library.bundle import Bundle
from reverie.models.library.card import ModelCard

SMALL: dict[str, Any] = {"latent": 5, "pitches": 3, "base": 1024, "most": 16, "heard": (12, 8, 8, 6, 4)}


def test_it_is_magenta_s_generator() -> None:
    import tensorflow.compat.v1 as tf
    from magenta.models.gansynth.lib import networks

    from reverie.training.timbre import gan_network as network

    sizes = network.TimbreSizes(**SMALL)
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((2, 8)).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        weights = network.variables(sizes, 0)
        made = network.generate(weights, sizes, tf.constant(vectors))
        session.run(tf.global_variables_initializer())
        ours, values = session.run([made, dict(weights)])
    with tf.Graph().as_default(), tf.Session() as session:
        theirs, _ = networks.generator(
            tf.constant(vectors),
            float(network.BLOCKS - 1),
            sizes.channels,
            networks.ResolutionSchedule("ALL", network.START, 2, network.BLOCKS),
            colors=2,
            to_rgb_activation=tf.tanh,
        )
        session.run(tf.global_variables_initializer())
        named = {variable.op.name: variable for variable in tf.global_variables()}
        for name, value in values.items():
            if name.startswith(network.GENERATOR):
                named[name].load(value, session)
        assert np.abs(session.run(theirs) - ours).max() < 1e-4


def test_a_cut_changes_nothing_far_from_its_edges() -> None:
    import tensorflow.compat.v1 as tf

    from reverie.training.timbre import gan_network as network

    sizes = network.TimbreSizes(**SMALL)
    vectors = np.random.default_rng(1).standard_normal((1, 8)).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        weights = network.variables(sizes, 0)
        whole = network.generate(weights, sizes, tf.constant(vectors))
        cut = network.generate(weights, sizes, tf.constant(vectors), tf.constant([[5, 6, 7, 8, 9]]))
        session.run(tf.global_variables_initializer())
        everything, part = session.run([whole, cut])
    assert part.shape == (1, 40, 1024, 2)
    assert np.abs(part[:, 14:26] - everything[:, 40 + 14 : 40 + 26]).max() < 1e-4
    assert np.abs(part - everything[:, 40:80]).max() > 1e-3


def test_a_few_frames_are_those_of_the_whole_specgram() -> None:
    from reverie.training.timbre import spectra

    samples = (np.random.default_rng(0).standard_normal(64_000) * 3000).astype(np.int16)
    whole = Specgrams(settings_from({}), 128, 1024).specgram((samples / 32767).astype(np.float32))
    logarithm, advance = spectra.specgram(samples, 40, 32)
    assert np.abs(logarithm - whole[0, 40:72]).max() < 1e-3
    apart = np.abs(np.mod(advance - whole[1, 40:72] + 1, 2) - 1)
    assert np.mean(apart < 1e-4) > 0.999, "a bin that turned by half a turn may be rounded to either sign, no more"
    assert np.abs(spectra.power(samples) - whole[0]).max() < 1e-3


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """Two training runs of one step each, the second of which goes on from the first."""
    from reverie.training.timbre import gan_network as network
    from reverie.training.timbre.data import PITCHES, SAMPLES, Pool
    from reverie.training.timbre.tones import drawn, sound
    from reverie.training.timbre.training import Plan, steps_done, train

    sounds = np.zeros((1, len(PITCHES), SAMPLES), np.int16)
    sounds[0, :, :48_000] = (32767 * sound(drawn(1, 0)[0], 60)).astype(np.int16)
    pool = Pool(("tone/0",), sounds, np.full((1, len(PITCHES)), SAMPLES, np.int32))
    folder = tmp_path_factory.mktemp("checkpoints")
    sizes = network.TimbreSizes(**{**SMALL, "pitches": len(PITCHES)})
    said: list[str] = []
    for steps in (1, 2):
        train(pool, sizes, Plan(steps=steps, batch=2, threads=1), folder, said.append)
        assert steps_done(folder) == steps
    return folder, sizes


def bundle(folder: Path) -> Bundle:
    from reverie.training.timbre.data import PITCHES
    from reverie.training.timbre.export import bundle_of

    return bundle_of(folder, ModelCard("small", "gansynth"), PITCHES)


def test_what_is_played_is_what_was_trained(trained: tuple[Path, Any]) -> None:
    import tensorflow.compat.v1 as tf

    from reverie.training.timbre import gan_network as network
    from reverie.training.timbre.training import SCALE, SHIFT

    folder, sizes = trained
    rng = np.random.default_rng(2)
    magnitudes = heard(rng.uniform(-8, 11, (128, 1024)).astype(np.float32))
    latent = rng.standard_normal(sizes.latent).astype(np.float32)
    with tf.Graph().as_default(), tf.Session() as session:
        weights = network.variables(sizes, 0)
        averages = tf.train.ExponentialMovingAverage(0.9)
        tf.train.Saver({averages.average_name(one): one for one in weights.values()}).restore(
            session, tf.train.latest_checkpoint(str(folder))
        )
        label = np.eye(sizes.pitches, dtype=np.float32)[7]
        made = network.generate(weights, sizes, tf.constant(np.concatenate([latent, label])[None]))
        mean, _ = network.listen(weights, sizes, tf.constant(magnitudes[None]))
        specgram, answer = session.run([made, mean])
    exported = bundle(folder)
    played = Generator(exported).specgram(latent, 7)
    for channel in range(2):
        expected = (specgram[0, ..., channel] - SHIFT[channel]) / SCALE[channel]
        assert np.abs(played[channel] - expected).max() < 1e-3
    assert np.abs(Listener(exported).answer(magnitudes) - answer[0]).max() < 1e-4
