"""What a scene asks for and a machine does not have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from reverie.midi.din_wire import overload
from reverie.models.library.index import ModelFile
from reverie.music.time import TICKS_PER_QUARTER, Metre
from reverie.play.messages import SELF
from reverie.scenes.schema import Scene, Voice
from reverie.scenes.voice_models import another_metre, guest_lacks

SYNTH, BROWSER = "fluidsynth", "browser"
"""The kinds of slot that play soundfonts."""


def unmet(
    scene: Scene, bundles: Mapping[str, ModelFile], slots: Mapping[str, Any], leaders: Collection[str] = ()
) -> list[str]:
    """What the scene asks for and this machine does not have, a sentence each; the scene plays all the same."""
    sentences = list(_crowded(scene, slots))
    if scene.lead not in {SELF, *leaders}:
        sentences.append(
            f"{scene.name}: its leader is {scene.lead!r}, which is not in the site's `sync`; it leads itself"
        )
    for name, voice in scene.voices.items():
        where = f"{scene.name}: the voice {name}"
        sentences += [f"{where}{sentence}" for sentence in _without_models(voice, bundles, scene.metre)]
        sentences += [f"{where} {sentence}" for sentence in _without_slot(voice, slots)]
    return sentences


def _without_models(voice: Voice, bundles: Mapping[str, ModelFile], metre: Metre) -> Iterator[str]:
    """What the voice's own model cannot do, and those that play some operators for it."""
    if voice.model is None:
        pass  # it needs none
    elif voice.model not in bundles:
        yield f" names the model {voice.model!r}, which is not there; it plays loops of old"
    elif voice.kind not in bundles[voice.model].kinds:
        yield f" is of a kind that {voice.model!r} cannot compose; it plays loops of old"
    elif sentence := another_metre(voice.model, bundles[voice.model].metre, metre):
        yield f": {sentence}; it plays loops of old"
    for operator, model in voice.guests.items():
        if sentence := guest_lacks(operator, model, bundles, metre):
            yield f": {sentence}; in place of {operator!r} its loop is held"


def _without_slot(voice: Voice, slots: Mapping[str, Any]) -> Iterator[str]:
    output = voice.output
    if output.soundfont and slots.get(output.slot, {}).get("kind", SYNTH) not in {SYNTH, BROWSER}:
        yield f"names a soundfont, which only slots of kind {SYNTH!r} play; it has its slot's sounds"
    if output.slot not in slots:
        yield f"names the slot {output.slot!r}, which is not there; only the tape has it"


def _crowded(scene: Scene, slots: Mapping[str, Any]) -> Iterator[str]:
    """DIN cables that the scene asks more of than they carry."""
    fastest = scene.tempo.qpm + scene.tempo.drift_qpm
    bar_seconds = scene.metre.bar_ticks / TICKS_PER_QUARTER * 60 / fastest
    for name, slot in slots.items():
        if slot["kind"] == "din" or slot.get("din"):
            notes = [voice.most for voice in scene.voices.values() if voice.output.slot == name]
            if sentence := overload(name, notes, bar_seconds, fastest if slot.get("clock") else 0.0):
                yield f"{scene.name}: {sentence}"
