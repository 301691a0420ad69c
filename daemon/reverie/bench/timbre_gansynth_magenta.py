# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Magenta's own GANSynth, with random weights: what the engine is timed against, and what it must equal."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

BATCH = 8
"""Notes at a time, as ``gansynth_generate`` makes them."""
_EXPERIMENT = "experiment.json"
_CHECKPOINT = "model.ckpt-11000000"
_SILENCE = 64000


class Magenta:
    """Magenta's model, loaded as ``gansynth_generate`` does; nothing but its data set is taken away."""

    def __init__(self, folder: Path) -> None:
        """Load the last stage of what was trained in ``folder``.

        Raises:
            ImportError: if Magenta or TensorFlow-GAN is not installed.
        """
        tf, library = _magenta()
        self._graph = tf.Graph()
        with self._graph.as_default(), contextlib.redirect_stdout(io.StringIO()):
            flags = library.flags.Flags({"batch_size_schedule": [BATCH]})
            self._model = library.model.Model.load_from_path(str(folder), flags)

    def notes(self, latents: NDArray[np.float32], pitches: Sequence[int]) -> NDArray[np.float32]:
        """The audio of notes, [notes, samples]."""
        with contextlib.redirect_stdout(io.StringIO()):
            return self._model.generate_samples_from_z(latents, pitches)

    def specgrams(self, audio: NDArray[np.float32]) -> NDArray[np.float32]:
        """What Magenta's data set has of notes [notes, samples]: [notes, 2, frames, bins]."""
        tf, _ = _magenta()
        with self._graph.as_default():
            data = self._model.data_helper.waves_to_data(tf.constant(audio[..., np.newaxis]))
            return self._model.sess.run(data).transpose(0, 3, 1, 2)

    def close(self) -> None:
        """Free what TensorFlow holds."""
        self._model.sess.close()


def write_random(folder: Path, seed: int, hparams: Mapping[str, Any] | None = None) -> None:
    """Write what Magenta's trainer would leave of a model whose weights are random, averages and all.

    Its last layer is small and its magnitudes are shifted, so that notes come about as loud as trained ones.

    Args:
        folder: is made.
        seed: of the weights.
        hparams: what is to be otherwise than in ``mel_prog_hires``, the configuration of the published models.
    """
    tf, library = _magenta()
    settings = {**library.published.hparams, **(hparams or {})}
    stage = 2 * settings["num_resolutions"] - 2
    target = folder / f"stage_{stage:05}"
    target.mkdir(parents=True)
    (folder / _EXPERIMENT).write_text(json.dumps(settings), encoding="utf-8")
    random = np.random.default_rng(seed)
    with tf.Graph().as_default(), contextlib.redirect_stdout(io.StringIO()):
        flags = library.flags.Flags({**settings, "train_root_dir": str(folder), "batch_size_schedule": [BATCH]})
        library.model.set_flags(flags)
        model = library.model.Model(stage, BATCH, flags)
        with model.sess as session:
            session.run(tf.global_variables_initializer())
            for variable in tf.global_variables():
                if "progressive_gan_generator" in variable.name:
                    variable.load(_drawn(variable.name, variable.shape.as_list(), random), session)
            # How far training is, which decides how the blocks are mixed.
            model.current_image_id.load(settings["total_num_images"], session)
            model.saver.save(session, str(target / _CHECKPOINT), write_meta_graph=False)


def _drawn(name: str, shape: Sequence[int], random: np.random.Generator) -> NDArray[np.float32]:
    numbers = random.standard_normal(shape).astype(np.float32)
    if "to_rgb" in name:
        return np.array([0.15, 0.0], np.float32) if "bias" in name else 0.2 * numbers
    return 0.1 * numbers if "bias" in name else numbers


class _Library:
    """Magenta's modules; its data set is a silence, since only its pitches are needed."""

    def __init__(self) -> None:
        import tensorflow.compat.v1 as tf
        from magenta.models.gansynth.configs import mel_prog_hires
        from magenta.models.gansynth.lib import datasets, flags, model

        self.flags, self.model, self.published = flags, model, mel_prog_hires

        class Silence(datasets.NSynthTfdsDataset):
            def _get_dataset_from_tfds(self) -> Any:
                pitch = tf.constant([60], tf.int64)
                return tf.data.Dataset.from_tensor_slices({"audio": tf.zeros([1, _SILENCE]), "pitch": pitch}).repeat()

        datasets.registry["nsynth_tfds"] = Silence


def prepare() -> None:
    """Import Magenta, which takes longer than anything.

    Raises:
        ImportError: if it or TensorFlow-GAN is not installed.
    """
    _magenta()


_LOADED: list[tuple[Any, _Library]] = []


def _magenta() -> tuple[Any, _Library]:
    if not _LOADED:
        from reverie.magenta.compat import prepare_gansynth

        prepare_gansynth()
        import tensorflow.compat.v1 as tf

        _LOADED.append((tf, _Library()))
    return _LOADED[0]
