"""Voices of chords as they are written, and what comes of it."""

from __future__ import annotations

from fakes.scenes import scene
from reverie.compose.relations import Relation
from reverie.conductor.arranging.arrange import arrange
from reverie.scenes.chord_voice import ChordVoice
from reverie.scenes.temperature import Temperature

HEAD = """
name: study
title: A study
tempo: 120
key: C
scale: major
harmony: "Dm9 | G13"
voices:
  drums: {kind: drums, model: m, output: {channel: 10}}
"""
BASS = "  low: {kind: bass, model: m, register: [C2, C4], output: {channel: 3}MORE}\n"


def voice(keys: str = "", others: str = "") -> ChordVoice:
    written = f"  pad: {{kind: chords, register: [C3, C5], output: {{channel: 2}}{keys}}}\n"
    found = scene(HEAD + others + written).voices["pad"]
    assert isinstance(found, ChordVoice)
    return found


def told(keys: str = "", others: str = "", bar: int = 0) -> dict[str, float | str]:
    """What its operator is told in a bar."""
    written = f"  pad: {{kind: chords, register: [C3, C5], output: {{channel: 2}}{keys}}}\n"
    plan = arrange(scene(HEAD + others + written), {}).plans["pad"]
    assert plan.settings is not None
    return dict(plan.settings.at(bar))


def test_a_pad_says_little_and_means_four_notes_that_are_held() -> None:
    assert told() == {
        "style": "pad", "voices": 4, "density": 1.0, "rootless": 0, "inversions": 1, "double": "",
    }  # fmt: skip
    assert (voice().low, voice().high, voice().model) == (48, 72, None)


def test_the_short_forms_mean_the_long() -> None:
    assert voice(", density: 0.5") == voice(", density: {from: 0.5, to: 0.5}")
    assert voice(', style: rhythm, rhythm: "x. x."') == voice(', style: rhythm, rhythm: {strokes: "x.x."}')
    assert voice(", density: {from: 0, to: 1, over: 8, after: hold}").density == Temperature(0, 1, 8, "hold")


def test_a_density_moves_from_bar_to_bar() -> None:
    ramp = ", density: {from: 0, to: 1, over: 8, after: hold}"
    assert [told(ramp, bar=bar)["density"] for bar in (0, 2, 8, 99)] == [0.0, 0.25, 1.0, 1.0]


def test_the_number_of_voices_moves_in_whole_notes_and_one_that_stays_is_the_same_however_it_is_written() -> None:
    ramp = ", voices: {from: 3, to: 6, over: 6, after: hold}"
    assert [told(ramp, bar=bar)["voices"] for bar in (0, 2, 4, 6, 99)] == [3, 4, 5, 6, 6]
    assert voice(ramp).most == voice(", voices: 6").most
    assert voice(", voices: 5") == voice(", voices: {from: 5, to: 5}")


def test_the_root_is_left_to_a_bass_that_follows_the_harmony_unless_the_voice_says_otherwise() -> None:
    follows, free = BASS.replace("MORE", ""), BASS.replace("MORE", ", harmony: free")
    assert [told("", others)["rootless"] for others in ("", follows, free)] == [0, 1, 0]
    assert told(", rootless: false", follows)["rootless"] == 0


def test_only_what_a_style_reads_is_told_so_that_the_rest_changes_no_recipe() -> None:
    assert told(", pattern: down, every: 4, gate: 0.5") == told()
    arpeggio = told(', style: arpeggio, pattern: "1  3 2", every: 4, gate: 0.5, double: [top, bass]')
    assert {name: arpeggio[name] for name in ("pattern", "every", "gate", "double")} == {
        "pattern": "1 3 2", "every": 4, "gate": 0.5, "double": "top bass",
    }  # fmt: skip
    assert told(", strike: all")["strike"] == "all"


def test_a_rhythm_of_a_drum_is_a_relation_to_it() -> None:
    keys = ", style: rhythm, rhythm: {from: drums, drum: closed-hat}"
    written = f"  pad: {{kind: chords, register: [C3, C5], output: {{channel: 2}}{keys}}}\n"
    plan = arrange(scene(HEAD + written), {}).plans["pad"]
    assert plan.relations == (Relation("lock", "drums", 42),)
    assert {name: told(keys)[name] for name in ("from", "drum")} == {"from": "drums", "drum": 42}
    assert voice(keys).taken_from == "drums"


def test_its_line_begins_and_goes_on_with_an_operator_of_its_own() -> None:
    written = "  pad: {kind: chords, register: [C3, C5], output: {channel: 2}, evolve: {hold: 7}}\n"
    plan = arrange(scene(HEAD + written), {}).plans["pad"]
    assert (plan.first, plan.then, plan.hold, plan.turns) == ("voice-chords", ("voice-chords",), 1, 7)
    assert plan.harmony is not None


WITHOUT_HARMONY = HEAD.replace('harmony: "Dm9 | G13"\n', "")
OSTINATO = "  pad: {kind: chords, register: [C3, C5], output: {channel: 2}, chords: CHORDS}\n"


def symbols(written: str, voice: str, bars: int = 6) -> list[str]:
    """The chords that a voice of a scene is told, bar for bar."""
    harmony = arrange(scene(written), {}).plans[voice].harmony
    assert harmony is not None
    return [" ".join(span.symbol for span in harmony.at(bar).spans) for bar in range(bars)]


def test_chords_of_its_own_are_played_over_and_over_while_the_others_follow_the_scene() -> None:
    written = HEAD + BASS.replace("MORE", "") + OSTINATO.replace("CHORDS", '"Em7 | A7 D6 | i"')
    assert symbols(written, "pad") == ["Em7", "A7 D6", "Cm"] * 2
    assert symbols(written, "low") == ["Dm9", "G13"] * 3


def test_chords_of_its_own_need_no_harmony_and_leave_no_root_to_a_bass_that_plays_others() -> None:
    written = WITHOUT_HARMONY + BASS.replace("MORE", "") + OSTINATO.replace("CHORDS", '{chords: "Em7 | A7", every: 2}')
    plans = arrange(scene(written), {}).plans
    assert symbols(written, "pad") == ["Em7", "Em7", "A7", "A7", "Em7", "Em7"]
    assert plans["low"].harmony is None
    follows = HEAD + BASS.replace("MORE", "") + OSTINATO.replace("CHORDS", '"Em7 | A7"')
    settings = arrange(scene(follows), {}).plans["pad"].settings
    assert settings is not None
    assert dict(settings.at(0))["rootless"] == 0


def test_the_key_of_a_harmony_that_moves_does_not_move_them() -> None:
    moving = HEAD.replace('"Dm9 | G13"', '{chords: "Dm9 | G13", modulate: {every: 2}}')
    written = moving + BASS.replace("MORE", "") + OSTINATO.replace("CHORDS", '"Em7 | V"')
    assert symbols(written, "pad", 40) == ["Em7", "G"] * 20
    assert len(set(symbols(written, "low", 40))) > 2


def test_a_scene_without_chords_of_voices_is_the_scene_that_it_was() -> None:
    plain = OSTINATO.replace(", chords: CHORDS", "")
    own = OSTINATO.replace("CHORDS", '"Em7 | A7"')
    assert scene(HEAD + plain).hash != scene(HEAD + own).hash
    assert scene(HEAD + own).hash == scene(HEAD + own.replace('"Em7 | A7"', '{chords: "Em7 | A7", every: 1}')).hash
