"""What sounds is kept, whoever composes is told up to which moment and within which bands, and people can read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.engine import DiceEngine
from fakes.scenes import TEXT
from reverie.compose import messages as composing
from reverie.compose.composer import compose
from reverie.compose.fingerprint import fingerprint
from reverie.compose.novelty import MOST_LOOPS, NoveltyMemory
from reverie.compose.novelty_bands import NoveltyBands
from reverie.compose.novelty_file import NoveltyReader
from reverie.compose.state_cache import Memories
from reverie.processes.codec import from_message
from reverie.watch.happenings import LoopSounded

LINE = "evolve: {hold: 1, then: [continue, loop, reset]}"
BANDS = "evolve: {hold: 2, then: [continue, reset], novelty: {last: [0, 1], hour: [0.99, 1]}}"


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    banded = TEXT.replace(LINE, BANDS)
    assert banded != TEXT
    theatre = Theatre(tmp_path, {"study": banded, "other": TEXT.replace("name: study", "name: other")})
    theatre.begin()
    return theatre


def asked(theatre: Theatre) -> list[composing.ComposeLoop]:
    said = [from_message(composing.ToComposer, one) for one in theatre.composer.sent]
    return [one for one in said if isinstance(one, composing.ComposeLoop)]


def go(theatre: Theatre, bars: int, memory: NoveltyMemory) -> None:
    """Bars go out, with answers as the composer gives them."""
    for _ in range(bars):
        for one in asked(theatre)[theatre._asked :]:
            theatre._asked += 1
            played = memory.up_to(one.moment, one.bands)
            answer = compose(DiceEngine(), one.whole_recipe, Memories(), played)
            if answer.loop:
                played.remember(answer.recipe, answer.loop)
            theatre.composer.says(composing.Answer(one.number, 0.1, answer))
        theatre.clock.go(4.0)
        theatre.play()


def test_the_composer_is_told_the_bands_and_the_moment(theatre: Theatre) -> None:
    go(theatre, 12, NoveltyMemory())
    by_voice = {one.recipe.voice: one for one in asked(theatre)}
    assert by_voice["lead"].bands == NoveltyBands(last=(0.0, 1.0), hour=(0.99, 1.0), week=(0.01, 1.0))
    assert by_voice["beat"].bands is None
    moments = [one.moment for one in asked(theatre)]
    assert moments == sorted(moments)
    assert moments[-1] > 30
    setups = [from_message(composing.ToComposer, one) for one in theatre.composer.sent if one["type"] == "setup"]
    assert all(one.played == theatre.conductor.config.state / "novelty.sqlite" for one in setups)


def test_each_loop_that_sounds_is_told_once_when_its_notes_were_sent(theatre: Theatre) -> None:
    go(theatre, 40, NoveltyMemory())
    sounded = [one for one in theatre.happened if isinstance(one, LoopSounded)]
    lead = [one for one in sounded if one.voice == "lead"]
    assert {one.voice for one in sounded} == {"lead", "beat"}
    assert {one.kind for one in lead} == {"melody"}
    assert [one.recipe for one in lead] == list(dict.fromkeys(one.recipe for one in lead))
    assert len(lead) == pytest.approx(40 / 4, abs=3)


def test_what_sounds_is_kept_for_the_next_composer(theatre: Theatre) -> None:
    go(theatre, 20, NoveltyMemory())
    theatre.conductor._novelty.write()
    read = NoveltyReader(theatre.conductor.config.state / "novelty.sqlite", MOST_LOOPS)
    kept = {one.exact for _, one in read(("study", "lead"))}
    sounded = [one for one in theatre.happened if isinstance(one, LoopSounded) and one.voice == "lead"]
    assert kept == {fingerprint(one.loop, "melody").exact for one in sounded}
    assert read(("other", "lead")) == []


def test_people_read_how_new_the_last_loop_is(theatre: Theatre) -> None:
    go(theatre, 40, NoveltyMemory())
    novelty = theatre.status["loops"]["lead"]["novelty"]
    assert set(novelty) == {"last", "hour", "week", "outside", "warmer", "widened"}
    assert 0 <= novelty["hour"] <= 1
    assert 'reverie_loop_novelty{beside="hour",voice="lead"}' in theatre.metrics
    assert 'reverie_loop_novelty{beside="last",voice="beat"}' in theatre.metrics


def test_loops_outside_their_bands_are_counted(theatre: Theatre) -> None:
    go(theatre, 60, NoveltyMemory())
    assert 'reverie_loops_outside_total{how="alike",voice="lead"}' in theatre.metrics
    assert 'reverie_loops_outside_total{how="alike",voice="beat"}' not in theatre.metrics


def test_people_read_by_how_many_steps_limits_are_widened(theatre: Theatre) -> None:
    go(theatre, 20, NoveltyMemory())
    assert theatre.status["loops"]["beat"]["novelty"]["widened"] == {}
    go(theatre, 60, NoveltyMemory())
    assert theatre.status["loops"]["lead"]["novelty"]["widened"]["density"] >= 1
    assert "limits-widened lead" in theatre.faults
