#!/usr/bin/env python3
"""Draw what operators that ask a model make of a loop, by the shipped models, and write the page that shows it.

python tools/draw_model_operators.py       # writes docs/operators-of-models/*.svg and docs/reference/...

Each picture is the beginning of a scene as it is performed: the written loop, and the loops that follow it. Run it when
shipped models or operators have changed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reverie.compose.engines.by_family import make_engine
from reverie.conductor.offline.performing import perform
from reverie.measure.midi_piece import piece_of_midi
from reverie.measure.piece import PlacedNote
from reverie.models.library.index import find_models
from reverie.music.time import TICKS_PER_WHOLE
from reverie.places import models_folder
from reverie.scenes.folder import load_scene

DOCS = Path(__file__).parents[1] / "docs"
FOLDER, PAGE = "operators-of-models", Path("reference", "operators-of-models.md")
WIDTH, LEFT, TOP, HEIGHT, GAP = 960, 8, 24, 150, 6
LOOPS, BARS = 5, 2
INK, ADDED, PALE, LINE, GREY = "#1d4ed8", "#c2410c", "#fffdf8", "#e7e5e4", "#78716c"
HEAD = """\
# Operators that ask a model

*Written by `tools/draw_model_operators.py`; change what it reads, not this page.*

The first loop is written in the scene; the four after it are what the operator makes, one of the other, by the models
that ship. Notes that were not there in the loop before, at that place and pitch, are red; what is louder is darker. A
scene names operators in [`evolve`](scenes.md#evolution). Those that ask no model have [a page of their
own](operators.md).
"""
SCENE = """\
name: picture
title: A picture
tempo: 100
key: D
scale: dorian
seed: 5
harmony: "i | IV"
touch: off
voices:
"""
TUNE = "D4:4 F4:2 A4:6 G4:4 | E4:8 C4:4 D4:4"
BEAT = '{bass: "x... ..x. x... x.x.", snare: ".... x... .... x...", closed-hat: "x.x. x.x. x.x. x.x."}'
CHORDS = "[D4 F4 A4]:8 [E4 G4 C5]:8 | [D4 G4 B4]:8 [F4 A4 C5]:8"


@dataclass(frozen=True, slots=True)
class Example:
    """A picture: what its voice is, what it hears, and a sentence about what is to be seen."""

    name: str
    sentence: str
    voice: str
    heard: str = ""


def _line(operators: str, model: str, more: str = "") -> str:
    evolve = f"evolve: {{first: written, hold: 1, then: [{operators}]{more}}}"
    return f"kind: melody, model: {model}, pattern: '{TUNE}', register: [A3, D6], density: [1, 20], bars: 2, {evolve}"


def _beat(operators: str, model: str, more: str = "") -> str:
    evolve = f"evolve: {{first: written, hold: 1, then: [{operators}]{more}}}"
    return f"kind: drums, model: {model}, pattern: {BEAT}, density: [1, 40], bars: 2, {evolve}"


EXAMPLES = (
    Example(
        "continue",
        "MelodyRNN goes on from the loop before, and remembers those before it.",
        _line("continue", "attention_rnn"),
    ),
    Example(
        "reset",
        "MelodyRNN begins with the written tune again, each time by another chance.",
        _line("reset", "attention_rnn"),
    ),
    Example(
        "mutate",
        "MelodyRNN keeps the beginning of the loop, and composes the rest anew.",
        _line("mutate", "attention_rnn"),
    ),
    Example(
        "mutate-in-a-latent-space",
        "A MusicVAE takes a small step from the place of the loop before, so that most of the loop stays.",
        _line("mutate", "melody_2bar"),
    ),
    Example(
        "interpolate",
        "A MusicVAE goes in four steps to another place of its space: the last loop is there.",
        _line("interpolate", "melody_2bar", ", novelty: [0, 1], interpolate: {to: new, steps: 4}"),
    ),
    Example(
        "walk",
        "A MusicVAE walks in four steps from one tune to another, both of which the scene has written.",
        _line(
            "walk",
            "melody_2bar",
            f", novelty: [0, 1], walk: {{kind: line, steps: 5, tunes: ['{TUNE}', 'A4:2 A4:2 G4:4 F4:4 E4:4 | D4:16']}}",
        ),
    ),
    Example(
        "interpolate-drums",
        "The same of beats.",
        _beat("interpolate", "drums_2bar", ", novelty: [0, 1], interpolate: {to: new, steps: 4}"),
    ),
    Example(
        "groove",
        "A GrooVAE leaves every stroke where it is, and says how loud and how late it is.",
        _beat("groove", "drum_kit", ", novelty: [0, 1]"),
    ),
    Example(
        "drumify",
        "A GrooVAE makes a beat of the rhythm of a bass that is not shown: D2 . . D2 . . D2 . D2 . D2 . . F2 . .",
        _beat("drumify", "drum_kit", ", novelty: [0, 1]") + ", listen: [{lock: bass}]",
        'kind: bass, pattern: "D2 . . D2 . . D2 . D2 . D2 . . F2 . ."',
    ),
    Example(
        "polyphony",
        "PolyphonyRNN goes on in several voices, over the scene's two chords.",
        f"kind: polyphony, model: polyphony, pattern: '{CHORDS}', register: [C3, D6], density: [1, 40], bars: 2, "
        "evolve: {first: written, hold: 1, then: [continue]}",
    ),
    Example(
        "performance",
        "PerformanceRNN goes on in free time, with dynamics, the pedal down.",
        f"kind: performance, model: performance_with_dynamics, pattern: '{CHORDS}', register: [C3, D6], "
        "density: [1, 60], bars: 2, pedal: true, evolve: {first: written, hold: 1, then: [continue]}",
    ),
)


def performed(example: Example) -> list[PlacedNote]:
    """The notes of the example's voice over all loops, in ticks."""
    bundles = find_models([models_folder()])[0]
    drums = "kind: drums" in example.voice
    text = SCENE + (f"  bass: {{{example.heard}, output: {{channel: 2}}}}\n" if example.heard else "")
    text += f"  voice: {{{example.voice}, output: {{channel: {10 if drums else 1}}}}}\n"
    engine = make_engine("numpy")
    for bundle in bundles.values():
        if bundle.kinds or bundle.operators:
            engine.load(bundle)
    with tempfile.TemporaryDirectory() as folder:
        scene, target = Path(folder) / "picture.yaml", Path(folder) / "picture.mid"
        scene.write_text(text, encoding="utf-8")
        perform(
            load_scene(scene, bundles, {"main"}),
            bundles,
            engine,
            bars=LOOPS * BARS,
            seed=None,
            path=target,
            progress=lambda _bar: None,
        )
        piece, _ = piece_of_midi(target.read_bytes(), example.name)
    return [note for voice in piece.voices if voice.name == "voice" for note in voice.notes]


def picture(example: Example) -> str:
    """The picture as SVG: a panel for each loop."""
    notes = performed(example)
    drums = "kind: drums" in example.voice
    low, high = min(note.pitch for note in notes), max(note.pitch for note in notes)
    rows = sorted({note.pitch for note in notes}) if drums else list(range(low, high + 1))
    ticks = BARS * TICKS_PER_WHOLE
    wide = (WIDTH - 2 * LEFT - (LOOPS - 1) * GAP) / LOOPS
    lines: list[str] = []
    before: set[tuple[int, int]] = set()
    for number in range(LOOPS):
        left = LEFT + number * (wide + GAP)
        own = [note for note in notes if number * ticks <= note.start < (number + 1) * ticks]
        lines += _panel(number, example.name, left, wide)
        there = {(note.start - number * ticks, note.pitch) for note in own}
        for note in own:
            start = note.start - number * ticks
            x = left + max(start + note.late, 0) / ticks * wide
            width = max(min(note.end - note.start, ticks - start) / ticks * wide - 0.6, 1.5)
            row = HEIGHT / len(rows)
            y = TOP + HEIGHT - (rows.index(note.pitch) + 1) * row
            new = number > 0 and (start, note.pitch) not in before
            lines.append(
                f'<rect x="{x:.1f}" y="{y + row * 0.1:.1f}" width="{width:.1f}" height="{row * 0.8:.1f}" '
                f'fill="{ADDED if new else INK}" opacity="{0.2 + 0.8 * note.velocity / 127:.2f}"/>'
            )
        before = there
    total = TOP + HEIGHT + GAP
    box = f'viewBox="0 0 {WIDTH} {total}" font-family="sans-serif" font-size="11"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>'
    ground = f'<rect width="{WIDTH}" height="{total}" fill="{PALE}"/>'
    return "\n".join([head, f"<title>{example.name}: {example.sentence}</title>", ground, *lines, "</svg>", ""])


def _panel(number: int, name: str, left: float, wide: float) -> Iterator[str]:
    word = "written" if number == 0 else f"{name.partition('-')[0]} {number}"
    yield f'<text x="{left:.1f}" y="16" fill="{GREY}">{word}</text>'
    yield f'<rect x="{left:.1f}" y="{TOP}" width="{wide:.1f}" height="{HEIGHT}" fill="none" stroke="{LINE}"/>'
    for beat in range(1, BARS * 4):
        stroke = "#a8a29e" if beat % 4 == 0 else LINE
        yield f'<path d="M{left + beat * wide / (BARS * 4):.1f} {TOP}v{HEIGHT}" stroke="{stroke}" stroke-width="0.6"/>'


def page(examples: Sequence[Example]) -> str:
    """The page that shows all pictures."""
    parts = [HEAD]
    for one in examples:
        image = f"![{one.sentence.rstrip('.')}](../{FOLDER}/{one.name}.svg)"
        parts.append(f"## {one.name.replace('-', ' ').capitalize()}\n\n{one.sentence}\n\n{image}\n")
    return "\n".join(parts)


def main() -> None:
    """Write them."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    (DOCS / FOLDER).mkdir(exist_ok=True)
    for one in EXAMPLES:
        (DOCS / FOLDER / f"{one.name}.svg").write_text(picture(one), encoding="utf-8")
        print(one.name)
    (DOCS / PAGE).write_text(page(EXAMPLES), encoding="utf-8")


if __name__ == "__main__":
    main()
