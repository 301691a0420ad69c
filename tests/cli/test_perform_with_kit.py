"""`reverie perform` plays drums of a kit that a scene mixes, and `reverie check` says what its model cannot do."""

from __future__ import annotations

from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile

from fakes.jack import need
from fakes.timbre import RATE, FakeRenderer, hertz, sine
from reverie.cli import main as cli
from reverie.conductor.arranging.scene_remarks import remarks_on
from reverie.models.library.bundle import make_bundle, write_bundle
from reverie.models.library.card import ModelCard, read_card
from reverie.models.library.index import identity
from reverie.timbre import timbre_models as models

SCENE = """
name: beaten
title: Beaten
tempo: 120
key: A
scale: minor
voices:
  beat:
    kind: drums
    bars: 1
    pattern: {kick: "X... .... .... ....", snare: ".... X... .... ....", open-hat: ".... .... X... ...."}
    output: {channel: 10}
    timbre: struck
timbres:
  struck:
    model: mine
    sources:
      dry: {kit: {kick: {file: saw.wav, pitch: C4, at: A2}, snare: {file: saw.wav, pitch: C4}}}
      other: {kit: {kick: saw.wav, hat: {file: square.wav, pitch: C6}}}
    path: {kind: line, steps: 3}
    variations: 2
    velocities: [60, 110]
    length: 0.5
"""
PITCHES = {"kick": 45.0, "snare": 60.0, "hat": 84.0}


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with the scene and a model that costs nothing."""

    def open_model(path: Path, threads: int = 2, *, decoder: str = "numpy") -> FakeRenderer:
        del threads
        return FakeRenderer(identity(read_card(path)))

    monkeypatch.setattr(models, "open_timbre_model", open_model)
    (tmp_path / "scenes").mkdir()
    (tmp_path / "scenes" / "beaten.yaml").write_text(SCENE, encoding="utf-8")
    for name in ("saw", "square"):
        soundfile.write(tmp_path / "scenes" / f"{name}.wav", sine(60.0, odd=name == "square").samples, RATE)
    bundle = make_bundle(ModelCard("Mine", "gansynth"), {"weight": np.ones(1, np.float32)})
    write_bundle(tmp_path / "state" / "models" / "mine.safetensors", bundle)
    path = tmp_path / "reverie.yaml"
    path.write_text("state: state\nscenes: [scenes]\n", encoding="utf-8")
    return path


@pytest.mark.real
def test_each_drum_sounds_at_its_beat_with_its_own_sound(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    need("fluidsynth")
    song, heard = site.with_name("a.mid"), site.with_name("a.wav")
    files = ["--midi", str(song), "--wav", str(heard)]
    assert cli.main(["perform", "beaten", "--config", str(site), "--bars", "2", *files]) == 0
    error = capsys.readouterr().err
    assert "one variation of it is rendered" in error
    struck = [message.note for message in mido.MidiFile(song) if message.type == "note_on" and message.velocity]
    assert struck == [36, 38, 42] * 2, "the open hat, which no kit has, is played by the closed one"
    samples, rate = soundfile.read(heard)
    mono = samples.mean(axis=1)
    for number, pitch in enumerate(PITCHES.values()):
        begin = round((0.5 * number + 0.03) * rate)
        part = mono[begin : begin + round(0.3 * rate)]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 18))
        harmonic = spectrum.argmax() * rate / (1 << 18) / hertz(pitch)
        assert harmonic == pytest.approx(round(harmonic), abs=0.03)
        assert 1 <= round(harmonic) <= 4
    card = next((site.parent / "state" / "timbre" / "banks").glob("*/bank.json")).read_text()
    assert '"author"' in card
    assert "dry bass" in card


SHIPPED = """
name: real
title: Real
tempo: 120
key: A
scale: minor
voices:
  beat:
    kind: drums
    bars: 1
    pattern: {kick: "X... .... X... ....", hat: ".... X... .... X..."}
    output: {channel: 10}
    timbre: struck
timbres:
  struck:
    sources:
      dry: {kit: {kick: "shipped:kick", hat: "shipped:hat"}}
      bell: "shipped:bell"
    variations: 2
"""


@pytest.mark.real
def test_a_scene_with_a_kit_of_shipped_sounds_is_right_and_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    need("fluidsynth")
    (tmp_path / "real.yaml").write_text(SHIPPED, encoding="utf-8")
    site = tmp_path / "reverie.yaml"
    site.write_text("state: state\nscenes: [.]\n", encoding="utf-8")
    assert cli.main(["check", str(tmp_path / "real.yaml"), "--config", str(site)]) == 0
    said = capsys.readouterr()
    assert said.out == "1 file is right.\n"
    assert not said.err, "the model can do all that is asked of it"
    files = ["--midi", str(tmp_path / "a.mid"), "--wav", str(tmp_path / "a.wav")]
    assert cli.main(["perform", "real", "--config", str(site), "--bars", "1", *files]) == 0
    assert "pitch" not in capsys.readouterr().err, "no drum needs one"
    samples, rate = soundfile.read(tmp_path / "a.wav")
    mono = samples.mean(axis=1)
    lows: list[bool] = []
    for number in range(4):
        begin = round((0.5 * number + 0.005) * rate)
        power = np.square(np.abs(np.fft.rfft(mono[begin : begin + round(0.1 * rate)])))
        lows.append(bool(power[: len(power) // 40].sum() > 0.5 * power.sum()))
    assert lows == [True, False, True, False]


def test_check_remarks_what_the_model_of_a_timbre_cannot_do_at_its_place(site: Path) -> None:
    path = site.parent / "scenes" / "beaten.yaml"
    remarks = {(fault.line, fault.message.split(";")[0]) for fault in remarks_on([path], site)}
    lines = SCENE.splitlines()
    assert remarks == {
        (
            1 + lines.index("    velocities: [60, 110]"),
            "the timbre model mine makes soft and loud notes of one colour, so velocities differ by level alone",
        ),
        (
            1 + lines.index("    variations: 2"),
            "the timbre model mine makes a note the same each time, so one variation of it is rendered",
        ),
        (
            2 + lines.index("    sources:"),
            "the timbre model mine makes notes of a pitch, so drums without one sound like notes",
        ),
    }
    assert cli.main(["check", str(path), "--config", str(site)]) == 0
