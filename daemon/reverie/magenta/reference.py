# pyright: basic, reportMissingModuleSource=false
# TensorFlow, note_seq and Magenta have no types.
"""Magenta's own recurrent models with random weights of their published shape: what the engine is measured against.

How fast a model is depends on the shape of its weights, not on what they are; so no published bundle is needed.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow.compat.v1 as tf
from magenta.models.drums_rnn import drums_rnn_model, drums_rnn_sequence_generator
from magenta.models.melody_rnn import melody_rnn_model, melody_rnn_sequence_generator
from magenta.models.performance_rnn import performance_model, performance_sequence_generator
from magenta.models.polyphony_rnn import polyphony_model, polyphony_sequence_generator
from magenta.models.shared import events_rnn_graph

from reverie.models.errors import ModelError

_FAMILIES = (
    (drums_rnn_model, drums_rnn_model.DrumsRnnModel, drums_rnn_sequence_generator.DrumsRnnSequenceGenerator),
    (melody_rnn_model, melody_rnn_model.MelodyRnnModel, melody_rnn_sequence_generator.MelodyRnnSequenceGenerator),
    (polyphony_model, polyphony_model.PolyphonyRnnModel, polyphony_sequence_generator.PolyphonyRnnSequenceGenerator),
    (
        performance_model,
        performance_model.PerformanceRnnModel,
        performance_sequence_generator.PerformanceRnnSequenceGenerator,
    ),
)

_OUTPUT = "fully_connected"
_OUTPUT_GAIN = 6.0
"""How much larger the weights of the output are than Magenta's own initial ones, so that some events are likely."""
_BIAS = 0.3


def _configs() -> dict[str, tuple[Any, Any, Any]]:
    """Magenta's configurations without conditions by name: (config, model class, generator class)."""
    return {
        name: (config, model, generator)
        for module, model, generator in _FAMILIES
        for name, config in module.default_configs.items()
        if not getattr(config, "control_signals", None)
    }


class Reference:
    """A graph of Magenta's in a session, with random weights: equal configs and seeds have equal ones.

    ``batch`` is how many passages the graph hears at a time.
    """

    def __init__(self, name: str, batch: int = 1, seed: int = 1) -> None:
        """Build the graph.

        Raises:
            ModelError: if Magenta has no such recurrent model, or one that needs chords or other conditions.
        """
        known = _configs()
        if name not in known:
            raise ModelError(f"there is nothing to measure {name!r} against; name one of {', '.join(known)}")
        original, self._model_class, self._generator_class = known[name]
        self._config = copy.deepcopy(original)
        self._config.hparams.override_from_dict({"batch_size": batch})
        self._batch = batch
        self._graph = tf.Graph()
        with self._graph.as_default():
            events_rnn_graph.get_build_graph_fn("generate", self._config)()
            self._session = tf.Session()
            rng = np.random.default_rng(seed)
            for variable in tf.global_variables():
                variable.load(_random(rng, variable.op.name, variable.shape.as_list()), self._session)
            self._saver = tf.train.Saver()
        self._model = self._model_class(self._config)
        self._model._session = self._session  # noqa: SLF001 - it could only read it from a checkpoint

    def generate(self, count: int, history: Sequence[Any] = ()) -> list[Any]:
        """A passage as Magenta's own generators make it, in ``batch`` variants of which the likeliest is returned.

        It is a beam search that drops no branch before the end, hence ``batch`` passages drawn side by side.

        Args:
            count: how many events are drawn.
            history: what they follow, which is heard first; Magenta's default event if nothing.

        Returns:
            The history and the new events.
        """
        encoder = self._config.encoder_decoder
        primer = list(history) or [encoder.class_index_to_event(encoder.default_event_label, [])]
        return self._model._generate_events(  # noqa: SLF001 - generate_drum_track and its like wrap it
            len(primer) + count, primer, beam_size=self._batch, steps_per_iteration=count
        )

    def labels(self, events: Sequence[Any]) -> list[Any]:
        """The class of each event, or a tuple of one for each head."""
        encoder = self._config.encoder_decoder
        return [encoder.events_to_label(events, position) for position in range(len(events))]

    def write_bundle(self, path: Path) -> None:
        """Export the weights as Magenta's own programs do, by way of a checkpoint, as a ``.mag``.

        Raises:
            OSError: if ``path`` cannot be written.
        """
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = str(Path(folder) / "model.ckpt")
            with self._graph.as_default():
                self._saver.save(self._session, checkpoint)
            config = copy.deepcopy(self._config)
            config.hparams.override_from_dict({"batch_size": 1})
            counts_seconds = self._generator_class is performance_sequence_generator.PerformanceRnnSequenceGenerator
            grid = {} if counts_seconds else {"steps_per_quarter": config.steps_per_quarter}
            generator = self._generator_class(self._model_class(config), config.details, checkpoint=checkpoint, **grid)
            with generator:
                generator.create_bundle_file(str(path), "random weights")

    def close(self) -> None:
        """Let the session go."""
        self._session.close()


def _random(rng: np.random.Generator, name: str, shape: Sequence[int]) -> np.ndarray:
    deviation = _BIAS if len(shape) < 2 else 1 / np.sqrt(np.prod(shape[:-1]))  # noqa: PLR2004 - a bias has one axis
    gain = _OUTPUT_GAIN if name.startswith(_OUTPUT) and len(shape) > 1 else 1.0
    return (rng.standard_normal(shape) * deviation * gain).astype(np.float32)
