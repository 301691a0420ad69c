# pyright: basic, reportAttributeAccessIssue=false, reportArgumentType=false
# TensorFlow and Magenta have no types.
"""The shipped latent models from music to music: what Magenta hears, makes and writes, with the same numbers drawn."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.vae_magenta import Numbers, Reference, reference_of
from reverie.models.library.bundle import Bundle, read_bundle
from reverie.models.vae.converter_table import converter_of
from reverie.models.vae.converters import Drums, Melodies
from reverie.models.vae.grooves import Grooves, Hit
from reverie.models.vae.model import Vae
from reverie.music.notes import Note
from reverie.places import models_folder

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(600)]

STEP = 1 / 8
"""Seconds of a sixteenth at 120 beats a minute, which float arithmetic has exactly."""
STEPS, PLACES, TEMPERATURE = 32, 9, 0.7


def shipped(name: str) -> Bundle:
    return read_bundle(models_folder() / f"{name}.safetensors")


def magenta_converter(config: str) -> Any:
    import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
    from magenta.models.music_vae import configs

    converter = copy.deepcopy(configs.CONFIG_MAP[config].data_converter)
    converter.set_mode("infer")
    return converter


def sequence_of(notes: Sequence[Note | Hit], *, drums: bool) -> Any:
    """A NoteSequence of 32 sixteenths."""
    import note_seq

    sequence = note_seq.NoteSequence(ticks_per_quarter=220, total_time=STEPS * STEP)
    sequence.tempos.add(qpm=120)
    sequence.time_signatures.add(numerator=4, denominator=4)
    for note in notes:
        begin, length = note.start * STEP, getattr(note, "length", 1) * STEP
        sequence.notes.add(
            start_time=begin, end_time=begin + length, pitch=note.pitch, velocity=note.velocity, is_drum=drums
        )
    return sequence


def heard_by_magenta(converter: Any, sequences: Sequence[Any]) -> NDArray[Any]:
    """What its encoder is given: one example of each."""
    examples = [converter.to_tensors(one).inputs for one in sequences]
    assert [len(one) for one in examples] == [1] * len(sequences)
    return np.stack([one[0] for one in examples])


def beat(seed: int) -> list[Hit]:
    """Two bars of kick, snare and hats as a hand strikes them: up to a third of a step early or late."""
    rng = np.random.default_rng(seed)
    places = [(step, 42) for step in range(0, STEPS, 2)] + [(step, 38) for step in range(4, STEPS, 8)]
    places += [(int(step), 36) for step in rng.choice(STEPS, 6, replace=False)]
    return [
        Hit(round(max(step + float(rng.uniform(-0.3, 0.3)), 0.0), 3), pitch, int(rng.integers(40, 120)))
        for step, pitch in places
    ]


@pytest.mark.parametrize("name", ["humanize", "tap2drum"])
def test_a_beat_is_struck_as_magenta_strikes_it(name: str) -> None:
    """The drums, how hard, and how early or late."""
    bundle = shipped(name)
    beats = [beat(seed) for seed in range(6)]
    reference, magenta = reference_of(bundle, len(beats)), magenta_converter(bundle.card.config)
    vae, converter = Vae(bundle.card.config, bundle.weights), converter_of(bundle.card.config)
    assert isinstance(converter, Grooves)
    numbers = np.random.default_rng(7).random((len(beats), STEPS, vae.draws))

    x = heard_by_magenta(magenta, [sequence_of(one, drums=True) for one in beats])
    place, _ = reference.encode(x, np.full(len(beats), x.shape[1]))
    theirs = magenta.from_tensors(reference.sample(place, numbers, TEMPERATURE))

    heard = np.stack([converter.example(one).inputs for one in beats])
    frames = vae.decode(vae.encode(heard)[0], STEPS, TEMPERATURE, Numbers(numbers)).frames
    velocities, offsets = set[int](), list[float]()
    for ours, their in zip(map(converter.hits, frames), theirs, strict=True):
        assert len(ours) > 8
        assert [hit.pitch for hit in ours] == [note.pitch for note in their.notes]
        for hit, note in zip(ours, their.notes, strict=True):
            assert abs(hit.velocity - note.velocity) <= 1  # it may round to either side
            assert hit.start == pytest.approx(note.start_time / STEP, abs=1e-4)
        velocities |= {hit.velocity for hit in ours}
        offsets += [hit.start - round(hit.start) for hit in ours]
    assert len(velocities) > 10
    assert np.std(offsets) > 0.02


ENDS: dict[str, tuple[list[Note], list[Note]]] = {
    "melody_2bar": (
        [Note(4 * number, 3, pitch, 80) for number, pitch in enumerate((60, 64, 67, 72, 71, 67, 64, 62))],
        [Note(2 * number, 2, pitch, 80) for number, pitch in enumerate((67, 69, 67, 65, 64, 62, 64, 65) * 2)],
    ),
    "drums_2bar": (
        [
            Note(step, 1, pitch, 80)
            for step in range(0, STEPS, 4)
            for pitch in ({36, 42} if step % 8 == 0 else {38, 42})
        ],
        [Note(step, 1, 51 if step % 4 else 36, 80) for step in range(0, STEPS, 2)],
    ),
}


@pytest.mark.parametrize("name", ENDS)
def test_the_way_from_music_to_music_has_the_same_music_along_it(name: str) -> None:
    import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
    from magenta.models.music_vae.trained_model import TrainedModel

    bundle, drums = shipped(name), name == "drums_2bar"
    reference, magenta = reference_of(bundle, PLACES), magenta_converter(bundle.card.config)
    vae, converter = Vae(bundle.card.config, bundle.weights), converter_of(bundle.card.config)
    assert isinstance(converter, Melodies | Drums)
    numbers = np.random.default_rng(8).random((PLACES, STEPS, vae.draws))

    theirs = TrainedModel.interpolate(
        _trained(reference, magenta, numbers),
        *(sequence_of(end, drums=drums) for end in ENDS[name]),
        num_steps=PLACES,
        length=STEPS,
        temperature=TEMPERATURE,
    )

    [first], [last] = (vae.encode(converter.example(end).inputs[None])[0] for end in ENDS[name])
    frames = vae.decode(vae.interpolate(first, last, PLACES), STEPS, TEMPERATURE, Numbers(numbers)).frames
    ours = [sorted((n.start, n.length, n.pitch) for n in converter.notes(one)) for one in frames]
    assert ours == [
        sorted((round(n.start_time / STEP), round((n.end_time - n.start_time) / STEP), n.pitch) for n in one.notes)
        for one in theirs
    ]
    assert len({tuple(one) for one in ours}) == PLACES


def _trained(reference: Reference, converter: Any, numbers: NDArray[np.float64]) -> SimpleNamespace:
    """What Magenta's ``TrainedModel`` asks of itself to interpolate, by a graph that has weights already."""

    def encode(sequences: Sequence[Any], *_: Any) -> tuple[Any, Any, Any]:
        x = heard_by_magenta(converter, sequences)
        padded = np.concatenate([x, np.zeros((reference.batch - len(x), *x.shape[1:]))])
        mean, deviation = reference.encode(padded, np.full(reference.batch, x.shape[1]))
        return None, mean[: len(x)], deviation[: len(x)]

    def decode(z: NDArray[Any], temperature: float, **_: Any) -> list[Any]:
        return converter.from_tensors(reference.sample(z.astype(np.float32), numbers, temperature))

    return SimpleNamespace(encode=encode, decode=decode)
