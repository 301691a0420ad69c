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
    assert stand_ins(DRUMS.values()) == {}
    assert stand_ins([DRUMS["bass"], DRUMS["ride"]]) == {
        DRUMS["closed-hat"]: DRUMS["ride"],
        DRUMS["open-hat"]: DRUMS["ride"],
        DRUMS["low-tom"]: DRUMS["bass"],
        DRUMS["crash"]: DRUMS["ride"],
    }
    assert stand_ins([]) == {}
