# pyright: basic, reportMissingModuleSource=false, reportAttributeAccessIssue=false
"""Magenta's own MusicVAE with random weights, its random numbers drawn from outside: what the engine must equal."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from reverie.models.library.bundle import Bundle
from reverie.models.vae.weights import weights_from

SCALE = 1.5
"""Of the weights, over the square root of their kernel's rows: small weights would hide mistakes."""
DECIDED = 6
"""How much larger the last kernel's are, that some classes be likely."""


class Numbers:
    """Uniform numbers, to be given out once."""

    def __init__(self, numbers: NDArray[np.float64]) -> None:
        self._numbers = numbers

    def random(self, size: tuple[int, ...]) -> NDArray[np.float64]:
        assert size == self._numbers.shape
        return self._numbers

    def standard_normal(self, size: tuple[int, ...]) -> NDArray[np.float64]:
        raise AssertionError(size)


class Reference:
    """Magenta's graph of one configuration.

    Args:
        config: its name.
        hparams: what to make smaller, among others ``batch_size``.
        segments: how many the conductor leads, if not as many as Magenta has it.
        weights: TensorFlow's variables, as far as they are not to be random.
    """

    def __init__(
        self,
        config: str,
        *,
        seed: int = 0,
        segments: int | None = None,
        weights: Mapping[str, NDArray[np.float32]] | None = None,
        **hparams: Any,
    ) -> None:
        import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
        import tensorflow.compat.v1 as tf
        from magenta.models.music_vae import configs

        magenta = copy.deepcopy(configs.CONFIG_MAP[config])
        self.hparams = magenta.hparams
        self.hparams.override_from_dict({"sampling_schedule": "constant", "sampling_rate": 0, **hparams})
        self.batch, self.heard = self.hparams.batch_size, self.hparams.max_seq_len
        self.longest = self.heard
        self.input_depth, self.depth = magenta.data_converter.input_depth, magenta.data_converter.output_depth
        with tf.Graph().as_default() as graph:
            model = magenta.model
            model.build(self.hparams, self.depth, is_training=False)
            if segments:
                *_, segment = model.decoder._level_lengths
                self.longest = model.decoder._total_length = segments * segment
                model.decoder._level_lengths = [segments, segment]
            self._x = tf.placeholder(tf.float32, [self.batch, None, self.input_depth])
            self._lengths = tf.placeholder(tf.int32, [self.batch])
            self._z = tf.placeholder(tf.float32, [self.batch, self.hparams.z_size])
            self._target = tf.placeholder(tf.float32, [self.batch, self.longest, self.depth])
            self._temperature = tf.placeholder(tf.float32, ())
            self._steps = tf.placeholder(tf.int32, ())
            posterior = model.encode(self._x, self._lengths)
            self._posterior = [posterior.loc, posterior.scale.diag]
            self._activated = self._teacher_forced(model.decoder)
            with _drawn_outside(self), tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
                self._samples, _ = model.sample(
                    self.batch, max_length=self._steps, z=self._z, temperature=self._temperature
                )
            variables = {v.name: v for v in tf.trainable_variables()}
        given, rng = weights or {}, np.random.default_rng(seed)
        self._session = tf.Session(graph=graph)
        self.variables: dict[str, NDArray[np.float32]] = {}
        for name, variable in variables.items():
            shape = variable.shape.as_list()
            scale = SCALE / np.sqrt(shape[0]) * (DECIDED if "output" in name else 1) if len(shape) > 1 else 0.2
            value = rng.normal(0, scale, shape).astype(np.float32)
            if name.removesuffix(":0") in given:
                value = given[name.removesuffix(":0")]
            variable.load(value, self._session)
            self.variables[name] = value

    def _teacher_forced(self, decoder: Any) -> list[Any]:
        """What the outputs mean, core after core and segment after segment, (batch * steps, size) each."""
        import tensorflow.compat.v1 as tf

        recorded: list[Any] = []
        heard = tf.pad(self._target[:, :-1], [(0, 0), (1, 0), (0, 0)])
        cores = getattr(decoder, "_core_decoder", decoder)
        cores = getattr(cores, "_core_decoders", [cores])
        for core in cores:
            core._flat_reconstruction_loss = _recording(core, core._flat_reconstruction_loss, recorded)
        decoder.reconstruction_loss(heard, self._target, tf.fill([self.batch], self.longest), self._z)
        self.segments = len(recorded) // len(cores)
        return recorded

    def encode(self, x: NDArray[Any], lengths: NDArray[Any]) -> list[NDArray[np.float32]]:
        """The mean and the deviation."""
        return self._session.run(self._posterior, {self._x: x, self._lengths: lengths})

    def activated(self, z: NDArray[np.float32], vectors: NDArray[Any]) -> NDArray[np.float32]:
        """What the outputs mean (batch, steps, size), given the vectors before each step."""
        parts = self._session.run(self._activated, {self._z: z, self._target: vectors})
        cores = len(parts) // self.segments
        sequences = [part.reshape(self.batch, self.longest // self.segments, -1) for part in parts]
        segments = [np.concatenate(sequences[at : at + cores], axis=-1) for at in range(0, len(parts), cores)]
        return np.concatenate(segments, axis=1)

    def sample(self, z: NDArray[np.float32], uniforms: NDArray[np.float64], temperature: float) -> NDArray[np.float32]:
        """The vectors that Magenta draws with these numbers (batch, steps, draws), of one-hots or grooves."""
        steps = uniforms.shape[1]
        segments = np.split(uniforms, self.segments, axis=1)
        for stream in self.streams:
            stream.clear()
        if len(self.streams) == 1:
            self.streams[0].extend(uniforms.swapaxes(0, 1))
        else:
            columns = (segment[..., draw] for segment in segments for draw in range(uniforms.shape[2]))
            for stream, numbers in zip(self.streams, columns, strict=True):
                stream.extend(numbers.T[..., None])
        return self._session.run(self._samples, {self._z: z, self._temperature: temperature, self._steps: steps})


def reference_of(bundle: Bundle, batch_size: int) -> Reference:
    """Magenta's graph with the weights of a bundle that was trained here, whose card says its sizes."""
    config = bundle.card.config
    sizes = {each: bundle.card.training["hparams"][each] for each in ("z_size", "enc_rnn_size", "dec_rnn_size")}
    empty = Reference(config, batch_size=batch_size, **sizes).variables
    numbered = {each: np.full_like(tensor, number) for number, (each, tensor) in enumerate(empty.items())}
    places = {ours: list(empty)[int(tensor.flat[0])] for ours, tensor in weights_from(config, numbered).items()}
    named = {places[ours].removesuffix(":0"): tensor for ours, tensor in bundle.weights.items()}
    return Reference(config, batch_size=batch_size, weights=named, **sizes)


def _recording(core: Any, loss: Any, recorded: list[Any]) -> Any:
    import tensorflow.compat.v1 as tf

    def record(target: Any, outputs: Any) -> Any:
        if hasattr(core, "_activate_outputs"):
            recorded.append(tf.concat(core._activate_outputs(outputs), axis=-1))
        else:
            heads = tf.split(outputs, getattr(core, "_output_depths", [int(outputs.shape[-1])]), axis=-1)
            recorded.append(tf.concat([tf.nn.softmax(head) for head in heads], axis=-1))
        return loss(target, outputs)

    return record


@contextmanager
def _drawn_outside(reference: Reference) -> Iterator[None]:
    """Let every distribution that Magenta samples from take its numbers from a stream, in the order they are built."""
    import tensorflow.compat.v1 as tf
    from magenta.models.music_vae import lstm_models

    reference.streams = []

    def one(probabilities: NDArray[np.float32], uniform: float) -> int:
        sums = np.cumsum(probabilities, dtype=np.float64)
        return int(np.searchsorted(sums / sums[-1], uniform, side="right"))

    class Distribution:
        def __init__(self, logits: Any, dtype: Any = None) -> None:
            self.logits = logits
            self.stream: list[NDArray[np.float64]] = []
            reference.streams.append(self.stream)

        def sample(self) -> Any:
            drawn = tf.numpy_function(self.draw, [self.probabilities()], self.dtype)
            drawn.set_shape(self.logits.shape[: self.rank])
            return drawn

    class Categorical(Distribution):
        dtype, rank = tf.int64, 1

        def probabilities(self) -> Any:
            return tf.nn.softmax(self.logits)

        def draw(self, shares: NDArray[np.float32]) -> NDArray[np.int64]:
            numbers = self.stream.pop(0)[:, 0]
            return np.array([one(p, u) for p, u in zip(shares, numbers, strict=True)], np.int64)

    class OneHotCategorical(Categorical):
        def sample(self) -> Any:
            return tf.one_hot(super().sample(), int(self.logits.shape[-1]), dtype=tf.float32)

    class Bernoulli(Distribution):
        dtype, rank = tf.float32, 2

        def probabilities(self) -> Any:
            return tf.sigmoid(self.logits)

        def draw(self, hits: NDArray[np.float32]) -> NDArray[np.float32]:
            numbers = self.stream.pop(0)
            flat = zip(hits.ravel(), numbers.ravel(), strict=True)
            chosen = [one(np.array([1 - hit, hit]), u) for hit, u in flat]
            return np.array(chosen, np.float32).reshape(hits.shape)

    fakes = mock.Mock(Categorical=Categorical, OneHotCategorical=OneHotCategorical, Bernoulli=Bernoulli)
    with mock.patch.object(lstm_models.tfp, "distributions", fakes):
        yield
