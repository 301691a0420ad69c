#!/usr/bin/env python3
"""Draw an hour of a scene as SVG: its sections, and a roll of each voice, for the page of the shipped scenes.

python tools/draw_scene.py docs/scenes first-light low-tide

Velocities are left out: what is to be seen is who plays when, and what the whole is shaped like.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.offline.jumping_player import play_offline
from reverie.conductor.offline.on_paper import OnPaper, compose_on_paper
from reverie.files import write_atomically
from reverie.music.midi_file import NOTE_OFF, NOTE_ON
from reverie.music.time import Length

WIDTH, LANE, GAP, LEFT, TOP = 960, 64, 10, 76, 34
COLOURS = ("#1d4ed8", "#c2410c", "#0f766e", "#7e22ce", "#a16207", "#be185d")
BANDS = ("#e7e5e4", "#fde68a", "#bfdbfe", "#fecaca", "#bbf7d0", "#ddd6fe")
FONT = 'font-family="sans-serif" font-size="11"'
LEAST_PITCHES = 12
"""Semitones of a lane at least, so that a voice of two pitches does not fill it."""

Note = tuple[int, int, int]
"""Begin and end in ticks, and pitch."""
Band = tuple[int, int, str, str]
"""The first bar of a section, the bar after it, its name and its chapter's."""


def notes_of(events: Sequence[tuple[int, bytes]]) -> list[Note]:
    """The notes of a part's messages."""
    begun: dict[int, int] = {}
    found: list[Note] = []
    for tick, message in events:
        kind = message[0] & 0xF0
        if kind not in {NOTE_ON, NOTE_OFF}:
            continue
        if message[1] in begun:
            found.append((begun.pop(message[1]), tick, message[1]))
        if kind == NOTE_ON and message[2]:
            begun[message[1]] = tick
    return found


def bands(paper: OnPaper) -> list[Band]:
    """The sections of the form, each with its first bar, the bar after it, its name and its chapter's."""
    course = arrange(paper.scene, {}).course
    found: list[Band] = []
    bar = 0
    while course and bar < paper.bars and (section := course.at(bar).section):
        bar = min(section.end_bar, paper.bars)
        found.append((section.first_bar, bar, section.name, section.chapter))
    return found


def roll(notes: Sequence[Note], top: float, scale: float) -> str:
    """The notes of a lane as one path, of which what is on one pixel is drawn once."""
    pitches = [pitch for _, _, pitch in notes]
    low, span = min(pitches), max(max(pitches) - min(pitches), LEAST_PITCHES)
    rows: dict[int, list[list[int]]] = defaultdict(list)
    for begin, end, pitch in sorted(notes):
        row = rows[round(top + LANE - 2 - (pitch - low) / span * (LANE - 4))]
        first, last = round(LEFT + begin * scale), round(LEFT + end * scale)
        if row and first <= row[-1][1]:
            row[-1][1] = max(row[-1][1], last)
        else:
            row.append([first, max(last, first + 1)])
    return "".join(f"M{first} {y}h{last - first}" for y, row in sorted(rows.items()) for first, last in row)


def draw(title: str, lanes: Mapping[str, Sequence[Note]], sections: Sequence[Band], ticks: int, bars: int) -> str:
    """The picture; ``ticks`` is the length of a bar."""
    scale = (WIDTH - LEFT - 8) / (bars * ticks)
    height = TOP + len(lanes) * (LANE + GAP) + 18
    names = list(dict.fromkeys(name for _, _, name, _ in sections))
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {FONT}>',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fffdf8"/>',
    ]
    chapter = ""
    for begin, end, name, within in sections:
        x, width = LEFT + begin * ticks * scale, (end - begin) * ticks * scale
        colour = BANDS[names.index(name) % len(BANDS)]
        lines.append(
            f'<rect x="{x:.1f}" y="26" width="{width:.1f}" height="{height - 44}" fill="{colour}" opacity="0.35">'
            f"<title>{name}</title></rect>"
        )
        if within != chapter:
            chapter = within
            lines.append(f'<path d="M{x:.1f} 8V{height - 18}" stroke="#78716c"/>')
            lines.append(f'<text x="{x + 3:.1f}" y="20" fill="#57534e">{chapter}</text>')
    for number, (name, notes) in enumerate(lanes.items()):
        top, colour = TOP + number * (LANE + GAP), COLOURS[number % len(COLOURS)]
        lines.append(f'<text x="4" y="{top + LANE / 2:.0f}" fill="{colour}" font-weight="bold">{name}</text>')
        if notes:
            lines.append(f'<path d="{roll(notes, top, scale)}" stroke="{colour}" stroke-width="2" opacity="0.8"/>')
    lines += [
        f'<text x="{LEFT + minute / 60 * (WIDTH - LEFT - 8):.1f}" y="{height - 5}" fill="#78716c">{minute} min</text>'
        for minute in range(0, 60, 10)
    ]
    return "\n".join([*lines, "</svg>", ""])


def main() -> None:
    """Draw scenes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("scenes", nargs="+")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for name in arguments.scenes:
        paper = compose_on_paper(None, name, Length(seconds=3600.0), None)
        played = play_offline(paper.composition.scene, paper.composition.places, plans=paper.composition.plans)
        lanes = {voice: notes_of(played.parts.get(voice, ())) for voice in paper.scene.voices}
        svg = draw(paper.scene.title, lanes, bands(paper), paper.scene.metre.bar_ticks, paper.bars)
        write_atomically(arguments.folder / f"{name}.svg", svg.encode())
        print(f"{name}: {len(svg) // 1000} kB")


if __name__ == "__main__":
    main()
