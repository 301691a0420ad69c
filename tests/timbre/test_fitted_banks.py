"""Banks of sounds whose latents are searched for: once for all banks, on after a stop, and beside those of before."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fakes.timbre import FakeRenderer
from reverie.models.library.card import read_card
from reverie.models.library.index import identity
from reverie.places import models_folder, sounds_folder
from reverie.timbre import bank_maker
from reverie.timbre.bank_maker import BankMaker
from reverie.timbre.errors import TimbreError
from reverie.timbre.recipe import BankRecipe
from reverie.timbre.render import fitted, latent_fit
from reverie.timbre.render.abilities import Abilities
from reverie.timbre.render.latent_fit import Array, Goal
from reverie.timbre.request import BankRequest, Share

MODEL = models_folder() / "timbre.safetensors"
STEPS = 3


class StoppedError(Exception):
    """The work was interrupted."""


@pytest.fixture(autouse=True)
def slopes(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """A search has few steps, and each is kept; where it was at each."""
    seen: list[bytes] = []
    slope = Goal.slope

    def counted(goal: Goal, point: Array) -> tuple[float, Array]:
        seen.append(point.tobytes())
        return slope(goal, point)

    monkeypatch.setattr(latent_fit, "STEPS", STEPS)
    monkeypatch.setattr(fitted, "KEEP_EVERY", 0.0)
    monkeypatch.setattr(Goal, "slope", counted)
    return seen


def order(*names: str, flute: float = 0.5) -> BankRequest:
    shares = [
        Share(name, flute if name == "flute" else 1 - flute, str(sounds_folder() / f"{name}.flac")) for name in names
    ]
    return BankRequest("test", tuple(shares), (72,), (100,), 0.3, -20.0, 1)


def maker(cache: Path) -> BankMaker:
    return BankMaker(MODEL, cache, 10**9)


def wavs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.wav"))}


def test_a_sound_is_searched_for_once_for_all_banks_that_it_is_mixed_into(tmp_path: Path, slopes: list[bytes]) -> None:
    told: list[float] = []
    first = maker(tmp_path).make(order("flute", "cat"), told.append)
    assert len(slopes) == 2 * STEPS
    assert told == sorted(told)
    assert sum(0 < done < bank_maker.FITTING_SHARE for done in told) > STEPS, "a search is seen as progress"
    second = maker(tmp_path).make(order("flute", "cat", flute=0.25))
    assert len(slopes) == 2 * STEPS
    assert (first.found, second.found) == (False, False)
    assert first.bank.id != second.bank.id
    assert not [*(tmp_path / "unfinished").iterdir()]
    card = json.loads((first.bank.folder / "bank.json").read_text())
    assert [one["fit"] for one in card["recipe"]["ingredients"]] == [1, 1]


def test_a_search_that_was_stopped_goes_on_where_it_was_and_finds_the_same(tmp_path: Path, slopes: list[bytes]) -> None:
    whole = maker(tmp_path / "whole").make(order("flute"))
    undisturbed, lives = slopes.copy(), 0
    slopes.clear()

    def stop_after_a_step(done: float) -> None:
        if slopes and 0 < done < bank_maker.FITTING_SHARE:
            raise StoppedError

    again = tmp_path / "again"
    for _ in range(STEPS):
        before = slopes.copy()
        slopes.clear()
        with pytest.raises(StoppedError):
            maker(again).make(order("flute"), stop_after_a_step)
        slopes[:0] = before
        lives += 1
    resumed = maker(again).make(order("flute"))
    assert lives == STEPS
    assert slopes == undisturbed
    assert resumed.bank.id == whole.bank.id
    assert wavs(resumed.bank.folder) == wavs(whole.bank.folder)


def test_a_bank_of_before_is_found_and_a_new_one_is_of_searched_latents(
    tmp_path: Path, slopes: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(bank_maker, "abilities_of", lambda _: Abilities())
        old = maker(tmp_path).make(order("flute"))
    assert not slopes
    assert "fit" not in (old.bank.folder / "bank.json").read_text()
    found = maker(tmp_path).make(order("flute"))
    assert (found.found, found.bank.id) == (True, old.bank.id)
    new = maker(tmp_path).make(order("flute", "cat"))
    assert not new.found
    assert len(slopes) == 2 * STEPS


def test_a_latent_that_is_damaged_is_searched_for_again(tmp_path: Path, slopes: list[bytes]) -> None:
    maker(tmp_path).make(order("flute"))
    (kept,) = (tmp_path / "latents").iterdir()
    undamaged = kept.read_bytes()
    kept.write_bytes(b"")
    maker(tmp_path).make(order("flute", "cat"))
    assert len(slopes) == 3 * STEPS
    assert kept.read_bytes() == undamaged


def test_points_of_the_models_own_are_not_searched_for_and_keep_their_ids(tmp_path: Path, slopes: list[bytes]) -> None:
    request = BankRequest("test", (Share("star", 1.0, latent=7),), (72,), (100,), 0.3, -20.0, 1)
    made = maker(tmp_path).make(request)
    assert not slopes
    assert made.bank.id == request.recipe(identity(read_card(MODEL)), {}).id
    assert BankRecipe.from_json(json.loads((made.bank.folder / "bank.json").read_text())["recipe"]).id == made.bank.id


def test_a_model_that_searches_for_nothing_is_another_than_was_planned_with(tmp_path: Path) -> None:
    class SearchesNothing(FakeRenderer):
        fit = None  # type: ignore[assignment]  # pyright: ignore[reportAssignmentType, reportIncompatibleMethodOverride]

    model = identity(read_card(MODEL))
    strange = BankMaker(MODEL, tmp_path, 10**9, open_model=lambda _: SearchesNothing(model))
    with pytest.raises(TimbreError, match="not the one that this bank was planned with"):
        strange.make(order("flute"))
