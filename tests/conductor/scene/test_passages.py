"""One scene passes into the next: what plays comes to an end, and the other waits for it."""

from __future__ import annotations

from datetime import time
from pathlib import Path
from typing import Any

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.scenes import TEXT
from fakes.simulated_day import live_through
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.conductor.scene.passages import BOUNCE
from reverie.play.messages import BarPlan, PartPlan, SlotState, TellBars, TellChords, ToPlayer
from reverie.processes.codec import from_message
from reverie.site.actions import Action
from reverie.watch.happenings import BarSounded, SceneBegun

BEGUN = 21
"""Bars that have gone out when another scene is asked for: bar 21 sounds, and a phrase begins with bar 24."""
LINE = 24
PAD = """
  pad:
    kind: chords
    register: [C3, C5]
    output: {slot: main, channel: 3}
"""
DAWN = TEXT.replace("name: study", "name: dawn").replace("seed: 3", 'seed: 3\nharmony: "Dm9 | G13 | C x2"') + PAD[1:]
ENDS = "passage: {kind: end, bars: 8}\n"
NIGHT = TEXT.replace("name: study", "name: night").replace("tempo: 120", "tempo: 96").replace("key: D", "key: A")
NOON = TEXT.replace("name: study", "name: noon").replace("tempo: 120", "tempo: 150").replace("key: D", "key: E")


def begun(tmp_path: Path, passage: str = ENDS, **options: Any) -> Theatre:
    scenes = {"dawn": passage + DAWN, "night": NIGHT, "noon": NOON}
    theatre = Theatre(tmp_path, scenes, **options)
    theatre.begin("dawn")
    go(theatre, BEGUN)
    assert theatre.bar == BEGUN - 1
    return theatre


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return begun(tmp_path)


def go(theatre: Theatre, bars: int = 1) -> None:
    for _ in range(bars):
        theatre.answer()
        theatre.play()


def ask(theatre: Theatre, name: str) -> bool:
    done = theatre.conductor.play_scene(name)
    theatre.hear()
    return done


def plays(theatre: Theatre) -> str | None:
    """What the player plays in the bar that sounds."""
    return theatre.score and theatre.score.scene.name


def plan(theatre: Theatre, bar: int, voice: str) -> PartPlan:
    assert theatre.score
    return theatre.score._plans.part(voice, bar)


def tempo(theatre: Theatre, bar: int) -> float:
    """Quarters per minute of a bar of what plays."""
    assert theatre.score
    return round(60 / (theatre.score.seconds_per_tick(bar) * 480), 2)


def until_another_plays(theatre: Theatre, most: int = 40) -> int:
    """So many bars of the scene still sound, the one that sounds now among them."""
    before = plays(theatre)
    for bars in range(1, most):
        go(theatre)
        if plays(theatre) != before:
            return bars
    raise AssertionError("nothing followed")


def test_a_scene_without_a_passage_is_cut_at_the_next_bar_line(tmp_path: Path) -> None:
    theatre = begun(tmp_path, passage="")
    assert ask(theatre, "night")
    assert theatre.scenes_set[-1].name == "night"
    assert theatre.status["passage"] is None
    assert until_another_plays(theatre) == 1


def test_the_end_begins_with_a_phrase_and_the_next_scene_after_it(theatre: Theatre) -> None:
    assert ask(theatre, "night")
    assert plays(theatre) == "dawn"
    assert theatre.status["passage"] == {
        "into": "night",
        "title": "A study",
        "bars": LINE + 8 - BEGUN,
        "sentence": "passing into night in 11 bars",
    }
    evidence = theatre.conductor._evidence
    evidence.slots_set(["main"])
    evidence.slot_changed(SlotState("main", up=True, detail="It plays."))
    assert "dawn, bar 22, passing into night in 11 bars" in theatre.conductor.summary().sentence
    go(theatre)
    assert theatre.status["passage"]["bars"] == LINE + 8 - BEGUN - 1
    assert until_another_plays(theatre) == LINE + 8 - BEGUN - 1
    assert theatre.status["passage"] is None
    assert theatre.status["scene"]["name"] == "night"
    assert theatre.bar == -1, "it begins with its first bar"


def test_voices_leave_one_after_the_other_softer_and_harmony_last(theatre: Theatre) -> None:
    ask(theatre, "night")
    go(theatre)
    bars = range(LINE - 1, LINE + 10)
    sounding = [[name for name in ("beat", "lead", "pad") if plan(theatre, bar, name).sounds] for bar in bars]
    assert sounding[0] == ["beat", "lead", "pad"]
    assert sounding[8:] == [["pad"], [], []]
    assert [len(now) for now in sounding] == sorted((len(now) for now in sounding), reverse=True)
    assert {len(now) for now in sounding} == {3, 2, 1, 0}
    assert ["lead", "pad"] in sounding, "the drums go first"
    loud = [plan(theatre, bar, "pad").dynamics for bar in bars][:9]
    assert loud == sorted(loud, reverse=True)
    assert (loud[0], loud[8]) == (1.0, 0.6)


def test_the_tempo_glides_to_that_of_the_next_scene_and_further_than_is_good_it_does_not(theatre: Theatre) -> None:
    ask(theatre, "night")
    go(theatre)
    glide = [tempo(theatre, bar) for bar in range(LINE - 1, LINE + 8)]
    assert glide == sorted(glide, reverse=True)
    assert (glide[0], glide[-1]) == (120.0, pytest.approx(96, abs=0.02))
    theatre.write("night", NIGHT.replace("tempo: 96", "tempo: 60"))
    theatre.conductor.play_scene("dawn")
    ask(theatre, "night")
    go(theatre)
    assert {tempo(theatre, bar) for bar in range(LINE - 1, LINE + 8)} == {120.0}


def test_a_scene_that_follows_a_leader_keeps_its_pace(theatre: Theatre) -> None:
    theatre.write("night", "lead: clock\n" + NIGHT)
    ask(theatre, "night")
    go(theatre)
    assert {tempo(theatre, bar) for bar in range(LINE - 1, LINE + 8)} == {120.0}


def test_the_harmony_goes_to_a_chord_that_both_keys_have(theatre: Theatre) -> None:
    """A minor is the tonic of A dorian, and a chord of D dorian."""
    ask(theatre, "night")
    go(theatre, 5)
    said = [from_message(ToPlayer, message) for message in theatre.player.sent]
    last = [one for one in said if isinstance(one, TellChords)][-1]
    marks = [(mark.bar, mark.symbol) for mark in last.chords]
    assert marks[-1] == (LINE + 6, "Am")
    go(theatre, 3)
    for bar in (LINE + 6, LINE + 7):
        classes = {note.pitch % 12 for note in dict(theatre.sounds(bar - theatre.bar)[-1])["pad"]}
        assert classes <= {9, 0, 4}
    assert theatre.status["harmony"]["chord"] != "Am"
    go(theatre)
    assert theatre.status["harmony"]["chord"] == "Am"


def test_asked_for_again_it_begins_with_the_next_bar_line(theatre: Theatre) -> None:
    ask(theatre, "night")
    go(theatre, 2)
    theatre.clock.go(5)
    assert ask(theatre, "night")
    assert until_another_plays(theatre) == 1
    assert plays(theatre) == "night"


def test_a_button_that_bounces_is_no_hurry(theatre: Theatre) -> None:
    ask(theatre, "night")
    theatre.clock.go(BOUNCE * 0.9)
    assert ask(theatre, "night")
    assert until_another_plays(theatre) == LINE + 8 - BEGUN


def test_pressed_twice_next_goes_on_at_once_to_the_scene_that_waits(theatre: Theatre) -> None:
    acts = theatre.conductor._console._acts
    acts.do(Action("next"))
    assert theatre.status["passage"]["into"] == "night"
    theatre.clock.go(1)
    acts.do(Action("next"))
    theatre.hear()
    assert until_another_plays(theatre) == 1
    assert plays(theatre) == "night"


def test_another_scene_takes_the_place_of_the_one_that_waits_and_the_tempo_goes_there(theatre: Theatre) -> None:
    ask(theatre, "night")
    go(theatre, 6)
    assert tempo(theatre, theatre.bar + 1) < 120
    assert ask(theatre, "noon")
    assert theatre.status["passage"]["into"] == "noon"
    assert theatre.status["passage"]["bars"] == LINE + 8 - BEGUN - 6
    go(theatre)
    assert tempo(theatre, LINE + 7) == pytest.approx(150, abs=0.02)
    assert until_another_plays(theatre) == LINE + 8 - BEGUN - 7
    assert plays(theatre) == "noon"


def test_what_plays_goes_on_where_it_is_asked_for_again(theatre: Theatre) -> None:
    ask(theatre, "night")
    go(theatre, 6)
    assert plan(theatre, LINE + 5, "pad").dynamics < 1
    assert ask(theatre, "dawn")
    assert theatre.status["passage"] is None
    go(theatre, 20)
    assert plays(theatre) == "dawn"
    assert all(plan(theatre, theatre.bar + bar, name) == PartPlan() for bar in (1, 5) for name in ("beat", "pad"))
    assert len(theatre.scenes_set) == 1
    assert tempo(theatre, theatre.bar + 1) == 120


def test_a_fade_lets_all_become_soft_together(tmp_path: Path) -> None:
    theatre = begun(tmp_path, "passage: {kind: fade, bars: 4}\n")
    ask(theatre, "night")
    go(theatre)
    for name in ("beat", "lead", "pad"):
        loud = [plan(theatre, bar, name).dynamics for bar in range(LINE - 1, LINE + 4)]
        assert loud == sorted(loud, reverse=True)
        assert loud[-1] == pytest.approx(0.1)
        assert [plan(theatre, bar, name).sounds for bar in (LINE + 3, LINE + 4)] == [True, False]
    assert tempo(theatre, LINE + 3) == 120
    assert until_another_plays(theatre) == LINE + 4 - BEGUN - 1


@pytest.mark.parametrize(
    ("passage", "silent_from"), [("{kind: end, bars: 4, pause: 2}", LINE + 4), ("{kind: cut, pause: 2}", LINE)]
)
def test_a_pause_is_silence_that_is_meant(tmp_path: Path, passage: str, silent_from: int) -> None:
    theatre = begun(tmp_path, f"passage: {passage}\n")
    ask(theatre, "night")
    before = plays(theatre)
    bars: list[int] = []
    while plays(theatre) == before:
        assert theatre.score
        bar = theatre.bar + 1
        if not [*theatre.score.notes(bar)]:
            bars.append(bar)
            assert {*theatre.score.tacet(bar)} | {"lead"} == {"beat", "lead", "pad"}
        go(theatre)
        assert theatre.conductor.alive().ok
    assert bars == [silent_from, silent_from + 1]


def test_a_cut_without_a_pause_is_one(tmp_path: Path) -> None:
    theatre = begun(tmp_path, "passage: cut\n")
    ask(theatre, "night")
    assert until_another_plays(theatre) == 1


def test_panic_and_the_death_of_workers_change_nothing_of_it(theatre: Theatre) -> None:
    ask(theatre, "night")
    go(theatre, 2)
    theatre.conductor.panic()
    go(theatre, 2)
    theatre.composer.dies()
    theatre.composer.starts()
    go(theatre)
    theatre.player.dies()
    bar = theatre.bar + 1
    theatre.player.starts()
    theatre.score = None
    go(theatre)
    assert theatre.bar == bar, "the new life goes on where the one before was"
    assert plan(theatre, LINE + 7, "pad") == PartPlan(dynamics=0.6)
    assert theatre.status["passage"]["into"] == "night"
    assert until_another_plays(theatre) == LINE + 8 - bar - 1
    assert plays(theatre) == "night"


def test_where_nothing_sounds_there_is_nothing_to_end(theatre: Theatre) -> None:
    theatre.conductor._console._acts.do(Action("pause", value=True))
    ask(theatre, "night")
    assert theatre.status["passage"] is None
    assert until_another_plays(theatre) == 1


def test_a_pause_by_hand_in_the_midst_loses_nothing(theatre: Theatre) -> None:
    ask(theatre, "night")
    go(theatre, 2)
    acts = theatre.conductor._console._acts
    acts.do(Action("pause", value=True))
    go(theatre, 2)
    acts.do(Action("pause", value=False))
    assert until_another_plays(theatre) == LINE + 8 - BEGUN - 4


def test_what_was_set_by_hand_holds_to_the_end_of_the_scene(theatre: Theatre) -> None:
    acts = theatre.conductor._console._acts
    acts.do(Action("mute", voice="lead"))
    ask(theatre, "night")
    go(theatre, 3)
    assert acts.overrides.muted == {"lead"}
    until_another_plays(theatre)
    assert acts.overrides.muted == frozenset()


def test_the_programme_waits_too_and_is_in_no_hurry(tmp_path: Path) -> None:
    clock = HandClock("2026-11-28 11:59:30")
    programme = Programme((ProgrammeEntry(time(8), "dawn"), ProgrammeEntry(time(12), "night")))
    theatre = begun(tmp_path, programme=programme, clock=clock)
    ask(theatre, "night")
    clock.go(60)
    for _ in range(3):
        theatre.conductor.look()
    theatre.hear()
    assert theatre.status["passage"]["into"] == "night"
    assert until_another_plays(theatre) == LINE + 8 - BEGUN
    theatre.conductor.look()
    go(theatre, 4)
    assert len(theatre.scenes_set) == 2


def test_the_files_of_both_may_change_in_the_midst(theatre: Theatre) -> None:
    ask(theatre, "night")
    go(theatre, 5)
    path = theatre.write("dawn", ENDS + DAWN.replace("velocity: [50, 90]", "velocity: [40, 90]"))
    theatre.conductor.files_changed({path})
    theatre.hear()
    go(theatre)
    assert theatre.scenes_set[-1].first_bar == theatre.bar + 1
    assert plan(theatre, LINE + 7, "pad").dynamics == 0.6
    assert theatre.status["passage"]["bars"] == LINE + 8 - BEGUN - 6
    theatre.write("night", NIGHT.replace("tempo: 96", "tempo: 97"))
    assert until_another_plays(theatre) == LINE + 8 - BEGUN - 6
    assert theatre.score
    assert (plays(theatre), theatre.score.scene.tempo.qpm) == ("night", 97)


def test_a_scene_that_breaks_while_it_waits_begins_as_it_was_good(theatre: Theatre) -> None:
    ask(theatre, "night")
    go(theatre, 5)
    theatre.conductor.files_changed({theatre.write("night", "voices: 3")})
    until_another_plays(theatre)
    assert plays(theatre) == "night"
    assert "scene-broken night" in theatre.faults


def test_plans_are_told_in_time_and_nothing_is_told_for_bars_that_have_begun(theatre: Theatre) -> None:
    before = len(theatre.player.sent)
    ask(theatre, "night")
    first = [from_message(ToPlayer, one) for one in theatre.player.sent[before:]]
    (told,) = [one for one in first if isinstance(one, TellBars)]
    assert told.plans[0] == BarPlan(BEGUN), "the bar that sounds is as it is"
    assert max(one.bar for one in told.plans) >= LINE + 8


def test_in_the_sections_of_a_form_phrases_count_from_their_beginning(tmp_path: Path) -> None:
    form = "form: {opening: 0, phrase: 8, sections: [{name: a, bars: [13]}]}\n"
    theatre = begun(tmp_path, ENDS + form)
    ask(theatre, "night")
    assert theatre.status["passage"]["bars"] == 26 + 8 - BEGUN, "the third section begins with bar 26"
    assert until_another_plays(theatre) == 26 + 8 - BEGUN


def test_a_dream_in_the_midst_does_not_keep_the_scene_from_ending(tmp_path: Path) -> None:
    theatre = begun(tmp_path, ENDS + "moods: {fear: {tempo: 0.8, dynamics: 0.5}}\ndreams: {blend: 1}\n")
    ask(theatre, "night")
    assert theatre.conductor.dream_of(b'{"mood": "fear", "length": 64}', "test").ok
    go(theatre, 2)
    assert tempo(theatre, LINE - 1) == pytest.approx(96, abs=0.1)
    assert theatre.status["passage"]["into"] == "night"
    assert [plan(theatre, LINE + bar, "pad").sounds for bar in (7, 8)] == [True, False]
    assert tempo(theatre, LINE + 7) == pytest.approx(96, abs=0.1), "the next scene's own"
    assert until_another_plays(theatre) == LINE + 8 - BEGUN - 2
    assert plays(theatre) == "night"


def test_a_day_of_passages_by_the_programme_and_by_hand_while_workers_die(tmp_path: Path) -> None:
    passage = "passage: {kind: end, bars: 8, pause: 1}\n"
    hours = {time(8): "dawn", time(8, 20): "night", time(8, 30): None}
    programme = Programme(ProgrammeEntry(at, scene) for at, scene in hours.items())
    incidents: list[tuple[str, Any]] = [
        ("08:03", lambda day: day.conductor.play_scene("night")),
        ("08:05", lambda day: day.conductor.play_scene("dawn")),
        ("08:08", lambda day: day.conductor.play_scene("night")),
        ("08:08", lambda day: day.player.die("It was killed.")),
        ("08:08", lambda day: day.composer.die("It was killed.")),
        ("08:08", lambda day: day.conductor.panic()),
        ("08:14", lambda day: day.conductor.play_scene("dawn")),
    ]
    scenes = {"dawn": passage + DAWN, "night": passage + NIGHT}
    day = live_through(tmp_path, scenes, programme, "2026-11-28 08:00", 0.55, incidents)
    begun = [said.scene.name for said in day.told(SceneBegun)]
    assert begun == ["dawn", "night", "dawn", "night", "dawn", "night"]
    asked = ["08:03", "08:05", "08:08", "08:14", "08:20"]
    begins = [day.clock(said) for said in day.told(SceneBegun)][1:]
    assert all(at <= then <= f"{at[:3]}{int(at[3:]) + 1:02}" for at, then in zip(asked, begins, strict=True))
    bars = [said.bar for said in day.told(BarSounded)]
    silent = [bar for bar in bars if not bar.due and not bar.resting and not any(bar.notes.values())]
    assert silent, "pauses"
    assert not [said.bar for said in day.told(BarSounded) if said.bar.late or said.bar.dropped]
    assert all(set(bar.tacet) | {"lead"} >= {"beat", "lead"} for bar in silent)
    assert day.conductor.alive().ok
    assert bars[-1].resting
    assert day.player.deaths == day.composer.deaths == 1


def test_a_scene_that_waits_for_a_passage_was_said_to_be_done(theatre: Theatre) -> None:
    answer = theatre.conductor.control({"action": "scene", "value": "night"}, "http")
    waiting = theatre.conductor.status()["passage"]["bars"]
    assert answer.sentence == f"It is done: night begins in {waiting} bars, when dawn has ended."
    assert theatre.conductor.status()["overrides"]["last"][-1]["now"] in answer.sentence
    theatre.hear()
    assert until_another_plays(theatre) == waiting


def test_a_scene_without_a_passage_is_said_to_begin_with_the_next_bar_line(tmp_path: Path) -> None:
    theatre = begun(tmp_path, passage="")
    answer = theatre.conductor.control({"action": "scene", "value": "night"}, "http")
    assert answer.sentence == "It is done: night begins with the next bar line."
