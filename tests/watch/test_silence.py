"""What is silence that nobody intended, and what only has no note that begins."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from reverie.bus import Bus
from reverie.music.time import Metre, Schedule, Tempo
from reverie.play.messages import BarPlayed, Part, SetScene
from reverie.watch.happenings import Moment, SceneGiven
from reverie.watch.silence import EMPTY_BARS, BarSound, SilenceJudge


class Judged:
    """A judge of bars of a scene with one voice."""

    def __init__(self, *, schedule: Schedule | None = None) -> None:
        self.judge, self.number, bus = SilenceJudge(), 0, Bus()
        self.judge.subscribe_to(bus)
        parts = (Part("lead", "main", 1, schedule=schedule or Schedule()),)
        bus.publish(SceneGiven(Moment(0.0, 0.0), SetScene(1, 0, "one", Metre(), Tempo(120.0), parts)))

    def bars(self, count: int, *, due: int = 0, sent: int = 0, **more: Any) -> list[BarSound]:
        return [self._bar(due, sent, more) for _ in range(count)]

    def _bar(self, due: int, sent: int, more: dict[str, Any]) -> BarSound:
        number, self.number = self.number, self.number + 1
        played = BarPlayed(1, "one", number, number, False, {"lead": due}, sent, (), (), {}, due)
        return self.judge.judge(replace(played, **more))


def test_notes_that_were_due_and_taken_by_no_device_are_silence() -> None:
    judged = Judged()
    assert judged.bars(1, due=4, sent=4) == [BarSound.MUSIC]
    assert judged.bars(3, due=4) == [BarSound.UNINTENDED] * 3
    assert judged.bars(1, due=4, sent=4) == [BarSound.MUSIC]


def test_a_chord_that_no_device_took_is_not_heard_in_the_bars_that_hold_it_either() -> None:
    judged = Judged()
    assert judged.bars(1, due=1) + judged.bars(3) == [BarSound.UNINTENDED] * 4
    assert judged.bars(1, due=1, sent=1) + judged.bars(3) == [BarSound.MUSIC] * 4


def test_an_empty_score_is_silence_once_no_loop_is_that_long() -> None:
    judged = Judged()
    judged.bars(1, due=4, sent=4)
    assert judged.bars(EMPTY_BARS - 1) == [BarSound.MUSIC] * (EMPTY_BARS - 1)
    assert judged.bars(2) == [BarSound.UNINTENDED] * 2
    assert judged.bars(1, resting=True) + judged.bars(1) == [BarSound.INTENDED, BarSound.MUSIC]


def test_mutes_plans_and_schedules_are_meant_for_as_long_as_they_last() -> None:
    judged = Judged()
    assert set(judged.bars(100, muted=("lead",))) == {BarSound.INTENDED}
    assert set(judged.bars(100, tacet=("lead",))) == {BarSound.INTENDED}
    scheduled = Judged(schedule=Schedule(every=64, spans=((1, 2),)))
    assert scheduled.bars(2, due=1, sent=1) == [BarSound.MUSIC] * 2
    assert set(scheduled.bars(62)) == {BarSound.INTENDED}


def test_a_mute_that_is_over_does_not_excuse_what_follows() -> None:
    judged = Judged()
    judged.bars(10, muted=("lead",))
    assert judged.bars(2, due=4) == [BarSound.UNINTENDED] * 2


def test_whoever_heard_of_no_scene_goes_by_the_bars() -> None:
    judge = SilenceJudge()
    bar = BarPlayed(7, "two", 0, 0, False, {"lead": 0}, 0, (), (), {}, 4)
    assert judge.judge(bar) is BarSound.UNINTENDED
    assert judge.judge(replace(bar, due=0)) is BarSound.UNINTENDED
    assert judge.judge(replace(bar, due=0, muted=("lead",))) is BarSound.INTENDED
