from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.music.harmony import SCALES, Key, fold, parse_pitch, parse_pitch_class, pitch_name


@pytest.mark.parametrize(
    ("name", "pitch"), [("C4", 60), ("A4", 69), ("F#2", 42), ("Bb-1", 10), ("G9", 127), ("Cb4", 59)]
)
def test_pitch_names(name: str, pitch: int) -> None:
    assert parse_pitch(name) == pitch


@pytest.mark.parametrize("name", ["", "H4", "C", "c4", "C10", "A9", "Cb-1", "4C", "C##4"])
def test_what_is_no_pitch_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"pitch|range"):
        parse_pitch(name)


@given(st.integers(0, 127))
def test_a_pitch_s_name_reads_back(pitch: int) -> None:
    assert parse_pitch(pitch_name(pitch)) == pitch


def test_keys() -> None:
    assert [parse_pitch_class(name) for name in ("C", "F#", "Gb", "B", "Cb")] == [0, 6, 6, 11, 11]
    with pytest.raises(ValueError, match="a key is"):
        parse_pitch_class("d")


@given(st.integers(0, 127), st.integers(0, 11), st.sampled_from(sorted(SCALES)))
def test_the_nearest_pitch_is_in_the_key_and_none_is_nearer(pitch: int, tonic: int, scale: str) -> None:
    key = Key(tonic, scale)
    nearest = key.nearest(pitch)
    assert nearest in key
    assert not any(other in key for other in range(128) if abs(other - pitch) < abs(nearest - pitch))


@given(st.integers(0, 127), st.integers(0, 127), st.integers(0, 127))
def test_folding_keeps_the_pitch_class_and_the_register(pitch: int, one: int, other: int) -> None:
    low, high = sorted((one, other))
    folded = fold(pitch, low, high)
    same_class = [p for p in range(low, high + 1) if (p - pitch) % 12 == 0]
    if folded is None:
        assert not same_class
    else:
        assert folded in same_class
        assert abs(folded - pitch) == min(abs(p - pitch) for p in same_class)
