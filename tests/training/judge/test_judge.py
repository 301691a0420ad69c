"""A shipped model judged whole: what is said, that it can be resumed, and what is drawn."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from fakes.data import data_folder
from fakes.judged import COMMON, beat, music, sequence_of, tune
from fakes.networks import bundle
from fakes.vae import random_vae
from reverie.models.counting import counting_of
from reverie.models.encodings.melody import REGISTERS, own_label_of
from reverie.models.encodings.melody_notes import NO_EVENT, NOTE_OFF
from reverie.models.encodings.multi_drum import DrumAlphabet
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_bundle, write_bundle
from reverie.models.library.card import ModelCard
from reverie.models.recurrent.model import RecurrentModel
from reverie.models.recurrent.sampling import Uniforms
from reverie.models.recurrent.spans import BarSpan, SpanComposer, SpanDrawing
from reverie.music.drums import DRUM_KIT
from reverie.music.time import Metre
from reverie.places import models_folder
from reverie.training.errors import TrainingError
from reverie.training.judge import generated_loops, judged_bundle, judged_latent
from reverie.training.judge.example_likelihood import example_of
from reverie.training.judge.generated_loops import BATCH, LoopMaker, LoopRequest, primers
from reverie.training.judge.judge import Judgement, copies_of, judge
from reverie.training.judge.judge_picture import draw_judgement
from reverie.training.judge.judge_table import as_markdown, as_table
from reverie.training.judge.judged_bundle import judge_bundle, judge_file
from reverie.training.judge.judged_music import (
    JudgedMusic,
    JudgedPassage,
    in_metres,
    kind_of,
    music_as_json,
    music_for_loops,
    music_from_json,
    passages_of_sequence,
    windows_of,
)
from reverie.training.judge.likelihood import model_losses
from reverie.training.judge.loop_measures import LONG_BARS
from reverie.training.judge.usual_metre import usual_metre
from reverie.training.pieces import ConvertedPiece
from reverie.training.recipes import RECIPES, LearnedPart
from reverie.training.workspace import SPLITS, Split, Workspace

SHIPPED = models_folder()


@pytest.fixture(scope="module")
def judged() -> Judgement:
    return judge(read_bundle(SHIPPED / "drum_kit.safetensors"), music(beat), LoopRequest(30, bars=2))


def test_a_judgement_has_every_part(judged: Judgement) -> None:
    data = judged.as_json()
    assert json.loads(json.dumps(data)) == data
    assert data["perplexity"]["events"] == 12 * (18 * 16 - 1)
    assert data["perplexity"]["pieces"] == 12
    assert set(data["measures"]) >= {"density", "syncopation", "drum_entropy", "likeness_1"}
    assert len(judged.copies.generated) == 30
    table = as_table(judged)
    assert "drum_kit: perplexity" in table
    assert "onset density" in table
    assert "MISSED" in table or "met" in table
    assert as_markdown(judged).count("\n") == len(judged.measures) + 1


def test_its_picture_has_a_panel_for_each_measure_and_for_copies(judged: Judgement) -> None:
    root = ET.fromstring(draw_judgement(judged))  # noqa: S314 - our own
    texts = [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
    for one in judged.measures.values():
        assert one.measure.title in texts
    assert "longest run copied from training" in texts


def test_the_same_model_and_music_have_the_same_judgement(judged: Judgement) -> None:
    again = judge(read_bundle(SHIPPED / "drum_kit.safetensors"), music(beat), LoopRequest(30, bars=2))
    assert again == judged


def test_a_melody_model_is_judged_by_what_melodies_have() -> None:
    found = judge(read_bundle(SHIPPED / "attention_rnn.safetensors"), music(tune, 6), LoopRequest(20, bars=2))
    assert set(found.measures) >= {"intervals", "note_lengths", "class_entropy", "share_in_key", "repeated_notes"}


def test_music_in_seven_eighths_is_judged_in_seven_eighths() -> None:
    seven = Metre(7, 8)
    real = music(partial(beat, metre=seven), metre=seven)
    found = judge(read_bundle(SHIPPED / "drum_kit.safetensors"), real, LoopRequest(30, bars=2))
    assert found.metre == "7/8"
    assert found.measures["kicks_on_groups"].distance.loops[0] > 20
    in_loops = found.measures["loop_kicks_on_groups"]
    assert in_loops.distance.means[1] == pytest.approx(kicks_where_groups_begin(real["test"]), abs=0.05)
    assert len(found.copies.generated) == 30
    common = judge(read_bundle(SHIPPED / "drum_kit.safetensors"), music(beat), LoopRequest(1, bars=2))
    assert "loop_kicks_on_groups" not in common.measures


def kicks_where_groups_begin(passages: Sequence[JudgedPassage]) -> float:
    """The mean share of kicks that stand on the first, third and fifth eighth of seven."""
    return float(
        np.mean(
            [
                np.mean([step % 14 in {0, 4, 8} for step, one in enumerate(passage.events) if 36 in one])
                for passage in passages
            ]
        )
    )


@pytest.mark.parametrize(("metre", "span"), [(Metre(7, 8), 56), (Metre(3, 4), 60), (Metre(4, 4), 0)])
def test_loops_of_a_metre_that_the_counter_does_not_fit_are_made_as_in_a_scene(
    metre: Metre, span: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    spans: list[tuple[BarSpan, int]] = []

    class Noted(SpanComposer):
        def compose_after(
            self, openings: Any, place: int, count: int, uniforms: Uniforms, temperature: float = 1.0
        ) -> SpanDrawing:
            spans.append((self.span, count))
            return super().compose_after(openings, place, count, uniforms, temperature)

    monkeypatch.setattr(generated_loops, "SpanComposer", Noted)
    real = music(partial(beat, metre=metre), 2, metre)
    judge(read_bundle(SHIPPED / "drum_kit.safetensors"), real, LoopRequest(1, bars=2))
    assert spans == ([(BarSpan(metre.bar_steps, span), LONG_BARS * metre.bar_steps)] if span else [])


def test_only_passages_in_the_metres_are_judged() -> None:
    mixed: JudgedMusic = {
        split: [*passages, JudgedPassage("waltz", Metre(3, 4), beat(0, 8, Metre(3, 4)))]
        for split, passages in music(beat, 2).items()
    }
    waltzes = in_metres(mixed, [Metre(3, 4)])
    assert {one.piece for passages in waltzes.values() for one in passages} == {"waltz"}
    assert in_metres(mixed, []) is mixed
    mixed = {**mixed, "test": mixed["test"][:-1]}
    with pytest.raises(ValueError, match=r"^there is no music in 3/4 that was held out, which the model is judged by$"):
        in_metres(mixed, [Metre(3, 4)])
    with pytest.raises(ValueError, match="in 5/4 to learn from or to look at while training or that was held out"):
        in_metres(mixed, [Metre(5, 4)])


@pytest.mark.parametrize(("count", "bars"), [(0, 4), (1, 0), (1, 17)])
def test_loops_that_cannot_be_made_are_refused(count: int, bars: int) -> None:
    with pytest.raises(ValueError, match="1 to 16 bars"):
        LoopRequest(count, bars)


def test_an_interrupted_judgement_goes_on_and_comes_to_the_same_loops(tmp_path: Path) -> None:
    model = RecurrentModel(read_bundle(SHIPPED / "drum_kit.safetensors"))
    kind, journal = kind_of("drum_kit"), tmp_path / "judge" / "loops.jsonl"
    told = primers(kind, music(beat)["validation"], COMMON)
    request = LoopRequest(2 * BATCH)
    whole = LoopMaker(model, kind, COMMON, told).make(request, lambda _done, _of: None)

    def interrupt(done: int, _of: int) -> None:
        if done == BATCH:
            raise KeyboardInterrupt

    maker = LoopMaker(model, kind, COMMON, told, journal)
    with pytest.raises(KeyboardInterrupt):
        maker.make(request, interrupt)
    with journal.open("a") as file:
        file.write('\n{"key": "cut o')
    kept = journal.read_text()
    assert maker.make(request, lambda _done, _of: None) == whole
    assert journal.read_text().startswith(kept)
    assert len([line for line in journal.read_text().splitlines() if line.startswith('{"key"')]) == 3  # one cut off
    done = journal.read_text()
    assert maker.make(request, lambda _done, _of: None) == whole
    assert journal.read_text() == done


def test_the_journal_of_another_model_or_wish_is_not_taken(tmp_path: Path) -> None:
    model = RecurrentModel(read_bundle(SHIPPED / "drum_kit.safetensors"))
    kind, journal = kind_of("drum_kit"), tmp_path / "loops.jsonl"
    told = primers(kind, music(beat)["validation"], COMMON)

    def silent(_done: int, _of: int) -> None: ...

    first = LoopMaker(model, kind, COMMON, told, journal, "a").make(LoopRequest(5), silent)
    other = LoopMaker(model, kind, COMMON, told, journal, "a").make(LoopRequest(5, seed=1), silent)
    assert first != other
    before = journal.stat().st_size
    LoopMaker(model, kind, COMMON, told, journal, "b").make(LoopRequest(5), silent)
    assert journal.stat().st_size > before


def test_losses_do_not_depend_on_what_is_measured_beside_them() -> None:
    model = RecurrentModel(read_bundle(SHIPPED / "drum_kit.safetensors"))
    passages = [JudgedPassage("one", COMMON, beat(seed, bars)) for seed, bars in ((0, 7), (1, 9), (2, 8))]
    together = model_losses(model, passages, lambda _done, _of: None)
    alone = [model_losses(model, [one], lambda _done, _of: None)[0] for one in passages]
    assert together == pytest.approx(np.array(alone), rel=1e-5)


@pytest.mark.parametrize("length", [20, 40])
def test_what_a_melody_may_do_next_is_certain_however_many_ways_there_are_to_say_it(length: int) -> None:
    model = RecurrentModel(read_bundle(SHIPPED / "attention_rnn.safetensors"))
    heard = (*tune(3), *tune(3))[:length]
    register = REGISTERS["attention_rnn"]
    following = [(*heard, event) for event in (NO_EVENT, NOTE_OFF, *range(register.low, register.high))]
    passages = [JudgedPassage("", COMMON, events) for events in (heard, *following)]
    losses = model_losses(model, passages, lambda _done, _of: None)
    assert np.exp(losses[0] - losses[1:]).sum() == pytest.approx(1.0, abs=1e-4)


@pytest.mark.magenta
def test_bars_of_held_out_music_begin_on_bar_lines_also_after_a_tempo_that_changes_within_a_bar() -> None:
    sequence = sequence_of(beat(0))
    changed = 4.5 * 4  # the middle of the fifth bar; each has four seconds
    sequence.tempos.add(time=changed, qpm=30)
    for note in sequence.notes:
        if note.start_time >= changed:
            note.start_time = changed + 2 * (note.start_time - changed)
            note.end_time = note.start_time + 0.2
    sequence.total_time = changed + 2 * (sequence.total_time - changed)
    (passage,) = passages_of_sequence(kind_of("drum_kit"), sequence, "rubato")
    snares = {step % 16 for step, struck in enumerate(passage.events) if 38 in struck}
    assert passage.bars == 18
    assert snares == {4, 12}


@pytest.mark.magenta
@pytest.mark.parametrize(("part", "lowest", "highest"), [("tune", 72, 76), ("bass", 36, 40), ("any", 36, 76)])
def test_held_out_music_is_of_the_part_that_is_learned_from(part: LearnedPart, lowest: int, highest: int) -> None:
    sequence = sequence_of([frozenset()] * 160)
    for instrument, (program, first) in enumerate(((73, 72), (33, 36))):
        for beat_number in range(40):
            sequence.notes.add(
                start_time=beat_number,
                end_time=beat_number + 1,
                pitch=first + beat_number % 5,
                velocity=80,
                program=program,
                instrument=instrument,
            )
    kind = replace(kind_of("mono_rnn"), fitted=tuple)
    struck = [
        pitch
        for one in passages_of_sequence(kind, sequence, "two lines", part)
        for event in one.events
        for pitch in kind.struck(event)
    ]
    assert (min(struck), max(struck)) == (lowest, highest)


def test_music_that_was_trained_on_is_known_to_be_copied() -> None:
    kind, real = kind_of("drum_kit"), music(beat)
    from reverie.training.judge.generated_loops import loops_of

    found = copies_of(
        kind, real["train"], loops_of(kind, real["train"], COMMON, 4), loops_of(kind, real["test"], COMMON, 4)
    )
    assert min(found.generated) > 3.5
    assert found.short == (0.0, pytest.approx(1.0, abs=0.3))


def test_music_is_kept_and_read_again() -> None:
    for name, make in (("drum_kit", beat), ("attention_rnn", tune)):
        kind, real = kind_of(name), music(make, 2)
        assert music_from_json(kind, json.loads(json.dumps(music_as_json(kind, real)))) == real


def test_what_cannot_be_judged_is_refused_with_the_reason() -> None:
    with pytest.raises(ModelError, match="polyphony: only drums"):
        kind_of("polyphony")
    with pytest.raises(ValueError, match="no music to judge by"):
        usual_metre([])
    some = music(beat, 2)
    nothing: JudgedMusic = {"train": some["train"], "validation": some["validation"], "test": []}
    with pytest.raises(ValueError, match="held out"):
        judge(read_bundle(SHIPPED / "drum_kit.safetensors"), nothing, LoopRequest(1))


def test_what_is_judged_is_event_for_event_what_the_model_card_counts() -> None:
    import note_seq

    shipped = read_bundle(SHIPPED / "drum_kit.safetensors")
    folder = data_folder("groove-midi")
    lines = [line.split(",") for line in (folder / "info.csv").read_text().splitlines()]
    names = dict(enumerate(lines[0]))
    rows = [{names[place]: cell for place, cell in enumerate(line)} for line in lines[1:]]
    files = [
        folder / row["midi_filename"]
        for row in rows
        if (row["beat_type"], row["time_signature"], row["split"]) == ("beat", "4-4", "test")
    ]
    kind = kind_of("drum_kit")
    passages = [
        passage
        for file in files
        for passage in passages_of_sequence(kind, note_seq.midi_file_to_note_sequence(str(file)), file.name)
    ]
    windows = windows_of(kind, passages, counting_of(shipped.card))
    assert sum(len(one.events) - 1 for one in windows) == shipped.card.training["heldout"]["events"]
    losses = model_losses(RecurrentModel(shipped), windows, lambda _done, _of: None)
    mean = losses.sum() / shipped.card.training["heldout"]["events"]
    assert mean == pytest.approx(shipped.card.training["heldout"]["loss"], abs=1e-4)


@pytest.mark.magenta
@pytest.mark.parametrize("metre", [Metre(4, 4), Metre(3, 4)])
@pytest.mark.parametrize("config", ["drum_kit", "attention_rnn"])
def test_windows_are_the_examples_of_a_dataset(config: str, metre: Metre) -> None:
    from reverie.training.dataset.extraction.sources import source_of

    drums = config == "drum_kit"
    sequence = sequence_of(beat(5, 33, metre) if drums else ())
    sequence.time_signatures[0].numerator = metre.numerator
    for number in range(0 if drums else 100):  # notes and rests, some of them over the edges of windows
        start, pitch = number * 5 / 4, 60 + number * 7 % 12
        sequence.notes.add(start_time=start, end_time=start + 1 + number % 2 / 4, pitch=pitch, velocity=80)
        sequence.total_time = start + 2
    recipe, kind = RECIPES[config], kind_of(config)
    counting = counting_of(ModelCard("m", config, training={"example_steps": recipe.window}))
    windows = windows_of(kind, list(passages_of_sequence(kind, sequence, "one")), counting)
    labelled = DrumAlphabet(DRUM_KIT).encode if drums else own_label_of(config)
    examples = [example_of(one.record) for cut in source_of(recipe).cuts(sequence, Counter()) for one in cut()]
    assert len(examples) > 1
    assert [[labelled(event) for event in one.events[1:]] for one in windows] == [list(e.labels) for e in examples]


def test_loops_are_compared_with_the_beginnings_of_long_passages() -> None:
    long, brief = JudgedPassage("long", COMMON, beat(0, 40)), JudgedPassage("brief", COMMON, beat(1, 6))
    found = music_for_loops({"train": [long, brief], "validation": [brief], "test": []})
    assert found == {"train": [replace(long, events=long.events[:512])], "validation": [], "test": []}


def test_a_model_whose_examples_nobody_knows_is_judged_by_those_of_magenta() -> None:
    kind, passage = kind_of("drum_kit"), JudgedPassage("long", COMMON, beat(0, 40))
    assert [len(one.events) for one in windows_of(kind, [passage], counting_of(ModelCard("m", "drum_kit")))] == [
        513,
        128,
    ]


def kept_piece(workspace: Workspace, seed: int, split: str) -> ConvertedPiece:
    """A beat as a NoteSequence in a workspace."""
    sequence = sequence_of(beat(seed))
    workspace.pieces.mkdir(parents=True, exist_ok=True)
    workspace.piece(str(seed)).write_bytes(sequence.SerializeToString())
    return ConvertedPiece(str(seed), f"{seed}.mid", f"beat {seed}", "4/4", 18, len(sequence.notes), 72.0, split)


def test_a_file_is_judged_by_the_pieces_of_a_workspace(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    splits = kept_beats(workspace)
    told: list[tuple[str, int, int]] = []

    def report(step: str, done: int, of: int) -> None:
        told.append((step, done, of))

    path = SHIPPED / "drum_kit.safetensors"
    found = judge_bundle(path, workspace, splits, LoopRequest(20, bars=2), report=report)
    assert [one for one in told if one[0] == "music"][-1] == ("music", 12, 12)
    assert found.likelihood.pieces == 4
    told.clear()
    assert judge_bundle(path, workspace, splits, LoopRequest(20, bars=2), report=report) == found
    assert not [one for one in told if one[0] == "music"]  # it was read once

    by_metre = judge_bundle(path, workspace, splits, LoopRequest(20, bars=2), metre=COMMON)
    assert by_metre.likelihood == found.likelihood
    with pytest.raises(ValueError, match="there is no music in 7/8 to learn from"):
        judge_bundle(path, workspace, splits, LoopRequest(20, bars=2), metre=Metre(7, 8))

    splits["test"].append(kept_piece(workspace, 40, "test"))
    assert judge_bundle(path, workspace, splits, LoopRequest(20, bars=2)).likelihood.pieces == 5
    workspace.piece("0").unlink()
    with pytest.raises(FileNotFoundError):
        judge_bundle(path, workspace, splits)


def kept_beats(workspace: Workspace) -> dict[Split, list[ConvertedPiece]]:
    return {
        split: [kept_piece(workspace, 4 * number + one, split) for one in range(4)]
        for number, split in enumerate(SPLITS)
    }


def test_a_file_of_any_kind_is_judged_by_what_can_be_said_of_it(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    splits = kept_beats(workspace)
    drums = judge_file(SHIPPED / "drum_kit.safetensors", workspace, splits, LoopRequest(20, bars=2))
    assert drums.text.startswith("drum_kit: perplexity")
    again = judge_file(SHIPPED / "drum_kit.safetensors", workspace, splits, LoopRequest(20, bars=2), metre=COMMON)
    assert [file.name for file in again.files] == ["drum_kit-4-4.txt", "drum_kit-4-4.json", "drum_kit-4-4.svg"]
    text, data, picture = drums.files
    assert text.read_text() == drums.text + "\n"
    assert json.loads(data.read_text()) == drums.data
    assert picture.read_text().startswith("<svg")

    write_bundle(tmp_path / "touch.safetensors", random_vae("groovae_2bar_humanize"))
    touch = judge_file(tmp_path / "touch.safetensors", workspace, splits)
    assert "spread of velocities" in touch.text
    assert touch.data["lateness_spread_ms"]["held_out"] == pytest.approx(0, abs=0.5)  # these are on the grid
    assert [file.read_text() for file in touch.files] == [touch.text + "\n", json.dumps(touch.data, indent=1) + "\n"]

    write_bundle(tmp_path / "chords.safetensors", bundle("polyphony"))
    with pytest.raises(ModelError, match="leave out --metre"):
        judge_file(tmp_path / "chords.safetensors", workspace, splits, metre=COMMON)
    with pytest.raises(TrainingError, match="make the dataset first"):
        judge_file(tmp_path / "chords.safetensors", workspace, splits)

    write_bundle(tmp_path / "drums2.safetensors", random_vae("cat-drums_2bar_small"))
    with pytest.raises(TrainingError, match="make the dataset first"):
        judge_file(tmp_path / "drums2.safetensors", workspace, splits)

    write_bundle(tmp_path / "tap.safetensors", random_vae("groovae_2bar_tap_fixed_velocity"))
    taps = judge_file(tmp_path / "tap.safetensors", workspace, splits)
    assert "of the tapped sixteenths" in taps.text
    assert set(taps.data) >= {"taps", "measures", "velocity_spread"}

    write_bundle(tmp_path / "hats.safetensors", random_vae("groovae_2bar_add_closed_hh"))
    with pytest.raises(ModelError, match="nothing can be said yet"):
        judge_file(tmp_path / "hats.safetensors", workspace, splits)


def test_a_model_of_shortened_bars_is_not_judged_for_want_of_music_in_its_metre(tmp_path: Path) -> None:
    shipped, workspace = read_bundle(SHIPPED / "drum_kit.safetensors"), Workspace(tmp_path)
    recipe = {**shipped.card.training["recipe"], "metres": ["3/4", "7/8"], "shorten_bars": True}
    card = replace(shipped.card, training={**shipped.card.training, "recipe": recipe})
    write_bundle(tmp_path / "odd.safetensors", replace(shipped, card=card))
    with pytest.raises(
        ValueError, match=r"no music in 3/4 or 7/8 to learn from .*, and bars that were shortened to it"
    ):
        judge_bundle(tmp_path / "odd.safetensors", workspace, kept_beats(workspace))


def test_a_judgement_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Judgement] = []

    def draw(found: Judgement) -> str:
        drawn.append(found)
        return draw_judgement(found)

    monkeypatch.setattr(judged_bundle, "draw_judgement", draw)
    workspace = Workspace(tmp_path)
    judge_file(SHIPPED / "drum_kit.safetensors", workspace, kept_beats(workspace), LoopRequest(20, bars=2))
    assert len(drawn) == 1


def test_one_example_held_out_has_no_ways_and_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged_latent, "_examples", lambda *_: [np.zeros((32, 1), dtype=np.int64)])
    with pytest.raises(TrainingError, match="fewer than two held out"):
        judged_latent.judge_latent(random_vae("cat-mel_2bar_small"), Workspace(tmp_path), loops=2)
