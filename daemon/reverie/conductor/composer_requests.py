"""What the composer has been asked and has not answered yet."""

from __future__ import annotations

from dataclasses import dataclass, field

from reverie.compose.messages import ComposeLoop
from reverie.compose.novelty_bands import NoveltyBands
from reverie.compose.recipe import Recipe
from reverie.processes.codec import to_message
from reverie.processes.wire import Message


@dataclass(slots=True)
class Requests:
    """Numbers questions, finds them again by their answers, and knows how long the composer has been silent.

    All moments are monotonic seconds and handed in.
    """

    _open: dict[int, tuple[int, Recipe]] = field(default_factory=dict[int, tuple[int, Recipe]])
    _last_number: int = 0
    _heard: float = 0.0

    def ask(
        self, epoch: int, recipe: Recipe, now: float, bands: NoveltyBands | None = None, moment: float = 0.0
    ) -> Message:
        """The message that asks for ``recipe`` on behalf of the scene ``epoch``.

        ``bands`` say how new the loop is to be beside what was played up to the ``moment``.
        """
        if not self._open:
            self._heard = now
        self._last_number += 1
        self._open[self._last_number] = (epoch, recipe)
        return to_message(ComposeLoop.of(self._last_number, recipe, bands, moment))

    @property
    def last_number(self) -> int:
        """The number of the question that was asked last."""
        return self._last_number

    def answered(self, number: int, now: float) -> tuple[int, Recipe] | None:
        """Whose answer this is; None for one that nobody waits for any more."""
        self._heard = now
        return self._open.pop(number, None)

    def heard(self, now: float) -> None:
        """The composer showed that it is at work, such as by loading a model."""
        self._heard = now

    def lost(self) -> tuple[int, Recipe] | None:
        """The composer died: nothing of it will be answered. Says what it was computing: the oldest question."""
        oldest = next(iter(self._open.values()), None)
        self._open.clear()
        return oldest

    def silent_for(self, now: float) -> float:
        """Seconds since the composer last gave a sign of work, while it owes an answer; else 0."""
        return now - self._heard if self._open else 0.0
