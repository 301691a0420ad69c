"""The mirror says what the player sends: the same notes at the same moments, whatever it is told and when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from fakes.mirrored import Mirrored
from fakes.playing import LEAD, loop, place, scene, steps
from reverie.music.notes import Note
from reverie.music.time import Metre, Schedule, Swing, Tempo
from reverie.play.messages import (
    BarPlan,
    ChordMark,
    Panic,
    Part,
    PartPlan,
    Rest,
    SetOverrides,
    SetScene,
    SyncState,
    TakeBank,
    TellBars,
    TellChords,
    at_level,
)
from reverie.web.live_bar import LiveNote
from reverie.web.live_score import AHEAD, MOST_UNHEARD

BASS = Part("bass", "main", 2)


@pytest.fixture
def stage(tmp_path: Path) -> Mirrored:
    return Mirrored(tmp_path)


def test_a_bar_has_the_notes_of_the_port_with_swing_drum_map_and_shifts(stage: Mirrored) -> None:
    kit = Part("kit", "main", 10, drum_map={36: 35})
    swung = replace(scene(LEAD, kit), swing=Swing(0.66))
    stage.tell(swung, place(steps(60, 62)), place(loop(Note(120, 60, 36, 90, 7), Note(480, 60, 36)), part="kit"))
    stage.go(2.0)
    bar = stage.bars[0]
    assert {(note.voice, note.pitch) for note in bar.notes} == {("lead", 60), ("lead", 62), ("kit", 35)}
    struck = next(note for note in bar.notes if note.velocity == 90)
    assert struck.tick > 120 + 7, "swing and its own shift are in it"
    assert stage.mirrored() == stage.sent()


def test_a_swing_that_people_set_is_foretold_and_leaves_the_bar_that_sounds(stage: Mirrored) -> None:
    stage.tell(scene(), place(loop(Note(0, 60, 60), Note(120, 60, 62)), times=9))
    stage.go(1.0)
    now = stage.score.bar
    stage.tell(SetOverrides(swing=0.75))
    assert stage.score.bar == now
    assert [[note.tick for note in bar.notes] for bar in stage.score.ahead()] == [[0, 180]] * AHEAD
    stage.go(3.0)
    assert [[note.tick for note in bar.notes] for bar in stage.bars] == [[0, 120], [0, 180], [0, 180]]
    assert stage.mirrored() == stage.sent()


def test_a_bar_says_which_programs_a_mood_gives_to_the_voices_of_a_channel(stage: Mirrored) -> None:
    echo, apart = replace(LEAD, name="echo"), Part("apart", "main", 5)
    plans = (BarPlan(0), BarPlan(1, parts={"lead": PartPlan(program=42)}), BarPlan(2))
    played = (place(steps(60), times=9, part=part.name) for part in (LEAD, echo, apart))
    stage.tell(scene(LEAD, echo, apart), TellBars(1, 0, plans), *played)
    stage.go(5.0)
    assert [bar.programs for bar in stage.bars[:3]] == [(), (("lead", 42), ("echo", 42)), ()]
    assert stage.foretold[0][0].programs == (("lead", 42), ("echo", 42))
    assert stage.bars[1].as_json()["programs"] == [["lead", 42], ["echo", 42]]


def test_bars_begin_where_the_player_says_and_those_to_come_where_plans_and_tempo_lead(stage: Mirrored) -> None:
    stage.tell(
        scene(tempo=Tempo(101.7, 6.3, 37)), TellBars(1, 0, (BarPlan(0), BarPlan(3, tempo=0.5))), place(steps(60))
    )
    stage.go(20.0)
    begins = [bar.begins for bar in stage.bars]
    assert len(begins) > AHEAD
    foretold = [bar.begins for bar in stage.foretold[0]]
    assert foretold == pytest.approx(begins[1 : 1 + AHEAD])
    assert [bar.exact for bar in (*stage.bars[:1], *stage.foretold[0])] == [True, *[False] * AHEAD]
    assert stage.bars[3].end - stage.bars[3].begins > 1.9 * (stage.bars[2].end - stage.bars[2].begins)


def test_looking_ahead_forgets_nothing_that_the_next_bar_needs(stage: Mirrored) -> None:
    chords = tuple(ChordMark(bar, 0, f"C{bar}", 0, 0, (0, 4, 7)) for bar in range(8))
    places = [place(steps(60 + bar), bar) for bar in range(8)]
    stage.tell(scene(), TellChords(1, chords), *places)
    for _ in range(3):
        stage.score.ahead()
    stage.go(12.0)
    assert [bar.chords for bar in stage.bars[:6]] == [((0, f"C{bar}"),) for bar in range(6)]
    assert [[note.pitch for note in bar.notes] for bar in stage.bars[:6]] == [[60 + bar] for bar in range(6)]
    told = [[note.pitch for note in bar.notes] for bar in stage.foretold[0]]
    assert told == [[60 + bar] for bar in range(1, 1 + AHEAD)]


def test_what_is_not_composed_yet_is_open_and_what_is_repeated_is_told_so(stage: Mirrored) -> None:
    stage.tell(scene(LEAD, BASS), place(steps(60)), place(steps(40), times=9, part="bass"))
    stage.go(3.0)
    first, second = stage.bars[0], stage.bars[1]
    assert (first.repeated, second.repeated) == ((), ("lead",))
    assert [(bar.open, [note.voice for note in bar.notes]) for bar in stage.foretold[0]] == [
        (("lead",), ["bass"])
    ] * AHEAD
    assert [note.voice for note in second.notes] == ["bass", "lead"], "it sounds all the same"


def test_a_message_that_is_on_its_way_at_the_bar_line_counts_for_the_bar_after(tmp_path: Path) -> None:
    stage = Mirrored(tmp_path, transit=0.3)
    stage.tell(scene(), place(steps(60)))
    stage.go(2.1)
    stage.tell(place(steps(72), 1))  # bar 1 begins at 2.3: it comes at 2.4
    assert [note.pitch for note in stage.score.ahead()[0].notes] == [72], "it may still come in time"
    assert stage.bars[-1].scene_bar == 0
    stage.go(5.0)
    pitches = [[note.pitch for note in bar.notes] for bar in stage.bars]
    assert pitches == [[60], [60], [72], [72]][: len(pitches)]
    assert len(pitches) == 4
    assert stage.mirrored() == stage.sent()


def test_another_scene_begins_where_the_player_begins_it(stage: Mirrored) -> None:
    stage.tell(scene(), place(steps(60), times=9))
    stage.go(2.5)
    waltz = SetScene(2, 0, "two", Metre(3, 4), Tempo(60), (LEAD,))
    stage.tell(waltz)
    stage.go(2.0)  # it has no loop yet
    stage.tell(place(replace(steps(72), metre=Metre(3, 4)), epoch=2))
    stage.go(4.0)
    assert [(bar.scene, bar.scene_bar, bar.ticks) for bar in stage.bars] == [
        ("one", 0, 1920),
        ("one", 1, 1920),
        ("one", 2, 1920),
        ("two", 0, 1440),
    ]
    assert stage.mirrored() == stage.sent()


def test_a_voice_that_is_muted_sounds_no_more_at_once_and_in_no_bar_to_come(stage: Mirrored) -> None:
    stage.tell(
        scene(LEAD, BASS), place(loop(*(Note(480 * n, 480, 60) for n in range(4)))), place(steps(40, 41), part="bass")
    )
    stage.go(0.7)
    stage.tell(SetOverrides(muted=("lead",)))
    assert stage.score.bar is not None
    assert [(note.tick, note.length) for note in stage.score.bar.notes if note.voice == "lead"] == [
        (0, 480),
        (480, 192),
    ]
    assert all(note.voice == "bass" for bar in stage.score.ahead() for note in bar.notes)
    stage.go(0.6)
    stage.tell(SetOverrides())
    stage.go(0.6)
    assert [note.tick for note in stage.bars[0].notes if note.voice == "lead"] == [0, 480, 1440]
    assert stage.mirrored() == stage.sent()


def test_a_voice_is_as_loud_as_a_hand_wants_it_at_once(stage: Mirrored) -> None:
    stage.tell(scene(LEAD, BASS), place(steps(60, 61, 62, 63)), place(steps(40, 41), part="bass"))
    stage.go(0.7)
    stage.tell(SetOverrides(levels={"lead": 0.5}))
    assert stage.score.bar is not None
    assert [note.velocity for note in stage.score.bar.notes if note.voice == "lead"] == [100, 100, 50, 50]
    stage.go(2.0)
    assert {(note.voice, note.velocity) for note in stage.bars[1].notes} == {("lead", 50), ("bass", 100)}
    assert stage.mirrored() == stage.sent()


def test_panic_ends_the_bar_and_the_next_one_sounds(stage: Mirrored) -> None:
    stage.tell(scene(), place(loop(*(Note(480 * n, 480, 60) for n in range(4)))))
    stage.go(0.7)
    stage.tell(Panic())
    assert stage.score.bar is not None
    assert [(note.tick, note.length) for note in stage.score.bar.notes] == [(0, 480), (480, 192)]
    stage.go(2.0)
    assert len(stage.bars[1].notes) == 4
    assert stage.mirrored() == stage.sent()


def test_a_tempo_that_is_set_holds_at_once(stage: Mirrored) -> None:
    stage.tell(scene(), place(steps(60, 62, 64, 65)))
    stage.go(0.7)
    stage.tell(SetOverrides(qpm=60))
    bar = stage.score.bar
    assert bar is not None
    assert [piece.tick for piece in bar.pace] == pytest.approx([0, 672])
    stage.go(10.0)
    assert stage.bars[1].begins == pytest.approx(bar.end)
    assert stage.mirrored() == stage.sent()


def test_rests_schedules_and_plans_silence_as_they_silence_the_player(stage: Mirrored) -> None:
    drums = Part("drums", "main", 10, schedule=Schedule(2, ((1, 1),)))
    quiet = BarPlan(1, parts={"lead": PartPlan(sounds=False), "drums": PartPlan(dynamics=0.5)}, section="quiet")
    stage.tell(scene(LEAD, drums), TellBars(1, 0, (BarPlan(0, section="loud"), quiet, BarPlan(3))))
    stage.tell(place(steps(60), times=9), place(steps(36), times=9, part="drums"))
    stage.go(7.0)
    assert [bar.tacet for bar in stage.bars] == [(), ("lead",), ("lead",), ()]
    assert [bar.section for bar in stage.bars] == ["loud", "quiet", "quiet", "quiet"]
    stage.tell(Rest(on=True))
    assert [bar.resting for bar in stage.score.ahead()] == [True] * AHEAD
    stage.go(3.0)
    assert stage.bars[-1].resting
    assert stage.bars[-1].notes == ()
    stage.tell(Rest(on=False))
    assert [bar.resting for bar in stage.score.ahead()] == [False] * AHEAD
    stage.go(3.0)
    assert stage.mirrored() == stage.sent()


def test_a_tied_note_is_told_as_such(stage: Mirrored) -> None:
    tied = loop(Note(0, 1920, 60), Note(1920, 480, 60, tied=True), bars=2)
    stage.tell(scene(), place(tied))
    stage.go(3.0)
    assert [bar.notes[0].as_json() for bar in stage.bars] == [["lead", 0, 60, 100, 1920], ["lead", 0, 60, 100, 480, 1]]


def test_a_player_that_plays_what_it_was_not_told_is_not_followed(stage: Mirrored) -> None:
    stage.tell(scene(), place(steps(60)))
    stage.go(2.5)
    begun = stage.studio.begun
    stage.tell(place(steps(62), 1))
    assert stage.score.bar is not None
    stage.studio.tell(replace(scene(), epoch=7), place(steps(62), epoch=7))
    with pytest.raises(AssertionError, match="does not know"):
        stage.go(3.0)
    assert stage.score.bar is None
    assert stage.score.ahead() == ()
    assert len(begun) == 1


def test_a_player_that_begins_no_bar_takes_no_memory_and_is_followed_when_it_does(stage: Mirrored) -> None:
    stage.tell(scene(), place(steps(60)))
    for number in range(MOST_UNHEARD + 9):
        stage.tell(SetOverrides(levels={"lead": 0.5 + number % 2}))
    assert len(stage.score._unheard) <= MOST_UNHEARD
    stage.tell(Rest(on=True), Rest(on=False), SetOverrides(levels={"lead": 0.25}))
    stage.go(4.5)
    assert [note.velocity for note in stage.bars[0].notes] == [at_level(100, 0.25)]
    assert stage.mirrored() == stage.sent() != []


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_told_and_when_the_mirror_has_what_was_sent(tmp_path: Path, seed: int) -> None:
    chance, swings = Random(seed), Random(seed)
    stage = Mirrored(tmp_path, transit=chance.choice([0.0, 0.004, 0.2]))
    epoch = 0
    names = ("lead", "bass", "kit")

    def music(bars: int) -> list[Note]:
        return [
            Note(
                120 * n,
                chance.choice([60, 120, 480]),
                36 + chance.randrange(40),
                1 + chance.randrange(126),
                chance.choice([0, 0, -9, 13]),
            )
            for n in sorted(chance.sample(range(16 * bars - 4), 5 * bars))
        ]

    for _ in range(40):
        match chance.randrange(9):
            case 0 | 1 if epoch == 0 or chance.random() < 0.4:
                epoch += 1
                parts = [Part(name, "main", n + 1, drum_map={40: 41}) for n, name in enumerate(names)]
                begun = replace(scene(*parts, epoch=epoch, tempo=Tempo(220 + 10 * epoch)), swing=Swing(0.6))
                stage.tell(begun, *(place(loop(*music(1)), part=name, epoch=epoch) for name in names))
            case 2 | 3 | 4:
                bar = (stage.bars[-1].scene_bar if stage.bars else 0) + chance.randrange(4)
                bars = chance.choice([1, 2])
                told = place(loop(*music(bars), bars=bars), bar, chance.choice([1, 2]), chance.choice(names), epoch)
                stage.tell(replace(told, anew=chance.random() < 0.3))
            case 5:
                levels = {name: chance.choice([0.3, 1.7]) for name in names if chance.random() < 0.3}
                muted = tuple(name for name in names if chance.random() < 0.4)
                stage.tell(SetOverrides(muted=muted, levels=levels, swing=swings.choice([None, None, 0.5, 0.7])))
            case 6:
                stage.tell(Rest(on=chance.random() < 0.5))
            case 7:
                bar = (stage.bars[-1].scene_bar if stage.bars else 0) + chance.randrange(3)
                plans = {name: PartPlan(chance.random() < 0.6, chance.choice([1.0, 0.5])) for name in names}
                stage.tell(TellBars(epoch, bar, (BarPlan(bar, chance.choice([1.0, 0.8]), plans),)))
            case _:
                stage.tell(TakeBank(epoch, "lead", "one", "one.sf2"))
        stage.go(chance.choice([0.01, 0.3, 1.1]))
        foretold = stage.score.ahead()
        stage.score._ahead = None
        stage.score._written.clear()
        assert stage.score.ahead() == foretold, "what was written before is what would be written now"
    stage.go(3.0)
    assert len(stage.bars) > 5
    if stage._transit == 0.0:
        assert stage.mirrored() == stage.sent()
    else:  # what holds at once is dated when it is told, not when it comes
        ours, theirs = set(stage.mirrored()), set(stage.sent())
        assert len(ours ^ theirs) <= 0.05 * len(theirs)


def test_a_mirror_that_follows_a_leader_goes_at_its_pace(stage: Mirrored) -> None:
    stage.score.synced(SyncState("clock", following=True, detail=""))
    stage.tell(replace(scene(), lead="clock"), place(steps(60)))
    stage.go(0.5)
    bar = stage.score.bar
    assert bar is not None
    seconds = bar.end - bar.begins
    assert [one.end - one.begins for one in stage.score.ahead()] == pytest.approx([seconds] * AHEAD)
    stage.tell(SetOverrides(qpm=30))
    assert stage.score.bar == bar, "control does not set the tempo while another leads"


def test_a_note_is_written_as_pages_read_it() -> None:
    assert LiveNote("lead", 1, 2, 3, 4).as_json() == ["lead", 1, 2, 3, 4]
