"""The harmony of a scene, as it is written."""

from __future__ import annotations

import pytest

from reverie.compose.scene_harmony import SceneHarmony
from reverie.conductor.arranging.arrange import arrange
from reverie.documents import parse_document
from reverie.scenes.folder import read_scene
from reverie.scenes.schema import Scene

HEAD = """
name: dusk
title: Dusk
tempo: 60
key: D
scale: minor
voices:
  beat: {kind: drums, model: kit, output: {channel: 10}}
  low: {kind: bass, model: rnn, register: [C2, C4], output: {channel: 2}}
  lead: {kind: melody, model: rnn, register: [C4, C6], harmony: free, output: {channel: 1}}
"""


def scene(harmony: str = "") -> Scene:
    return read_scene(parse_document(HEAD + (f"harmony: {harmony}\n" if harmony else ""), "dusk.yaml"))


def plan(harmony: str) -> SceneHarmony:
    made = arrange(scene(harmony), {}).harmony
    assert isinstance(made, SceneHarmony)
    return made


def symbols(harmony: str, bars: int) -> list[str]:
    made = plan(harmony)
    return [span.symbol for bar in range(bars) for span in made.at(bar).spans if span.change or not bar]


def test_a_scene_without_a_harmony_is_as_it_was() -> None:
    arrangement = arrange(scene(), {})
    assert arrangement.harmony is None
    assert all(one.harmony is None and one.recipe("reset", 0, 0).harmony == () for one in arrangement.plans.values())
    assert scene().hash != scene("Dm").hash


def test_voices_with_pitches_follow_it_unless_they_are_free() -> None:
    arrangement = arrange(scene("{chords: Dm | A7, strictness: 0.5}"), {})
    assert {name: one.harmony is not None for name, one in arrangement.plans.items()} == {
        "beat": False,
        "low": True,
        "lead": False,
    }
    recipe = arrangement.plans["low"].recipe("reset", 0, 1)
    assert [bar.spans[0].symbol for bar in recipe.harmony] == ["A7", "Dm", "A7"]
    assert (recipe.strictness, arrangement.plans["lead"].strictness) == (0.5, 0.0)


def test_the_short_form_means_the_long() -> None:
    assert scene('"i | VI"').hash == scene('{chords: "i | VI"}').hash == scene('{chords: "i | VI", every: 1}').hash
    assert symbols('"i | VI | III | VII"', 5) == ["Dm", "Bb", "F", "C", "Dm"]
    assert plan('"i | VI"') == plan('{chords: "i | VI"}') != plan('"i | V"')


@pytest.mark.parametrize(("every", "bars"), [("1", 1), ("3", 3), ("8s", 2), ("2m", 30), ("1s", 1), ("1h", 900)])
def test_a_written_bar_lasts_so_many_bars_or_so_long(every: str, bars: int) -> None:
    made = plan(f"{{chords: i | VI, every: {every}}}")
    changes = [bar for bar in range(2 * bars) if made.at(bar).spans[0].change]
    assert changes == [0, bars]


def test_sections_follow_each_other() -> None:
    written = "{sections: [{name: a, chords: i | VI, times: 2}, {chords: III, every: 2, weight: 2}]}"
    assert symbols(written, 8) == ["Dm", "Bb", "Dm", "Bb", "F", "F"]
    assert plan(written).spot(3).part.name == "a"


def test_the_key_moves_after_so_long_and_colours_change_in_between() -> None:
    made = plan("{chords: i | VI | III | VII, every: 4, colour: {every: 4s, with: [add9]}, modulate: {every: 2m}}")
    assert {str(made.spot(bar).key) for bar in range(32)} == {"D minor"}
    assert {str(made.spot(bar).key) for bar in range(32, 64)} <= {"A minor", "G minor"}
    assert [made.at(bar).spans[0].symbol for bar in range(4)] == ["Dm", "Dmadd9", "Dm", "Dmadd9"]


def test_a_cadence_can_be_asked_for() -> None:
    assert symbols("{chords: i | VI, cadence: true}", 2) == ["Dm", "Bb", "A7"]


def test_chords_are_generated_within_limits() -> None:
    made = plan("{generate: {bars: 4, rhythm: [1, 1], tension: [0.1, 0.3], kinds: triads}, every: 2}")
    assert [bar for bar in range(16) if made.at(bar).spans[0].change] == list(range(0, 16, 2))
    assert made.at(0).spans[0].symbol == made.at(8).spans[0].symbol == "Dm"
    assert made.at(6).spans[0].symbol == "A"
    by_third = "{generate: {}, modulate: {every: 8, by: [third, relative]}}"
    assert {str(plan(by_third).spot(bar).key) for bar in range(0, 320, 8)} >= {"D minor", "F major", "Bb major"}


def test_a_network_foretells_the_chords_where_a_scene_says_so_in_any_bar_and_order() -> None:
    rest = "bars: 16, rhythm: [1, 2], tension: [0.5, 0.9]"
    written = f"{{generate: {{{rest}, by: network}}, cadence: true, colour: {{every: 1, with: [add9]}}}}"
    made, counted = plan(written), plan(f"{{generate: {{{rest}}}}}")
    assert made.parts[0].source != counted.parts[0].source
    far = 1_600_000
    bars = [made.at(bar) for bar in range(far, far + 32)]
    again = plan(written)
    assert [again.at(bar) for bar in reversed(range(far, far + 32))] == bars[::-1]
    assert [bars[first].spans[0].symbol for first in (0, 16)] == ["Dm", "Dm"]
    assert [bars[last].spans[-1].symbol for last in (15, 31)] == ["A7", "A7"]
    roots = [[one.at(bar).spans[0].root for bar in range(160)] for one in (made, counted)]
    assert sum(ours != theirs for ours, theirs in zip(*roots, strict=True)) > 20


def test_generated_and_written_sections_may_follow_each_other() -> None:
    made = plan("{sections: [{chords: i | iv}, {generate: {bars: 2, rhythm: [1, 1]}, times: 2}]}")
    assert [made.at(bar).spans[0].symbol for bar in range(8)] == ["Dm", "Gm", "Dm", "A7", "Dm", "A7", "Dm", "Gm"]


def test_a_section_and_a_voice_say_how_much_the_chords_bind() -> None:
    sections = "{strictness: 0.6, sections: [{chords: i, strictness: 0.9}, {chords: iv}]}"
    text = HEAD.replace("harmony: free", "strictness: 0.3") + f"harmony: {sections}\n"
    plans = arrange(read_scene(parse_document(text, "dusk.yaml")), {}).plans
    assert [plans["low"].recipe("reset", 0, bar).strictness for bar in range(3)] == [0.9, 0.6, 0.9]
    assert [plans["lead"].recipe("reset", 0, bar).strictness for bar in range(3)] == [0.3, 0.3, 0.3]
    assert plans["beat"].recipe("reset", 0, 0).strictness == 0
