from __future__ import annotations

from pathlib import Path

import pytest

from fakes.recipes import recipe
from fakes.scenes import TEXT, scene
from reverie.compose.fallback import ShippedLoop, read_shipped, reserves, shipped_json
from reverie.compose.good_loop import GoodLoop
from reverie.conductor.arranging.arrange import arrange
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre

WALTZ = Loop(1, Metre(3, 4), (Note(0, 480, 61), Note(480, 480, 66)))


def good(voice: str, kind: str, pitch: int) -> GoodLoop:
    return GoodLoop(recipe(scene="study", voice=voice, kind=kind), Loop(2, Metre(), (Note(0, 480, pitch),)))


def test_the_newest_kept_loop_comes_first_then_what_is_shipped_for_the_voice() -> None:
    shipped = (ShippedLoop("study", "lead", "melody", "own", Loop(2, Metre(), (Note(0, 9, 72),))),)
    kept = {"lead": (good("lead", "melody", 62), good("lead", "melody", 64))}
    reserve = reserves(arrange(scene(), {}), kept, shipped)["lead"]
    assert [loop.notes[0].pitch for _, loop in reserve] == [64, 62, 72]


def test_a_loop_kept_of_another_key_is_bent_to_the_scene_s() -> None:
    [(_, loop)] = reserves(arrange(scene(), {}), {"lead": (good("lead", "melody", 61),)}, ())["lead"]
    assert loop.notes[0].pitch == 60


def test_without_its_own_a_voice_borrows_of_its_kind() -> None:
    shipped = (
        ShippedLoop("other", "waltz", "melody", "borrowed", WALTZ),
        ShippedLoop("other", "beat", "drums", "not-this", WALTZ),
    )
    [(name, loop)] = reserves(arrange(scene(), {}), {}, shipped)["lead"]
    assert name == "borrowed"
    assert loop.metre == Metre(4, 4)
    assert [note.pitch for note in loop.notes] == [60, 65, 60, 65]


def test_with_nothing_at_all_a_voice_still_has_something() -> None:
    reserve = reserves(arrange(scene(), {}), {}, ())
    assert [name for name, _ in reserve["lead"]] == ["primer"]
    assert [name for name, _ in reserve["beat"]] == ["tonic"]
    assert all(loop.notes for voice in reserve.values() for _, loop in voice)


def test_a_primer_shorter_than_its_voice_leaves_no_bar_empty() -> None:
    [(_, loop)] = reserves(arrange(scene(), {}), {}, ())["lead"]
    assert loop.bars == 2
    assert [note.pitch for note in loop.bar(1)] == [note.pitch for note in loop.bar(0)] == [62, 65, 69]


def test_a_damaged_file_is_left_out_with_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "study.json").write_bytes(shipped_json([good("lead", "melody", 62)]))
    (tmp_path / "torn.json").write_bytes(shipped_json([good("lead", "melody", 62)])[:-20])
    (tmp_path / "strange.json").write_text('{"loops": [{"recipe": {"metre": 4}, "loop": null}]}')
    [one] = read_shipped(tmp_path)
    assert (one.scene, one.voice, one.loop) == ("study", "lead", good("lead", "melody", 62).loop)
    assert all(name in caplog.text for name in ("torn.json", "strange.json"))
    assert "install Reverie again" in caplog.text


def test_voices_that_borrow_do_not_all_open_with_the_same_tune() -> None:
    shipped = tuple(
        ShippedLoop("other", "tune", "melody", f"tune-{pitch}", Loop(2, Metre(), (Note(0, 480, pitch),)))
        for pitch in (60, 62, 64, 65, 67, 69)
    )
    openings = {
        reserves(arrange(scene(TEXT.replace("lead:", f"lead-{number}:")), {}), {}, shipped)[f"lead-{number}"][0][0]
        for number in range(12)
    }
    assert len(openings) > 2
