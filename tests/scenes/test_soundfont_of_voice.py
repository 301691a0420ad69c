"""A voice's own soundfont: named from the scene's folder, and the same scene wherever that is."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.soundfonts import font
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.arranging.unmet import unmet
from reverie.documents import DocumentError
from reverie.scenes.folder import Sounds, load_scene
from reverie.scenes.schema import Scene

TEXT = """
name: dawn
title: Dawn
tempo: 84
key: D
scale: dorian
voices:
  low: {kind: bass, model: rnn, register: [C2, C4], output: {channel: 2, soundfont: FONT}}
"""
KNOWN = Sounds((), ())


def scene(folder: Path, written: str = "fonts/low.sf2", *, sounds: Sounds | None = None, more: str = "") -> Scene:
    path = folder / "dawn.yaml"
    path.write_text(TEXT.replace("FONT", written) + more)
    return load_scene(path, sounds=sounds)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "fonts").mkdir()
    font(tmp_path / "fonts/low.sf2")
    return tmp_path


def test_it_lies_beside_the_scene_and_is_a_matter_of_the_part(here: Path) -> None:
    made = scene(here, sounds=KNOWN)
    assert arrange(made, {}).parts["low"].font == str(here / "fonts/low.sf2")
    whole = scene(here, str(here / "fonts/low.sf2"), sounds=KNOWN)
    assert arrange(whole, {}).parts["low"].font == str(here / "fonts/low.sf2")


def test_the_scene_is_the_same_in_another_folder_and_another_with_another_font(here: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    assert scene(here).hash == scene(other).hash != scene(other, "high.sf2").hash


def test_a_file_that_is_not_there_stops_a_check_and_no_music(here: Path) -> None:
    with pytest.raises(DocumentError, match=r"dawn\.yaml:8:\d+: there is no file 'high\.sf2' in .*own folder"):
        scene(here, "high.sf2", sounds=KNOWN)
    assert arrange(scene(here, "high.sf2"), {}).parts["low"].font == str(here / "high.sf2")


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("low.wav", "ends in .sf2 or .sf3, not 'low.wav'"),
        ("3", "'soundfont' must be a text"),
        ("~nobody-at-all/a.sf2", "there is no user 'nobody-at-all'"),
    ],
)
def test_what_is_no_soundfont_is_refused(here: Path, written: str, sentence: str) -> None:
    with pytest.raises(DocumentError, match=sentence):
        scene(here, written)


def test_one_channel_has_one_soundfont(here: Path) -> None:
    more = "  high: {kind: melody, model: rnn, register: [C4, C6], output: {channel: 2, soundfont: high.sf2}}\n"
    with pytest.raises(DocumentError, match=r"'low' already has soundfont fonts/low\.sf2 on channel 2"):
        scene(here, more=more)


def test_a_slot_that_cannot_play_one_is_told(here: Path) -> None:
    sentences = unmet(scene(here), {}, {"main": {"kind": "port"}})
    assert [one for one in sentences if "soundfont" in one] == [
        "dawn: the voice low names a soundfont, which only slots of kind 'fluidsynth' play; it has its slot's sounds"
    ]
    assert not [one for one in unmet(scene(here), {}, {"main": {"kind": "fluidsynth"}}) if "soundfont" in one]
