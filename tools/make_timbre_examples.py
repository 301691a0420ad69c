#!/usr/bin/env python3
"""Make what docs/explanation/timbre-model.md shows and plays: morphs in nine steps, as sounds and spectrograms.

python tools/make_timbre_examples.py docs/timbres
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.audition.png import data_url
from reverie.audition.spectrogram import spectrogram
from reverie.files import write_atomically
from reverie.places import models_folder, sounds_folder
from reverie.timbre.sound import NoteRequest
from reverie.timbre.sources.resample import resampled
from reverie.timbre.sources.source import read_source
from reverie.timbre.timbre_models import abilities_of, open_timbre_model, timbre_model

STEPS, SECONDS, RATE = 9, 1.5, 48_000
WIDE, HIGH, GAP, MARGIN, TOP = 96, 88, 4, 72, 24
LEVEL = 0.12
"""RMS of each step."""


@dataclass(frozen=True, slots=True)
class Morph:
    """From one shipped sound to another, at a pitch, by a timbre model."""

    one: str
    other: str
    pitch: int
    model: str = "signals"

    @property
    def name(self) -> str:
        """Of its file."""
        return f"{self.one}-{self.other}" + ("" if self.model == "signals" else f"-by-{self.model}")


MORPHS = (
    Morph("flute", "cat", 64),
    Morph("cat", "bass", 48),
    Morph("bell", "voice", 60),
    Morph("reed", "metal", 60),
    Morph("flute", "cat", 64, "timbre"),
)


def render(morph: Morph) -> NDArray[np.float64]:
    """Its steps, one after the other."""
    path = timbre_model(morph.model, [models_folder()]).path
    renderer, hears = open_timbre_model(path), abilities_of(path).hears
    ends = [read_source(sounds_folder() / f"{name}.flac", rate=hears) for name in (morph.one, morph.other)]
    codes = [renderer.code(end.sound, morph.pitch, own_pitch=end.pitch) for end in ends]
    between = [renderer.mix(codes, (1 - share, share)) for share in np.linspace(0.0, 1.0, STEPS).tolist()]
    rendering = renderer.begin(between, [NoteRequest(morph.pitch, 110, SECONDS)] * STEPS, 0)
    while not rendering.advance():
        pass
    size = round(SECONDS * RATE)
    fade = np.clip((size - np.arange(size)) / (0.1 * RATE), 0.0, 1.0)
    made: list[NDArray[np.float64]] = []
    for sound in rendering.sounds():
        samples = resampled(sound.samples, sound.rate, RATE)[:size]
        samples = np.pad(samples, (0, size - len(samples))) * fade
        made.append(samples * (LEVEL / np.sqrt(np.mean(np.square(samples)))))
    return np.concatenate(made)


def picture(rows: dict[Morph, list[bytes]]) -> str:
    """Rows of spectrograms as SVG, each from its one sound to its other."""
    width, height = 2 * MARGIN + STEPS * (WIDE + GAP), TOP + len(rows) * (HIGH + GAP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *(
            f'<text x="{MARGIN + step * (WIDE + GAP) + WIDE / 2}" y="16" text-anchor="middle">{step}/{STEPS - 1}</text>'
            for step in range(STEPS)
        ),
    ]
    for number, (morph, images) in enumerate(rows.items()):
        y = TOP + number * (HIGH + GAP)
        parts.append(f'<text x="{MARGIN - 6}" y="{y + HIGH / 2}" text-anchor="end">{morph.one}</text>')
        parts += [
            f'<image x="{MARGIN + step * (WIDE + GAP)}" y="{y}" width="{WIDE}" height="{HIGH}" '
            f'preserveAspectRatio="none" href="{data_url(image)}"/>'
            for step, image in enumerate(images)
        ]
        parts.append(f'<text x="{width - MARGIN + 2}" y="{y + HIGH / 2}">{morph.other}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Write sounds and picture into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where they are to lie: docs/timbres")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    rows: dict[Morph, list[bytes]] = {}
    with tempfile.TemporaryDirectory() as work:
        for morph in MORPHS:
            wav = Path(work) / f"{morph.name}.wav"
            samples = render(morph)
            soundfile.write(wav, samples, RATE)
            soundfile.write(folder / f"{morph.name}.opus", samples, RATE, format="OGG", subtype="OPUS")
            rows[morph] = [
                spectrogram(wav, WIDE, HIGH, step * SECONDS, (step + 1) * SECONDS - 0.05) for step in range(STEPS)
            ]
            print(f"{morph.one} to {morph.other} by {morph.model}", file=sys.stderr)
    write_atomically(folder / "morphs.svg", picture(rows).encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
