"""FluidSynth's reverb and chorus: set by the slot, asked back, and heard as far as a voice sends into them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from fakes.fluidsynth import install
from fakes.jack import need, wait_until
from fakes.soundfonts import font
from reverie.conductor.offline.sound_file import Synth, render_slots
from reverie.midi.bytes import CONTROL, NOTE_OFF, NOTE_ON
from reverie.play.outputs.fluidsynth import FluidSynth, effect_options
from reverie.play.outputs.fluidsynth.effects import CHORUS, REVERB, other_than_wanted
from reverie.site.effect_sections import ChorusSection, ReverbSection

Array = np.ndarray


def test_the_site_and_the_synth_have_the_same_defaults() -> None:
    assert ReverbSection().model_dump() == dict(REVERB)
    assert ChorusSection().model_dump() == dict(CHORUS)


@pytest.mark.parametrize(
    ("reverb", "chorus", "expected"),
    [
        (None, None, {"synth.reverb.active": "0", "synth.chorus.active": "0"}),
        ({"room": 0.5}, None, {
            "synth.reverb.active": "1", "synth.reverb.room-size": "0.5", "synth.chorus.active": "0",
        }),
        (None, {"voices": 2, "level": 1.0}, {
            "synth.reverb.active": "0", "synth.chorus.active": "1", "synth.chorus.nr": "2", "synth.chorus.level": "1",
        }),
    ],
)  # fmt: skip
def test_a_slot_says_by_its_own_words_what_fluidsynth_is_set_to(
    reverb: Mapping[str, float] | None, chorus: Mapping[str, float] | None, expected: Mapping[str, str]
) -> None:
    assert effect_options(reverb, chorus) == expected


def test_what_is_answered_is_held_against_what_was_wanted() -> None:
    wanted = effect_options({"room": 0.7}, None) | {"synth.gain": "0.6"}
    assert other_than_wanted(wanted, ["1", "0.700", "0"]) is None
    assert other_than_wanted(wanted, ["1", "0.200", "0"]) == "its synth.reverb.room-size is 0.200, not 0.7"
    assert other_than_wanted(wanted, ["0", "0.700", "0"]) == "its synth.reverb.active is 0, not 1"
    assert other_than_wanted(wanted | {"synth.reverb.active": "yes"}, ["1", "0.700", "0"]) is None


def test_a_synth_that_has_another_room_than_it_was_to_have_plays_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, tmp_path, "settings=1\n0.2")
    synth = FluidSynth(str(font(tmp_path / "a.sf2")), "file", reverb={"room": 0.9}, chorus=None)
    synth.open()
    wait_until(synth.poll)
    assert synth.trouble is not None
    assert synth.trouble.sentence == "FluidSynth plays, but its synth.reverb.room-size is 0.2, not 0.9"
    assert synth.trouble.silent == ""
    synth.close()


@pytest.mark.real
@pytest.mark.parametrize(
    "given", [{}, {"reverb": None, "chorus": None}, {"reverb": {"room": 0.31}, "chorus": {"voices": 7}}]
)
def test_the_real_one_answers_what_it_was_told(tmp_path: Path, given: dict[str, Any]) -> None:
    need("fluidsynth")
    synth = FluidSynth(str(font(tmp_path / "a.sf2")), "file", options={"audio.file.name": "/dev/null"}, **given)
    synth.open()
    wait_until(synth.poll)
    assert synth.trouble is None
    synth.close()
    synth.open()
    synth._settings["synth.chorus.active"] = "2"  # as if something else had been wanted
    wait_until(synth.poll)
    assert synth.trouble is not None
    assert "its synth.chorus.active is" in synth.trouble.sentence
    synth.close()


# What is heard


def rendered(folder: Path, controls: Mapping[int, int], synth: Synth) -> Array:
    """Three short tones with these controllers, and silence after them."""
    need("fluidsynth")
    sent: list[tuple[float, bytes]] = [(0.0, bytes((CONTROL, *pair))) for pair in controls.items()]
    for number, pitch in enumerate((60, 64, 67)):
        sent += [(number * 0.5, bytes((NOTE_ON, pitch, 100))), (number * 0.5 + 0.25, bytes((NOTE_OFF, pitch, 0)))]
    sent.append((4.0, bytes((CONTROL, 64, 0))))
    file = folder / "a.wav"
    render_slots({"main": sent}, file, {"main": synth})
    return soundfile.read(file)[0][: 4 * 44_100]


def decibels(sound: Array, reference: Array) -> float:
    return 10 * float(np.log10(np.square(sound).mean() / np.square(reference).mean()))


@pytest.fixture
def tone(tmp_path: Path) -> str:
    return str(font(tmp_path / "tone.sf2"))


@pytest.mark.real
@pytest.mark.parametrize("level", [-12, -6, 3])
def test_a_level_is_the_decibels_that_it_says(tone: str, tmp_path: Path, level: int) -> None:
    from reverie.compose.mix_course import volume

    synth = Synth(tone, 0.5, effect_options(None, None))
    usual = rendered(tmp_path, {}, synth)
    assert decibels(rendered(tmp_path, {7: volume(level)}, synth), usual) == pytest.approx(level, abs=0.25)


@pytest.mark.real
def test_a_pan_puts_the_sound_to_its_side(tone: str, tmp_path: Path) -> None:
    synth = Synth(tone, 0.5, effect_options(None, None))
    left, middle, right = (rendered(tmp_path, {10: value}, synth) for value in (1, 64, 127))
    assert decibels(left[:, 0], left[:, 1]) > 20
    assert abs(decibels(middle[:, 0], middle[:, 1])) < 0.5
    assert decibels(right[:, 0], right[:, 1]) < -20


@pytest.mark.real
@pytest.mark.parametrize(("control", "least", "most"), [(91, -11, -5), (93, -15, -7)])
def test_a_send_is_heard_and_stays_behind_the_voice(
    tone: str, tmp_path: Path, control: int, least: float, most: float
) -> None:
    synth = Synth(tone, 0.5)
    dry, half, full = (rendered(tmp_path, {control: value}, synth) for value in (0, 64, 127))
    assert least < decibels(full - dry, dry) < most
    assert decibels(half - dry, full - dry) == pytest.approx(-6, abs=1)
    off = Synth(tone, 0.5, effect_options(None, None))
    assert np.array_equal(rendered(tmp_path, {control: 127}, off), rendered(tmp_path, {control: 0}, off))


@pytest.mark.real
def test_a_larger_room_rings_for_longer(tone: str, tmp_path: Path) -> None:
    tails = [_tail(rendered(tmp_path, {91: 127}, Synth(tone, 0.5, _room(room)))) for room in (0.2, 0.5, 0.9)]
    assert tails == sorted(tails)
    assert tails[-1] > 4 * tails[0]


def _room(size: float) -> dict[str, str]:
    return effect_options({**REVERB, "room": size}, None)


def _tail(sound: Array) -> float:
    """What is heard in the second after the last tone, once that itself is over."""
    return float(np.sqrt(np.square(sound[66_150:110_250]).mean()))
