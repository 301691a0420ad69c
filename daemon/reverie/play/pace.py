"""How fast the music goes: as the scene and the plans of its bars say, as control has set, or as a leader does."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reverie.music.time import TICKS_PER_QUARTER
from reverie.play.bars import Bar
from reverie.play.following import Following
from reverie.play.score import SceneScore
from reverie.play.sync.leader import Leader
from reverie.play.timeline import Timeline

HURRIED = 0.005  # seconds by which what lies before the entry into a bar is over


class Pace:
    """The timeline of all bars, and whoever is followed along it."""

    def __init__(self, leaders: Mapping[str, Leader]) -> None:
        self.timeline = Timeline(0, 0.0, 1.0)
        self.following = Following(leaders)
        self._qpm: float | None = None

    @property
    def qpm(self) -> float:
        """Quarters per minute now."""
        return 60 / (self.timeline.seconds_per_tick * TICKS_PER_QUARTER)

    def set(self, qpm: float | None) -> bool:
        """Control sets a tempo in place of the scenes' own, or gives it back; whether that changes the pace now."""
        before, self._qpm = self._qpm, qpm
        return qpm != before and not self.following.followed

    def change(self, score: SceneScore, scene_bar: int, now: float) -> None:
        """Go at another tempo from now on, in the midst of a bar."""
        self.timeline.bend(self.timeline.tick_at(now), now, self._own(score, scene_bar))

    def lay(self, bar: Bar, score: SceneScore, scene_bar: int, moment: float, now: float) -> bool:
        """Lay out the time of a bar that would begin at ``moment``.

        It begins with its leader's last or next bar line, if there is one to be met; True where that has passed.
        """
        lead = score.scene.lead
        led = self.following.next_line(lead, bar.tick, bar.ticks, moment, now)
        if led is not None:
            self.timeline.bend(bar.tick, *led)
        else:
            own = not self.following.free_runs(lead)
            pace = self._own(score, scene_bar) if own else self.timeline.seconds_per_tick
            self.timeline.bend(bar.tick, moment, pace)
        return led is not None and led[0] < moment - HURRIED

    def mark(self) -> Callable[[], None]:
        """What puts back the timeline, and who is met where, to what they are now."""
        marks = self.timeline.mark(), self.following.mark()

        def put_back() -> None:
            for one in marks:
                one()

        return put_back

    def _own(self, score: SceneScore, scene_bar: int) -> float:
        """Seconds for a tick where nobody leads."""
        return 60 / (self._qpm * TICKS_PER_QUARTER) if self._qpm else score.seconds_per_tick(scene_bar)
