"""Velocities and variations of a note: which sample is played, in the files and by FluidSynth."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from pathlib import Path

import mido
import numpy as np
import pytest

from fakes.played_fonts import hertz_of, played
from reverie.cli import main as cli
from reverie.timbre.audition import audition
from reverie.timbre.bank.bank_files import zones_of
from reverie.timbre.bank.finish import finish
from reverie.timbre.bank.sf2 import sf2_bytes
from reverie.timbre.bank.sfz import sfz_text
from reverie.timbre.bank.zone import Sample, Zone, variation_at
from reverie.timbre.sound import NoteRequest, Sound

RATE = 48_000
VARIATIONS = 3
HERTZ = {(40, 0): 500.0, (40, 1): 600.0, (40, 2): 700.0, (100, 0): 900.0, (100, 1): 1000.0, (100, 2): 1100.0}
"""By velocity and variation of one key: what is heard tells which it is."""


def zones() -> list[Zone]:
    times = np.arange(RATE // 2) / RATE
    tones = {hertz: 0.2 * np.sin(2 * np.pi * hertz * times) for hertz in HERTZ.values()}
    sounds = {hertz: Sound(tone.astype(np.float32), RATE) for hertz, tone in tones.items()}
    return zones_of([Sample(sounds[hertz], 60, force, variation=which) for (force, which), hertz in HERTZ.items()])


def test_each_velocity_is_played_by_the_nearest_that_was_rendered() -> None:
    assert {(zone.sample.velocity, zone.velocities) for zone in zones()} == {(40, (1, 70)), (100, (71, 127))}
    assert {zone.keys for zone in zones()} == {(0, 127)}


def test_an_sfz_plays_variations_in_turn() -> None:
    regions = [set(region.split()) for region in sfz_text(zones(), "a", []).split("<region>")[1:]]
    assert len(regions) == len(HERTZ)
    for which in range(VARIATIONS):
        turned = [region for region in regions if f"seq_position={which + 1}" in region]
        assert [("lovel=1" in region, "hivel=127" in region) for region in turned] == [(True, False), (False, True)]
        assert all(f"seq_length={VARIATIONS}" in region for region in turned)
    assert "sample=060-100-3.wav" in regions[-1]


def test_one_variation_is_written_as_ever() -> None:
    single = zones_of([zone.sample for zone in zones() if not zone.sample.variation])
    assert [zone.file for zone in single] == ["060-040.wav", "060-100.wav"]
    assert "seq_" not in sfz_text(single, "a", [])


@pytest.mark.real
def test_fluidsynth_plays_by_each_velocity_one_variation_at_its_layer(tmp_path: Path) -> None:
    velocities = [*range(1, 12), *range(66, 76), *range(120, 128)]
    strikes = [(0.5 * number, 0.3, 60, velocity) for number, velocity in enumerate(velocities)]
    samples = played(sf2_bytes(zones(), "varied", [], ""), strikes, tmp_path)
    for begin, held, _, velocity in strikes:
        wanted = HERTZ[40 if velocity <= 70 else 100, variation_at(velocity, VARIATIONS)]
        assert hertz_of(samples, begin + 0.02, begin + held) == pytest.approx(wanted, abs=10), velocity


@pytest.mark.real
def test_repeated_notes_of_a_part_with_human_dynamics_are_not_the_same_sample(tmp_path: Path) -> None:
    chance = random.Random(4)
    strikes = [(0.5 * number, 0.3, 60, round(chance.gauss(96, 4))) for number in range(40)]
    samples = played(sf2_bytes(zones(), "varied", [], ""), strikes, tmp_path)
    heard = [round(hertz_of(samples, begin + 0.02, begin + held), -2) for begin, held, *_ in strikes]
    assert set(Counter(heard)) == {900.0, 1000.0, 1100.0}
    assert min(Counter(heard).values()) >= 6
    again = sum(one == other for one, other in itertools.pairwise(heard))
    assert again < 0.5 * len(heard), "as often as chance has it, or less"


SCENE = """
name: walk
title: Walk
tempo: 100
key: A
scale: minor
voices:
  low: {kind: bass, bars: 1, pattern: "A2:2 A2:2 A2:2 A2:2 A2:2 A2:2 A2:2 A2:2", output: {channel: 2}}
"""


@pytest.mark.real
def test_a_note_that_a_scene_repeats_is_played_from_every_variation_by_its_own_touch(tmp_path: Path) -> None:
    path, song = tmp_path / "walk.yaml", tmp_path / "walk.mid"
    path.write_text(SCENE, encoding="utf-8")
    assert cli.main(["perform", str(path), "--bars", "1", "--midi", str(song)]) == 0
    forces = [message.velocity for message in mido.MidiFile(song) if message.type == "note_on" and message.velocity]
    assert len(forces) == 8
    strikes = [(0.5 * number, 0.3, 60, force) for number, force in enumerate(forces)]
    samples = played(sf2_bytes(zones(), "varied", [], ""), strikes, tmp_path)
    heard = {round(hertz_of(samples, begin + 0.02, begin + held), -2) for begin, held, *_ in strikes}
    assert heard == {900.0, 1000.0, 1100.0}


def test_a_soundfont_of_as_many_zones_as_there_can_be_is_within_its_lists() -> None:
    sound = Sound(np.zeros(600, np.float32), 48_000)
    notes = [NoteRequest(pitch, 100, 0.1, which) for pitch in range(128) for which in range(8)]
    data = sf2_bytes(zones_of(finish(notes, [sound] * len(notes), -20.0)), "most", [], "")
    entries = int.from_bytes(data[data.index(b"igen") + 4 :][:4], "little") // 4
    assert 128 * 127 * 3 < entries <= 65_535


def test_an_audition_plays_every_variation() -> None:
    card = [
        {
            "pitch": 60,
            "velocity": zone.sample.velocity,
            "variation": zone.sample.variation,
            "variations": zone.variations,
        }
        | {"velocities": zone.velocities, "seconds": 0.3, "loop": None}
        for zone in zones()
    ]
    struck = [song[2] for song in _note_ons(audition(card))]
    assert {(velocity > 70, variation_at(velocity, VARIATIONS)) for velocity in struck} == {
        (loud, which) for loud in (False, True) for which in range(VARIATIONS)
    }


def _note_ons(song: bytes) -> list[bytes]:
    return [song[at : at + 3] for at in range(len(song) - 2) if song[at] & 0xF0 == 0x90 and song[at + 1] == 60]
