"""What a person has set of how a voice is composed, beside its temperature, and what stands in the way. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from reverie.compose.operators.groove import DRUMIFIED, GROOVED
from reverie.compose.operators.latent_walks import INTERPOLATED
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.voice_plan import VoicePlan
from reverie.music.harmony import OCTAVE
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.operators import OPERATOR_TRAITS
from reverie.site.actions import Kind

_DENSITY = "density"
"""The setting by which chords are told how densely they are played, a share."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """How a voice is to be composed, beside what its scene says.

    ``density`` is a factor of its own. ``register`` is where it is in what it may play: from -1, its low half, to 1,
    its high half. ``every`` is after how many bars another loop comes; 0 is as the scene says.
    """

    density: float = 1.0
    register: float = 0.0
    every: int = 0

    def turns(self, bars: int) -> int:
        """How many turns of a loop of so many ``bars`` are played before another comes; 0 is as the scene says."""
        return math.ceil(self.every / bars)

    def bent(self, recipe: Recipe) -> Recipe:
        """The recipe of a loop that is composed so."""
        limits = recipe.limits
        if self.register and VOICE_KINDS[recipe.kind].pitched:
            limits = _in_register(limits, self.register)
        if self.density == 1.0:
            return recipe if limits is recipe.limits else replace(recipe, limits=limits)
        factor = self.density
        limits = replace(limits, least=round(limits.least * factor, 2), most=round(limits.most * factor, 2))
        share = recipe.settings.get(_DENSITY)
        if OPERATOR_TRAITS[recipe.operator].source == "harmony" and isinstance(share, float):
            told = {_DENSITY: round(min(share * factor, 1.0), 4)}
            return replace(recipe, limits=limits, settings={**recipe.settings, **told})
        drawn = OPERATOR_TRAITS[recipe.operator].source == "model"
        return replace(recipe, limits=limits, density=round(recipe.density * factor, 2) if drawn else recipe.density)


AS_THE_SCENE_SAYS = ByHand()


def lacks(plan: VoicePlan, wanted: Kind) -> str:
    """Why a voice cannot be changed in this way, without a full stop; empty where it can.

    Args:
        plan: the voice's.
        wanted: what a person wants of it; of what changes no composing, nothing is said.
    """
    name = plan.voice
    if wanted == "temperature" and plan.source != "model":
        return f"{name} is composed by no model, and has no temperature"
    if plan.source == "written" and wanted in _COMPOSING:
        return f"{name} plays what is written, and nothing is composed for it"
    if wanted == "every" and plan.source != "model":
        return f"{name} is composed by no model, and follows the chords"
    reason = _REASONS.get(wanted)
    return reason(plan) if reason else ""


_COMPOSING: frozenset[Kind] = frozenset(
    {
        *("temperature", "density", "register", "every", "mutate", "reset", "continue", "another"),
        *("interpolate", "groove", "drumify", "once"),
    }
)


def _not_latent(plan: VoicePlan) -> str:
    if plan.source == "model" and INTERPOLATED in plan.operator_settings:
        return ""
    return f"{plan.voice} has no latent space to go through; a MusicVAE as its model has one"


def _no_groove(plan: VoicePlan, wanted: str = GROOVED) -> str:
    if not VOICE_KINDS[plan.kind].drums:
        return f"{plan.voice} is no drum set, and {wanted} is for drums"
    if wanted not in plan.guests:
        return f"no model is here that could {wanted} for {plan.voice} in {plan.metre}; `reverie models pull` gets one"
    return ""


def _no_drumify(plan: VoicePlan) -> str:
    if sentence := _no_groove(plan, DRUMIFIED):
        return sentence
    if not plan.relations:
        return f"{plan.voice} listens to no voice whose rhythm it could have; the scene says to whom by `listen`"
    return ""


def _no_room(plan: VoicePlan) -> str:
    if not VOICE_KINDS[plan.kind].pitched:
        return f"{plan.voice} has strokes, and no register"
    if plan.limits.high - plan.limits.low <= OCTAVE:
        return f"{plan.voice} may play an octave and no more, so that there is no other register in it"
    return ""


def _no_density(plan: VoicePlan) -> str:
    told: Mapping[str, float | str] = plan.settings.at(0) if plan.settings else {}
    if plan.source == "harmony" and not isinstance(told.get(_DENSITY), float):
        return f"{plan.voice} plays its chords as they are, and has no density"
    return ""


_REASONS: Mapping[Kind, Callable[[VoicePlan], str]] = {
    "interpolate": _not_latent,
    "groove": _no_groove,
    "drumify": _no_drumify,
    "register": _no_room,
    "density": _no_density,
}


def _in_register(limits: LoopLimits, register: float) -> LoopLimits:
    """Half of the limits at most is taken away, and an octave stays."""
    span = limits.high - limits.low
    cut = min(round(abs(register) * span / 2), max(span - OCTAVE, 0))
    return replace(limits, low=limits.low + cut) if register > 0 else replace(limits, high=limits.high - cut)
