"""A voice that repeats one loop because it gets no other is told of once, counted, and no more once it is mended."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.recipes import recipe
from fakes.scenes import TEXT
from reverie.compose import messages as composing
from reverie.compose.composer import Composed
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.watch.happenings import BarSounded


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    theatre = Theatre(tmp_path, {"study": TEXT, "other": TEXT.replace("name: study", "name: other")})
    theatre.begin()
    return theatre


def go(theatre: Theatre, bars: int, refuse: str = "", reason: str = "sparse") -> None:
    for _ in range(bars):
        theatre.answer(refuse=[refuse], reason=reason)
        theatre.play()


def told(caplog: pytest.LogCaptureFixture, what: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if what in record.getMessage()]


def test_a_voice_that_repeats_one_loop_because_all_is_refused_is_told_of_once(
    theatre: Theatre, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    go(theatre, 8)
    assert theatre.faults == {}
    go(theatre, 60, "lead")
    [sentence] = theatre.faults.values()
    assert sentence.startswith("Voice lead of study has had no new loop since bar ")
    assert "60 of 72 candidates had too few notes" in sentence
    [fault] = theatre.status["faults"]
    assert "Lower the least of its density (it is 0.5" in fault["advice"]
    assert len(told(caplog, "no new loop since")) == 1
    assert any("Voice lead" in concern for concern in theatre.status["concerns"])
    assert 'reverie_fault{id="no-new-loop",subject="lead"} 1.0' in theatre.metrics
    go(theatre, 12)
    assert list(theatre.faults) == ["limits-widened lead"]
    assert 'reverie_fault{id="no-new-loop"' not in theatre.metrics
    assert len(told(caplog, "No longer so: Voice lead of study has had no new loop")) == 1


def test_a_voice_that_never_had_a_loop_is_told_of_while_the_others_play_on(theatre: Theatre) -> None:
    go(theatre, 6, "beat", "empty")
    [sentence] = theatre.faults.values()
    assert sentence.startswith("Voice beat of study has had no new loop yet: ")
    assert "were empty" in sentence
    assert 'reverie_loops_held_total{voice="beat"}' in theatre.metrics
    assert 'reverie_loops_refused_total{reason="empty",voice="beat"}' in theatre.metrics


@pytest.mark.parametrize(
    ("reason", "says", "advises"),
    [
        ("sparse", "too few notes", "Lower the least of its density"),
        ("empty", "were empty", "Lower the least of its density"),
        ("dense", "too many notes", "Raise the most of its density"),
        ("one_pitch", "one pitch", "another primer"),
    ],
)
def test_the_advice_names_the_limit_that_refuses(theatre: Theatre, reason: str, says: str, advises: str) -> None:
    go(theatre, 12, "lead", reason)
    [fault] = theatre.status["faults"]
    assert says in fault["sentence"]
    assert advises in fault["advice"]


def test_a_model_that_makes_the_same_loop_for_ever_is_told_of(theatre: Theatre) -> None:
    same = Loop(2, Metre(), tuple(Note(480 * beat, 480, 62 + beat % 3) for beat in range(8)))

    def answer_alike() -> None:
        while questions := theatre.questions:
            for number, asked in questions:
                theatre._asked += 1
                loop = Loop(asked.bars, asked.metre, tuple(n for n in same.notes if n.end <= asked.bars * 1920))
                composed = Composed(asked, loop, {}, {})
                theatre.composer.says(composing.Answer(number, 0.1, composed))
        theatre.hear()

    for _ in range(30):
        answer_alike()
        theatre.play()
    assert {"no-new-loop lead", "no-new-loop beat"} == set(theatre.faults)
    assert all("the loop before once more" in sentence for sentence in theatre.faults.values())


def test_a_voice_that_may_repeat_itself_is_no_fault() -> None:
    loop = Loop(2, Metre(), (Note(0, 480, 60),))
    asked = recipe(before=loop.notes, novelty=(0.0, 1.0))
    assert not Composed(asked, loop, {}, {}).is_the_loop_before
    assert Composed(recipe(before=loop.notes, novelty=(0.1, 1.0)), loop, {}, {}).is_the_loop_before


def test_a_recipe_that_is_the_end_of_the_composer_again_and_again_is_told_of(theatre: Theatre) -> None:
    for _ in range(2):
        assert theatre.faults == {}
        theatre._asked += len(theatre.questions)
        theatre.composer.dies()
        theatre.composer.starts()
    [sentence] = theatre.faults.values()
    assert "the end of the composer" in sentence
    go(theatre, 8)
    assert theatre.faults == {}


def test_another_scene_takes_the_fault_of_the_one_before_along(theatre: Theatre) -> None:
    go(theatre, 12, "lead")
    assert theatre.faults
    theatre.conductor.play_scene("other")
    assert theatre.faults == {}


def test_a_model_that_cannot_compose_is_a_fault_that_is_told_once(
    theatre: Theatre, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(6):
        for number, asked in theatre.questions:
            theatre._asked += 1
            failed = composing.Failed(number, f"{asked.model}: is broken; import it again")
            theatre.composer.says(failed)
        theatre.play()
    assert set(theatre.faults) == {"model-cannot-compose drum_kit", "model-cannot-compose attention_rnn"}
    assert len(told(caplog, "attention_rnn: is broken")) == 1
    theatre.composer.says(composing.ModelLoaded("drum_kit", 1.0, None))
    assert set(theatre.faults) == {"model-cannot-compose attention_rnn"}


def test_a_loop_that_is_made_by_rules_does_not_mend_a_model_that_cannot_compose(theatre: Theatre) -> None:
    loop, fault, left = (
        Loop(2, Metre(), (Note(0, 480, 62),)),
        "model-cannot-compose attention_rnn",
        ["thin", "continue"],
    )
    found: dict[str, bool] = {}
    for _ in range(40):
        for number, asked in theatre.questions:
            theatre._asked += 1
            if asked.voice != "lead" or fault not in theatre.faults or not left:
                theatre.composer.says(composing.Failed(number, f"{asked.model}: is broken; import it again"))
                continue
            operator = left.pop(0)
            made = Composed(replace(asked, operator=operator), loop, {}, {})
            theatre.composer.says(composing.Answer(number, 0.1, made))
            found[operator] = fault in theatre.faults
        theatre.play()
    assert found == {"thin": True, "continue": False}


def test_one_reason_that_keeps_all_models_from_composing_is_told_once(
    theatre: Theatre, caplog: pytest.LogCaptureFixture
) -> None:
    for model in ("drum_kit", "attention_rnn"):
        said = composing.ModelLoaded(model, 0.1, "there is no engine 'tuba'; known are numpy and magenta")
        theatre.composer.says(said)
    assert len(theatre.faults) == 1
    assert len(told(caplog, "tuba")) == 1
    theatre.composer.says(composing.ModelLoaded("drum_kit", 0.1, None))
    assert len(theatre.faults) == 1
    theatre.composer.says(composing.ModelLoaded("attention_rnn", 0.1, None))
    assert theatre.faults == {}


def test_a_voice_that_repeats_its_loop_since_none_came_in_time_is_told_of_once_a_minute_has_gone(
    theatre: Theatre, caplog: pytest.LogCaptureFixture
) -> None:
    go(theatre, 4)
    theatre.play(40)
    assert theatre.faults == {}
    theatre.play(60)
    assert set(theatre.faults) == {"loop-repeats beat", "loop-repeats lead"}
    assert len(told(caplog, "Voice lead repeats its last loop")) == 1
    assert 'reverie_fault{id="loop-repeats",subject="lead"} 1.0' in theatre.metrics
    go(theatre, 8)
    assert theatre.faults == {}


def test_a_voice_for_which_a_loop_comes_while_the_music_rests_is_no_fault_all_night(theatre: Theatre) -> None:
    go(theatre, 4)
    theatre.play(100)
    sounded = theatre.told(BarSounded)[-1].bar
    for waiting, told in (({"beat": 0, "lead": 0}, {"beat", "lead"}), ({"beat": 0, "lead": 1}, {"beat"})):
        theatre.player.says(replace(sounded, resting=True, repeated=(), depth=waiting))
        assert set(theatre.faults) == {f"loop-repeats {voice}" for voice in told}


def test_a_voice_that_only_waits_for_its_models_is_no_fault(theatre: Theatre) -> None:
    theatre.play(30)
    go(theatre, 8)
    assert theatre.faults == {}


@pytest.mark.parametrize("refuse", ["lead", ""])
def test_a_voice_that_is_renamed_while_it_gets_nothing_new_leaves_no_fault_behind(
    theatre: Theatre, refuse: str
) -> None:
    go(theatre, 4)
    if refuse:
        go(theatre, 30, refuse)
    else:
        theatre.play(100)
    assert any(fault.endswith(" lead") for fault in theatre.faults)
    path = theatre.write("study", TEXT.replace("  lead:", "  flute:"))
    theatre.conductor.files_changed([path])
    go(theatre, 12)
    assert theatre.faults == {}
