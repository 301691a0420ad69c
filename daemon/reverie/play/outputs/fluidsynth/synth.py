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
  it goes on in silence, or with another soundfont, and so it does when the server of its sound hangs. Only what it says
  on stderr tells, what it answers when it is asked, and whether the thread that computes sound still runs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from reverie.midi.bytes import REVERB_SEND
from reverie.midi.errors import DeviceError, log_line
from reverie.midi.rtmidi import JACK_HANGS, STUCK
from reverie.play.outputs.fluidsynth.answers import (
    CHANNELS,
    QUESTIONS,
    Answers,
    question,
    read_channels,
    read_fonts,
    read_number,
)
from reverie.play.outputs.fluidsynth.audibility import Hearing
from reverie.play.outputs.fluidsynth.complaints import SynthWarnings
from reverie.play.outputs.fluidsynth.effects import (
    CHORUS,
    REVERB,
    effect_options,
    effect_questions,
    other_than_wanted,
)
from reverie.play.outputs.fluidsynth.loaded_fonts import LoadedFonts
from reverie.play.outputs.fluidsynth.shell import HANGS, Shell
from reverie.play.outputs.fluidsynth.soundfonts import (
    GAIN,
    WHOLE_COPY,
    Replacement,
    UnreadableFont,
    check_gain,
    check_program,
    find_audio,
    find_soundfont,
)
from reverie.play.outputs.output import LOOK, Output, Trouble
from reverie.processes.thread_progress import ThreadProgress

MOST_LINES = 100  # of less than 30 bytes each: what a pipe takes at once (PIPE_BUF)
PATIENCE = 5.0  # seconds in which a healthy FluidSynth reads what it was sent
LOADING = 60.0  # seconds in which it has loaded the largest soundfont from the slowest card
ASK_AGAIN = 30.0  # seconds after which it is asked in any case what its channels play
LOOK_AGAIN = 5.0  # seconds between looks whether a soundfont was replaced with which not all can be heard

_JACK_SILENT = "JACK does not answer FluidSynth, which is started again; if that does not help, start JACK again"
_LOADED = "loaded SoundFont has ID "
_NOT_LOADED = "failed to load the SoundFont"
_COUNTED = "voice_count: "
_NO_COMMAND = "unknown command"
_COUNT = b"voice_count\n"
_NEAR = 0.001  # FluidSynth answers with three decimals


class FluidSynth(Output):
    """A FluidSynth of our own; ``options`` are settings of its, such as ``audio.alsa.device``.

    ``reverb`` and ``chorus`` have what :mod:`~reverie.play.outputs.fluidsynth.effects` knows of each; None is off.
    """

    def __init__(
        self,
        soundfont: str = "auto",
        audio: str = "auto",
        gain: float = 0.6,
        options: Mapping[str, str] | None = None,
        reverb: Mapping[str, float] | None = REVERB,
        chorus: Mapping[str, float] | None = CHORUS,
    ) -> None:
        self._soundfont = soundfont
        self._audio = audio
        self._settings = {
            "audio.jack.id": "reverie",
            "audio.jack.autoconnect": "1",
            "synth.default-soundfont": "",  # else it plays another than the one that it cannot read
            GAIN: str(gain),
            **effect_options(reverb, chorus),
        } | dict(options or {})
        self._complaints = SynthWarnings()
        self._unreadable = UnreadableFont()
        self._shell: Shell | None = None
        self._begin("", Path())

    def _begin(self, driver: str, font: Path) -> None:
        """Forget the life before."""
        self._driver, self._font = driver, font
        self._replacement = Replacement(font)
        self._complaints.begin()
        self._answers = Answers()
        self._hearing = Hearing()
        self._progress: ThreadProgress | None = None
        self._lines: list[bytes] = []
        self._ready = False
        self._amiss: str | None = None
        self._since = self._asked = self._looked = time.monotonic()
        self._ask = False
        self._fonts = LoadedFonts()
        self._programs: dict[int, int] = {}

    @property
    def description(self) -> str:
        """Which soundfont plays through which driver."""
        return f"FluidSynth plays {self._font.name} through {self._driver}"

    @property
    def power_on(self) -> Mapping[int, int]:
        """It begins dry."""
        return {REVERB_SEND: 0}

    @property
    def trouble(self) -> Trouble | None:
        """What of that which is played cannot be heard, or has another sound than it was to have."""
        now = time.monotonic()
        runs = self._progress is not None and not self._progress.stuck  # else voices pile up that never end
        if said_so := self._complaints.trouble(now, self._hearing.polyphony if runs else None):
            return said_so
        said = self._complaints.substitutes.items()
        substitutes = {channel: one for channel, one in said if self._programs.get(channel) == one.for_program}
        heard = self._hearing.trouble(self._font.name, substitutes, self._fonts.numbers, now)
        if heard is None and self._amiss is not None:
            return Trouble(f"FluidSynth plays, but {self._amiss}", "mend `reverb`, `chorus` or `options` of the slot")
        return heard

    def open(self) -> None:
        """Start the program; it loads its soundfont in its own time.

        Raises:
            DeviceError: if the program, a soundfont or a sound device is missing, or nothing could be heard of it.
        """
        check_program()
        font, audio = find_soundfont(self._soundfont).absolute(), find_audio(self._audio)
        check_gain(self._settings[GAIN])
        self._unreadable.check(font)
        self._shell = Shell(audio, self._settings, str(font))
        self._begin(audio, font)
        self._write(b"source /dev/stdin\n" + question(*QUESTIONS, settings=effect_questions(self._settings)))

    def poll(self) -> bool:
        """Whether it plays: the soundfont is loaded, sound is computed, the pipe is read, nothing bad was said.

        Raises:
            DeviceError: if it ended, hangs, lost its sound device, or cannot read its soundfont.
        """
        shell = self._shell
        if shell is None:
            return False
        over = shell.over
        answers, complaints = shell.hear()
        for line in complaints:
            self._complaints.take(line)
        for line in answers:
            if (answer := self._answers.take(line)) is not None:
                self._understand(*answer)
        if over:
            raise DeviceError(f"FluidSynth ended ({self._complaints.last or 'without a word'}); it is started again")
        self._watch_pipe(shell)
        self._watch_sound()
        self._ask_again()
        self._watch_font()
        return self._ready

    def _understand(self, name: str, lines: Sequence[str]) -> None:
        """Take an answer.

        Raises:
            DeviceError: if it means that nothing can sound.
        """
        match name:
            case "gain":
                self._check_answered_gain(read_number(lines))
            case "driver":
                self._driver = "".join(lines).strip() or self._driver
            case "polyphony":
                self._hearing.polyphony = read_number(lines) or self._hearing.polyphony
            case "fonts":
                self._check_fonts(read_fonts(lines))
            case "settings":
                self._amiss = other_than_wanted(self._settings, lines)
            case "channels":
                self._hearing.says(read_channels(lines))
                if self._progress is None and self._shell is not None:
                    self._progress = ThreadProgress(self._shell.pid)
            case _:
                self._hear("".join(lines))

    def _hear(self, line: str) -> None:
        """Understand what is said unasked: the answers to commands come in their order."""
        if line.startswith(_LOADED):
            self._load_answered(int(line.removeprefix(_LOADED)))
        elif line.startswith(_NOT_LOADED):
            self._load_answered(None)
        elif line.startswith(_COUNTED):
            self._hearing.counted(float(line.removeprefix(_COUNTED)), time.monotonic())
        elif line.startswith(_NO_COMMAND):
            log_line(f"FluidSynth says: {line}")

    def _load_answered(self, number: int | None) -> None:
        if line := self._fonts.answered(number, self._complaints.damaged):
            self._lines.append(line)

    def _check_answered_gain(self, gain: float | None) -> None:
        wanted = float(self._settings[GAIN])
        if gain is None or abs(gain - wanted) > _NEAR:
            raise DeviceError(f"FluidSynth has a gain of {gain}, not {wanted:g}; mend `gain` or `options`")

    def _check_fonts(self, fonts: Mapping[int, str]) -> None:
        """Hold what is loaded against what was wanted.

        Raises:
            DeviceError: if the soundfont is not there, which FluidSynth would play on without.
        """
        numbers = [number for number, name in fonts.items() if name == str(self._font)]
        if not numbers:
            why = f" ({self._complaints.reason})" if self._complaints.reason else ""
            sentence = f"FluidSynth cannot read its soundfont {self._font}{why}; {WHOLE_COPY}"
            self._unreadable.note(self._font, sentence)
            raise DeviceError(sentence)
        damaged = self._complaints.damaged
        self._fonts.begin(numbers[0], damaged)
        if damaged:
            self._hearing.damaged = True
            log_line(f"FluidSynth says: {self._font} lacks {damaged} of its samples; {WHOLE_COPY}")

    def waits_for(self) -> tuple[Sequence[int], float]:
        """What it says while it loads; it need not be heard at once otherwise."""
        if self._shell is None or not self._fonts.loading:
            return (), LOOK
        return (self._shell.out,), LOOK

    def load(self, font: str) -> None:
        """Load another soundfont beside those that are there.

        Raises:
            DeviceError: if FluidSynth ended, or does not read.
        """
        if (line := self._fonts.load(font)) is not None:
            self.flush()
            self._write(line)

    def loaded(self, font: str) -> bool | None:
        """Whether FluidSynth has said that it is there, or that it is none."""
        return self._fonts.loaded(font)

    def choose(self, channel: int, font: str, program: int | None = None) -> None:
        """Select the first preset of a loaded soundfont, or the program of that number.

        Raises:
            DeviceError: if FluidSynth ended, or does not read.
        """
        if (line := self._fonts.choose(channel, font, program)) is not None:
            self._lines.append(line)
            self._changed(channel)

    def unload(self, font: str) -> None:
        """Let a soundfont go.

        Raises:
            DeviceError: if FluidSynth ended, or does not read.
        """
        if self._fonts.loaded(font):
            for channel in self._fonts.channels_of(font):
                self._return(channel)
        if (line := self._fonts.unload(font)) is not None:
            self._lines.append(line)

    def _return(self, channel: int) -> None:
        """Let a channel have the soundfont that it began with."""
        if lines := self._fonts.give_back(channel):
            self._lines += lines
            self._changed(channel)

    def _changed(self, channel: int) -> None:
        """A channel may have another sound: what it has is asked at the next poll."""
        self._hearing.chosen(channel)
        self._ask = True

    def _watch_pipe(self, shell: Shell) -> None:
        """Send an empty line, which does nothing, and see that what was sent before is read, and answered at first."""
        now = time.monotonic()
        if not shell.unread:
            self._write(b"\n")
            if self._progress is not None:
                self._since = now
        if now - self._since > (PATIENCE if self._ready and not self._fonts.loading else LOADING):
            raise DeviceError(HANGS if self._ready or self._driver != "jack" else _JACK_SILENT)

    def _watch_sound(self) -> None:
        """See whether sound is computed; it is ready once that was seen.

        Raises:
            DeviceError: if none has been for long.
        """
        if self._progress is None:
            return
        self._progress.look()
        self._ready = self._ready or self._progress.moves
        if self._progress.stuck > STUCK:
            raise DeviceError(
                JACK_HANGS
                if self._driver == "jack"
                else f"the sound device of FluidSynth ({self._driver}) hangs; plug it in again, or start its server "
                "again"
            )

    def _ask_again(self) -> None:
        """Ask what the channels play, if that may have changed."""
        now = time.monotonic()
        if self._ready and (self._ask or now - self._asked > ASK_AGAIN):
            self._ask, self._asked = False, now
            self.flush()
            self._write(question(CHANNELS))

    def _watch_font(self) -> None:
        """Take over another soundfont that was put in the place of one with which not all can be heard.

        Raises:
            DeviceError: if there is one.
        """
        now = time.monotonic()
        if self._ready and now - self._looked > LOOK_AGAIN:
            self._looked = now
            if self.trouble is not None and self._replacement.is_there():
                raise DeviceError(f"{self._font} is another file now; FluidSynth is started again with it")

    def send(self, message: bytes) -> None:
        """Send one message: notes, controls and programs.

        Raises:
            DeviceError: if FluidSynth ended, or does not read.
        """
        channel = message[0] & 0x0F
        match message[0] & 0xF0:
            case 0x90:
                note = b"noteon %d %d %d\n" % (channel, message[1], message[2])
                probes = message[2] > 0 and self._hearing.strike(channel, time.monotonic())
                self._lines += [_COUNT, note, _COUNT] if probes else [note]
            case 0x80:
                self._lines.append(b"noteoff %d %d\n" % (channel, message[1]))
            case 0xB0:
                self._lines.append(b"cc %d %d %d\n" % (channel, message[1], message[2]))
            case 0xC0:
                self._return(channel)
                self._programs[channel] = message[1]
                self._complaints.substitutes.pop(channel, None)
                self._lines.append(b"prog %d %d\n" % (channel, message[1]))
                self._changed(channel)
            case 0xF0:
                pass  # MIDI clock and transport: it has nothing that would follow them
            case status:
                raise ValueError(f"the player sends no message with status {status:#x}")

    def flush(self) -> None:
        """Hand over the lines of this moment.

        Raises:
            DeviceError: if FluidSynth ended, or does not read.
        """
        while self._lines:
            lines, self._lines = self._lines[:MOST_LINES], self._lines[MOST_LINES:]
            self._write(b"".join(lines))

    def _write(self, line: bytes) -> None:
        if self._shell is not None:
            self._shell.write(line)

    def close(self) -> None:
        """End the program: at once, as a synth that is closed is silent."""
        self._lines.clear()
        if self._shell is not None:
            self._shell.end()
            self._shell = None
