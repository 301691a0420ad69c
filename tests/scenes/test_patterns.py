"""Patterns in scenes: what is written, by notes or in a file, and what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reverie.documents import DocumentError
from reverie.music.midi_file import ConductorTrack, Track, midi_bytes, note_events
from reverie.music.notes import Note
from reverie.music.time import Metre
from reverie.scenes.folder import SceneFolder, load_scene
from reverie.scenes.schema import Scene

HEAD = "name: riffs\ntitle: Riffs\ntempo: 120\nmetre: {metre}\nkey: D\nscale: minor\nvoices:\n"
RIFF = (Note(0, 480, 50, 33), Note(160, 160, 61, 120), Note(1680, 1680, 62, 77))


VARIED = "model: attention_rnn\n    register: [C2, C4]\n    evolve: {}"


def written(folder: Path, voice: str, metre: str = "2+2+3/8") -> Path:
    path = folder / "riffs.yaml"
    path.write_text(HEAD.format(metre=metre) + f"  riff:\n    output: {{channel: 1}}\n    {voice}\n")
    return path


def midi(path: Path, *tracks: tuple[str, tuple[Note, ...]], metre: str = "7/8") -> None:
    rows = [Track(name, note_events(notes, 2)) for name, notes in tracks]
    path.parent.mkdir(exist_ok=True)
    conductor = ConductorTrack(metres=((0, Metre.parse(metre)),))
    path.write_bytes(midi_bytes(rows, conductor, 3360))


def read(path: Path) -> Scene:
    return load_scene(path, {"attention_rnn": ["melody", "bass"], "drum_kit": ["drums"]}, ["main"])


def faults(path: Path) -> str:
    with pytest.raises(DocumentError) as told:
        read(path)
    return str(told.value).removeprefix(f"{path}:")


def test_a_pattern_without_evolve_is_for_ever_and_needs_no_model(tmp_path: Path) -> None:
    voice = read(written(tmp_path, 'kind: bass\n    pattern: "C#3:14 | [D3 F3]:14"')).voices["riff"]
    assert (voice.literal, voice.model, voice.opens_with) == (True, None, "written")
    assert voice.loop_bars(Metre(7, 8)) == 2


def test_with_evolve_it_is_the_first_loop(tmp_path: Path) -> None:
    rest = "model: attention_rnn\n    register: [C2, C4]\n    evolve: {then: [mutate, written]}"
    voice = read(written(tmp_path, f'kind: bass\n    pattern: "D3:14"\n    {rest}')).voices["riff"]
    assert (voice.literal, voice.model, voice.opens_with) == (False, "attention_rnn", "written")
    assert voice.loop_bars(Metre(7, 8)) == 1


@pytest.mark.parametrize(
    ("voice", "sentence"),
    [
        (
            'kind: bass\n    pattern: "D3:14 | D3:13"',
            "11:14: bar 2 has 13 sixteenths at the end",
        ),
        ('kind: bass\n    pattern: "D3:13 | D3:14"', "bar 1 has 13 sixteenths up to the bar line in column 7"),
        ('kind: bass\n    pattern: ".:14"', "a pattern has a note"),
        ('kind: bass\n    pattern: "D3:14 .:224"', "a pattern is 16 bars at most, not 17"),
        ('kind: bass\n    pattern: "D3:28"\n    bars: 3', "a loop of 3 bars cannot be filled by a pattern of 2"),
        ('kind: bass\n    model: attention_rnn\n    pattern: "D3:14"', "no model varies this pattern"),
        ('kind: bass\n    pattern: "H3"', "sixteenth 1, column 1: a pitch is"),
        ("kind: drums\n    pattern: {bass: x.}", "bar 1 has 2 sixteenths at the end"),
        ("kind: drums\n    pattern: {bas: x.}", "there is no drum 'bas'"),
        (
            'kind: bass\n    pattern: "[D3 F3]:14"\n    model: attention_rnn\n    register: [C2, C4]\n    evolve: {}',
            "a bass that a model composes has one note at a time",
        ),
        (
            'kind: bass\n    pattern: "D5:14"\n    model: attention_rnn\n    register: [C2, C4]\n    evolve: {}',
            "the pattern leaves the register C2 to C4: D5",
        ),
        (
            f'kind: bass\n    pattern: "D3:14"\n    primer: D3\n    {VARIED}',
            "the pattern is the primer, too",
        ),
        (
            "kind: bass\n    model: attention_rnn\n    register: [C2, C4]\n    evolve: {first: written}",
            "there is no primer that could be played",
        ),
        (
            "kind: bass\n    model: attention_rnn\n    register: [C2, C4]\n    evolve: {then: [written]}",
            "there is neither primer nor pattern",
        ),
        ("kind: bass\n    pattern: {file: none.mid}", "11:14: there is no file 'none.mid' in"),
        ("kind: bass\n    pattern: {file: ../up.mid}", "lies beside the scene"),
        ("kind: bass\n    pattern: {file: /etc/passwd}", "lies beside the scene"),
        ("kind: bass\n    pattern: {file: riffs.yaml}", "riffs.yaml: it is no Standard MIDI File"),
        ("kind: bass\n    pattern: {file: riff.mid, tracks: 1}", "unknown key 'tracks'; did you mean 'track'?"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, voice: str, sentence: str) -> None:
    assert sentence in faults(written(tmp_path, voice))


def test_the_notes_of_a_file_are_read_as_they_are(tmp_path: Path) -> None:
    midi(tmp_path / "riffs" / "riff.mid", ("Lead", ()), ("Bass", RIFF))
    voice = read(written(tmp_path, "kind: bass\n    pattern: {file: riffs/riff.mid}")).voices["riff"]
    assert voice.written
    assert voice.written.notes_in(Metre(7, 8)) == RIFF
    assert voice.loop_bars(Metre(7, 8)) == 2


@pytest.mark.parametrize(
    ("pattern", "metre", "sentence"),
    [
        ("{file: riff.mid}", "4/4", "riff.mid is in 7/8, and the scene in 4/4"),
        ("{file: two.mid}", "7/8", "it has notes in the tracks 2 (Lead), 3 (Bass); name one as 'track'"),
        ("{file: two.mid, track: Bas}", "7/8", "it has no note in a track 'Bas'; it has some in 2 (Lead), 3 (Bass)"),
        ("{file: riff.mid, track: 9}", "7/8", "it has no note in a track 9"),
        ("{file: riff.mid, channel: 5}", "7/8", "it has no note on channel 5"),
        ("{file: over.mid, bars: 1}", "7/8", "over.mid has a note in bar 1 that sounds on after bar 1"),
        ("{file: late.mid, bars: 1}", "7/8", "late.mid has no note in its first 1 bars"),
        ("{file: large.mid}", "7/8", "large.mid cannot be read"),
    ],
)
def test_files_that_do_not_fit_are_told(tmp_path: Path, pattern: str, metre: str, sentence: str) -> None:
    midi(tmp_path / "riff.mid", ("Bass", RIFF))
    midi(tmp_path / "two.mid", ("Lead", RIFF), ("Bass", RIFF))
    midi(tmp_path / "over.mid", ("Bass", (Note(1600, 90, 60),)))
    midi(tmp_path / "late.mid", ("Bass", (Note(1680, 90, 60),)))
    (tmp_path / "large.mid").write_bytes(bytes(300_000))
    assert sentence in faults(written(tmp_path, f"kind: bass\n    pattern: {pattern}", metre))
    assert read(written(tmp_path, "kind: bass\n    pattern: {file: two.mid, track: Bass, channel: 2, bars: 2}", "7/8"))


def test_a_file_is_part_of_the_scene_s_hash(tmp_path: Path) -> None:
    path = written(tmp_path, "kind: bass\n    pattern: {file: riff.mid}")
    midi(tmp_path / "riff.mid", ("Bass", RIFF))
    before = read(path).hash
    midi(tmp_path / "riff.mid", ("Bass", RIFF))
    assert read(path).hash == before
    midi(tmp_path / "riff.mid", ("Bass", (*RIFF[:2], Note(1680, 1680, 64, 77))))
    assert read(path).hash != before


def test_bars_spelt_out_are_the_same_scene_and_evolve_is_another(tmp_path: Path) -> None:
    pattern = 'kind: bass\n    pattern: "D3:14 | D3:14"'
    first = read(written(tmp_path, pattern)).hash
    assert read(written(tmp_path, f"{pattern}\n    bars: 2")).hash == first
    assert read(written(tmp_path, pattern.replace(" | ", " "))).hash == first
    varied = f"{pattern}\n    model: attention_rnn\n    register: [C2, C4]\n    evolve: {{}}"
    assert read(written(tmp_path, varied)).hash != first


def test_a_scene_is_read_from_its_files_too_and_kept_with_them(tmp_path: Path) -> None:
    scenes, keep = tmp_path / "scenes", tmp_path / "keep"
    scenes.mkdir()
    written(scenes, "kind: bass\n    pattern: {file: riffs/riff.mid}")
    riff = scenes / "riffs" / "riff.mid"
    folder: Any = SceneFolder([scenes], keep=keep)
    with pytest.raises(DocumentError, match="there is no file"):
        folder.load("riffs")
    assert riff in folder.candidates("riffs")
    assert folder.scenes_of(riff) == {"riffs"}
    midi(riff, ("Bass", RIFF))
    good = folder.load("riffs").scene
    riff.unlink()
    assert folder.load("riffs").fault
    after = SceneFolder([scenes], keep=keep).load("riffs")  # after a restart
    assert (after.scene.hash, bool(after.fault)) == (good.hash, True)


def test_only_the_track_that_is_meant_has_to_end_its_notes(tmp_path: Path) -> None:
    seven = ConductorTrack(metres=((0, Metre.parse("7/8")),))
    whole, endless = Track("Bass", note_events(RIFF, 2)), Track("Junk", ((0, bytes((0x92, 40, 70))),))
    (tmp_path / "riff.mid").write_bytes(midi_bytes([whole, endless], seven, 3360))
    pattern = "kind: bass\n    pattern: {file: riff.mid, TRACK}"
    found = read(written(tmp_path, pattern.replace("TRACK", "track: Bass"))).voices["riff"].written
    assert found is not None
    assert found.passage.notes == RIFF
    (tmp_path / "riff.mid").write_bytes(midi_bytes([endless], seven, 3360))
    assert "a note that never ends" in faults(written(tmp_path, pattern.replace(", TRACK", "")))
