# pyright: basic, reportMissingModuleSource=false
# TensorFlow has no types.
"""Examples of a MusicVAE that are held out while it is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import tensorflow.compat.v1 as tf

from reverie.models.library.formats.checkpoint import read_checkpoint
from reverie.models.vae.heads import Frames
from reverie.models.vae.model import Vae
from reverie.models.vae.weights import weights_from
from reverie.training.held_out_figures import LatentFigures, LatentWeighing
from reverie.training.judge.latent_likelihood import latent_figures
from reverie.training.two_bar_records import frames_of, training_converter


def frames_in(config: str, paths: Sequence[Path]) -> Iterator[Frames]:
    """The examples of files."""
    for path in paths:
        for record in tf.python_io.tf_record_iterator(str(path)):
            yield frames_of(config, record)


class HeldOutLatents:
    """Examples that are held out, and the engine that is asked about them."""

    def __init__(self, config: str, weighing: LatentWeighing, paths: Sequence[Path]) -> None:
        self._config = config
        self._weighing = weighing
        self._paths = paths
        self._converter = training_converter(config)

    def figures(self, checkpoint: str) -> LatentFigures:
        """What the network makes of them; their latent vectors are drawn, always the same.

        Raises:
            ValueError: if there are no examples.
        """
        vae = Vae(self._config, weights_from(self._config, read_checkpoint(Path(checkpoint))))
        return latent_figures(vae, self._weighing, self._converter, frames_in(self._config, self._paths))
