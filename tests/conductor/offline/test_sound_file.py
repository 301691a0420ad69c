"""What `perform` writes where slots share channels, notes share keys, and voices have timbres."""

from __future__ import annotations

import importlib
import shutil
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from fakes.banks import make_bank
from fakes.engine import DiceEngine
from fakes.scenes import TEXT, scene
from fakes.soundfonts import font
from reverie.compose.mood_stack import Dream, MoodStack
from reverie.conductor.offline.bank_steps import dreamt_steps, steps, takes
from reverie.conductor.offline.jumping_player import PresetChoice, play_offline
from reverie.conductor.offline.performing import Composition, composed, perform, write_midi
from reverie.conductor.offline.rendered_banks import RenderedBanks
from reverie.conductor.offline.sound_file import Synth, render_slots
from reverie.music.notes import Loop, Note
from reverie.music.time import Metre, Tempo
from reverie.play.messages import Part, Place, SetScene, TakeBank
from reverie.play.recording.tape import Tape
from reverie.play.recording.tape_export import seal_all
from reverie.play.slot_settings import ChannelSound, SlotSettings
from reverie.site.schema import Site
from reverie.timbre.bank.bank import Bank
from reverie.timbre.path import last_place
from reverie.timbre.spots import Spot

mido: Any = importlib.import_module("mido")
ON, OFF, PROGRAM, CONTROL = 0x90, 0x80, 0xC0, 0xB0

needs_synth = [
    pytest.mark.real,
    pytest.mark.skipif(shutil.which("fluidsynth") is None, reason="FluidSynth is not installed"),
]
TWO_SLOTS = TEXT.replace("{slot: main, channel: 10, drum_map: {bass: 35}}", "{slot: far, channel: 1, program: 48}")
TIMBRES = (
    TEXT.replace(
        "voices:",
        """timbres:
  creature:
    sources: {one: {latent: 1}, other: {latent: 2}}
    path: {kind: there_and_back, steps: 3}
    pace: 1 min
    pitches: [C4]
voices:""",
    )
    + "    timbre: {bank: creature, swap: crossfade, channel: 4, bars: 2}\n"
)


def place(part: str, *notes: Note) -> Place:
    return Place(1, part, "recipe", 0, 1, Loop(1, Metre(), notes))


def two_slots() -> tuple[SetScene, list[list[Place]]]:
    """Two voices on channel 1 of two slots, with different programs."""
    parts = (Part("flute", "main", 1, program=73), Part("bass", "far", 1, program=33))
    music = [place("flute", Note(0, 900, 84), Note(960, 900, 84)), place("bass", Note(0, 1800, 40))]
    return SetScene(1, 0, "two", Metre(), Tempo(120), parts), [music, []]


def plain(*names: str) -> dict[str, SlotSettings]:
    return dict.fromkeys(names, SlotSettings({}))


def samples(path: Path) -> NDArray[np.int32]:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.int32)


def hertz(path: Path, seconds: float) -> float:
    """The loudest frequency a little after so many seconds."""
    left = samples(path)[::2]
    piece = left[round(seconds * 44_100) :][: 1 << 14]
    spectrum = np.abs(np.fft.rfft(piece * np.hanning(len(piece))))
    return float(spectrum.argmax() * 44_100 / len(piece))


def test_tracks_say_by_which_slot_their_notes_go_out(tmp_path: Path) -> None:
    path = tmp_path / "a.mid"
    perform(scene(TWO_SLOTS), {}, DiceEngine(), bars=4, seed=1, path=path, progress=lambda _bar: None)
    said = [
        {message.type: message for message in track if message.type in {"track_name", "device_name", "midi_port"}}
        for track in mido.MidiFile(path).tracks[1:]
    ]
    assert [(one["track_name"].name, one["device_name"].name, one["midi_port"].port) for one in said] == [
        ("beat", "far", 0),
        ("lead", "main", 1),
    ]


def test_tracks_of_a_tape_say_by_which_slot_their_notes_go_out(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    tape.bar(1_795_356_000.0, 0, 120.0, Metre(), "one")
    tape.slot(0, "grey synth", "lead")
    tape.event(0, bytes((ON, 60, 100)), "lead")
    tape.bar(1_795_356_002.0, 1920, 120.0, Metre(), "two")
    tape.slot(1920, "main", "lead")
    tape.event(1920, bytes((OFF, 60, 0)), "lead")
    tape.event(1920, bytes((ON, 62, 100)), "lead")
    tape.close()
    (path,) = seal_all(tmp_path, None)
    tracks = [
        ({message.type: message for message in track}, [m.note for m in track if m.type == "note_on"], track)
        for track in mido.MidiFile(path).tracks[1:]
    ]
    assert [(one["device_name"].name, one["midi_port"].port, notes) for one, notes, _ in tracks] == [
        ("grey synth", 0, [60]),
        ("main", 1, [62]),
    ]
    assert all(sum(m.type == "note_off" for m in track) == 1 for *_, track in tracks)


def test_drums_on_one_pitch_and_voices_on_one_channel_never_overlap_in_a_file(tmp_path: Path) -> None:
    text = TEXT.replace(
        "channel: 10, drum_map: {bass: 35}", "channel: 1, drum_map: {bass: 62, snare: 62, closed-hat: 65}"
    )
    performed = composed(scene(text), {}, DiceEngine(), bars=32, seed=1, progress=lambda _bar: None)
    events = play_offline(performed.scene, performed.places, plain("main"))
    sounding: set[tuple[int, int]] = set()
    last: dict[tuple[int, int], float] = {}
    for at, data in events.slots["main"]:
        assert isinstance(data, bytes)
        key = data[0] & 15, data[1]
        if data[0] & 0xF0 == ON:
            assert key not in sounding
            sounding.add(key)
            last[key] = at
        elif data[0] & 0xF0 == OFF:
            sounding.remove(key)
            assert at > last[key]
    assert not sounding
    path = tmp_path / "a.mid"
    count = write_midi(scene(text), performed, path)
    assert count == sum(isinstance(d, bytes) and d[0] & 0xF0 == ON for _, d in events.slots["main"])


def test_each_slot_is_sent_what_its_parts_play() -> None:
    setting, places = two_slots()
    played = play_offline(setting, places, plain("main", "far"))
    assert [data for _, data in played.slots["main"]][:2] == [bytes((PROGRAM, 73)), bytes((ON, 84, 100))]
    bass = [bytes((ON, 40, 100)), bytes((OFF, 40, 0))]
    assert [data for _, data in played.slots["far"]] == [bytes((PROGRAM, 33)), *bass, *bass]


def test_a_device_is_sent_its_channels_sounds_and_volume_as_live_but_neither_clock_nor_delay() -> None:
    setting, places = two_slots()
    main = SlotSettings({}, 1.5, True, {1: 5}, {5: ChannelSound(9, 300)}, volume=40, fade=2.0)
    sent = play_offline(setting, places, {"main": main, "far": SlotSettings({})}).slots["main"]
    assert sent[:6] == (
        (0.0, bytes((CONTROL | 4, 0, 2))),
        (0.0, bytes((CONTROL | 4, 32, 44))),
        (0.0, bytes((PROGRAM | 4, 9))),
        (0.0, bytes((CONTROL | 4, 7, 40))),
        (0.0, bytes((PROGRAM | 4, 73))),
        (0.0, bytes((ON | 4, 84, 100))),
    )


def test_channels_that_are_one_on_the_device_are_one_in_a_file(tmp_path: Path) -> None:
    parts = (Part("flute", "main", 1), Part("bass", "main", 2))
    places = [[place("flute", Note(0, 900, 60), Note(960, 900, 60)), place("bass", Note(0, 400, 60))]]
    composition = Composition(SetScene(1, 0, "two", Metre(), Tempo(120), parts), places)
    one = {"main": SlotSettings({}, channels={2: 1})}
    live = [data for _, data in play_offline(composition.scene, places, one).slots["main"]]
    assert write_midi(scene(), composition, tmp_path / "a.mid", one) == live.count(bytes((ON, 60, 100))) == 2
    assert write_midi(scene(), composition, tmp_path / "b.mid") == 3


class TestRendered:
    pytestmark = needs_synth

    def test_a_bank_sounds_on_the_drum_channel_too(self, tmp_path: Path) -> None:
        bank = make_bank(tmp_path, 0, (60,), 1.0)
        setting = SetScene(1, 0, "one", Metre(), Tempo(120), (Part("lead", "main", 10),))
        places = [[place("lead", Note(0, 1900, 60))], [], []]
        played = play_offline(setting, places, plain("main"), {1: [_take(bank)]})
        render_slots(played.slots, tmp_path / "a.wav", {})
        first, then = (hertz(tmp_path / "a.wav", seconds) for seconds in (0.2, 2.2))
        assert then == pytest.approx(261.6, rel=0.02)
        assert first != pytest.approx(261.6, rel=0.02), "a drum, until the bank is taken over"

    @pytest.mark.parametrize(("channel", "bank", "program"), [(1, 0, 5), (10, 128, 16)])
    def test_a_voice_sounds_with_its_own_soundfont_and_others_with_that_of_the_slot(
        self, tmp_path: Path, channel: int, bank: int, program: int
    ) -> None:
        own = str(font(tmp_path / "own.sf2", bank=bank, program=program))
        parts = (Part("lead", "main", channel, program=program, font=own), Part("flute", "main", 3, program=73))
        setting = SetScene(1, 0, "two", Metre(), Tempo(120), parts)
        notes = {"lead": Note(0, 1900, 60), "flute": Note(1920, 1900, 84)}
        music = [[Place(1, name, "recipe", 0, 1, Loop(2, Metre(), (note,))) for name, note in notes.items()], []]
        render_slots(play_offline(setting, music, plain("main")).slots, tmp_path / "a.wav", {})
        assert hertz(tmp_path / "a.wav", 0.2) == pytest.approx(441, rel=0.01), "its sine, from the first note"
        assert hertz(tmp_path / "a.wav", 2.3) == pytest.approx(1046.5, rel=0.01)

    def test_a_slot_that_is_turned_down_is_silent_and_costs_no_other_its_sound(self, tmp_path: Path) -> None:
        setting, places = two_slots()
        both = plain("main", "far") | {"main": SlotSettings({}, volume=0)}
        synths = {"far": Synth(gain=0.4, options={"synth.gain": "0.2", "audio.driver": "none"})}
        render_slots(play_offline(setting, places, both).slots, tmp_path / "both.wav", synths)
        far = {"far": play_offline(setting, places, both).slots["far"]}
        render_slots(far, tmp_path / "far.wav", {"far": Synth(gain=0.2)})
        heard, alone = samples(tmp_path / "both.wav"), samples(tmp_path / "far.wav")
        assert np.abs(heard[: len(alone)] - alone[: len(heard)]).max() < 20, "but for FluidSynth's dither"
        assert np.abs(alone).max() > 500

    def test_two_slots_on_one_channel_have_both_their_sounds(self, tmp_path: Path) -> None:
        setting, places = two_slots()
        slots = play_offline(setting, places, plain("main", "far")).slots
        for name, chosen in (("both", slots), ("flute", {"main": slots["main"]}), ("bass", {"far": slots["far"]})):
            render_slots(chosen, tmp_path / f"{name}.wav", {"main": Synth(gain=0.3), "far": Synth(gain=0.3)})
        both, flute, bass = (samples(tmp_path / f"{name}.wav") for name in ("both", "flute", "bass"))
        wanted = np.zeros(max(len(flute), len(bass)), np.int32)
        wanted[: len(flute)] += flute
        wanted[: len(bass)] += bass
        assert min(np.abs(flute).max(), np.abs(bass).max()) > 500
        assert np.array_equal(both, wanted)
        assert hertz(tmp_path / "flute.wav", 0.3) == pytest.approx(1046.5, rel=0.01)
        assert not list(tmp_path.glob(".reverie-*"))

    def test_a_sum_that_is_too_loud_is_made_softer_and_not_clipped(self, tmp_path: Path) -> None:
        setting, places = two_slots()
        slots = play_offline(setting, places, plain("main", "far")).slots
        render_slots(slots, tmp_path / "a.wav", {"main": Synth(gain=8), "far": Synth(gain=8)})
        peak = np.abs(samples(tmp_path / "a.wav")).max()
        assert 32_000 < peak <= 32_767

    def test_a_voice_sounds_with_its_banks_one_after_the_other(self, tmp_path: Path) -> None:
        banks = {step: make_bank(tmp_path, step, (60 + 7 * step,), 1.0) for step in (0, 1)}
        parts = (Part("lead", "main", 1, program=73),)
        setting = SetScene(1, 0, "one", Metre(), Tempo(120), parts)
        places: list[list[Place]] = [[place("lead", Note(0, 1900, 60))], *([] for _ in range(5))]
        taken = {0: [_take(banks[0])], 3: [_take(banks[1], 4, 1)]}
        for name in ("a", "b"):
            played = play_offline(setting, places, plain("main"), taken)
            render_slots(played.slots, tmp_path / f"{name}.wav", {})
        assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()
        programs = play_offline(setting, places, plain("main"))
        render_slots(programs.slots, tmp_path / "plain.wav", {})
        assert (tmp_path / "plain.wav").read_bytes() != (tmp_path / "a.wav").read_bytes()
        assert hertz(tmp_path / "a.wav", 0.2) == pytest.approx(261.6, rel=0.02), "the bank's sine, from the first note"


def _take(bank: Bank, other: int | None = None, bars: int = 0) -> TakeBank:
    return TakeBank(1, "lead", bank.id, str(bank.soundfont), other, bars)


def test_time_of_the_music_decides_the_step_of_a_timbre() -> None:
    one = scene(TIMBRES)
    assert list(steps(one, one.timbres["creature"], 100)) == [(0, 0), (30, 1), (60, 2), (90, 3)]
    night = scene(TIMBRES.replace("pace: 1 min", 'pace: {steps_a_night: 60, hours: ["20:00", "21:00"]}'))
    assert list(steps(night, night.timbres["creature"], 100)) == [(0, 0), (30, 1), (60, 2), (90, 3)]


def test_banks_are_taken_over_where_their_steps_begin_and_the_first_at_once(tmp_path: Path) -> None:
    banks = {step: make_bank(tmp_path, step % 2) for step in range(4)}
    asked: list[tuple[str, int | Spot]] = []

    def bank_of(timbre: str, step: int | Spot) -> Bank:
        asked.append((timbre, step))
        assert isinstance(step, int)
        return banks[step]

    one = scene(TIMBRES)
    taken = takes(one, 1, 100, bank_of)
    assert asked == [("creature", step) for step in range(4)]
    rows = [
        (bar, take.part, take.bank, take.other_channel, take.fade_bars) for bar, all_ in taken.items() for take in all_
    ]
    assert rows == [
        (0, "lead", banks[0].id, None, 0),
        (30, "lead", banks[1].id, 4, 2),
        (60, "lead", banks[0].id, 4, 2),
        (90, "lead", banks[1].id, 4, 2),
    ]
    performed = composed(one, {}, DiceEngine(), bars=40, seed=1, progress=lambda _bar: None)
    sent: Sequence[Any] = play_offline(performed.scene, performed.places, plain("main"), taken).slots["main"]
    chosen = [(at, what.channel) for at, what in sent if isinstance(what, PresetChoice)]
    assert chosen == [(0.0, 0), (60.0, 3)]
    fades = [at for at, what in sent if isinstance(what, bytes) and what[:2] == bytes((CONTROL | 3, 11))]
    assert (min(fades), max(fades)) == (60.0, 64.0)


def test_a_dream_takes_a_timbre_to_its_point_and_its_pace_goes_on_meanwhile() -> None:
    text = TIMBRES + "moods: {fear: {timbre: {creature: 1}}, calm: {tempo: 0.9}}\n"
    one = scene(text)
    last = last_place(one.timbres["creature"].path)
    assert [*dreamt_steps(one, "creature", 100, MoodStack())] == [(0, 0), (30, 1), (60, 2), (90, 3)]
    calm = MoodStack((Dream("calm", 1.0, 10, 40, 1),))
    assert [*dreamt_steps(one, "creature", 100, calm)] == [(0, 0), (30, 1), (60, 2), (90, 3)]
    dreams = MoodStack((Dream("fear", 1.0, 10, 40, 1),))
    assert [*dreamt_steps(one, "creature", 100, dreams)] == [(0, 0), (10, last), (50, 1), (60, 2), (90, 3)]


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        ("default", "there is no timbre model"),
        ("nsynth", "`reverie models pull nsynth` gets it"),
    ],
)
def test_a_bank_that_cannot_be_made_is_told_once_and_the_program_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, sentence: str
) -> None:
    monkeypatch.setattr("reverie.conductor.offline.rendered_banks.model_folders_of", lambda _site: [tmp_path])
    one = scene(
        TIMBRES.replace("    path:", f"    model: {model}\n    path:")
        .replace("{latent: 1}", '"shipped:cat"')
        .replace("{latent: 2}", '"shipped:flute"')
    )
    said: list[str] = []
    maker = RenderedBanks(Site(), one, (), said.append)
    assert takes(one, 1, 100, maker.bank_of) == {}
    assert len(said) == 1
    assert said[0].startswith("Timbre creature: ")
    assert sentence in said[0]
    assert said[0].endswith("; its voices keep the sounds that they have.")
