from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fakes.engine import DiceEngine
from fakes.scenes import TEXT, scene
from reverie.cli.main import main
from reverie.cli.measure import TIES as OFFERED
from reverie.conductor.offline.broken_ties import TIES
from reverie.conductor.offline.measuring import (
    MeasureError,
    ModelAnswers,
    longest_allowed,
    measure_file,
    piece_of_file,
    piece_on_paper,
)
from reverie.conductor.offline.on_paper import OnPaper
from reverie.conductor.offline.performing import composed, perform
from reverie.measure.figures import figures_of
from reverie.measure.midi_piece import piece_of_midi
from reverie.places import scenes_folder
from reverie.site.schema import Site


def on_paper(text: str = TEXT, bars: int = 16, answers: ModelAnswers | None = None) -> OnPaper:
    made = scene(text)
    composition = composed(
        made,
        {},
        DiceEngine(),
        bars=bars,
        seed=1,
        progress=lambda _bar: None,
        answered=(answers or ModelAnswers()).answered,
    )
    return OnPaper(Site(), made, [], composition)


def test_a_scene_and_its_file_are_the_same_piece(tmp_path: Path) -> None:
    path = tmp_path / "study.mid"
    perform(scene(), {}, DiceEngine(), bars=16, seed=1, path=path, progress=lambda _bar: None)
    paper, (file, _) = piece_on_paper(on_paper()), piece_of_midi(path.read_bytes(), "")
    assert [voice.notes for voice in paper.voices] == [voice.notes for voice in file.voices]
    assert [voice.role for voice in paper.voices] == [voice.role for voice in file.voices]
    assert paper.bars == file.bars
    assert paper.voices[0].kicks == {35}, "the scene maps its kick there"


@pytest.mark.parametrize("swing", [0.6, 0.66])
def test_swing_is_no_lateness(swing: float) -> None:
    straight, swung = (
        piece_on_paper(on_paper(TEXT.replace("metre:", f"touch: off\nswing: {share}\nmetre:")))
        for share in (0.5, swing)
    )
    for even, uneven in zip(straight.voices, swung.voices, strict=True):
        assert [replace(note, late=0) for note in even.notes] == [replace(note, late=0) for note in uneven.notes]
        pairs = zip(even.notes, uneven.notes, strict=True)
        assert all(abs(one.late - other.late) <= 1 for one, other in pairs), "swing is rounded to ticks"


def test_answers_are_added_up_by_voice() -> None:
    answers = ModelAnswers()
    on_paper(answers=answers)
    told = answers.as_json()
    assert told["loops"] == sum(voice["loops"] for voice in told["voices"].values()) > 4
    assert set(told["voices"]) == {"beat", "lead"}
    assert 0 <= told["bent"] <= 1
    assert set(told["score"]) >= {"fit", "total", "mended"}


def test_figures_can_be_written_and_are_the_same_again() -> None:
    one, other = (json.dumps(figures_of(piece_on_paper(on_paper()))) for _ in range(2))
    assert one == other


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"there\.mid cannot be read .*name a MIDI file"):
        measure_file(tmp_path / "not there.mid")
    (tmp_path / "text.mid").write_text("no music")
    with pytest.raises(MeasureError, match=r"text\.mid cannot be measured: it is no Standard MIDI File"):
        measure_file(tmp_path / "text.mid")


def test_the_command_measures_scenes_and_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", "first-light", "--bars", "16", "--seed", "2", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["bars"] == 16
    assert figures["seed"] == 2
    assert figures["model"]["log_likelihood"] < 0
    perform(scene(), {}, DiceEngine(), bars=8, seed=1, path=tmp_path / "a.mid", progress=lambda _bar: None)
    assert main(["measure", str(tmp_path / "a.mid"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bars"] == 8
    assert main(["measure", str(tmp_path / "b.mid")]) == 1
    assert "b.mid cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("said", [["--seed", "3"], ["--bars", "8"], ["--for", "2m"], ["--without", "touch"]])
def test_what_is_for_scenes_is_not_left_out_in_silence_with_a_file(
    said: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["measure", str(tmp_path / "a.mid"), *said]) == 1
    error = capsys.readouterr().err
    assert said[0] in error
    assert "for scenes" in error


def test_ties_can_be_broken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (scenes_folder() / "first-light.yaml").read_text()
    path = tmp_path / "study.yaml"
    path.write_text(text.replace("name: first-light", "name: study"))
    tied, free = (figures(capsys, path, *more) for more in ([], ["--without", "harmony", "--without", "relations"]))
    assert tied["chords_known"]
    assert free["chords_known"]
    assert free["without"] == ["harmony", "relations"]
    assert tied["consonance_with_chord"]["value"] > 0.95
    assert free["consonance_with_chord"]["value"] < 0.85
    assert free["model"]["log_likelihood_of_candidates"] < free["model"]["log_likelihood"], "the likelier ones are kept"
    with pytest.raises(SystemExit):
        main(["measure", str(path), "--without", "rhythm"])
    assert set(TIES) == set(OFFERED)


def figures(capsys: pytest.CaptureFixture[str], path: Path, *more: str) -> dict[str, Any]:
    assert main(["measure", str(path), "--bars", "64", "--json", *more]) == 0
    return json.loads(capsys.readouterr().out)


FORM = """
form:
  order: written
  sections:
    - {name: day, bars: 8, voices: [lead]}
    - {name: night, bars: 4}
"""


def test_the_sections_of_a_form_are_those_of_the_piece() -> None:
    sections = piece_on_paper(on_paper(TEXT + FORM, bars=22)).sections
    assert [one.first_bar + one.bars for one in sections[:-1]] == [one.first_bar for one in sections[1:]]
    assert sections[-1].first_bar + sections[-1].bars == 22, "the last one as far as it is composed"
    assert {one.name for one in sections} == {"day", "night"}
    assert piece_on_paper(on_paper()).sections == ()


def test_a_file_has_the_sections_of_its_scene(tmp_path: Path) -> None:
    path = tmp_path / "study.mid"
    perform(scene(TEXT + FORM), {}, DiceEngine(), bars=22, seed=1, path=path, progress=lambda _bar: None)
    assert piece_of_file(path).sections == piece_on_paper(on_paper(TEXT + FORM, bars=22)).sections


def test_a_voice_may_repeat_itself_for_all_turns_of_its_loop_or_as_it_says() -> None:
    made = scene()
    allowed = longest_allowed(made)
    for name, voice in made.voices.items():
        assert allowed[name] == voice.loop_bars(made.metre) * voice.evolve.times
    limited = longest_allowed(scene(TEXT.replace("evolve: {", "evolve: {longest: 5, ")))
    assert 5 in limited.values()
