# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Magenta's own recurrent models with random weights of the real shape: what the engine must equal."""

from __future__ import annotations

import copy
import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

CHORDS = ("C", "Am7", "F#m7b5", "Bb", "N.C.", "Gm", "Ebmaj7", "E+")

SIGNALS = {
    "NoteDensityPerformanceControlSignal": lambda step: float(1 + step // 100 % 40),
    "PitchHistogramPerformanceControlSignal": lambda step: [float((step // 100 + tone) % 12) for tone in range(12)],
}
"""What is asked of a performance at each hundredth of a second."""


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
        self.name = name
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
            self._saver = tf.train.Saver()
        self._find_ends()

    def _find_ends(self) -> None:
        """What is fed and what is asked for, by the collections of the graph."""
        self._inputs = self.graph.get_collection("inputs")[0]
        self._temperature = self.graph.get_collection("temperature")[0]
        softmax = self.graph.get_collection("softmax")
        self._softmax = softmax[0] if isinstance(softmax[0], list) else softmax
        self._initial = self.graph.get_collection("initial_state")
        self._final = self.graph.get_collection("final_state")
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

    def first_event(self) -> Any:
        """What a passage begins with where there is no primer."""
        return self.encoder.class_index_to_event(self.encoder.default_event_label, [])

    def labels(self, events: Sequence[Any]) -> list[Any]:
        """The class of each event."""
        target = getattr(self.encoder, "_target_encoder_decoder", self.encoder)
        return [target.events_to_label(events, position) for position in range(len(events))]

    def say(self, count: int, seed: int, **beam: int) -> list[Any]:
        """A passage that Magenta's own generator draws, after its first event."""
        np.random.seed(seed)  # noqa: NPY002 - Magenta draws from it
        model = self._model(self.config)
        model._session = self.session
        return model._generate_events(count + 1, [self.first_event()], **beam, **self._controls())

    def chances(self, events: Sequence[Any]) -> list[np.ndarray]:
        """What it expects after each of ``events`` but the last: (1, steps, classes) for each head."""
        controls = self.controls(events)
        given = ([controls], [events[:-1]]) if controls else ([events[:-1]],)
        self.state = self.session.run(self._initial)
        return self.hear(self.encoder.get_inputs_batch(*given, full_length=True))

    def controls(self, events: Sequence[Any]) -> list[Any]:
        """What each of ``events`` stands under; nothing where the configuration knows no conditions."""
        given = self._controls()
        if not given:
            return []
        controls = list(given["control_events"])
        if "control_state" in given:
            given["extend_control_events_callback"](controls, events, given["control_state"])
        return controls[: len(events)]

    def _controls(self) -> dict[str, Any]:
        if hasattr(self.config, "control_signals") and self.config.control_signals:
            from magenta.models.performance_rnn import performance_model

            signals = [SIGNALS[type(signal).__name__] for signal in self.config.control_signals]
            disabled = (lambda step: step // 400 % 3 == 2) if self.config.optional_conditioning else None
            first = tuple(signal(0) for signal in signals)
            return {
                "control_events": [(disabled(0), first) if disabled else first],
                "control_state": performance_model.PerformanceControlState(0, 0),
                "extend_control_events_callback": functools.partial(
                    performance_model._extend_control_events, signals, disabled
                ),
            }
        if type(self.encoder).__name__ == "ConditionalEventSequenceEncoderDecoder":
            return {"control_events": [chord for chord in CHORDS for _ in range(16)] * 40}
        return {}

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


class BundledMagentaRnn(MagentaRnn):
    """A ``.mag`` as stock Magenta reads it: the graph and the weights are those of the file."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        original, self._model, self._generator = configs()[name]
        from magenta.models.shared import sequence_generator_bundle

        self.config = copy.deepcopy(original)
        self.config.hparams.override_from_dict({"batch_size": 1})
        bundle = sequence_generator_bundle.read_bundle_file(str(path))
        extra = {} if self._needs_no_steps else {"steps_per_quarter": self.config.steps_per_quarter}
        model = self._model(self.config)
        self._generator(model, self.config.details, bundle=bundle, **extra).initialize()
        self.session = model._session
        self.graph = self.session.graph
        self._find_ends()
