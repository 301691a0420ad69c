"""Whether what is played can be heard: FluidSynth takes every note, and says nothing of those that have no sound.

A channel is judged once notes were struck on it: its preset is one that FluidSynth lists, and its notes begin voices,
which FluidSynth counts. What is not known here: whether the samples are silent themselves, and whether the sound card
or what stands behind it is turned down.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from reverie.play.outputs.fluidsynth.answers import Preset
from reverie.play.outputs.fluidsynth.complaints import Substitute
from reverie.play.outputs.output import Trouble

SILENT_NOTES = 4
"""Notes one after the other without a voice after which a channel counts as silent: single keys may have no sound."""
SILENT_SECONDS = 10.0
"""The same for fewer notes, where they come slowly."""
PLAYED_FOR = 600.0
"""Seconds for which a channel counts as played after its last note."""
_MOST_PROBES = 16
_DRUM_BANK = 128
_CHOOSE = "choose another program for it, or another `soundfont`"


@dataclass(slots=True)
class _ChannelHeard:
    """Since its sound was chosen: whether a voice was heard, and since when and how often none was."""

    struck: float
    proven: bool = False
    silent: int = 0
    since: float = 0.0


class Hearing:
    """What is known of the channels of one life of FluidSynth, counted from 0."""

    def __init__(self) -> None:
        self._channels: dict[int, _ChannelHeard] = {}
        self._probes: deque[tuple[int, float | None]] = deque()
        self.presets: Mapping[int, Preset | None] = {}
        """What FluidSynth says that each channel plays."""
        self._unsaid: set[int] = set()
        """Channels whose sound was chosen since then."""
        self.polyphony = 256.0
        self.damaged = False
        """Whether the soundfont lacks samples, so that each note has to be looked after."""

    def strike(self, channel: int, now: float) -> bool:
        """A note begins; whether voices are to be counted before and after it."""
        state = self._channels.setdefault(channel, _ChannelHeard(now))
        state.struck = now
        probes = (self.damaged or not state.proven) and len(self._probes) < _MOST_PROBES
        if probes:
            self._probes.append((channel, None))
        return probes

    def chosen(self, channel: int) -> None:
        """The channel may have another sound from now on: which one is not known before FluidSynth says it."""
        self._unsaid.add(channel)
        if (state := self._channels.get(channel)) is not None:
            self._channels[channel] = _ChannelHeard(state.struck)

    def says(self, presets: Mapping[int, Preset | None]) -> None:
        """FluidSynth says what each channel plays."""
        self.presets = presets
        self._unsaid.clear()

    def counted(self, voices: float, now: float) -> None:
        """FluidSynth has counted: before a note, or after it."""
        if not self._probes:
            return
        channel, before = self._probes[0]
        if before is None:
            self._probes[0] = channel, voices
            return
        self._probes.popleft()
        state = self._channels[channel]
        if voices > before:
            state.proven, state.silent = True, 0
        elif before < self.polyphony:  # else the note took the voice of another
            state.silent += 1
            state.since = now if state.silent == 1 else state.since

    def trouble(
        self, font: str, substitutes: Mapping[int, Substitute], banks: Mapping[int, int], now: float
    ) -> Trouble | None:
        """What is wrong with the channels that are played.

        ``font`` is the soundfont's name, ``substitutes`` what plays in place of programs that it lacks, ``banks`` the
        numbers of the soundfonts that channels were given besides.
        """
        played = [channel for channel, state in sorted(self._channels.items()) if now - state.struck < PLAYED_FOR]
        bare = [channel for channel in played if self.presets.get(channel, ...) is None]
        mute = [channel for channel in played if channel not in bare and self._is_silent(channel, now)]
        sentences = [f"{_named(bare)} silent: {font} has no sound for {_it(bare)}"] if bare else []
        if mute:
            sentences.append(f"{_named(mute)} silent: the notes that are played there have no samples in the soundfont")
        if bare or mute:
            return Trouble(
                f"FluidSynth plays, but {'; '.join(sentences)}",
                f"put a whole copy of the soundfont in its place, or {_CHOOSE}" if mute else _CHOOSE,
                "all" if len(bare) + len(mute) == len(played) else "part",
            )
        wrong = list(self._wrong(played, font, substitutes, banks))
        return Trouble(f"FluidSynth plays, but {'; '.join(wrong)}", _CHOOSE) if wrong else None

    def _is_silent(self, channel: int, now: float) -> bool:
        state = self._channels[channel]
        return state.silent >= SILENT_NOTES or (state.silent > 0 and now - state.since >= SILENT_SECONDS)

    def _wrong(
        self, played: Iterable[int], font: str, substitutes: Mapping[int, Substitute], banks: Mapping[int, int]
    ) -> Iterable[str]:
        """A sentence for each channel that has another sound than it was to have."""
        for channel in played:
            preset, substitute = self.presets.get(channel), substitutes.get(channel)
            if preset is None:
                continue
            if channel in banks:
                if preset.font != banks[channel] and channel not in self._unsaid:
                    yield f"channel {channel + 1} does not play the bank that it was given"
            elif substitute is not None and (preset.bank, preset.program) == (substitute.bank, substitute.program):
                kit = " of its drums" if substitute.for_bank == _DRUM_BANK else ""
                bank = f" of bank {substitute.for_bank}" if substitute.for_bank not in (0, _DRUM_BANK) else kit
                yield (
                    f"channel {channel + 1} sounds as {preset.name!r}: {font} has no program "
                    f"{substitute.for_program}{bank}"
                )


def _named(channels: Collection[int]) -> str:
    *others, last = [str(channel + 1) for channel in channels]
    return f"channels {', '.join(others)} and {last} are" if others else f"channel {last} is"


def _it(channels: Collection[int]) -> str:
    return "it" if len(channels) == 1 else "them"
