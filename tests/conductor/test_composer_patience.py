from __future__ import annotations

import time
from pathlib import Path

import pytest

from fakes.conductors import Theatre
from fakes.scenes import TEXT
from reverie.compose import messages as composing
from reverie.processes.codec import to_message


@pytest.fixture
def theatre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Theatre:
    return Theatre(tmp_path, {"study": TEXT}, monkeypatch)


def after(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.monotonic() + seconds
    monkeypatch.setattr(time, "monotonic", lambda: later)


def test_a_composer_is_not_condemned_while_its_first_model_still_loads(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    theatre.composer.state = "starting"
    theatre.begin()
    assert theatre.questions
    for seconds in (61, 50):
        after(seconds, monkeypatch)
        theatre.conductor._look()
    assert theatre.composer.condemned == []
    theatre.composer.state = "up"
    after(30, monkeypatch)
    theatre.conductor._look()
    assert theatre.composer.condemned == []


def test_a_composer_that_is_up_and_owes_an_answer_for_too_long_is_condemned(
    theatre: Theatre, monkeypatch: pytest.MonkeyPatch
) -> None:
    theatre.begin()
    after(59, monkeypatch)
    theatre.conductor._look()
    assert theatre.composer.condemned == []
    after(2, monkeypatch)
    theatre.conductor._look()
    assert theatre.composer.condemned == ["The composer owed an answer for 61 s; it was killed."]


def test_a_model_that_has_loaded_is_a_sign_of_life(theatre: Theatre, monkeypatch: pytest.MonkeyPatch) -> None:
    theatre.begin()
    after(50, monkeypatch)
    theatre.conductor.received("composer", to_message(composing.ModelLoaded("drum_kit", 50.0, None)))
    after(50, monkeypatch)
    theatre.conductor._look()
    assert theatre.composer.condemned == []
