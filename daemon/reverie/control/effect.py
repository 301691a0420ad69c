"""What came of an act, for the record and for whoever asked: a switch that was pressed says which way it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from reverie.control.override_sentences import swings
from reverie.control.overrides import Overrides
from reverie.site.actions import Action, Kind


@dataclass(frozen=True, slots=True)
class Effect:
    """What came of an act.

    ``undid`` is what it took back, ``loops`` has by voice the recipe of what is kept or comes back, and ``now`` is how
    things stand after it, without a full stop; empty where the act says it all. ``bar`` is the bar of the scene from
    which it is heard, where that is known.
    """

    undid: str = ""
    loops: Mapping[str, str] = field(default_factory=dict[str, str])
    now: str = ""
    bar: int | None = None


def stands_after(action: Action, before: Overrides, after: Overrides, voices: Sequence[str]) -> str:
    """How that stands which an action has set, or which was set back; empty for one that sets nothing.

    Args:
        action: what was done, or taken back.
        before: what was set before.
        after: what is set now.
        voices: all that the scene has.
    """
    match action.kind:
        case "mute" | "solo":
            how = _muted if action.kind == "mute" else _alone
            return how(action.voice or "", before, after)
        case "loop":
            return _looping(action.voice, after, voices)
        case "volume" | "quieter" | "louder" | "tempo" | "swing":
            return _of_the_whole(action.kind, after)
        case "pause":
            return _paused(before, after)
        case _:
            return ""


def _of_the_whole(kind: Kind, after: Overrides) -> str:
    match kind:
        case "tempo":
            own = "the tempo is the scene's own again"
            return own if after.tempo is None else f"the tempo is {after.tempo:.4g} quarters a minute"
        case "swing":
            return "the swing is the scene's own again" if after.swing is None else swings(after.swing)
        case _:
            return f"the volume is {after.volume:.0%}"


def _muted(voice: str, before: Overrides, after: Overrides) -> str:
    if voice in after.muted:
        return f"{voice} is muted"
    return f"{voice} sounds again" if voice in before.muted else f"{voice} is not muted"


def _alone(voice: str, before: Overrides, after: Overrides) -> str:
    if after.solo is not None:
        return f"{after.solo} sounds alone"
    if before.solo == voice:
        return f"{voice} sounds with the others again"
    return f"{voice} sounds with the others"


def _looping(voice: str | None, after: Overrides, voices: Sequence[str]) -> str:
    meant = voices if voice is None else [voice]
    held = [name for name in meant if name in after.looping]
    if not held:
        return f"{voice or 'every voice'} evolves again"
    if voice is None and len(held) == len(meant):
        return "every voice repeats the loop that it plays"
    return "; ".join(f"{name} repeats the loop that it plays" for name in held)


def _paused(before: Overrides, after: Overrides) -> str:
    if after.paused_until is not None:
        return "the music is paused"
    return "the music is not paused" if before.paused_until is None else "the pause is over"
