"""Timbres as a scene writes them: what they mean, and what is said of those at fault."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from reverie.documents import DocumentError, parse_document
from reverie.scenes.folder import Sounds, load_scene, read_scene
from reverie.scenes.schema import Scene
from reverie.scenes.timbre import GridPath, PathPace, RandomWalkPath, Timbre

HEAD = """
name: dusk
title: Dusk
tempo: 72
key: A
scale: minor
voices:
  beat:
    kind: drums
    model: kit
    output: {channel: 10}
  low:
    kind: bass
    model: rnn
    register: [C2, C4]
    output: {channel: 2}
  high:
    kind: melody
    model: rnn
    register: [C4, C6]
    output: {channel: 1}
"""
PLAYED = HEAD + "    timbre: creature\n"
TWO = '{flute: "shipped:flute", cat: sounds/cat.wav}'
FOUR = "{a: a.wav, b: b.wav, c: c.wav, d: d.wav}"


def scene(text: str) -> Scene:
    return read_scene(parse_document(text, "dusk.yaml"))


def timbre(inside: str = "", sources: str = TWO) -> Timbre:
    text = f"{PLAYED}timbres: {{creature: {{{inside}{', ' if inside else ''}sources: {sources}}}}}"
    return scene(text).timbres["creature"]


def faults(text: str) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        scene(text)
    return [fault.message for fault in caught.value.faults]


def test_two_sounds_are_enough() -> None:
    creature = timbre()
    assert creature.way == ("flute", "cat")
    assert (creature.model, creature.path.kind, creature.pace) == ("default", "there_and_back", PathPace(600.0))
    assert scene(PLAYED + f"timbres: {{creature: {{sources: {TWO}}}}}").voices["high"].timbre is not None


def test_every_kind_of_source() -> None:
    creature = timbre(sources='{flute: "shipped:flute", cat: {file: cat.flac, pitch: F#4}, star: {latent: 7}}')
    assert [(source.file, source.pitch, source.latent) for source in creature.sources.values()] == [
        ("shipped:flute", None, None),
        ("cat.flac", 66, None),
        (None, None, 7),
    ]


def test_every_kind_of_path() -> None:
    assert timbre("path: {kind: line, through: [cat, flute], steps: 9}").way == ("cat", "flute")
    assert timbre("path: {kind: there_and_back, spherical: true}").path.spherical
    grid = timbre("path: {kind: grid, side: 11, walk: round}", FOUR)
    assert isinstance(grid.path, GridPath)
    assert (grid.way, grid.path.side, grid.path.walk) == (("a", "b", "c", "d"), 11, "round")
    walk = timbre("path: {kind: random_walk, among: [b, d], stride: 0.2, seed: 5}", FOUR)
    assert isinstance(walk.path, RandomWalkPath)
    assert (walk.way, walk.path.stride, walk.path.seed) == (("b", "d"), 0.2, 5)


@pytest.mark.parametrize(
    ("written", "pace"),
    [
        ("10 min", PathPace(600.0)),
        ("{every: 1.5 h}", PathPace(5400.0)),
        ("90 s", PathPace(90.0)),
        ("{steps_a_night: 24}", PathPace(None, 24)),
        ("{steps_a_night: 3, hours: [10:00, 18:30]}", PathPace(None, 3, (dt.time(10), dt.time(18, 30)))),
    ],
)
def test_every_kind_of_pace(written: str, pace: PathPace) -> None:
    assert timbre(f"pace: {written}").pace == pace


@pytest.mark.parametrize(
    ("written", "pitches"),
    [
        ("[G3, C3, C3]", (48, 55)),
        ("{from: C3, to: G3, step: 3}", (48, 51, 54, 55)),
        ("{from: C3, to: C3}", (48,)),
        ("{at: [A4]}", (69,)),
    ],
)
def test_pitches_are_a_list_or_a_range_whose_ends_are_among_them(written: str, pitches: tuple[int, ...]) -> None:
    assert timbre(f"pitches: {written}").pitches == pitches


def test_the_order_of_the_sources_is_a_matter_of_the_scenes_hash_and_that_of_keys_is_not() -> None:
    one = f"{PLAYED}timbres: {{creature: {{sources: {TWO}, length: 3}}}}"
    same = f"{PLAYED}timbres: {{creature: {{length: 3.0, sources: {TWO}, path: {{kind: there_and_back}}}}}}"
    turned = one.replace(TWO, '{cat: sounds/cat.wav, flute: "shipped:flute"}')
    assert scene(one).hash == scene(same).hash
    assert len({scene(text).hash for text in (one, turned, one.replace("3", "4"), HEAD)}) == 4


def test_a_scene_without_timbres_has_the_hash_it_always_had() -> None:
    assert scene(HEAD).hash == "1418d1244cb3a62eaad8fea023e492888cd271adf8902035580da5c9c92eca0e"


def test_a_voice_that_crosses_over_has_a_second_channel() -> None:
    text = HEAD + "    timbre: {bank: creature, swap: crossfade, channel: 3, bars: 2}\n"
    high = scene(f"{text}timbres: {{creature: {{sources: {TWO}}}}}").voices["high"]
    assert high.timbre is not None
    assert (high.timbre.swap, high.timbre.channel, high.timbre.bars) == ("crossfade", 3, 2)


@pytest.mark.parametrize(
    ("inside", "sentence"),
    [
        (f"sources: {TWO}, modle: nsynth", "unknown key 'modle'; did you mean 'model'?"),
        (f"sources: {TWO}, swap: cut", "how a bank is swapped stands at the voice, as 'timbre: {bank, swap}'"),
        ("sources: {cat: cat.wav}", "a path leads between 2 to 16 sources, not 1"),
        ("sources: {cat: cat.wav, dog: {}}", "a source is either a 'file', a 'latent' or a 'kit'"),
        (
            "sources: {cat: cat.wav, dog: {file: a.wav, latent: 3}}",
            "a source is either a 'file', a 'latent' or a 'kit'",
        ),
        (
            "sources: {cat: cat.wav, s: {latent: 3, pitch: C4}}",
            "a latent has no pitch of its own; leave it out",
        ),
        ("sources: {cat: cat.wav, dog: ''}", "a source is the name of a sound file, or shipped:NAME"),
        (
            "model: nsynth, sources: {cat: cat.wav, s: {latent: 3}}",
            "nsynth has no latents, only gansynth has; name a sound file",
        ),
        (
            f"sources: {TWO}, path: {{kind: line, through: [flute, cta]}}",
            "there is no source 'cta'; did you mean 'cat'?",
        ),
        (
            f"sources: {TWO}, path: {{kind: line, through: [flute]}}",
            "'through' must have 2 or more entries, not 1",
        ),
        (f"sources: {TWO}, path: {{kind: grid}}", "a grid has four corners, each with a source, not 2"),
        (
            f"sources: {FOUR}, path: {{kind: grid, corners: [a, b, c]}}",
            "a grid has four corners, each with a source, not 3",
        ),
        (f"sources: {TWO}, path: {{kind: lien}}", "there is no kind 'lien'; did you mean 'line'?"),
        (
            f"sources: {TWO}, pace: 10 bars",
            "a duration is written like 90s, 10m or 1h30m, not '10 bars'",
        ),
        (f"sources: {TWO}, pace: 5 s", "a step takes 1 min to 168 h (a week), not 5 s"),
        (
            f"sources: {TWO}, pace: {{every: 5 min, steps_a_night: 3}}",
            "a pace is either 'every' so many minutes or so many 'steps_a_night'",
        ),
        (
            f"sources: {TWO}, pace: {{every: 5 min, hours: [10:00, 18:00]}}",
            "hours belong to steps_a_night; leave them out",
        ),
        (
            f"sources: {TWO}, pace: {{steps_a_night: 3, hours: [10, 18:00]}}",
            "entry 1 of 'hours' must be a text, not the number 10",
        ),
        (
            f"sources: {TWO}, pace: {{steps_a_night: 3, hours: ['25:00', '18:00']}}",
            "a time of day is written like 20:00, from 00:00 to 23:59, not '25:00'",
        ),
        (
            f"sources: {TWO}, pitches: {{from: C4, to: C3}}",
            "a range goes from the lowest to the highest, not C4 to C3",
        ),
        (f"sources: {TWO}, pitches: {{from: C4}}", "a range of pitches has both 'from' and 'to'"),
        (
            f"sources: {TWO}, pitches: {{at: [C4], from: C4, to: C5}}",
            "pitches are a list, such as [C3, G3], or a range, such as {from: C3, to: C6, step: 4}",
        ),
        (f"sources: {TWO}, velocities: [100, 50]", "velocities are written from the softest on, each once"),
        (f"sources: {TWO}, length: 13", "'length' must be 12 or less, not 13"),
        (
            f"sources: {TWO}, length: 12, pitches: {{from: C1, to: C6, step: 1}}",
            "each bank would be 732 s of sound; 600 s is the most",
        ),
    ],
)
def test_what_is_wrong_with_a_timbre_is_said_in_one_sentence(inside: str, sentence: str) -> None:
    assert faults(f"{PLAYED}timbres: {{creature: {{{inside}}}}}") == [sentence]


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("creatur", "there is no timbre 'creatur'; did you mean 'creature'?"),
        (
            "{bank: creature, swap: fade}",
            "'swap' must be 'cut' or 'crossfade', not the text 'fade'; did you mean 'crossfade'?",
        ),
        (
            "{bank: creature, swap: crossfade}",
            "a crossfade needs a second MIDI channel that is free; name it as 'channel'",
        ),
        (
            "{bank: creature, bars: 2}",
            "only a crossfade has 'bars'; write 'swap: crossfade' or leave it out",
        ),
        (
            "{bank: creature, swap: crossfade, channel: 2}",
            "'low' already plays on channel 2 of 'main'; a voice with a timbre needs its channels for itself",
        ),
        (
            "{bank: creature, swap: crossfade, channel: 1}",
            "'high' already plays on channel 1 of 'main'; a voice with a timbre needs its channels for itself",
        ),
    ],
)
def test_what_is_wrong_with_a_voices_bank_is_said_in_one_sentence(written: str, sentence: str) -> None:
    assert faults(f"{HEAD}    timbre: {written}\ntimbres: {{creature: {{sources: {TWO}}}}}") == [sentence]


def test_two_voices_cannot_have_one_channel_if_one_of_them_changes_its_sounds() -> None:
    text = f"{PLAYED}timbres: {{creature: {{sources: {TWO}}}}}".replace("channel: 2", "channel: 1")
    assert faults(text) == [
        "'low' already plays on channel 1 of 'main'; a voice with a timbre needs its channels for itself"
    ]


def test_a_bank_needs_a_timbre() -> None:
    assert faults(PLAYED) == ["the scene has no timbres; describe one under 'timbres'"]


KITS = "{dry: {kit: {kick: k.wav, snare: {file: s.wav, pitch: A3, at: G3}, hat: h.wav}}, cat: cat.wav}"
BEATEN = HEAD.replace("output: {channel: 10}", "output: {channel: 10}\n    timbre: drums")


def kit(sources: str = KITS, inside: str = "", text: str = BEATEN) -> str:
    return f"{text}timbres: {{drums: {{sources: {sources}{inside}}}}}"


def test_drums_play_a_kit_whose_drums_are_called_as_drums_are() -> None:
    played = scene(kit())
    beat, drums = played.voices["beat"], played.timbres["drums"]
    assert beat.timbre is not None
    assert (beat.timbre.bank, drums.drums, drums.seconds) == ("drums", (36, 38, 42), 1.5)
    dry = drums.sources["dry"].kit
    assert dry is not None
    assert [(key, one.file, one.pitch, one.at) for key, one in dry.items()] == [
        (36, "k.wav", None, None),
        (38, "s.wav", 57, 55),
        (42, "h.wav", None, None),
    ]
    assert scene(kit(inside=", length: 2")).timbres["drums"].seconds == 2.0
    literal = BEATEN.replace("    model: kit\n", "    pattern: {kick: x... x... x... x...}\n")
    assert scene(kit(text=literal)).voices["beat"].timbre is not None


def test_a_drum_that_the_kit_lacks_is_played_by_the_likest_that_it_has() -> None:
    played = scene(kit())
    mapped = played.drum_map(played.voices["beat"])
    assert {key: mapped[key] for key in (46, 45, 48, 50, 49, 51)} == {46: 42, 45: 36, 48: 38, 50: 38, 49: 42, 51: 42}
    assert not {36, 38, 42} & set(mapped)
    own = BEATEN.replace("{channel: 10}", "{channel: 10, drum_map: {ride: 38}}")
    assert scene(kit(text=own)).drum_map(scene(kit(text=own)).voices["beat"])[51] == 38
    plain = scene(HEAD)
    assert plain.drum_map(plain.voices["beat"]) == {}
    assert played.drum_map(played.voices["high"]) == {}


def test_only_what_the_path_uses_is_a_part_of_the_kit() -> None:
    sources = "{a: {kit: {kick: k.wav}}, b: {kit: {kick: l.wav}}, c: {kit: {ride: r.wav}}}"
    assert scene(kit(sources)).timbres["drums"].drums == (36, 51)
    assert scene(kit(sources, ", path: {kind: line, through: [a, b]}")).timbres["drums"].drums == (36,)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            kit(TWO),
            "drums play kits, and 'drums' is none; give it sources such as {kit: {kick: FILE, snare: FILE, hat: FILE}}",
        ),
        (
            kit(text=PLAYED.replace("creature", "drums")),
            "'drums' is a kit of drums, for voices of kind 'drums'; name a timbre that has pitches",
        ),
        (
            kit(text=BEATEN.replace("{channel: 10}", "{channel: 10, drum_map: {ride: 60}}")),
            "the kit 'drums' has no drum at 60, only at 36, 38, 42; leave the drum_map out",
        ),
        (kit(inside=", pitches: [C3]"), "each drum of a kit has its own key; leave the pitches out"),
        (
            kit("{a: {kit: {kick: k.wav, bass: l.wav}}, b: b.wav}"),
            "'bass' and 'kick' are the same drum; write one entry for it",
        ),
        (kit("{a: {kit: {kik: k.wav}}, b: b.wav}"), "there is no drum 'kik'; did you mean 'kick'?"),
        (kit("{a: {kit: {}}, b: b.wav}"), "'kit' must have 1 or more entries, not 0"),
        (kit("{a: {kit: {kick: k.wav}, pitch: C4}, b: b.wav}"), "a kit's pitches are those of its drums; leave it out"),
        (kit("{a: {kit: {kick: k.wav}, file: c.wav}, b: b.wav}"), "a source is either a 'file', a 'latent' or a 'kit'"),
        (
            kit("{a: {kit: {kick: k.wav}}, b: {file: b.wav, at: C1}}"),
            "a pitch to be transposed to is a drum's, as 'kit: {kick: {file: cat.wav, at: C1}}'",
        ),
        (kit("{a: {kit: {kick: {pitch: C3}}}, b: b.wav}"), "the key 'file' is missing"),
        (kit("{a: {kit: {kick: ''}}, b: b.wav}"), "a source is the name of a sound file, or shipped:NAME"),
    ],
)
def test_what_is_wrong_with_a_kit_is_said_in_one_sentence(text: str, sentence: str) -> None:
    [said] = faults(text)
    assert said.startswith(sentence)


def test_a_scene_with_a_timbre_has_the_hash_it_had_before_there_were_variations_and_kits() -> None:
    text = f"{PLAYED}timbres: {{creature: {{sources: {TWO}, velocities: [60, 110]}}}}"
    assert scene(text).hash == "e1ffafe77cedd643d07407334dccb28562d278dfe818d681d24c3d5b7bd933a7"
    assert len({scene(one).hash for one in (text, text.replace("sources", "variations: 2, sources"), kit())}) == 3


def test_a_fault_is_told_at_its_place() -> None:
    with pytest.raises(DocumentError) as caught:
        scene(PLAYED + "timbres:\n  creature:\n    sources:\n      cat: cat.wav\n      dog: {latnet: 3}\n")
    assert str(caught.value).splitlines() == [
        "dusk.yaml:27:13: unknown key 'latnet'; did you mean 'latent'?",
    ]


def test_its_sounds_and_its_model_must_be_there_where_what_the_scene_needs_is_asked_for(tmp_path: Path) -> None:
    sounds = Sounds(models=("default", "nsynth"), shipped=("flute", "bell"))
    path = tmp_path / "dusk.yaml"
    inside = '{model: nsynht, sources: {a: a.wav, cat: sounds/cat.wav, f: "shipped:flut"}}'
    path.write_text(f"{PLAYED}timbres: {{creature: {inside}}}", encoding="utf-8")
    (tmp_path / "a.wav").touch()
    with pytest.raises(DocumentError) as caught:
        load_scene(path, sounds=sounds)
    assert [fault.message for fault in caught.value.faults] == [
        "there is no timbre model 'nsynht'; did you mean 'nsynth'?",
        f"there is no file 'sounds/cat.wav' in {tmp_path}; sources are found from the scene's own folder",
        "there is no shipped sound 'flut'; did you mean 'flute'?",
    ]
    assert load_scene(path).timbres["creature"].way == ("a", "cat", "f")  # without them the music plays all the same
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "cat.wav").touch()
    path.write_text(path.read_text().replace("nsynht", "nsynth").replace("flut", "flute"), encoding="utf-8")
    assert load_scene(path, sounds=sounds).timbres["creature"].way == ("a", "cat", "f")


@pytest.mark.parametrize("name", ["x" * 300, "sounds", "../nowhere/cat.wav"])
def test_what_cannot_be_a_file_is_told_as_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "sounds").mkdir()
    path = tmp_path / "dusk.yaml"
    path.write_text(f"{PLAYED}timbres: {{creature: {{sources: {{a: {name}, b: {name}}}}}}}", encoding="utf-8")
    with pytest.raises(DocumentError) as caught:
        load_scene(path, sounds=Sounds(("default",), ()))
    assert [fault.message.split(" in ")[0] for fault in caught.value.faults] == [f"there is no file {name!r}"] * 2
