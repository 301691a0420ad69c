# pyright: basic, reportMissingModuleSource=false
# TensorFlow has no types.
"""Training of the default timbre model: Magenta's generator as the decoder of a listener's answers.

A sound is heard at one pitch, and the generator must make the same character at another pitch: what the listener says
then cannot be about pitch. Errors of magnitude count everywhere, errors of frequency as far as there is something to be
heard. The listener's answers are kept near a normal distribution (https://arxiv.org/abs/1312.6114), so that points
drawn from one, and those between two sounds, are sounds too.

Everything is in TensorFlow's checkpoints, so that a training that was interrupted goes on from the last of them.
"""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow.compat.v1 as tf
from numpy.typing import NDArray

from reverie.models.gansynth import listener
from reverie.training.timbre import gan_network as network
from reverie.training.timbre.data import PITCHES, SAMPLES, Pool
from reverie.training.timbre.spectra import BEFORE, BINS, FRAMES, HOP, power, specgram

Array = NDArray[np.float32]

SCALE, SHIFT = (listener.SCALE, 0.8), (listener.SHIFT, 0.0)
"""What specgrams are scaled and shifted by, so that they stay within -1 and 1: magnitudes, and advances of phase."""

_ROW = 8
"""Frames of a row of the block at which training begins to crop."""
_EDGE = 6
"""Frames beside a cut that do not count: what lies beyond the cut would be heard in them."""
_AVERAGE = 0.995
_FREE = 0.3
"""The share of the steps until the listener is fully kept to a normal distribution."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to train: ``steps`` of ``batch`` sounds each, of which ``rows`` rows of eight frames are computed.

    The rate falls as the steps are done, or the ``minutes`` from when this process began, whichever is sooner.

    The weights of the loss: ``quiet`` is how much silence counts beside the loudest, ``frequency`` how much the
    direction of phase counts beside magnitudes, ``normality`` how much the listener is kept to a normal distribution.
    """

    steps: int = 4600
    batch: int = 8
    rows: int = 4
    minutes: float = math.inf
    rate: float = 8e-3
    last_rate: float = 1e-4
    quiet: float = 0.3
    frequency: float = 0.8
    normality: float = 1e-4
    coloured: float = 0.4
    threads: int = 2
    save_every: int = 500
    seed: int = 1


def batches(pool: Pool, plan: Plan, begin: int) -> Iterator[dict[str, NDArray[np.generic]]]:
    """Examples for ever: what is heard, one-hot pitches, rows, and what is to be made of them."""
    rng = np.random.default_rng([plan.seed, begin])
    usable = [np.flatnonzero(lengths) for lengths in pool.lengths]
    frames = plan.rows * _ROW
    while True:
        heard = np.empty((plan.batch, FRAMES // 4, BINS // 4), np.float32)
        rows = np.empty((plan.batch, plan.rows), np.int32)
        pitches = np.zeros((plan.batch, len(PITCHES)), np.float32)
        target = np.empty((plan.batch, frames, BINS, 2), np.float32)
        counts = np.zeros((plan.batch, frames), np.float32)
        for n in range(plan.batch):
            character = int(rng.integers(len(pool.names)))
            given, wanted = rng.choice(usable[character], 2)
            colour = _colour(rng) if rng.random() < plan.coloured else np.zeros(BINS, np.float32)
            late = int(rng.integers(HOP))
            source = power(pool.sounds[character, given, late:]) + colour
            heard[n] = listener.heard(source)
            colour += listener.LOUDEST - source.max()
            valid = _meant(int(pool.lengths[character, wanted]))
            first = int(rng.integers(max(1, valid // _ROW - plan.rows + 1)))
            rows[n] = first + np.arange(plan.rows)
            pitches[n, wanted] = 1.0
            logarithm, advance = specgram(pool.sounds[character, wanted], first * _ROW, frames)
            target[n, ..., 0] = np.maximum(logarithm + colour, listener.QUIETEST) * SCALE[0] + SHIFT[0]
            target[n, ..., 1] = advance
            counts[n] = 1.0
            counts[n, max(0, valid - first * _ROW) :] = 0.0
            if first:
                counts[n, :_EDGE] = 0.0
            if (first + plan.rows) * _ROW < FRAMES:
                counts[n, -_EDGE:] = 0.0
        yield {"heard": heard, "rows": rows, "pitches": pitches, "target": target, "counts": counts}


def train(
    pool: Pool,
    sizes: network.TimbreSizes,
    plan: Plan,
    folder: Path,
    say: Callable[[str], None],
) -> None:
    """Train up to ``plan.steps``, from the last checkpoint in ``folder`` if there is one."""
    folder.mkdir(parents=True, exist_ok=True)
    with tf.Graph().as_default():
        tf.set_random_seed(plan.seed)
        weights = network.variables(sizes, plan.seed)
        given = _placeholders(plan)
        step = tf.train.get_or_create_global_step()
        share = given["share"]
        losses = _losses(weights, sizes, plan, given, tf.minimum(1.0, share / _FREE))
        rate = plan.last_rate + (plan.rate - plan.last_rate) * 0.5 * (1.0 + tf.cos(math.pi * share))
        rate *= tf.minimum(1.0, tf.cast(step + 1, tf.float32) / 200.0)
        adam = tf.train.AdamOptimizer(rate, 0.9, 0.99)
        gradients = adam.compute_gradients(losses[0], list(weights.values()))
        clipped, _ = tf.clip_by_global_norm([gradient for gradient, _ in gradients], 1.0)
        learned = adam.apply_gradients(zip(clipped, weights.values(), strict=True), global_step=step)
        averages = tf.train.ExponentialMovingAverage(_AVERAGE, num_updates=step)
        with tf.control_dependencies([learned]):
            learned = averages.apply(list(weights.values()))
        saver = tf.train.Saver(max_to_keep=2)
        options = tf.ConfigProto(intra_op_parallelism_threads=plan.threads, inter_op_parallelism_threads=1)
        with tf.Session(config=options) as session:
            session.run(tf.global_variables_initializer())
            if last := tf.train.latest_checkpoint(str(folder)):
                saver.restore(session, last)
            at = int(session.run(step))
            examples = _ahead(batches(pool, plan, at))
            seen: list[list[float]] = []
            began = time.monotonic()
            while (share := _share(plan, at, time.monotonic() - began)) < 1.0:
                example = {**next(examples), "share": np.float32(share)}
                *found, _, now = session.run(
                    [*losses, learned, step], {given[name]: values for name, values in example.items()}
                )
                at = int(now)
                seen.append([float(one) for one in found])
                if at % 100 == 0:
                    mean = np.mean(seen[-100:], axis=0)
                    pace = len(seen) / (time.monotonic() - began)
                    say(
                        f"step {at} of {plan.steps}: loss {mean[0]:.4f}, magnitude {mean[1]:.4f}, frequency "
                        f"{mean[2]:.4f}, nats {mean[3]:.1f}; {pace:.2f} steps/s"
                    )
                if at % plan.save_every == 0:
                    saver.save(session, str(folder / "model.ckpt"), global_step=at, write_meta_graph=False)
            saver.save(session, str(folder / "model.ckpt"), global_step=at, write_meta_graph=False)


def _share(plan: Plan, step: int, seconds: float) -> float:
    """How much of the training is done, by its steps or by its time, whichever has come further."""
    return min(1.0, max(step / plan.steps, seconds / (60.0 * plan.minutes)))


def steps_done(folder: Path) -> int:
    """How far the last checkpoint in ``folder`` has come; 0 if there is none."""
    last = tf.train.latest_checkpoint(str(folder))
    return int(last.rpartition("-")[2]) if last else 0


def _placeholders(plan: Plan) -> dict[str, tf.Tensor]:
    frames = plan.rows * _ROW
    return {
        "share": tf.placeholder(tf.float32, []),
        "heard": tf.placeholder(tf.float32, [plan.batch, FRAMES // 4, BINS // 4]),
        "rows": tf.placeholder(tf.int32, [plan.batch, plan.rows]),
        "pitches": tf.placeholder(tf.float32, [plan.batch, len(PITCHES)]),
        "target": tf.placeholder(tf.float32, [plan.batch, frames, BINS, 2]),
        "counts": tf.placeholder(tf.float32, [plan.batch, frames]),
    }


def _losses(
    weights: network.Variables,
    sizes: network.TimbreSizes,
    plan: Plan,
    given: dict[str, tf.Tensor],
    normality: tf.Tensor,
) -> list[tf.Tensor]:
    """All of it, and its parts: magnitude, frequency, and how far the listener is from a normal distribution."""
    mean, spread = network.listen(weights, sizes, given["heard"])
    spread = tf.clip_by_value(spread, -8.0, 4.0)
    latent = mean + tf.exp(0.5 * spread) * tf.random_normal(tf.shape(mean))
    made = network.generate(weights, sizes, tf.concat([latent, given["pitches"]], 1), given["rows"])
    counts = given["counts"][..., None]
    loud = tf.clip_by_value((given["target"][..., 0] - SHIFT[1] + 0.9) / 1.8, 0.0, 1.0)
    weight = counts * (plan.quiet + loud)
    magnitude = tf.reduce_sum(weight * tf.abs(made[..., 0] - given["target"][..., 0])) / tf.reduce_sum(weight)
    heard = counts * tf.square(tf.clip_by_value((given["target"][..., 0] - SHIFT[0]) / SCALE[0] / 10.0, 0.0, 1.2))
    turned = 1.0 - tf.cos(math.pi * (made[..., 1] / SCALE[1] - given["target"][..., 1]))
    frequency = tf.reduce_sum(heard * turned) / (tf.reduce_sum(heard) + 1.0)
    nats = tf.reduce_mean(tf.reduce_sum(0.5 * (tf.square(mean) + tf.exp(spread) - 1.0 - spread), 1))
    return [magnitude + plan.frequency * frequency + plan.normality * normality * nats, magnitude, frequency, nats]


def _ahead(examples: Iterator[dict[str, NDArray[np.generic]]]) -> Iterator[dict[str, NDArray[np.generic]]]:
    """The examples, a few of them made ahead by a thread of their own."""
    ready: queue.Queue[dict[str, NDArray[np.generic]]] = queue.Queue(4)

    def make() -> None:
        for example in examples:
            ready.put(example)

    threading.Thread(target=make, daemon=True).start()
    while True:
        yield ready.get()


def _meant(samples: int) -> int:
    """How many frames of a note are known, where so many of its samples are."""
    return FRAMES if samples >= SAMPLES else (samples + BEFORE) // HOP


def _colour(rng: np.random.Generator) -> Array:
    """A smooth curve to be added to the logarithm of power: another body, or another loudspeaker."""
    across = np.linspace(0.0, 1.0, BINS, dtype=np.float32)
    curve = rng.normal(0.0, 1.0) * (across - 0.3)
    for wave in range(1, 5):
        curve = curve + rng.normal(0.0, 0.5) * np.cos(math.pi * wave * across + rng.uniform(0.0, 2 * math.pi))
    return curve.astype(np.float32)
