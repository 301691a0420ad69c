"""What a model finds wrong is told in plain sentences, all of it, at its place."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reverie.documents import DocumentError, parse_document, validate
from reverie.scenes.schema import Scene
from reverie.site.schema import Site

JARGON = re.compile(r"Input should|validation error|type=|pydantic|Traceback|NoneType|<class")


def faults_of(text: str, model: type[Scene | Site] = Scene) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        validate(parse_document(text, "x.yaml"), model)
    return str(caught.value).splitlines()


def test_faults_of_reader_and_model_are_told_together_and_in_order() -> None:
    faults = faults_of("scene: 3\nscene: a\nhealth: {port: 0, adress: x}\n", Site)
    assert faults == [
        "x.yaml:1:8: 'scene' must be a text, not the number 3",
        "x.yaml:2:1: the key 'scene' has been given before, in line 1",
        "x.yaml:3:16: 'port' must be 1 or more, not 0",
        "x.yaml:3:19: unknown key 'adress'; did you mean 'address'?",
    ]


def test_a_missing_key_is_told_with_what_it_means() -> None:
    told = "x.yaml:1:1: the key 'key' is missing: the tonic, a letter A to G, with # or b if need be"
    assert told in faults_of("name: x\n")


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = st.sampled_from(["name", "tempo", "from", "qpm", "4/4", "D", "drums", "melody", "kind", "port", "fluidsynth"])
ANYTHING = st.recursive(
    LEAVES | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS | st.text(max_size=4), inner, max_size=3),
    max_leaves=10,
)
VOICE = st.fixed_dictionaries(
    {"kind": st.sampled_from(["drums", "melody", "bass"]) | ANYTHING},
    optional=dict.fromkeys(
        ("model", "primer", "register", "bars", "evolve", "temperature", "density", "schedule", "output"), ANYTHING
    ),
)
SCENE = st.fixed_dictionaries(
    {"voices": st.dictionaries(WORDS, VOICE | ANYTHING, max_size=3)},
    optional=dict.fromkeys(("name", "title", "tempo", "metre", "key", "scale", "seed", "odd"), ANYTHING),
)
SLOT = st.fixed_dictionaries(
    {"kind": st.sampled_from(["port", "virtual", "fluidsynth"])},
    optional=dict.fromkeys(("match", "api", "name", "port", "gain", "options", "soundfont"), ANYTHING),
)
SITE = st.fixed_dictionaries(
    {"slots": st.dictionaries(WORDS, SLOT | ANYTHING, max_size=3)},
    optional=dict.fromkeys(("scene", "scenes", "models", "programme", "state", "tape", "health"), ANYTHING),
)


@pytest.mark.parametrize(("model", "data"), [(Scene, SCENE), (Site, SITE)])
def test_whatever_a_file_says_its_faults_are_plain_sentences(model: type[Scene | Site], data: Any) -> None:
    @given(data)
    def check(content: dict[str, Any]) -> None:
        document = parse_document(yaml.safe_dump(content, default_style='"'))
        try:
            validate(document, model, {"models": {"drum_kit"}, "slots": {"main"}, "stem": "x"})
        except DocumentError as error:
            for fault in error.faults:
                assert not JARGON.search(fault.message), fault

    check()
