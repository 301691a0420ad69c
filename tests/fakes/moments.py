"""Moments that nobody heard."""

from __future__ import annotations

from typing import Any

from reverie.history.moment_store import KeptMoment


def bar(number: int) -> dict[str, Any]:
    """A bar of two quarters' worth of each voice, as pages are told of it."""
    return {
        "epoch": 1,
        "bar": number,
        "scene_bar": number,
        "ticks": 1920,
        "seconds": 2.0,
        "chords": [{"tick": 0, "symbol": "Dm7"}],
        "muted": [],
        "tacet": [],
        "notes": [
            ["beat", 0, 36, 100, 120],
            ["beat", 480, 38, 90, 120],
            ["lead", 0, 62, 80, 960],
            ["lead", 960, 65, 90, 960],
        ],
    }


def moment(number: int) -> KeptMoment:
    """The moment of that number: of two bars."""
    return KeptMoment(
        f"{number:016x}",
        1e9 + number,
        "study",
        "A study <of> moments",
        {"beat": "drums", "lead": "melody"},
        [bar(7), bar(8)],
        {"lead": {"id": "0abc", "recipe": None}},
    )
