"""The banks of a scene's voices: each is there, fits the voice's kind, and changes the sound of no other voice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reverie.documents import Keys, did_you_mean
from reverie.music.drums import stand_ins
from reverie.scenes.mood_programs import VoiceSound
from reverie.scenes.timbre import Timbre


def bank_misfits(voices: Mapping[str, VoiceSound], timbres: Mapping[str, Timbre]) -> Iterator[tuple[Keys, str]]:
    """What is wrong with the banks of voices, and with the channels to which they come."""
    plain = [name for name, voice in voices.items() if voice.timbre is None]
    timbred = [name for name, voice in voices.items() if voice.timbre is not None]
    claims: dict[tuple[str, int], tuple[str, str]] = {}
    for name in (*plain, *timbred):
        output, timbre = voices[name].output, voices[name].timbre
        first, _ = claims.setdefault((output.slot, output.channel), (name, "output"))
        if timbre is None:
            continue
        if output.soundfont is not None:
            yield ("voices", name, "output", "soundfont"), "its timbre is its soundfont; leave one of them out"
        if first != name:
            yield ("voices", name, "output", "channel"), _taken(first, output.channel, output.slot)
        yield from _unfit(name, voices[name], timbre.bank, timbres)
        if timbre.channel is not None:
            claim = (name, "timbre")
            other = claims.setdefault((output.slot, timbre.channel), claim)
            if other != claim:
                yield ("voices", name, "timbre", "channel"), _taken(other[0], timbre.channel, output.slot)


def drum_map(voice: VoiceSound, timbres: Mapping[str, Timbre]) -> Mapping[int, int]:
    """What a voice's drums are played as: as its output says, and else what a kit has in place of those it lacks."""
    kit = timbres[voice.timbre.bank].drums if voice.timbre and voice.drums else ()
    return {**stand_ins(kit), **voice.output.drum_map} if kit else voice.output.drum_map


def _unfit(name: str, voice: VoiceSound, bank: str, timbres: Mapping[str, Timbre]) -> Iterator[tuple[Keys, str]]:
    way: Keys = ("voices", name, "timbre", "bank")
    if not timbres:
        yield way, "the scene has no timbres; describe one under 'timbres'"
    elif bank not in timbres:
        yield way, f"there is no timbre {bank!r}{did_you_mean(bank, timbres)}"
    elif voice.drums and not timbres[bank].drums:
        sentence = f"drums play kits, and {bank!r} is none; give it sources such as"
        yield way, f"{sentence} {{kit: {{kick: FILE, snare: FILE, hat: FILE}}}}"
    elif timbres[bank].drums and not voice.drums:
        yield way, f"{bank!r} is a kit of drums, for voices of kind 'drums'; name a timbre that has pitches"
    elif timbres[bank].drums:
        for key in voice.output.drum_map.values():
            if key not in timbres[bank].drums:
                keys = ", ".join(map(str, timbres[bank].drums))
                sentence = f"the kit {bank!r} has no drum at {key}, only at {keys}; leave the drum_map out"
                yield ("voices", name, "output", "drum_map"), sentence
                return


def _taken(voice: str, channel: int, slot: str) -> str:
    sentence = f"{voice!r} already plays on channel {channel} of {slot!r}"
    return f"{sentence}; a voice with a timbre needs its channels for itself"
