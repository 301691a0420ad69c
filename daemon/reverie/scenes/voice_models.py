"""What a scene asks of its models that only those can answer who know them: kinds, metres, operators of others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, TypeVar, cast

from pydantic import JsonValue, ValidationInfo

from reverie.documents import Facts, Keys, did_you_mean
from reverie.documents.sections import refuse
from reverie.models.configs import CONFIGS
from reverie.models.library.catalogue import catalogue
from reverie.models.library.index import ModelFile
from reverie.music.time import Metre
from reverie.music.voice_kinds import VOICE_KINDS
from reverie.scenes.fields import known

Voices = TypeVar("Voices", bound=Mapping[str, Any])

_GET_ONE = "`reverie models pull` gets one, or train one"
LATENT = frozenset({"interpolate", "walk"})
"""Operators that need a latent space."""


def fitting_model(name: str, info: ValidationInfo) -> str:
    """A model that exists, and can be this kind of voice, where the caller knows which kinds each can be.

    Raises:
        ValueError: if it is another one; it says what that is for, and which can be it.
    """
    models, kind = Facts.get(info, "models"), info.data.get("kind")
    if models is not None and name not in models and (sentence := _published(name)):
        raise ValueError(sentence)
    if kind is None or not isinstance(models, Mapping):
        return known("model", name, info)
    kinds_of = cast("Mapping[str, Collection[str]]", models)
    if kind in kinds_of.get(name, ()):
        return name
    if VOICE_KINDS[kind].harmonic:
        raise ValueError(f"no model composes a voice of kind {kind!r}; leave it out")
    fit = [model for model, kinds in kinds_of.items() if kind in kinds]
    advice = f"these can: {', '.join(fit)}" if fit else f"no model that is here can; {_GET_ONE}"
    if name in kinds_of or name in (Facts.get(info, "timbre models") or ()):
        raise ValueError(f"the model {name!r} {_purpose(name, info)} be a voice of kind {kind!r}; {advice}")
    near = did_you_mean(name, fit) if fit else ""
    raise ValueError(f"there is no model {name!r}{near or f'; {advice}'}")


def _published(name: str) -> str:
    """How to get a model that is published; nothing if it is not."""
    published = catalogue().get(name)
    if published is None or published.config is None:
        return ""
    return f"there is no model {name!r} here; Magenta published it, and `reverie models pull {name}` fetches it"


def _purpose(name: str, info: ValidationInfo) -> str:
    """What a model is for that is no voice of some kind, up to 'cannot'."""
    files = cast("Mapping[str, ModelFile]", Facts.get(info, "files") or {})
    if name in files and files[name].operators:
        operators = " and ".join(map(repr, files[name].operators))
        return f"plays {operators} for voices of other models, as `evolve` may say, and cannot"
    if name in (Facts.get(info, "timbre models") or ()):
        return "renders the sounds of `timbres`, and cannot"
    kinds = files[name].kinds if name in files else ()
    return f"composes {', '.join(kinds)}, and cannot" if kinds else "cannot"


def models_of(kind: str, *shipped: str) -> dict[str, JsonValue]:
    """What editors offer for a voice of a kind: models named like the configurations that can be one, shipped first.

    A model may have any name, so others are not refused here, except those that are named like a configuration that
    can only be a voice of another kind. A check, which knows the installed models, has the last word.
    """
    fit = [name for name, config in CONFIGS.items() if kind in config.kinds and name not in shipped]
    others = [name for name, config in CONFIGS.items() if config.kinds and kind not in config.kinds]
    return {"examples": [*shipped, *fit], "not": {"enum": [*others]}}


def another_metre(model: str, knows: str, metre: Metre) -> str | None:
    """A sentence, where a model knows another metre and no other than that of its scene.

    Args:
        model: its name.
        knows: the only metre that it knows; empty where it has learned any.
        metre: the scene's.
    """
    if not knows or Metre.parse(knows).bar_steps == metre.bar_steps:
        return None
    return f"the model {model!r} knows bars of {knows} alone, and the scene has {metre}; give the voice another model"


def guest_lacks(operator: str, model: str, files: Mapping[str, ModelFile], metre: Metre) -> str | None:
    """Why a model does not play an operator for a voice, in a sentence; None where it does."""
    guest = files.get(model)
    if guest is None:
        able = [one.name for one in files.values() if operator in one.operators]
        return f"the model {model!r} of {operator!r} is not there{did_you_mean(model, able)}"
    if operator not in guest.operators:
        return f"the model {model!r} of {operator!r} cannot play it"
    sentence = another_metre(model, guest.metre, metre)
    return sentence and sentence.rpartition(";")[0]


def _instead(operator: str, files: Mapping[str, ModelFile], metre: Metre) -> str:
    able = [
        one.name
        for one in files.values()
        if operator in one.operators and not another_metre(one.name, one.metre, metre)
    ]
    return f"these can: {', '.join(able)}" if able else f"no model that is here can, so leave {operator!r} out"


def needed_models(voices: Mapping[str, Any]) -> list[str]:
    """The names of all models that play for these voices, sorted."""
    own = {voice.model for voice in voices.values() if voice.model}
    return sorted(own | {model for voice in voices.values() for model in voice.guests.values()})


def with_able_models(voices: Voices, info: ValidationInfo) -> Voices:
    """Refuse models that know another metre than the scene's, or cannot play an operator, where they are known."""
    files, metre = cast("Mapping[str, ModelFile] | None", Facts.get(info, "files")), info.data.get("metre")
    if files and metre:
        refuse("voices", _misfits(voices, files, metre))
    return voices


def _of_parts(voice: Any, model: ModelFile) -> Iterator[tuple[Keys, str]]:
    """What a voice says of music that is to be heard, whose model plays several voices: it would have to hear all."""
    every = f"{', '.join(model.parts[:-1])} and {model.parts[-1]}"
    sentence = f"the model {model.name!r} plays {every} together, and hears nothing of one of them alone; leave it out"
    if voice.primer.steps:
        yield ("primer",), sentence
    if "walk" in voice.evolve.operators and voice.evolve.walk.tunes:
        yield ("evolve", "walk", "tunes"), sentence


def _misfits(voices: Mapping[str, Any], files: Mapping[str, ModelFile], metre: Metre) -> Iterator[tuple[Keys, str]]:
    for name, voice in voices.items():
        own = files.get(voice.model or "")
        if own and (sentence := another_metre(own.name, own.metre, metre)):
            yield (name, "model"), sentence
        if own and own.parts:
            yield from (((name, *way), sentence) for way, sentence in _of_parts(voice, own))
        ways = [operator for operator in getattr(voice.evolve, "operators", ()) if operator in LATENT]
        if own and ways and not own.latent:
            sentence = f"goes through a latent space, which the model {own.name!r} does not have; give the voice"
            yield (name, "evolve", "then"), f"{ways[0]!r} {sentence} a MusicVAE, or leave it out"
        elif own and "walk" in ways and voice.evolve.walk.tunes and not own.hears:
            sentence = (
                f"the model {own.name!r} was published without an encoder, and finds no place for tunes; leave them"
            )
            yield (name, "evolve", "walk", "tunes"), f"{sentence} out, or give the voice a model that hears"
        for operator, model in voice.guests.items():
            way = (name, "evolve", operator if model in files else "then")
            if sentence := guest_lacks(operator, model, files, metre):
                yield way, f"{sentence}; {_instead(operator, files, metre)}"
