"""Notes of one key: what the player sends, what the tape keeps and what a file has are one and the same."""

from __future__ import annotations

import importlib
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.playing import LEAD, Studio, loop, place, scene
from fakes.sounding_notes import separated
from reverie.music.midi_file import note_events
from reverie.music.notes import Note
from reverie.play.messages import Panic, Part, Rest, SetOverrides
from reverie.play.recording.tape_export import seal_all
from reverie.play.slot_settings import SlotSettings

mido: Any = importlib.import_module("mido")
ON, OFF = 0x90, 0x80
TICK = 0.5 / 480
KIT = Part("kit", "main", 10, drum_map={42: 46, 44: 46, 35: 36})

Sounded = list[tuple[int, int, int, int]]
"""Start, end, pitch and velocity of each note, in ticks."""


def pairs(events: Iterable[tuple[int, bytes]]) -> Sounded:
    """The notes that messages make, in their order; each start must have its end, after it."""
    sounding: dict[tuple[int, int], tuple[int, int]] = {}
    notes: Sounded = []
    for tick, data in events:
        kind, key = data[0] & 0xF0, (data[0] & 0xF, data[1])
        if kind == ON:
            assert key not in sounding, f"{key} is struck at {tick} while it sounds"
            sounding[key] = tick, data[2]
        elif kind == OFF:
            assert key in sounding, f"{key} ends at {tick}, and does not sound"
            start, velocity = sounding.pop(key)
            assert tick > start, f"{key} has no length at {tick}"
            notes.append((start, tick, data[1], velocity))
    return sorted(notes)


def sent(studio: Studio) -> list[tuple[int, bytes]]:
    return [(round((at - 1000.0) / TICK), data) for at, data in studio.output.sent if data[0] & 0xF0 in {ON, OFF}]


def taped(folder: Path) -> dict[str, Sounded]:
    """The notes of each track of the tape."""
    (file,) = seal_all(folder / "tape", None)
    tracks: dict[str, Sounded] = {}
    for track in mido.MidiFile(file).tracks[1:]:
        tick, events = 0, list[tuple[int, bytes]]()
        for message in track:
            tick += message.time
            if not message.is_meta:
                events.append((tick, bytes(message.bytes())))
        tracks[track.name] = pairs(events)
    return tracks


def test_two_drums_on_one_pitch_are_one_note_everywhere(tmp_path: Path) -> None:
    music = loop(Note(0, 120, 42, 60), Note(0, 240, 46, 110), Note(480, 60, 42, 50), Note(480, 30, 44, 50))
    studio = Studio(tmp_path)
    studio.tell(scene(KIT), place(music, part="kit"))
    studio.play(1)
    studio.player.close()
    assert sent(studio)[:4] == [
        (0, bytes((ON | 9, 46, 110))),
        (240, bytes((OFF | 9, 46, 0))),
        (480, bytes((ON | 9, 46, 50))),
        (540, bytes((OFF | 9, 46, 0))),
    ]
    assert (studio.bars[0].due, studio.bars[0].notes, studio.bars[0].sent) == (4, {"kit": 4}, 4)


def test_two_voices_on_one_pitch_of_one_channel_are_one_note_and_end_with_the_last_that_is_not_muted(
    tmp_path: Path,
) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(LEAD, Part("two", "main", 1)))
    studio.tell(place(loop(Note(0, 900, 60, 80))), place(loop(Note(0, 1800, 60, 70)), part="two"))
    studio.player.advance()
    studio.clock.time += 0.25
    studio.tell(SetOverrides(muted=("lead",)))
    assert [data for _, data in studio.output.sent] == [bytes((ON, 60, 80))], "the other voice still has it"
    studio.tell(SetOverrides(muted=("lead", "two")))
    assert studio.output.messages[-1] == bytes((OFF, 60, 0))


def test_channels_that_a_slot_leads_to_one_are_one(tmp_path: Path) -> None:
    studio = Studio(tmp_path, main=SlotSettings({}, channels={2: 1}))
    studio.tell(scene(LEAD, Part("two", "main", 2)))
    studio.tell(place(loop(Note(0, 900, 60, 80))), place(loop(Note(0, 480, 60, 90)), part="two"))
    studio.play(1)
    assert pairs(sent(studio)[:2]) == [(0, 900, 60, 90)]


def test_what_is_struck_again_ends_there(tmp_path: Path) -> None:
    notes = Note(0, 1800, 60, 80), Note(480, 120, 60, 70), Note(480, 60, 60, 90), Note(960, 480, 60, 60)
    assert separated(notes) == (Note(0, 480, 60, 80), Note(480, 120, 60, 90), Note(960, 480, 60, 60))
    studio = Studio(tmp_path)
    studio.tell(scene(), place(loop(*notes)))
    studio.play(1)
    assert pairs(sent(studio)[:6]) == pairs(note_events(separated(notes), 1))


@pytest.mark.parametrize("how", ["mute", "panic", "life"])
def test_a_note_that_is_ended_in_its_very_tick_has_a_length_on_tape(tmp_path: Path, how: str) -> None:
    studio = Studio(tmp_path)
    studio.tell(scene(), place(loop(Note(0, 480, 60))))
    studio.player.advance()
    if how == "mute":
        studio.tell(SetOverrides(muted=("lead",)))
        studio.tell(SetOverrides())
    elif how == "panic":
        studio.tell(Panic())
    studio.play(1)
    if how != "life":
        studio.player.close()
    journal = next((tmp_path / "tape").glob("*.journal"))
    if how == "life":
        last = journal.read_text().splitlines()[-1].split()[1]
        journal.write_text(journal.read_text() + f"L {last} 2026-11-22T14:03:11Z\nE {last} 903c50 lead\n")
    assert all(end > start for start, end, *_ in taped(tmp_path)["lead"])


def test_an_old_journal_with_a_note_of_no_length_gives_it_one(tmp_path: Path) -> None:
    folder = tmp_path / "tape"
    folder.mkdir()
    lines = "L 0 x\nB 0 120 4/4 one\nE 0 992e3c kit\nE 0 892e00 kit\nE 0 992e6e kit\nE 120 892e00 kit\n"
    (folder / "2026-11-22T14.journal").write_text(lines + "E 240 992e3c kit\nE 240 892e00 kit\nE 241 992e3c kit\n")
    assert taped(tmp_path) == {"kit": [(0, 120, 46, 110), (240, 241, 46, 60), (241, 1920, 46, 60)]}


@pytest.mark.magenta
def test_magentas_and_other_readers_find_every_note_of_a_tape(tmp_path: Path) -> None:
    note_seq: Any = pytest.importorskip("note_seq", reason="Magenta's readers are not installed")
    pretty_midi: Any = pytest.importorskip("pretty_midi", reason="pretty_midi is not installed")
    studio = Studio(tmp_path)
    hats = (Note(120 * step, 120, (42, 44, 46)[step % 3], 60 + step) for step in range(16))
    studio.tell(scene(KIT, LEAD, Part("two", "main", 1)))
    studio.tell(place(loop(*hats, *(Note(240 * step, 90, 46, 100) for step in range(8))), part="kit"))
    studio.tell(place(loop(Note(0, 1920, 60), Note(480, 100, 60))), place(loop(Note(0, 100, 60)), part="two"))
    studio.play(8)
    studio.player.close()
    tracks = taped(tmp_path)
    wanted = sum(map(len, tracks.values()))
    (file,) = (tmp_path / "tape").glob("*.mid")
    read = pretty_midi.PrettyMIDI(str(file))
    assert sum(len(instrument.notes) for instrument in read.instruments) == wanted
    assert len(note_seq.midi_file_to_note_sequence(str(file)).notes) == wanted


NOTES = st.lists(
    st.builds(
        Note,
        start=st.sampled_from([0, 60, 120, 240, 480, 481, 960, 1800]),
        length=st.sampled_from([1, 60, 119, 120, 480, 960]),
        pitch=st.sampled_from([35, 36, 42, 44, 46]),
        velocity=st.sampled_from([1, 64, 64, 100, 127]),
    ).filter(lambda note: note.end <= 1920),
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(one=NOTES, two=NOTES, drums=NOTES, shared=st.booleans())
def test_player_tape_and_file_have_the_same_notes(
    one: list[Note], two: list[Note], drums: list[Note], shared: bool
) -> None:
    parts = (Part("one", "main", 1), Part("two", "main", 1 if shared else 2), KIT)
    music = {"one": one, "two": two, "kit": drums}
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder))
        studio.tell(scene(*parts), *(place(loop(*notes), part=name) for name, notes in music.items()))
        studio.play(1)
        studio.tell(Rest(on=True))  # after the second bar
        studio.play(2)
        studio.player.close()
        live = pairs(sent(studio))
        tape = sorted(note for track in taped(Path(folder)).values() for note in track)
    by_channel: defaultdict[int, list[Note]] = defaultdict(list)
    for part in parts:
        mapped = [Note(n.start, n.length, part.drum_map.get(n.pitch, n.pitch), n.velocity) for n in music[part.name]]
        by_channel[part.channel] += mapped
    written = sorted(
        note for channel, notes in by_channel.items() for note in pairs(note_events(separated(notes), channel))
    )
    assert tape == live
    assert live == sorted(written + [(start + 1920, end + 1920, *rest) for start, end, *rest in written])
