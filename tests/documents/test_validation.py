"""What a model finds wrong is told in plain sentences, all of it, at its place."""

from __future__ import annotations

import re
import time
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
        "x.yaml:1:8: 'scene' must be a text, not the number 3; put it in quotes: \"3\"",
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


def slot(settings: str) -> str:
    return f"slots: {{main: {{kind: port, {settings}}}}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (slot("match: 808"), "'match' must be a text, such as Ardour, not the number 808; put it in quotes: \"808\""),
        (slot("match: 0777"), 'put it in quotes: "0777"'),
        (slot("match: 1e3"), 'put it in quotes: "1e3"'),
        (slot("match: 0x1F"), 'put it in quotes: "0x1F"'),
        (slot("match: true"), 'not true; put it in quotes: "true"'),
        (slot("match: x, device: {serial: 0012e45}"), 'put it in quotes: "0012e45"'),
        (slot("clock: on"), "'clock' must be true or false, not the text 'on'; write true"),
        (slot("clock: Yes"), "write true"),
        (slot("din: no"), "write false"),
        (slot("device: off"), "'device' must be a mapping, not the text 'off'; for none, write null"),
        ("control: {midi: none}", "for none, write null"),
        ("sync: {link: off}", "for none, write null"),
        ('health: {port: "8765"}', "write 8765"),
        ("health: {port: 8_765}", "write 8765"),
        ("slots: {main: {kind: fluidsynth, gain: '0,6'}}", "write 0.6"),
        ("scene: 808", 'put it in quotes: "808"'),
    ],
)
def test_who_is_caught_by_yaml_is_told_how_to_write_what_was_meant(text: str, said: str) -> None:
    (fault,) = faults_of(text, Site)
    assert fault.endswith(said)


@pytest.mark.parametrize(
    "text",
    ["scene: ~", "scene:", "programme: [{at: 20, scene: x}]", "health: {port: '99999'}", slot("match: [1]")],
)
def test_nothing_is_advised_that_would_be_wrong_too(text: str) -> None:
    for fault in faults_of(text, Site):
        assert "quotes" not in fault
        assert "write" not in fault


@pytest.mark.parametrize(
    "written", ['"/srv/ta\\npe"', '"/srv/tape\\n"', '"/srv\\0tape"', '"\\e[2J"', "|\n    /a\n    /b"]
)
def test_a_path_is_one_line(written: str) -> None:
    for text in (f"tape:\n  folder: {written}\n", f"models: {written}\n", f"scenes:\n  - {written}\n"):
        (fault,) = faults_of(text, Site)
        assert "is one line without control characters" in fault
        assert "\x1b" not in fault


def test_a_folded_path_is_the_path() -> None:
    site = validate(parse_document("tape:\n  folder: >\n    /srv/tape\nstate: |\n  /srv/state\n"), Site)
    assert [str(site.tape.folder), str(site.state)] == ["/srv/tape", "/srv/state"]


def test_many_faults_are_told_in_little_time() -> None:
    text = "programme:\n" + "".join(f"  - {{at: 1, scene: {number}}}\n" for number in range(3000))
    begun = time.monotonic()
    assert len(faults_of(text, Site)) == 6000
    assert time.monotonic() - begun < 60


def test_a_message_quotes_no_more_than_anybody_reads() -> None:
    for text in (
        f"scene: {'9' * 4000}",
        f"slots: {{main: {{kind: {'x' * 50_000}}}}}",
        f"scene: 1\n{'y' * 50_000}: 1",
        f"scene: 1\nhealth: {{port: '{'9' * 5000}'}}",
    ):
        assert all(len(fault) < 1100 for fault in faults_of(text, Site))
