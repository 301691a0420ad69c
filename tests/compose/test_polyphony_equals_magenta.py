# pyright: basic
# TensorFlow and Magenta have no types.
"""Polyphony under its generator's options says what Magenta's generator says: with a primer, with a line, with both."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import reverie
from fakes.magenta_rnn import BundledMagentaRnn
from reverie.compose.engines.unmetred import draw_unmetred
from reverie.compose.engines.voices_unfolding import VoicesUnfolding
from reverie.models.encodings.polyphony import START, STEP_END, Kind, PolyphonicEvent, events_of
from reverie.models.library.bundle import read_bundle
from reverie.models.recurrent.model import RecurrentModel
from reverie.music.notation import read_tune
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP
from reverie.training.fit.magenta_export import export_magenta

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore:.*is deprecated:UserWarning")]

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models" / "polyphony.safetensors"
STEPS, SEED = 24, 3
TUNE = read_tune("C5 - - - E5 - D5 - G4 - - - A4 - B4 -")


@pytest.fixture(scope="module")
def magenta(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BundledMagentaRnn]:
    path = tmp_path_factory.mktemp("magenta") / "polyphony.mag"
    export_magenta(SHIPPED, path)
    made = BundledMagentaRnn("polyphony", path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def model() -> RecurrentModel:
    return RecurrentModel(read_bundle(SHIPPED))


@pytest.fixture
def primer() -> tuple[PolyphonicEvent, ...]:
    notes = [Note(n.start // TICKS_PER_STEP, n.length // TICKS_PER_STEP, n.pitch) for n in TUNE.notes]
    return events_of(notes, TUNE.steps)[:-1]


def by_step(events: tuple[PolyphonicEvent, ...]) -> list[list[PolyphonicEvent]]:
    steps: list[list[PolyphonicEvent]] = [[]]
    for event in events:
        if event.kind is Kind.STEP_END:
            steps.append([])
        elif event.kind is not Kind.START:
            steps[-1].append(event)
    return steps


def theirs(
    magenta: BundledMagentaRnn, primer: tuple[PolyphonicEvent, ...], *, told: bool, injected: bool
) -> list[PolyphonicEvent]:
    """What ``PolyphonyRnnSequenceGenerator`` draws with these options, for its primer's length and beyond."""
    from magenta.models.polyphony_rnn import polyphony_lib, polyphony_sequence_generator

    def sequence(events: Iterable[PolyphonicEvent]) -> Any:
        made = polyphony_lib.PolyphonicSequence(steps_per_quarter=4, start_step=0)
        made.trim_trailing_end_events()
        for event in events:
            made.append(polyphony_lib.PolyphonicEvent(int(event.kind), event.pitch))
        return made

    before = sequence(primer[1:] if told else ())
    options = {}
    if injected:
        inject = polyphony_sequence_generator._inject_melody
        first = before.num_steps if told else 0
        options["modify_events_callback"] = functools.partial(inject, sequence(primer[1:]), first)
    np.random.seed(SEED)  # noqa: NPY002 - Magenta draws from it
    model = magenta._model(magenta.config)
    model._session = magenta.session
    drawn = model.generate_polyphonic_sequence(len(before) + 5 * STEPS, before, **options)
    return [PolyphonicEvent(Kind(one.event_type), one.pitch or 0) for one in list(drawn)[len(before) :]]


@pytest.mark.parametrize(("told", "injected"), [(True, False), (False, True), (True, True), (False, False)])
def test_the_same_events_as_its_generator(
    told: bool, injected: bool, magenta: BundledMagentaRnn, model: RecurrentModel, primer: tuple[PolyphonicEvent, ...]
) -> None:
    stream = model.stream(model.start())
    stream.prime(primer if told else (START,))
    unfolding = VoicesUnfolding(1, STEPS, line=by_step(primer)[: TUNE.steps] if injected else ())
    [ours] = draw_unmetred(stream, unfolding, np.random.RandomState(SEED), 1.0, 1000)  # type: ignore[arg-type]
    said = theirs(magenta, primer, told=told, injected=injected)
    count = min(len(said), len(ours.events))
    assert count > 2 * STEPS
    assert list(ours.events[:count]) == said[:count]
    assert ours.events[-1] == STEP_END
