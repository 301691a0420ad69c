"""How loud scenes are as FluidSynth plays them; what a mix and a trim make of them there; and the shipped ones."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from fakes.engine import DiceEngine
from fakes.jack import need
from fakes.scenes import TEXT, scene
from reverie.cli.main import main
from reverie.conductor.offline.jumping_player import play_offline
from reverie.conductor.offline.performing import composed
from reverie.conductor.offline.scene_loudness import CEILING, TARGET, MeasuredScene, measure_loudness, told
from reverie.measure.loudness import MeasuredLoudness
from reverie.music.time import Length
from reverie.places import scenes_folder
from reverie.play.slot_settings import SlotSettings

PLAIN = """
name: plain
title: Plain
tempo: 120
key: D
scale: dorian
MIX
voices:
  low: {kind: bass, pattern: "D2:4 A2:4 D2:8", output: {channel: 2, program: 32 LOW}}
  tune: {kind: melody, pattern: "D4:4 F4:2 A4:2 D5:8", output: {channel: 1, program: 11 TUNE}}
"""


def measured(folder: Path, mix: str = "", low: str = "", tune: str = "", *, voices: bool = False) -> MeasuredScene:
    need("fluidsynth")
    site = folder / "site.yaml"
    site.write_text(f"state: {folder / 'state'}\nslots: {{main: {{kind: fluidsynth, reverb: off, chorus: off}}}}\n")
    text = PLAIN.replace("MIX", mix).replace(" LOW", low).replace(" TUNE", tune)
    path = folder / "plain.yaml"
    path.write_text(text)
    return measure_loudness(site, str(path), Length(bars=8), None, voices=voices)


def test_what_a_mix_says_is_sent_before_the_first_note_and_with_the_volume_of_the_slot() -> None:
    mixed = TEXT.replace("velocity: [50, 90]", "velocity: [50, 90], level: -6, pan: -100, reverb: 50, chorus: 100")
    composition = composed(scene(mixed), {}, DiceEngine(), bars=2, seed=None, progress=lambda _bar: None)
    sent = play_offline(
        composition.scene,
        composition.places,
        {"main": SlotSettings({}, volume=50)},
        plans=composition.plans,
    ).slots["main"]
    messages = [bytes(what) for _, what in sent if isinstance(what, bytes)]
    first = next(number for number, what in enumerate(messages) if what[0] == 0x90)
    told_before = {(what[1], what[2]) for what in messages[:first] if what[0] == 0xB0}
    assert {(7, 36), (10, 1), (91, 64), (93, 127)} <= told_before  # 71 of 100, of a volume of 50
    assert not [what for what in messages if what[0] == 0xB9 and what[1] in {10, 91, 93}], "nobody said so of drums"


@pytest.mark.real
def test_a_trim_makes_a_scene_softer_by_its_decibels_and_leaves_the_mix(tmp_path: Path) -> None:
    usual = measured(tmp_path, voices=True)
    trimmed = measured(tmp_path, "mix: {trim: -6}", voices=True)
    assert trimmed.loudness.lufs - usual.loudness.lufs == pytest.approx(-6, abs=0.3)
    for (name, one), (_, other) in zip(usual.voices, trimmed.voices, strict=True):
        assert other.lufs - one.lufs == pytest.approx(-6, abs=0.3), name
    assert trimmed.wanted_trim == pytest.approx(usual.wanted_trim, abs=0.5)


@pytest.mark.real
def test_a_trim_beyond_controller_7_is_made_up_by_velocities(tmp_path: Path) -> None:
    usual = measured(tmp_path, low=", velocity: [40, 60]", tune=", velocity: [40, 60]")
    louder = measured(tmp_path, "mix: {trim: 9}", low=", velocity: [40, 60]", tune=", velocity: [40, 60]")
    assert louder.loudness.lufs - usual.loudness.lufs == pytest.approx(9, abs=0.7)


@pytest.mark.real
def test_a_level_moves_one_voice(tmp_path: Path) -> None:
    usual = dict(measured(tmp_path, voices=True).voices)
    moved = dict(measured(tmp_path, tune=", level: -10", voices=True).voices)
    assert moved["tune"].lufs - usual["tune"].lufs == pytest.approx(-10, abs=0.3)
    assert moved["low"] == usual["low"]


@pytest.mark.real
def test_voices_add_up_to_the_scene(tmp_path: Path) -> None:
    scene_of_two = measured(tmp_path, voices=True)
    total = 10 * math.log10(sum(10 ** (one.lufs / 10) for _, one in scene_of_two.voices))
    assert scene_of_two.loudness.lufs == pytest.approx(total, abs=1)
    assert scene_of_two.seconds > 15


def test_the_help_names_the_target_that_is_used(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["loudness", "--help"])
    assert f"{TARGET:g} if nothing is said" in " ".join(capsys.readouterr().out.split())


@pytest.mark.real
def test_the_command_tells_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured(tmp_path)
    arguments = ["loudness", str(tmp_path / "plain.yaml"), "--config", str(tmp_path / "site.yaml"), "--bars", "4"]
    assert main([*arguments, "--json", "--target", "-30"]) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["scene"] == "plain"
    assert answer["wanted_trim"] == pytest.approx(-30 - answer["lufs"], abs=0.26)


def as_measured(lufs: float, peak: float = -12.0, trim: float = 0.0) -> MeasuredScene:
    return MeasuredScene("dawn", 60.0, trim, MeasuredLoudness(lufs, peak, peak), -27.0)


@pytest.mark.parametrize(
    ("lufs", "trim", "wanted"),
    [(-27, 0, 0), (-29.3, 0, 2.5), (-24, -2, -5), (-42, 0, 12), (-2, 0, -24), (-math.inf, 1.5, 1.5)],
)
def test_the_trim_that_is_wanted_brings_a_scene_to_the_target_as_far_as_it_goes(
    lufs: float, trim: float, wanted: float
) -> None:
    assert as_measured(lufs, trim=trim).wanted_trim == wanted


def test_what_a_trim_cannot_do_is_told() -> None:
    assert told([as_measured(-27.2)]) == (
        "scene    LUFS    peak  true peak  mix\ndawn    -27.2   -12.0      -12.0  {trim: 0}"
    )
    assert "dawn comes to -32.0 LUFS at most by its trim" in told([as_measured(-44)])
    assert "dawn would reach 1.0 dB between its samples" in told([as_measured(-29, -1)])
    assert "dawn is silent for all of that" in told([as_measured(-math.inf, -math.inf)])


def with_trim(text: str, trim: float) -> str:
    """A scene's text with a trim, which it has not."""
    written = re.sub(r"^mix: \{", f"mix: {{trim: {trim:g}, ", text, flags=re.MULTILINE)
    return written if written != text else f"{text.rstrip()}\nmix: {{trim: {trim:g}}}\n"


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_shipped_scenes_are_equally_loud(tmp_path: Path) -> None:
    """Within 2 dB, and none too loud for a file; a scene that has no trim yet has the one that it is told to have."""
    need("fluidsynth")
    site = tmp_path / "site.yaml"
    site.write_text(f"state: {tmp_path / 'state'}\n")
    found: dict[str, MeasuredLoudness] = {}
    for path in sorted(scenes_folder().glob("*.yaml")):
        length = Length(seconds=120.0)
        text = path.read_text()
        one = measure_loudness(site, str(path), length, None)
        if not re.search(r"\btrim: ", text):
            (tmp_path / path.name).write_text(with_trim(text, one.wanted_trim))
            one = measure_loudness(site, str(tmp_path / path.name), length, None)
        found[path.stem] = one.loudness
        print(path.stem, f"{one.loudness.lufs:.1f} LUFS, {one.loudness.true_peak:.1f} dB")
    lufs = [one.lufs for one in found.values()]
    assert max(lufs) - min(lufs) <= 2, found
    assert max(one.true_peak for one in found.values()) <= CEILING
    assert sum(lufs) / len(lufs) == pytest.approx(TARGET, abs=1.5)
