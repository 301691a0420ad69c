"""What FluidSynth says on its standard error, line by line; as worded by 2.3.1."""

from __future__ import annotations

import re
import time
from collections import deque
from dataclasses import dataclass

from reverie.midi.errors import DeviceError, log_line
from reverie.midi.rtmidi import JACK_HANGS, jack_listens
from reverie.play.outputs.fluidsynth.soundfonts import PLUG_IN
from reverie.play.outputs.output import Trouble

MANY_LEFT_OUT = 8
LEFT_OUT_WITHIN = 60.0
"""Notes that are left out for want of a voice within so many seconds, that are a fault."""
MOST_TOLD = 50
"""Different lines that are written into the log in all."""

_LOST = re.compile(
    r"fluidsynth: (?:error|panic): (.*(?:jack server|audio device|audio driver|pulseaudio|pipewire|coreaudio).*)"
    r"|(Failed to create the audio driver)"
    r"|(.*returned an error\. As a consequence, fluidsynth will now be removed from Jack.*)",
    re.IGNORECASE,
)
_NO_JACK = re.compile(r"Failed to (?:connect to|activate) Jack")
_NO_DRIVER = re.compile(r"requested audio driver ('.*')")
_REFUSED = re.compile(r"Setting parameter '.*' not found|Failed to set [\w ]+ parameter '.*'")
_UNCONNECTED = re.compile(r"Could not connect to any physical jack ports|Error connecting jack port")
_SUBSTITUTED = re.compile(
    r"Instrument not found on channel (\d+) \[bank=(\d+) prog=(\d+)\], substituted \[bank=(\d+) prog=(\d+)\]"
)
_NO_PRESET = re.compile(r"No preset found on channel|There is no preset with bank number|channel has no preset")
_NO_SAMPLE = re.compile(
    r"Sample '.*': invalid (?:start/end|buffer)|Sample '.*' has unknown flags|(?:[Uu]nable|Failed) to load sample"
    r"|Unable to load all sample data|Invalid sample reference|Failed to read (?:compressed )?sample data"
)
_NO_VOICE = re.compile(r"Failed to allocate a synthesis process")
_ERROR = re.compile(r"fluidsynth: error: (.*)")


@dataclass(frozen=True, slots=True)
class Substitute:
    """A program that the soundfont lacks, and what sounds in its place."""

    bank: int
    program: int
    for_bank: int
    for_program: int


class SynthWarnings:
    """All that was said in one life of FluidSynth, and what of it is in the log already."""

    def __init__(self) -> None:
        self._told: set[str] = set()
        self.begin()

    def begin(self) -> None:
        """Another life begins."""
        self.substitutes: dict[int, Substitute] = {}
        """By channel, counted from 0."""
        self.damaged = 0
        """Samples that are not there."""
        self.unconnected = False
        """Whether JACK has no output that it could be connected to."""
        self.left_out: deque[float] = deque(maxlen=MANY_LEFT_OUT)
        """The moments of the last notes for which there was no voice any more."""
        self.reason = ""
        """The first error, if there was any."""
        self.last = ""
        """The last line."""

    def take(self, line: str) -> None:
        """Understand one line; what is unknown goes into the log, once.

        Raises:
            DeviceError: if it means that nothing can sound.
        """
        if not line.strip():
            return
        self.last = line.strip()
        _check(line)
        if match := _SUBSTITUTED.search(line):
            channel, *numbers = map(int, match.groups())
            wanted_bank, wanted, bank, program = numbers
            self.substitutes[channel] = Substitute(bank, program, wanted_bank, wanted)
        elif _NO_SAMPLE.search(line):
            self.damaged += 1
        elif _UNCONNECTED.search(line):
            self.unconnected = True
        elif _NO_VOICE.search(line):
            self.left_out.append(time.monotonic())
        elif not _NO_PRESET.search(line):  # which channels have none is asked
            if match := _ERROR.search(line):
                self.reason = self.reason or match[1].strip(" .")
            self._tell(line.strip())

    def trouble(self, now: float, polyphony: float | None) -> Trouble | None:
        """What cannot be heard; ``polyphony`` are its voices, None where notes do not end by themselves."""
        if self.unconnected:
            return Trouble(
                "FluidSynth is connected to nothing: JACK has no output of a sound device",
                "start JACK with a sound device; whoever connects it by hand sets audio.jack.autoconnect to 0 in "
                "`options`",
                "all",
            )
        left_out = self.left_out
        if polyphony is not None and len(left_out) == MANY_LEFT_OUT and now - left_out[0] < LEFT_OUT_WITHIN:
            return Trouble(
                f"FluidSynth leaves notes out: its {polyphony:.0f} voices are too few",
                "give it more by synth.polyphony in `options`",
                "part",
            )
        return None

    def _tell(self, line: str) -> None:
        kind = re.sub(r"\d+", "#", line)
        if kind not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(kind)
            log_line(f"FluidSynth says: {''.join(char if char.isprintable() else '?' for char in line)}")


def _check(line: str) -> None:
    """See whether anything can sound at all.

    Raises:
        DeviceError: if not.
    """
    if match := _NO_DRIVER.search(line):
        raise DeviceError(f"FluidSynth has no audio driver {match[1]}; mend `audio`")
    if match := _REFUSED.search(line):
        raise DeviceError(f"FluidSynth refuses its options ({match[0]}); mend `options`")
    if _NO_JACK.search(line) and jack_listens():
        raise DeviceError(JACK_HANGS)
    if match := _LOST.search(line):
        told = next(group for group in match.groups() if group)
        raise DeviceError(f"FluidSynth has no sound device ({told.strip(' .')}); {PLUG_IN}")
