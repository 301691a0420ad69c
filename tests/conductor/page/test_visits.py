"""Visitors in a conductor without processes: what they wish for is done within limits, and the music goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from reverie.conductor.keeping.moment_keeping import MomentBar
from reverie.conductor.page.visits import Visits
from reverie.control.undo import MOST
from reverie.control.visitors import Visitor
from reverie.history.favourites import MOST as MOST_KEPT
from reverie.music.drums import DRUMS
from reverie.music.notation import read_tune
from reverie.music.time import TICKS_PER_STEP
from reverie.site.visitor_rules import VisitorAct, VisitorRules
from reverie.watch.happenings import ControlUsed, DreamBegun, LoopSounded

SCENE = """
name: played
title: A scene to play with
tempo: 100
key: D
scale: dorian
seed: 5
voices:
  beat:
    kind: drums
    model: drum_kit
    bars: 2
    evolve: {hold: 2, then: [continue, mutate], candidates: 2}
    output: {channel: 10}
  lead:
    kind: melody
    model: attention_rnn
    primer: "D4 - F4 - A4 - - -"
    register: [C4, C6]
    bars: 2
    evolve: {hold: 2, candidates: 2}
    output: {channel: 1}
moods:
  fear: {words: [dark, fall*], tempo: 0.8}
  joy: {words: [sun*], tempo: 1.1}
"""
ANNE, BEN, CLEO = (Visitor(name, f"10.0.0.{number}") for number, name in enumerate(("anne", "ben", "cleo")))


def opened(folder: Path, rules: VisitorRules | None = None) -> Theatre:
    """A scene that plays, some bars long."""
    theatre = Theatre(folder, {"played": SCENE}, visitors=rules or VisitorRules())
    theatre.begin()
    theatre.answer()
    go(theatre, 8)
    return theatre


def go(theatre: Theatre, bars: int = 1) -> None:
    """So many bars sound, each in its time, and whatever is asked is answered."""
    for _ in range(bars):
        theatre.play()
        theatre.answer()
        theatre.clock.go(2.0)
        theatre.conductor.look()
        theatre.hear()


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return opened(tmp_path)


def visits(theatre: Theatre) -> Visits:
    return theatre.conductor.page.visits


def test_a_mood_is_dreamt_from_the_bar_that_is_told(theatre: Theatre) -> None:
    answer = visits(theatre).wish("mood", {"mood": "fear"}, ANNE)
    [begun] = theatre.told(DreamBegun)
    assert answer.ok
    assert (begun.mood, begun.source, begun.scene_bar + 1) == ("fear", "visitor", answer.from_bar)
    assert answer.as_json["says"] == {"key": "play.heard", "params": {"bar": answer.from_bar}}


def test_the_words_of_a_dream_choose_its_mood(theatre: Theatre) -> None:
    assert visits(theatre).wish("dream", {"text": "The sunlight on the sea"}, ANNE).ok
    assert [begun.mood for begun in theatre.told(DreamBegun)] == ["joy"]


@pytest.mark.parametrize("wanted", [{}, {"mood": 3}, {"mood": ""}, {"mood": "hunger"}, {"mood": "x" * 141}])
def test_what_is_no_mood_is_refused_with_a_sentence(theatre: Theatre, wanted: dict[str, object]) -> None:
    answer = visits(theatre).wish("mood", wanted, ANNE)
    assert (answer.ok, answer.key) == (False, "play.refused.because")
    assert answer.params["why"]
    assert not theatre.told(DreamBegun)


def test_wishes_stand_in_the_record_as_those_of_visitors(theatre: Theatre) -> None:
    visits(theatre).wish("mood", {"mood": "fear"}, ANNE)
    visits(theatre).moments._bars.append(MomentBar({"epoch": 1, "bar": 3, "notes": [["beat"]]}, {}))
    visits(theatre).wish("keep", {}, ANNE)
    assert {(use.action, use.source) for use in theatre.told(ControlUsed)} == {
        ("dream", "visitor"),
        ("keep", "visitor"),
    }
    assert [(use["action"], use["source"]) for use in theatre.status["overrides"]["last"]] == [
        ("dream", "visitor"),
        ("keep", "visitor"),
    ]


def test_moments_of_visitors_push_nothing_out_of_what_an_artist_keeps(theatre: Theatre) -> None:
    theatre.conductor.control({"action": "keep"}, "artist")
    kept = theatre.status["overrides"]["kept"]["together"]
    visits(theatre).moments._bars.append(MomentBar({"epoch": 1, "bar": 3, "notes": [["beat"]]}, {}))
    for _ in range(MOST_KEPT + 1):
        go(theatre, 4)
        assert visits(theatre).wish("keep", {}, ANNE).ok
        theatre.clock.go(10.0)
    assert theatre.status["overrides"]["kept"]["together"] == kept != []


def test_whoever_wants_a_moment_again_and_again_pushes_no_others_out(theatre: Theatre) -> None:
    keeper, names = visits(theatre).moments, list[str]()
    for bar in (3, 4):
        keeper._bars.append(MomentBar({"epoch": 1, "bar": bar, "notes": [["beat"]]}, {}))
        names += [keeper.keep() for _ in range(5)]
    assert (len(set(names)), names[0] != names[-1]) == (2, True)


def test_wishes_of_visitors_push_nothing_out_of_what_an_artist_can_take_back(theatre: Theatre) -> None:
    theatre.conductor.control({"action": "mute", "voice": "beat", "value": True}, "artist")
    for number in range(2 * MOST):
        assert visits(theatre).wish("drums", {"rows": {"bass": "." * number + "x"}}, ANNE).ok
        theatre.clock.go(10.0)
    undo = theatre.status["overrides"]["undo"]
    assert (len(undo), undo[-1]) == (MOST, "mute beat on")


def test_moods_are_voted_on_and_the_one_with_most_votes_is_dreamt_at_the_bar_line(tmp_path: Path) -> None:
    theatre = opened(tmp_path, VisitorRules(together="votes"))
    for visitor, mood in ((ANNE, "fear"), (BEN, "joy"), (CLEO, "joy")):
        answer = visits(theatre).wish("mood", {"mood": mood}, visitor)
        assert (answer.ok, answer.key) == (True, "play.voted")
    assert visits(theatre).state(ANNE)["votes"] == {"fear": 1, "joy": 2}
    assert not theatre.told(DreamBegun)
    go(theatre)
    assert [begun.mood for begun in theatre.told(DreamBegun)] == ["joy"]
    go(theatre, 3)
    assert len(theatre.told(DreamBegun)) == 1


@pytest.mark.parametrize("left", [2.0, 0.0])
def test_who_votes_is_told_the_bar_in_which_the_mood_begins_if_it_wins(tmp_path: Path, left: float) -> None:
    theatre = opened(tmp_path, VisitorRules(together="votes"))
    theatre.play()
    theatre.answer()
    theatre.clock.go(2.0 - left)
    answer = visits(theatre).wish("mood", {"mood": "fear"}, ANNE)
    theatre.clock.go(left)
    go(theatre, 3)
    assert [begun.scene_bar + 1 for begun in theatre.told(DreamBegun)] == [answer.from_bar]


def test_the_page_is_told_what_is_allowed_and_whose_turn_it_is(tmp_path: Path) -> None:
    theatre = opened(tmp_path, replace(VisitorRules(), allow=frozenset({"mood", "keep"}), together="queue"))
    assert visits(theatre).turn(ANNE).key == "play.turn.yours"
    assert visits(theatre).turn(BEN).key == "play.turn.waits"
    told = visits(theatre).state(BEN)
    assert (told["allow"], told["moods"]) == (["keep", "mood"], ["fear", "joy"])
    assert told["turn"] == {"yours": False, "may": False, "seconds": 60.0, "waiting": 1}
    assert visits(theatre).wish("mood", {"mood": "fear"}, BEN).key == "play.refused.not-your-turn"
    assert visits(theatre).wish("dream", {"text": "sun"}, ANNE).key == "play.refused.not-allowed"
    assert visits(theatre).turn(ANNE, leave=True).ok
    assert visits(theatre).wish("mood", {"mood": "fear"}, BEN).ok


GRID = {"bass": "x...x...x...x...", "snare": "....X.......X..."}


def strokes_in(theatre: Theatre, bar: int) -> set[tuple[int, int]]:
    """Steps and drums of a bar that is about to sound, as it is composed."""
    ahead = bar - theatre.bar
    return {(note.start // TICKS_PER_STEP, note.pitch) for note in theatre.sounds(ahead)[-1]["beat"]}


def meant(rows: Mapping[str, str], first: int = 0, last: int = 32) -> set[tuple[int, int]]:
    return {
        (step, DRUMS[drum])
        for drum, row in rows.items()
        for step, sign in enumerate(row)
        if sign in "xXo" and first <= step < last
    }


def test_strokes_before_the_marker_are_heard_as_they_were_set_from_the_bar_that_is_told(theatre: Theatre) -> None:
    answer = visits(theatre).wish("drums", {"rows": GRID, "marker": 16}, ANNE)
    assert (answer.ok, answer.key) == (True, "play.heard")
    assert answer.from_bar is not None
    theatre.answer()
    first = answer.from_bar - 1
    assert first - theatre.bar in {2, 3}, "the next bar line, or the one after"
    assert strokes_in(theatre, first) == meant(GRID)
    assert strokes_in(theatre, first + 1), "the model goes on"
    assert strokes_in(theatre, first - 1) != meant(GRID)
    go(theatre, 12)
    told = visits(theatre).state(ANNE)["drums"]
    assert (told["heard"], told["set"]["marker"], told["set"]["rows"]["bass"][:16]) == (True, 16, GRID["bass"])
    assert strokes_in(theatre, first + 2 * ((theatre.bar - first) // 2 + 1)) == meant(GRID), "still, though bars go by"


def test_steps_after_the_marker_that_a_visitor_has_set_stay_and_the_model_has_the_others(theatre: Theatre) -> None:
    rows = {"bass": "x..............." + "....x...........", "crash": "." * 31 + "x"}
    answer = visits(theatre).wish("drums", {"rows": rows, "marker": 8, "own": [20, 21, 31]}, ANNE)
    theatre.answer()
    assert answer.from_bar is not None
    second = strokes_in(theatre, answer.from_bar)
    assert {one for one in second if one[0] in {4, 5, 15}} == {(4, DRUMS["bass"]), (15, DRUMS["crash"])}
    assert {one for one in second if one[0] not in {4, 5, 15}}


def test_a_whole_pattern_needs_no_model_and_nothing_is_added_to_it(theatre: Theatre) -> None:
    rows = {"bass": "x...x...x...x..." * 2, "open-hat": "..x...x...x...x." * 2}
    answer = visits(theatre).wish("drums", {"rows": rows}, ANNE)
    assert answer.from_bar is not None
    theatre.hear()
    assert strokes_in(theatre, answer.from_bar - 1) == meant({name: row[:16] for name, row in rows.items()})
    go(theatre, 30)
    assert strokes_in(theatre, theatre.bar + 1) == meant({name: row[:16] for name, row in rows.items()})
    assert not theatre.faults


def test_what_is_taken_back_is_what_played_before(theatre: Theatre) -> None:
    before = theatre.conductor.music
    assert before is not None
    was = before.sounding("beat")
    visits(theatre).wish("drums", {"rows": GRID, "marker": 16}, ANNE)
    go(theatre, 6)
    theatre.conductor.control({"action": "undo"}, "http")
    go(theatre, 6)
    music = theatre.conductor.music
    assert music is not None
    assert not music.asks("beat")
    assert was is not None
    assert any(one.recipe == was.recipe for one in theatre.told(LoopSounded) if one.voice == "beat")
    assert visits(theatre).state(ANNE)["drums"]["set"] is None


def test_after_two_minutes_without_a_wish_the_piece_returns_to_itself(theatre: Theatre) -> None:
    wishes: tuple[tuple[VisitorAct, dict[str, object]], ...] = (
        ("drums", {"rows": GRID, "marker": 16}),
        ("melody", {"tunes": ["D5:8 F5:8"], "shares": [1]}),
        ("tempo", {"value": 75}),
        ("swing", {"value": 0.6}),
        ("temperature", {"value": 1.25}),
    )
    for act, wanted in wishes:
        answer = visits(theatre).wish(act, wanted, ANNE)
        assert answer.ok, answer
        theatre.clock.go(1.0)
    go(theatre, 55)
    told = visits(theatre).state(ANNE)
    assert (told["tempo"], told["drums"]["heard"], told["melody"]["heard"]) == (75.0, True, True)
    assert told["swing"] == 0.6
    assert 0 < told["idle_in"] < 11
    go(theatre, 12)
    told = visits(theatre).state(ANNE)
    assert (told["tempo"], told["drums"]["heard"], told["melody"]["heard"]) == (100.0, False, False)
    assert told["swing"] == 0.5
    assert told["temperatures"] == {"beat": 1.0, "lead": 1.0}
    assert told["idle_in"] is None
    assert theatre.status["overrides"]["now"] == []


def test_what_others_have_moved_since_is_not_taken_from_them(theatre: Theatre) -> None:
    visits(theatre).wish("tempo", {"value": 75}, ANNE)
    theatre.clock.go(1.0)
    theatre.conductor.control({"action": "tempo", "value": 90}, "http")
    go(theatre, 70)
    assert visits(theatre).state(ANNE)["tempo"] == 90.0


def test_tempo_and_temperature_stay_within_what_the_site_lets_visitors(tmp_path: Path) -> None:
    theatre = opened(tmp_path, VisitorRules(tempo=(80.0, 95.0), temperature=(0.9, 1.1)))
    for value, kept in ((1e6, 95.0), (-3, 80.0)):
        assert visits(theatre).wish("tempo", {"value": value}, ANNE).params == {"value": kept}
        theatre.clock.go(1.0)
    assert visits(theatre).wish("temperature", {"value": 9, "voice": "lead"}, ANNE).params == {"value": 1.1}
    for wrong in (None, True, "fast", float("nan"), float("inf")):
        assert not visits(theatre).wish("tempo", {"value": wrong}, ANNE).ok


def test_visitors_could_not_set_swing(tmp_path: Path) -> None:
    theatre = opened(tmp_path, VisitorRules(swing=(0.5, 0.6)))
    told = visits(theatre).state(ANNE)
    assert ("swing" in told["allow"], told["limits"]["swing"], told["swing"]) == (True, [0.5, 0.6], 0.5)
    bar = theatre.conductor.open_bar() + 1
    answer = visits(theatre).wish("swing", {"value": 0.9}, ANNE)
    assert (answer.ok, answer.key, answer.from_bar) == (True, "play.heard", bar)
    assert visits(theatre).state(ANNE)["swing"] == 0.6
    assert theatre.status["overrides"]["now"] == ["The first of two steps takes 60% of their time."]
    assert theatre.conductor.page.artist.state()["levels"]["swing"] == 0.6
    theatre.conductor.control({"action": "undo"}, "artist")
    assert theatre.conductor.page.artist.state()["levels"]["swing"] == 0.5


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"rows": {}, "marker": 32}, "silence"),
        ({"rows": {"bass": "." * 32}}, "silence"),
        ({"rows": {"gong": "x"}}, "a row is of a drum"),
        ({"rows": {"bass": "?"}}, "written with"),
        ({"rows": dict.fromkeys(("bass", "snare", "crash", "ride", "open-hat"), "x")}, "two hands"),
        ({"rows": {"bass": "x" * 2000}}, "up to"),
        ({"rows": ["x"]}, "rows"),
        ({"rows": {"bass": "x"}, "marker": -1}, "marker"),
        ({"rows": {"bass": "x"}, "marker": True}, "marker"),
        ({"rows": {"bass": "x"}, "own": [1.5]}, "own"),
        ({"rows": {"bass": "x"}, "density": "much"}, "density"),
        ({"strokes": 3}, "object"),
        ({"rows": {"bass": "x"}, "voice": "lead"}, "no such"),
    ],
)
def test_a_pattern_that_is_none_is_refused_with_a_sentence(
    theatre: Theatre, wanted: dict[str, object], why: str
) -> None:
    answer = visits(theatre).wish("drums", wanted, ANNE)
    assert not answer.ok
    assert why in str(answer.params["why"])


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ({"tunes": [], "shares": []}, "up to"),
        ({"tunes": ["D5"], "shares": [0]}, "above 0"),
        ({"tunes": ["D5", "F5"], "shares": [1]}, "as many"),
        ({"tunes": ["H5"], "shares": [1]}, "cannot be read"),
        ({"tunes": ["."], "shares": [1]}, "has a note"),
        ({"tunes": ["C9:4"], "shares": [1]}, "register"),
        ({"tunes": ["[D5 F5]:4"], "shares": [1]}, "at once"),
        ({"tunes": ["D5:4", "F5:4"], "shares": [0.5, 0.5]}, "MusicVAE"),
    ],
)
def test_a_blend_that_is_none_is_refused_with_a_sentence(theatre: Theatre, wanted: dict[str, object], why: str) -> None:
    answer = visits(theatre).wish("melody", wanted, ANNE)
    assert not answer.ok
    assert why in str(answer.params["why"])


def test_a_mistake_about_hands_and_visitors_keeps_neither_the_music_nor_its_hours_from_going_on(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    conductor, done = theatre.conductor, list[str]()

    def fail() -> None:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(conductor._console, "bar_over", fail)
    monkeypatch.setattr(conductor.page.visits, "look", fail)
    monkeypatch.setattr(conductor._play, "go_on", lambda: done.append("music"))
    monkeypatch.setattr(conductor._course, "follow", lambda: done.append("hours"))
    go(theatre, 2)
    assert done == ["music", "hours"] * 2


def test_a_scene_without_drums_or_buttons_says_so(theatre: Theatre) -> None:
    assert "buttons" in str(visits(theatre).wish("contour", {"button": 3}, ANNE).params["why"])
    assert visits(theatre).state(ANNE)["contour"] is None


def test_tunes_that_the_scene_has_written_for_a_walk_are_there_to_be_mixed(tmp_path: Path) -> None:
    written = ["C5:4 E5:4 G5:24", "G4:2 A4:2 B4:28"]
    walk = f"{{then: [walk], walk: {{tunes: {written}, steps: 4}}}}"
    theatre = Theatre(
        tmp_path,
        {"played": SCENE.replace("attention_rnn", "melody_2bar").replace("{hold: 2, candidates: 2}", walk)},
        visitors=VisitorRules(),
    )
    theatre.begin()
    theatre.answer()
    tunes = visits(theatre).state(ANNE)["melody"]["tunes"]
    assert set(written) <= set(tunes)


def test_tunes_that_were_heard_are_there_to_be_mixed(theatre: Theatre) -> None:
    tunes = visits(theatre).state(ANNE)["melody"]["tunes"]
    assert tunes[-1] == "D4:2 F4:2 A4:4", "the primer"
    assert len(tunes) > 1
    for tune in tunes:
        assert read_tune(tune).notes


def test_a_drum_machine_is_asked_again_when_its_scene_was_changed(theatre: Theatre) -> None:
    visits(theatre).wish("drums", {"rows": GRID, "marker": 16}, ANNE)
    go(theatre, 4)
    theatre.conductor.files_changed(
        [
            theatre.write(
                "played", SCENE.replace("bars: 2\n    evolve: {hold: 2, then", "bars: 1\n    evolve: {hold: 2, then")
            )
        ]
    )
    go(theatre, 6)
    told = visits(theatre).state(ANNE)["drums"]
    assert (told["bars"], told["heard"]) == (1, True)
    assert strokes_in(theatre, theatre.bar + 1) == meant(GRID)


def test_a_moment_that_is_kept_has_a_link_and_what_sounded(theatre: Theatre) -> None:
    refused = visits(theatre).wish("keep", {}, ANNE)
    assert not refused.ok, "no bar of the real player was entered here"
    bar = {"epoch": 1, "bar": 3, "scene_bar": 3, "ticks": 1920, "notes": [["beat"]]}
    visits(theatre).moments._bars.append(MomentBar(bar, {}))
    answer = visits(theatre).wish("keep", {}, ANNE)
    assert answer.ok
    name = answer.as_json["id"]
    assert answer.as_json["link"] == f"/moment/{name}"
    moment = visits(theatre).moments.store.find(name)
    assert moment is not None
    assert (moment.scene, moment.title, moment.voices) == (
        "played",
        "A scene to play with",
        {"beat": "drums", "lead": "melody"},
    )
    assert set(moment.sounds) <= set(moment.voices)
    assert all(place.startswith("/api/v1/sounds/") for place in moment.sounds.values())
    assert {voice: made["recipe"]["voice"] for voice, made in moment.recipes.items()} == {
        "beat": "beat",
        "lead": "lead",
    }
    assert not theatre.status["overrides"]["kept"]["together"], "what is kept of the scene is the artist's"
