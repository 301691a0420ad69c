#!/usr/bin/env python3
"""Make the sounds that ship with Reverie: a flute, a cat, a bell and a voice, all computed and none recorded.

They are mono FLAC files of 16 bits, and beside each is what :mod:`reverie.timbre.sources.source` reads of its origin.
"""

from __future__ import annotations

import argparse
import io
import sys
from pathlib import Path

import soundfile

from reverie.files import write_atomically
from reverie.training.timbre.tones import RATE, Formant, Tone, sound

SOUNDS: dict[str, tuple[Tone, int, float]] = {
    "flute": (
        Tone(slope=2.4, even=0.7, attack=0.09, decay=0.1, vibrato=14.0, breath=0.15, seed=1,
             formants=(Formant(700, 700, 500, 1.0),)),
        72, 3.0,
    ),
    "cat": (
        Tone(slope=0.5, attack=0.12, decay=0.9, vibrato=8.0, glide=1.2, breath=0.05, seed=2,
             formants=(Formant(420, 900, 160, 1.0), Formant(2300, 1200, 260, 0.9), Formant(3400, 2900, 400, 0.5))),
        67, 1.6,
    ),
    "bell": (
        Tone(slope=1.6, ratios=(1.0, 2.0, 3.01, 4.1, 5.43), attack=0.003, decay=1.2, damping=0.7, seed=3),
        76, 3.0,
    ),
    "voice": (
        Tone(slope=0.9, attack=0.1, decay=0.15, vibrato=16.0, breath=0.04, seed=4,
             formants=(Formant(700, 700, 130, 1.0), Formant(1150, 1150, 180, 0.7), Formant(2700, 2700, 300, 0.4))),
        60, 3.0,
    ),
}  # fmt: skip
"""By name: what each is made of, its pitch, and its seconds."""

ORIGIN = """\
author: The Reverie authors
licence: Apache-2.0
source: computed by tools/make_shipped_sounds.py
"""


def main(arguments: list[str] | None = None) -> int:
    """Write them into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where they are to lie: daemon/reverie/shipped/sounds")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    for name, (tone, pitch, seconds) in SOUNDS.items():
        file = io.BytesIO()
        soundfile.write(file, sound(tone, pitch, seconds), RATE, format="FLAC", subtype="PCM_16")
        write_atomically(folder / f"{name}.flac", file.getvalue())
        write_atomically(folder / f"{name}.licence.yaml", ORIGIN.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
