"""Real music by the same figures, measured by ``tools/measure_real_music.py``; the table is part of the package."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def real_music() -> Mapping[str, Any]:
    """By corpus: what it is, its source and licence, how many pieces were measured, and their figures by path."""
    return json.loads(files("reverie.measure").joinpath("real_music.json").read_text(encoding="utf-8"))


def real_values(path: str) -> Mapping[str, Mapping[str, float]]:
    """Of one figure, the values of each corpus for which it was measured: mean over its pieces, quartiles, chance."""
    return {name: corpus["figures"][path] for name, corpus in real_music().items() if path in corpus["figures"]}
