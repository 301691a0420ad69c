"""Which voices sound on a box of a room."""

from __future__ import annotations

from dataclasses import replace

from reverie.conductor.rooms.voices_here import VoicesHere
from reverie.music.notes import Loop
from reverie.music.time import Metre, Tempo
from reverie.play.messages import Part, Place, Rest, SetScene

SCENE = SetScene(1, 0, "dusk", Metre(4, 4), Tempo(100), (Part("bass", "main", 1), Part("pad", "main", 2)))


def place(part: str) -> Place:
    return Place(1, part, "recipe", 0, 1, Loop(1, Metre(4, 4), ()))


def names(voices: VoicesHere, scene: SetScene) -> list[str]:
    told = voices.sifted(scene)
    assert isinstance(told, SetScene)
    return [part.name for part in told.parts]


def test_only_voices_of_this_box_are_told_to_its_player() -> None:
    voices = VoicesHere(["pad", "choir"])
    assert names(voices, SCENE) == ["pad"]
    assert voices.sifted(place("bass")) is None
    assert voices.sifted(place("pad")) == place("pad")
    assert voices.sifted(Rest(on=True)) == Rest(on=True)


def test_a_scene_without_any_of_them_is_not_silent() -> None:
    voices = VoicesHere(["choir"])
    assert names(voices, SCENE) == ["bass", "pad"]
    assert voices.sifted(place("bass")) == place("bass")


def test_without_a_choice_all_sound() -> None:
    voices = VoicesHere(())
    assert names(voices, replace(SCENE, parts=SCENE.parts[:1])) == ["bass"]
