"""What would be heard, as a sound file: FluidSynth renders what each slot's device is sent, and all are mixed.

Each slot has a FluidSynth of its own, as two slots may use the same channel for different sounds.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
import tempfile
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.advice import advice_on
from reverie.errors import ReverieError, reason_of
from reverie.play.outputs.fluidsynth import find_soundfont
from reverie.play.outputs.fluidsynth.files import ALONE, check_sound, unheard
from reverie.stage.offline_player import Choice, Sent

RATE = 44_100
GAIN = 0.6
MISSING = "FluidSynth is needed to render sound; install the packages fluidsynth and fluid-soundfont-gm"
_TICKS = 25_000  # of the files that FluidSynth is given, in half a second: 20 microseconds each
_HALF_SECOND = 500_000  # microseconds
_FIRST_BANK = 2_000  # added to the bank numbers of fonts that are chosen; MIDI's own are below
_BLOCK = 1 << 16  # frames that are mixed at a time
_LOUDEST = 32_767

_mido: Any = importlib.import_module("mido")  # it has no types


class PerformError(ReverieError):
    """A performance cannot be written or rendered."""


@dataclass(frozen=True, slots=True)
class Synth:
    """With what a slot's messages are rendered: a soundfont, as :func:`find_soundfont` takes it, and how loud."""

    soundfont: str = "auto"
    gain: float = GAIN


def render(midi: Path, wav: Path, soundfont: str = "auto") -> None:
    """Render a MIDI file with FluidSynth, faster than it sounds; the file appears whole or not at all.

    Raises:
        PerformError: if FluidSynth is missing or fails.
        PlayError: if there is no soundfont, or nothing is heard with it.
    """
    try:
        with _beside(wav) as folder:
            made = Path(folder) / "made.wav"
            _render(midi, made, Synth(soundfont), None)
            made.replace(wav)
    except OSError as error:
        raise PerformError(f"{wav} cannot be written ({reason_of(error)}); {advice_on(error, wav)}") from error


def render_slots(slots: Mapping[str, Sequence[Sent]], wav: Path, synths: Mapping[str, Synth]) -> None:
    """Render what the devices of slots are sent into one file, which appears whole or not at all.

    Raises:
        PerformError: if FluidSynth is missing or fails.
        PlayError: if there is no soundfont, or nothing is heard with it.
    """
    try:
        with _beside(wav) as name:
            folder, made = Path(name), list[Path]()
            for number, (slot, sent) in enumerate(slots.items()):
                fonts = list(dict.fromkeys(what.font for _, what in sent if isinstance(what, Choice)))
                midi, commands, sound = (folder / f"{number}.{kind}" for kind in ("mid", "txt", "wav"))
                _write_midi(sent, fonts, midi)
                loads = (f"load {_quoted(font)} 0 {_FIRST_BANK + place}\n" for place, font in enumerate(fonts))
                commands.write_text("".join(loads))
                _render(midi, sound, synths.get(slot, Synth()), commands if fonts else None)
                made.append(sound)
            mixed = made[0] if len(made) == 1 else folder / "mixed.wav"
            if len(made) > 1:
                _mix(made, mixed)
            mixed.replace(wav)
    except OSError as error:
        raise PerformError(f"{wav} cannot be written ({reason_of(error)}); {advice_on(error, wav)}") from error


def say(sentence: str) -> None:
    """Tell whoever waits, on standard error."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - the command's own progress


def _beside(wav: Path) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(dir=wav.absolute().parent, prefix=".reverie-")


def _render(midi: Path, wav: Path, synth: Synth, commands: Path | None) -> None:
    program = shutil.which("fluidsynth")
    if program is None:
        raise PerformError(MISSING)
    font = find_soundfont(synth.soundfont)
    alone = ALONE if commands is None else ("-f", str(commands), *ALONE[2:])
    options = [*alone, "-g", str(synth.gain), "-r", str(RATE), "-o", "synth.midi-bank-select=mma"]
    command = [program, "-niq", *options, "-T", "wav", "-F", str(wav), str(font), str(midi)]
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if result.returncode or not wav.exists():
        raise PerformError(f"FluidSynth could not render {midi}: {result.stderr.strip() or 'it gave no reason'}")
    for sentence in unheard(result.stderr, font, midi):
        say(sentence)
    check_sound(wav, font, midi)


def _write_midi(sent: Sequence[Sent], fonts: Sequence[str], path: Path) -> None:
    """One track in the order in which all was sent: what ends a note may not come after what strikes it again."""
    track = _mido.MidiTrack([_mido.MetaMessage("set_tempo", tempo=_HALF_SECOND)])
    now = 0
    for seconds, what in sent:
        at = round(seconds * 1e6 / _HALF_SECOND * _TICKS)
        for data in (what,) if isinstance(what, bytes) else _chosen(what.channel, fonts.index(what.font)):
            track.append(_mido.Message.from_bytes(data).copy(time=at - now))
            now = at
    file = _mido.MidiFile(type=0, ticks_per_beat=_TICKS)
    file.tracks.append(track)
    file.save(str(path))


def _chosen(channel: int, place: int) -> tuple[bytes, ...]:
    """Bank and program of a soundfont by its place."""
    bank = _FIRST_BANK + place
    return (
        bytes((0xB0 | channel, 0, bank >> 7)),
        bytes((0xB0 | channel, 32, bank & 0x7F)),
        bytes((0xC0 | channel, 0)),
    )


def _quoted(path: str) -> str:
    """A path as FluidSynth's own commands take it."""
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _mix(parts: Sequence[Path], path: Path) -> None:
    """Add sound files up; where the sum is too loud for a file, all of it is made softer."""
    peak = max((int(abs(block).max(initial=0)) for block in _sums(parts)), default=0)
    share = min(_LOUDEST / peak, 1.0) if peak else 1.0
    with wave.open(str(parts[0])) as first, wave.open(str(path), "wb") as mixed:
        mixed.setparams(first.getparams())
        for block in _sums(parts):
            mixed.writeframes((block * share).round().astype("<i2").tobytes())


def _sums(parts: Sequence[Path]) -> Any:
    """The sum of the files, block by block; the shorter are silent at their ends."""
    import numpy as np

    files = [wave.open(str(part)) for part in parts]  # noqa: SIM115 - closed below, all of them
    try:
        for _ in range(0, max(file.getnframes() for file in files), _BLOCK):
            blocks = [np.frombuffer(file.readframes(_BLOCK), "<i2").astype(np.int32) for file in files]
            total = np.zeros(max(map(len, blocks)), np.int32)
            for block in blocks:
                total[: len(block)] += block
            yield total
    finally:
        for file in files:
            file.close()
