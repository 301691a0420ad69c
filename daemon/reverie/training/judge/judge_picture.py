"""A judgement as a picture: for each measure how its figures are spread, held out, generated and in training."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from reverie.training.judge.judge import SHORT_RUN, Judged, Judgement
from reverie.training.judge.judge_table import verdict

_COLUMNS = 3
_WIDE, _HIGH, _GAP, _HEAD, _FOOT, _TOP = 260, 100, 30, 44, 22, 60
_BINS = 24
_INNER = (0.5, 99.5)
"""The percentiles between which all figures lie that are drawn; what lies beyond is drawn at the edge."""
_HELD_OUT, _GENERATED, _TRAINING = "#c9cdd3", "#c2410c", "#4b5563"


def draw_judgement(judgement: Judgement) -> str:
    """The picture as SVG.

    Each panel is a histogram of three sets by share: held-out music is the grey area, training music the thin line,
    generated music the thick one. The best that music can do is to lie on the grey area as the thin line does.
    """
    panels = [
        (
            one.measure.title,
            one.measure.unit,
            (one.held_out, one.training, one.generated),
            _told(one),
        )
        for one in judgement.measures.values()
    ]
    copies = judgement.copies
    panels.append(
        (
            "longest run copied from training",
            "bars",
            (copies.held_out, (), copies.generated),
            f"{copies.short[0]:.1%} of loops under {SHORT_RUN} bars",
        )
    )
    rows = -(-len(panels) // _COLUMNS)
    wide, high = _COLUMNS * (_WIDE + _GAP) + _GAP, _TOP + rows * (_HEAD + _HIGH + _FOOT)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" font-family="sans-serif" font-size="11">',
        f'<rect width="{wide}" height="{high}" fill="#fff"/>',
        f'<text x="{_GAP}" y="24" font-size="15">{escape(_title(judgement))}</text>',
        *_legend(),
    ]
    for number, panel in enumerate(panels):
        row, column = divmod(number, _COLUMNS)
        parts += _panel(_GAP + column * (_WIDE + _GAP), _TOP + row * (_HEAD + _HIGH + _FOOT), *panel)
    return "\n".join([*parts, "</svg>", ""])


def _title(judgement: Judgement) -> str:
    found, request = judgement.likelihood, judgement.request
    return (
        f"{judgement.model}: perplexity {found.perplexity:.2f} (Markov {found.markov_perplexity:.2f});"
        f" {request.count} loops of {request.bars} bars"
    )


def _told(one: Judged) -> str:
    ratio = one.distance.ratio
    return verdict(one) if ratio is None else f"{ratio:.1f} times as far as training music: {verdict(one)}"


def _legend() -> list[str]:
    y = 44
    return [
        f'<rect x="{_GAP}" y="{y - 9}" width="18" height="10" fill="{_HELD_OUT}"/>',
        f'<text x="{_GAP + 24}" y="{y}">held out</text>',
        f'<path d="M{_GAP + 90} {y - 4}h18" stroke="{_TRAINING}" stroke-dasharray="3 2"/>',
        f'<text x="{_GAP + 114}" y="{y}">training</text>',
        f'<path d="M{_GAP + 180} {y - 4}h18" stroke="{_GENERATED}" stroke-width="2"/>',
        f'<text x="{_GAP + 204}" y="{y}">generated</text>',
    ]


def _panel(x: float, y: float, title: str, unit: str, sets: Sequence[Sequence[float]], verdict_: str) -> list[str]:
    edges = _edges(np.concatenate([np.asarray(one, np.float64) for one in sets]))
    inset = 0.5 if edges[0] % 1 == 0.5 and edges[1] - edges[0] == 1 else 0.0  # noqa: PLR2004 - bins about whole numbers
    shares = [_shares(one, edges) for one in sets]
    most = max(float(one.max()) for one in shares) or 1.0
    base = y + _HEAD + _HIGH
    held_out, training, generated = (_steps(one / most, x, base) for one in shares)
    parts = [
        f'<text x="{x}" y="{y + 18}" font-weight="bold">{escape(title)}</text>',
        f'<text x="{x}" y="{y + 33}">{escape(verdict_)}</text>',
        f'<path d="M{x} {base}{held_out}V{base}Z" fill="{_HELD_OUT}"/>',
    ]
    if sets[1]:
        parts.append(
            f'<path d="M{x} {base}{training}V{base}" fill="none" stroke="{_TRAINING}" stroke-dasharray="3 2"/>'
        )
    return [
        *parts,
        f'<path d="M{x} {base}{generated}V{base}" fill="none" stroke="{_GENERATED}" stroke-width="1.8"/>',
        f'<path d="M{x} {base}h{_WIDE}" stroke="#111"/>',
        f'<text x="{x}" y="{base + 13}">{edges[0] + inset:.3g}</text>',
        f'<text x="{x + _WIDE / 2}" y="{base + 13}" text-anchor="middle">{escape(unit)}</text>',
        f'<text x="{x + _WIDE}" y="{base + 13}" text-anchor="end">{edges[-1] - inset:.3g}</text>',
    ]


def _edges(figures: NDArray[np.float64]) -> NDArray[np.float64]:
    """The edges of bins: one for each number where all figures are whole, so that no number falls between two."""
    low, high = (float(edge) for edge in np.percentile(figures, _INNER))
    if np.array_equal(figures, np.round(figures)) and high - low <= 2 * _BINS:
        return np.arange(low, high + 2, dtype=np.float64) - np.float64(0.5)
    return np.linspace(low, high if high > low else low + 1, _BINS + 1, dtype=np.float64)


def _shares(figures: Sequence[float], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    held = np.clip(np.asarray(figures, np.float64), edges[0], edges[-1])
    return np.histogram(held, edges)[0] / max(len(held), 1)


def _steps(heights: NDArray[np.float64], x: float, base: float) -> str:
    step = _WIDE / len(heights)
    return "".join(
        f"L{x + place * step:.1f} {base - height * _HIGH:.1f}H{x + (place + 1) * step:.1f}"
        for place, height in enumerate(heights.tolist())
    )
