"""What may be asked of the music by MQTT: a topic each, and a payload that people can type."""

from __future__ import annotations

from typing import Any

from reverie.foreign import quoted
from reverie.mqtt.broker_topics import NO_MOOD
from reverie.site.actions import ControlError

WISHES = ("scene", "mood", "volume", "pause", "next", "panic")
LONGEST_PAYLOAD = 200
"""Bytes of a wish: a name is shorter."""
_SWITCHED = {"ON": True, "OFF": False}


def wish_of(what: str, payload: bytes) -> dict[str, Any]:
    """The plain data of the action that a message asks for (:mod:`reverie.control.plain_action`).

    Raises:
        ControlError: if it asks for none.
    """
    if what not in WISHES:
        raise ControlError(f"nothing is set by {quoted(what[:40])}; {', '.join(WISHES)} are")
    if len(payload) > LONGEST_PAYLOAD:
        raise ControlError(f"a wish has {LONGEST_PAYLOAD} bytes at most")
    text = payload.decode("utf-8", "replace").strip()
    match what:
        case "next" | "panic":
            return {"action": what}
        case "pause":
            if text.upper() not in _SWITCHED:
                raise ControlError("a pause is ON or OFF")
            return {"action": "pause", "value": _SWITCHED[text.upper()]}
        case "mood":
            return {"action": "wake"} if text in {"", NO_MOOD} else {"action": "dream", "value": text}
        case "volume":
            try:
                return {"action": "volume", "value": float(text)}
            except ValueError:
                raise ControlError("a volume is a number, such as 0.8") from None
        case _:
            return {"action": "scene", "value": text}
