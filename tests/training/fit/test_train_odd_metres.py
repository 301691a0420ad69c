"""Models in 7/8 and 3/4, from folders of MIDI to a scene in that metre, whose kicks fall where the bar has them."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import mido
import pytest

from fakes.midi_folders import KICKS_OF_SEVEN, SEVEN, WALTZ, sevens, waltzes

KICKS = (35, 36)
DRUMS = 9
LEARNT = ("--set", "rnn_layer_sizes=[64]", "--set", "batch_size=8", "--set", "learning_rate=0.005", "--patience", "30")
A_WALTZ = "{bass: x... .... ...., snare: .... x... x..., closed_hihat: x.x. x.x. x.x.}"
"""A whole bar: a kick alone, which no waltz here has, would be taken for another place."""
SCENE = """
name: odd
title: Odd
tempo: 150
metre: {metre}
key: D
scale: minor
voices:
  drums:
    kind: drums
    model: odd
    primer: {primer}
    evolve: {{hold: 1, then: [reset, continue]}}
    output: {{channel: 10}}
"""


def reverie(*words: str) -> None:
    done = subprocess.run([sys.executable, "-m", "reverie", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def places_of_kicks(path: Path, bar: int) -> Counter[int]:
    """How many kicks are on each sixteenth of a bar."""
    file = mido.MidiFile(path)
    places: Counter[int] = Counter()
    for track in file.tracks:
        now = 0
        for message in track:
            now += message.time
            if message.type == "note_on" and message.velocity and message.channel == DRUMS and message.note in KICKS:
                places[round(4 * now / file.ticks_per_beat) % bar] += 1
    return places


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    ("metre", "written", "bar", "kicks", "primer", "made"),
    [
        ("7/8", "2+2+3/8", SEVEN, KICKS_OF_SEVEN, "{bass: x... x... x.....}", sevens),
        ("3/4", "3/4", WALTZ, (0,), A_WALTZ, waltzes),
    ],
)
def test_a_scene_in_an_odd_metre_plays_the_model_that_learned_it(
    tmp_path: Path,
    metre: str,
    written: str,
    bar: int,
    kicks: tuple[int, ...],
    primer: str,
    made: Callable[[Path], Path],
) -> None:
    data, models = made(tmp_path / "beats"), tmp_path / "models"
    folders = ["--data", str(data), "--work", str(tmp_path / "work"), "--out", str(models / "odd")]
    reverie("train", "drums", *folders, "--metre", metre, *LEARNT, "--steps", "1600", "--every", "20")

    scene, site, music = tmp_path / "odd.yaml", tmp_path / "reverie.yaml", tmp_path / "odd.mid"
    scene.write_text(SCENE.format(metre=written, primer=primer), encoding="utf-8")
    site.write_text(f"models: {models}\n", encoding="utf-8")
    reverie("perform", str(scene), "--config", str(site), "--bars", "64", "--midi", str(music))
    places = places_of_kicks(music, bar)
    print(metre, sorted(places.items()))
    where = sum(places[place] for place in kicks)
    assert where > 40
    assert where >= 3 * (places.total() - where)
