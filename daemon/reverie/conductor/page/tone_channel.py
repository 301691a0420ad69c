"""On which channel of a slot a tone can be heard."""

from __future__ import annotations

from reverie.compose.ensemble import Ensemble
from reverie.music.general_midi import DRUM_CHANNEL


def tone_channel(music: Ensemble | None, slot: str) -> int:
    """A channel (1 to 16) on which what plays has a sound: of a voice with pitches, if there is one."""
    used = [part.channel for part in music.parts if part.slot == slot] if music else []
    return min(used, key=lambda channel: channel == DRUM_CHANNEL, default=1)
