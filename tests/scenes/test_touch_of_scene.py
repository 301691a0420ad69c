"""How a scene says the touch of its voices."""

from __future__ import annotations

import pytest

from reverie.conductor.arranging.arrange import arrange
from reverie.documents import DocumentError, parse_document
from reverie.music.touch import Touch
from reverie.scenes.folder import read_scene
from reverie.scenes.schema import Scene

TEXT = """
name: dawn
title: Dawn
tempo: 84
key: D
scale: dorian
SCENE
voices:
  low:
    kind: bass
    model: rnn
    register: [C2, C4]
    VOICE
    output: {channel: 2}
"""


def scene(of_scene: str = "", of_voice: str = "") -> Scene:
    text = TEXT.replace("SCENE", of_scene).replace("VOICE", of_voice)
    return read_scene(parse_document(text, "dawn.yaml"))


def touch_of(made: Scene, seed: int = 1) -> Touch | None:
    return arrange(made, {}, seed=seed).plans["low"].touch


def shares(touch: Touch | None) -> tuple[float, ...] | None:
    return touch and (touch.humanize, touch.accent, touch.arc, touch.timing)


@pytest.mark.parametrize(
    ("of_scene", "of_voice", "expected"),
    [
        ("", "", (1, 1, 1, 1)),
        ("touch: off", "", None),
        ("touch: 0", "", None),
        ("touch: 0.5", "", (0.5, 0.5, 0.5, 0.5)),
        ("touch: off", "touch: {timing: off}", (1, 1, 1, 0)),
        ("touch: {arc: 2, humanize: 0.25}", "", (0.25, 1, 2, 1)),
        ("touch: 2", "touch: off", None),
    ],
)
def test_a_voice_has_its_own_touch_or_that_of_the_scene(
    of_scene: str, of_voice: str, expected: tuple[float, ...] | None
) -> None:
    assert shares(touch_of(scene(of_scene, of_voice))) == expected


def test_each_take_has_another_hand_and_the_same_seed_the_same() -> None:
    assert touch_of(scene(), 1) == touch_of(scene(), 1) != touch_of(scene(), 2)


def test_a_scene_that_says_nothing_of_touch_has_the_hash_it_had() -> None:
    dumped = scene().model_dump(mode="json", by_alias=True)
    assert dumped["touch"] is None
    assert scene().hash != scene("touch: 1").hash


@pytest.mark.parametrize("written", ["touch: 3", "touch: {timing: -1}", "touch: {swing: 1}", "touch: hard"])
def test_another_touch_is_refused(written: str) -> None:
    with pytest.raises(DocumentError):
        scene(written)


@pytest.mark.parametrize("written", ["false", "true", "{timing: false}"])
def test_a_touch_that_is_no_share_is_told_what_a_share_is(written: str) -> None:
    with pytest.raises(DocumentError, match=r"is a number from 0 to 2, or off, not (false|true)"):
        scene(f"touch: {written}")
