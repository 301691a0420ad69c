"""The process that times Magenta's generators and the engine, on the same weights: ``python -m reverie.bench.speed``.

It answers with one JSON object on stdout, and tells how far it is on stderr.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from reverie.bench.timing import TimedTask, Timing, in_turn
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_bundle
from reverie.models.library.importing import import_model
from reverie.models.lstm import Array
from reverie.models.recurrent.model import CarriedPassages, RecurrentModel, compose
from reverie.models.recurrent.network import RecurrentNetwork

if TYPE_CHECKING:
    from reverie.magenta.reference import Reference

BATCH = 32
SHORT, LONG, EXTENSION = 16, 2048, 16
FIRST_LOOP = "drum_kit"
"""What a first loop is composed with (:mod:`reverie.bench.first_loop`)."""

_SEED = 1


@dataclass(frozen=True, slots=True)
class SpeedEffort:
    """How much is measured: events in a passage and in a batch of passages, rounds, and extensions in a round."""

    events: int = 128
    batch_events: int = 48
    rounds: int = 7
    history_rounds: int = 3
    extensions: int = 10


QUICK = SpeedEffort(events=16, batch_events=4, rounds=2, history_rounds=1, extensions=4)


def measure(name: str, folder: Path, effort: SpeedEffort, tell: Callable[[str], None]) -> dict[str, Any]:
    """Time one configuration; its weights are left in ``folder``, as a ``.mag`` and as a run-time bundle.

    Raises:
        ModelError: if it has conditions, or is no recurrent model of Magenta's.
    """
    from reverie.magenta.reference import Reference

    tell(f"{name}: building Magenta's graphs")
    magenta, magenta_batch = Reference(name), Reference(name, BATCH)
    try:
        model = _same_model(magenta, folder / f"{name}.mag")
        tell(f"{name}: an event")
        timings = in_turn(
            [
                TimedTask("magenta_us_per_event", lambda: magenta.generate(effort.events), effort.events),
                TimedTask("engine_us_per_event", lambda: _compose(model, 1, effort.events), effort.events),
                TimedTask("weights_floor_us", _floor(model.network, effort.events), effort.events),
                TimedTask(
                    "magenta_batch32_us_per_event",
                    lambda: magenta_batch.generate(effort.batch_events),
                    effort.batch_events * BATCH,
                ),
                TimedTask(
                    "engine_batch32_us_per_event",
                    lambda: _compose(model, BATCH, effort.batch_events),
                    effort.batch_events * BATCH,
                ),
            ],
            effort.rounds,
        )
        tell(f"{name}: {EXTENSION} events more, after {SHORT} and after {LONG:,}")
        timings |= _extend(magenta, model, effort)
    finally:
        magenta.close()
        magenta_batch.close()
    return _report(timings, sum(matrix.nbytes for matrix in _matrices(model.network)))


def _same_model(magenta: Reference, path: Path) -> RecurrentModel:
    """The engine's model of the same weights, by way of the bundle that Magenta writes."""
    magenta.write_bundle(path)
    return RecurrentModel(read_bundle(import_model(path, path.parent).path))


def _compose(model: RecurrentModel, batch: int, count: int) -> None:
    stream = model.stream(model.start(batch))
    stream.push([model.encoding.default_event] * batch)
    compose(stream, count, np.random.default_rng(_SEED))


def _extend(magenta: Reference, model: RecurrentModel, effort: SpeedEffort) -> dict[str, Timing]:
    """Extend a short history and a long one: Magenta hears them again, the engine goes on from what it remembers."""
    events = magenta.generate(LONG - 1)
    labels = magenta.labels(events)
    tasks: list[TimedTask] = []
    for length in (SHORT, LONG):
        carried = _heard(model, labels[:length])
        tasks += [
            TimedTask(
                f"magenta_history{length}_us", lambda length=length: magenta.generate(EXTENSION, events[:length])
            ),
            TimedTask(f"engine_history{length}_us", lambda carried=carried: _go_on(model, carried)),
        ]
    theirs, ours = tasks[::2], tasks[1::2]
    return in_turn([*theirs, *(ours * effort.extensions)], effort.history_rounds)


def _heard(model: RecurrentModel, labels: Sequence[Any]) -> CarriedPassages:
    """The engine's memory of the events that the labels mean."""
    encoding = model.encoding
    stream = model.stream(model.start())
    state = encoding.start()
    for label in labels:
        event = encoding.event(state, label)
        state = encoding.push(state, event)
        stream.push([event])
    return stream.carried


def _go_on(model: RecurrentModel, carried: CarriedPassages) -> None:
    compose(model.stream(carried), EXTENSION, np.random.default_rng(_SEED))


def _matrices(network: RecurrentNetwork) -> list[Array]:
    """All weights that a step reads whole."""
    found = [*(layer.kernel for layer in network.layers), network.output]
    found += [layer.skip for layer in network.layers[1:] if layer.skip is not None]
    if network.attention:
        attention = network.attention
        found += [attention.memory, *attention.queries, attention.output]
        found += [] if attention.output_of_last is None else [attention.output_of_last]
    return found


def _floor(network: RecurrentNetwork, times: int) -> Callable[[], None]:
    """Nothing but one product of a vector with each matrix of a step: how long weights take to come from memory."""
    products = [
        (matrix, np.ones(matrix.shape[1], np.float32), np.empty(len(matrix), np.float32))
        for matrix in _matrices(network)
    ]

    def read() -> None:
        for _ in range(times):
            for matrix, vector, out in products:
                np.dot(matrix, vector, out=out)

    return read


def _report(timings: dict[str, Timing], weights_bytes: int) -> dict[str, Any]:
    median = {name: timing.median for name, timing in timings.items()}
    cpu = {name: timing.cpu_median for name, timing in timings.items()}
    return {
        **{name: round(value, 2) for name, value in median.items()},
        **{name: round(value, 3) for name, value in _ratios(median).items()},
        "weights_bytes": weights_bytes,
        "range": {name: [round(min(t.wall), 2), round(max(t.wall), 2)] for name, t in timings.items()},
        "cpu": {name: round(value, 3) for name, value in (cpu | _ratios(cpu)).items()},
    }


def _ratios(us: dict[str, float]) -> dict[str, float]:
    return {
        "ratio_batch1": us["magenta_us_per_event"] / us["engine_us_per_event"],
        "ratio_batch1_at_floor": us["magenta_us_per_event"] / us["weights_floor_us"],
        "ratio_batch32": us["magenta_us_per_event"] / us["engine_batch32_us_per_event"],
        "ratio_batch32_of_both": us["magenta_batch32_us_per_event"] / us["engine_batch32_us_per_event"],
        "engine_history2048_over_16": us["engine_history2048_us"] / us["engine_history16_us"],
        "ratio_history2048": us["magenta_history2048_us"] / us["engine_history2048_us"],
    }


def main() -> int:
    """Measure, and say what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the process that asked says that it was interrupted
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("configs", nargs="+")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    try:
        from reverie.magenta.reference import Reference

        report = {
            name: measure(name, options.folder, QUICK if options.quick else SpeedEffort(), _tell)
            for name in options.configs
        }
        if FIRST_LOOP not in report:
            reference = Reference(FIRST_LOOP)
            _same_model(reference, options.folder / f"{FIRST_LOOP}.mag")
            reference.close()
    except ModelError as error:
        _tell(str(error))
        return 1
    print(json.dumps(report))  # noqa: T201 - the answer
    return 0


def _tell(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - progress


if __name__ == "__main__":
    sys.exit(main())
