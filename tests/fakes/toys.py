"""What visitors play with in a hall whose music is made up: wishes are noted down, and come true at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reverie.control.visitors import PlayAnswer, Visitor
from reverie.music.drums import DRUMS
from reverie.site.visitor_rules import VISITOR_ACTS, VisitorAct

TUNES = ("D5:4 F5:4 A5:4 G5:4", "A4:2 C5:2 D5:4 E5:8", "G5:8 E5:8", "D5:2 .:6 F5:8")


class Toys:
    """All that there can be: drums, a melody, buttons, moods; ``wishes`` are what was asked, oldest first."""

    def __init__(self) -> None:
        self.wishes: list[tuple[VisitorAct, Mapping[str, Any]]] = []
        self.turns: list[bool] = []
        self.answer: PlayAnswer | None = None
        self.told: dict[str, Any] = {
            "allow": sorted(VISITOR_ACTS),
            "together": "free",
            "turn": {"yours": False, "may": True, "seconds": None, "waiting": 0},
            "idle": 120.0,
            "idle_in": None,
            "limits": {
                "tempo": [70, 130],
                "swing": [0.5, 0.7],
                "temperature": [0.7, 1.3],
                "density": [0.5, 2.0],
                "at_once": 4,
            },
            "moods": ["fear", "joy", "longing"],
            "mood": None,
            "votes": {},
            "bar": 12,
            "tempo": 100.0,
            "swing": 0.5,
            "temperatures": {"beat": 1.0, "lead": 1.0},
            "contour": {"voice": "keys", "now": None},
            "drums": {
                "voice": "beat",
                "bars": 2,
                "steps": 32,
                "bar_steps": 16,
                "beats": [0, 4, 8, 12],
                "drums": [*DRUMS],
                "playing": {"bass": "x...x...x...x..." * 2, "closed-hat": "x.x.x.x.x.x.x.x." * 2},
                "continues": True,
                "set": None,
                "heard": False,
                "begun": 0,
                "loop": "0abc",
                "rests_until": None,
            },
            "melody": {
                "voice": "lead",
                "tunes": [*TUNES],
                "mixes": True,
                "set": None,
                "heard": False,
                "begun": 0,
                "loop": "0abd",
                "rests_until": None,
            },
        }

    def state(self, visitor: Visitor) -> Mapping[str, Any]:
        del visitor
        return self.told

    def wish(self, act: VisitorAct, wanted: Mapping[str, Any], visitor: Visitor) -> PlayAnswer:
        del visitor
        self.wishes.append((act, wanted))
        if self.answer is not None:
            return self.answer
        if act == "drums":
            there = {name: wanted[name] for name in ("rows", "marker", "own", "density")} if "rows" in wanted else None
            self.told["drums"] |= {"set": there, "heard": there is not None}
        if act == "melody":
            there = {"tunes": wanted["tunes"], "shares": wanted["shares"]} if "tunes" in wanted else None
            self.told["melody"] |= {"set": there, "heard": there is not None}
        if act == "keep":
            return PlayAnswer(ok=True, key="play.kept", more={"link": "/moment/0123456789abcdef"})
        return PlayAnswer(True, "play.heard", {"bar": 128}, 128)

    def turn(self, visitor: Visitor, *, leave: bool = False) -> PlayAnswer:
        del visitor
        self.turns.append(leave)
        self.told["turn"] = {"yours": not leave, "may": True, "seconds": None, "waiting": 0}
        return PlayAnswer(ok=True, key="play.turn.left" if leave else "play.turn.yours")
