"""Schema, documentation and evolution have the same operators, and one is added in a few lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fakes.echo import ECHO, SENTENCE, echoed, with_operator
from fakes.engine import DiceEngine
from fakes.recipes import plan, recipe
from reverie.compose.composer import compose
from reverie.compose.evolution import Evolution
from reverie.compose.operators.operator import After
from reverie.compose.operators.registry import OPERATORS
from reverie.compose.placement import Placement
from reverie.compose.recipe import LoopLimits
from reverie.compose.state_cache import Memories
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre
from reverie.scenes.operators import NAMED, OPERATOR_TRAITS
from reverie.scenes.schema import Scene

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "scenes.md"


@pytest.fixture
def echo() -> Iterator[None]:
    with with_operator(ECHO, SENTENCE):
        yield


def play(line: Evolution, engine: DiceEngine, steps: int) -> list[Placement]:
    placements: list[Placement] = []
    for _ in range(steps):
        if line.holds:
            placements.append(line.again())
            continue
        answer = compose(engine, line.next_recipe(), Memories())
        assert answer.loop
        placements.append(line.take(answer.recipe, answer.loop))
    return placements


def test_every_operator_that_scenes_can_name_is_bound_to_what_it_does() -> None:
    assert list(OPERATORS) == list(OPERATOR_TRAITS)
    assert plan().first in OPERATORS
    for operator in OPERATORS.values():
        assert (operator.derive is not None) == (operator.traits.source in {"loops", "harmony", "written"}), (
            operator.name
        )


def test_the_schema_offers_them() -> None:
    then = Scene.model_json_schema()["$defs"]["Evolve"]["properties"]["then"]
    [operator, step] = then["items"]["anyOf"]
    assert operator["enum"] == list(NAMED)
    assert Scene.model_json_schema()["$defs"][step["$ref"].rpartition("/")[2]]["required"] == ["do"]
    assert all(traits.sentence in then["description"] for traits in NAMED.values())


def test_the_documentation_has_them() -> None:
    table = DOCS.read_text().partition("| operator | what it does |\n|---|---|\n")[2].partition("\n\n")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE))
    assert rows == {name: traits.sentence for name, traits in NAMED.items()}


@pytest.mark.usefixtures("echo")
def test_an_operator_that_derives_a_loop_asks_no_model_and_keeps_its_touch() -> None:
    engine = DiceEngine()
    limits = LoopLimits(low=30, high=110, velocity_low=1, velocity_high=127)
    first, second, *_ = play(Evolution(plan(then=("echo", "continue"), limits=limits)), engine, 2)
    assert len(engine.asked) == 1
    assert second.made_by is not None
    assert second.loop.notes == tuple(sorted(echoed(second.made_by)))
    assert {note.pitch for note in second.loop.notes} == {note.pitch + 12 for note in first.loop.notes}
    assert (second.made_by.operator, second.made_by.engine, second.made_by.before) == ("echo", "", first.loop.notes)


@pytest.mark.usefixtures("echo")
def test_what_continues_a_derived_loop_has_it_as_primer_and_nothing_to_remember() -> None:
    engine = DiceEngine()
    limits = LoopLimits(low=30, high=110)
    _, derived, _, _ = play(Evolution(plan(then=("echo", "continue", "continue"), limits=limits)), engine, 4)
    continued, continued_again = engine.asked[1:]
    assert continued.operator == "continue"
    assert (continued.primer, continued.past) == (derived.loop.notes, ())
    assert (continued_again.primer, len(continued_again.past)) == (derived.loop.notes, 1)


@pytest.mark.usefixtures("echo")
def test_a_derived_loop_can_be_made_again_from_its_recipe() -> None:
    _, derived = play(Evolution(plan(then=("echo",))), DiceEngine(), 2)
    assert derived.made_by is not None
    again = compose(DiceEngine(bad=[()]), derived.made_by, Memories())
    assert (again.loop, again.recipe.id) == (derived.loop, derived.recipe)


def test_the_first_half_of_a_loop_ends_with_no_sliver_of_a_note() -> None:
    loop = Loop(1, Metre(), (Note(0, 960, 60), Note(930, 30, 62), Note(940, 480, 64), Note(700, 600, 67)))
    half = After(recipe(bars=1), loop).first_half
    assert half.primer_steps == 8
    assert [(note.start, note.end) for note in half.primer] == [(0, 960), (700, 960), (930, 960)]
