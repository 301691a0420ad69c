from __future__ import annotations

from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.compose import messages as composing


@pytest.fixture
def theatre(tmp_path: Path) -> Theatre:
    return Theatre(tmp_path, {"study": TEXT})


def test_a_composer_is_not_condemned_while_its_first_model_still_loads(theatre: Theatre) -> None:
    theatre.composer.state = "starting"
    theatre.begin()
    assert theatre.questions
    for seconds in (61, 50):
        theatre.clock.go(seconds)
        theatre.conductor.look()
    assert theatre.composer.condemned == []
    theatre.composer.state = "up"
    theatre.clock.go(30)
    theatre.conductor.look()
    assert theatre.composer.condemned == []


def test_a_composer_that_is_up_and_owes_an_answer_for_too_long_is_condemned(theatre: Theatre) -> None:
    theatre.begin()
    theatre.clock.go(59)
    theatre.conductor.look()
    assert theatre.composer.condemned == []
    theatre.clock.go(2)
    theatre.conductor.look()
    assert theatre.composer.condemned == ["The composer owed an answer for 61 s; it was killed."]


def test_a_model_that_has_loaded_is_a_sign_of_life(theatre: Theatre) -> None:
    theatre.begin()
    theatre.clock.go(50)
    theatre.composer.says(composing.ModelLoaded("drum_kit", 50.0, None))
    theatre.clock.go(50)
    theatre.conductor.look()
    assert theatre.composer.condemned == []
