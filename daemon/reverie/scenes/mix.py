"""The mix of a scene, as far as it is one for all voices; what a voice has of its own stands in its output."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal, Protocol

from pydantic import Field

from reverie.documents import Keys, Section
from reverie.scenes.voice_font import VoiceFont

MIXED = ("level", "pan", "reverb", "chorus")
"""The keys of an output that are a channel's, and not a note's."""
OF_CHANNEL = (*MIXED, "soundfont")
"""The same, with that which chooses its sound."""
USUAL_BALANCE = 0.5
SOFTEST_TRIM, LOUDEST_TRIM = -24.0, 12.0


class MixSection(Section):
    """How all voices are mixed: by their roles or only as they say, how much they give way, and how loud it all is."""

    by: Literal["roles", "voices"] = Field(
        default="voices",
        description=(
            "What holds where a voice says nothing: 'roles', what suits its kind (level, place, reverb, chorus); "
            "'voices', nothing."
        ),
    )
    balance: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description=(
            "How much all give way where many sound, and come forward where few do, 0 to 1; absent: 0.5 by roles, "
            "else 0."
        ),
    )
    trim: float = Field(
        default=0.0,
        ge=SOFTEST_TRIM,
        le=LOUDEST_TRIM,
        description="Decibels that are added to every level, so that scenes are equally loud (`reverie loudness`).",
    )

    @property
    def balanced(self) -> float:
        """How much voices give way."""
        if self.balance is not None:
            return self.balance
        return USUAL_BALANCE if self.by == "roles" else 0.0


def mix_itself(mix: MixSection) -> MixSection:
    """What a scene says of its mix is read as it is."""
    return mix


class _Output(Protocol):
    slot: str
    channel: int


def mix_misfits(outputs: Mapping[str, _Output]) -> Iterator[tuple[Keys, str]]:
    """Voices that share a channel share its mix."""
    said: dict[tuple[str, int, str], tuple[str, Any]] = {}
    for name, output in outputs.items():
        for key in OF_CHANNEL:
            if (value := getattr(output, key)) is None:
                continue
            first, before = said.setdefault((output.slot, output.channel, key), (name, value))
            if before != value:
                shown = before.written if isinstance(before, VoiceFont) else f"{before:g}"
                sentence = f"{first!r} already has {key} {shown} on channel {output.channel} of {output.slot!r}"
                yield ("voices", name, "output", key), f"{sentence}; one channel can have one {key}"
