"""What the site's file says of control, as the conductor is given it."""

from __future__ import annotations

from pathlib import Path

import pytest

from reverie.conductor.arranging.check import check
from reverie.control.inputs import controls_of
from reverie.control.surface import Binding, Control
from reverie.site.actions import ControlLimits
from reverie.site.learned import beside
from reverie.site.load import load_site

SITE = """\
control:
  midi: {match: desk}
  osc: {port: 9001}
  limits: {tempo: [50, 150]}
  pickup: false
controls:
  a: {action: volume, cc: 7, channel: 1}
  b: {action: scene, scene: night-watch, program: 2}
  c: {action: temperature, voice: melody, to: 1, note: 40}
  d: {action: loop, to: true, note: 41}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "reverie.yaml"
    path.write_text(SITE)
    return path


def test_what_is_written_is_what_is_given(site: Path) -> None:
    read = load_site(site)
    controls = controls_of(read.control, read.controls)
    assert controls.midi == {"match": "desk", "device": None, "api": "auto"}
    assert controls.osc == ("127.0.0.1", 9001)
    assert controls.limits == ControlLimits(tempo=(50.0, 150.0))
    assert (controls.pickup, controls.pause_for) == (False, 600.0)
    assert controls.bindings == (
        Binding(Control("cc", 7, 1), "volume"),
        Binding(Control("program", 2), "scene", value="night-watch"),
        Binding(Control("note", 40), "temperature", "melody", 1.0),
        Binding(Control("note", 41), "loop", value=True),
    )


def test_without_a_word_nobody_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "reverie.yaml"
    path.write_text("scene: first-light\n")
    read = load_site(path)
    controls = controls_of(read.control, read.controls)
    assert (controls.midi, controls.osc, controls.bindings) == (None, None, ())
    assert controls.limits == ControlLimits()


def test_a_button_for_a_scene_that_is_not_there_is_told(site: Path) -> None:
    assert check([site], site) == []
    site.write_text(SITE.replace("night-watch", "nite-watch"))
    [fault] = check([site], site)
    assert str(fault) == f"{site}:8:29: there is no scene 'nite-watch'; did you mean 'night-watch'?"


def test_a_voice_that_no_scene_has_is_told(site: Path) -> None:
    site.write_text(SITE.replace("voice: melody", "voice: melodi"))
    assert [str(fault) for fault in check([site], site)] == [
        f"{site}:9:35: no scene has a voice 'melodi'; did you mean 'melody'?"
    ]


def test_a_value_that_hands_cannot_reach_is_told(site: Path) -> None:
    site.write_text(SITE.replace("to: 1,", "to: 2,"))
    assert [str(fault) for fault in check([site], site)] == [
        f"{site}:9:47: temperature can be set from 0.5 to 1.5 here; see control.limits"
    ]


def test_what_was_learned_is_held_to_what_is_there_too(site: Path) -> None:
    learned = beside(site)
    learned.write_text("controls:\n  b: {action: scene, scene: nite-watch, note: 1}\n  e: {action: next, note: 2}\n")
    for checked in (site, learned):
        assert [str(fault) for fault in check([checked], site)] == [
            f"{learned}:2:29: there is no scene 'nite-watch'; did you mean 'night-watch'?"
        ]


def test_a_scene_whose_voices_cannot_be_read_may_have_any(site: Path, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "broken.yaml").write_text("voices: [")
    site.write_text("scenes: [own]\n" + SITE.replace("voice: melody", "voice: melodi"))
    assert check([site], site) == []
