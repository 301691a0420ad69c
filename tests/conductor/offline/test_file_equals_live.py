"""What is written into a file is what a live player sends and its tape keeps, message for message."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.playing import Studio
from fakes.strategies_of_music import metres, notes, tied_lines
from reverie.conductor.offline.jumping_player import play_offline
from reverie.music.midi_file import NOTE_OFF
from reverie.music.notes import Loop
from reverie.music.time import Metre, Schedule, Swing, Tempo
from reverie.play.messages import BarPlan, Part, PartPlan, Place, Rest, SetScene, TellBars
from reverie.play.recording.tape_export import seal_all
from reverie.play.slot_settings import SlotSettings

mido: Any = importlib.import_module("mido")

BARS = 6
LATENCY = 0.02
Events = Mapping[str, Sequence[tuple[int, bytes]]]


@dataclass(frozen=True, slots=True)
class Performed:
    """What a test plays: the scene, and by bar the loops that are placed before it."""

    scene: SetScene
    places: Sequence[Sequence[Place]]
    slots: Mapping[str, SlotSettings]
    plans: Sequence[BarPlan] = ()


@st.composite
def loops(draw: st.DrawFn, metre: Metre) -> Loop:
    """Chords, overlaps, repetitions and ties of few pitches, on the grid and beside it."""
    bars = draw(st.integers(1, 2))
    ticks = bars * metre.bar_ticks
    on_grid = st.integers(0, ticks // 120 - 1).map(lambda step: step * 120)
    starts = st.one_of(on_grid, on_grid.map(lambda tick: tick + 1), st.integers(0, ticks - 1))
    any_notes = notes(ticks, 10, st.sampled_from([35, 36, 60, 61]), starts)
    return Loop(bars, metre, draw(st.one_of(any_notes, tied_lines(ticks))))


@st.composite
def performances(draw: st.DrawFn) -> Performed:
    metre = draw(metres)
    part = st.builds(
        Part,
        name=st.just(""),
        slot=st.sampled_from(["main", "other"]),
        channel=st.sampled_from([1, 1, 2, 10]),
        program=st.sampled_from([None, 11]),
        drum_map=st.sampled_from([{}, {}, {35: 36, 60: 61}]),
        schedule=st.sampled_from([Schedule(), Schedule(), Schedule(2, ((1, 1),))]),
    )
    drawn = draw(st.lists(part, min_size=1, max_size=4))
    parts = tuple(
        Part(f"part-{number}", one.slot, one.channel, one.program, one.drum_map, one.schedule)
        for number, one in enumerate(drawn)
    )
    tempo = draw(st.sampled_from([Tempo(120), Tempo(97.3), Tempo(84, 4, 8)]))
    swing = draw(st.sampled_from([Swing(), Swing(0.58), Swing(0.67, 8)]))
    places: list[list[Place]] = [[] for _ in range(BARS)]
    for one in parts:
        places[0].append(Place(1, one.name, "first", 0, 1, draw(loops(metre))))
        for bar in draw(st.sets(st.integers(1, BARS - 1), max_size=2)):
            places[draw(st.integers(0, bar))].append(Place(1, one.name, "later", bar, 1, draw(loops(metre))))
    slots = {
        "main": SlotSettings({}, channels=draw(st.sampled_from([{}, {2: 1}]))),
        "other": SlotSettings({}, latency=draw(st.sampled_from([0.0, 0.0, LATENCY]))),
    }
    planned = st.builds(
        PartPlan,
        st.sampled_from([True, True, False]),
        st.sampled_from([1.0, 0.3, 1.4]),
        st.sampled_from([(), ((10, 20), (7, 90)), ((10, 90),)]),
    )
    plans = [
        BarPlan(bar, draw(st.sampled_from([1.0, 0.8, 1.3])), {one.name: draw(planned) for one in parts})
        for bar in sorted(draw(st.sets(st.integers(0, BARS - 1), max_size=3)))
    ]
    return Performed(SetScene(1, 0, "one", metre, tempo, parts, swing=swing), places, slots, plans)


def taped(folder: Path) -> Events:
    """By part the messages on the tape, as it is exported, each with its tick."""
    tracks: dict[str, list[tuple[int, bytes]]] = {}
    for file in seal_all(folder / "tape", None):
        for track in mido.MidiFile(file).tracks[1:]:
            tick, events = 0, list[tuple[int, bytes]]()
            for message in track:
                tick += message.time
                if not message.is_meta:
                    events.append((tick, bytes(message.bytes())))
            tracks[track.name] = events
    return tracks


def live(performed: Performed, late: Sequence[float]) -> tuple[Events, Mapping[str, Sequence[tuple[float, bytes]]]]:
    """What the tape of a player has, and what its devices got: it wakes ``late`` by so many seconds, in turn."""
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(Path(folder), main=performed.slots["main"], other=performed.slots["other"])
        begun = studio.clock.time
        studio.tell(performed.scene, TellBars(1, 0, tuple(performed.plans)))
        turn = 0
        for bar, placed in enumerate(performed.places):
            studio.tell(*placed)
            while len(studio.bars) < bar or (bar == 0 and turn == 0):
                studio.clock.time = max(studio.clock.time, studio.player.due + late[turn % len(late)])
                studio.player.advance()
                studio.player.tend()
                turn += 1
        studio.tell(Rest(on=True))
        studio.play(BARS + 1 - len(studio.bars))  # and a bar of silence, in which the latest device ends what it has
        studio.player.close()
        sent = {name: [(at - begun, data) for at, data in output.sent] for name, output in studio.outputs.items()}
        return taped(Path(folder)), sent


def ends_first(event: tuple[int, bytes]) -> tuple[int, bool]:
    """The order of a tape that is exported: what ends at one tick comes before what begins."""
    at, data = event
    return at, data[0] & 0xF0 != NOTE_OFF


def of_notes(events: Sequence[tuple[float, Any]]) -> tuple[list[float], list[bytes]]:
    """When and what, of the messages that begin and end notes."""
    chosen = [(at, data) for at, data in events if isinstance(data, bytes) and data[0] & 0xE0 == 0x80]
    return [at for at, _ in chosen], [data for _, data in chosen]


@settings(deadline=None, max_examples=60)
@given(performances(), st.lists(st.sampled_from([0.0, 0.0, 0.0002, 0.001]), min_size=1, max_size=5))
def test_a_file_has_what_a_live_player_sends_and_its_tape_keeps(performed: Performed, late: list[float]) -> None:
    written = play_offline(performed.scene, performed.places, performed.slots, plans=performed.plans)
    tape, sent = live(performed, late)
    for part in performed.scene.parts:
        assert tape.get(part.name, []) == sorted(written.parts.get(part.name, ()), key=ends_first)
    for slot in performed.slots:
        due, to_file = of_notes(written.slots[slot])
        at, to_device = of_notes(sent[slot])
        assert to_device == to_file
        # The player begins when it wakes, and so early that the latest device can be in time; from then on a device is
        # sent what it sounds late that much earlier, or as late as the player wakes for it.
        early, most = performed.slots[slot].latency, LATENCY + 2 * max(late)
        assert all(-1e-6 - early <= now - then <= most + 1e-6 for now, then in zip(at, due, strict=True))
