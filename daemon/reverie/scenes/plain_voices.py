"""What a scene's hash reads of voices and timbres: without what says nothing, so that later keys change no old hash."""

from __future__ import annotations

from typing import Any

from reverie.scenes.mix import OF_CHANNEL


def plain_voice(voice: dict[str, Any]) -> None:
    """Leave out what the first version did not know, where it says nothing, and where bar lines are written."""
    for key in ("timbre", "touch", "strictness", "pattern", "chords", "cycle"):
        if key in voice and voice[key] is None:
            del voice[key]
    if voice.get("harmony") == "follow":
        del voice["harmony"]
    _plain_output(voice["output"])
    for one in voice.get("listen", ()):
        for later in ("suit", "accompany", "follow"):
            if one[later] is None:
                del one[later]
    if not voice.get("listen", voice):
        del voice["listen"]
    _plain_evolution(voice.get("evolve", {}))
    if isinstance(voice.get("pattern"), dict):
        del voice["pattern"]["passage"]["lines"]
    if "primer" in voice:
        _plain_primer(voice["primer"])


def plain_timbre(timbre: dict[str, Any]) -> None:
    """Leave out variations where there is one of each note, kits where there are none, and formants that stay."""
    if timbre["variations"] == 1:
        del timbre["variations"]
    for source in timbre["sources"].values():
        if source["kit"] is None:
            del source["kit"]
        if source["formants"] == "stay":
            del source["formants"]


def _plain_output(output: dict[str, Any]) -> None:
    """Leave out of the mix what is left alone."""
    for key in OF_CHANNEL:
        if output[key] is None:
            del output[key]


def _plain_evolution(evolve: dict[str, Any]) -> None:
    for key, default in (("first", "reset"), ("order", "in-turn")):
        if evolve.get(key) == default:
            del evolve[key]
    named = {step if isinstance(step, str) else step["operator"] for step in evolve.get("then", ())}
    for operator in ("groove", "drumify", "interpolate", "walk"):
        if operator in evolve and operator not in named:
            del evolve[operator]
    if (walk := evolve.get("walk")) and walk["tunes"] is None:
        del walk["tunes"]
    if "longest" in evolve and evolve["longest"] is None:
        del evolve["longest"]
    if (novelty := evolve.get("novelty")) and not novelty["holds"]:
        evolve["novelty"] = novelty["last"]


def plain_ramp(ramp: dict[str, Any]) -> Any:
    """What a number that stays says, however it is written."""
    return ramp["start"] if ramp["start"] == ramp["end"] else ramp


def _plain_primer(primer: dict[str, Any]) -> None:
    """A primer as the first version said it: where bar lines are written is no matter, nor what no note has."""
    del primer["lines"]
    for note in primer["notes"]:
        for later in ("shift", "tied"):
            if not note[later]:
                del note[later]
