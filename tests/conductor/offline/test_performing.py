from __future__ import annotations

import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import mido
import pytest

from fakes.engine import BrokenEngine, DiceEngine
from fakes.scenes import TEXT, scene
from reverie.compose.engines.engine import Candidate
from reverie.compose.recipe import Recipe
from reverie.compose.stalled import Stall
from reverie.conductor.offline.performing import ImpossibleVoiceError, perform
from reverie.models.errors import ModelError


def play(path: Path, *, bars: int = 32, seed: int | None = None, text: str = TEXT) -> bytes:
    perform(scene(text), {}, DiceEngine(), bars=bars, seed=seed, path=path, progress=lambda _bar: None)
    return path.read_bytes()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_other_music(tmp_path: Path) -> None:
    assert play(tmp_path / "a.mid", seed=5) == play(tmp_path / "b.mid", seed=5)
    assert play(tmp_path / "c.mid", seed=6) != play(tmp_path / "a.mid", seed=5)
    assert play(tmp_path / "d.mid") == play(tmp_path / "e.mid", seed=scene().seed)


def test_the_file_has_a_track_a_voice_on_its_channel_and_program(tmp_path: Path) -> None:
    play(tmp_path / "a.mid")
    file = mido.MidiFile(tmp_path / "a.mid")
    assert [track.name for track in file.tracks] == ["Reverie", "beat", "lead"]
    beat, lead = file.tracks[1:]
    assert {message.channel for message in beat if not message.is_meta} == {9}
    assert {message.channel for message in lead if not message.is_meta} == {0}
    assert [message.program for message in lead if message.type == "program_change"] == [11]
    assert all(message.note != 35 or message.channel == 9 for message in beat if message.type == "note_on")


def test_a_voice_is_silent_in_bars_outside_its_schedule(tmp_path: Path) -> None:
    play(tmp_path / "a.mid", bars=16)
    now, starts = 0, []
    for message in mido.MidiFile(tmp_path / "a.mid").tracks[2]:
        now += message.time
        if message.type == "note_on" and message.velocity:
            starts.append(now // 1920)
    assert {bar % 4 for bar in starts} == {0, 1, 2}


def test_every_note_that_starts_ends(tmp_path: Path) -> None:
    play(tmp_path / "a.mid", bars=64)
    for track in mido.MidiFile(tmp_path / "a.mid").tracks:
        sounding: set[int] = set()
        for message in track:
            if message.type == "note_on" and message.velocity:
                assert message.note not in sounding
                sounding.add(message.note)
            elif message.type in {"note_on", "note_off"}:
                sounding.remove(message.note)
        assert not sounding


@pytest.mark.whole
def test_ten_times_the_bars_take_no_more_than_the_notes_themselves(tmp_path: Path) -> None:
    def peak(bars: int) -> int:
        tracemalloc.start()
        play(tmp_path / f"{bars}.mid", bars=bars)
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(10)
    assert peak(400) < 12 * peak(40)


class _SilentLead(DiceEngine):
    """A model that never plays a note, whatever a voice is widened to."""

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        return [Candidate(())] if recipe.voice == "lead" else super().generate(recipe, memory)


def test_a_voice_whose_limits_allow_nothing_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    with pytest.raises(ImpossibleVoiceError, match=r"study: the voice lead refuses .*widen its density"):
        perform(scene(), {}, _SilentLead(), bars=32, seed=None, path=path, progress=lambda _bar: None)
    assert not path.exists()


def test_an_interruption_leaves_no_file(tmp_path: Path) -> None:
    def stop(bar: int) -> None:
        if bar == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        perform(scene(), {}, DiceEngine(), bars=9, seed=1, path=tmp_path / "a.mid", progress=stop)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_fails_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="broken"):
        perform(scene(), {}, BrokenEngine(), bars=9, seed=1, path=tmp_path / "a.mid", progress=lambda _bar: None)


class Monotonous(DiceEngine):
    """Composes well for a while, and then nothing that the voice lead allows."""

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        self.asked.append(recipe)
        good = super().generate(recipe, memory)
        played = sum(asked.voice == "lead" for asked in self.asked)
        return good if recipe.voice != "lead" or played < 12 else [Candidate(()) for _ in good]


def test_a_voice_that_repeats_one_loop_for_ever_is_told_of_once(tmp_path: Path) -> None:
    stalls: list[Stall] = []
    perform(
        scene(),
        {},
        Monotonous(),
        bars=200,
        seed=None,
        path=tmp_path / "a.mid",
        progress=lambda _bar: None,
        stalled=stalls.append,
    )
    [stall] = stalls
    assert stall.sentence.startswith("Voice lead of study has had no new loop since bar ")
    assert "were empty" in stall.sentence
    assert "density" in stall.advice
