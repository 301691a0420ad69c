"""What can be wanted as a dream, and how the rest is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from reverie.site.actions import Action, ControlError, DreamWish
from reverie.site.dream_wish import LARGEST, dream_of_json, length_of, wish_of


@pytest.mark.parametrize(
    ("said", "wish"),
    [
        ({}, DreamWish()),
        ({"mood": "fear"}, DreamWish("fear")),
        ({"mood": "fear", "weight": 0.5, "length": 16}, DreamWish("fear", 0.5, 16)),
        (
            {"text": "I fell", "length": "2 min", "cue": "voice.wav"},
            DreamWish(length=120.0, text="I fell", cue="voice.wav"),
        ),
        ({"mood": "fear", "weight": None, "length": None}, DreamWish("fear")),
    ],
)
def test_a_dream_is_read(said: dict[str, Any], wish: DreamWish) -> None:
    assert wish_of(said) == wish
    assert dream_of_json(json.dumps(said).encode()) == Action.of_dream(wish)


@pytest.mark.parametrize(
    ("said", "length"),
    [(16, 16), (16.0, 16), ("16", 16), ("16 bars", 16), ("1 bar", 1), ("90s", 90.0), ("1h30m", 5400.0), ("", None)],
)
def test_a_length_is_bars_or_a_time(said: Any, length: float | None) -> None:
    found = length_of(said)
    assert found == length
    assert type(found) is type(length)


def test_dreams_are_ended_too() -> None:
    assert dream_of_json(b'{"wake": true}') == Action("wake")
    assert dream_of_json(b'{"wake": "fear"}') == Action("wake", "fear")


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        (b"fear", 'a dream is JSON, such as {"mood": "fear", "weight": 0.8, "length": "2 min"}'),
        (b"\xff\xfe", 'a dream is JSON, such as {"mood": "fear", "weight": 0.8, "length": "2 min"}'),
        (b"[" * 5000, 'a dream is JSON, such as {"mood": "fear", "weight": 0.8, "length": "2 min"}'),
        (b"[]", 'a dream is a JSON object, such as {"text": "I fell and fell"}'),
        (b'{"moods": "fear"}', "a dream has no 'moods'; did you mean 'mood'?"),
        (b'{"mood": 5}', "the mood of a dream is a text"),
        (b'{"weight": 2}', "the weight of a dream is a number from 0.01 to 1"),
        (b'{"weight": true}', "the weight of a dream is a number from 0.01 to 1"),
        (b'{"weight": NaN}', "the weight of a dream is a number from 0.01 to 1"),
        (b'{"length": "long"}', "a dream lasts 1 to 10000 bars, such as 16, or a time up to 24 h, such as 2 min"),
        (b'{"length": Infinity}', "a dream lasts 1 to 10000 bars, such as 16, or a time up to 24 h, such as 2 min"),
        (b'{"length": "3 days"}', "a dream lasts 1 to 10000 bars, such as 16, or a time up to 24 h, such as 2 min"),
        (b'{"wake": false}', 'dreams end by {"wake": true}, or those of one mood by {"wake": "fear"}'),
        (b'{"wake": true, "mood": "x"}', 'dreams end by {"wake": true}, or those of one mood by {"wake": "fear"}'),
        (b" " * (LARGEST + 1), "a dream is 8192 bytes at most"),
        (json.dumps({"text": "x" * 501}).encode(), "the text of a dream has 500 characters at most"),
    ],
)
def test_what_is_no_dream_is_refused_in_a_sentence(written: bytes, sentence: str) -> None:
    with pytest.raises(ControlError) as refused:
        dream_of_json(written)
    assert str(refused.value) == sentence


leaves = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(["2 min", "16"])
)
anything = st.recursive(leaves, lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(), one, max_size=3))
dreams = st.dictionaries(st.sampled_from(["mood", "weight", "length", "text", "cue", "", "Mood"]), anything, max_size=6)


@given(
    dreams.map(lambda one: json.dumps(one).encode()) | anything.map(lambda one: json.dumps(one).encode()) | st.binary()
)
@example(b'{"length": ' + b"9" * 5000 + b"}")
@example(b'{"weight": ' + b"9" * 400 + b"}")
@example(b'{"mood": "\\ud800"}')
def test_whatever_is_said_is_a_dream_or_refused(written: bytes) -> None:
    wish, refused = DreamWish(), "it is one"
    try:
        wish = dream_of_json(written).dream or wish
    except ControlError as error:
        refused = str(error)
    assert 0 < wish.weight <= 1
    assert wish.length is None or wish.length > 0
    assert 0 < len(refused) < 400
