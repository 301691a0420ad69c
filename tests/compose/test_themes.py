"""Sections come back with their themes, varied in time, and loops that were liked come back after minutes."""

from __future__ import annotations

from itertools import pairwise

from fakes.chords import A_MINOR, C_CHORD, D_MINOR, G_SEVENTH, Progression, bars
from fakes.courses import Play, WrittenCourse
from fakes.engine import DiceEngine
from fakes.recipes import recipe
from reverie.compose.composer import compose
from reverie.compose.course import Opening, SectionSpot
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.recipe import Recipe
from reverie.compose.state_cache import Memories
from reverie.compose.themes import MOST_LOOPS, MOST_SECTIONS, MOST_THEMES, RETIRES, VERBATIM, Themes
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre

AB = WrittenCourse((("a", 8), ("b", 8)))


def openings(play: Play, voice: str, length: int, first: int = 0) -> list[str]:
    """The recipes with which one of the sections begins, each time it comes up."""
    bars = range(first, play.performance.bar + 1, length)
    return [play.heard[bar][voice] for bar in bars]


def test_a_section_that_comes_back_begins_with_what_it_began_with_before() -> None:
    play = Play(AB, then=("continue",), hold=2)
    play.go(16 * 3 + 4)
    for voice in ("beat", "lead"):
        first, second, third, fourth = openings(play, voice, 16)
        assert first == second == third != fourth
        of_b = openings(play, voice, 16, 8)
        assert of_b[0] == of_b[1]
        assert of_b[0] != first


def test_a_theme_that_was_heard_often_enough_is_varied_and_goes_on_from_itself() -> None:
    play = Play(AB, then=("continue",), hold=2)
    play.go(16 * 5)
    theme, varied = openings(play, "lead", 16)[0], openings(play, "lead", 16)[4]
    made = play.answers[varied].recipe
    assert made.operator == "mutate"
    loop = play.answers[theme].loop
    assert loop is not None
    assert made.before == loop.notes
    half = loop.ticks // 2
    after = play.answers[varied].loop
    assert after is not None
    assert [note for note in after.notes if note.start < half] == [note for note in loop.notes if note.start < half]
    assert after != loop


def test_themes_stay_away_for_longer_and_longer_and_others_take_their_place() -> None:
    play = Play(AB, then=("continue",), hold=2)
    play.go(16 * 40)
    found = openings(play, "beat", 16)
    verbatim = max(found.count(one) for one in found)
    assert verbatim == VERBATIM
    assert len({*found}) > 10
    lines = [play.answers[one].recipe for one in found]
    new = [number for number, one in enumerate(lines) if one.operator != "mutate" and one.id not in found[:number]]
    assert len(new) > 3
    assert new[0] == 0


def test_a_theme_that_returns_has_its_old_recipe_and_is_made_again_from_it() -> None:
    play = Play(AB, then=("continue",), hold=2)
    play.go(16 * 6)
    for place in play.sent:
        answer = play.answers.get(place.recipe)
        if answer is not None:
            again = compose(DiceEngine(), Recipe.from_json(answer.recipe.as_json()), Memories())
            assert (again.recipe.id, again.loop) == (place.recipe, place.loop)


def test_a_theme_suits_the_chords_that_are_there_when_it_returns() -> None:
    chords = Progression(bars(D_MINOR, G_SEVENTH, C_CHORD, A_MINOR, D_MINOR, A_MINOR, G_SEVENTH))
    play = Play(AB, then=("continue",), hold=2, harmony=chords, strictness=0.8)
    play.go(16 * 3)
    at = {place.start_bar: place for place in play.places("lead")}
    rhythms = [[(note.start, note.length) for note in at[bar].loop.notes] for bar in (0, 16, 32)]
    assert rhythms[0] == rhythms[1] == rhythms[2]
    assert len({at[bar].recipe for bar in (0, 16, 32)}) > 1


def test_a_section_that_opens_with_an_operator_does_not_return() -> None:
    operators: tuple[Opening, ...] = ("reset", "mutate", "continue")
    for opens in operators:
        play = Play(WrittenCourse((("a", 8), ("b", 8)), opens=opens), then=("continue",), hold=3)
        play.go(16 * 3)
        found = openings(play, "lead", 16)
        assert len({*found}) == 3
        assert {play.answers[one].recipe.operator for one in found[1:]} == {opens}


def test_an_old_loop_comes_back_now_and_then_after_minutes_and_never_by_a_clock() -> None:
    play = Play(WrittenCourse((("a", 5000),)), then=("continue",), hold=2)
    play.go(900)
    places: dict[str, list[int]] = {}
    for place in play.places("lead"):
        places.setdefault(place.recipe, []).append(place.start_bar)
    gaps = [after - before for starts in places.values() for before, after in pairwise(sorted({*starts}))]
    assert len(gaps) > 8
    assert min(gaps) >= 64
    assert len({*gaps}) > len(gaps) // 2
    starts = sorted(start for every in places.values() for start in every[1:])
    assert len({after - before for before, after in pairwise(starts)}) > 5
    shares = sum(len(every) - 1 for every in places.values()) / sum(map(len, places.values()))
    assert 0.05 < shares < 0.25


def test_without_sections_nothing_returns() -> None:
    play = Play(None, then=("continue",), hold=2)
    play.go(300)
    recipes = [place.recipe for place in play.places("lead")]
    assert len(recipes) == len({*recipes})


def loop(number: int) -> PlayedLoop:
    made = recipe(seed=number, choice=0, score={"total": number % 7 / 7})
    return PlayedLoop(made.id, Loop(2, Metre(), (Note(number % 7000, 10, 60),)), made)


def test_what_is_remembered_is_bounded() -> None:
    themes = Themes()
    for number in range(3000):
        spot = SectionSpot(number, f"section {number % 40}", number * 8, 8, number // 40)
        themes.began(spot, loop(number), themes.due(spot))
        themes.heard(loop(number), number * 8)
    assert len([*themes]) <= MOST_SECTIONS * MOST_THEMES + MOST_LOOPS


def test_a_theme_is_forgotten_after_it_was_heard_often() -> None:
    themes, found = Themes(), list[str]()
    for times in range(60):
        spot = SectionSpot(times, "a", times * 8, 8, times)
        theme = themes.due(spot)
        played = theme.played if theme else loop(times)
        themes.began(spot, played, theme)
        found.append(played.recipe)
    assert VERBATIM < max(found.count(one) for one in found) <= RETIRES
    assert len({*found}) > 6
    first = [number for number, one in enumerate(found) if one == found[0]]
    gaps = [after - before for before, after in pairwise(first)]
    assert gaps == sorted(gaps)
    assert gaps[-1] > gaps[0]


def test_people_come_first() -> None:
    play = Play(AB, then=("continue",), hold=2)
    play.go(12)
    play.performance.evolve("lead", "reset")
    asked = len(play.asked)
    play.go(8)
    assert next(one.operator for one in play.asked[asked:] if one.voice == "lead") == "reset"


def test_the_same_section_after_a_change_of_course_begins_with_the_same_theme() -> None:
    changed, same = (Play(AB, then=("continue",), hold=2) for _ in range(2))
    for play in (changed, same):
        play.go(14)
    changed.performance.change_course(WrittenCourse((("a", 8), ("b", 8)), states={}), 15)
    for play in (changed, same):
        play.go(4)
    assert changed.heard[16] == same.heard[16] == changed.heard[0]


def test_memory_survives_a_scene_that_was_changed() -> None:
    play = Play(AB, then=("continue",), hold=2)
    play.go(12)
    arrangement = play.performance.arrangement
    play.performance = play.performance.succeeded_by(arrangement, 1, {})
    play.sent += play.performance.opening()
    play.go(8)
    assert play.heard[16] == play.heard[0]


def placed(play: Play, voice: str) -> list[tuple[int, str]]:
    return [(place.start_bar, place.recipe) for place in play.places(voice)]


def test_the_same_scene_returns_to_the_same_again() -> None:
    one, other = Play(AB, hold=2), Play(AB, hold=2)
    one.go(200)
    other.go(200)
    assert placed(one, "lead") == placed(other, "lead")


def scored(number: int, total: float) -> PlayedLoop:
    made = recipe(seed=number, choice=0, score={"total": total})
    return PlayedLoop(made.id, Loop(2, Metre(), (Note(number, 10, 60),)), made)


def test_retired_loops_do_not_crowd_out_loved_ones() -> None:
    themes, best = Themes(), [scored(number, 1.0) for number in range(MOST_LOOPS)]
    for times in range(RETIRES):
        for number, one in enumerate(best):
            themes.heard(one, times * 100 + number)
    fresh = [scored(100 + number, 0.2 + number / 1000) for number in range(MOST_LOOPS)]
    for number, one in enumerate(fresh):
        themes.heard(one, 10_000 + number)
    loved = themes.loved(lambda _one: True)
    assert loved in fresh
    assert len([one for one in themes if one in fresh]) > MOST_LOOPS // 2


def test_a_loop_that_does_not_fit_blocks_none_that_does() -> None:
    themes, loops = Themes(), [scored(number, 1.0 - number / 100) for number in range(12)]
    for number, one in enumerate(loops):
        themes.heard(one, number)
    assert themes.loved(lambda _one: True) == loops[0]
    assert themes.loved(lambda one: one != loops[0]) == loops[1]
    assert themes.longest_away(9, lambda _one: True) == loops[0]
    assert themes.longest_away(9, lambda one: one not in loops[:3]) == loops[3]
    assert themes.loved(lambda _one: False) is None
