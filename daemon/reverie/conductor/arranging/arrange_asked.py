"""Which models play what people ask of a voice at the page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reverie.compose.operators.asked import BLENDED, SEEDED
from reverie.models.library.index import ModelFile
from reverie.music.time import Metre
from reverie.scenes.schema import Voice
from reverie.scenes.voice_models import another_metre

_SHIPPED = {SEEDED: "drum_kit", BLENDED: "melody_2bar"}


def asked_players(
    voice: Voice, own: ModelFile | None, models: Mapping[str, ModelFile], metre: Metre
) -> dict[str, tuple[str, str]]:
    """By operator the name and hash of the model that plays it: the voice's own if it can, else the shipped one.

    Where the voice's own model has no latent space, a guest with one mixes its tunes; where it has nothing but that, a
    guest goes on from strokes.
    """
    found: dict[str, tuple[str, str]] = {}
    for operator in _operators(voice):
        shipped = models.get(_SHIPPED[operator])
        able = [one for one in (own, shipped, *models.values()) if one and _can(one, operator, voice.kind, metre)]
        if able:
            found[operator] = able[0].name, able[0].sha256
    return found


def _operators(voice: Voice) -> Iterator[str]:
    if voice.model and voice.traits.drums:
        yield SEEDED
    if voice.model and voice.traits.pitched and voice.traits.monophonic and not voice.traits.harmonic:
        yield BLENDED


def _can(model: ModelFile, operator: str, kind: str, metre: Metre) -> bool:
    if kind not in model.kinds or model.parts or another_metre(model.name, model.metre, metre):
        return False
    return model.latent and model.hears if operator == BLENDED else not model.latent
