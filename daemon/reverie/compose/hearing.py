"""Who hears whom in an ensemble: how far others must be composed before a voice is, and what it hears of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial

from reverie.compose.heard_loops import Bars, Heard, bars_to_hear, heard_loops, only_suited
from reverie.compose.turns import Hears, hears_nothing
from reverie.compose.voice_in_play import VoiceInPlay
from reverie.play.messages import Part

HEARS_AHEAD = 32
"""Bars before its last loop is over from which the voices that a voice hears are composed up to what it composes next:
twice the longest loop. Else a voice that holds its loops for hours would have the others composed for hours."""


@dataclass(frozen=True, slots=True)
class WhoHears:
    """The voices of a scene, in the order in which they are composed, and their parts."""

    voices: dict[str, VoiceInPlay]
    parts: Mapping[str, Part]

    def hears(self, name: str) -> dict[str, Bars]:
        """Which bars of others this voice hears when it composes next, from the start of its loop on."""
        names = [*self.voices]
        return bars_to_hear(self.voices[name].line, names[: names.index(name)])

    def heard_until(self, now: int, ahead: int) -> dict[str, int]:
        """For each voice the bar up to which it will be heard by one that is composed after it, next.

        Args:
            now: the scene bar that sounds.
            ahead: how many loops every voice is to have queued.
        """
        until = dict.fromkeys(self.voices, 0)
        soon = now + HEARS_AHEAD
        for name, voice in reversed(self.voices.items()):
            wants = voice.ahead(now) < ahead or voice.line.end_bar < until[name]
            if wants and not voice.asked and voice.line.end_bar <= soon:
                for other, (_, end) in self.hears(name).items():
                    until[other] = max(until[other], voice.line.end_bar + end)
        return until

    def can_hear(self, name: str, now: int | None) -> bool:
        """Whether those that this voice hears are placed in all the bars that it hears of them.

        A voice whose last loop is over within as many bars as it composes does not wait, once the scene is played (its
        bar ``now`` sounds): it hears what is there.
        """
        line = self.voices[name].line
        if now is not None and line.end_bar - now <= line.plan.bars:
            return True
        hears = self.hears(name)
        return all(self.voices[one].line.end_bar >= line.end_bar + end for one, (_, end) in hears.items())

    def heard(self, name: str) -> Heard:
        """What this voice hears when it composes next."""
        line, parts, hears = self.voices[name].line, self.parts, self.hears(name)
        for one in hears.keys() & only_suited(line):
            first, end = hears[one]
            hears[one] = first, min(end, line.plan.bars, self.voices[one].line.end_bar - line.end_bar)
        others = {one: (self.voices[one], parts[one].schedule, bars) for one, bars in hears.items()}
        return heard_loops(others, line.end_bar)

    def suits(self, name: str) -> Hears:
        """What is placed of the voices which this one suits, and will not be composed anew, in any bars."""
        relations = self.voices[name].line.plan.relations
        suited = {one.voice for one in relations if one.suits and one.voice in self.voices}
        return partial(self._placed, suited) if suited else hears_nothing

    def _placed(self, names: Collection[str], start: int, bars: int) -> Heard:
        parts = self.parts
        ends = {name: min(bars, self.voices[name].line.end_bar - start) for name in names}
        others = {name: (self.voices[name], parts[name].schedule, (0, end)) for name, end in ends.items()}
        return heard_loops(others, start)
