"""A slot: a name that parts play to, with an output that may come and go, and the ledger of what sounds there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto

from reverie.midi.bytes import BANK, BANK_LOW, CONTROL, EXPRESSION, LOUDEST, NOTE_OFF, NOTE_ON, PROGRAM
from reverie.midi.errors import DEVICE_ERRORS, DeviceError, explain, log_line
from reverie.play.device_controls import DeviceControls
from reverie.play.fader import Volume
from reverie.play.messages import SlotState
from reverie.play.outputs.output import LOOK, Line, Output, TakesBanks, Trouble
from reverie.play.recording.ledger import Ledger
from reverie.play.slot_settings import SlotSettings

RETRY = 3.0  # seconds between attempts to find a lost device
SETTLING = 0.03  # the same while it is on its way up
OPENING_TAKES = 0.015  # seconds until the next note that opening a device may use up: starting a process
POLLING_TAKES = 0.004  # likewise for a look at it
STARVED = 0.5  # seconds after which it is done all the same: better one clock tick late than a slot that never returns
SURE = 1.0  # seconds after which a message that was sent has arrived
_CHAIN = 4  # slots that may stand in for one another, one after the other


class _State(Enum):
    DOWN = auto()
    OPENING = auto()
    UP = auto()


class Slot:
    """Sends notes while its output is up, and is silent while it is not.

    Channels are a scene's, counted from 0 as on the wire; the slot's own map leads them to the device's. ``report`` is
    told once of each change. A slot that is not ``wanted`` does not look for its device.
    """

    def __init__(
        self,
        name: str,
        output: Output,
        ledger: Ledger,
        report: Callable[[SlotState], None],
        settings: SlotSettings | None = None,
    ) -> None:
        self.name = name
        self.settings = settings or SlotSettings({})
        self.volume = Volume(self, self.settings.volume)
        self.controls = DeviceControls(self, self.volume)
        self.stand_in: Slot | None = None
        self.wanted = True
        self.returning = False
        """Whether its device is back, and the one that stands in is heard until the bar is over."""
        self._output = output
        self._ledger = ledger
        self._report = report
        self._state = _State.DOWN
        self._due = float("-inf")
        self._told: SlotState | None = None
        self._owners: dict[tuple[int, int], set[object]] = {}
        self._struck: set[tuple[int, int]] = set()
        self._ended: dict[tuple[int, int], float] = {}
        self._now = 0.0
        self._has_news = False
        self.lives = 0
        """How often its device was found."""

    @property
    def up(self) -> bool:
        """Whether notes reach a device."""
        return self._state is _State.UP

    @property
    def opening(self) -> bool:
        """Whether the device will be up soon, for all that is known."""
        return self._state is _State.OPENING and self._output.lacks is None

    @property
    def power_on(self) -> Mapping[int, int]:
        """The controllers with which its device begins otherwise than others, by number."""
        return self._output.power_on

    @property
    def heard(self) -> Slot | None:
        """This slot, or while its device is away the one that stands in for it; None if nobody does."""
        if self.up and not self.returning:
            return self
        slot = self.stand_in
        for _ in range(_CHAIN - 1):
            if slot is None or slot.up:
                break
            slot = slot.stand_in
        return slot if slot is not None and slot.up else self if self.up else None

    def due(self, now: float, deadline: float) -> float:
        """When :meth:`tend` has something to do, now that the next note is due at ``deadline``."""
        if not self.wanted:
            return float("inf")
        return self._due if deadline - max(self._due, now) >= self._takes else self._due + STARVED

    def waits_for(self) -> Sequence[int]:
        """Descriptors whose readability means that :meth:`tend` should look at once."""
        return () if self._state is _State.DOWN or self._has_news else self._output.waits_for()[0]

    @property
    def _takes(self) -> float:
        return OPENING_TAKES if self._state is _State.DOWN else POLLING_TAKES

    def look_now(self) -> None:
        """Look after the output at the next :meth:`tend`: it has something to say."""
        if self._state is not _State.DOWN:
            self._has_news = True
            self._due = min(self._due, self._now)

    def tend(self, now: float, slack: float) -> bool:
        """Look after the output, if it is time and the next note is ``slack`` seconds away; True when it came up.

        On the way up everything is ended that an earlier life, or the loss of the device, left sounding.
        """
        self._now = now
        self._strike_out()
        if not self.wanted or now < self._due:
            return False
        if self._due == float("-inf"):
            self._due = now
        if slack < self._takes and now < self._due + STARVED:
            return False
        self._has_news = False
        self._ledger.restore()
        try:
            if self._state is _State.DOWN:
                self._output.open()
                self._state = _State.OPENING
            up = self._output.poll()
            came_up = up and self._state is _State.OPENING
            if came_up:
                self._ledger.close(self._output)
                self._output.flush()
                self._owners.clear()
                self._ended.clear()
                self.returning = self.heard is not None
                self._state = _State.UP
                self.lives += 1
            if up:
                self._tell_up()
            else:
                self._state = _State.OPENING
                if (lacks := self._output.lacks) is not None:
                    self._tell(False, lacks)
        except DEVICE_ERRORS as error:
            self._lose(error, now)
            return False
        descriptors, seconds = self._output.waits_for()
        self._due = now + min(seconds, LOOK if self.up or descriptors else SETTLING)
        return came_up

    def start(self, channel: int, pitch: int, velocity: int, owner: object) -> bool:
        """Start a note, ending the same pitch first where another owner left it sounding; whether a device took it.

        Where another slot, for which this one stands in, has struck it at this very moment both own it: see
        :mod:`reverie.music.overlaps`.
        """
        if not self.up:
            return False
        channel = self.channel_of(channel)
        if (channel, pitch) in self._owners:
            if (channel, pitch) in self._struck:
                self._owners[channel, pitch].add(owner)
                return True
            self._end(channel, pitch)
        self._ended.pop((channel, pitch), None)
        self._ledger.note_on(channel, pitch)
        self._owners[channel, pitch] = {owner}
        self._struck.add((channel, pitch))
        return self._send(bytes((NOTE_ON | channel, pitch, velocity)))

    def end(self, channel: int, pitch: int, owner: object) -> None:
        """End a note with the last of its owners; while the device is away, the ledger keeps it for when it is back."""
        channel = self.channel_of(channel)
        owners = self._owners.get((channel, pitch))
        if owners is None or owner not in owners:
            return
        if len(owners) == 1:
            self._end(channel, pitch)
        owners.discard(owner)

    def is_owned(self, channel: int, pitch: int, owner: object) -> bool:
        """Whether a note of that owner sounds on the device."""
        return owner in self._owners.get((self.channel_of(channel), pitch), ())

    def control(self, message: bytes) -> None:
        """Send a program or a controller of a scene's channel."""
        if self.up:
            kind, channel = message[0] & 0xF0, self.channel_of(message[0] & 0x0F)
            (self._ledger.fade if (kind, message[1]) == (CONTROL, EXPRESSION) else self._ledger.use)(channel)
            self._send(bytes((kind | channel,)) + message[1:])

    def moved(self, channel: int, number: int, *, away: bool) -> None:
        """Keep for whoever comes next that a controller of a scene's channel is away from its place, or back there."""
        self._ledger.move(self.channel_of(channel), number, away=away)

    def unfade(self, channel: int) -> None:
        """Make a scene's channel as loud as ever, if it was faded: by whoever was heard there before."""
        channel = self.channel_of(channel)
        if self.up and self._ledger.is_faded(channel):
            self._send(bytes((CONTROL | channel, EXPRESSION, LOUDEST)))

    def load(self, font: str) -> None:
        """Begin to load a soundfont, where the output can."""
        self._try(lambda sampler: sampler.load(font))

    @property
    def takes_banks(self) -> bool:
        """Whether its output can be given other sounds while it plays."""
        return isinstance(self._output, TakesBanks)

    def loaded(self, font: str) -> bool | None:
        """Whether a soundfont can be chosen; False if never, None as long as that is not known."""
        if not isinstance(self._output, TakesBanks):
            return False
        return self._output.loaded(font) if self.up else None

    def choose(self, channel: int, font: str, program: int | None = None) -> None:
        """Let the notes of a scene's channel that begin from now on sound with a loaded soundfont."""
        channel = self.channel_of(channel)
        self._ledger.use(channel)
        self._try(lambda sampler: sampler.choose(channel, font, program))

    def unload(self, font: str) -> None:
        """Let a soundfont go."""
        self._try(lambda sampler: sampler.unload(font))

    def _try(self, what: Callable[[TakesBanks], None]) -> None:
        if self.up and isinstance(self._output, TakesBanks):
            try:
                what(self._output)
            except DEVICE_ERRORS as error:
                self._lose(error, self._now)

    def clock(self, message: bytes) -> None:
        """Send a message of MIDI clock or transport, which has no channel."""
        if self.up:
            self._send(message)

    def hold(self, moment: float) -> None:
        """Let the device know that what was sent is due at that moment."""
        if self.up:
            try:
                self._output.hold(moment)
            except DEVICE_ERRORS as error:
                self._lose(error, self._now)

    def flush(self) -> None:
        """Let the device have what was sent: the notes of one moment go together."""
        self._struck.clear()
        if self.up:
            try:
                self._output.flush()
            except DEVICE_ERRORS as error:
                self._lose(error, self._now)

    def tell(self, line: Line) -> None:
        """A bar or a chord begins."""
        if self.up:
            try:
                self._output.tell(line)
            except DEVICE_ERRORS as error:
                self._lose(error, self._now)

    def set_sounds(self) -> None:
        """Choose bank and program of every channel that the settings name."""
        for number, sound in self.settings.sounds.items():
            channel = number - 1
            if not self.up:
                return
            self._ledger.use(channel)
            if sound.bank is not None:
                self._send(bytes((CONTROL | channel, BANK, sound.bank >> 7)))
                self._send(bytes((CONTROL | channel, BANK_LOW, sound.bank & 0x7F)))
            if sound.program is not None:
                self._send(bytes((PROGRAM | channel, sound.program)))

    def reopen(self, now: float) -> None:
        """End what sounds, let the device go, and look for it anew at the next :meth:`tend`."""
        self.hush()
        self._lose(DeviceError("it took no notes and is opened anew"), now)
        self._due = now

    def hush(self) -> None:
        """End everything that sounds, and silence every channel that was used."""
        if not self.up:
            return
        self._owners.clear()
        self.controls.hushed()
        self._strike_out(0.0)  # if these ends do not arrive, neither will what is sent now
        try:
            self._ledger.close(self._output, put_back=False)
            self._output.flush()
        except DEVICE_ERRORS as error:
            self._lose(error, self._now)

    def close(self) -> None:
        """End everything, put the controllers back and let go of the device."""
        try:
            self.hush()
            self.controls.release(self._now)
            self.flush()
        finally:
            self._state = _State.DOWN
            self._let_go()

    def channel_of(self, channel: int) -> int:
        """The device's channel to which a scene's leads; both count from 0."""
        return self.settings.channels.get(channel + 1, channel + 1) - 1

    def _end(self, channel: int, pitch: int) -> None:
        if self.up and self._send(bytes((NOTE_OFF | channel, pitch, 0))):
            self._ended[channel, pitch] = self._now
            del self._owners[channel, pitch]

    def _strike_out(self, sure: float = SURE) -> None:
        """Strike out of the ledger what was ended long enough ago for its end to have arrived.

        A note-off is on its way through other processes for a while, and a device that was just unplugged is missed a
        little later: until then whoever closes the ledger ends the note once more.
        """
        for key in [key for key, ended in self._ended.items() if self._now - ended >= sure]:
            del self._ended[key]
            self._ledger.note_off(*key)

    def _send(self, message: bytes) -> bool:
        try:
            self._output.send(message)
        except DEVICE_ERRORS as error:
            self._lose(error, self._now)
            return False
        return True

    def _lose(self, error: Exception, now: float) -> None:
        self._state = _State.DOWN
        self._due = now + RETRY
        self._owners.clear()
        self._let_go()
        self._tell(False, explain(error))

    def _let_go(self) -> None:
        try:
            self._output.close()
        except DEVICE_ERRORS as error:
            log_line(f"slot {self.name} could not be closed: {explain(error)}")

    def _tell_up(self) -> None:
        """The device is there; what cannot be heard of it is told all the same."""
        detail, trouble = self._output.description, self._output.trouble
        if trouble is None:
            self._tell(True, detail)
        else:
            heard = trouble.silent != "all"
            self._tell(heard, detail if heard else trouble.sentence, trouble)

    def _tell(self, up: bool, detail: str, trouble: Trouble | None = None) -> None:
        state = SlotState(self.name, up, detail)
        if trouble is not None:
            state = replace(state, fault=trouble.sentence, advice=trouble.advice, silent=trouble.silent)
        if state != self._told:
            self._told = state
            self._report(state)
