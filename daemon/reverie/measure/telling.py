"""Figures as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reverie.measure.real_music import real_music, real_values
from reverie.measure.rows import FORM_ROWS, ROWS, FigureRow


def told(figures: Mapping[str, Any]) -> str:
    """All figures of a piece: beside chance and real music, then by voice, by pair, and what the models say."""
    minutes = figures["seconds"] / 60
    lines = [f"{figures['title']}: {figures['bars']} bars, {minutes:.1f} minutes, {figures['notes']} notes", ""]
    header = ("", "here", "by chance", "in real music", "of")
    lines += _table([header, *(row for row in (_row(one, figures) for one in (*ROWS, *FORM_ROWS)) if row)])
    if not figures["chords_known"]:
        lines += ["", "No harmony is known: what is said of chords needs a scene's harmony, or a file's chord markers."]
    lines += ["", *_table([("voice", "kind", "notes a bar", "bars played", "velocity"), *_voices(figures)])]
    heads = ("voice", "one loop", "may", "comes back", "heard before", "autocorrelation", "rises")
    lines += ["", *_table([heads, *_repeating(figures)])]
    if figures["overlap"]:
        lines += ["", *_table([("onsets that fall together", "", "share", "by chance"), *_pairs(figures)])]
    if figures.get("model", {}).get("bent_by_kind"):
        kinds = ", ".join(f"{kind} {share:.3f}" for kind, share in figures["model"]["bent_by_kind"].items())
        lines += ["", f"Bent by the guard: {kinds}."]
    lines += ["", "By chance: one side is moved by whole bars, the mean of up to 32 moves. Real music:"]
    lines += [
        f"  {name}: {corpus['pieces']} {corpus['what']} ({corpus['licence']})" for name, corpus in real_music().items()
    ]
    return "\n".join(lines)


def _row(row: FigureRow, figures: Mapping[str, Any]) -> tuple[str, ...] | None:
    value, chance = row.read(figures)
    if value is None:
        return None
    real = ", ".join(f"{name} {row.written(one['value'])}" for name, one in real_values(row.path).items())
    return row.title, row.written(value), "" if chance is None else row.written(chance), real, row.about


def _voices(figures: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for name, voice in figures["voices"].items():
        spread = voice["velocity_spread"]
        yield (
            name,
            voice["role"],
            f"{voice['notes_a_bar_played']:.1f}",
            f"{voice['bars_played']:.2f}",
            "" if spread is None else f"{spread:.1f}",
        )


def _repeating(figures: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """How each voice repeats itself, in bars; the largest values with their lags."""
    for name, voice in figures["voices"].items():
        density, heard, allowed = voice["density"], voice["heard_before"], voice.get("longest_allowed")
        yield (
            name,
            str(voice["longest_hold"]),
            "" if allowed is None else str(allowed),
            str(voice["longest_return"]),
            "" if heard is None else f"{heard:.2f}",
            f"{density['largest']['value']:.2f} at {density['lag']}" if density else "",
            f"{density['rise']['value']:.2f} at {density['period']}" if density and density["period"] else "",
        )


def _pairs(figures: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for pair, sides in figures["overlap"].items():
        for side, found in sides.items():
            values = ("" if one is None else f"{one:.2f}" for one in (found["value"], found["by_chance"]))
            yield (pair, side, *values)


def _table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
