"""The page: one file that needs nothing else, of one piece or of two side by side."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from html import escape
from typing import Any

from reverie.audition.curves import densities, dynamics
from reverie.audition.form_picture import bars_a_pixel, likeness_matrix, sections_band
from reverie.audition.png import data_url
from reverie.audition.roll import MARGIN, RIGHT, RollScale, roll
from reverie.audition.side import AuditionSide
from reverie.audition.spectrogram import NoSoundError, spectrogram
from reverie.audition.tables import figures_table, voices_table

CLOSE_BARS = 8
SECTION_BARS = 32
FORM_BARS = 32
"""Bars of a piece in which a form is looked for."""
_CLOSE = RollScale(lane=110, named_notes=True, named_bars=1)
_SECTION = RollScale(lane=44, bars=SECTION_BARS)
_CLOSE_UPS = (("The first bars", 0.0), ("The middle", 0.5), ("Toward the end", 0.9))
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:1.5rem auto;max-width:1260px;padding:0 1rem;color:#1c1917;
background:#fffdf8}
h1{font-size:1.6rem;margin:0}h2{margin:2rem 0 .5rem;font-size:1.2rem}h3{margin:1rem 0 .3rem;font-size:1rem}
p{max-width:60em}.about,figcaption{color:#57534e;font-size:.9rem}
svg,img{width:100%;height:auto;display:block}figure{margin:.5rem 0 1rem}
img{image-rendering:auto;background:#000}
.lane{fill:#f5f5f4}.bar{stroke:#d6d3d1;stroke-width:.6}.octave{stroke:#e7e5e4;stroke-width:.5}
text{font:10px system-ui,sans-serif;fill:#78716c}.voice{font-weight:700;font-size:11px}
.pitch{text-anchor:end;font-size:9px}
.chord{fill:#1c1917;font-size:11px}.number{font-size:9px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{padding:.2rem .7rem .2rem 0;text-align:left;border-bottom:1px solid #e7e5e4;vertical-align:top}
td.n{text-align:right}.sides{display:grid;grid-template-columns:1fr 1fr;gap:1rem}.sides>*{min-width:0}
.alike{max-width:640px;image-rendering:pixelated}
.table{overflow-x:auto}.wide{max-width:1900px}audio{width:100%}
"""


def page(sides: Sequence[AuditionSide]) -> str:
    """The page of one side, or of two."""
    title = " beside ".join(side.name for side in sides)
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>",
        f'<body class="{"wide" if len(sides) > 1 else "one"}"><h1>{escape(title)}</h1>',
        *_beside(sides, _head),
        "<h2>Figures</h2>",
        *figures_table(sides),
        "<h2>Voices</h2>",
        *_beside(sides, lambda side: voices_table(side.figures)),
        "<h2>The whole</h2>",
        *_beside(sides, _whole),
        "<h2>Form</h2>",
        *_beside(sides, _form),
        f"<h2>Sections</h2><p class=about>{SECTION_BARS} bars a row; the darker a note, the louder.</p>",
        *_beside(sides, _sections),
        "<h2>Bars</h2><p class=about>Point at a note for its pitch, velocity and lateness.</p>",
        *_beside(sides, _close_ups),
        f'<script type="application/json" id="figures">{_json([side.figures for side in sides])}</script>',
        "</body></html>\n",
    ]
    return "\n".join(parts)


def _beside(sides: Sequence[AuditionSide], of: Callable[[AuditionSide], Iterator[str]]) -> Iterator[str]:
    if len(sides) > 1:
        yield '<div class="sides">'
    for side in sides:
        yield "<section>"
        yield from of(side)
        yield "</section>"
    if len(sides) > 1:
        yield "</div>"


def _head(side: AuditionSide) -> Iterator[str]:
    piece = side.piece
    minutes = f"{piece.seconds / 60:.1f} minutes"
    yield f"<p><b>{escape(side.name)}</b>: {escape(side.about)}; {len(piece.bars)} bars, {minutes}.</p>"
    if side.sound_name:
        name = escape(side.sound_name, quote=True)
        yield f'<audio controls preload="none" src="{name}"></audio>'
    else:
        yield f"<p class=about>{escape(side.silence)}</p>"


def _whole(side: AuditionSide) -> Iterator[str]:
    bars = len(side.piece.bars)
    yield _figure(
        roll(side.piece, 0, bars, RollScale(named_bars=_round(bars / 12))), "All voices, and the harmony above."
    )
    yield _figure(densities(side.piece), "Density: notes a bar; the number is the most of the voice.")
    yield _figure(dynamics(side.piece), "Dynamics: the range of velocities of each bar, and their mean.")
    yield from _spectrum(side, 0.0, side.piece.seconds, "Spectrum, 40 Hz to 16 kHz; equal heights are equal intervals.")


def _form(side: AuditionSide) -> Iterator[str]:
    bars = len(side.piece.bars)
    if bars < FORM_BARS:
        yield f"<p class=about>It has {bars} bars; a form is looked for in {FORM_BARS} or more.</p>"
        return
    known = "The sections of its form. Below" if side.piece.sections else "Nobody says where its sections are. This is"
    yield _figure(
        sections_band(side.piece),
        f"{known} the novelty curve: how unlike the eight bars before and after each bar line are; red: what is heard"
        " as the beginning of a section.",
    )
    each = bars_a_pixel(bars)
    pixel = "one bar" if each == 1 else f"{each} bars"
    yield _figure(
        f'<img alt="which bars are alike" class="alike" src="{likeness_matrix(side.piece)}">',
        f"Which bars are alike: the lighter, the more. Time goes right and down, a pixel is {pixel}. Squares along the"
        " diagonal are sections, light ones beside it are their returns, and stripes are what comes back at a period.",
    )


def _sections(side: AuditionSide) -> Iterator[str]:
    for first in range(0, len(side.piece.bars), SECTION_BARS):
        last = first + SECTION_BARS
        yield _figure(roll(side.piece, first, last, _SECTION), f"Bars {first + 1} to {min(last, len(side.piece.bars))}")


def _close_ups(side: AuditionSide) -> Iterator[str]:
    bars = len(side.piece.bars)
    places = dict.fromkeys((min(round(share * bars), max(bars - CLOSE_BARS, 0)), name) for name, share in _CLOSE_UPS)
    seen = set[int]()
    for first, name in places:
        if first in seen:
            continue
        seen.add(first)
        last = min(first + CLOSE_BARS, bars)
        yield f"<h3>{name}: bars {first + 1} to {last}</h3>"
        yield _figure(roll(side.piece, first, last, _CLOSE), "")
        start = side.piece.second_at(side.piece.bars[first].start)
        end = side.piece.second_at(side.piece.bars[last - 1].end)
        yield from _spectrum(side, start, end, "The spectrum of these bars.")


def _spectrum(side: AuditionSide, start: float, end: float, caption: str) -> Iterator[str]:
    if side.sound is None:
        return
    try:
        picture = data_url(spectrogram(side.sound, start=start, end=end))
    except NoSoundError as error:
        yield f"<p class=about>There is no spectrum: {escape(str(error))}.</p>"
        return
    # It begins and ends where the rolls do.
    left, right = (f"{100 * pixels / RollScale().width:.3f}%" for pixels in (MARGIN, RIGHT))
    yield _figure(f'<div style="padding:0 {right} 0 {left}"><img alt="spectrum" src="{picture}"></div>', caption)


def _figure(drawing: str, caption: str) -> str:
    return f"<figure>{drawing}<figcaption>{escape(caption)}</figcaption></figure>"


def _round(bars: float) -> int:
    """A distance of bars at which they are named: 4, 8, 16, and so on."""
    distance = 4
    while distance < bars:
        distance *= 2
    return distance


def _json(data: Any) -> str:
    return json.dumps(data).replace("</", "<\\/")
