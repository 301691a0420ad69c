"""A model is run by the engine of its family, of those that the site's setting has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

import reverie
from fakes.engine import BrokenEngine, DiceEngine
from fakes.recipes import recipe
from reverie.compose.engines import by_family
from reverie.compose.engines.by_family import ENGINES, EngineByFamily, make_engine
from reverie.models.configs import CONFIGS
from reverie.models.errors import ModelError
from reverie.models.library.index import ModelFile, read_model_file
from reverie.site.schema import ComposerSection

SHIPPED = Path(reverie.__file__).parent / "shipped" / "models"


@pytest.fixture
def model() -> Callable[[str], ModelFile]:
    return lambda name: read_model_file(SHIPPED / f"{name}.safetensors")


def test_the_settings_are_those_of_the_site() -> None:
    assert set(ENGINES) == set(get_args(ComposerSection.model_fields["engine"].annotation))


def test_every_family_that_can_be_a_voice_has_an_engine() -> None:
    voiced = {config.family for config in CONFIGS.values() if config.kinds}
    assert set(ENGINES["numpy"]) == voiced
    assert all(set(families) <= voiced for families in ENGINES.values())


def test_every_engine_is_a_class_of_a_module_that_is_there() -> None:
    for place in {place for families in ENGINES.values() for place in families.values()}:
        module, _, name = place.partition(":")
        file = Path(reverie.__file__).parents[1].joinpath(*module.split(".")).with_suffix(".py")
        assert f"\nclass {name}" in file.read_text(), "read, not imported: one of them needs TensorFlow"


def test_each_model_goes_to_the_engine_of_its_family(model: Callable[[str], ModelFile]) -> None:
    drummer, singer = DiceEngine(), BrokenEngine()
    engine = EngineByFamily("numpy", {"drums_rnn": drummer, "melody_rnn": singer})
    drums, melody = model("drum_kit"), model("attention_rnn")
    engine.load(drums)
    engine.load(melody)
    assert (drummer.loaded, singer.loaded) == (["drum_kit"], ["attention_rnn"])
    asked = recipe(model_hash=drums.sha256)
    engine.generate(asked, b"memory")
    assert (drummer.asked, drummer.remembered) == ([asked], [b"memory"])
    with pytest.raises(ModelError, match="broken"):
        engine.generate(recipe(model_hash=melody.sha256))
    with pytest.raises(ModelError, match="before it was loaded"):
        engine.generate(recipe(model="third", model_hash="third"))


def test_a_family_that_another_setting_runs_is_told_with_that_setting(
    model: Callable[[str], ModelFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    drums = model("drum_kit")
    monkeypatch.setattr(by_family, "ENGINES", {"numpy": {}, "magenta": {"drums_rnn": ""}})
    with pytest.raises(ModelError) as told:
        EngineByFamily("numpy", {}).load(drums)
    assert str(told.value) == (
        f"{drums.path}: is a model of drums_rnn, which the engine numpy does not run; set composer.engine to magenta, "
        "or give the voice another model"
    )


def test_a_setting_that_is_none_is_told() -> None:
    with pytest.raises(ModelError, match="no engine 'abacus'; known are numpy and magenta"):
        make_engine("abacus")
