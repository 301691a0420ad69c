"""Loops of several voices, and melodies over chords: how they are cut, measured, made and found in what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fakes.networks import bundle
from reverie.models.encodings import performance, polyphony
from reverie.models.encodings.encodings import encoding_of
from reverie.models.library.bundle import Bundle, make_bundle
from reverie.models.recurrent.model import RecurrentModel
from reverie.music.notes import Note
from reverie.training.errors import TrainingError
from reverie.training.judge.generated_loops import LoopRequest
from reverie.training.judge.judged_textures import copies_in, judge_textures
from reverie.training.judge.texture_loops import TextureMaker
from reverie.training.judge.texture_measures import LONG_TEXTURE, TEXTURE_MEASURES
from reverie.training.judge.textures import Texture, TextureKind, TexturePassage, texture_kind
from reverie.training.workspace import Workspace

BAR = 16
CHORALE = tuple(
    Note(16 * bar + 4 * beat, 4, pitch + (bar + beat) % 3)
    for bar in range(12)
    for beat in range(4)
    for pitch in (48, 55, 64)
)


def kind_of(config: str) -> TextureKind:
    found = texture_kind(config)
    assert found is not None
    return found


def voices(notes: Sequence[Note], steps: int) -> TexturePassage:
    encoding: Any = encoding_of("polyphony")
    events = polyphony.events_of(notes, steps)
    return TexturePassage("chorale", BAR, tuple(encoding.label(0, event) for event in events))


def song(melody: Sequence[int], chords: Sequence[str]) -> TexturePassage:
    """An event and a chord for each step."""
    encoding: Any = encoding_of("chord_pitches_improv")
    classes = tuple(encoding.label(0, event) for event in melody)
    return TexturePassage("song", BAR, classes, tuple(encoding.control.encode(chord).places for chord in chords[1:]))


def figures(loop: Texture, kind: TextureKind, name: str) -> list[float]:
    return list(TEXTURE_MEASURES[kind.family][name].of(loop))


def test_voices_are_cut_at_bar_lines_and_end_with_the_loop() -> None:
    kind = kind_of("polyphony")
    pedal = Note(16, 40, 36)
    passage = voices((*CHORALE, pedal), 192)
    assert kind.bars_of(passage) == 12
    loop = kind.cut(passage, 1, 2)
    assert (0, 32, 36) in [(note.start, note.length, note.pitch) for note in loop.notes]
    assert len(loop.notes) == 2 * 4 * 3 + 1
    assert figures(loop, kind, "density") == [12.5]
    assert figures(loop, kind, "at_once") == [4.0] * 8
    assert figures(kind.cut(passage, 4, 4), kind, "at_once") == [3.0] * 16
    assert set(figures(loop, kind, "intervals")) == {1.0, 2.0}
    assert figures(kind.cut(passage, 3, 6), kind, "likeness_1") == [0.0]


def test_a_bar_that_comes_back_is_like_itself() -> None:
    kind = kind_of("polyphony")
    bars = [Note(16 * bar + note.start, note.length, note.pitch) for bar in range(8) for note in CHORALE[:12]]
    assert figures(kind.cut(voices(bars, 128), 0, 8), kind, "likeness_1") == [1.0]


def test_a_melody_is_held_against_the_chord_that_sounds() -> None:
    kind = kind_of("chord_pitches_improv")
    chords = ["C"] * 16 + ["G7"] * 16
    fits = song([60, *[-2] * 7, 67, *[-2] * 7, 65, *[-2] * 7, 71, *[-2] * 7], chords)
    assert figures(kind.cut(fits, 0, 2), kind, "share_in_chord") == [1.0]
    assert figures(kind.cut(fits, 1, 1), kind, "share_in_chord") == [1.0]
    swapped = song([65, *[-2] * 7, 71, *[-2] * 7, 60, *[-2] * 7, 64, *[-2] * 7], chords)
    assert figures(kind.cut(swapped, 0, 2), kind, "share_in_chord") == [0.0]
    silent = song([60, *[-2] * 31], ["N.C."] * 32)
    assert figures(kind.cut(silent, 0, 2), kind, "share_in_chord") == []


def test_a_performance_has_bars_of_two_seconds_and_its_own_loudness() -> None:
    kind = kind_of("performance_with_dynamics")
    encoding: Any = encoding_of("performance_with_dynamics")
    notes = [Note(100 * beat, 50, 60 + beat % 5, 33 + 8 * (beat % 2)) for beat in range(20)]
    classes = tuple(encoding.label(0, event) for event in performance.events_of(notes, velocity_bins=32))
    passage = TexturePassage("piece", kind.bar_steps(12), classes)
    loop = kind.cut(passage, 1, 4)
    assert figures(loop, kind, "density") == [2.0]
    assert figures(loop, kind, "velocity") == [33.0, 41.0] * 4
    assert figures(loop, kind, "velocity_spread") == [4.0]
    assert figures(loop, kind, "note_lengths") == [50.0] * 8


def lively(config: str) -> Bundle:
    """A model with random weights in which time goes by."""
    made = bundle(config, window=0)
    lasting = [bool(steps) for steps in kind_of(config).lasts]
    bias = (made.weights["output.bias"] + 5 * np.array(lasting)).astype(np.float32)
    return make_bundle(made.card, {**made.weights, "output.bias": bias})


@pytest.mark.parametrize("config", ["polyphony", "performance_with_dynamics", "chord_pitches_improv"])
def test_what_was_interrupted_goes_on_to_the_same_loops(config: str, tmp_path: Path) -> None:
    kind = kind_of(config)
    told = {
        "polyphony": voices(CHORALE, 192),
        "chord_pitches_improv": song([60, *[-2] * 7] * 24, (["C"] * 16 + ["F"] * 16) * 6),
        "performance_with_dynamics": TexturePassage("piece", 200, (60, *[300, 61, 189, 62] * 20)),
    }[config]
    network, request = RecurrentModel(lively(config)), LoopRequest(60)

    def maker(file: Path | None) -> TextureMaker:
        return TextureMaker(network, kind, [told], file, "weights")

    whole = maker(None).make(request, lambda *_: None)
    assert {kind.bars_of(one) >= 1 + LONG_TEXTURE for one in whole} == {True}
    assert {one.classes[:3] for one in whole} == {told.classes[:3]}
    assert len({one.classes for one in whole}) > 1
    journal = tmp_path / "loops.jsonl"
    assert maker(journal).make(LoopRequest(50), lambda *_: None) == whole[:50]
    journal.write_text(journal.read_text() + '\n{"key": "cut o')
    assert maker(journal).make(request, lambda *_: None) == whole


def test_what_was_learned_is_found_in_another_key_and_other_music_is_not() -> None:
    kind = kind_of("polyphony")
    moved = [replace(note, pitch=note.pitch + 5) for note in CHORALE]
    # The voices of the other music move by other intervals at each step.
    others = [replace(note, pitch=note.pitch + 2 * (note.start // 4) ** 2 % 17) for note in CHORALE]
    loops = [kind.cut(voices(notes, 192), 2, 4) for notes in (moved, others)]
    found = copies_in(kind, [CHORALE], loops, [])
    assert found.generated[0] > 3
    assert found.generated[1] < 1


def test_what_is_said_otherwise_each_time_is_not_taken_for_notes() -> None:
    for config in ("attention_rnn", "attention_improv", "performance_with_dynamics_and_modulo_encoding", "drum_kit"):
        assert texture_kind(config) is None


def test_loops_longer_than_what_is_made_are_refused_and_not_cut_out_of_nothing(tmp_path: Path) -> None:
    request = LoopRequest(20, bars=LONG_TEXTURE + 1)
    with pytest.raises(TrainingError, match=r"goes on for 8 bars when it is judged.*; give --bars 1 to 8$"):
        judge_textures(lively("polyphony"), Workspace(tmp_path), {}, request, lambda *_: None, "model")
