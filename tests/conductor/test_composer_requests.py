from __future__ import annotations

from fakes.recipes import recipe
from reverie.conductor.composer_requests import Requests


def test_an_answer_finds_its_question_once() -> None:
    requests = Requests()
    first = requests.ask(1, recipe(seed=1), 0.0)["number"]
    second = requests.ask(2, recipe(seed=2), 0.0)["number"]
    assert requests.answered(second, 1.0) == (2, recipe(seed=2))
    assert requests.answered(second, 1.0) is None
    assert requests.answered(first, 1.0) == (1, recipe(seed=1))


def test_silence_counts_only_while_an_answer_is_owed() -> None:
    requests = Requests()
    assert requests.silent_for(100.0) == 0
    first = requests.ask(1, recipe(), 100.0)["number"]
    requests.ask(1, recipe(), 150.0)
    assert requests.silent_for(160.0) == 60
    requests.heard(161.0)
    assert requests.silent_for(165.0) == 4
    requests.answered(first, 170.0)
    assert requests.silent_for(175.0) == 5
    assert requests.lost() == (1, recipe())
    assert requests.lost() is None
    assert requests.silent_for(1000.0) == 0
