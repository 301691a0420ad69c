"""Voices that get no new loop: since when, why, and what an artist can do about it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from reverie.compose.composer import Composed
from reverie.compose.voice_plan import VoicePlan

PATIENCE = 3
"""Answers in a row without a new loop from which people are told."""

SAME = "same"
CRASHED = "crashed"
_REASONS = {
    "empty": "were empty",
    "sparse": "had too few notes, or an empty bar",
    "dense": "had too many notes",
    "one_pitch": "stayed on one pitch",
    SAME: "were the loop before once more",
}
_KEYS = {"one_pitch": "primer", SAME: "temperature", CRASHED: "model"}
"""Where in its file a voice is to be changed, by reason; density else."""


@dataclass(frozen=True, slots=True)
class Stall:
    """A voice that gets no new loop, in a sentence, and advice; ``key`` is the voice's key that has to do with it."""

    sentence: str
    advice: str
    key: str = "density"

    def __str__(self) -> str:
        return f"{self.sentence} {self.advice}"


@dataclass(slots=True)
class Stalled:
    """What came of a voice's requests since its last new loop. ``since`` is the scene bar in which that begins."""

    since: int | None = None
    answers: int = 0
    temperature: float | None = None
    refused: Counter[str] = field(default_factory=Counter[str])
    _told: tuple[str, Stall] | None = None

    def answered(self, plan: VoicePlan, answer: Composed, bar: int) -> None:
        """An answer came: with a loop, which begins in ``bar``, or without a new one."""
        if answer.loop is not None and not answer.is_the_loop_before:
            self.since, self.answers, self._told = bar, 0, None
            self.refused.clear()
            return
        self.temperature = answer.recipe.temperature
        self.refused.update(answer.refused)
        if answer.loop is not None:
            self.refused[SAME] += plan.candidates
        self._add(plan)

    def crashed(self, plan: VoicePlan) -> None:
        """What the voice asked for was the end of the composer, time and again."""
        self.refused[CRASHED] += 1
        self._add(plan)

    @property
    def stall(self) -> Stall | None:
        """What people are to be told; the same until the reason is another one."""
        return self._told and self._told[1]

    def _add(self, plan: VoicePlan) -> None:
        self.answers += 1
        if self.answers < PATIENCE and not self.refused[CRASHED]:
            return
        [(reason, _)] = self.refused.most_common(1)
        reason = CRASHED if self.refused[CRASHED] else reason
        if self._told is None or self._told[0] != reason:
            self._told = (
                reason,
                Stall(
                    self._sentence(plan, reason), _advice(plan, reason, self.temperature), _KEYS.get(reason, "density")
                ),
            )

    def _sentence(self, plan: VoicePlan, reason: str) -> str:
        since = "yet" if self.since is None else f"since bar {self.since + 1}"
        said = f"Voice {plan.voice} of {plan.scene} has had no new loop {since}: "
        if reason == CRASHED:
            return said + "composing what it asks for is the end of the composer, again and again."
        everything = self.refused.total()
        return said + f"{self.refused[reason]} of {everything} candidates {_REASONS.get(reason, reason)}."


def _advice(plan: VoicePlan, reason: str, at: float | None) -> str:
    temperature = f"its temperature (it is {plan.temperature(0) if at is None else at:g})"
    below = "; below 1, bars may be empty" if plan.limits.least >= 1 else ""
    least = f"Lower the least of its density (it is {plan.limits.least:g}{below})"
    return {
        "empty": f"{least}, or raise {temperature}.",
        "sparse": f"{least}, or raise {temperature}.",
        "dense": f"Raise the most of its density (it is {plan.limits.most:g}), or lower {temperature}.",
        "one_pitch": f"Raise {temperature}, or give it another primer.",
        SAME: f"Raise {temperature}, or let its novelty begin at 0 if that is meant.",
        CRASHED: "See the log for what the composer said; give the voice another primer, or another model.",
    }.get(reason, "Give it another primer, or another model.")
