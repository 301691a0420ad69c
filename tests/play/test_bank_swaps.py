"""Banks that are swapped while notes sound, by ear: FluidSynth plays into a file, and what is in it is measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.jack import need
from fakes.playing import RealPlayer, loop, scene
from fakes.sine_banks import FIRST_HARMONIC, KEY, PARTIALS, RATE, bank, heard, level, strength
from reverie.music.notes import Note
from reverie.music.time import Tempo
from reverie.places import models_folder, scenes_folder
from reverie.play.messages import BankTaken, BarPlayed, Part, Place, SlotState, TakeBank
from reverie.scenes.folder import load_scene
from reverie.scenes.timbre import VoiceTimbre
from reverie.timbre.bank_maker import BankMaker
from reverie.timbre.request import request_of
from reverie.timbre.timbre_models import timbre_model

pytestmark = pytest.mark.real

QPM = 120
BAR = 2.0
SWAPS = 5
BARS = 16
LINE = Part("lead", "synth", 1)


Perform = Callable[[Sequence[Path], VoiceTimbre, tuple[int, int]], NDArray[np.float64]]


@pytest.fixture
def perform(tmp_path: Path) -> Iterator[Perform]:
    """Play banks one after the other and return what was heard, from the first note on."""
    players: list[RealPlayer] = []

    def perform(banks: Sequence[Path], take: VoiceTimbre, keys: tuple[int, int]) -> NDArray[np.float64]:
        need("fluidsynth")
        recording = tmp_path / "heard.raw"
        options = {"audio.file.name": str(recording), "audio.file.type": "raw", "audio.file.format": "s16"}
        options |= {"synth.reverb.active": "0", "synth.chorus.active": "0", "synth.sample-rate": str(RATE)}
        settings = {"kind": "fluidsynth", "soundfont": str(banks[0]), "audio": "file", "options": options, "gain": 0.8}
        player = RealPlayer(tmp_path, {"synth": settings})
        players.append(player)
        player.hear(SlotState, lambda slot: slot.up)
        # Every note sounds a quarter of a beat into the next, so over every bar line but the last something sounds.
        notes = [Note(480 * n, 600 if n < 4 * BARS - 1 else 480, keys[n % 2]) for n in range(4 * BARS)]
        player.tell(scene(LINE, tempo=Tempo(QPM)), Place(1, "lead", "r", 0, 1, loop(*notes, bars=BARS)))
        for number, path in enumerate(banks[1:], 1):
            player.hear(BarPlayed, lambda bar, due=2 * number - 2: bar.bar >= due)
            player.tell(TakeBank(1, "lead", str(number), str(path), take.channel, take.bars or 0))
            player.hear(BankTaken, lambda taken, name=str(number): taken.bank == name and not taken.refused)
        player.hear(BarPlayed, lambda bar: bar.bar == 2 * SWAPS + 1)
        player.end()
        return heard(recording)

    yield perform
    for player in players:
        player.end()


def loudest_bank(samples: NDArray[np.float64], begin: float, end: float, pitch: int) -> int:
    """Which bank plays this pitch."""
    ratio = 2 ** ((pitch - KEY) / 12)
    levels = [strength(samples, begin, end, FIRST_HARMONIC * partial * ratio) for partial in PARTIALS]
    return int(np.argmax(levels))


def longest_gap(samples: NDArray[np.float64], seconds: float) -> float:
    """Seconds of the longest stretch that is 20 dB below the rest."""
    hop = RATE // 200
    rows = samples[: round(seconds * RATE) // hop * hop].reshape(-1, hop)
    levels = np.sqrt(np.mean(np.square(rows), axis=1))
    longest = run = 0
    for quiet in levels < 0.1 * np.median(levels):
        run = run + 1 if quiet else 0
        longest = max(longest, run)
    return longest * hop / RATE


def off_by(samples: NDArray[np.float64], begin: float, end: float, pitch: int) -> float:
    """By how many cents the loudest partial is beside the nearest harmonic of a pitch, by FFT."""
    part = samples[round(begin * RATE) : round(end * RATE)]
    size = 1 << 17
    spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), size))
    loudest = float(np.argmax(spectrum)) * RATE / size
    first = 440 * 2 ** ((pitch - 69) / 12)
    return 1200 * math.log2(loudest / (first * max(round(loudest / first), 1)))


def roughest(samples: NDArray[np.float64], begin: float, end: float) -> float:
    """The greatest bend between neighbouring samples: a click is one that no tone has."""
    part = samples[round(begin * RATE) : round(end * RATE)]
    return float(np.abs(np.diff(part, 2)).max())


def roughest_onset(samples: NDArray[np.float64], begin: float, end: float) -> float:
    """The same where notes of one bank begin and end."""
    return roughest(samples, begin + 0.02, end - 0.02)


def test_swaps_leave_no_gap_and_no_click_and_the_new_sound_is_there_at_once(perform: Perform, tmp_path: Path) -> None:
    samples = perform([bank(tmp_path, number) for number in range(SWAPS + 1)], VoiceTimbre(bank="x"), (KEY, KEY + 5))
    lines = [2 * BAR * number for number in range(SWAPS + 1)]
    assert longest_gap(samples, (2 * SWAPS + 1.9) * BAR) == 0
    assert [loudest_bank(samples, 0.05 + line, 0.35 + line, KEY) for line in lines] == list(range(SWAPS + 1))
    assert [loudest_bank(samples, line - 0.35, line - 0.02, KEY + 5) for line in lines[1:]] == list(range(SWAPS))
    for line in lines[1:]:
        # What rings on and what begins may meet at their worst; a click would be ten times as rough.
        onsets = roughest_onset(samples, line - BAR, line), roughest_onset(samples, line + 0.25, line + BAR)
        assert roughest(samples, line - 0.02, line + 0.02) < 1.2 * sum(onsets)


def test_a_crossfade_is_even_and_ends_in_the_new_sound(perform: Perform, tmp_path: Path) -> None:
    take = VoiceTimbre(bank="x", swap="crossfade", channel=5, bars=1)
    samples = perform([bank(tmp_path, number) for number in range(SWAPS + 1)], take, (KEY, KEY + 5))
    lines = [2 * BAR * number for number in range(1, SWAPS + 1)]
    for number, line in enumerate(lines, 1):
        assert loudest_bank(samples, line + 0.05, line + 0.35, KEY) == number - 1
        assert loudest_bank(samples, line + BAR + 0.05, line + BAR + 0.35, KEY) == number
        before, after = level(samples, line - 1.0, line), level(samples, line + BAR, line + BAR + 1.0)
        during = [level(samples, line + at, line + at + 0.5) for at in (0.0, 0.5, 1.0, 1.5)]
        assert min(during) > 0.7 * min(before, after)
        assert max(during) < 1.4 * max(before, after)
        onsets = roughest_onset(samples, line - BAR, line), roughest_onset(samples, line + BAR, line + 2 * BAR)
        assert roughest(samples, line - 0.02, line + BAR + 0.02) < 1.2 * sum(onsets)


def test_cat_dreams_turns_from_step_to_step_in_tune(perform: Perform, tmp_path: Path) -> None:
    dream = load_scene(scenes_folder() / "cat-dreams.yaml")
    (name, timbre), (voice,) = next(iter(dream.timbres.items())), [v for v in dream.voices.values() if v.timbre]
    assert voice.timbre is not None
    studio = BankMaker(timbre_model(timbre.model, [models_folder()]).path, tmp_path / "cache", 10**9)
    steps = np.linspace(0, timbre.path.steps - 1, SWAPS + 1).astype(int)  # type: ignore[union-attr]
    banks = [studio.make(request_of(timbre, int(step), name, [scenes_folder()])).bank.soundfont for step in steps]
    assert len(set(banks)) == SWAPS + 1
    samples = perform(banks, voice.timbre, (69, 73))
    assert longest_gap(samples, (2 * SWAPS + 1.9) * BAR) <= 0.02
    for line in (2 * BAR * number for number in range(SWAPS + 1)):
        for at in (line, line + BAR):
            assert abs(off_by(samples, at + 0.15, at + 0.48, 69)) < 50
            assert abs(off_by(samples, at + 0.65, at + 0.98, 73)) < 50
    for line in (2 * BAR * number for number in range(1, SWAPS + 1)):
        onsets = roughest_onset(samples, line - 2 * BAR, line), roughest_onset(samples, line + 0.25, line + 2 * BAR)
        assert roughest(samples, line - 0.02, line + 0.02) < 1.2 * sum(onsets)
