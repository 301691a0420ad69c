"""Each rule of the conductor by itself, without processes and without waiting."""

from __future__ import annotations

import asyncio
import threading
from datetime import time
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.hand_clock import HandClock
from fakes.patience import PATIENCE
from fakes.scenes import TEXT
from fakes.simulated_day import Installation, live_through
from reverie.bus import Bus
from reverie.compose.messages import ComposeLoop, Failed, ToComposer
from reverie.conductor.care.fault_news import FaultNews
from reverie.conductor.hours.programme import Programme, ProgrammeEntry
from reverie.play.messages import BankTaken, Panic, Rest, SlotState, TakeBank, ToPlayer
from reverie.processes.codec import from_message
from reverie.processes.wire import WireError
from reverie.site.actions import Action
from reverie.timbre.ready_bank import ReadyBank
from reverie.watch.fault_kinds import REMINDER
from reverie.watch.faults import Faults
from reverie.watch.happenings import (
    BankReady,
    FaultCleared,
    FaultRaised,
    LoopAnswered,
    LoopFailed,
    OverridesSet,
    PanicCalled,
    PauseBegun,
    PauseEnded,
    RestBegun,
    RestEnded,
    SceneBegun,
    SceneChanged,
    SceneGiven,
    SlotChanged,
    SlotsLost,
    WorkerDied,
)

SCENES = {name: TEXT.replace("name: study", f"name: {name}") for name in ("study", "other")}
DAY = Programme([ProgrammeEntry(time(8), "study"), ProgrammeEntry(time(13), "other"), ProgrammeEntry(time(22), None)])


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    theatre = Theatre(tmp_path, SCENES)
    theatre.begin()
    return theatre


def day(folder: Path, clock: str) -> Theatre:
    """A conductor that follows the programme, and has begun at this time of the day."""
    theatre = Theatre(folder, SCENES, programme=DAY, clock=HandClock(f"2026-11-28 {clock}"))
    theatre.begin()
    return theatre


def rests(theatre: Theatre) -> list[bool]:
    """What the player was told of rest, in order."""
    told = [from_message(ToPlayer, message) for message in theatre.player.sent]
    return [said.on for said in told if isinstance(said, Rest)]


def systemd(theatre: Theatre, what: str) -> int:
    """How often systemd was told this."""
    return theatre.notifier.lines.count(what)


# Workers that die.


def delays(folder: Path, role: str, hours: float) -> list[int]:
    """Seconds before each new life of a worker that dies a second after its birth, again and again."""

    def fall_ill(lived: Installation) -> None:
        lived.workers[role].lifetime = 1.0
        lived.workers[role].die(f"The {role} was ended by signal 9 (Killed).")

    lived = live_through(folder, SCENES, Programme([]), "2026-11-28 08:00", hours, [("08:02", fall_ill)])
    assert {one.role for one in lived.told(WorkerDied)} == {role}
    return [round(one.delay) for one in lived.told(WorkerDied)]


def test_a_player_that_dies_as_a_habit_is_never_waited_for_longer_than_five_seconds(tmp_path: Path) -> None:
    assert delays(tmp_path, "player", 0.05)[:10] == [0, 0, 0, 0, 0, 1, 2, 4, 5, 5]


def test_a_composer_that_dies_as_a_habit_is_waited_for_twice_as_long_each_time(tmp_path: Path) -> None:
    assert delays(tmp_path, "composer", 0.5)[:12] == [0, 0, 0, 0, 0, 10, 20, 40, 80, 160, 300, 300]


def test_a_player_in_a_new_life_is_told_all_that_counts_in_this_order(theatre: Theatre) -> None:
    theatre.play(3)
    theatre.conductor._console._acts.do(Action("tempo", value=100.0))
    theatre.player.sent.clear()
    theatre.player.starts()
    assert [message["type"] for message in theatre.player.sent[:4]] == ["setup", "rest", "steer", "scene"]
    assert {message["type"] for message in theatre.player.sent[4:]} == {"place"}
    assert theatre.player.sent[2]["qpm"] == 100.0
    assert theatre.player.sent[3]["first_bar"] == 3


def test_with_the_player_every_slot_is_down_until_the_next_has_found_it(theatre: Theatre) -> None:
    theatre.player.says(SlotState("main", up=True, detail="It plays.", fault="It is too soft", advice="turn it up"))
    assert "slot-at-fault main" in theatre.faults
    theatre.player.dies()
    assert [one.slots for one in theatre.told(SlotsLost)] == [("main",)]
    assert [slot["up"] for slot in theatre.status["slots"]] == [False]
    assert 'reverie_slot_up{slot="main"} 0.0' in theatre.metrics
    assert theatre.faults == {}
    assert "The player is down." in theatre.status["concerns"]
    theatre.player.starts()
    theatre.player.says(SlotState("main", up=True, detail="It plays."))
    assert "The player is down." not in theatre.status["concerns"]
    assert theatre.told(SlotChanged)[-1].before == SlotState("main", up=False, detail="It has not been found yet.")


def test_what_the_composer_had_not_answered_is_asked_again_of_the_next(theatre: Theatre) -> None:
    asked = [recipe for _, recipe in theatre.questions]
    theatre._asked += len(asked)
    theatre.composer.dies()
    assert theatre.questions == []
    theatre.composer.starts()
    assert [recipe for _, recipe in theatre.questions] == asked


def test_an_answer_that_nobody_waits_for_any_more_changes_nothing(theatre: Theatre) -> None:
    before = theatre.questions
    theatre.composer.dies()
    theatre.player.sent.clear()
    theatre._asked += len(before)
    for number, _ in before:
        theatre.composer.says(Failed(number, "too late"))
    assert theatre.player.sent == []
    assert theatre.told(LoopFailed) == []


def test_a_recipe_that_was_the_end_of_two_composers_is_not_asked_a_third_time(tmp_path: Path) -> None:
    deadly = set[str]()

    def poison(lived: Installation) -> None:
        """Whatever the lead asks next is deadly."""

        def kills(question: ComposeLoop) -> bool:
            if question.recipe.voice == "lead" and not deadly:
                deadly.add(question.recipe.id)
            return question.recipe.id in deadly

        lived.composer.deadly = kills

    lived = live_through(tmp_path, SCENES, Programme([]), "2026-11-28 08:00", 0.5, [("08:10", poison)])
    told = [from_message(ToComposer, message) for _, message in lived.composer.told]
    asked = [one.recipe for one in told if isinstance(one, ComposeLoop)]
    assert sum(recipe.id in deadly for recipe in asked) == 2
    assert len(lived.told(WorkerDied)) == 2
    assert [(one.recipe.id, one.reason) for one in lived.told(LoopFailed)] == [(*deadly, "crashed")]
    [raised], [cleared] = lived.told(FaultRaised), lived.told(FaultCleared)
    assert (raised.fault.id, raised.fault.subject) == ("no-new-loop", "lead")
    assert "the end of the composer, again and again" in raised.fault.sentence
    assert cleared.fault.id == "no-new-loop"
    after = [one for one in lived.told(LoopAnswered) if one.at.now > raised.at.now]
    assert {one.answer.recipe.voice for one in after} == {"beat", "lead"}


def test_what_is_deadly_is_given_up_although_it_is_asked_at_another_temperature(theatre: Theatre) -> None:
    theatre.composer.starts()
    seeds = set[int]()
    for _ in range(2):
        beat, lead = theatre.questions
        seeds.add(lead[1].seed)
        assert (beat[1].voice, lead[1].voice) == ("beat", "lead")
        theatre.composer.says(Failed(beat[0], "it has no model"))
        theatre.composer.dies()
        theatre._asked += len(theatre.questions)
        theatre.conductor._console._acts.do(Action("temperature", value=lead[1].temperature + 0.1, voice="lead"))
        theatre.composer.starts()
    assert [one.recipe.voice for one in theatre.told(LoopFailed) if one.reason == "crashed"] == ["lead"]
    assert len(seeds) == 1
    assert [recipe.seed in seeds for _, recipe in theatre.questions if recipe.voice == "lead"] == [False]


def test_a_player_that_says_what_no_player_says_is_refused(theatre: Theatre) -> None:
    with pytest.raises(WireError):
        theatre.player.says(Panic())


# What is told to systemd.


def test_the_first_bar_and_nothing_else_makes_it_ready_and_only_once(theatre: Theatre) -> None:
    theatre.player.starts()
    theatre.composer.starts()
    theatre.answer()
    for _ in range(5):
        theatre.conductor.look()
    assert theatre.notifier.lines == []
    theatre.play()
    assert theatre.notifier.lines[0] == "READY=1"
    assert theatre.notifier.lines[1].startswith("STATUS=")
    theatre.play(5)
    assert systemd(theatre, "READY=1") == 1


def test_the_watchdog_is_fed_by_bars_that_sounded_and_not_by_looking(theatre: Theatre) -> None:
    theatre.play()
    theatre.conductor.look()
    assert systemd(theatre, "WATCHDOG=1") == 1
    for _ in range(30):
        theatre.clock.go(1.0)
        theatre.conductor.look()
    fed = systemd(theatre, "WATCHDOG=1")
    assert 1 < fed < 15, "until the next bar is overdue"
    assert "STATUS=✗ The player has sent no bar for 30 s." in theatre.notifier.lines[-1]
    theatre.play()
    theatre.conductor.look()
    assert systemd(theatre, "WATCHDOG=1") == fed + 1


def test_a_composer_that_is_at_work_does_not_feed_the_watchdog(theatre: Theatre) -> None:
    theatre.answer()
    theatre.conductor.look()
    assert systemd(theatre, "WATCHDOG=1") == 0


def test_when_a_part_ends_that_never_ends_by_itself_the_daemon_leaves_in_order(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, SCENES)

    async def around() -> None:
        theatre.play()
        raise ZeroDivisionError("the part that ended")

    with pytest.raises(RuntimeError, match="ended by itself") as caught:
        asyncio.run(asyncio.wait_for(theatre.conductor.run(None, around=around), PATIENCE))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert (theatre.player.state, theatre.composer.state) == ("stopped", "stopped")
    assert [theatre.notifier.lines[0], theatre.notifier.lines[-2]] == ["READY=1", "STOPPING=1"]
    assert (theatre.conductor.config.state / "lives.json").is_file()


# Reload and panic.


def test_a_reload_is_told_to_systemd_from_its_begin_to_its_end(theatre: Theatre) -> None:
    theatre.play()
    theatre.notifier.lines.clear()
    verdict = theatre.conductor.reload()
    assert verdict.ok
    assert f"{theatre.folder / 'study.yaml'}; it plays already as this file says" in verdict.sentence
    kinds = [line.partition("=")[0] for line in theatre.notifier.lines]
    assert kinds == ["RELOADING", "MONOTONIC_USEC", "STATUS", "READY", "STATUS"]
    theatre.write("study", TEXT.replace("tempo: 120", "tempo: 90"))
    assert "it is heard from the next bar line on" in theatre.conductor.reload().sentence
    assert [one.scene.tempo.qpm for one in theatre.told(SceneChanged)] == [90]
    theatre.write("study", "tempo: much")
    verdict = theatre.conductor.reload()
    assert not verdict.ok
    assert "its last good version plays on" in verdict.sentence
    assert len(theatre.told(SceneChanged)) == 1


def test_a_reload_before_the_first_bar_does_not_make_it_ready(theatre: Theatre) -> None:
    assert theatre.conductor.reload().ok
    assert theatre.notifier.lines == []
    theatre.play()
    assert systemd(theatre, "READY=1") == 1


def test_one_who_leaves_reloads_nothing(theatre: Theatre) -> None:
    theatre.conductor.stop()
    theatre.notifier.lines.clear()
    assert not theatre.conductor.reload().ok
    theatre.conductor.files_changed({theatre.write("study", TEXT.replace("tempo: 120", "tempo: 90"))})
    assert theatre.notifier.lines == []
    assert theatre.told(SceneChanged) == []


def test_a_panic_reaches_the_player_and_the_music_goes_on(theatre: Theatre) -> None:
    theatre.play(2)
    theatre.player.sent.clear()
    theatre.conductor.panic()
    assert [message["type"] for message in theatre.player.sent] == ["panic"]
    assert len(theatre.told(PanicCalled)) == 1
    theatre.answer()
    theatre.play(2)
    assert theatre.bar == 3
    assert rests(theatre) == []


# Silence that is intended.


def test_a_pause_ends_by_itself_and_both_are_told(theatre: Theatre) -> None:
    theatre.conductor._console._acts.do(Action("pause", value=True))
    assert rests(theatre)[-1]
    theatre.clock.go(theatre.conductor.config.controls.pause_for - 1)
    theatre.conductor.look()
    assert rests(theatre)[-1]
    theatre.clock.go(2)
    theatre.conductor.look()
    assert not rests(theatre)[-1]
    assert (len(theatre.told(PauseBegun)), len(theatre.told(PauseEnded))) == (1, 1)


def test_the_end_of_a_pause_does_not_end_the_rest_nor_the_other_way_round(tmp_path: Path) -> None:
    theatre = day(tmp_path, "21:59")
    assert rests(theatre) == [False]
    theatre.conductor._console._acts.do(Action("pause", value=True))
    theatre.clock.go(60)
    theatre.conductor.look()
    assert len(theatre.told(RestBegun)) == 1
    theatre.conductor._console._acts.do(Action("pause", value=False))
    assert rests(theatre) == [False, True, True, True]
    theatre.conductor._console._acts.do(Action("pause", value=True))
    theatre.clock.go(10 * 3600)
    theatre.conductor._course.follow()
    assert len(theatre.told(RestEnded)) == 1
    assert rests(theatre)[-1]
    theatre.conductor._console._acts.do(Action("pause", value=False))
    assert not rests(theatre)[-1]


def test_who_hears_that_silence_begins_or_ends_finds_it_so(tmp_path: Path) -> None:
    theatre, found = day(tmp_path, "21:59"), list[bool]()
    for kind in (RestBegun, RestEnded, PauseBegun, PauseEnded):
        theatre.conductor.bus.subscribe(kind, lambda _: found.append(rests(theatre)[-1]))
    theatre.clock.go(60)
    theatre.conductor.look()
    theatre.clock.go(10 * 3600)
    theatre.conductor.look()
    for on in (True, False):
        theatre.conductor._console._acts.do(Action("pause", value=on))
    assert found == [True, False, True, False]


def test_a_player_that_begins_while_music_rests_is_told_so(tmp_path: Path) -> None:
    theatre = day(tmp_path, "23:00")
    assert rests(theatre) == [True]
    theatre.player.sent.clear()
    theatre.player.starts()
    assert rests(theatre) == [True]
    assert theatre.told(SceneBegun), "a scene is there for the moment at which the rest ends"


def test_what_plays_is_told_again_when_its_tempo_is_set_and_not_for_each_turn_of_the_volume(theatre: Theatre) -> None:
    told = len(theatre.told(SceneGiven))
    for volume in (0.5, 0.6, 0.7):
        theatre.conductor._console._acts.do(Action("volume", value=volume))
    assert len(theatre.told(SceneGiven)) == told
    theatre.conductor._console._acts.do(Action("tempo", value=100.0))
    theatre.conductor._console._acts.do(Action("volume", value=0.8))
    assert [one.scene.tempo.qpm for one in theatre.told(SceneGiven)[told:]] == [100.0]


def test_what_control_has_set_is_told_and_another_scene_begins_without_it(theatre: Theatre) -> None:
    theatre.conductor._console._acts.do(Action("tempo", value=100.0))
    theatre.conductor.play_scene("other")
    assert [one.overrides.qpm for one in theatre.told(OverridesSet)] == [None, 100.0, None]


# The programme.


def test_each_scene_begins_once_at_its_time(tmp_path: Path) -> None:
    theatre = day(tmp_path, "12:59")
    for _ in range(120):
        theatre.clock.go(1)
        theatre.conductor.look()
    assert [(one.scene.name, one.at.now) for one in theatre.told(SceneBegun)] == [("study", 1000.0), ("other", 1060.0)]


def test_a_scene_that_is_due_and_broken_is_told_and_tried_again_until_it_is_mended(tmp_path: Path) -> None:
    theatre = day(tmp_path, "12:59")
    theatre.write("other", "voices: 3")
    for _ in range(60):
        theatre.clock.go(2)
        theatre.conductor.look()
        theatre.answer()
        theatre.play()
    assert [one.scene.name for one in theatre.told(SceneBegun)] == ["study"]
    assert [one.fault.subject for one in theatre.told(FaultRaised)] == ["other"]
    theatre.write("other", SCENES["other"])
    theatre.conductor.look()
    theatre.conductor.look()
    assert [one.scene.name for one in theatre.told(SceneBegun)] == ["study", "other"]
    assert [one.fault.subject for one in theatre.told(FaultCleared)] == ["other"]


def test_where_the_first_scene_is_broken_another_plays_until_it_is_mended(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, SCENES | {"study": "voices: 3"}, programme=DAY, clock=HandClock("2026-11-28 09:00"))
    theatre.begin()
    theatre.conductor.look()
    assert [one.scene.name for one in theatre.told(SceneBegun)] == ["other"]
    theatre.write("study", SCENES["study"])
    theatre.conductor.look()
    assert [one.scene.name for one in theatre.told(SceneBegun)] == ["other", "study"]


def test_a_scene_that_a_person_named_plays_until_something_else_is_due(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, SCENES, programme=DAY, clock=HandClock("2026-11-28 23:00"))
    theatre.begin("other")
    theatre.conductor.look()
    assert [one.scene.name for one in theatre.told(SceneBegun)] == ["other"]
    assert rests(theatre) == [False]
    theatre.clock.go(9 * 3600)
    theatre.conductor.look()
    assert [one.scene.name for one in theatre.told(SceneBegun)] == ["other", "study"]


def test_a_clock_that_is_set_moves_the_programme_and_nothing_else(tmp_path: Path) -> None:
    theatre = day(tmp_path, "09:00")
    theatre.play()
    theatre.clock.set_wall(5 * 3600)
    theatre.conductor.look()
    assert [one.scene.name for one in theatre.told(SceneBegun)] == ["study", "other"]
    theatre.clock.set_wall(-5 * 3600)
    theatre.conductor.look()
    assert [one.scene.name for one in theatre.told(SceneBegun)] == ["study", "other", "study"]
    assert systemd(theatre, "WATCHDOG=1") == 2, "the last bar is as fresh as before"


# Faults.


def test_faults_that_other_threads_tell_are_published_by_the_conductor_in_their_order(theatre: Theatre) -> None:
    heard = list[int]()
    theatre.conductor.bus.subscribe(FaultRaised, lambda _: heard.append(threading.get_ident()))
    teller = threading.Thread(target=theatre.conductor.faults.tell, args=(REMINDER, "", "It forgets"))
    teller.start()
    teller.join()
    assert heard == []
    theatre.conductor.faults.tell(REMINDER, "", "It forgets all")
    theatre.conductor.faults.clear(REMINDER)
    assert [one.fault.sentence for one in theatre.told(FaultRaised)] == ["It forgets", "It forgets all"]
    assert [one.fault.sentence for one in theatre.told(FaultCleared)] == ["It forgets all"]
    assert heard == [threading.get_ident()] * 2


def test_faults_that_were_there_before_the_conductor_are_published_too(tmp_path: Path) -> None:
    faults, bus, heard = Faults(), Bus(), list[str]()
    faults.tell(REMINDER, "", "It forgets")
    news = FaultNews(faults, bus, HandClock())
    bus.subscribe(FaultRaised, lambda said: heard.append(said.fault.sentence))
    news.look()
    news.look()
    assert heard == ["It forgets"]


def test_a_fault_that_a_thread_tells_of_while_the_daemon_leaves_is_published(tmp_path: Path) -> None:
    theatre = Theatre(tmp_path, SCENES)

    def end() -> None:
        theatre.conductor.faults.tell(REMINDER, "", "It forgets")

    theatre.conductor._lives.end = end
    asyncio.run(asyncio.wait_for(theatre.conductor.run(None, 0.0), PATIENCE))
    assert [one.fault.sentence for one in theatre.told(FaultRaised)] == ["It forgets"]


# What is counted and kept.


def test_what_is_composed_is_remembered_counted_and_taken_as_evidence(theatre: Theatre) -> None:
    assert theatre.store.loops("study", "lead") == ()
    theatre.answer(refuse=["beat"])
    composed = [one.answer for one in theatre.told(LoopAnswered) if one.answer.loop]
    assert {answer.recipe.voice for answer in composed} == {"lead"}
    assert theatre.store.loops("study", "lead")[-1].recipe == composed[-1].recipe
    assert theatre.store.loops("study", "beat") == ()
    count = sum(answer.recipe.operator == "continue" for answer in composed)
    assert f'reverie_loops_composed_total{{operator="continue",voice="lead"}} {count}.0' in theatre.metrics
    assert 'reverie_loops_refused_total{reason="sparse",voice="beat"}' in theatre.metrics
    assert 'reverie_loops_held_total{voice="beat"}' in theatre.metrics


def test_what_a_person_does_and_which_workers_die_is_counted(theatre: Theatre) -> None:
    theatre.conductor._console.use(Action("panic"), "osc")
    theatre.composer.dies()
    assert 'reverie_control_actions_total{action="panic",source="osc"} 1.0' in theatre.metrics
    assert 'reverie_worker_restarts_total{reason="signal",role="composer"} 1.0' in theatre.metrics


# Banks.


def test_a_bank_that_is_ready_reaches_the_player_and_one_that_it_refuses_is_looked_for_anew(tmp_path: Path) -> None:
    timbre = "timbres:\n  bell:\n    sources: {a: {latent: 1}, b: {latent: 2}}\n    path: {kind: line, steps: 3}\n"
    text = TEXT.replace("voices:\n", f"{timbre}    pace: 10 min\nvoices:\n")
    text = text.replace("program: 11, velocity: [50, 90]}", "velocity: [50, 90]}\n    timbre: {bank: bell}")
    theatre = Theatre(tmp_path, {"study": text}, slot={"kind": "fluidsynth"})
    theatre.begin()
    assert set(theatre.faults) == {"timbre-not-rendered bell"}, "this machine has no model of timbres"
    [known] = theatre.status["timbres"]
    assert (known["name"], known["bank"]) == ("bell", None)
    scene = theatre.told(SceneBegun)[-1].scene
    ready = ReadyBank(0, "b" * 64, "/banks/b", "/banks/b/bank.sf2")
    theatre.conductor._timbres._timbres["bell"].ready[0] = ready
    theatre.conductor.look()
    assert [(one.scene, one.timbre, one.ready) for one in theatre.told(BankReady)] == [(scene, "bell", ready)]
    take = from_message(ToPlayer, theatre.player.sent[-1])
    assert isinstance(take, TakeBank)
    assert (take.epoch, take.part, take.font) == (1, "lead", ready.soundfont)
    assert 'reverie_timbre_step{timbre="bell"} 0.0' in theatre.metrics
    theatre.player.dies()
    theatre.player.starts()
    assert from_message(ToPlayer, theatre.player.sent[-1]) == take, "a new player knows no bank"
    theatre.player.says(BankTaken("lead", ready.bank, refused=True))
    assert "refused the bank" in theatre.faults["bank-not-played lead"]
    assert theatre.status["timbres"][0]["bank"] is None
