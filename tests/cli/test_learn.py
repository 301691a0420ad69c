"""A knob or key is found out by moving it, and kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fakes.jack import Jack
from fakes.surface import Hand, surface
from reverie.cli.main import main
from reverie.control.control_learning import Search
from reverie.control.surface import Control
from reverie.site.load import load_site

SITE = """\
control:
  midi: {match: desk, api: jack}
controls:
  quit: {action: panic, note: 36, channel: 1}
"""


def found(search: Search, *messages: bytes) -> list[Control | None]:
    return [search.hear(message) for message in messages]


def cc(number: int, value: int) -> bytes:
    return bytes((0xB0, number, value))


def test_a_knob_is_one_that_moves() -> None:
    touched = found(Search(level=True), cc(7, 1), cc(7, 1), cc(7, 2), b"\x90\x24\x40", cc(8, 3), cc(7, 3))
    assert touched == [None] * 5 + [Control("cc", 7, 1)]


def test_a_button_is_one_that_is_pressed() -> None:
    assert found(Search(level=False), b"\x80\x24\0", b"\x95\x24\x01") == [None, Control("note", 36, 6)]
    assert found(Search(level=False), b"\xc1\x05") == [Control("program", 5, 2)]
    assert found(Search(level=False), cc(20, 0), cc(20, 127)) == [None, Control("cc", 20, 1)]


def test_a_knob_that_turns_is_no_button() -> None:
    assert found(Search(level=False), *(cc(7, value) for value in range(50, 100))) == [None] * 50


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "reverie.yaml"
    path.write_text(SITE)
    return path


def learn(site: Path, *arguments: str) -> int:
    return main(["learn", *arguments, "--config", str(site), "--within", "5"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["mute"], "the action 'mute' needs `voice`, the one that it is for; nothing is changed"),
        (["scene"], "the action 'scene' needs `scene`, the name of one; nothing is changed"),
        (["tempo", "--voice", "lead"], "a voice is for the actions"),
        (["timbre", "--to", "1.5"], "nothing is changed: timbre can be set from 0 to 1 here; see control.limits"),
        (["release", "--to", "1"], "the action 'release' is not set to anything"),
        (["pause", "--to", "3"], "what 'pause' is set to is true or false"),
        (["tempo", "--to", "300"], "nothing is changed: tempo can be set from 60 to 140 here; see control.limits"),
        (["mute", "--voice", "melodi"], "no scene has a voice 'melodi'; did you mean 'melody'?"),
        (["scene", "--scene", "nite-watch"], "there is no scene 'nite-watch'; did you mean 'night-watch'?"),
        (["scene", "--scene", "99"], "there is no scene '99'"),
    ],
)
def test_what_makes_no_sense_is_told_before_anybody_moves(
    site: Path, arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert learn(site, *arguments) == 1
    assert sentence in capsys.readouterr().err


def test_without_a_surface_it_says_how_to_name_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "reverie.yaml"
    path.write_text("scene: first-light\n")
    assert learn(path, "volume") == 1
    assert "no control surface is named" in capsys.readouterr().err


@pytest.fixture
def hand(jack: Jack) -> Iterator[Callable[..., Hand]]:
    with surface("desk") as begin:
        yield begin


@pytest.mark.real
def test_controls_are_learned_from_a_real_port(
    site: Path, hand: Callable[..., Hand], capsys: pytest.CaptureFixture[str]
) -> None:
    turning = [[0xB1, 7, value] for value in range(0, 127, 9)]
    with hand(*turning):
        assert learn(site, "volume") == 0
    with hand([0x90, 41, 100], [0x80, 41, 0]):
        assert learn(site, "mute", "--voice", "melody") == 0
    told = capsys.readouterr().out
    assert "Move the knob for volume now." in told
    assert "It is controller 7 on channel 2, and does volume now" in told
    controls = load_site(site).controls
    assert (controls["volume"].cc, controls["volume"].channel) == (7, 2)
    assert (controls["mute melody"].note, controls["mute melody"].voice) == (41, "melody")

    with hand(*([0xB1, 8, value] for value in range(0, 127, 9))):
        assert learn(site, "timbre_x", "--voice", "melody") == 0
    assert load_site(site).controls["timbre_x melody"].binding.level == "timbre_x"

    with hand([0x90, 36, 100]):
        assert learn(site, "next") == 1
    assert "note 36 on channel 1 is already taken by 'quit'" in capsys.readouterr().err
    assert set(load_site(site).controls) == {"quit", "volume", "mute melody", "timbre_x melody"}


@pytest.mark.real
def test_a_surface_that_is_not_there_or_not_touched_is_told(
    jack: Jack, site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.cli.learn.OPENS", 3.0)
    assert learn(site, "volume") == 1
    assert "the control surface is not there" in capsys.readouterr().err
    with surface("desk"):
        assert learn(site, "next") == 1
    assert "nothing was pressed within 5 s" in capsys.readouterr().err
