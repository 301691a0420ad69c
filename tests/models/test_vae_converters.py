from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.vae import random_vae
from reverie.models.errors import ModelError
from reverie.models.vae.converter_table import CONVERTERS, converter_of
from reverie.models.vae.converters import Drums, Melodies, Parts, Trios
from reverie.models.vae.grooves import Grooves, Hit, hits_of, notes_of
from reverie.models.vae.model import load
from reverie.models.vae.wirings import WIRINGS
from reverie.music.notes import Note

TUNE = (Note(0, 4, 60), Note(4, 2, 62), Note(8, 8, 64), Note(20, 12, 65))
BEAT = (Note(0, 1, 36), Note(0, 1, 42), Note(8, 1, 40), Note(24, 1, 38))


def test_every_configuration_has_a_converter() -> None:
    assert set(CONVERTERS) == set(WIRINGS)
    with pytest.raises(ModelError, match="drum_kit is no configuration"):
        converter_of("drum_kit")


@pytest.mark.parametrize("config", sorted(WIRINGS))
def test_what_a_model_says_becomes_what_it_can_hear(config: str) -> None:
    vae, converter = load(random_vae(config)), converter_of(config)
    frames = vae.sample(1, vae.wiring.longest, 1.0, np.random.default_rng(0)).frames[0]
    if isinstance(converter, Grooves):
        example = converter.example(converter.hits(frames))
    elif isinstance(converter, Trios):
        example = converter.example(converter.notes(frames))
    else:
        example = converter.example(converter.notes(frames))
    assert example.outputs.shape == frames.shape
    mu, _ = vae.encode(example.inputs[None])
    assert np.isfinite(mu).all()
    assert np.isfinite(vae.log_likelihood(mu, example.outputs[None])).all()


def test_a_melody_is_notes_their_ends_and_nothing() -> None:
    [example] = Melodies(2).examples(TUNE)
    tokens = example.outputs[:, 0].tolist()
    assert tokens == [41, 0, 0, 0, 43, 0, 1, 0, 45, *[0] * 7, 1, 0, 0, 0, 46, *[0] * 11]
    assert example.inputs is example.outputs
    assert [(n.start, n.length, n.pitch, n.velocity) for n in Melodies(2).notes(example.outputs)] == [
        (n.start, n.length, n.pitch, 80) for n in TUNE
    ]


def test_equal_stretches_are_one_and_a_silent_bar_parts_passages() -> None:
    bar = [Note(at, 4, 60) for at in (0, 4, 8, 12)]
    repeated = [note.moved(16 * n) for n in range(4) for note in bar]
    assert len(Melodies(2).examples(repeated)) == 1
    parted = [*bar, *(note.moved(32) for note in bar)]
    assert Melodies(2).examples(parted) == []
    assert np.count_nonzero(Melodies(4).example(parted).outputs > 1) == 8
    assert len(Drums(2).examples(Note(at, 1, 36) for at in (0, 16, 32))) == 1
    assert Drums(2).examples(Note(at, 1, 36) for at in (0, 40)) == []


def test_a_note_that_began_before_does_not_end_in_a_stretch() -> None:
    later = Melodies(2).examples([Note(0, 20, 60), Note(33, 8, 62)])[1].outputs[:, 0].tolist()
    assert later == [0] * 17 + [43] + [0] * 7 + [1] + [0] * 6


def test_a_loop_is_read_as_it_is() -> None:
    empty = Melodies(2).example(())
    assert not empty.outputs.any()
    late = Melodies(2).example([Note(20, 4, 60), Note(40, 4, 72)]).outputs[:, 0].tolist()
    assert late == [0] * 20 + [41, 0, 0, 0, 1] + [0] * 7
    assert Drums(2).example([Note(31, 4, 36), Note(32, 4, 38)]).outputs[:, 0].tolist() == [0] * 31 + [1]


def test_drums_are_heard_as_a_roll_and_said_as_sets() -> None:
    [example] = Drums(2).examples(BEAT)
    assert example.outputs[[0, 8, 24], 0].tolist() == [0b101, 0b10, 0b10]
    assert np.flatnonzero(example.inputs[0]).tolist() == [0, 2]
    assert np.flatnonzero(example.inputs[1]).tolist() == [9]
    assert [(n.start, n.pitch) for n in Drums(2).notes(example.outputs)] == [(0, 36), (0, 42), (8, 38), (24, 38)]
    assert Drums(2).examples([Note(0, 1, 1)]) == []


def test_a_trio_needs_all_three() -> None:
    tune = tuple(note.moved(32 * n) for n in range(8) for note in TUNE)
    bass = tuple(Note(note.start, note.length, note.pitch - 24) for note in tune)
    beat = tuple(note.moved(32 * n) for n in range(8) for note in BEAT)
    [example] = Trios(16).examples(Parts(tune, bass, beat))
    back = Trios(16).notes(example.outputs, velocity=100)
    assert (back.melody, back.bass) == (tune, bass)
    assert [n.start for n in back.drums] == [n.start for n in beat]
    assert Trios(16).examples(Parts(tune, (), beat)) == []
    assert Trios(16).examples(Parts(tune, bass, beat[:4])) == []
    assert Trios(16).examples(Parts(tune, bass, tuple(n for n in beat if not 64 <= n.start < 128))) != []


HITS = (Hit(0.25, 36, 127), Hit(3.75, 42, 64), Hit(4.0, 38, 20), Hit(4.1, 40, 90), Hit(31.4, 46, 1))


def test_a_groove_is_hits_velocities_and_offsets() -> None:
    [example] = Grooves(2).examples(HITS)
    hits, velocities, offsets = np.split(example.outputs, 3, axis=1)
    assert [tuple(place) for place in np.argwhere(hits)] == [(0, 0), (4, 1), (4, 2), (31, 3)]
    assert velocities[hits > 0] == pytest.approx([1, 90 / 127, 64 / 127, 1 / 127])
    assert offsets[hits > 0] == pytest.approx([-0.5, -0.2, 0.5, -0.8], abs=1e-6)
    np.testing.assert_array_equal(example.inputs, example.outputs)
    back = Grooves(2).hits(example.outputs)
    assert [(hit.pitch, hit.velocity) for hit in back] == [(36, 127), (38, 90), (42, 64), (46, 1)]
    assert [hit.start for hit in back] == pytest.approx([0.25, 4.1, 3.75, 31.4])


def test_each_groovae_hears_less_than_it_says() -> None:
    outputs = Grooves(2).examples(HITS)[0].outputs
    heard = {config: converter_of(config) for config in CONVERTERS if config.startswith("groovae")}
    inputs = {}
    for config, converter in heard.items():
        assert isinstance(converter, Grooves)
        [example] = converter.examples(HITS)
        np.testing.assert_array_equal(example.outputs, outputs)
        inputs[config.removeprefix("groovae_2bar_")] = np.split(example.inputs, 3, axis=1)
    hits, velocities, offsets = inputs["humanize"]
    np.testing.assert_array_equal(hits, outputs[:, :9])
    assert not velocities.any()
    assert not offsets.any()
    hits, velocities, offsets = inputs["tap_fixed_velocity"]
    assert [tuple(place) for place in np.argwhere(hits)] == [(0, 3), (4, 3), (31, 3)]
    assert not velocities.any()
    assert offsets[4, 3] == pytest.approx(-0.2, abs=1e-6)  # the snare's, which is louder
    hits, velocities, offsets = inputs["add_closed_hh"]
    assert not hits[:, 2].any()
    assert not velocities[:, 2].any()
    np.testing.assert_array_equal(np.delete(offsets, 2, axis=1), np.delete(outputs[:, 18:], 2, axis=1))


def test_grooves_are_cut_into_stretches_and_filled_with_silence() -> None:
    assert len(Grooves(2).examples([Hit(0, 36), Hit(95, 36)])) == 3
    assert Grooves(2).examples([Hit(0, 36)]) == []
    assert Grooves(2).example([Hit(0, 36), Hit(40, 36)]).outputs.sum() == pytest.approx(1 + 100 / 127)
    assert not Grooves(2).example([]).inputs.any()
    assert Grooves(2).example([Hit(0, 36), Hit(1, 1)]).outputs[1].sum() == 0
    with pytest.raises(ValueError, match="before the beginning"):
        Grooves(2).examples([Hit(-2, 36)])


@given(st.lists(st.builds(Note, st.integers(0, 5000), st.integers(1, 50), st.just(36), st.integers(1, 127))))
def test_hits_in_ticks_come_back(notes: list[Note]) -> None:
    back = notes_of(hits_of(notes, 120), 120)
    assert [(n.start, n.pitch, n.velocity) for n in back] == [(n.start, n.pitch, n.velocity) for n in notes]


def test_a_hit_before_the_beginning_is_moved_there() -> None:
    assert notes_of([Hit(-0.4, 36, 0)], 120) == (Note(0, 120, 36, 1),)
