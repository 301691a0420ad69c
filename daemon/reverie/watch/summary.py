"""The truth in one sentence for a person: whether it plays, whether that can be heard, and what is wrong.

It is no judgement for a watchdog: what it complains of may be nothing that a new start could mend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reverie.errors import ended
from reverie.watch.evidence import Evidence
from reverie.watch.verdict import Verdict

GOOD, DOUBTFUL, BAD = "good", "doubtful", "bad"
_MARKS = {GOOD: "✓", DOUBTFUL: "!", BAD: "✗"}


@dataclass(frozen=True, slots=True)
class Summary:
    """``level`` is ``good``, ``doubtful`` (something is wrong, and music is heard or rests) or ``bad``."""

    level: str
    sentence: str

    @property
    def mark(self) -> str:
        """A sign for the eye."""
        return _MARKS[self.level]

    @property
    def text(self) -> str:
        """The sentence behind its sign."""
        return f"{self.mark} {self.sentence}"


def summarize(
    alive: Verdict, evidence: Evidence, rest: str, concerns: Sequence[str], passing: str = "", page: str = ""
) -> Summary:
    """Judge all that is known.

    Args:
        alive: Whether bars go out as they should.
        evidence: What was seen of the player and its slots.
        rest: Why and until when nothing shall sound; counts if the last bar rested.
        concerns: What is wrong besides; a sentence each, the worst first.
        passing: That another scene waits for the end of this one, if one does.
        page: The address at which browsers hear it all the same, if there is one.
    """
    bar = evidence.bar
    if not alive.ok or bar is None:
        return Summary(BAD, _with(alive.sentence, concerns))
    unheard = [f"{name}: {detail.rstrip('.')}" for name, detail in evidence.unheard()]
    plays = f"{evidence.sounding_scene}, bar {evidence.sounding_bar}"
    going = f"{plays}, {passing}" if passing else plays
    if bar.resting:
        missing = [f"Without a device: {ended(' — '.join(unheard))}"] if unheard else []
        return _but(rest.rstrip("."), [*missing, *concerns])
    if unheard and not evidence.audible:
        but = f" but in browsers (open {page} and press Listen)" if page else ""
        tape = f"The music ({going}) goes on to its tape {'as well' if page else 'alone'}."
        return Summary(BAD, _with(f"Nothing can be heard{but}: {ended(' — '.join(unheard))} {tape}", concerns))
    if evidence.all_muted:
        return Summary(DOUBTFUL, _with(f"Nothing can be heard: every voice of {plays} is muted by hand.", concerns))
    if unheard:
        concerns = [f"Without a device: {ended(' — '.join(unheard))}", *concerns]
    return _but(f"Plays {going}", concerns) if concerns else Summary(GOOD, f"Playing {going}.")


def _but(good: str, concerns: Sequence[str]) -> Summary:
    if not concerns:
        return Summary(GOOD, ended(good))
    return Summary(DOUBTFUL, f"{good}, but: {_first(concerns)}")


def _with(sentence: str, concerns: Sequence[str]) -> str:
    return f"{sentence} {_first(concerns)}" if concerns else sentence


def _first(concerns: Sequence[str]) -> str:
    more = len(concerns) - 1
    return f"{ended(concerns[0])}{f' ({more} more below.)' if more else ''}"
