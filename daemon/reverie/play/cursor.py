"""Where the player is: the score that plays, the score that comes next, and the events of the bar written ahead."""

from __future__ import annotations

from collections.abc import Callable, Collection

from reverie.play.bar_events import BarEvents, write_bar_events
from reverie.play.messages import Part, Place, SetScene, TellBars, TellChords
from reverie.play.score import SceneScore


class ScoreCursor:
    """Whose bars are played, by the player's own count of bars."""

    def __init__(self) -> None:
        self.score: SceneScore | None = None
        self._start = 0
        self._next: tuple[int, SceneScore] | None = None
        self._bar_events: BarEvents | None = None
        self._swing: float | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of the scene that is played."""
        return self.score.scene.parts if self.score else ()

    @property
    def next_is_ready(self) -> bool:
        """Whether a scene that has not begun could."""
        return self._next is not None and self._next[1].ready

    @property
    def is_written(self) -> bool:
        """Whether the next bar is written out."""
        return self._bar_events is not None

    def fork(self) -> ScoreCursor:
        """One that stands at the same bar, by which to look ahead: what it is told and forgets, this one does not."""
        forked = ScoreCursor()
        forked.score, forked._start = self.score and self.score.fork(), self._start
        forked._next = self._next and (self._next[0], self._next[1].fork())
        forked._swing = self._swing
        return forked

    def set_scene(self, scene: SetScene) -> None:
        """Put a scene up, to begin at its bar."""
        self._bar_events = None
        self._next = (scene.at_bar, SceneScore(scene))

    def hear(self, told: Place | TellChords | TellBars) -> None:
        """Keep what is told of the scene that is played, or of the next: a loop, chords, or plans of bars to come."""
        if not isinstance(told, TellChords):
            self._bar_events = None
        for score in (self.score, self._next[1] if self._next else None):
            if score is not None:
                score.hear(told)

    def concerns(self, told: Place | TellBars, number: int) -> bool:
        """Whether what is told may change bar ``number``.

        A loop is in that bar already, or makes the next scene ready for it; plans are of that bar, or of one before.
        """
        if self._next is not None and told.epoch == self._next[1].scene.epoch:
            return isinstance(told, Place) and number >= self._next[0]
        first = told.start_bar if isinstance(told, Place) else told.first_bar
        return self.score is not None and told.epoch == self.score.scene.epoch and first <= self.scene_bar(number)

    def mark(self) -> Callable[[], None]:
        """What puts back which score is played, and what is written out, to what it is now."""
        score, start, following, bar_events = self.score, self._start, self._next, self._bar_events

        def put_back() -> None:
            self.score, self._start, self._next, self._bar_events = score, start, following, bar_events

        return put_back

    @property
    def swing(self) -> float | None:
        """The share that people have set in place of the scenes' own swing; None: nothing."""
        return self._swing

    def set_swing(self, share: float | None) -> None:
        """Swing so from the next bar on that is taken."""
        self._swing, self._bar_events = share, None

    def tear(self) -> None:
        """What was written out does not hold any more."""
        self._bar_events = None

    def scene_bar(self, number: int) -> int:
        """Which bar of its scene bar ``number`` is."""
        return number - self._start

    def turn(self, number: int, *, first: bool) -> bool:
        """Go over to the next scene if it begins with bar ``number``, or has waited for the ``first`` bar of all."""
        score, start = self._score_of(number, first=first)
        if score is self.score:
            return False
        self.score, self._start, self._next = score, start, None
        return True

    def write_ahead(
        self, number: int, tick: int, clocked: Collection[str], rests: Callable[[SceneScore], bool]
    ) -> None:
        """Write out bar ``number``, which begins at ``tick``, with MIDI clock for the slots ``clocked``."""
        score, start = self._score_of(number, first=False)
        if score is not None:
            self._bar_events = write_bar_events(
                score, number - start, tick, resting=rests(score), clocked=clocked, swing=self._swing
            )

    def take(
        self, score: SceneScore, scene_bar: int, tick: int, clocked: Collection[str], *, resting: bool
    ) -> BarEvents:
        """The events of that bar: as they were written ahead or, where something has changed since, written now."""
        bar_events, self._bar_events = self._bar_events, None
        if bar_events is None or not bar_events.is_of(score, scene_bar, tick, resting=resting):
            bar_events = write_bar_events(score, scene_bar, tick, resting=resting, clocked=clocked, swing=self._swing)
        return bar_events

    def _score_of(self, number: int, *, first: bool) -> tuple[SceneScore | None, int]:
        """Whose bar ``number`` is, and the number of its scene's first bar."""
        if self._next is None or not self._next[1].ready or (number < self._next[0] and not first):
            return self.score, self._start
        score = self._next[1]
        return score, number - score.scene.first_bar
