"""The form of a piece as pictures: its sections, where others are heard, and which of its bars are alike."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

import numpy as np

from reverie.audition.png import data_url, png
from reverie.audition.roll import MARGIN, RIGHT, colour_of
from reverie.measure.found_sections import Matrix, bar_features, boundaries, novelty_curve
from reverie.measure.piece import Piece

PIXELS = 640
"""Height and width of the matrix at most: of a longer piece each pixel is the mean of several bars."""
_SHADES = 64
_BAND, _CURVE = 18, 60


def sections_band(piece: Piece, width: int = 1200) -> str:
    """The sections that are known as a band, and below it the novelty curve with what is found in it."""
    curve = novelty_curve(bar_features(piece))
    inner, bars = width - MARGIN - RIGHT, max(len(piece.bars), 1)
    scale, top = inner / bars, max(float(curve.max(initial=0.0)), 1e-9)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {_BAND + _CURVE + 12}" role="img">']
    parts += _sections(piece, scale)
    steps = "".join(f"V{1 - max(float(value), 0.0) / top:.3f}h1" for value in curve)
    parts += [
        f'<text x="4" y="{_BAND + 16}" class="voice">novelty</text>',
        f'<g transform="translate({MARGIN} {_BAND + 6}) scale({scale:.5f} {_CURVE})" fill="#44403c">',
        f'<path d="M0 1{steps}V1Z" opacity="0.5"/></g>',
    ]
    found = "".join(f"M{MARGIN + bar * scale:.1f} {_BAND + 6}v{_CURVE}" for bar in boundaries(curve))
    return "".join([*parts, f'<path d="{found}" stroke="#b91c1c" stroke-width="1"/>', "</svg>"])


def likeness_matrix(piece: Piece) -> str:
    """Which bars are alike, as an address that carries the picture: the lighter, the more; time goes right and down."""
    features = _pooled(bar_features(piece))
    lengths = np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-9)
    unit = features / lengths
    alike = np.clip((unit @ unit.T + 1.0) / 2.0, 0.0, 1.0)
    ordered = np.sort(alike, axis=None)
    low, high = (float(ordered[int(share * (len(ordered) - 1))]) for share in (0.02, 0.98))
    shades = np.clip((alike - low) / max(high - low, 1e-9), 0.0, 1.0) * (_SHADES - 1)
    rows = [row.tobytes() for row in shades.round().astype(np.uint8)]
    return data_url(png(rows, [_shade(number / (_SHADES - 1)) for number in range(_SHADES)]))


def _sections(piece: Piece, scale: float) -> Iterator[str]:
    names = [*dict.fromkeys(section.name for section in piece.sections)]
    for section in piece.sections:
        x, wide = MARGIN + section.first_bar * scale, section.bars * scale
        colour = colour_of(names.index(section.name))
        yield (
            f'<rect x="{x:.1f}" y="0" width="{max(wide - 1, 0.5):.1f}" height="{_BAND}" fill="{colour}" opacity="0.75">'
            f"<title>{escape(section.name)}, bars {section.first_bar + 1} to {section.first_bar + section.bars}</title>"
            "</rect>"
        )
        if wide > 7 * len(section.name):
            yield f'<text x="{x + 3:.1f}" y="13" style="fill:#fff">{escape(section.name)}</text>'
    if names:
        yield '<text x="4" y="13" class="voice">sections</text>'


def _pooled(features: Matrix) -> Matrix:
    each = bars_a_pixel(len(features))
    return np.array([features[first : first + each].mean(axis=0) for first in range(0, len(features), each)])


def _shade(share: float) -> tuple[int, int, int]:
    """From a dark blue to a light yellow."""
    dark, light = (15, 23, 42), (254, 249, 195)
    red, green, blue = (round(one + (other - one) * share) for one, other in zip(dark, light, strict=True))
    return red, green, blue


def bars_a_pixel(bars: int) -> int:
    """How many bars a pixel of the matrix stands for."""
    return max(-(-bars // PIXELS), 1)
