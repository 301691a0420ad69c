"""Programs of moods: which voices can have one while a mood rules, so that each finds its own again after it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reverie.documents import Keys
from reverie.music.general_midi import DRUM_CHANNEL, KITS
from reverie.scenes.fields import OutputSection
from reverie.scenes.moods import MoodSection
from reverie.scenes.timbre import VoiceTimbre


@dataclass(frozen=True, slots=True)
class VoiceSound:
    """By what a voice sounds: where its notes go, the bank that it plays, and whether it is drums."""

    output: OutputSection
    timbre: VoiceTimbre | None
    drums: bool


def program_misfits(moods: Mapping[str, MoodSection], voices: Mapping[str, VoiceSound]) -> Iterator[tuple[Keys, str]]:
    """A voice has a program to come back to, and a channel has one program at a time; drums have a kit."""
    for mood_name, mood in moods.items():
        first: dict[tuple[str, int], tuple[str, int]] = {}
        for name, wish in mood.voices.items():
            voice = voices.get(name)
            if voice is None or wish.program is None:
                continue
            way: Keys = ("moods", mood_name, "voices", name, "program")
            if (sentence := _misfit(name, voice, wish.program)) is not None:
                yield way, sentence
                continue
            output = voice.output
            other, program = first.setdefault((output.slot, output.channel), (name, wish.program))
            if program != wish.program:
                sentence = f"{other!r} already has program {program} on channel {output.channel} of {output.slot!r}"
                yield way, f"{sentence} in this mood; one channel can have one program"


def _misfit(name: str, voice: VoiceSound, program: int) -> str | None:
    if voice.timbre is not None:
        return f"{name!r} plays the bank of its timbre {voice.timbre.bank!r}, whose program is not the mood's to choose"
    if voice.output.program is None:
        sentence = f"{name!r} has no program to come back to after the mood; write one in its output, such as"
        return f"{sentence} 'program: {0 if _on_kit(voice) else 'cello'}'"
    if _on_kit(voice) and program not in {*KITS, voice.output.program}:
        kits = ", ".join(f"{number} ({kit})" for number, kit in KITS.items())
        return f"program {program} is no drum kit of General MIDI 2; there are {kits}"
    return None


def _on_kit(voice: VoiceSound) -> bool:
    return voice.drums and voice.output.channel == DRUM_CHANNEL
