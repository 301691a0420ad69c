#!/usr/bin/env python3
"""Draw a Standard MIDI File as a piano roll, for the README.

reverie perform first-light --bars 48 --midi first-light.mid
python tools/draw_piano_roll.py first-light.mid docs/first-light.svg
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import Any

from reverie.music.harmony import pitch_name
from reverie.music.time import TICKS_PER_WHOLE

WIDTH, ROW, MARGIN = 960, 4, 56
COLOURS = ("#c2410c", "#1d4ed8", "#0f766e", "#7e22ce", "#a16207")


def notes_of(track: Any) -> list[tuple[int, int, int, int]]:
    """Start, end, pitch and velocity of every note of a track, in ticks."""
    now = 0
    open_notes: dict[int, tuple[int, int]] = {}
    found: list[tuple[int, int, int, int]] = []
    for message in track:
        now += message.time
        if message.type == "note_on" and message.velocity:
            open_notes[message.note] = (now, message.velocity)
        elif message.type in {"note_on", "note_off"} and message.note in open_notes:
            start, velocity = open_notes.pop(message.note)
            found.append((start, now, message.note, velocity))
    return found


def draw(path: Path, title: str) -> str:
    """The picture as SVG."""
    mido: Any = importlib.import_module("mido")  # it has no types
    tracks: Any = mido.MidiFile(path).tracks
    voices = [(str(track.name), notes) for track in tracks[1:] if (notes := notes_of(track))]
    pitches = [note[2] for _, notes in voices for note in notes]
    low, high = min(pitches) - 2, max(pitches) + 2
    end = max(note[1] for _, notes in voices for note in notes)
    bars = -(-end // TICKS_PER_WHOLE)
    scale = (WIDTH - MARGIN - 8) / (bars * TICKS_PER_WHOLE)
    height = (high - low) * ROW + 64
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"',
        ' font-family="sans-serif" font-size="11">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fffdf8"/>',
    ]
    for bar in range(bars + 1):
        x = MARGIN + bar * TICKS_PER_WHOLE * scale
        heavy = bar % 4 == 0
        lines.append(
            f'<path d="M{x:.1f} 32V{height - 28}" stroke="{"#a8a29e" if heavy else "#e7e5e4"}" stroke-width="0.7"/>'
        )
        if heavy and bar < bars:
            lines.append(f'<text x="{x + 2:.1f}" y="{height - 14}" fill="#78716c">bar {bar + 1}</text>')
    for pitch in range(low, high + 1):
        if pitch % 12 == 0:
            y = 32 + (high - pitch) * ROW
            lines.append(f'<path d="M{MARGIN} {y}H{WIDTH - 8}" stroke="#e7e5e4" stroke-width="0.7"/>')
            lines.append(f'<text x="8" y="{y + 4}" fill="#78716c">{pitch_name(pitch)}</text>')
    for number, (name, notes) in enumerate(voices):
        colour = COLOURS[number % len(COLOURS)]
        lines.append(f'<text x="{MARGIN + number * 110}" y="20" fill="{colour}" font-weight="bold">{name}</text>')
        for start, stop, pitch, velocity in notes:
            x, width = MARGIN + start * scale, max((stop - start) * scale, 1.2)
            y, opacity = 32 + (high - pitch) * ROW - ROW / 2, 0.35 + 0.65 * velocity / 127
            lines.append(
                f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{ROW}" '
                f'fill="{colour}" opacity="{opacity:.2f}"/>'
            )
    return "\n".join([*lines, "</svg>", ""])


def main() -> None:
    """Draw one file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("midi", type=Path)
    parser.add_argument("svg", type=Path)
    arguments = parser.parse_args()
    arguments.svg.write_text(draw(arguments.midi, f"Piano roll of {arguments.midi.stem}"), encoding="utf-8")


if __name__ == "__main__":
    main()
