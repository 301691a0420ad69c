"""FluidSynth as a child process, fed by its shell.

As seen with FluidSynth 2.3.1:

* A shell on stdin goes through GNU readline, which keeps every line for ever: with a note a line, a leak. The shell's
  ``source /dev/stdin`` reads the same pipe without readline, in constant memory.
* When the pipe ends (the player stopped, or was killed) FluidSynth leaves within 0.1 s: no note outlives the player.
  One that hangs in its driver does not; it stays in the player's process group so that whoever kills that reaches it.
* ``load`` takes its place in the pipe: for a bank of ten notes some ten milliseconds in which nothing else is read.
  It chooses every channel's program anew (its ``reset`` is not heard where there is an offset, too): each soundfont has
  an offset of its own, so that no channel goes over to it by that, nor by MIDI's programs.
* ``unload`` waits until no note of the soundfont sounds; with 0 for ``reset`` it leaves the other channels alone.
* Without a sound device it gives up with a sentence on stderr; without a soundfont, or when the device is lost later,
  it goes on in silence, and only stderr tells.
"""

from __future__ import annotations

import fcntl
import os
import re
import shlex
import shutil
import struct
import subprocess
import sys
import termios
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from reverie.places import expanded
from reverie.play.errors import PlayError
from reverie.play.outputs.base import LOOK, Output
from reverie.play.outputs.midi import jack_server
from reverie.play.reaping import let_go, reap

FOLDERS = (Path("/usr/share/sounds/sf2"), Path("/usr/share/soundfonts"), Path("/usr/local/share/soundfonts"))
PREFERRED = ("default-GM.sf2", "default.sf2", "FluidR3_GM.sf2", "TimGM6mb.sf2")
MOST_LINES = 100  # of less than 30 bytes each: what a pipe takes at once (PIPE_BUF)
PATIENCE = 5.0  # seconds in which a healthy FluidSynth reads what it was sent
LOADING = 60.0  # seconds in which it has loaded the largest soundfont from the slowest card
PLUG_IN = "plug a sound card in, or start JACK, PipeWire or PulseAudio"

_HANGS = "FluidSynth hangs; it is started again"
_JACK_SILENT = "JACK does not answer FluidSynth, which is started again; if that does not help, start JACK again"
_LOST = re.compile(
    r"fluidsynth: (?:error|panic): (.*(?:jack server|audio device|audio driver|pulseaudio|pipewire|coreaudio).*)"
    r"|(Failed to create the audio driver)",
    re.IGNORECASE,
)
_NO_DRIVER = re.compile(r"requested audio driver ('.*')")
_REFUSED = re.compile(r"Setting parameter '.*' not found|Failed to set \w+ parameter '.*'")
_NO_FONT = "not a SoundFont"
_READY = b"ready"
_LOADED = re.compile(rb"loaded SoundFont has ID (\d+)")
_NOT_LOADED = b"failed to load the SoundFont"
_DRUM_CHANNEL, _DRUM_BANK = 9, 128
_OFFSETS = range(2000, 12_000)  # added to the bank numbers of what is loaded later; MIDI has 128, FluidSynth 16,384


def find_soundfont(wanted: str) -> Path:
    """The soundfont that ``wanted`` means: a file, or ``auto`` for $REVERIE_SOUNDFONT or one that is installed.

    Raises:
        PlayError: if there is none.
    """
    named = os.environ.get("REVERIE_SOUNDFONT") if wanted == "auto" else wanted
    if named:
        try:
            path = expanded(named)
            there = path.is_file()
        except (ValueError, OSError) as error:
            raise PlayError(f"the soundfont {named!r} cannot be used ({error}); mend `soundfont`") from error
        if not there:
            raise PlayError(f"there is no soundfont {path}; mend `soundfont`, or put the file there")
        return path
    known = [folder / name for name in PREFERRED for folder in FOLDERS]
    others = [path for folder in FOLDERS if folder.is_dir() for path in sorted(folder.glob("*.sf[23]"))]
    for path in [*known, *others]:
        if path.is_file():
            return path
    raise PlayError("no soundfont is installed; install the package fluid-soundfont-gm, or name a file as `soundfont`")


def find_audio(wanted: str) -> str:
    """The audio driver that ``wanted`` means: its name, or ``auto`` for what this machine has running.

    Raises:
        PlayError: if nothing could sound.
    """
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
    raise PlayError(f"there is no sound device; {PLUG_IN}")


class FluidSynth(Output):
    """A FluidSynth of our own; ``options`` are settings of its, such as ``audio.alsa.device``."""

    def __init__(
        self,
        soundfont: str = "auto",
        audio: str = "auto",
        gain: float = 0.6,
        options: Mapping[str, str] | None = None,
    ) -> None:
        self._soundfont = soundfont
        self._audio = audio
        self._gain = gain
        self._options = dict(options or {})
        self._child: subprocess.Popen[bytes] | None = None
        self._lines: list[bytes] = []
        self._said = b""
        self._heard = b""
        self._since = 0.0
        self._ready = False
        self._driver = ""
        self._font = ""
        self._loading: deque[tuple[str, int]] = deque()
        self._fonts: dict[str, tuple[int, int] | None] = {}
        self._offset = 0
        self._chosen: dict[int, str] = {}

    @property
    def description(self) -> str:
        """Which soundfont plays through which driver."""
        return f"FluidSynth plays {self._font} through {self._driver}"

    def open(self) -> None:
        """Start the program; it loads its soundfont in its own time.

        Raises:
            PlayError: if the program, a soundfont or a sound device is missing.
        """
        if shutil.which("fluidsynth") is None:
            raise PlayError("FluidSynth is not installed; install the package fluidsynth")
        reap()
        font, audio = find_soundfont(self._soundfont), find_audio(self._audio)
        self._font, self._driver = font.name, audio
        settings = {"audio.jack.id": "reverie", "audio.jack.autoconnect": "1", "synth.gain": str(self._gain)}
        options = [f"-o{name}={value}" for name, value in (settings | self._options).items()]
        child = subprocess.Popen(
            ["fluidsynth", "--quiet", "--no-midi-in", "--audio-driver", audio, *options, str(font)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self._child, self._said, self._heard, self._ready = child, b"", b"", False
        self._loading.clear()
        self._fonts.clear()
        self._chosen.clear()
        self._since = time.monotonic()
        for stream in (child.stdin, child.stdout, child.stderr):
            os.set_blocking(_stream(stream).fileno(), False)
        self._write(b"source /dev/stdin\necho ready\n")

    def poll(self) -> bool:
        """Whether it plays: the soundfont is loaded, the pipe is read, nothing bad was said.

        Raises:
            PlayError: if it ended, hangs, or lost its sound device.
        """
        child = self._child
        if child is None:
            return False
        over = child.poll() is not None  # asked before its last words are read, so that none is missed
        *lines, self._said = (self._said + _drain(child.stdout)).split(b"\n")
        self._heard = (self._heard + _drain(child.stderr))[-4096:]
        complaint = self._heard.decode(errors="replace")
        was_ready = self._ready
        for line in lines:
            self._answered(line)
        if _NO_FONT in complaint and not was_ready:
            raise PlayError("FluidSynth cannot read its soundfont; put another file in its place, or mend `soundfont`")
        if match := _NO_DRIVER.search(complaint):
            raise PlayError(f"FluidSynth has no audio driver {match[1]}; mend `audio`")
        if match := _REFUSED.search(complaint):
            raise PlayError(f"FluidSynth refuses its options ({match[0]}); mend `options`")
        if match := _LOST.search(complaint):
            raise PlayError(f"FluidSynth has no sound device ({(match[1] or match[2]).strip(' .')}); {PLUG_IN}")
        if over:
            last = complaint.strip().splitlines()[-1:] or ["without a word"]
            raise PlayError(f"FluidSynth ended ({last[0]}); it is started again")
        self._watch_pipe()
        return self._ready

    def waits_for(self) -> tuple[Sequence[int], float]:
        """What it says while it loads; it need not be heard at once otherwise."""
        if self._child is None or not self._loading:
            return (), LOOK
        return (_stream(self._child.stdout).fileno(),), LOOK

    def load(self, font: str) -> None:
        """Load another soundfont beside those that are there.

        Raises:
            PlayError: if FluidSynth ended, or does not read.
        """
        if self._fonts.get(font) is None and all(font != loading for loading, _ in self._loading):
            self.flush()
            self._fonts.pop(font, None)  # it was refused before, and may have been mended
            self._offset += 1
            offset = _OFFSETS[self._offset % len(_OFFSETS)]
            self._loading.append((font, offset))
            self._write(f"load {shlex.quote(font)} 0 {offset}\n".encode())

    def loaded(self, font: str) -> bool | None:
        """Whether FluidSynth has said that it is there, or that it is none."""
        return self._fonts[font] is not None if font in self._fonts else None

    def choose(self, channel: int, font: str) -> None:
        """Select the first preset of a loaded soundfont.

        Raises:
            PlayError: if FluidSynth ended, or does not read.
        """
        if (known := self._fonts.get(font)) is not None:
            self._chosen[channel] = font
            self._lines.append(b"select %d %d %d 0\n" % (channel, *known))

    def unload(self, font: str) -> None:
        """Let a soundfont go.

        Raises:
            PlayError: if FluidSynth ended, or does not read.
        """
        if (known := self._fonts.pop(font, None)) is not None:
            for channel in [channel for channel, chosen in self._chosen.items() if chosen == font]:
                self._return(channel)
                self._lines.append(b"prog %d 0\n" % channel)
            self._lines.append(b"unload %d 0\n" % known[0])

    def _return(self, channel: int) -> None:
        """Let a channel have the programs of the soundfont that it began with."""
        if self._chosen.pop(channel, None) is not None:
            self._lines.append(b"bank %d %d\n" % (channel, _DRUM_BANK if channel == _DRUM_CHANNEL else 0))

    def _answered(self, line: bytes) -> None:
        """Understand a line of FluidSynth's: answers come in the order of what was asked."""
        if match := _LOADED.search(line):
            self._keep_font(int(match[1]))
        elif _NOT_LOADED in line:
            self._keep_font(None)
        elif line.endswith(_READY):
            self._ready = True

    def _keep_font(self, number: int | None) -> None:
        if self._loading:
            font, offset = self._loading.popleft()
            self._fonts[font] = None if number is None else (number, offset)

    def _watch_pipe(self) -> None:
        """Send an empty line, which does nothing, and see that what was sent before is read."""
        now = time.monotonic()
        if not _unread(self._child):
            self._since = now
            self._write(b"\n")
        elif now - self._since > (PATIENCE if self._ready and not self._loading else LOADING):
            raise PlayError(_HANGS if self._ready or self._driver != "jack" else _JACK_SILENT)

    def send(self, message: bytes) -> None:
        """Send one message: notes, controls and programs.

        Raises:
            PlayError: if FluidSynth ended, or does not read.
        """
        channel = message[0] & 0x0F
        match message[0] & 0xF0:
            case 0x90:
                self._lines.append(b"noteon %d %d %d\n" % (channel, message[1], message[2]))
            case 0x80:
                self._lines.append(b"noteoff %d %d\n" % (channel, message[1]))
            case 0xB0:
                self._lines.append(b"cc %d %d %d\n" % (channel, message[1], message[2]))
            case 0xC0:
                self._return(channel)
                self._lines.append(b"prog %d %d\n" % (channel, message[1]))
            case 0xF0:
                pass  # MIDI clock and transport: it has nothing that would follow them
            case status:
                raise ValueError(f"the player sends no message with status {status:#x}")

    def flush(self) -> None:
        """Hand over the lines of this moment.

        Raises:
            PlayError: if FluidSynth ended, or does not read.
        """
        while self._lines:
            lines, self._lines = self._lines[:MOST_LINES], self._lines[MOST_LINES:]
            self._write(b"".join(lines))

    def _write(self, line: bytes) -> None:
        if self._child is None:
            return
        try:
            os.write(_stream(self._child.stdin).fileno(), line)  # a pipe takes a short one wholly or not at all
        except BlockingIOError as error:
            raise PlayError(_HANGS) from error
        except BrokenPipeError as error:
            raise PlayError("FluidSynth ended; it is started again") from error

    def close(self) -> None:
        """End the program: at once, as a synth that is closed is silent.

        Nobody waits for it: a broken sound driver can keep even the killed.
        """
        if self._child is None:
            return
        self._lines.clear()
        self._child.kill()
        let_go(self._child)
        for stream in (self._child.stdin, self._child.stdout, self._child.stderr):
            _stream(stream).close()
        self._child = None


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("every stream of the child is a pipe")
    return stream


def _drain(stream: IO[bytes] | None) -> bytes:
    try:
        return os.read(_stream(stream).fileno(), 1 << 16)
    except BlockingIOError:
        return b""


def _unread(child: subprocess.Popen[bytes] | None) -> int:
    """Bytes that were written to the child's stdin and not read by it."""
    if child is None:
        return 0
    size = fcntl.ioctl(_stream(child.stdin).fileno(), termios.FIONREAD, bytes(4))
    return struct.unpack("i", size)[0]
