"""What banks will cost: told by a probe, without rendering them."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.timbre import SLICE, FakeRenderer, FakeRendering, sine
from reverie.timbre.bank.latent_shelf import LatentShelf
from reverie.timbre.recipe import BankRecipe, Ingredient
from reverie.timbre.render.cost import NOTHING, PROBE, WorkClock, measured
from reverie.timbre.render.renderer import Code
from reverie.timbre.sound import Sound

SOUND = "ca" * 32


class Machine:
    """A renderer, and the clock of a machine on which each slice of its notes takes ``seconds``."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
        self.now = 0.0
        advance = FakeRendering.advance

        def slow(rendering: FakeRendering) -> bool:
            self.now += seconds
            return advance(rendering)

        monkeypatch.setattr(FakeRendering, "advance", slow)

    def __call__(self) -> float:
        return self.now


def recipe(seconds: float = 4.0, fit: int = 0, share: float = 0.5, pitches: int = 10) -> BankRecipe:
    parts = (Ingredient(share, latent=1), Ingredient(1 - share, sound=SOUND, own_pitch=60.0, fit=fit))
    return BankRecipe("fa" * 32, parts, tuple(range(50, 50 + pitches)), (100,), seconds, -20.0, 1)


def test_a_long_render_is_told_by_its_first_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine, model = Machine(monkeypatch, 0.9), FakeRenderer()
    recipes = [recipe(share=share) for share in (0.25, 0.5, 0.75)]
    costs = measured(recipes, {SOUND: sine(60.0, 3.0)}, model, LatentShelf(tmp_path, "m"), machine)
    slices = 4 * 16_000 // SLICE
    assert costs.rendering == pytest.approx(0.9 * slices * 2 * 3), "two batches of each of three banks"
    assert model.slices <= 2 + PROBE / 0.9 + 1, "it is not rendered for that"
    assert (costs.banks, costs.notes, costs.sounding) == (3, 30, 120.0)
    assert costs.disk == 120 * 48_000 * 6
    assert costs.memory > 10_000_000
    assert costs.seconds >= costs.rendering
    assert not [*tmp_path.iterdir()], "and nothing is kept"


def test_what_is_done_before_that_is_told_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, 0.25)
    one = measured([recipe(0.1, pitches=3)], {SOUND: sine(60.0)}, FakeRenderer(), LatentShelf(tmp_path, "m"), machine)
    assert one.rendering == pytest.approx(0.25)
    few = measured([recipe(0.4, pitches=3)], {SOUND: sine(60.0)}, FakeRenderer(), LatentShelf(tmp_path, "m"), machine)
    assert few.rendering == pytest.approx(1.0)


class Encoding(FakeRenderer):
    """It takes a second for each second of a source."""

    now = 0.0

    def code(
        self, sound: Sound, pitch: float | None, *, own_pitch: float | None = None, transposed: bool = True
    ) -> Code:
        self.now += sound.seconds
        return super().code(sound, pitch, own_pitch=own_pitch, transposed=transposed)


def test_each_source_is_encoded_once_at_each_pitch(tmp_path: Path) -> None:
    model = Encoding()
    recipes = [recipe(0.2, share=share, pitches=7) for share in (0.25, 0.5, 0.75)]
    costs = measured(recipes, {SOUND: sine(60.0, 3.0)}, model, LatentShelf(tmp_path, "m"), lambda: model.now)
    assert costs.encoding == pytest.approx(7 * 3.0)
    assert model.encoded == 1


def test_latents_that_are_known_cost_nothing(tmp_path: Path) -> None:
    shelf, asked = LatentShelf(tmp_path, "m"), recipe(0.2, fit=1)
    found = asked.ingredients[1]
    ticks = iter(range(10_000))
    unknown = measured([asked], {SOUND: sine(60.0)}, FakeRenderer(), shelf, lambda: float(next(ticks)))
    assert unknown.searching > 0
    assert unknown.encoding == 0
    shelf.keep(replace(found, weight=1.0), FakeRenderer().latent(1))
    assert measured([asked], {SOUND: sine(60.0)}, FakeRenderer(), shelf, lambda: float(next(ticks))).searching == 0


def test_nothing_costs_nothing(tmp_path: Path) -> None:
    assert measured([], {}, FakeRenderer(), LatentShelf(tmp_path, "m")) == NOTHING
    assert NOTHING.seconds == 0


def test_the_time_that_others_take_does_not_count() -> None:
    clock = WorkClock()
    begun, wall = clock(), time.monotonic()
    time.sleep(0.3)
    assert clock() - begun < 0.5 * (time.monotonic() - wall), "to wait is no work"
    begun, used = clock(), time.process_time()
    while time.process_time() - used < 0.2:
        pass
    assert clock() - begun >= 0.19
