"""The loop that each voice plays, what drew it, and why it was that one: for pages that anybody may see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.compose.ensemble import Ensemble
from reverie.compose.placement import Placement
from reverie.conductor.scene.kept_loops import KeptLoops

WHY = ("score", "bent", "refused", "novelty")
"""What of the status of a loop says why it was kept."""


def public_loops(kept: KeptLoops, music: Ensemble) -> dict[str, Any]:
    """By voice, the loop that it plays now or would but for its rest; ``next`` is the last of those that follow."""
    present, last = kept.present(music), kept.status(music)
    placed, follows = music.placed_in(max(music.bar + 1, 0)), music.last_placed
    return {
        voice: {
            **_public(loop, placed[voice]),
            "next": _public(last[voice], follows[voice])
            if voice in last and last[voice]["recipe"] != loop["recipe"]
            else None,
        }
        for voice, loop in present.items()
    }


def _public(told: Mapping[str, Any], placement: Placement) -> dict[str, Any]:
    """What drew it; a loop that was there already, or that no model drew, has neither model nor temperature."""
    recipe = placement.made_by
    drawn = recipe if recipe is not None and recipe.model else None
    return {
        "recipe": told["recipe"],
        "operator": told["operator"],
        "from_bar": told["from_bar"],
        "bars": placement.original[1].bars,
        "model": drawn and drawn.model,
        "temperature": drawn and round(drawn.temperature, 3),
        "candidates": drawn and drawn.candidates,
        "seed": recipe and recipe.seed,
        "why": {name: told[name] for name in WHY},
    }
