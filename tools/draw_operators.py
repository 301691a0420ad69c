#!/usr/bin/env python3
"""Draw what each operator that works by rules makes of a fixed loop, and write the page that shows it.

python tools/draw_operators.py             # writes docs/operators/*.svg and docs/reference/operators.md
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from reverie.compose.guard import guard
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.music.drums import DRUMS
from reverie.music.harmony import pitch_name
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP, Metre
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.operators import OPERATOR_TRAITS, OperatorTraits

DOCS = Path(__file__).parents[1] / "docs"
WIDTH, ROLL, GAP, LEFT, TOP, ROW = 900, 400, 20, 60, 26, 7
BARS, METRE = 2, Metre()
INK, ADDED, PALE, LINE = "#1d4ed8", "#c2410c", "#fffdf8", "#e7e5e4"
PLACES = {DRUMS[name]: name for name in ("bass", "snare", "closed-hat", "open-hat")}
HEAD = """\
# Operators by rules

*Written by `tools/draw_operators.py`; change what it reads, not this page.*

What each operator that asks no model makes of a loop: left the loop before, right what follows it, in D dorian. Notes
that were not there before, at that place and pitch, are red. A scene names operators in
[`evolve`](scenes.md#evolution), where their numbers stand as well.
"""


def _step(start: int, length: int, pitch: int, velocity: int = 90) -> Note:
    return Note(start * TICKS_PER_STEP, length * TICKS_PER_STEP, pitch, velocity)


TUNE = tuple(
    _step(*one) for one in ((0, 4, 62), (4, 2, 65), (6, 6, 69), (12, 4, 67), (16, 8, 64), (24, 4, 60), (28, 4, 62))
)
BEAT = tuple(
    sorted(
        [_step(step, 1, DRUMS["bass"], 100) for step in (0, 10, 16, 22, 26)]
        + [_step(step, 1, DRUMS["snare"], 95) for step in (4, 12, 20, 28)]
        + [_step(step, 1, DRUMS["closed-hat"], 70) for step in range(0, 28, 4)]
        + [_step(30, 1, DRUMS["open-hat"], 75)]
    )
)


def made(name: str, kind: str, before: Sequence[Note]) -> tuple[Note, ...]:
    """What an operator makes of a loop, as the guard lets it pass."""
    recipe = Recipe(
        scene="picture",
        scene_hash="",
        voice=kind,
        kind=kind,
        model="",
        model_hash="",
        operator=name,
        seed=3,
        temperature=1.0,
        bars=BARS,
        metre=METRE,
        primer=(),
        primer_steps=0,
        limits=LoopLimits(55, 79, 0.5, 24, tonic=2, scale="dorian", velocity_low=40, velocity_high=110),
        before=tuple(before),
    )
    derive = OPERATORS[name].derive
    loop = guard(recipe, [*derive(recipe)]).loop if derive else None
    if loop is None:
        raise ValueError(f"nothing comes of {name!r}")
    return loop.notes


def picture(name: str) -> str:
    """The picture of an operator as SVG: a row for each kind of voice that can use it."""
    rows = [("melody", TUNE), ("drums", BEAT)]
    rows = [(kind, before) for kind, before in rows if OPERATOR_TRAITS[name].fits(VOICE_KINDS[kind])]
    lines: list[str] = []
    top = TOP
    for kind, before in rows:
        height = (len(PLACES) if kind == "drums" else 25) * ROW * (2 if kind == "drums" else 1)
        after = made(name, kind, before)
        there = {(note.start, note.pitch) for note in before}
        for left, notes in ((LEFT, before), (LEFT + ROLL + GAP, after)):
            lines += _roll(notes, left, top, height, there, drums=kind == "drums")
        lines += _labels(kind, top, height)
        top += height + GAP
    total = top
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {total}" ',
            'font-family="sans-serif" font-size="11">',
            f"<title>{name}: {OPERATOR_TRAITS[name].sentence}</title>",
            f'<rect width="{WIDTH}" height="{total}" fill="{PALE}"/>',
            f'<text x="{LEFT}" y="16" fill="#78716c">before</text>',
            f'<text x="{LEFT + ROLL + GAP}" y="16" fill="#78716c">{name}</text>',
            *lines,
            "</svg>",
            "",
        ]
    )


def _roll(
    notes: Sequence[Note], left: int, top: int, height: int, there: set[tuple[int, int]], *, drums: bool
) -> Iterator[str]:
    scale = ROLL / (BARS * METRE.bar_ticks)
    yield f'<rect x="{left}" y="{top}" width="{ROLL}" height="{height}" fill="none" stroke="{LINE}"/>'
    for beat in range(1, BARS * 4):
        x, heavy = left + beat * ROLL / (BARS * 4), beat % 4 == 0
        yield f'<path d="M{x:.0f} {top}v{height}" stroke="{"#a8a29e" if heavy else LINE}" stroke-width="0.7"/>'
    row = 2 * ROW if drums else ROW
    for note in notes:
        place = list(PLACES).index(note.pitch) if drums else note.pitch - 55
        x, y = left + note.start * scale, top + height - (place + 1) * row
        width = max(note.length * scale - 1, 2)
        colour = INK if (note.start, note.pitch) in there else ADDED
        opacity = 0.35 + 0.65 * note.velocity / 127
        yield (
            f'<rect x="{x:.1f}" y="{y + 1}" width="{width:.1f}" height="{row - 2}" fill="{colour}" '
            f'opacity="{opacity:.2f}"/>'
        )


def _labels(kind: str, top: int, height: int) -> Iterator[str]:
    if kind == "drums":
        for place, name in enumerate(PLACES.values()):
            yield f'<text x="4" y="{top + height - place * 2 * ROW - 3}" fill="#78716c" font-size="9">{name}</text>'
        return
    for pitch in (60, 72):
        y = top + height - (pitch - 55) * ROW - 1
        yield f'<text x="4" y="{y}" fill="#78716c" font-size="9">{pitch_name(pitch)}</text>'


def drawn() -> dict[str, OperatorTraits]:
    """The operators that have a picture."""
    return {name: traits for name, traits in OPERATOR_TRAITS.items() if traits.transforms}


def page() -> str:
    """The page that shows all pictures."""
    parts = [HEAD]
    for name, traits in drawn().items():
        told = [f"- `{key}`: {setting.sentence}." for key, setting in traits.settings.items()]
        kinds = ", ".join(f"`{kind}`" for kind, own in VOICE_KINDS.items() if traits.fits(own) and not own.harmonic)
        lines = [f"## {name}", "", traits.sentence, "", *told, f"- For voices of kind {kinds}.", ""]
        parts.append("\n".join([*lines, f"![A loop, and what {name} makes of it](../operators/{name}.svg)", ""]))
    return "\n".join(parts)


def files() -> dict[Path, str]:
    """All that is written, by its path from the folder of documentation."""
    pictures = {Path("operators", f"{name}.svg"): picture(name) for name in drawn()}
    return {**pictures, Path("reference", "operators.md"): page()}


def main() -> None:
    """Write them."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    for path, text in files().items():
        (DOCS / path).parent.mkdir(exist_ok=True)
        (DOCS / path).write_text(text)
        print(DOCS / path)


if __name__ == "__main__":
    main()
