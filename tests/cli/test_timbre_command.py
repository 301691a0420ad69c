"""The commands ``reverie timbre ...``, with a model that costs nothing."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mido
import numpy as np
import pytest
import soundfile

from fakes.timbre import RATE, FakeRenderer, hertz, sine
from reverie.cli import main as cli
from reverie.cli import timbre_resources
from reverie.models.library.bundle import make_bundle, write_bundle
from reverie.models.library.card import ModelCard, read_card
from reverie.models.library.index import identity
from reverie.timbre import timbre_models as models
from reverie.timbre.audition import MOST, audition
from reverie.timbre.bank.bank import read_bank
from reverie.timbre.meter import Meter
from reverie.timbre.render import budget

SCENE = """
name: dusk
title: Dusk
tempo: 72
key: A
scale: minor
voices:
  high:
    kind: melody
    model: attention_rnn
    register: [C4, C6]
    output: {channel: 1}
    timbre: creature
timbres:
  creature:
    model: mine
    sources: {saw: {file: saw.wav, pitch: C4}, square: {file: square.wav, pitch: C4}}
    path: {kind: line, steps: 3}
    pitches: [C3, C4, C5]
    length: 0.5
"""
LICENCE = "author: A. Cat\nlicence: CC0-1.0\n"
Run = Callable[..., int]


@pytest.fixture
def renderers(monkeypatch: pytest.MonkeyPatch) -> list[FakeRenderer]:
    """All that were opened."""
    opened: list[FakeRenderer] = []

    def open_model(path: Path, threads: int = 2, *, decoder: str = "numpy") -> FakeRenderer:
        opened.append(FakeRenderer(identity(read_card(path))))
        return opened[-1]

    monkeypatch.setattr(models, "open_timbre_model", open_model)
    return opened


@pytest.fixture
def site(tmp_path: Path, renderers: list[FakeRenderer], monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with a scene of one timbre, in a process that keeps its priority."""
    monkeypatch.setattr(budget, "give_way", lambda: None)
    for library in ("OPENBLAS", "OMP", "MKL", "BLIS"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "1")
    scenes = tmp_path / "scenes"
    scenes.mkdir()
    (scenes / "dusk.yaml").write_text(SCENE, encoding="utf-8")
    for name in ("saw", "square"):
        soundfile.write(scenes / f"{name}.wav", sine(60.0, odd=name == "square").samples, RATE)
    (scenes / "saw.licence.yaml").write_text(LICENCE, encoding="utf-8")
    bundle = make_bundle(ModelCard("Mine", "gansynth"), {"weight": np.ones(1, np.float32)})
    write_bundle(tmp_path / "state" / "models" / "mine.safetensors", bundle)
    path = tmp_path / "reverie.yaml"
    path.write_text("state: state\nscenes: [scenes]\n", encoding="utf-8")
    return path


@pytest.fixture
def run(site: Path) -> Run:
    """Run a command as ``reverie`` does; the exit status."""
    return lambda *arguments: cli.main(["timbre", *map(str, arguments), "--site", str(site)])


def banks(run: Run, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert run("list", "--json") == 0
    return json.loads(capsys.readouterr().out)["banks"]


def begins(midi: bytes, folder: Path) -> dict[int, float]:
    """The pitches of a MIDI file in their order, and at which second each begins."""
    (folder / "notes.mid").write_bytes(midi)
    found: dict[int, float] = {}
    now = 0.0
    for message in mido.MidiFile(folder / "notes.mid"):
        now += message.time
        if message.type == "note_on":
            found[message.note] = now
    return found


def test_a_step_is_rendered_once_and_listed(
    run: Run, site: Path, renderers: list[FakeRenderer], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("render", "dusk", "--step", 1, "--json") == 0
    [row] = json.loads(capsys.readouterr().out)["banks"]
    assert (row["step"], row["found"], row["notes"], row["model"]) == (1, False, 3, "Mine")
    assert Path(row["soundfont"]).is_relative_to(site.parent / "state" / "timbre")
    assert Path(row["soundfont"]).read_bytes()[:4] == b"RIFF"
    assert len(renderers) == 1

    assert run("render", "dusk", "--step", 1) == 0
    assert f"step 1: {row['id'][:12]}, is there already: " in capsys.readouterr().out
    assert len(renderers) == 1

    assert run("list") == 0
    first, second, *sources = capsys.readouterr().out.splitlines()
    assert first.startswith("Banks: 1, ")
    assert f"  {row['id'][:12]}  Dusk: creature, step 1 " in second
    assert [line.strip() for line in sources] == [
        "50% saw by A. Cat (CC0-1.0)",
        "50% square by not stated (not stated)",
    ]


def test_a_plan_says_what_it_will_cost_and_renders_nothing(
    run: Run, renderers: list[FakeRenderer], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("render", "dusk", "--step", 0) == 0
    capsys.readouterr()
    assert run("morph", "dusk", "--plan", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["found"], said["banks"], said["notes"], said["sounding"]) == (1, 2, 6, 3.0)
    assert said["seconds"] > 0
    assert said["memory"] > 0
    assert said["disk"] == 3 * 48_000 * 6
    assert len(banks(run, capsys)) == 1
    assert run("morph", "dusk", "--plan") == 0
    out = capsys.readouterr().out
    assert "Banks that are there already: 1." in out
    assert "Banks to be rendered: 2, of 6 notes, 3 s of sound." in out
    assert "Time on this machine: about " in out
    opened = len(renderers)
    assert run("render", "dusk", "--step", 0, "--plan") == 0
    assert "Nothing is to be rendered." in capsys.readouterr().out
    assert len(renderers) == opened, "no model is opened for what is there"
    assert run("render", "dusk", "--plan", "--executor", "dask://nowhere:1") == 1
    assert "leave --executor out" in capsys.readouterr().err


def test_a_morph_has_a_bank_for_each_step(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("morph", "dusk") == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == ["step 0", "step 1", "step 2"]
    listed = banks(run, capsys)
    weights = {tuple(source["weight"] for source in bank["sources"]) for bank in listed}
    assert weights == {(1.0,), (0.5, 0.5)}
    assert len(listed) == 3


def test_what_is_odd_about_a_source_is_told_once_a_morph_and_not_with_each_of_its_banks(
    run: Run, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cat = site.parent / "scenes" / "saw.wav"
    soundfile.write(cat, np.tile(sine(60.0).samples, 40), RATE)  # longer than any note of a bank
    for _ in range(2):
        assert run("morph", "dusk") == 0
        told = [line for line in capsys.readouterr().err.splitlines() if str(cat) in line]
        assert len(told) == 1, "by each command, though the first two of three banks have the source"


def test_some_steps_of_a_morph(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("morph", "dusk", "--steps", "1..2") == 0
    assert len(banks(run, capsys)) == 2
    with pytest.raises(SystemExit):
        run("morph", "dusk", "--steps", "2..1")
    assert "steps are written 0..11" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("path", "steps"),
    [
        ("{kind: there_and_back, steps: 4}", 4),
        ("{kind: grid, side: 2, corners: [saw, square, saw, square]}", 4),
        ("{kind: grid, side: 3, walk: round, corners: [saw, square, saw, square]}", 8),
    ],
)
def test_a_morph_goes_the_whole_path_once(
    run: Run, site: Path, capsys: pytest.CaptureFixture[str], path: str, steps: int
) -> None:
    scene = site.parent / "scenes" / "dusk.yaml"
    scene.write_text(SCENE.replace("{kind: line, steps: 3}", path), encoding="utf-8")
    assert run("morph", "dusk", "--json") == 0
    assert [row["step"] for row in json.loads(capsys.readouterr().out)["banks"]] == list(range(steps))


def test_a_path_of_chance_must_be_told_how_far(run: Run, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = site.parent / "scenes" / "dusk.yaml"
    scene.write_text(SCENE.replace("{kind: line, steps: 3}", "{kind: random_walk}"), encoding="utf-8")
    assert run("morph", "dusk") == 1
    assert capsys.readouterr().err == "this path goes on by chance for ever; say how far, as --steps 0..11\n"
    assert run("morph", "dusk", "--steps", "0..1") == 0


def test_who_interrupts_it_is_told_how_to_go_on(
    run: Run, renderers: list[FakeRenderer], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    show = Meter.show

    def interrupt(meter: Meter, done: float) -> None:
        show(meter, done)
        if done > 0.4:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Meter, "show", interrupt)
        with pytest.raises(SystemExit) as left:
            run("render", "dusk")
    assert left.value.code == 130
    assert "what was rendered is kept, and the same command goes on from there.\n" in capsys.readouterr().err
    assert run("list") == 0
    assert "Begun, and not whole yet: " in capsys.readouterr().out
    assert run("render", "dusk") == 0
    assert renderers[-1].encoded == 0  # that was done
    assert run("list") == 0
    assert "Begun" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("render", "dawn"), "there is no scene 'dawn'"),
        (("render", "dusk", "--timbre", "creatur"), "no timbre 'creatur'; did you mean 'creature'?"),
        (("render", "first-light"), "the scene first-light has no timbres; describe one in it under 'timbres'"),
        (("render", "dusk", "--resource", "GPU"), "name the cluster with --executor dask://HOST:PORT"),
        (("render", "dusk", "--executor", "farm:8786"), "write it as dask://HOST:PORT"),
        (("play", "0123abcd"), "no bank's id begins with '0123abcd'; `reverie timbre list` shows them all"),
        (("play", "dawn"), "there is no scene 'dawn'"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    run: Run, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert run(*arguments) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_of_several_timbres_one_must_be_named(run: Run, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = SCENE[SCENE.index("  creature:") :].replace("creature", "other")
    (site.parent / "scenes" / "dusk.yaml").write_text(SCENE + other, encoding="utf-8")
    assert run("render", "dusk") == 1
    assert "has several timbres; name one: --timbre creature|other" in capsys.readouterr().err
    assert run("render", "dusk", "--timbre", "other") == 0


def test_a_model_that_is_not_there_is_told_how_to_get(run: Run, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = site.parent / "scenes" / "dusk.yaml"
    scene.write_text(SCENE.replace("model: mine", "model: nsynth"), encoding="utf-8")
    assert run("render", "dusk") == 1
    assert "`reverie models pull nsynth` gets it" in capsys.readouterr().err


def test_a_source_that_is_not_there_is_told(run: Run, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site.parent / "scenes" / "saw.wav").unlink()
    assert run("render", "dusk") == 1
    assert "saw.wav cannot be read (No such file or directory)" in capsys.readouterr().err


def test_a_cache_that_cannot_be_written_is_told(run: Run, site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (site.parent / "state" / "timbre").write_text("in the way")
    assert run("render", "dusk") == 1
    error = capsys.readouterr().err
    assert "cannot be used" in error
    assert "see to the disk" in error


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, Path, Path | None]]:
    """What was sounded: notes, soundfont, and the file that they were to be written into."""
    sounded: list[tuple[bytes, Path, Path | None]] = []
    monkeypatch.setattr(timbre_resources, "_sound", lambda _site, *told: sounded.append(told))
    return sounded


def test_a_bank_is_played_by_its_id_its_folder_or_its_scene(
    run: Run, heard: list[tuple[bytes, Path, Path | None]], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run("play", "dusk", "--step", 2) == 0
    [bank] = banks(run, capsys)
    assert run("play", bank["id"][:6]) == 0
    assert run("play", bank["folder"], "--wav", tmp_path / "out.wav") == 0
    assert [font for _, font, _ in heard] == [Path(bank["soundfont"])] * 3
    assert [wav for _, _, wav in heard] == [None, None, tmp_path / "out.wav"]
    assert list(begins(heard[0][0], tmp_path)) == [48, 60, 72]


def test_a_damaged_bank_is_not_played(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("render", "dusk") == 0
    [bank] = banks(run, capsys)
    Path(bank["soundfont"]).write_bytes(b"")
    assert run("play", bank["folder"]) == 1
    assert "is damaged (bank.sf2 is not as it was written); render it anew" in capsys.readouterr().err


@pytest.mark.real
def test_a_bank_is_heard(run: Run, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Three notes, each with its pitch at its time, as FluidSynth renders them."""
    assert run("play", "dusk", "--wav", tmp_path / "out.wav") == 0
    [bank] = banks(run, capsys)
    samples, rate = soundfile.read(tmp_path / "out.wav", dtype="float32")
    mono = samples.mean(axis=1)
    begun = begins(audition(read_bank(Path(bank["folder"])).card["zones"]), tmp_path)
    assert len(begun) == 3
    for pitch, at in begun.items():
        begin = round((at + 0.1) * rate)
        part = mono[begin : begin + round(0.3 * rate)] * np.hanning(round(0.3 * rate))
        spectrum = np.abs(np.fft.rfft(part, 8 * len(part)))
        assert np.argmax(spectrum) * rate / (8 * len(part)) == pytest.approx(hertz(pitch), rel=0.01)


def test_of_a_large_bank_some_notes_from_the_lowest_to_the_highest_are_played(tmp_path: Path) -> None:
    zones = [
        {"pitch": pitch, "velocity": 100, "velocities": [1, 127], "seconds": 0.2, "loop": None}
        for pitch in range(20, 100)
    ]
    played = list(begins(audition(zones), tmp_path))
    assert (played[0], played[-1], len(played)) == (20, 99, MOST)
    assert played == sorted(played)


def test_progress_is_a_line_each_tenth_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    meter = Meter("Dusk")
    for hundredth in range(101):
        meter.show(hundredth / 100)
    meter.end()
    assert capsys.readouterr().err.splitlines() == [f"Dusk: {percent}%" for percent in range(0, 101, 10)]


def test_progress_is_one_line_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    meter = Meter("Dusk")
    meter.show(0.25)
    meter.show(0.251)
    meter.show(1.0)
    meter.end()
    assert capsys.readouterr().err == "\r\x1b[KDusk: 25%\r\x1b[KDusk: 100%\n"
