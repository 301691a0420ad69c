"""Which soundfont and which audio driver FluidSynth is to have, and whether anything could be heard at all."""

from __future__ import annotations

import os
import re
import shutil
import struct
import sys
import time
from pathlib import Path

from reverie.errors import reason_of
from reverie.files import open_file
from reverie.folders import patiently
from reverie.midi.errors import DeviceError
from reverie.midi.rtmidi import JACK_HANGS, jack_hangs, jack_server
from reverie.places import expanded

FOLDERS = (Path("/usr/share/sounds/sf2"), Path("/usr/share/soundfonts"), Path("/usr/local/share/soundfonts"))
PREFERRED = ("default-GM.sf2", "default.sf2", "FluidR3_GM.sf2", "TimGM6mb.sf2")
PLUG_IN = "plug a sound card in, or start JACK, PipeWire or PulseAudio"
WHOLE_COPY = "put a whole copy in its place, or mend `soundfont`"
_LET_READ = "let the user that Reverie runs as read it"
ANSWERS = 1.0
"""Seconds in which a disk says whether a file is there; the player waits meanwhile."""

REFUSED_FOR = 60.0
"""Seconds for which a soundfont is not tried again that could not be read and that is unchanged."""
GAIN = "synth.gain"

_HEADER = struct.Struct("<4sI4s")
_FORMS = {b"sfbk", b"DLS "}


def check_program() -> None:
    """See that the program is installed.

    Raises:
        DeviceError: if not.
    """
    if shutil.which("fluidsynth") is None:
        raise DeviceError("FluidSynth is not installed; install the package fluidsynth")


def find_soundfont(wanted: str) -> Path:
    """The soundfont that ``wanted`` means: a file, or ``auto`` for $REVERIE_SOUNDFONT or one that is installed.

    Raises:
        DeviceError: if there is none, or it is no whole soundfont.
    """
    named = os.environ.get("REVERIE_SOUNDFONT") if wanted == "auto" else wanted
    if named:
        try:
            path = expanded(named)
            there, is_file = patiently(path, lambda: (path.exists(), path.is_file()), ANSWERS)
        except PermissionError as error:
            raise DeviceError(f"the soundfont {named} cannot be read ({reason_of(error)}); {_LET_READ}") from error
        except (ValueError, OSError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else error
            raise DeviceError(f"the soundfont {named!r} cannot be used ({reason}); mend `soundfont`") from error
        if not is_file:
            what = f"{path} is no file, so no soundfont" if there else f"there is no soundfont {path}"
            raise DeviceError(f"{what}; mend `soundfont`, or put the file there")
        return _whole(path)
    known = [folder / name for name in PREFERRED for folder in FOLDERS]
    others = [path for folder in FOLDERS if folder.is_dir() for path in sorted(folder.glob("*.sf[23]"))]
    broken: DeviceError | None = None
    for path in [*known, *others]:
        if path.is_file():
            try:
                return _whole(path)
            except DeviceError as error:
                broken = broken or error
    if broken is not None:
        raise broken
    raise DeviceError(
        "no soundfont is installed; install the package fluid-soundfont-gm, or name a file as `soundfont`"
    )


def _whole(path: Path) -> Path:
    """A file that begins as soundfonts do, and is as long as it says; the rest is for FluidSynth to judge.

    Raises:
        DeviceError: if it is not.
    """
    try:
        with open_file(path) as file:
            head, there = file.read(_HEADER.size), os.fstat(file.fileno()).st_size
    except OSError as error:
        raise DeviceError(f"the soundfont {path} cannot be read ({error.strerror}); {_LET_READ}") from error
    riff, size, form = _HEADER.unpack(head) if len(head) == _HEADER.size else (b"", 0, b"")
    if riff != b"RIFF" or form not in _FORMS:
        what = "it is empty" if not there else "it is no soundfont"
        raise DeviceError(f"FluidSynth cannot read its soundfont {path}: {what}; {WHOLE_COPY}")
    if there < size + 8:
        raise DeviceError(
            f"FluidSynth cannot read its soundfont {path}: it is cut off, {there:,} of {size + 8:,} bytes are there; "
            f"{WHOLE_COPY}"
        )
    return path


State = tuple[Path, int, int, int]


def state_of(font: Path) -> State:
    """What changes when a file does; that of no file where none can be had."""
    try:
        state = patiently(font, font.stat, ANSWERS)
    except (OSError, ValueError):
        return font, 0, 0, 0
    return font, state.st_ino, state.st_mtime_ns, state.st_size


class Replacement:
    """Notices that another soundfont lies where one was that has been loaded."""

    def __init__(self, font: Path) -> None:
        self._font = font
        self._loaded = self._seen = state_of(font)

    def is_there(self) -> bool:
        """Whether there is another one, which nobody is writing any more: it is as it was at the last look."""
        before, self._seen = self._seen, state_of(self._font)
        return self._seen == before != self._loaded and self._seen[1] > 0


class UnreadableFont:
    """Remembers the soundfont that could not be read: a large one is not read again every few seconds."""

    def __init__(self) -> None:
        self._noted: tuple[State, float, str] | None = None

    def note(self, font: Path, sentence: str) -> None:
        """It could not be read, as the sentence says."""
        self._noted = state_of(font), time.monotonic() + REFUSED_FOR, sentence

    def check(self, font: Path) -> None:
        """See that it is worth trying.

        Raises:
            DeviceError: if it is the one that could not be read just now, and is unchanged.
        """
        if self._noted is not None:
            what, until, sentence = self._noted
            if what == state_of(font) and time.monotonic() < until:
                raise DeviceError(sentence)


def find_audio(wanted: str) -> str:
    """The audio driver that ``wanted`` means: its name, or ``auto`` for what this machine has running.

    Raises:
        DeviceError: if nothing could sound.
    """
    if wanted == "jack" and jack_hangs():
        raise DeviceError(JACK_HANGS)
    if wanted != "auto":
        return wanted
    if sys.platform == "darwin":
        return "coreaudio"
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}"))
    cards = Path("/proc/asound/cards")
    if jack_server():
        return "jack"
    if (runtime / "pulse" / "native").exists():  # PipeWire offers it too
        return "pulseaudio"
    if (runtime / "pipewire-0").exists():
        return "pipewire"
    if cards.exists() and re.search(r"^\s*\d+ \[", cards.read_text(), re.MULTILINE):
        return "alsa"
    if jack_hangs():
        raise DeviceError(JACK_HANGS)
    raise DeviceError(f"there is no sound device; {PLUG_IN}")


def check_gain(wanted: str) -> None:
    """See that something can be heard at all.

    Raises:
        DeviceError: if not.
    """
    try:
        gain = float(wanted)
    except ValueError as error:
        raise DeviceError(
            f"FluidSynth refuses its options ({GAIN} is {wanted!r}, no number); mend `options`"
        ) from error
    if not gain > 0:
        raise DeviceError(f"FluidSynth is silent at a gain of {wanted}; mend `gain`, or {GAIN} in `options`")
