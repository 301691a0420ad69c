"""Points of timbres in sections and chapters of a form: read, refused with the reason, and no news to kept scenes."""

from __future__ import annotations

import pytest

from fakes.bank_renders import SCENE
from reverie.compose.mood_stack import MoodStack
from reverie.conductor.arranging.arrange_form import arrange_form
from reverie.conductor.banks.points_of_form import all_points
from reverie.conductor.offline.bank_steps import dreamt_steps
from reverie.documents import DocumentError, parse_document, validate
from reverie.scenes.schema import Scene

FORM = """
form:
  sections:
    - {name: day, bars: 8%s}
    - {name: night, bars: 8}
"""
GRID = SCENE.replace(
    "sources: {flute: {latent: 1}, cat: {latent: 2}}\n    path: {kind: line, steps: 3}",
    "sources: {a: {latent: 1}, b: {latent: 2}, c: {latent: 5}, d: {latent: 6}}\n    path: {kind: grid, side: 5}",
)
CHANCE = SCENE.replace("path: {kind: line, steps: 3}", "path: {kind: random_walk}")


def read(text: str) -> Scene:
    return validate(parse_document(text), Scene)


def test_a_section_and_a_chapter_have_points_of_a_line_and_of_a_grid() -> None:
    chapters = "  chapters:\n    - {name: noon, for: 5m, sections: [day, night], timbre: {creature: 1}}\n"
    scene = read(SCENE + FORM % ", timbre: {creature: 0.4}" + chapters)
    assert all_points(scene, "creature") == ((0.4,), (1.0,))
    assert all_points(read(GRID + FORM % ", timbre: {creature: [0.2, 0.8]}"), "creature") == ((0.2, 0.8),)
    assert all_points(read(SCENE), "creature") == ()


@pytest.mark.parametrize(
    ("text", "points", "sentence"),
    [
        (SCENE, "{creature: 1.5}", "a point of a timbre's path is 0 (its begin) to 1 (its end), not 1.5"),
        (SCENE, "{creature: [0.2, 0.8]}", "'creature' goes along a line"),
        (SCENE, "{creatrue: 0.5}", "there is no timbre 'creatrue'; did you mean 'creature'?"),
        (GRID, "{creature: 0.5}", "'creature' goes over a grid"),
        (CHANCE, "{creature: 0.5}", "'creature' walks by chance and comes by each mixture once"),
        (SCENE, "{creature: here}", "creature"),
    ],
)
def test_a_point_that_its_path_does_not_have_is_refused_with_the_reason(text: str, points: str, sentence: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read(text + FORM % f", timbre: {points}")
    assert sentence in str(caught.value)


def test_a_performance_on_paper_has_the_banks_of_the_form_where_its_sections_are() -> None:
    scene = read(SCENE.replace("steps: 3", "steps: 11") + FORM % ", timbre: {creature: 0.5}")
    course = arrange_form(scene, 1)
    assert [*dreamt_steps(scene, "creature", 32, MoodStack(), course)] == [(0, (5,)), (8, 0), (16, (5,)), (24, 0)]
    assert [*dreamt_steps(scene, "bell", 32, MoodStack(), course)] == [(0, 0)]


def test_a_form_without_points_has_the_hash_that_it_had() -> None:
    without, empty, given = (read(SCENE + FORM % more) for more in ("", ", timbre: {}", ", timbre: {creature: 0.4}"))
    assert without.hash == empty.hash != given.hash
