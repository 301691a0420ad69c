"""A FluidSynth that runs and is silent, in whole or in part, is found out: by what it says and by what it answers."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from fakes.fluidsynth import install
from fakes.jack import need, wait_until
from fakes.soundfonts import cut, font, without_samples
from reverie.midi.errors import DeviceError
from reverie.play.outputs.fluidsynth import FluidSynth
from reverie.play.outputs.fluidsynth.complaints import SynthWarnings
from reverie.play.outputs.fluidsynth.soundfonts import Replacement
from reverie.play.outputs.output import Trouble

PIANO, DRUMS = 0, 9
QUIET = {"audio.file.name": "/dev/null"}
Open = Callable[..., FluidSynth]


def refusal(synth: FluidSynth) -> str:
    """The sentence with which it does not come up."""
    try:
        synth.open()
        wait_until(synth.poll)
    except DeviceError as error:
        return str(error)
    finally:
        synth.close()
    pytest.fail("it came up")


def play(synth: FluidSynth, *channels: int, notes: int = 6, key: int = 60) -> Trouble | None:
    """Strike a few notes on each channel, and see what is wrong a little later."""
    for _ in range(notes):
        for channel in channels:
            synth.send(bytes((0x90 | channel, key, 100)))
            synth.send(bytes((0x80 | channel, key, 0)))
        synth.flush()
        synth.poll()
        time.sleep(0.02)  # the pace of the notes
    return settled(synth)


def settled(synth: FluidSynth) -> Trouble | None:
    """What is wrong once FluidSynth has answered all that it was asked."""
    wait_until(lambda: synth.poll() and not synth._ask and not synth._hearing._probes and not synth._answers._name)
    return synth.trouble


# What never comes up


def broken_fonts(folder: Path) -> dict[str, Path]:
    whole = font(folder / "whole.sf2")
    fonts = {name: folder / f"{name}.sf2" for name in ("empty", "text", "half-a-header", "folder", "pipe", "missing")}
    fonts["empty"].touch()
    fonts["text"].write_text("no soundfont at all")
    fonts["half-a-header"].write_bytes(whole.read_bytes()[:10])
    fonts["folder"].mkdir()
    os.mkfifo(fonts["pipe"])
    return fonts | {"cut off": cut(folder / "cut.sf2", whole), "without its end": cut(folder / "end.sf2", whole, 0.999)}


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("cut off", "is cut off"),
        ("without its end", "is cut off"),
        ("empty", "it is empty"),
        ("text", "it is no soundfont"),
        ("half-a-header", "it is no soundfont"),
        ("folder", "is no file"),
        ("pipe", "is no file"),
        ("missing", "there is no soundfont"),
    ],
)
def test_a_soundfont_that_is_none_is_refused_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, sentence: str
) -> None:
    install(monkeypatch, tmp_path)
    path = broken_fonts(tmp_path)[kind]
    told = refusal(FluidSynth(str(path), "file", options=QUIET))
    assert sentence in told
    assert str(path) in told
    assert "`soundfont`" in told


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("gain=0.000", "FluidSynth has a gain of 0.0, not 0.6"),
        ("gain=get: no such setting", "FluidSynth has a gain of None, not 0.6"),
        ("fonts=no SoundFont loaded (try load)", "FluidSynth cannot read its soundfont"),
        ("fonts=ID  Name\n 1  /usr/share/sounds/sf3/default-GM.sf3", "FluidSynth cannot read its soundfont"),
        ("no-thread", "the sound device of FluidSynth (file) hangs"),
        ("mute", "FluidSynth hangs"),
    ],
)
def test_what_is_asked_back_is_held_against_what_was_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, sentence: str
) -> None:
    install(monkeypatch, tmp_path, word)
    monkeypatch.setattr("reverie.play.outputs.fluidsynth.synth.STUCK", 0.5)
    monkeypatch.setattr("reverie.play.outputs.fluidsynth.synth.LOADING", 10.0 if word != "mute" else 1.0)
    assert refusal(FluidSynth(str(font(tmp_path / "a.sf2")), "file")).startswith(sentence)


@pytest.mark.parametrize(("option", "told"), [("0", "silent at a gain of 0"), ("loud", "'loud', no number")])
def test_a_gain_that_leaves_it_silent_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str, told: str
) -> None:
    install(monkeypatch, tmp_path)
    assert told in refusal(FluidSynth(str(font(tmp_path / "a.sf2")), "file", options={"synth.gain": option}))


def test_a_soundfont_that_it_could_not_read_is_tried_again_once_it_is_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(monkeypatch, tmp_path, "fonts=no SoundFont loaded (try load)")
    synth = FluidSynth(str(font(tmp_path / "a.sf2")), "file")
    refused = refusal(synth)
    install(monkeypatch, tmp_path)
    assert refusal(synth) == refused  # and nothing was started
    font(tmp_path / "a.sf2", program=1)
    synth.open()
    wait_until(synth.poll)
    synth.close()


# What comes up, and is found out while it plays


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Open]:
    need("fluidsynth")
    opened: list[FluidSynth] = []

    def start(path: Path, **options: str) -> FluidSynth:
        given = {name.replace("_", "."): value for name, value in options.items()}
        synth = FluidSynth(str(path), "file", options=QUIET | given)
        opened.append(synth)
        synth.open()
        wait_until(synth.poll)
        return synth

    yield start
    for synth in opened:
        synth.close()


@pytest.mark.real
def test_its_own_start_files_have_no_say(start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".fluidsynth").write_text("gain 0\nset synth.gain 0\nunload 1\nquit\n")
    (tmp_path / ".inputrc").write_text('"s": "quit "\n"\\C-m": abort\n')
    recording = tmp_path / "heard.raw"
    synth = start(font(tmp_path / "a.sf2"), audio_file_name=str(recording), audio_file_type="raw")
    assert play(synth, PIANO) is None
    synth.send(bytes((0x90, 60, 127)))
    synth.flush()
    wait_until(lambda: bool(np.abs(np.fromfile(recording, "<i2")).max(initial=0) > 1000))


@pytest.mark.real
def test_a_font_without_drums_is_a_fault_once_drums_are_played(start: Open, tmp_path: Path) -> None:
    synth = start(font(tmp_path / "a.sf2"))
    assert play(synth, PIANO) is None
    trouble = play(synth, PIANO, DRUMS)
    assert trouble is not None
    assert trouble.sentence == "FluidSynth plays, but channel 10 is silent: a.sf2 has no sound for it"
    assert trouble.silent == "part"


@pytest.mark.real
def test_a_font_of_which_nothing_is_heard_is_wholly_silent(start: Open, tmp_path: Path) -> None:
    trouble = play(start(font(tmp_path / "a.sf2", bank=3, program=7)), PIANO, 1, DRUMS)
    assert trouble is not None
    assert trouble.silent == "all"
    assert "channels 1, 2 and 10 are silent" in trouble.sentence


@pytest.mark.real
def test_a_font_whose_samples_are_lost_is_silent(start: Open, tmp_path: Path) -> None:
    trouble = play(start(without_samples(tmp_path / "lost.sf2", font(tmp_path / "a.sf2"))), PIANO)
    assert trouble is not None
    assert trouble.silent == "all"
    assert "the notes that are played there have no samples" in trouble.sentence


@pytest.mark.real
def test_keys_without_a_sound_are_found_and_the_channel_is_right_again_with_others(start: Open, tmp_path: Path) -> None:
    synth = start(font(tmp_path / "a.sf2", keys=(60, 72)))
    assert play(synth, PIANO, notes=2, key=30) is None  # a key or two may have none
    trouble = play(synth, PIANO, key=30)
    assert trouble is not None
    assert trouble.silent == "all"
    assert play(synth, PIANO, key=60) is None


@pytest.mark.real
def test_a_program_that_the_font_lacks_is_a_fault_until_another_is_chosen(start: Open, tmp_path: Path) -> None:
    synth = start(font(tmp_path / "a.sf2"))
    assert play(synth, PIANO) is None
    synth.send(bytes((0xC0, 38)))
    synth.send(bytes((0xC1, 38)))  # nothing is played there
    trouble = play(synth, PIANO)
    assert trouble is not None
    assert trouble.sentence == "FluidSynth plays, but channel 1 sounds as 'tone': a.sf2 has no program 38"
    assert trouble.silent == ""
    synth.send(bytes((0xC0, 0)))
    assert play(synth, PIANO) is None


@pytest.mark.real
def test_a_bank_whose_samples_are_lost_is_refused_and_the_sound_stays(start: Open, tmp_path: Path) -> None:
    synth = start(font(tmp_path / "a.sf2"))
    banks = [font(tmp_path / "b.sf2"), without_samples(tmp_path / "lost.sf2", tmp_path / "b.sf2")]
    for bank in map(str, banks):
        synth.load(bank)
        wait_until(lambda bank=bank: synth.poll() and synth.loaded(bank) is not None)
    assert [synth.loaded(str(bank)) for bank in banks] == [True, False]
    synth.choose(PIANO, str(banks[0]))
    assert play(synth, PIANO) is None
    assert synth._hearing.presets[PIANO] is not None
    synth.send(bytes((0xC0, 0)))  # back to the font that it began with
    assert play(synth, PIANO) is None
    preset = synth._hearing.presets[PIANO]
    assert preset is not None
    assert (preset.font, preset.bank, preset.program) == (1, 0, 0)


@pytest.mark.real
def test_a_bank_without_the_preset_that_is_chosen_is_a_fault(start: Open, tmp_path: Path) -> None:
    synth = start(font(tmp_path / "a.sf2"))
    bank = str(font(tmp_path / "b.sf2", bank=2, program=5))
    synth.load(bank)
    wait_until(lambda: synth.poll() and synth.loaded(bank) is not None)
    synth.choose(PIANO, bank)
    trouble = play(synth, PIANO)
    assert trouble is not None
    assert "channel 1 does not play the bank that it was given" in trouble.sentence


@pytest.mark.real
@pytest.mark.parametrize(("channel", "bank", "program"), [(PIANO, 0, 38), (9, 128, 16)])
def test_a_program_of_another_soundfont_is_chosen_and_heard(
    start: Open, tmp_path: Path, channel: int, bank: int, program: int
) -> None:
    synth = start(font(tmp_path / "a.sf2"))
    own = str(font(tmp_path / "own.sf2", bank=bank, program=program))
    synth.load(own)
    wait_until(lambda: synth.poll() and synth.loaded(own) is not None)
    synth.choose(channel, own, 77)
    trouble = play(synth, channel)
    assert trouble is not None, "it has no such program"
    synth.choose(channel, own, program)
    assert play(synth, channel) is None
    preset = synth._hearing.presets[channel]
    assert preset is not None
    assert (preset.font, preset.program) == (2, program)


@pytest.mark.real
def test_notes_that_are_left_out_for_want_of_voices_are_a_fault(start: Open, tmp_path: Path) -> None:
    synth = start(font(tmp_path / "a.sf2"), synth_polyphony="1")
    for key in range(40, 80):
        synth.send(bytes((0x90, key, 100)))
        synth.send(bytes((0x91, key, 100)))
    synth.flush()
    wait_until(lambda: synth.poll() and synth.trouble)
    assert synth.trouble is not None
    assert synth.trouble.sentence.startswith("FluidSynth leaves notes out: its 1 voices are too few")


def test_one_that_jack_connects_to_nothing_is_silent() -> None:
    synth = FluidSynth()
    assert synth.trouble is None
    synth._complaints.take(
        "fluidsynth: warning: Could not connect to any physical jack ports; fluidsynth is unconnected"
    )
    assert synth.trouble is not None
    assert synth.trouble.silent == "all"


def test_what_it_says_and_nobody_knows_is_in_the_log_once(capfd: pytest.CaptureFixture[str]) -> None:
    complaints = SynthWarnings()
    for number in range(3):
        complaints.begin()
        complaints.take(f"fluidsynth: warning: Something \x1b[31mnew happened {number} times")
    complaints.take("fluidsynth: error: Something else")
    told = capfd.readouterr().err.splitlines()
    assert told == [
        "FluidSynth says: fluidsynth: warning: Something ?[31mnew happened 0 times",
        "FluidSynth says: fluidsynth: error: Something else",
    ]


# What people mend


@pytest.mark.real
def test_a_soundfont_that_is_put_in_the_place_of_one_without_drums_is_taken_over(
    start: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverie.play.outputs.fluidsynth.synth.LOOK_AGAIN", 0.02)
    path = font(tmp_path / "font.sf2")
    synth = start(path)
    trouble = play(synth, DRUMS)
    assert trouble is not None
    assert trouble.silent == "all"
    font(tmp_path / "other.sf2", bank=128).replace(path)
    with pytest.raises(DeviceError, match="another file now; FluidSynth is started again"):
        wait_until(lambda: synth.poll() and False)
    synth.close()
    synth.open()
    wait_until(synth.poll)
    assert play(synth, DRUMS) is None


def test_a_soundfont_that_is_being_written_is_left_alone_and_so_is_one_with_which_all_is_heard(tmp_path: Path) -> None:
    path = tmp_path / "font.sf2"
    path.write_bytes(b"one")
    replacement = Replacement(path)
    assert not replacement.is_there()
    path.write_bytes(b"half")
    assert not replacement.is_there()
    path.write_bytes(b"whole")
    assert not replacement.is_there()
    assert replacement.is_there()
    path.unlink()
    assert not replacement.is_there()
    assert not replacement.is_there()
