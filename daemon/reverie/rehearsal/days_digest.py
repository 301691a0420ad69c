"""A digest for ears: some minutes out of a rehearsal, played by the real player and rendered by FluidSynth."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.conductor.offline.jumping_player import PresetChoice, Sent, play_offline
from reverie.conductor.offline.sound_file import Synth, render_slots
from reverie.files import take_place, write_atomically
from reverie.music.midi_file import NOTE_ON, ConductorTrack, Track, midi_bytes
from reverie.music.time import TICKS_PER_QUARTER
from reverie.play.outputs.fluidsynth import effect_options
from reverie.play.slot_settings import SlotSettings
from reverie.rehearsal.day_result import LivedDay
from reverie.rehearsal.played_excerpt import PlayedExcerpt
from reverie.rehearsal.rehearsal_folder import RehearsalError
from reverie.site.schema import Site
from reverie.site.slot_sections import FluidSynthSlot

EXCERPTS = 10
"""Minutes of a digest at most: one of each of so many days."""
OPUS_RATE = 48_000
FADE = 1.0
"""Seconds in which each minute comes in, and goes."""
GAP = 0.5
USUAL = 24.0
"""Bytes of a sealed tape for a note, where nothing was heard."""
SUFFIXES = (".wav", ".opus", ".flac", ".mid")
_TICKS_A_SECOND = 2 * TICKS_PER_QUARTER
"""At 120 quarters a minute, the tempo of the digest's MIDI file."""


@dataclass(frozen=True, slots=True)
class ChosenMinute:
    """A minute of a digest, and of which day it is."""

    date: str
    excerpt: PlayedExcerpt


def chosen(days: Sequence[LivedDay]) -> list[ChosenMinute]:
    """Minutes out of days that lie evenly apart: of those for which models composed most."""
    heard = [one for one in days if one.excerpt]
    most = max((one.result.loops.by_models for one in heard), default=0)
    there = [one for one in heard if one.result.loops.by_models * 2 >= most]
    count = min(EXCERPTS, len(there))
    places = [number * (len(there) - 1) // max(count - 1, 1) for number in range(count)]
    return [
        ChosenMinute(one.result.date, PlayedExcerpt.from_json(one.excerpt or {}))
        for one in (there[place] for place in places)
    ]


def played(site: Site, minute: ChosenMinute) -> tuple[Mapping[str, Sequence[Sent]], float]:
    """What each slot's device is sent, and for how many seconds it plays."""
    excerpt, written = minute.excerpt, site.slots_as_json()
    settings = {part.slot: SlotSettings.read(written.get(part.slot, {})) for part in excerpt.scene.parts}
    places = [list(excerpt.places), *([] for _ in range(excerpt.bars - 1))]
    sent = play_offline(excerpt.scene, places, settings, plans=excerpt.plans).slots
    return sent, max((own[-1][0] for own in sent.values() if own), default=0.0)


def digest_midi(site: Site, minutes: Sequence[ChosenMinute]) -> bytes:
    """All minutes as one Standard MIDI File: equal days give equal bytes."""
    events: dict[str, list[tuple[int, bytes]]] = {}
    markers: list[tuple[int, str]] = []
    begins = 0.0
    for minute in minutes:
        sent, seconds = played(site, minute)
        markers.append((round(begins * _TICKS_A_SECOND), f"{minute.date} {minute.excerpt.scene.name}"))
        for slot, own in sent.items():
            told = events.setdefault(slot, [])
            told += [(round((begins + at) * _TICKS_A_SECOND), what) for at, what in own if isinstance(what, bytes)]
        begins += seconds + GAP
    tracks = [Track(slot, tuple(own), device=slot, port=number) for number, (slot, own) in enumerate(events.items())]
    return midi_bytes(tracks, ConductorTrack(markers=tuple(markers)), round(begins * _TICKS_A_SECOND))


def notes_of(midi: Mapping[str, Sequence[Sent]]) -> int:
    """How many notes are struck."""
    return sum(
        what[0] & 0xF0 == NOTE_ON and what[2] > 0
        for own in midi.values()
        for _, what in own
        if not isinstance(what, PresetChoice)
    )


def write_digest(site: Site, minutes: Sequence[ChosenMinute], path: Path) -> list[Path]:
    """Write the digest as sound, by the file's suffix, and as MIDI beside it; says which files were written.

    Raises:
        RehearsalError: if there is nothing to be heard, or no such kind of file.
        PerformError: if FluidSynth is missing or fails.
        OSError: if a file cannot be written.
    """
    check_suffix(path)
    if not minutes:
        raise RehearsalError("no day had a minute of music that could be heard; live through more of them (--lived)")
    midi = path.with_suffix(".mid")
    write_atomically(midi, digest_midi(site, minutes))
    if path.suffix == ".mid":
        return [midi]
    import soundfile

    sound: Any = soundfile  # its types are incomplete
    samples, rate = _joined(site, minutes)
    if path.suffix == ".opus":
        samples, rate = _resampled(samples, rate), OPUS_RATE
    kinds = {".opus": ("OGG", "OPUS"), ".flac": ("FLAC", "PCM_16"), ".wav": ("WAV", "PCM_16")}
    form, subtype = kinds[path.suffix]
    with tempfile.TemporaryDirectory(dir=path.absolute().parent, prefix=".reverie-") as folder:
        made = Path(folder) / f"made{path.suffix}"
        sound.write(made, samples, rate, format=form, subtype=subtype)
        take_place(made, path)
    return [path, midi]


def check_suffix(path: Path) -> None:
    """See that a digest can be written as such a file.

    Raises:
        RehearsalError: if not.
    """
    if path.suffix not in SUFFIXES:
        raise RehearsalError(f"{path}: a digest ends in {', '.join(SUFFIXES)}")


def _joined(site: Site, minutes: Sequence[ChosenMinute]) -> tuple[NDArray[np.float32], int]:
    pieces = [*_rendered(site, minutes)]
    rate = pieces[0][1]
    return np.concatenate([piece for piece, _ in pieces]), rate


def _rendered(site: Site, minutes: Sequence[ChosenMinute]) -> Iterator[tuple[NDArray[np.float32], int]]:
    import soundfile

    sound: Any = soundfile
    synths = {name: _synth(slot) for name, slot in site.slots.items() if isinstance(slot, FluidSynthSlot)}
    with tempfile.TemporaryDirectory(prefix="reverie-") as folder:
        for minute in minutes:
            wav = Path(folder) / "minute.wav"
            sent, seconds = played(site, minute)
            render_slots(sent, wav, synths)
            samples, rate = sound.read(wav, dtype="float32", always_2d=True)
            yield _faded(samples[: int((seconds + GAP) * rate)], rate), rate


def _faded(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    length = min(int(FADE * rate), len(samples) // 2)
    ramp = np.linspace(0.0, 1.0, length, dtype=np.float32)[:, None]
    faded = samples.copy()
    faded[:length] *= ramp
    faded[len(faded) - length :] *= ramp[::-1]
    return faded


def _resampled(samples: NDArray[np.float32], rate: int) -> NDArray[np.float32]:
    import soxr

    resampler: Any = soxr
    return resampler.resample(samples, rate, OPUS_RATE)


def _synth(slot: FluidSynthSlot) -> Synth:
    written = slot.model_dump(mode="json")
    return Synth(slot.soundfont, slot.gain, effect_options(written["reverb"], written["chorus"]) | slot.options)


def bytes_a_note(site: Site, minutes: Sequence[ChosenMinute]) -> float:
    """Bytes of a sealed hour of the tape for each note: a MIDI file as well, with ends of notes and controllers."""
    notes = sum(notes_of(played(site, minute)[0]) for minute in minutes)
    return len(digest_midi(site, minutes)) / notes if notes else USUAL
