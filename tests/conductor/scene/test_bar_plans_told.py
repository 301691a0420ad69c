"""The player is told some bars ahead how they are to be played: in each life, and anew as the course changes."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.engine import DiceEngine
from fakes.scenes import TEXT
from fakes.scenes import scene as read_scene
from reverie.compose.arrangement import Arrangement
from reverie.compose.course import BarState, VoiceState
from reverie.compose.ensemble import Ensemble
from reverie.conductor.arranging import repertoire
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.offline import performing
from reverie.conductor.offline.performing import perform
from reverie.conductor.scene.bar_plans_told import AHEAD, BarPlansTold
from reverie.play.messages import BarPlan, PartPlan, TellBars, ToPlayer
from reverie.play.told_plans import ToldPlans
from reverie.processes.codec import from_message

mido: Any = importlib.import_module("mido")


@dataclass(frozen=True)
class Stepped:
    """Each state holds from its bar on."""

    states: Mapping[int, BarState] = field(default_factory=dict[int, BarState])

    def at(self, bar: int) -> BarState:
        return self.states[max(one for one in self.states if one <= bar)]

    def begins(self, voice: str, after: int) -> int | None:
        del voice, after
        return None


def state(tempo: float = 1.0, **lead: Any) -> BarState:
    return BarState(tempo=tempo, voices={"lead": VoiceState(**lead)})


COURSE = Stepped({0: state(), 5: state(0.8, dynamics=0.5), 20: state(sounds=False), 40: state(controls=((10, 3),))})
OTHER = Stepped({0: state(2.0)})


def ensemble(course: Stepped | None) -> Ensemble:
    return Ensemble(replace(arrange(read_scene(TEXT), {}), course=course), 1, {})


def held(plans: ToldPlans, bar: int) -> tuple[float, Mapping[str, PartPlan]]:
    return plans.at(bar).tempo, plans.at(bar).parts


def test_bars_are_told_ahead_and_each_is_as_the_course_has_it() -> None:
    playing, telling, plans = ensemble(COURSE), BarPlansTold(), ToldPlans()
    said = 0
    for bar in range(60):
        if one := telling.due(playing):
            plans.tell(one)
            said += 1
        for ahead in range(AHEAD):
            there = COURSE.at(bar + ahead)
            voice = there.voice("lead")
            plan = PartPlan(voice.sounds, voice.dynamics, voice.controls)
            assert held(plans, bar + ahead) == (there.tempo, {} if plan == PartPlan() else {"lead": plan})
        playing.played(bar)
    assert said < 10


def test_a_course_that_changes_is_told_anew_from_the_bar_after_the_one_that_sounds() -> None:
    playing, telling = ensemble(COURSE), BarPlansTold()
    assert telling.due(playing)
    playing.played(0)
    assert telling.due(playing) is None
    playing.arrangement = replace(playing.arrangement, course=replace(COURSE))
    assert telling.due(playing) is None, "an equal course says the same"
    playing.arrangement = replace(playing.arrangement, course=OTHER)
    assert telling.due(playing) == TellBars(1, 2, (BarPlan(2, 2.0),))
    assert telling.due(playing) is None
    playing.arrangement = replace(playing.arrangement, course=None)
    assert telling.due(playing) == TellBars(1, 2, (BarPlan(2),)), "as the scene says"


def test_a_scene_without_a_course_tells_nothing() -> None:
    playing, telling = ensemble(None), BarPlansTold()
    for bar in range(40):
        assert telling.due(playing) is None
        playing.played(bar)


@pytest.fixture
def theatre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Theatre:
    def arranged(*arguments: Any, **named: Any) -> Arrangement:
        return replace(arrange(*arguments, **named), course=COURSE)

    monkeypatch.setattr(repertoire, "arrange", arranged)
    theatre = Theatre(tmp_path, {"study": TEXT})
    theatre.begin()
    theatre.answer()
    return theatre


def told(theatre: Theatre) -> list[TellBars]:
    said = [from_message(ToPlayer, message) for message in theatre.player.sent]
    return [one for one in said if isinstance(one, TellBars)]


def test_a_new_life_is_told_how_the_bar_is_that_it_begins_with(theatre: Theatre) -> None:
    for _ in range(7):
        theatre.play()
        theatre.answer()
    before = len(told(theatre))
    assert before == 1
    theatre.player.dies()
    theatre.player.starts()
    (anew,) = told(theatre)[before:]
    assert (anew.first_bar, anew.plans[0]) == (7, BarPlan(7, 0.8, {"lead": PartPlan(dynamics=0.5)}))
    kinds = [message["type"] for message in theatre.player.sent]
    last = max(index for index, kind in enumerate(kinds) if kind == "scene")
    assert kinds.index("bars", last) < kinds.index("place", last), "before its first loop can begin"


def test_the_tempo_that_is_shown_is_the_one_that_is_heard(theatre: Theatre) -> None:
    music = theatre.conductor.music
    assert music
    assert music.tempo() == 120
    theatre.play(6)
    assert music.tempo() == pytest.approx(96)


def test_long_bars_that_were_planned_are_waited_for(theatre: Theatre) -> None:
    evidence = theatre.conductor._evidence
    theatre.play(1)
    begun = theatre.clock.now()
    assert not evidence.bar_is_due(begun + 10)
    assert evidence.bar_is_due(begun + 10.1)
    evidence.bars_planned(1, 0.25)
    assert not evidence.bar_is_due(begun + 24)
    assert evidence.bar_is_due(begun + 24.1), "three bars of eight seconds"


def test_a_file_has_silence_loudness_tempo_and_controllers_of_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    states = {
        0: state(dynamics=1.0),
        2: state(0.5, dynamics=0.1),
        3: state(sounds=False),
        4: state(controls=((10, 3),)),
    }

    def arranged(*arguments: Any, **named: Any) -> Arrangement:
        return replace(arrange(*arguments, **named), course=Stepped(states))

    monkeypatch.setattr(performing, "arrange", arranged)
    path = tmp_path / "a.mid"
    perform(read_scene(TEXT), {}, DiceEngine(), bars=6, seed=1, path=path, progress=lambda _bar: None)
    file = mido.MidiFile(path)
    now, tempos = 0, list[tuple[int, float]]()
    for message in file.tracks[0]:
        now += message.time
        if message.type == "set_tempo":
            tempos.append((now // 1920, round(mido.tempo2bpm(message.tempo))))
    assert tempos == [(0, 120), (2, 60), (3, 120)]
    (track,) = (track for track in file.tracks if track.name == "lead")
    now, velocities, moved = 0, dict[int, list[int]](), list[tuple[int, int, int]]()
    for message in track:
        now += message.time
        if message.type == "note_on" and message.velocity:
            velocities.setdefault(now // 1920, []).append(message.velocity)
        elif message.type == "control_change":
            moved.append((now, message.control, message.value))
    assert set(velocities) == {0, 1, 2, 4, 5}
    assert max(velocities[2]) <= 9
    assert min(velocities[1] + velocities[5]) >= 50
    assert moved == [(4 * 1920, 10, 3)]
