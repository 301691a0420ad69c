"""The drums by name and number, and which stand in for those that a set has not."""

from __future__ import annotations

import pytest

from reverie.music.drums import DRUMS, STAND_INS, drum_name, parse_drum, stand_ins


@pytest.mark.parametrize("name", DRUMS)
def test_a_drum_has_one_number_and_its_own_name(name: str) -> None:
    assert drum_name(parse_drum(name)) == name


def test_every_drum_has_stand_ins_among_the_others() -> None:
    assert set(STAND_INS) == set(DRUMS)
    for name, others in STAND_INS.items():
        assert name not in others
        assert set(others) <= set(DRUMS)


def test_only_drums_that_are_missing_are_played_by_others_and_by_the_likest_that_is_there() -> None:
    few = stand_ins([DRUMS["bass"], DRUMS["ride"]])
    assert {name: few.get(number) for name, number in DRUMS.items()} == {
        "bass": None,
        "snare": None,
        "closed-hat": DRUMS["ride"],
        "open-hat": DRUMS["ride"],
        "low-tom": DRUMS["bass"],
        "mid-tom": None,
        "high-tom": None,
        "crash": DRUMS["ride"],
        "ride": None,
    }
    assert few[35] == DRUMS["bass"], "the other bass drum of General MIDI"
    assert few[44] == DRUMS["ride"], "the pedal's hat, as the closed one"
    assert stand_ins([]) == {}


def test_all_percussion_of_general_midi_is_played_by_a_whole_kit() -> None:
    whole = stand_ins(DRUMS.values())
    assert whole[39] == DRUMS["snare"], "a clap, all that the model one_drum strikes"
    assert {*range(35, 82)} == {*DRUMS.values(), *(number for number in whole if 35 <= number < 82)}
    assert set(whole.values()) <= set(DRUMS.values())
    assert not set(whole) & set(DRUMS.values())
