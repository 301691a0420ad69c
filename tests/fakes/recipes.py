"""Recipes and plans for tests, of which a test names only what it is about."""

from __future__ import annotations

from typing import Any

from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.voice_plan import VoicePlan
from reverie.music.time import Metre


def recipe(**fields: Any) -> Recipe:
    defaults: dict[str, Any] = {
        "scene": "test",
        "scene_hash": "s",
        "voice": "lead",
        "kind": "melody",
        "model": "dice",
        "model_hash": "m",
        "operator": "reset",
        "seed": 1,
        "temperature": 1.0,
        "bars": 2,
        "metre": Metre(),
        "primer": (),
        "primer_steps": 0,
        "limits": LoopLimits(),
    }
    return Recipe(**(defaults | fields))


def plan(**fields: Any) -> VoicePlan:
    defaults: dict[str, Any] = {
        "scene": "test",
        "scene_hash": "s",
        "seed": 1,
        "metre": Metre(),
        "voice": "lead",
        "kind": "melody",
        "model": "dice",
        "model_hash": "m",
        "primer": (),
        "primer_steps": 0,
        "bars": 2,
        "hold": 2,
        "then": ("continue",),
        "temperature": lambda _bar: 1.0,
        "limits": LoopLimits(),
    }
    return VoicePlan(**(defaults | fields))
