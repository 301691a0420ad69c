"""Renders a MIDI file by FluidSynth and judges by its warnings whether it can be heard, as it always exits with 0."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reverie.midi.errors import DeviceError
from reverie.play.fader import VOLUME
from reverie.play.outputs.fluidsynth.soundfonts import WHOLE_COPY

ALONE = ("-f", os.devnull, "-osynth.default-soundfont=")
"""What keeps its own start files out, and soundfonts that nobody named."""

_NO_FONT = re.compile(r"Failed to load (?:the )?SoundFont|not a SoundFont or MIDI file")
_ERROR = re.compile(r"fluidsynth: error: (.*)")
_BARE = re.compile(r"No preset found on channel (\d+) \[bank=\d+ prog=(\d+)\]")
_WRONG = re.compile(r"Instrument not found on channel (\d+) \[bank=\d+ prog=(\d+)\]")
_OTHER = "put a whole copy in its place, or name another `soundfont`"
_FRAMES = 1 << 16
_DITHER = 8 / (1 << 15)
"""What FluidSynth writes at most where nothing sounds: it dithers."""
_mido: Any = importlib.import_module("mido")  # it has no types


def unheard(said: str, font: Path, midi: Path) -> tuple[str, ...]:
    """A sentence for each channel of a file that was not heard as it is written, by what FluidSynth said meanwhile.

    Raises:
        DeviceError: if nothing of the file was heard.
    """
    if _NO_FONT.search(said):
        reason = match[1].strip(" .") if (match := _ERROR.search(said)) else "it is none"
        raise DeviceError(f"FluidSynth cannot read its soundfont {font} ({reason}); {WHOLE_COPY}")
    played = _played(midi)
    bare, wrong = (sorted(_pairs(pattern, said) & played) for pattern in (_BARE, _WRONG))
    if bare and played == set(bare):
        raise DeviceError(f"nothing can be heard: {font} has no sound for any channel; {_OTHER}")
    return (
        *(
            f"Channel {channel + 1} is silent: {font.name} has no program {program} for it."
            for channel, program in bare
        ),
        *(
            f"Channel {channel + 1} has another sound: {font.name} has no program {program}."
            for channel, program in wrong
        ),
    )


def check_sound(wav: Path, font: Path, midi: Path) -> None:
    """Listen to what was rendered.

    Raises:
        DeviceError: if it is silent though the file has notes.
    """
    import numpy as np  # not before the engine has said how many threads it starts
    import soundfile

    sound: Any = soundfile  # its types are incomplete
    for block in sound.blocks(str(wav), _FRAMES, dtype="float32"):
        if np.abs(block).max(initial=0.0) > _DITHER:
            return
    if _played(midi):
        raise DeviceError(f"nothing can be heard: {font} has no samples for the notes; {_OTHER}")


def _pairs(pattern: re.Pattern[str], said: str) -> set[tuple[int, int]]:
    return {(int(channel), int(program)) for channel, program in pattern.findall(said)}


def _played(midi: Path) -> set[tuple[int, int]]:
    """The channels on which notes begin and that are not turned down, from 0, with the program that each has then."""
    return set(_notes(midi))


def _notes(midi: Path) -> Iterator[tuple[int, int]]:
    programs: dict[int, int] = {}
    quiet: set[int] = set()
    for message in _mido.merge_tracks(_mido.MidiFile(midi).tracks):
        if message.type == "program_change":
            programs[message.channel] = message.program
        elif message.type == "control_change" and message.control == VOLUME:
            (quiet.discard if message.value else quiet.add)(message.channel)
        elif message.type == "note_on" and message.velocity and message.channel not in quiet:
            yield message.channel, programs.get(message.channel, 0)
