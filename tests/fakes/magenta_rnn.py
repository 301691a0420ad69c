# pyright: basic
# TensorFlow and Magenta have no types.
"""Magenta's own recurrent models with random weights of the real shape: what the engine must equal."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def configs() -> dict[str, tuple[Any, Any, Any]]:
    """Every published configuration of a recurrent family: (config, model class, generator class) by name."""
    import reverie.magenta  # noqa: F401, I001 - makes the others importable
    from magenta.models.drums_rnn import drums_rnn_model, drums_rnn_sequence_generator
    from magenta.models.improv_rnn import improv_rnn_model, improv_rnn_sequence_generator
    from magenta.models.melody_rnn import melody_rnn_model, melody_rnn_sequence_generator
    from magenta.models.performance_rnn import performance_model, performance_sequence_generator
    from magenta.models.polyphony_rnn import polyphony_model, polyphony_sequence_generator

    families = (
        (drums_rnn_model, drums_rnn_model.DrumsRnnModel, drums_rnn_sequence_generator.DrumsRnnSequenceGenerator),
        (melody_rnn_model, melody_rnn_model.MelodyRnnModel, melody_rnn_sequence_generator.MelodyRnnSequenceGenerator),
        (improv_rnn_model, improv_rnn_model.ImprovRnnModel, improv_rnn_sequence_generator.ImprovRnnSequenceGenerator),
        (
            polyphony_model,
            polyphony_model.PolyphonyRnnModel,
            polyphony_sequence_generator.PolyphonyRnnSequenceGenerator,
        ),
        (
            performance_model,
            performance_model.PerformanceRnnModel,
            performance_sequence_generator.PerformanceRnnSequenceGenerator,
        ),
    )
    return {
        name: (config, model, generator)
        for module, model, generator in families
        for name, config in module.default_configs.items()
    }


def gain(variable: str) -> float:
    """How much larger a variable is than Magenta's own initial one: the output's, so that some events are likely.

    Not the layers': a recurrent network with larger weights than that is chaotic, and any two ways of adding up
    its sums part after some hundred steps.
    """
    return 6.0 if variable.startswith("fully_connected") else 1.0


class MagentaRnn:
    """A graph of Magenta's in a session, with random weights; every bias is random too, so that none is forgotten."""

    def __init__(self, name: str, batch: int = 1, seed: int = 1, **hparams: Any) -> None:
        original, self._model, self._generator = configs()[name]
        import tensorflow.compat.v1 as tf
        from magenta.models.shared import events_rnn_graph

        self.config = copy.deepcopy(original)
        self.config.hparams.override_from_dict({"batch_size": batch, **hparams})
        self.graph = tf.Graph()
        with self.graph.as_default():
            events_rnn_graph.get_build_graph_fn("generate", self.config)()
            self.variables = tf.global_variables()
            self.session = tf.Session()
            rng = np.random.default_rng(seed)
            self.weights = {}
            for variable in self.variables:
                shape = variable.shape.as_list()
                deviation = gain(variable.op.name) / np.sqrt(np.prod(shape[:-1])) if len(shape) > 1 else 0.3
                value = (rng.standard_normal(shape) * deviation).astype(np.float32)
                self.weights[variable.op.name] = value
                variable.load(value, self.session)
            self._inputs = self.graph.get_collection("inputs")[0]
            self._temperature = self.graph.get_collection("temperature")[0]
            softmax = self.graph.get_collection("softmax")[0]
            self._softmax = softmax if isinstance(softmax, list) else [softmax]
            self._initial = self.graph.get_collection("initial_state")
            self._final = self.graph.get_collection("final_state")
            self._saver = tf.train.Saver()
        self.state = self.session.run(self._initial)

    @property
    def encoder(self) -> Any:
        """note_seq's encoder of this configuration."""
        return self.config.encoder_decoder

    def hear(self, inputs: Sequence[Any], temperature: float = 1.0) -> list[np.ndarray]:
        """Hear (batch, steps, input size) from where it stands; the probabilities of each head, of each step."""
        feed = dict(zip(self._initial, self.state, strict=True))
        feed |= {self._inputs: inputs, self._temperature: temperature}
        self.state, softmax = self.session.run([self._final, self._softmax], feed)
        return softmax

    def write_bundle(self, path: Path, **hparams: Any) -> None:
        """Export the weights as Magenta's own programs do: a checkpoint, then a ``.mag``."""
        folder = path.parent / "checkpoint"
        folder.mkdir()
        with self.graph.as_default():
            checkpoint = self._saver.save(self.session, str(folder / "model.ckpt"))
        config = copy.deepcopy(self.config)
        config.hparams.override_from_dict({"batch_size": 1, **hparams})
        extra = {} if self._needs_no_steps else {"steps_per_quarter": config.steps_per_quarter}
        generator = self._generator(self._model(config), config.details, checkpoint=checkpoint, **extra)
        with generator:
            generator.create_bundle_file(str(path), "random weights")

    @property
    def _needs_no_steps(self) -> bool:
        return "Performance" in self._generator.__name__

    def close(self) -> None:
        self.session.close()
