"""A part between two banks, each on a channel of its own, whose balance follows a hand. Pure: moments are handed in.

Another bank is chosen on a bar line, on the channel that is softer: while a hand goes slowly that one is silent, as the
bank that it leaves has faded out by then. The balance itself moves at any time, as notes begin on both channels.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from reverie.midi.bytes import CONTROL, EXPRESSION, LOUDEST
from reverie.play.events import BankChoice, ControlChange
from reverie.play.fader import Fader
from reverie.play.messages import BankTaken, BlendBanks, Part

GLIDE = 0.4
"""Seconds in which a balance goes from one bank to the other at the quickest."""
STEP = 0.03
"""Seconds between two steps of a balance: 33 a second are heard as one movement."""


Chosen = tuple[str, str]
"""A bank and its soundfont."""


class Blend:
    """The two channels of a part, counted from 0; ``playing`` is the one that it plays on, and ``what`` there."""

    def __init__(self, part: Part, channels: tuple[int, int], playing: int, what: Chosen | None) -> None:
        self._part = part
        self._channels = channels
        at = channels.index(playing)
        self._chosen: list[Chosen | None] = [None, None]
        self._chosen[at] = what
        self._balance = Fader(float(at))
        self._wanted: BlendBanks | None = None
        self._sent: dict[int, int] = {}
        self._due = float("inf")
        self.begun = False
        """Whether notes go to both channels."""

    @property
    def fonts(self) -> tuple[str, ...]:
        """The soundfonts that are chosen or wanted."""
        return tuple(font for font in (*self._fonts, *self.wanted) if font is not None)

    @property
    def wanted(self) -> Sequence[str]:
        """The soundfonts that are wanted, the louder one first."""
        return () if self._wanted is None else self._wanted.fonts

    @property
    def due(self) -> float:
        """The monotonic moment of the next step of the balance; infinity where it rests."""
        return self._due

    @property
    def channel(self) -> int:
        """The channel that is the louder one, or will be."""
        return self._channels[round(self._balance.target)]

    @property
    def plays(self) -> Chosen | None:
        """What that one plays; None where it is the sound that it has without banks."""
        return self._chosen[self._channels.index(self.channel)]

    def anew(self) -> Blend:
        """The same at a device that knows no banks and no channel but the part's own."""
        other = Blend(self._part, self._channels, self._channels[0], None)
        other._wanted = self._wanted
        return other

    def want(self, blend: BlendBanks | None, now: float) -> None:
        """Play these two banks from now on, at this balance; None: the louder one alone, to go on from there."""
        self._wanted = blend
        self._aim(now)

    def leave_out(self, font: str) -> str:
        """A soundfont that is wanted cannot be played: what is wanted is wanted without it. Returns its bank."""
        if self._wanted is None:
            return ""
        banks, fonts = self._wanted.banks, self._wanted.fonts
        out = fonts.index(font)
        self._wanted = replace(
            self._wanted, banks=banks[:out] + banks[out + 1 :], fonts=fonts[:out] + fonts[out + 1 :], share=0.0
        )
        return banks[out]

    def is_over(self, now: float) -> bool:
        """Whether nothing is wanted any more, and one channel is heard alone."""
        return self._wanted is None and (not self.begun or (self._balance.arrived(now) and self._rests_at_an_end()))

    def turn(self, now: float, is_loaded: Callable[[str], bool]) -> Iterator[ControlChange | BankChoice | BankTaken]:
        """What happens on a bar line: the softer channel is given a bank that is wanted and on neither of them yet."""
        missing = self._missing(is_loaded)
        if missing is not None:
            share = self._balance.share(now)
            free = [at for at in (0, 1) if self._fonts[at] not in self.wanted]
            softer = min(free, key=lambda at: share if at else 1 - share)
            self._chosen[softer], self.begun = missing, True
            yield from self.levels(now, anew=True)
            yield BankChoice(self._part, (self._channels[1 - softer], self._channels[softer]), missing[1])
            yield BankTaken(self._part.name, missing[0])
            self._aim(now)
        else:
            yield from self.levels(now, anew=True)

    def _missing(self, is_loaded: Callable[[str], bool]) -> Chosen | None:
        """What is wanted, loaded and not chosen yet; the nearer one first."""
        wanted = () if self._wanted is None else zip(self._wanted.banks, self._wanted.fonts, strict=True)
        return next((one for one in wanted if one[1] not in self._fonts and is_loaded(one[1])), None)

    @property
    def faded(self) -> tuple[int, ...]:
        """The channels that are not as loud as ever."""
        return self._channels if self.begun else ()

    def levels(self, now: float, *, anew: bool = False) -> Iterator[ControlChange]:
        """The expression of both channels, where it has changed, or ``anew``; their powers sum to one.

        Synthesizers play expression ``v`` at the amplitude ``(v / 127) ** 2``, so the power goes with its fourth power.
        """
        if not self.begun:
            return
        share = self._balance.share(now)
        self._due = float("inf") if self._balance.arrived(now) else now + STEP
        for channel, power in zip(self._channels, (1 - share, share), strict=True):
            level = round(LOUDEST * power**0.25)
            if anew or self._sent.get(channel) != level:
                self._sent[channel] = level
                yield ControlChange(self._part, bytes((CONTROL | channel, EXPRESSION, level)))

    def _aim(self, now: float) -> None:
        """Let the balance go where what is wanted and chosen has it."""
        chosen = [self._fonts.index(font) if font in self._fonts else None for font in self.wanted]
        first = chosen[0] if chosen else None
        second = chosen[1] if len(chosen) > 1 else None
        share = self._wanted.share if self._wanted is not None else 0.0
        if first is not None and second is not None:
            goal = abs(first - share)
        elif first is not None or second is not None:
            goal = float(first if first is not None else second or 0)
        else:
            goal = float(round(self._balance.target))
        present = self._balance.share(now)
        if goal != self._balance.target:
            self._balance.aim(goal, now, max(abs(goal - present) * GLIDE, STEP))
            self._due = now if self.begun else float("inf")

    @property
    def _fonts(self) -> list[str | None]:
        return [one and one[1] for one in self._chosen]

    def _rests_at_an_end(self) -> bool:
        return self._balance.target in {0.0, 1.0}
