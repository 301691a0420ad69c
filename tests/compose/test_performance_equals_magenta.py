# pyright: basic, reportMissingModuleSource=false
# TensorFlow and Magenta have no types.
"""Performances under what a voice is told are those of Magenta's generator with the options that say the same."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.magenta_rnn import MagentaRnn
from fakes.performances import our_notes
from reverie.compose.performance_conditions import ToldPerformance, condition_of
from reverie.models.encodings.performance import (
    STEPS_PER_SECOND,
    TIME_SHIFT,
    PerformanceEvent,
    events_of,
    notes_of,
    of_length,
    steps_of,
)
from reverie.models.encodings.performance_configs import velocity_bins
from reverie.models.library.bundle import Bundle, read_bundle
from reverie.models.library.importing import import_model
from reverie.models.recurrent.model import RecurrentModel
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_QUARTER, Metre
from reverie.places import models_folder

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore")]

TOTAL, SEED, LONGEST = 8 * STEPS_PER_SECOND, 5, 5 * STEPS_PER_SECOND
TICKS = TICKS_PER_QUARTER / 50
"""Of a hundredth of a second at 120 quarters a minute."""
USUAL_DENSITY = 15
"""Notes a second, as which Magenta counts what is told no density."""
C_MAJOR, A_FLAT = (tuple(1.0 if (tone - root) % 12 in (0, 4, 7) else 0.0 for tone in range(12)) for root in (0, 8))
PRIMER = [Note(0, 50, 48, 40), Note(0, 100, 64, 90), Note(50, 150, 55, 60), Note(100, 90, 67, 110)]
FIRST = 200
"""Where drawing begins: after the primer."""


@dataclass(frozen=True)
class Case:
    """A configuration, what its voice is told, and the generator's options for the same."""

    config: str
    told: ToldPerformance
    options: dict[str, str]

    @property
    def events(self) -> int:
        """How many events the generator draws: four for each note that it expects."""
        density = self.told.notes if "notes_per_second" in self.options else USUAL_DENSITY
        return math.ceil(4.0 * density * (TOTAL - FIRST) / STEPS_PER_SECOND)


FAVOURED = (0, C_MAJOR), (round((TOTAL // 2 - FIRST) * TICKS), A_FLAT)
"""C major, and from the middle of the performance on A flat major, counted from where drawing begins."""
BOTH = f"[{list(C_MAJOR)}, {list(A_FLAT)}]"
CASES = {
    "density": Case(
        "density_conditioned_performance_with_dynamics",
        ToldPerformance(120.0, notes=7.0, nothing=False),
        {"notes_per_second": "7.0"},
    ),
    "pitches": Case(
        "pitch_conditioned_performance_with_dynamics",
        ToldPerformance(120.0, favoured=FAVOURED, nothing=False),
        {"pitch_class_histogram": BOTH},
    ),
    "both": Case(
        "multiconditioned_performance_with_dynamics",
        ToldPerformance(120.0, notes=12.0, favoured=FAVOURED, nothing=False),
        {"notes_per_second": "12.0", "pitch_class_histogram": BOTH},
    ),
    "both, that might be off": Case(
        "optional_multiconditioned_performance_with_dynamics",
        ToldPerformance(120.0, notes=3.0, favoured=FAVOURED, nothing=False),
        {"notes_per_second": "3.0", "pitch_class_histogram": BOTH, "disable_conditioning": "False"},
    ),
    "nothing, where something might be": Case(
        "optional_multiconditioned_performance_with_dynamics",
        ToldPerformance(120.0),
        {"notes_per_second": "6.0", "disable_conditioning": "True"},
    ),
    "the shipped model": Case("performance_with_dynamics", ToldPerformance(120.0), {}),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_the_same_notes_as_its_generator(case: Case, tmp_path: Path) -> None:
    bundle = bundle_of(case.config, tmp_path)
    ours, theirs = drawn(case, bundle), generated(case, bundle)
    assert len(theirs) > 12
    assert ours == theirs


def test_what_is_told_is_heard(tmp_path: Path) -> None:
    """Told otherwise, the same numbers make other music: the notes above are not equal because nobody listens."""
    case = CASES["both"]
    bundle = bundle_of(case.config, tmp_path)
    others = [
        ToldPerformance(120.0, notes=2.0, favoured=case.told.favoured, nothing=False),
        ToldPerformance(120.0, notes=case.told.notes, favoured=FAVOURED[:1], nothing=False),
    ]
    theirs = generated(case, bundle)
    for other in others:
        assert drawn(Case(case.config, other, case.options), bundle) != theirs


def bundle_of(config: str, folder: Path) -> Bundle:
    """The shipped model of a configuration, or one of random weights that Magenta has written."""
    shipped = models_folder() / f"{config}.safetensors"
    if shipped.exists():
        return read_bundle(shipped)
    magenta = MagentaRnn(config, rnn_layer_sizes=[96, 96])
    try:
        magenta.write_bundle(folder / "model.mag")
    finally:
        magenta.close()
    return read_bundle(import_model(folder / "model.mag", folder).path)


def generated(case: Case, bundle: Bundle) -> list[Note]:
    """What ``PerformanceRnnSequenceGenerator`` makes of the options.

    It rounds the step at which it begins up, even from an exact one, and the ends of notes to the nearest.
    """
    from reverie.magenta.families import family_of
    from reverie.magenta.weighted_models import hparams_of, weighted_generator

    import note_seq  # isort: skip - needs what reverie.magenta prepares
    from note_seq.protobuf import generator_pb2

    told = note_seq.NoteSequence()
    for note in PRIMER:
        told.notes.add(
            pitch=note.pitch,
            velocity=note.velocity,
            start_time=note.start / STEPS_PER_SECOND,
            end_time=(note.end - 0.5) / STEPS_PER_SECOND,
        )
    options = generator_pb2.GeneratorOptions()
    options.generate_sections.add(start_time=(FIRST - 0.5) / STEPS_PER_SECOND, end_time=TOTAL / STEPS_PER_SECOND)
    for name, value in case.options.items():
        options.args[name].string_value = value
    family = family_of(case.config)
    generator = weighted_generator(family, family.config(case.config, hparams_of(bundle)), bundle, case.config)
    np.random.seed(SEED)  # noqa: NPY002 - Magenta draws from it
    with generator:
        return our_notes(generator.generate(told, options))


def drawn(case: Case, bundle: Bundle) -> list[Note]:
    """What the engine's model draws under what the voice is told, nothing of it being masked."""
    bins = velocity_bins(case.config)
    model = RecurrentModel(bundle)
    condition = condition_of(case.config, Metre())

    def control(step: int) -> Any:
        return condition and condition.at(case.told, "", round((step - FIRST) * TICKS))

    opening = events_of(PRIMER, velocity_bins=bins)
    events: list[PerformanceEvent] = []
    stream, uniforms, now = model.stream(model.start()), np.random.RandomState(SEED), 0
    for event in opening:
        stream.push([event], [control(now)] if condition else None)
        events.append(event)
        now += event.value if event.kind == TIME_SHIFT else 0
    for _ in range(case.events):
        [event] = stream.draw(uniforms, controls=[control(now)] if condition else None)  # type: ignore[arg-type]
        events.append(event)
        now += event.value if event.kind == TIME_SHIFT else 0
    assert now == steps_of(events)
    return list(notes_of(of_length(events, TOTAL), velocity_bins=bins, longest=LONGEST))
