#!/usr/bin/env python3
"""Draw what lies between sounds as rows of spectrograms, for docs/explanation/timbre-model.md.

Each row goes in nine steps from one sound to another, as the shipped timbre model plays them at one pitch:

python tools/draw_timbre_morph.py docs/timbre-morph.svg --pitch 60 flute.flac:cat.flac bell.flac:voice.flac
"""

from __future__ import annotations

import argparse
import base64
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from reverie.files import write_atomically
from reverie.models.gansynth.listener import Listener
from reverie.models.library.bundle import read_bundle
from reverie.places import models_folder
from reverie.timbre.render.gansynth import GanSynth
from reverie.timbre.render.renderer import Code
from reverie.timbre.sound import Sound

MODEL = "timbre.safetensors"
STEPS = 9
WIDE, HIGH, GAP, MARGIN, TOP = 96, 88, 4, 96, 24
FRAMES = 96
LOUDEST, RANGE = 11.0, 15.0
COLOURS = np.array([(12, 10, 30), (70, 20, 100), (170, 45, 90), (235, 120, 50), (252, 230, 140)], np.float64)


def picture(specgram: NDArray[np.float32]) -> bytes:
    """A PNG of the magnitudes of a specgram [2, frames, bins], low below and early left."""
    level = np.clip((specgram[0, :FRAMES] - LOUDEST + RANGE) / RANGE, 0.0, 1.0)
    columns = level.reshape(FRAMES, -1)[:, : 7 * 1024 // 8]
    rows = _fitted(columns)
    place = rows.T[::-1] * (len(COLOURS) - 1)
    low = np.minimum(place.astype(int), len(COLOURS) - 2)
    pixels = COLOURS[low] + (COLOURS[low + 1] - COLOURS[low]) * (place - low)[..., None]
    return _png(np.round(pixels).astype(np.uint8))


def draw(engine: GanSynth, rows: list[tuple[Path, Path]], pitch: int) -> str:
    """The picture as SVG."""
    width = MARGIN + STEPS * (WIDE + GAP) + MARGIN
    height = TOP + len(rows) * (HIGH + GAP) + TOP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
        *(
            f'<text x="{MARGIN + step * (WIDE + GAP) + WIDE / 2}" y="16" text-anchor="middle">{step}/8</text>'
            for step in range(STEPS)
        ),
    ]
    label = engine.generator.settings.pitches.index(pitch)
    for number, (one, other) in enumerate(rows):
        y = TOP + number * (HIGH + GAP)
        ends = [_code(engine, path) for path in (one, other)]
        parts.append(f'<text x="{MARGIN - 6}" y="{y + HIGH / 2}" text-anchor="end">{_name(one)}</text>')
        for step in range(STEPS):
            share = step / (STEPS - 1)
            image = picture(engine.generator.specgram(engine.mix(ends, (1 - share, share)), label))
            text = base64.b64encode(image).decode()
            parts.append(
                f'<image x="{MARGIN + step * (WIDE + GAP)}" y="{y}" width="{WIDE}" height="{HIGH}" '
                f'preserveAspectRatio="none" href="data:image/png;base64,{text}"/>'
            )
        parts.append(f'<text x="{width - MARGIN + 2}" y="{y + HIGH / 2}">{_name(other)}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def main(arguments: list[str] | None = None) -> int:
    """Draw what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, help="the SVG to write")
    parser.add_argument("rows", nargs="+", metavar="FROM:TO", help="two sound files")
    parser.add_argument("--pitch", type=int, default=60, help="MIDI pitch of the notes (default: 60)")
    parser.add_argument("--model", type=Path, default=models_folder() / MODEL, help="a bundle (default: the shipped)")
    options = parser.parse_args(arguments)
    bundle = read_bundle(options.model)
    rows = [(Path(one), Path(other)) for one, _, other in (row.partition(":") for row in options.rows)]
    write_atomically(options.out, draw(GanSynth(bundle, Listener(bundle)), rows, options.pitch).encode())
    return 0


def _code(engine: GanSynth, path: Path) -> Code:
    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    return engine.code(Sound(samples.mean(axis=1), rate), 60)


def _name(path: Path) -> str:
    return path.stem.replace("_", " ")


def _fitted(columns: NDArray[np.float32]) -> NDArray[np.float32]:
    """The loudest of so many neighbouring bins that the height of the picture is left."""
    edges = np.linspace(0, columns.shape[1], HIGH + 1).astype(int)
    return np.maximum.reduceat(columns, edges[:-1], axis=1)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(lines.tobytes(), 9))
        + chunk(b"IEND", b"")
    )


if __name__ == "__main__":
    sys.exit(main())
