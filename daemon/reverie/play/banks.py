"""Sample banks that parts take over: loaded where there is time, chosen on a bar line, let go when nobody has them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reverie.midi.bytes import CONTROL, EXPRESSION, LOUDEST, PROGRAM
from reverie.play.bank_blend import Blend
from reverie.play.bars import Bar
from reverie.play.events import BankChoice, Content, ControlChange
from reverie.play.messages import BankTaken, BlendBanks, Part, TakeBank
from reverie.play.slots import Slot

LOADING_TAKES = 0.06  # seconds until the next note that loading a bank may use up: its synthesizer is deaf meanwhile
STARVED = 3.0  # seconds after which it is done all the same
STEPS = 16  # of a fade, in each bar
OWN_FONT = "soundfont:"
"""What the names of banks begin with that are soundfonts of parts; their files follow."""

Laid = tuple[str, int, Content]
"""Slot, tick and what happens there."""


@dataclass(slots=True)
class _PartBanks:
    """What is known of a part: the bank that it is to have, and the one that it plays on which channel, from 0."""

    part: Part
    channel: int
    wanted: TakeBank | None = None
    since: float = 0.0
    asked: bool = False
    played: TakeBank | None = None
    busy_until: int = 0
    blend: Blend | None = None
    faded: set[int] = field(default_factory=set[int])
    """Channels among which it has faded: one of them may be silent still."""


class Banks:
    """The banks of one scene's parts after the other's. ``report`` is told what became of each that was wanted."""

    def __init__(self, slots: Mapping[str, Slot], report: Callable[[BankTaken], None]) -> None:
        self._slots = slots
        self._report = report
        self._epoch = -1
        self._voices: dict[str, _PartBanks] = {}
        self._early: dict[str, TakeBank | BlendBanks] = {}
        self._expected: tuple[tuple[str, str], ...] = ()
        """By slot, the fonts of parts of the scene that comes next."""
        self._fonts: dict[tuple[str, str], int] = {}
        """By slot and font, those that were asked for, and the tick after which none is chosen that nobody has."""

    def want(self, take: TakeBank | BlendBanks, now: float) -> None:
        """A part is to have another bank, or two; what is meant for the next scene waits for it."""
        if take.epoch > self._epoch:
            self._early[take.part] = take
        elif take.epoch == self._epoch and (voice := self._voices.get(take.part)) is not None:
            if isinstance(take, TakeBank):
                voice.since, voice.wanted, voice.asked = now, take, False
                if voice.blend is not None:
                    voice.blend.want(None, now)
            else:
                if not self._waits(voice):  # or a hand that moves on would never hear another bank in busy music
                    voice.since = now
                voice.blend = voice.blend or _blend(voice, take.other_channel - 1)
                voice.blend.want(take, now)
                voice.wanted = voice.played = None

    def begin_scene(self, epoch: int, parts: Iterable[Part], tick: int, now: float) -> list[Laid]:
        """Another scene begins at ``tick``; what happens there so that its parts have the channels that they name.

        What was wanted for it beforehand is wanted from now on.
        """
        back: list[Laid] = []
        for voice in self._voices.values():
            self._leave(voice, tick)
            back += _return(voice, tick)
        self._epoch, early, self._early = epoch, self._early, {}
        self._voices = {part.name: _PartBanks(part, part.channel - 1) for part in parts}
        self._expected = ()
        for take in ({part.name: _own_font(epoch, part) for part in parts if part.font} | early).values():
            self.want(take, now)
        return back

    def expect(self, parts: Iterable[Part]) -> None:
        """A scene with these parts is put up: their own soundfonts are loaded before it begins, if there is time."""
        self._expected = tuple({(part.slot, part.font) for part in parts if part.font})

    def begin_anew(self, slot: str) -> None:
        """The device of a slot, or the one that stands in for it, knows no banks, and no channels but a part's own."""
        self._fonts = {key: until for key, until in self._fonts.items() if key[0] != slot}
        for voice in self._voices.values():
            if voice.part.slot == slot:
                voice.wanted, voice.played, voice.asked = voice.wanted or voice.played, None, False
                voice.channel, voice.busy_until, voice.faded = voice.part.channel - 1, 0, set()
                if voice.blend is not None and voice.blend.wanted:
                    voice.wanted, voice.blend = None, voice.blend.anew()
                else:
                    voice.blend = None

    def tend(self, now: float, slack: float, tick: int) -> None:
        """Load what is wanted, if nothing is due for ``slack`` seconds; let go what is old at ``tick``."""
        if slack >= LOADING_TAKES and self._load_expected(tick):
            slack = 0.0
        for voice in self._voices.values():
            heard = self._heard(voice)
            if voice.blend is not None and heard is not None and self._load_blended(voice, heard, slack, now, tick):
                slack = 0.0
            if voice.wanted is None or heard is None or not voice.wanted.font:
                continue
            if not heard.takes_banks and heard is not self._slots[voice.part.slot]:
                continue  # it only stands in
            if not voice.asked and (slack >= LOADING_TAKES or now - voice.since > STARVED):
                voice.asked = True
                self._fonts[heard.name, voice.wanted.font] = tick
                heard.load(voice.wanted.font)
                slack = 0.0
            elif voice.asked and heard.loaded(voice.wanted.font) is False:  # before it is asked, an older refusal
                self._report(BankTaken(voice.part.name, voice.wanted.bank, refused=True))
                voice.wanted = None
        self._let_go(tick)

    def _load_expected(self, tick: int) -> bool:
        """Load one of those that are expected and not asked for yet."""
        for name, font in self._expected:
            slot = self._slots.get(name)
            heard = slot.heard if slot is not None else None
            if heard is not None and heard.takes_banks and (heard.name, font) not in self._fonts:
                self._fonts[heard.name, font] = tick
                heard.load(font)
                return True
        return False

    def _waits(self, voice: _PartBanks) -> bool:
        """Whether one of the two banks between which a part is to play was not asked for yet."""
        heard = self._heard(voice)
        return voice.blend is not None and any(
            heard is None or (heard.name, font) not in self._fonts for font in voice.blend.wanted
        )

    def _load_blended(self, voice: _PartBanks, heard: Slot, slack: float, now: float, tick: int) -> bool:
        """Load one of the two banks between which a part is to play, the nearer one first; whether that was done."""
        if voice.blend is None or not heard.takes_banks:
            return False
        for font in voice.blend.wanted:
            if heard.loaded(font) is False and (heard.name, font) in self._fonts:
                bank = voice.blend.leave_out(font)
                self._report(BankTaken(voice.part.name, bank, refused=True))
            elif (heard.name, font) not in self._fonts and (slack >= LOADING_TAKES or now - voice.since > STARVED):
                self._fonts[heard.name, font] = tick
                heard.load(font)
                return True
        return False

    @property
    def due(self) -> float:
        """The monotonic moment at which a balance between two banks takes its next step."""
        return min((voice.blend.due for voice in self._voices.values() if voice.blend), default=float("inf"))

    def levels(self, now: float) -> Iterator[tuple[str, Content]]:
        """The steps of balances that are due now, with their slots."""
        for voice in self._voices.values():
            if voice.blend is not None and now >= voice.blend.due:
                yield from ((voice.part.slot, level) for level in voice.blend.levels(now))

    def _turn_blend(self, voice: _PartBanks, blend: Blend, bar: Bar, now: float) -> Generator[Laid, None, bool]:
        """What happens on the line with a part between two banks; True if that is over: the louder one goes on."""
        heard = self._heard(voice)
        if heard is None or bar.tick < voice.busy_until:
            return False
        for what in blend.turn(now, lambda font: bool(heard.loaded(font))):
            if isinstance(what, BankTaken):
                self._report(what)
            else:
                yield voice.part.slot, bar.tick, what
        voice.faded |= set(blend.faded)
        for font in blend.fonts:
            if (heard.name, font) in self._fonts:
                self._fonts[heard.name, font] = bar.tick
        if not blend.is_over(now):
            return False
        voice.blend, voice.channel = None, blend.channel
        voice.played = blend.plays and TakeBank(self._epoch, voice.part.name, *blend.plays)
        if blend.begun:
            yield voice.part.slot, bar.tick, BankChoice(voice.part, (blend.channel,))
        return True

    def turn(self, bar: Bar, now: float) -> Iterator[Laid]:
        """What happens on the line where ``bar`` begins, and after it: parts go over to what is loaded."""
        for voice in self._voices.values():
            if voice.blend is not None and not (yield from self._turn_blend(voice, voice.blend, bar, now)):
                continue
            heard, take = self._heard(voice), voice.wanted
            if take is None or heard is None or bar.tick < voice.busy_until or not self._is_there(take, heard):
                continue
            before, over = voice.channel, bar.tick + take.fade_bars * bar.ticks
            own = voice.part.channel - 1
            if take.other_channel is not None:
                voice.channel = take.other_channel - 1 if before == own else own
                voice.busy_until = over
            self._leave(voice, over)
            voice.played, voice.wanted = take, None
            if take.program is not None and not take.font:
                yield (
                    voice.part.slot,
                    bar.tick,
                    ControlChange(voice.part, bytes((PROGRAM | voice.channel, take.program))),
                )
            if voice.channel == before:
                yield voice.part.slot, bar.tick, BankChoice(voice.part, (before,), take.font or None, take.program)
            else:
                yield (
                    voice.part.slot,
                    bar.tick,
                    BankChoice(voice.part, (before, voice.channel), take.font or None, take.program),
                )
                voice.faded |= {before, voice.channel}
                yield from _fade(voice.part, before, voice.channel, bar.tick, over, take.fade_bars * STEPS)
                yield voice.part.slot, over, BankChoice(voice.part, (voice.channel,))
            self._report(BankTaken(voice.part.name, take.bank))

    def _leave(self, voice: _PartBanks, tick: int) -> None:
        """What a part has played is not chosen any more from ``tick`` on."""
        heard = self._heard(voice)
        if voice.played is not None and voice.played.font and heard is not None:
            self._fonts[heard.name, voice.played.font] = tick

    def _is_there(self, take: TakeBank, heard: Slot) -> bool:
        """Whether a bank can be chosen; a program is the device's own, and means nothing to one that stands in."""
        return (
            bool(heard.loaded(take.font)) if take.font else heard is self._slots.get(self._voices[take.part].part.slot)
        )

    def _heard(self, voice: _PartBanks) -> Slot | None:
        slot = self._slots.get(voice.part.slot)
        return slot.heard if slot is not None else None

    def _let_go(self, tick: int) -> None:
        """Unload what no voice has or wants any more, once it is loaded and nobody chooses it after ``tick``."""
        used = {
            (heard.name, take.font)
            for voice in self._voices.values()
            if (heard := self._heard(voice)) is not None
            for take in (voice.played, voice.wanted)
            if take is not None
        }
        used |= {
            (heard.name, font)
            for voice in self._voices.values()
            if voice.blend is not None and (heard := self._heard(voice)) is not None
            for font in voice.blend.fonts
        }
        expected = {font for _, font in self._expected}
        for (name, font), until in list(self._fonts.items()):
            slot = self._slots[name]
            if (name, font) in used or font in expected or until >= tick or (slot.up and slot.loaded(font) is None):
                continue
            if slot.loaded(font):
                slot.unload(font)
            del self._fonts[name, font]


def _blend(voice: _PartBanks, other: int) -> Blend:
    """A part as it is, to go on between two banks on its own channel and another."""
    what = (voice.played.bank, voice.played.font) if voice.played is not None and voice.played.font else None
    return Blend(voice.part, (voice.part.channel - 1, other), voice.channel, what)


def _own_font(epoch: int, part: Part) -> TakeBank:
    """What a part takes that has a soundfont of its own."""
    return TakeBank(epoch, part.name, f"{OWN_FONT}{part.font}", part.font, program=part.program or 0)


def _return(voice: _PartBanks, tick: int) -> Iterator[Laid]:
    """All channels as loud as ever among which a part has faded."""
    for channel in sorted(voice.faded):
        message = bytes((CONTROL | channel, EXPRESSION, LOUDEST))
        yield voice.part.slot, tick, ControlChange(voice.part, message)


def _fade(part: Part, out: int, into: int, begin: int, end: int, steps: int) -> Iterator[Laid]:
    """One channel becomes silent while the other comes; their powers sum to one, as far as controllers have values.

    Synthesizers play expression ``v`` at the amplitude ``(v / 127) ** 2`` (MIDI Manufacturers Association, General MIDI
    level 2), so that the power goes with the fourth power of the controller.
    """
    for step in range(steps + 1):
        share = step / max(steps, 1)
        at = begin + round((end - begin) * share)
        for channel, power in ((into, share), (out, 1 - share)):
            yield (
                part.slot,
                at,
                ControlChange(part, bytes((CONTROL | channel, EXPRESSION, round(LOUDEST * power**0.25)))),
            )
