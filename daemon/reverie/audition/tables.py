"""The page's tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from reverie.audition.side import AuditionSide
from reverie.measure.real_music import real_music, real_values
from reverie.measure.rows import FORM_ROWS, ROWS, FigureRow

_VOICE = (
    FigureRow("notes_a_bar_played", "notes a bar", digits=1),
    FigureRow("bars_played", "bars played"),
    FigureRow("consonance_with_bass", "consonant with the bass"),
    FigureRow("consonance_with_chord", "tones of the chord"),
    FigureRow("repeats_within_8", "a bar of the last 8 again"),
    FigureRow("longest_hold", "bars of one loop", digits=0),
    FigureRow("longest_allowed", "as many as it may", digits=0),
    FigureRow("heard_before", "bars heard before"),
    FigureRow("density.largest", "density: autocorrelation"),
    FigureRow("density.rise", "density: comes back"),
    FigureRow("crossing", "over a bar line"),
    FigureRow("velocity_spread", "velocity, spread", digits=1),
    FigureRow("timing_ms", "timing, ms", digits=1),
)
_MODEL = (
    FigureRow("log_likelihood", "log-likelihood"),
    FigureRow("bent", "bent", digits=3),
)


def figures_table(sides: Sequence[AuditionSide]) -> Iterator[str]:
    """All figures of one piece or of two, beside chance and real music."""
    several = len(sides) > 1
    heads = [head for side in sides for head in (side.name, "by chance")]
    heads += ["difference"] if several else []
    cells = "".join(f"<th>{escape(head)}</th>" for head in ("", *heads, "in real music", "of"))
    yield f"<table><thead><tr>{cells}</tr></thead><tbody>"
    for row in (*ROWS, *FORM_ROWS):
        values = [row.read(side.figures) for side in sides]
        if all(value is None for value, _ in values):
            continue
        yield f"<tr><td>{escape(row.title)}</td>"
        for value, chance in values:
            by_chance = "" if chance is None else row.written(chance)
            yield f"<td class=n>{row.written(value)}</td><td class=n>{by_chance}</td>"
        if several:
            yield f"<td class=n>{_difference(row, [value for value, _ in values])}</td>"
        yield f"<td>{_real(row)}</td><td class=about>{escape(row.about)}</td></tr>"
    yield "</tbody></table>"
    if not any(side.figures.get("chords_known") for side in sides):
        yield "<p class=about>No harmony is known, so nothing is said of chords.</p>"
    yield (
        "<p class=about>By chance: one of the two things is moved by whole bars against the other. Real music:"
        f" {escape('; '.join(_corpora()))}.</p>"
    )


def _difference(row: FigureRow, values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{known[1] - known[0]:+.{row.digits}f}" if len(known) == 2 else ""  # noqa: PLR2004 - both sides


def _real(row: FigureRow) -> str:
    return ", ".join(_real_value(row, name, one) for name, one in real_values(row.path).items())


def _real_value(row: FigureRow, name: str, found: Mapping[str, float]) -> str:
    low, value, high = (row.written(found[which]) for which in ("lower_quartile", "value", "upper_quartile"))
    return f'<span title="the middle half: {low} to {high}">{name} {value}</span>'


def _corpora() -> Iterator[str]:
    for name, corpus in real_music().items():
        yield f"{name}, {corpus['what']}: {corpus['source']}, {corpus['licence']}, {corpus['pieces']} pieces"


def voices_table(figures: Mapping[str, Any]) -> Iterator[str]:
    """The voices of one piece, what each is taken for, and which strike together."""
    heads = ("voice", "kind", *(row.title for row in (*_VOICE, *_MODEL)))
    yield _table(heads, (_voice(name, figures) for name in figures["voices"]))
    if figures["overlap"]:
        rows = (
            (pair, side, *(_VOICE[1].written(found[which]) for which in ("value", "by_chance")))
            for pair, sides in figures["overlap"].items()
            for side, found in sides.items()
        )
        yield "<h3>Onsets that fall together</h3>"
        yield _table(("voices", "", "share", "by chance"), rows)
    score = figures.get("model", {}).get("score", {})
    if score:
        yield "<h3>Why loops were kept: parts of their score, mean</h3>"
        yield _table(("part", "mean"), ((name, f"{value:.2f}") for name, value in score.items()))


def _voice(name: str, figures: Mapping[str, Any]) -> Iterator[str]:
    own = figures["voices"][name]
    yield name
    yield own["role"]
    yield from (row.written(row.read(own)[0]) for row in _VOICE)
    model = figures.get("model", {}).get("voices", {}).get(name, {})
    yield from (row.written(row.read(model)[0]) for row in _MODEL)


def _table(heads: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="table"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
