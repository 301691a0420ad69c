"""What a good scene says, as values of music."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import reverie
from reverie.documents import DocumentError, parse_document
from reverie.models.configs import CONFIGS
from reverie.models.library.index import find_models
from reverie.music.harmony import Key, parse_pitch
from reverie.music.notes import Note
from reverie.music.time import Metre, Schedule, Tempo
from reverie.places import scenes_folder
from reverie.scenes.folder import read_scene
from reverie.scenes.schema import Scene, scene_json_schema
from reverie.scenes.temperature import Temperature
from reverie.scenes.voices import DrumVoice, TunedVoice

TEXT = """
name: dawn
title: Dawn
tempo: {qpm: 84, drift: 4, over: 32}
metre: 7/8
key: F#
scale: dorian
seed: 7
voices:
  drums:
    kind: drums
    model: kit
    primer: {bass: "x... x...", snare: ".... x..."}
    evolve: {hold: 2, then: [loop, mutate]}
    temperature: {from: 0.8, to: 1.2, over: 8}
    output: {channel: 10, drum_map: {bass: 35}}
  low:
    kind: bass
    model: rnn
    primer: "D2 - . E2 E2 - - ."
    register: [C2, C4]
    bars: 4
    temperature: 0.9
    density: [1, 6.5]
    schedule: {every: 16, bars: ["1-8", 13]}
    output: {slot: daw, channel: 2, program: 32, velocity: [60, 90]}
"""


def scene(text: str = TEXT) -> Scene:
    return read_scene(parse_document(text, "dawn.yaml"))


def test_a_scene_hands_out_values_of_music() -> None:
    dawn = scene()
    assert dawn.tempo == Tempo(84, 4, 32)
    assert dawn.metre == Metre(7, 8)
    assert (dawn.tonic, dawn.scale, dawn.key) == (6, "dorian", Key(6, "dorian"))
    assert list(dawn.voices) == ["drums", "low"]


def test_a_tuned_voice() -> None:
    low = scene().voices["low"]
    assert isinstance(low, TunedVoice)
    assert (low.low, low.high) == (parse_pitch("C2"), parse_pitch("C4"))
    assert low.primer_notes == (Note(0, 240, 38), Note(360, 120, 40), Note(480, 360, 40))
    assert low.primer_steps == 8
    assert low.schedule == Schedule(16, ((1, 8), (13, 13)))
    assert (low.least, low.most) == (1, 6.5)
    assert low.temperature.at(1000) == 0.9
    assert (low.output.slot, low.output.channel, low.output.program, low.output.velocity) == ("daw", 2, 32, (60, 90))
    assert (low.evolve.hold, low.evolve.then) == (4, ("continue",))


def test_a_drum_voice() -> None:
    drums = scene().voices["drums"]
    assert isinstance(drums, DrumVoice)
    assert drums.primer_notes == (Note(0, 120, 36), Note(480, 120, 36), Note(480, 120, 38))
    assert drums.primer_steps == 8
    assert drums.output.drum_map == {36: 35}
    assert (drums.low, drums.high) == (0, 127)
    assert drums.schedule.plays(12345)
    assert drums.output.slot == "main"


def test_temperature_goes_there_and_back_or_holds() -> None:
    back = Temperature(0.8, 1.2, 8)
    assert [round(back.at(bar), 3) for bar in (0, 4, 8, 12, 16, 24)] == [0.8, 1.0, 1.2, 1.0, 0.8, 1.2]
    hold = Temperature(0.8, 1.2, 8, "hold")
    assert [round(hold.at(bar), 3) for bar in (0, 4, 8, 12, 1000)] == [0.8, 1.0, 1.2, 1.2, 1.2]


def test_the_hash_is_of_what_the_file_means() -> None:
    same = "# A comment.\n" + TEXT.replace("0.9", "{from: 0.9, to: 0.9}").replace("seed: 7\n", "") + "seed: 7\n"
    assert scene(same).hash == scene().hash
    assert len({scene(text).hash for text in (TEXT, TEXT.replace("F#", "F"), TEXT.replace("D2", "E2"))}) == 3


def test_the_short_form_of_a_tempo_means_the_long() -> None:
    short = TEXT.replace("{qpm: 84, drift: 4, over: 32}", "84")
    assert scene(short).tempo == Tempo(84, 0, 64)
    assert scene(short).hash == scene(TEXT.replace("{qpm: 84, drift: 4, over: 32}", "{qpm: 84, drift: 0}")).hash


def test_the_schema_beside_the_scenes_is_that_of_the_code() -> None:
    stored = json.loads((scenes_folder() / "scene.schema.json").read_text(encoding="utf-8"))
    assert stored == scene_json_schema(), "run: reverie schema > scenes/scene.schema.json"


@pytest.mark.parametrize(
    ("section", "kinds"), [("DrumVoice", {"drums"}), ("TunedVoice", {"melody", "bass"})], ids=["drums", "tuned"]
)
def test_the_schema_offers_a_drum_voice_no_attention_rnn_and_no_voice_a_model_of_another_kind(
    section: str, kinds: set[str]
) -> None:
    model = scene_json_schema()["$defs"][section]["properties"]["model"]
    assert model["examples"]
    for name in model["examples"]:
        assert kinds <= set(CONFIGS[name].kinds)
    others = {name for name, config in CONFIGS.items() if config.kinds and not kinds & set(config.kinds)}
    assert set(model["not"]["enum"]) == others
    assert {"attention_rnn", "drum_kit"} & others


def test_the_schema_offers_the_shipped_model_of_a_kind_first() -> None:
    shipped, faults = find_models([Path(reverie.__file__).parent / "shipped" / "models"])
    assert not faults
    schema = scene_json_schema()["$defs"]
    for section, kind in (("DrumVoice", "drums"), ("TunedVoice", "melody"), ("TunedVoice", "bass")):
        assert kind in shipped[schema[section]["properties"]["model"]["examples"][0]].kinds


def test_the_schema_offers_a_drum_map_to_drums_alone() -> None:
    voices = scene_json_schema()["$defs"]
    assert voices["TunedVoice"]["properties"]["output"]["not"] == {"required": ["drum_map"]}
    assert "not" not in voices["DrumVoice"]["properties"]["output"]


def test_the_json_schema_has_every_key_that_a_scene_may_have() -> None:
    schema = scene_json_schema()
    assert set(schema["required"]) == {"name", "title", "tempo", "key", "scale", "voices"}
    assert {"metre", "seed"} < set(schema["properties"])
    tuned = schema["$defs"]["TunedVoice"]
    assert {
        "kind",
        "listen",
        "model",
        "primer",
        "register",
        "bars",
        "evolve",
        "temperature",
        "density",
        "schedule",
        "cycle",
        "output",
        "timbre",
        "harmony",
        "strictness",
        "touch",
        "pattern",
    } == set(tuned["properties"])
    assert "register" not in schema["$defs"]["DrumVoice"]["properties"]
    assert [option.get("type") for option in schema["properties"]["tempo"]["anyOf"]] == ["number", None]
    missing = [
        f"{section}.{key}"
        for section, body in schema["$defs"].items()
        for key, said in body["properties"].items()
        if "description" not in said
    ]
    assert missing == []


def with_novelty(written: str) -> Scene:
    return scene(TEXT.replace("then: [loop, mutate]", f"then: [loop, mutate], novelty: {written}"))


def test_novelty_is_a_wish_or_with_an_hour_or_a_week_bands_that_hold() -> None:
    evolve = with_novelty("[0.2, 0.9]").voices["drums"].evolve
    assert (evolve.novelty, evolve.bands) == ((0.2, 0.9), None)
    assert with_novelty("{last: [0.2, 0.9]}").hash == with_novelty("[0.2, 0.9]").hash
    evolve = with_novelty("{hour: [0.2, 1]}").voices["drums"].evolve
    assert (evolve.novelty, evolve.bands) == ((0.1, 0.95), ((0.1, 0.95), (0.2, 1.0), (0.01, 1.0)))
    evolve = with_novelty("{last: [0, 1], week: [0, 1]}").voices["drums"].evolve
    assert evolve.bands == ((0.0, 1.0), (0.05, 1.0), (0.0, 1.0))
    assert len({with_novelty(one).hash for one in ("[0.1, 0.95]", "{hour: [0.05, 1]}", "{hour: [0.1, 1]}")}) == 3
    assert with_novelty("[0.1, 0.95]").hash == scene().hash


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("[0.9, 0.2]", "novelty is a least and a most share, from 0 to 1, not"),
        ("{hour: [0.9, 0.2]}", "novelty is a least and a most share, from 0 to 1, not"),
        ("[0.1, 1.5]", "must be 1 or less"),
        ("{day: [0, 1]}", "unknown key 'day'"),
        ("[0.1]", "must have more entries than 1"),
        ("x", "must be a list"),
    ],
)
def test_novelty_that_is_no_band_is_refused(written: str, says: str) -> None:
    with pytest.raises(DocumentError, match=says):
        with_novelty(written)


def test_the_hashes_of_scenes_without_bands_are_those_that_they_always_had() -> None:
    assert scene().hash == "88f1e014a22e56ca3f764a20449391b223af35cdcb15b22c4cce60ee211d7ba5"
