"""Which slots can fall silent, and what sounds in their place.

The thought is liquidsoap's (https://www.liquidsound.info/doc-2.2.5/sources.html): whatever sounds is *fallible* or
*infallible*, this is known before anything is played, and what is fallible needs something behind it that is not. Here
infallible is what a device that is unplugged, a network that is away, or a person cannot silence. Silence that is
written, ``absent: mute``, is declared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reverie.site.slot_sections import AUTO, MUTE, SYNTH, FluidSynthSlot, Slot

MOST_IN_TURN = 4
"""Slots that sound for one another, one after the other, at most: as many as the player tries."""
BUILT_IN = "the built-in FluidSynth"
_WHY = {
    "browser": "it is heard only while somebody listens in a browser",
    "din": "its cable or device can be unplugged or switched off, and nobody is told",
    "osc": "nobody is told whether anything listens there",
    "port": "its device can be unplugged or switched off",
    "rtp": "the network, or who listens at its other end, can be away",
    "virtual": "whoever plays what comes out of it may not be connected",
}


@dataclass(frozen=True, slots=True)
class SlotLink:
    """A slot of a chain; ``why`` it may sound nowhere, empty for one that is infallible."""

    name: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class SlotChain:
    """A slot, and those that sound one after the other while the one before is away.

    ``muted`` says that the silence at the chain's end is declared.
    """

    links: tuple[SlotLink, ...]
    muted: bool = False

    @property
    def infallible(self) -> bool:
        """Whether one of them cannot fall silent."""
        return not all(link.why for link in self.links)

    @property
    def text(self) -> str:
        """The chain for people."""
        first, *others = (link.name for link in self.links)
        shown = [f"slot {first}", *(f"redirect {name}" for name in others)]
        return " -> ".join([*shown, "silence, as declared"] if self.muted and not self.infallible else shown)

    @property
    def why(self) -> str:
        """Why it is fallible, in a sentence's part; empty if it is not."""
        return "" if self.infallible else "; ".join(f"slot {link.name}: {link.why}" for link in self.links)


def slot_chain(name: str, slots: Mapping[str, Slot]) -> SlotChain:
    """What sounds for a slot of a site; one that the site does not have sounds nowhere."""
    links, muted = list[SlotLink](), False
    for link, last in _in_turn(name, slots):
        links.append(link)
        muted = last
    return SlotChain(tuple(links), muted)


def _in_turn(name: str, slots: Mapping[str, Slot]) -> Iterator[tuple[SlotLink, bool]]:
    """The links, each with whether silence after it is declared."""
    seen = set[str]()
    while len(seen) < MOST_IN_TURN and name not in seen:
        slot = slots.get(name)
        if slot is None:
            yield SlotLink(BUILT_IN) if name == SYNTH else SlotLink(name, "the site has no such slot"), False
            return
        seen.add(name)
        link = SlotLink(name, why_fallible(slot))
        yield link, slot.absent == MUTE and "absent" in slot.model_fields_set
        if slot.absent == MUTE or not link.why:
            return
        name = slot.absent


def why_fallible(slot: Slot) -> str:
    """Why a slot by itself may sound nowhere; empty if it cannot but sound.

    FluidSynth is a program of this machine that is started again whenever it ends: only a soundfont of its own that is
    not there keeps it silent.
    """
    if not isinstance(slot, FluidSynthSlot):
        return _WHY[slot.kind]
    if slot.soundfont == AUTO or Path(slot.soundfont).is_file():
        return ""
    return f"its soundfont {slot.soundfont} is not there"
