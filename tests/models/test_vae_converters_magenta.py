# pyright: basic, reportAttributeAccessIssue=false
from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakes.data import data_folder
from reverie.models.vae.converter_table import CONVERTERS, converter_of
from reverie.models.vae.converters import Drums, Example, Melodies, Parts, Trios
from reverie.models.vae.grooves import Grooves, Hit
from reverie.music.notes import Note

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore")]
unhurried = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

STEP = 1 / 8
"""Seconds of a sixteenth at 120 beats a minute, which float arithmetic has exactly."""

GROOVES = [config for config in CONVERTERS if config.startswith("groovae")]
SAMPLE = 40
"""How many files of Groove are read where not all are."""


def _magenta(config: str) -> Any:
    import reverie.magenta  # noqa: F401 - prepares TensorFlow  # isort: skip
    from magenta.models.music_vae import configs

    converter = copy.deepcopy(configs.CONFIG_MAP[config].data_converter)
    converter.set_mode("infer")
    converter.max_tensors_per_notesequence = None
    return converter


def _sequence(*parts: tuple[Any, int, bool], step: float = STEP) -> Any:
    """A NoteSequence of parts: notes or hits, program, whether they are drums."""
    import note_seq

    sequence = note_seq.NoteSequence(ticks_per_quarter=220)
    sequence.tempos.add(qpm=120)
    sequence.time_signatures.add(numerator=4, denominator=4)
    for instrument, (notes, program, is_drum) in enumerate(parts):
        for note in notes:
            begin, length = note.start * step, getattr(note, "length", 1) * step
            sequence.notes.add(
                start_time=begin,
                end_time=begin + length,
                pitch=note.pitch,
                velocity=note.velocity,
                instrument=instrument,
                program=program,
                is_drum=is_drum,
            )
            sequence.total_time = max(sequence.total_time, begin + length)
    return sequence


def _vectors(tokens: np.ndarray, depth: int) -> np.ndarray:
    """Classes as the one-hot vectors that Magenta makes of them."""
    if tokens.dtype == np.float32:
        return tokens
    counts = {1: [depth], 3: [90, 90, 512]}[tokens.shape[1]]
    return np.concatenate([np.eye(count)[tokens[:, head]] for head, count in enumerate(counts)], axis=1)


def _same(ours: list[Example], theirs: Any, converter: Any, *, ordered: bool = False) -> int:
    """Compare examples, in any order where Magenta has none; returns how many there are."""
    found = [
        (_vectors(one.inputs, converter.input_depth), _vectors(one.outputs, converter.output_depth)) for one in ours
    ]
    expected = [
        (np.asarray(i, float), np.asarray(o, float)) for i, o in zip(theirs.inputs, theirs.outputs, strict=True)
    ]
    assert len(found) == len(expected)
    if not ordered:
        found, expected = (
            sorted(pairs, key=lambda pair: pair[1].astype(bool).tobytes()) for pairs in (found, expected)
        )
    for our, their in zip(found, expected, strict=True):
        for one, other in zip(our, their, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)
    return len(found)


def _steps(notes: Any, pitch: str = "pitch") -> list[tuple[int, ...]]:
    """Magenta's notes in steps."""
    return sorted(
        (round(n.start_time / STEP), round((n.end_time - n.start_time) / STEP), n.pitch, n.velocity) for n in notes
    )


def _ours(notes: tuple[Note, ...]) -> list[tuple[int, ...]]:
    return sorted((n.start, n.length, n.pitch, n.velocity) for n in notes)


def notes(last: int, low: int = 15, high: int = 115, most: int = 40) -> st.SearchStrategy[list[Note]]:
    return st.lists(
        st.builds(Note, st.integers(0, last), st.integers(1, 40), st.integers(low, high), st.integers(1, 127)),
        max_size=most,
    )


drum_notes = st.lists(
    st.builds(
        Note, st.integers(0, 120), st.integers(1, 4), st.sampled_from([1, 35, 36, 38, 42, 46, 51, 57]), st.just(90)
    ),
    max_size=60,
)


@unhurried
@given(notes(90))
def test_melodies_of_two_bars_are_magentas(voice: list[Note]) -> None:
    magenta = _magenta("cat-mel_2bar_small")
    _same(Melodies(2).examples(voice), magenta.to_tensors(_sequence((voice, 0, False))), magenta)


@unhurried
@given(st.integers(1, 30), st.integers(0, 6).flatmap(lambda n: notes(20 + 60 * n)))
def test_melodies_of_sixteen_bars_are_magentas(apart: int, voice: list[Note]) -> None:
    regular = [Note(at, 3, 60 + at % 24) for at in range(0, 300, apart)]
    magenta = _magenta("flat-mel_16bar")
    _same(
        Melodies(16).examples([*regular, *voice]), magenta.to_tensors(_sequence((regular + voice, 0, False))), magenta
    )


def test_long_melodies_and_drums_are_cut_off_as_magenta_does() -> None:
    rng = np.random.default_rng(0)
    voice = [Note(at, 2, int(rng.integers(40, 80))) for at in range(0, 1700, 3)]
    magenta = _magenta("cat-mel_2bar_small")
    assert _same(Melodies(2).examples(voice), magenta.to_tensors(_sequence((voice, 0, False))), magenta) == 99
    magenta = _magenta("cat-drums_2bar_small")
    beat = [Note(note.start, 1, int(rng.choice([36, 38, 42, 51]))) for note in voice]
    assert _same(Drums(2).examples(beat), magenta.to_tensors(_sequence((beat, 0, True))), magenta) == 99


@unhurried
@given(drum_notes)
def test_drums_are_magentas(beat: list[Note]) -> None:
    magenta = _magenta("cat-drums_2bar_small")
    _same(Drums(2).examples(beat), magenta.to_tensors(_sequence((beat, 0, True))), magenta)


@unhurried
@given(notes(300, 15, 115, 12), notes(300, 15, 115, 12), st.integers(1, 60), st.integers(0, 255), st.booleans())
def test_trios_are_magentas(melody: list[Note], bass: list[Note], apart: int, gap: int, more: bool) -> None:
    regular = [Note(at, 3, 40 + at % 24) for at in range(0, 280, apart) if not gap <= at < gap + 64]
    melody, bass = (melody, bass + regular) if more else (melody + regular, bass + regular)
    beat = [Note(at, 1, 36) for at in range(0, 280, 8)]
    magenta = _magenta("flat-trio_16bar")
    theirs = magenta.to_tensors(_sequence((melody, 0, False), (bass, 33, False), (beat, 0, True)))
    _same(Trios(16).examples(Parts(tuple(melody), tuple(bass), tuple(beat))), theirs, magenta, ordered=True)


def test_the_trios_above_are_not_all_silent() -> None:
    regular = tuple(Note(at, 3, 40 + at % 24) for at in range(0, 300, 8))
    beat = tuple(Note(at, 1, 36) for at in range(0, 300, 8))
    magenta = _magenta("flat-trio_16bar")
    theirs = magenta.to_tensors(_sequence((regular, 0, False), (regular, 33, False), (beat, 0, True)))
    assert _same(Trios(16).examples(Parts(regular, regular, beat)), theirs, magenta, ordered=True) == 4


hits = st.lists(
    st.builds(
        Hit,
        st.integers(0, 200 * 64).map(lambda n: n / 64),
        st.sampled_from([36, 35, 38, 37, 42, 22, 44, 46, 43, 47, 50, 49, 51, 59]),
        st.integers(0, 127),
    ),
    max_size=60,
)


@pytest.mark.parametrize("config", GROOVES)
@unhurried
@given(played=hits)
def test_grooves_are_magentas(config: str, played: list[Hit]) -> None:
    magenta, converter = _magenta(config), converter_of(config)
    assert isinstance(converter, Grooves)
    _same(converter.examples(played), magenta.to_tensors(_sequence((played, 0, True))), magenta, ordered=True)


@unhurried
@given(st.lists(st.integers(0, 89), min_size=32, max_size=32))
def test_melodies_become_magentas_notes(tokens: list[int]) -> None:
    frames = np.array(tokens)[:, None]
    [theirs] = _magenta("cat-mel_2bar_small").from_tensors([_vectors(frames, 90)])
    assert _ours(Melodies(2).notes(frames)) == _steps(theirs.notes)


@unhurried
@given(st.lists(st.integers(0, 511), min_size=32, max_size=32))
def test_drums_become_magentas_notes(tokens: list[int]) -> None:
    frames = np.array(tokens)[:, None]
    [theirs] = _magenta("cat-drums_2bar_small").from_tensors([_vectors(frames, 512)])
    assert _ours(Drums(2).notes(frames)) == _steps(theirs.notes)


def test_trios_become_magentas_notes() -> None:
    rng = np.random.default_rng(0)
    frames = np.stack([rng.integers(0, count, 256) for count in (90, 90, 512)], axis=1)
    [theirs] = _magenta("flat-trio_16bar").from_tensors([_vectors(frames, 692)])
    ours = Trios(16).notes(frames)
    for instrument, part in {0: ours.melody, 1: ours.bass, 9: ours.drums}.items():
        assert _ours(part) == _steps(n for n in theirs.notes if n.instrument == instrument)


@unhurried
@given(st.integers(0, 10_000))
def test_grooves_become_magentas_hits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames = rng.uniform(-1.3, 1.3, (32, 27)).astype(np.float32)
    [theirs] = _magenta("groovae_2bar_humanize").from_tensors([frames])
    ours = Grooves(2).hits(frames)
    assert [(hit.pitch, hit.velocity) for hit in ours] == [(n.pitch, n.velocity) for n in theirs.notes]
    np.testing.assert_allclose([hit.start for hit in ours], [n.start_time / STEP for n in theirs.notes], atol=1e-6)


def _groove_is_magentas(files: list[Path]) -> None:
    import note_seq

    magentas = {config: _magenta(config) for config in [*GROOVES, "cat-drums_2bar_small"]}
    known = set(magentas[GROOVES[0]].pitch_class_map)
    examples = 0
    for file in files:
        sequence = note_seq.midi_file_to_note_sequence(str(file))
        if len(sequence.tempos) != 1 or [(s.numerator, s.denominator) for s in sequence.time_signatures] != [(4, 4)]:
            continue
        rest = [note for note in sequence.notes if note.pitch in known]
        del sequence.notes[:]
        sequence.notes.extend(rest)
        steps = sequence.tempos[0].qpm * 4 / 60
        played = [Hit(n.start_time * steps, n.pitch, n.velocity) for n in sequence.notes]
        for config in GROOVES:
            converter = converter_of(config)
            assert isinstance(converter, Grooves)
            theirs = magentas[config].to_tensors(sequence)
            examples += _same(converter.examples(played), theirs, magentas[config], ordered=True)
        quantized = note_seq.quantize_note_sequence(sequence, 4)
        beat = [
            Note(n.quantized_start_step, n.quantized_end_step - n.quantized_start_step, n.pitch, n.velocity)
            for n in quantized.notes
        ]
        drums = magentas["cat-drums_2bar_small"]
        examples += _same(Drums(2).examples(beat), drums.to_tensors(sequence), drums)
    assert examples > len(files)


def _groove() -> list[Path]:
    return sorted(data_folder("groove-midi").rglob("*.mid"))


def test_a_sample_of_groove_is_as_magenta_reads_it() -> None:
    files = _groove()
    _groove_is_magentas(files[:: len(files) // SAMPLE])


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_all_of_groove_is_as_magenta_reads_it() -> None:
    _groove_is_magentas(_groove())
