"""What ``/api/v1/now``, ``/events`` and ``/clock`` answer, for the description of the interface."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.web.api_description import PathItems

Schema = dict[str, Any]


def _object(properties: Mapping[str, Schema], description: str = "", *, optional: tuple[str, ...] = ()) -> Schema:
    required = [name for name in properties if name not in optional]
    text = {"description": description} if description else {}
    return {"type": "object", "properties": dict(properties), "required": required, **text}


def _list(items: Schema, description: str = "") -> Schema:
    return {"type": "array", "items": items, **({"description": description} if description else {})}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _said(kind: str, description: str) -> Schema:
    return {"type": kind, "description": description}


_TEXT, _NUMBER, _WHOLE, _SWITCH = ({"type": kind} for kind in ("string", "number", "integer", "boolean"))
_ANYTHING: Schema = {"type": "object"}

_LOOP_FIELDS: Mapping[str, Schema] = {
    "recipe": _said("string", "The id of what made the loop: equal recipes make equal loops."),
    "operator": _or_null(_TEXT),
    "from_bar": _said("integer", "The scene's bar, from 1, in which it began or will begin."),
    "bars": _WHOLE,
    "model": _or_null(_TEXT),
    "temperature": _or_null(_NUMBER),
    "candidates": _or_null(_WHOLE),
    "seed": _or_null(_WHOLE),
    "why": _object(
        dict.fromkeys(("score", "bent", "refused", "novelty"), _ANYTHING),
        "Its scores, what the guard mended, how many candidates were refused and why, and how far it is from others.",
    ),
}
NOW: Schema = _object(
    {
        "says": _object(
            {
                "key": {"enum": ["starting", "playing", "resting", "closed", "paused", "silent", "trouble"]},
                "params": _ANYTHING,
            },
            "How it is, in a word that the page translates.",
        ),
        "level": {"enum": ["good", "doubtful", "bad"]},
        "scene": _or_null(
            _object(
                {
                    "name": _TEXT,
                    "title": _TEXT,
                    "metre": _TEXT,
                    "ticks_per_bar": _WHOLE,
                    "ticks_per_quarter": _WHOLE,
                    "tempo": _NUMBER,
                    "key": _TEXT,
                }
            )
        ),
        "bar": _or_null(_said("integer", "The bar of the scene that sounds, from 1.")),
        "harmony": _or_null(_ANYTHING),
        "form": _or_null(_ANYTHING),
        "mood": _or_null(_ANYTHING),
        "voices": _list(
            _object({"name": _TEXT, "kind": _TEXT, "muted": _SWITCH, "sounds": _SWITCH, "sound": _or_null(_ANYTHING)})
        ),
        "loops": {
            "type": "object",
            "additionalProperties": _object({**_LOOP_FIELDS, "next": _or_null(_object(_LOOP_FIELDS))}),
        },
        "timbres": {"type": "object", "additionalProperties": _ANYTHING},
        "day": _list(_object({"at": _TEXT, "scene": _or_null(_TEXT), "mood": _or_null(_TEXT), "now": _SWITCH})),
        "hours": _or_null(
            _object(
                {
                    "open": _SWITCH,
                    "next": _or_null(
                        _object(
                            {
                                "date": _said("string", "2026-12-01"),
                                "time": _said("string", "10:00"),
                                "days": _said("integer", "Midnights until then: 1 is tomorrow."),
                            },
                            "When it closes or opens, by the clock of the place.",
                        )
                    ),
                    "minutes": _or_null(_said("integer", "Until then: shortly before closing, and while it warms up.")),
                },
                "The opening hours; null where it is always open.",
            )
        ),
    },
    "What everybody may know of the music now. Bars are counted from 1.",
)
_BAR_FIELDS: Mapping[str, Schema] = {
    "epoch": _said("integer", "Another with each scene that is set: what sounds then ends at the bar line."),
    "scene": _TEXT,
    "bar": _said("integer", "From 0, of the player. A bar is told again under its number where it goes on otherwise."),
    "scene_bar": _said("integer", "From 0, of the scene."),
    "begins": _said("number", "The moment of its bar line, in the monotonic seconds of /api/v1/clock."),
    "seconds": _NUMBER,
    "ticks": _WHOLE,
    "resting": _SWITCH,
    "exact": _said("boolean", "Whether it has begun; a bar to come is a prediction."),
    "section": _or_null(_TEXT),
    "chords": _list(_object({"tick": _WHOLE, "symbol": _TEXT}), "The chords that begin in it."),
    "muted": _list(_TEXT),
    "tacet": _list(_TEXT, "Voices that the form lets be silent."),
    "repeated": _list(_TEXT, "Voices that had nothing new."),
    "open": _list(_TEXT, "Voices of which it is not known yet what they play."),
    "controls": _list(
        {"type": "array", "minItems": 3, "maxItems": 3},
        "Voice, number and value of the controllers that hold in it, such as volume (7), place (10) and reverb (91).",
    ),
    "programs": _list(
        {"type": "array", "minItems": 2, "maxItems": 2},
        "Voice and number of the programs (from 0) that a mood gives to voices in it.",
    ),
    "notes": _list(
        {"type": "array", "minItems": 5, "maxItems": 6},
        "Voice, tick, pitch, velocity and length in ticks, as the port is sent them; a 1 behind them says that the "
        "note goes on from one of its voice and pitch that ends there.",
    ),
    "pace": _list(
        _list(_NUMBER), "Where the tempo changes within the bar: from which tick, at which moment, seconds for a tick."
    ),
}
_EVENTS = (
    "Server-Sent Events: `now` (what /api/v1/now answers) at first and whenever it changes, and `bar` as each bar "
    "begins, with the bars that follow as `ahead`. Ids are resumable by Last-Event-ID."
)

LIVE_PATHS: PathItems = {
    "/api/v1/now": {
        "get": {
            "summary": "What plays.",
            "responses": {"200": {"description": "The state.", "content": {"application/json": {"schema": NOW}}}},
        }
    },
    "/api/v1/clock": {
        "get": {
            "summary": "The clocks by which moments are told, to measure how far one's own is off.",
            "responses": {
                "200": {
                    "description": "Monotonic seconds, seconds since 1970, and those since midnight at the place.",
                    "content": {
                        "application/json": {"schema": _object({"now": _NUMBER, "wall": _NUMBER, "day": _NUMBER})}
                    },
                }
            },
        }
    },
    "/api/v1/events": {
        "get": {
            "summary": "What plays, as it goes on.",
            "description": _EVENTS,
            "parameters": [{"name": "Last-Event-ID", "in": "header", "schema": _TEXT}],
            "responses": {"200": {"description": "A stream without end.", "content": {"text/event-stream": {}}}},
        }
    },
}
BAR: Schema = _object(
    {
        **_BAR_FIELDS,
        "ahead": _list(_object(_BAR_FIELDS, optional=("pace",)), "The bars that follow, in the same form."),
    },
    "What an event `bar` says.",
    optional=("pace",),
)
"""Events have no place of their own in OpenAPI 3.1: it is among the extensions of ``/api/v1/events``."""
LIVE_PATHS["/api/v1/events"]["get"]["x-events"] = {"now": NOW, "bar": BAR}
