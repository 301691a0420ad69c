"""A scene whose voices know nothing of each other, or of what they otherwise follow: what a figure is compared with."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from reverie.compose.arrangement import Arrangement
from reverie.compose.voice_plan import VoicePlan
from reverie.music.voice_kinds import VOICE_KINDS

TIES = ("harmony", "relations", "touch", "novelty")
"""What may be taken from the voices of a scene."""


def without(arrangement: Arrangement, ties: Collection[str]) -> Arrangement:
    """The same scene, whose voices are composed without some of :data:`TIES`; its chords are known all the same.

    A voice that plays nothing but the harmony keeps it.
    """
    plans = {name: _without(plan, ties) for name, plan in arrangement.plans.items()}
    return replace(arrangement, plans=plans)


def _without(plan: VoicePlan, ties: Collection[str]) -> VoicePlan:
    if "harmony" in ties and not VOICE_KINDS[plan.kind].harmonic:
        plan = replace(plan, harmony=None, strictness=0.0)
    if "relations" in ties:
        plan = replace(plan, relations=())
    if "novelty" in ties:
        plan = replace(plan, bands=None)
    return replace(plan, touch=None) if "touch" in ties else plan
