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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reverie.advice import advice_on
from reverie.conductor.offline.jumping_player import DRUM_BANK, PresetChoice, Sent
from reverie.errors import ReverieError, ended, reason_of
from reverie.files import take_place
from reverie.midi.bytes import BANK, BANK_LOW, CONTROL, PROGRAM
from reverie.midi.bytes import NOTE_OFF as OFF
from reverie.midi.errors import DeviceError
from reverie.play.outputs.fluidsynth import effect_options, find_soundfont
from reverie.play.outputs.fluidsynth.file_render import ALONE, check_sound, unheard
from reverie.play.outputs.fluidsynth.soundfonts import GAIN as GAIN_OPTION
from reverie.play.outputs.fluidsynth.soundfonts import check_gain

RATE = 44_100
GAIN = 0.6
PLAIN, WIDE = "s16", "float"
"""Sample formats: 16 bits, beyond which nothing goes, or 32 that reach further."""
MISSING = "FluidSynth is needed to render sound; install the packages fluidsynth and fluid-soundfont-gm"
_TICKS = 25_000  # of the files that FluidSynth is given, in half a second: 20 microseconds each
_HALF_SECOND = 500_000  # microseconds
DRUMS = 9  # from 0
_STYLE = "synth.midi-bank-select"
_MMA = {_STYLE: "mma"}
_FIRST_BANK = 2_000  # added to the bank numbers of fonts that are chosen; MIDI's own are below
_BLOCK = 1 << 16  # frames that are mixed at a time
_LOUDEST = 32_767

_mido: Any = importlib.import_module("mido")  # it has no types


class PerformError(ReverieError):
    """A performance cannot be written or rendered."""


@dataclass(frozen=True, slots=True)
class Synth:
    """With what a slot's messages are rendered: a soundfont, as :func:`find_soundfont` takes it, and how loud.

    ``options`` are settings of FluidSynth's own; those of its audio say nothing about a file, and reverb and chorus are
    a slot's usual ones where they say nothing of them.
    """

    soundfont: str = "auto"
    gain: float = GAIN
    options: Mapping[str, str] = field(default_factory=dict[str, str])


def render(midi: Path, wav: Path, soundfont: str = "auto") -> None:
    """Render a MIDI file with FluidSynth, faster than it sounds; the file appears whole or not at all.

    Raises:
        PerformError: if FluidSynth is missing or fails.
        DeviceError: if there is no soundfont, or nothing is heard with it.
    """
    try:
        with _beside(wav) as folder:
            made = Path(folder) / "made.wav"
            _check(_render(midi, made, Synth(soundfont, options=_MMA), None), made, midi)
            take_place(made, wav)
    except OSError as error:
        raise PerformError(f"{wav} cannot be written ({reason_of(error)}); {advice_on(error, wav)}") from error


def render_slots(slots: Mapping[str, Sequence[Sent]], wav: Path, synths: Mapping[str, Synth]) -> None:
    """Render what the devices of slots are sent into one file, which appears whole or not at all.

    What cannot be heard of one slot is said, as long as there is another that is heard.

    Raises:
        PerformError: if FluidSynth is missing or fails.
        DeviceError: if there is no soundfont, or nothing is heard with it.
    """
    try:
        with _beside(wav) as name:
            folder = Path(name)
            made = rendered_slots(slots, folder, synths)
            mixed = made[0] if len(made) == 1 else folder / "mixed.wav"
            if len(made) > 1:
                _mix(made, mixed)
            take_place(mixed, wav)
    except OSError as error:
        raise PerformError(f"{wav} cannot be written ({reason_of(error)}); {advice_on(error, wav)}") from error


def rendered_slots(
    slots: Mapping[str, Sequence[Sent]], folder: Path, synths: Mapping[str, Synth], sample_format: str = PLAIN
) -> list[Path]:
    """Render what the devices of slots are sent into sound files of a folder, whose sum is what is heard.

    As :data:`WIDE` samples nothing is cut off that is too loud for others.

    Raises:
        PerformError: if FluidSynth is missing or fails.
        DeviceError: if there is no soundfont, or nothing is heard with it.
        OSError: if the folder cannot be written.
    """
    made, silent = list[Path](), list[DeviceError]()
    takes = [(slot, take) for slot, sent in slots.items() for take in _takes(sent)]
    for number, (slot, sent) in enumerate(takes):
        fonts = list(dict.fromkeys(what.font for _, what in sent if isinstance(what, PresetChoice)))
        midi, commands, sound = (folder / f"{number}.{kind}" for kind in ("mid", "txt", "wav"))
        synth = synths.get(slot, Synth())
        _write_midi(_banks_told(sent, synth) if fonts else sent, fonts, midi)
        loads = (f"load {_quoted(font)} 0 {_offset(place)}\n" for place, font in enumerate(fonts))
        commands.write_text("".join(loads))
        heard = _render(midi, sound, synth, commands if fonts else None, sample_format)
        try:
            _check(heard, sound, midi)
        except DeviceError as error:
            silent.append(DeviceError(f"slot {slot}: {error}"))
        made.append(sound)
    if silent and len(silent) == len(made):
        raise silent[0]
    for error in silent:
        say(ended(str(error)))
    return made


def say(sentence: str) -> None:
    """Tell whoever waits, on standard error."""
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - the command's own progress


def _beside(wav: Path) -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(dir=wav.absolute().parent, prefix=".reverie-")


def _render(midi: Path, wav: Path, synth: Synth, commands: Path | None, sample_format: str = PLAIN) -> tuple[str, Path]:
    """Render one file; what FluidSynth said meanwhile, and the soundfont."""
    program = shutil.which("fluidsynth")
    if program is None:
        raise PerformError(MISSING)
    font = find_soundfont(synth.soundfont)
    alone = ALONE if commands is None else ("-f", str(commands), *ALONE[2:])
    given = effect_options() | {GAIN_OPTION: str(synth.gain)} | dict(synth.options)
    check_gain(given[GAIN_OPTION])
    if commands is not None:
        given |= _MMA
    options = [f"-o{name}={value}" for name, value in given.items() if name.startswith("synth.")]
    if sample_format != PLAIN:
        options += ["-O", sample_format]
    command = [program, "-niq", *alone, *options, "-r", str(RATE), "-T", "wav", "-F", str(wav), str(font), str(midi)]
    result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if result.returncode or not wav.exists():
        raise PerformError(f"FluidSynth could not render {midi}: {result.stderr.strip() or 'it gave no reason'}")
    return result.stderr, font


def _check(heard: tuple[str, Path], wav: Path, midi: Path) -> None:
    """Say what of a file cannot be heard.

    Raises:
        DeviceError: if nothing of it can.
    """
    said, font = heard
    for sentence in unheard(said, font, midi):
        say(sentence)
    check_sound(wav, font, midi)


def _takes(sent: Sequence[Sent]) -> Iterator[Sequence[Sent]]:
    """What FluidSynth renders at once: all, but for what the drum channel plays with fonts that are chosen.

    No bank can be chosen on that channel by MIDI, so from its first choice on it is the first channel of another file.
    """
    first = next(
        (number for number, (_, what) in enumerate(sent) if isinstance(what, PresetChoice) and what.channel == DRUMS),
        None,
    )
    if first is None:
        yield sent
        return
    drums = [(number, seconds, what) for number, (seconds, what) in enumerate(sent) if _channel(what) == DRUMS]
    others = [
        one for number, one in enumerate(sent) if _channel(one[1]) != DRUMS or number < first or _kind(one[1]) == OFF
    ]
    apart = [
        (seconds, replace(what, channel=0) if isinstance(what, PresetChoice) else bytes((_kind(what),)) + what[1:])
        for number, seconds, what in drums
        if number >= first or _kind(what) == CONTROL
    ]
    yield from (others, apart)


def _banks_told(sent: Sequence[Sent], synth: Synth) -> Iterator[Sent]:
    """The same banks, where fonts are chosen by banks: FluidSynth takes numbers of two bytes then, and of one live."""
    told = synth.options.get(_STYLE, "gs") == "mma"
    for seconds, what in sent:
        if told or isinstance(what, PresetChoice) or what[0] & 0xF0 != CONTROL or what[1] not in {BANK, BANK_LOW}:
            yield seconds, what
        elif what[1] == BANK:
            yield seconds, bytes((what[0], BANK_LOW, what[2]))


def _kind(what: bytes | PresetChoice) -> int:
    return 0 if isinstance(what, PresetChoice) else what[0] & 0xF0


def _channel(what: bytes | PresetChoice) -> int:
    return what.channel if isinstance(what, PresetChoice) else what[0] & 0x0F


def _write_midi(sent: Iterable[Sent], fonts: Sequence[str], path: Path) -> None:
    """One track in the order in which all was sent: what ends a note may not come after what strikes it again."""
    track = _mido.MidiTrack([_mido.MetaMessage("set_tempo", tempo=_HALF_SECOND)])
    now = 0
    for seconds, what in sent:
        at = round(seconds * 1e6 / _HALF_SECOND * _TICKS)
        for data in (what,) if isinstance(what, bytes) else _chosen(what, fonts.index(what.font)):
            track.append(_mido.Message.from_bytes(data).copy(time=at - now))
            now = at
    file = _mido.MidiFile(type=0, ticks_per_beat=_TICKS)
    file.tracks.append(track)
    file.save(str(path))


def _chosen(choice: PresetChoice, place: int) -> tuple[bytes, ...]:
    """Bank and program of a soundfont by its place."""
    channel, bank = choice.channel, _offset(place) + choice.bank
    return (
        bytes((CONTROL | channel, BANK, bank >> 7)),
        bytes((CONTROL | channel, BANK_LOW, bank & 0x7F)),
        bytes((PROGRAM | channel, choice.program)),
    )


def _offset(place: int) -> int:
    """What is added to the bank numbers of a font, so that each has its own."""
    return _FIRST_BANK + place * (DRUM_BANK + 1)


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
