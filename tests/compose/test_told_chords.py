"""A model that composes over chords is told the harmony, and its loops are made again to the byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import reverie
from fakes import recipes
from fakes.chords import A_MINOR, C_CHORD, D_MINOR, G_SEVENTH, Progression, bars, chord
from fakes.scenes import TEXT, scene
from reverie.compose.composer import compose
from reverie.compose.engines.recurrent import RecurrentEngine
from reverie.compose.evolution import Evolution
from reverie.compose.recipe import LoopLimits, Recipe
from reverie.compose.state_cache import Memories
from reverie.compose.told_chords import ToldChord, by_step, part, told_harmony, told_symbol, tonic_chord
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.arranging.scene_remarks import scene_remarks
from reverie.models.encodings.encodings import encoding_of
from reverie.models.encodings.improv import ENCODINGS
from reverie.models.errors import ModelError
from reverie.models.library.bundle import make_bundle, write_bundle
from reverie.models.library.card import ModelCard
from reverie.models.library.index import ModelFile, find_models, read_model_file
from reverie.music.chord_symbols import KINDS, magenta_knows, parse_chord
from reverie.music.harmony import SCALES, BarHarmony, ChordSpan, Key
from reverie.music.notes import Note
from reverie.music.time import Metre

PATIENT = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
"""Other programs may have the processor meanwhile."""

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"
TUNE = tuple(Note(480 * beat, 480, pitch) for beat, pitch in enumerate((62, 65, 69, 67)))
SEVEN = Metre(7, 8, (2, 2, 3))


@pytest.fixture(scope="module")
def shipped() -> ModelFile:
    return read_model_file(SHIPPED / "chord_pitches_improv.safetensors")


def untrained(folder: Path, config: str) -> ModelFile:
    """A small model of chance weights."""
    encoding, rng = encoding_of(config), np.random.default_rng(1)
    units, classes = 8, encoding.classes[0]
    shapes = {
        "layers.0.kernel": (encoding.input_size + units, 4 * units),
        "layers.0.bias": (4 * units,),
        "output.kernel": (units, classes),
        "output.bias": (classes,),
    }
    weights = {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}
    path = folder / f"{config}.safetensors"
    write_bundle(path, make_bundle(ModelCard(config, config, training={"example_steps": 64}), weights))
    return read_model_file(path)


def plan(model: ModelFile, **changes: Any) -> Any:
    metre: Metre = changes.get("metre", Metre())
    fields: dict[str, Any] = {
        "model": model.name,
        "model_hash": model.sha256,
        "primer": TUNE,
        "primer_steps": 16,
        "chords": model.chords,
        "span": model.counting.span(metre.bar_steps),
        "candidates": 3,
        "limits": LoopLimits(low=55, high=84, least=0.1, most=32, tonic=0, scale="major"),
        "harmony": Progression(bars(D_MINOR, G_SEVENTH, C_CHORD, A_MINOR)),
        "strictness": 0.5,
    }
    return recipes.plan(**(fields | changes))


def engine_of(model: ModelFile) -> RecurrentEngine:
    engine = RecurrentEngine()
    engine.load(model)
    return engine


@pytest.mark.parametrize("strictness", [0.0, 0.5])
@pytest.mark.parametrize(("config", "metre"), [("chord_pitches_improv", Metre()), ("attention_improv", SEVEN)])
def test_loops_over_chords_are_made_again_to_the_byte_without_memories(
    config: str, metre: Metre, strictness: float, shipped: ModelFile, tmp_path: Path
) -> None:
    model = shipped if config == shipped.name else untrained(tmp_path, config)
    then = ("continue", "continue", "mutate", "continue")
    line = Evolution(plan(model, metre=metre, strictness=strictness, then=then))
    engine, memories = engine_of(model), Memories()
    spanned = False
    for _ in range(6):
        asked = line.next_recipe()
        assert sum(one.steps for one in asked.chords) == asked.primer_steps + asked.steps
        answer = compose(engine, asked, memories)
        assert answer.loop
        spanned = spanned or answer.recipe.span > 0
        again = compose(engine_of(model), Recipe.from_json(answer.recipe.as_json()), Memories())
        assert (again.loop, again.recipe) == (answer.loop, answer.recipe)
        line.take(answer.recipe, answer.loop)
    assert spanned == (metre == SEVEN)


def test_each_sixteenth_is_under_its_own_chord_and_a_primer_under_the_tonic(shipped: ModelFile) -> None:
    line = Evolution(plan(shipped))
    first = line.next_recipe()
    assert first.chords == (ToldChord("C", 16), ToldChord("Dm", 16), ToldChord("G7", 16))
    answer = compose(engine_of(shipped), first, Memories())
    assert answer.loop
    line.take(answer.recipe, answer.loop)
    following = line.next_recipe()
    turned = 2 * line.plan.hold * 16 // 16 % 4
    assert following.past[0].chords == first.chords[1:]
    assert by_step(following.chords)[:16] == ["C"] * 16
    assert by_step(following.chords)[16] == ("Dm", "G7", "C", "Am")[turned]


def test_other_chords_are_other_music(shipped: ModelFile) -> None:
    engine, asked = engine_of(shipped), plan(shipped, strictness=0.0)
    other = plan(shipped, strictness=0.0, harmony=Progression(bars((3, 6, 10), (11, 3, 6))))
    [one], [another] = (engine.generate(one.recipe("reset", 0, 0))[:1] for one in (asked, other))
    assert one.notes != another.notes
    apart = [note.pitch % 12 in {3, 6, 10, 11} for note in another.notes]
    assert sum(apart) > len(apart) / 2


def test_a_voice_without_harmony_is_told_its_tonic(shipped: ModelFile) -> None:
    asked = plan(shipped, harmony=None, limits=LoopLimits(48, 84, tonic=2, scale="dorian")).recipe("reset", 0, 0)
    assert asked.chords == (ToldChord("Dm", 48),)


def test_models_that_hear_no_chords_are_told_none() -> None:
    melody = read_model_file(SHIPPED / "attention_rnn.safetensors")
    asked = plan(melody).recipe("reset", 0, 0)
    assert asked.chords == ()
    assert "chords" not in asked.as_json()


def test_chords_over_a_part_of_a_loop_are_refused(shipped: ModelFile) -> None:
    with pytest.raises(ValueError, match="over all that it hears and draws, not over 20 sixteenths"):
        recipes.recipe(chords=(ToldChord("C", 20),))
    with pytest.raises(ModelError, match="chord_pitches_improv composes over chords, and was told none"):
        engine_of(shipped).generate(recipes.recipe(model=shipped.name, model_hash=shipped.sha256))


def test_check_says_which_chord_stands_for_those_that_are_not_there() -> None:
    models, _ = find_models([SHIPPED])
    told = dict(scene_remarks(scene(TEXT.replace("attention_rnn", "chord_pitches_improv")), models))
    assert told == {
        ("voices", "lead", "model"): (
            "chord_pitches_improv composes over chords, and the voice lead has none: there is no 'harmony'; "
            "it is told the chord of the tonic, Dm"
        )
    }
    harmony = 'harmony: "Dm9 | G13"\nseed: 3'
    text = TEXT.replace("attention_rnn", "chord_pitches_improv").replace("seed: 3", harmony)
    assert not dict(scene_remarks(scene(text), models))
    free = text.replace("    primer:", "    harmony: free\n    primer:")
    assert "is free of the scene's" in dict(scene_remarks(scene(free), models))["voices", "lead", "model"]
    assert arrange(scene(text), models).plans["lead"].chords == "symbols"


TONES = st.builds(
    lambda root, above, bass, scale: ChordSpan(
        0, "?", root, (root + bass) % 12, tuple({root, *((root + one) % 12 for one in above)}), scale
    ),
    st.integers(0, 11),
    st.sets(st.integers(1, 11), max_size=6),
    st.sampled_from((0, 4, 7)),
    st.sampled_from([*SCALES.values()]),
)


@PATIENT
@given(TONES)
def test_whatever_a_chord_is_a_model_has_a_symbol_for_it(span: ChordSpan) -> None:
    for config, encoding in ENCODINGS.items():
        alphabet = "symbols" if config == "chord_pitches_improv" else "triads"
        symbol = told_symbol(span, alphabet)
        assert magenta_knows(symbol)
        assert parse_chord(symbol).root == span.root
        heard = encoding().input(encoding().push(encoding().start(), 60), symbol)
        assert heard.places[0] > 0, "not no chord"


@PATIENT
@given(st.sampled_from([*KINDS]), st.integers(0, 11))
def test_a_chord_that_a_model_knows_is_told_as_it_is(kind: str, root: int) -> None:
    symbol = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")[root] + kind
    parsed = parse_chord(symbol)
    span = ChordSpan(0, symbol, parsed.root, parsed.bass, tuple(parsed.pitch_classes), ())
    assert told_symbol(span, "symbols") == symbol
    if parsed.triad is not None:
        assert parse_chord(told_symbol(span, "triads")).triad == parsed.triad


def test_a_chord_without_a_third_gets_that_of_its_scale() -> None:
    major = SCALES["major"]
    assert told_symbol(ChordSpan(0, "Dsus4", 2, 2, (2, 7, 9), major), "triads") == "Dm"
    assert told_symbol(ChordSpan(0, "Gsus4", 7, 7, (7, 0, 2), major), "triads") == "G"
    assert told_symbol(ChordSpan(0, "C7alt", 0, 0, (0, 4, 8, 10, 3), SCALES["chromatic"]), "symbols") == "C+7"


@PATIENT
@given(st.lists(st.tuples(st.sampled_from("CDEFG"), st.integers(0, 20))), st.integers(0, 90), st.integers(0, 90))
def test_a_part_of_chords_is_what_sounds_in_it(chords: list[tuple[str, int]], first: int, end: int) -> None:
    told = [ToldChord(*one) for one in chords]
    assert by_step(part(told, first, end)) == by_step(told)[first:end]


def test_chords_within_a_bar_are_told_where_they_begin() -> None:
    told = told_harmony([BarHarmony((chord(D_MINOR), chord(G_SEVENTH, 960)))], Metre(), "triads")
    assert told == (ToldChord("Dm", 8), ToldChord("G", 8))


@pytest.mark.parametrize(
    ("key", "symbol"), [(Key(9, "minor"), "Am"), (Key(10, "lydian"), "Bb"), (Key(0, "blues"), "Cm")]
)
def test_the_chord_of_the_tonic(key: Key, symbol: str) -> None:
    assert tonic_chord(key) == symbol
