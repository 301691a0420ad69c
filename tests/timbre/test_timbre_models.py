"""Which timbre models a scene can name."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.gansynth import gansynth
from fakes.nsynth import bundle_of as nsynth
from fakes.nsynth import variables
from fakes.timbre import sine
from reverie.models.errors import ModelError
from reverie.models.library.bundle import make_bundle, write_bundle
from reverie.models.library.card import ModelCard
from reverie.models.library.index import identity
from reverie.models.nsynth.weights import weights_from
from reverie.places import models_folder
from reverie.timbre.errors import TimbreError
from reverie.timbre.render.abilities import Abilities
from reverie.timbre.render.gansynth import GanSynth
from reverie.timbre.render.nsynth import NSynth
from reverie.timbre.timbre_models import abilities_of, open_timbre_model, timbre_model, timbre_models


def put(folder: Path, name: str, config: str = "gansynth") -> Path:
    path = folder / f"{name}.safetensors"
    write_bundle(path, make_bundle(ModelCard(name, config), {"weight": np.ones(1, np.float32)}))
    return path


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    return [tmp_path / "shipped", tmp_path / "own"]


def test_the_shipped_one_that_has_learned_nothing_is_the_default(folders: list[Path]) -> None:
    shipped, learned = put(folders[0], "plain", "signals"), put(folders[0], "dreams")
    put(folders[0], "drum_kit", "drum_kit")
    paths = {name: model.path for name, model in timbre_models(folders).items()}
    assert paths == {"default": shipped, "plain": shipped, "dreams": learned}


def test_the_one_of_magenta_s_own_name_is_magenta_s(folders: list[Path]) -> None:
    put(folders[0], "dreams")
    put(folders[0], "plain", "signals")
    mine, pulled = put(folders[1], "a-gan-of-mine"), put(folders[1], "gansynth")
    models = timbre_models(folders)
    assert models["gansynth"].path == pulled
    assert models["a-gan-of-mine"].path == mine
    assert models["default"].path == folders[0] / "plain.safetensors"


def test_without_it_it_is_the_first_of_that_family_but_never_the_shipped_one(folders: list[Path]) -> None:
    put(folders[0], "dreams")
    assert "gansynth" not in timbre_models(folders)
    mine = put(folders[1], "mine")
    assert timbre_models(folders)["gansynth"].path == mine


def test_a_later_folder_hides_an_earlier_one(folders: list[Path]) -> None:
    put(folders[0], "dreams")
    mine = put(folders[1], "dreams")
    assert timbre_model("dreams", folders).path == mine


@pytest.mark.parametrize("name", ["nsynth", "gansynth"])
def test_of_what_is_published_it_says_how_to_get_it(folders: list[Path], name: str) -> None:
    with pytest.raises(TimbreError, match=f"`reverie models pull {name}`"):
        timbre_model(name, folders)


def test_of_what_is_nowhere_it_says_what_was_meant(folders: list[Path]) -> None:
    put(folders[0], "dreams")
    with pytest.raises(TimbreError, match=r"no timbre model 'dream'; did you mean 'dreams'\?"):
        timbre_model("dream", folders)


def test_of_what_is_damaged_it_says_so(folders: list[Path]) -> None:
    path = put(folders[1], "nsynth")
    path.write_bytes(path.read_bytes()[:-1])
    assert timbre_models(folders) == {}
    with pytest.raises(ModelError, match="is cut off"):
        timbre_model("nsynth", folders)


def test_what_makes_notes_makes_no_sounds(folders: list[Path]) -> None:
    path = put(folders[1], "drum_kit", "drum_kit")
    with pytest.raises(TimbreError, match="makes notes, not sounds"):
        timbre_model("drum_kit", folders)
    with pytest.raises(TimbreError, match="makes notes, not sounds"):
        open_timbre_model(path)


def test_what_is_no_model_is_not_opened(folders: list[Path]) -> None:
    with pytest.raises(ModelError, match="is missing"):
        open_timbre_model(put(folders[1], "empty"))


def test_each_family_is_opened_as_what_it_is(tmp_path: Path) -> None:
    for bundle, kind in ((gansynth(), GanSynth), (nsynth(weights_from(variables())), NSynth)):
        path = tmp_path / f"{bundle.card.config}.safetensors"
        write_bundle(path, bundle)
        renderer = open_timbre_model(path, 1)
        assert isinstance(renderer, kind)
        assert renderer.model == identity(bundle.card)


def test_what_a_family_can_do_is_known_without_opening_its_model(tmp_path: Path) -> None:
    gan, wavenet = put(tmp_path, "gan"), put(tmp_path, "wavenet", "nsynth")
    assert abilities_of(gan) == Abilities(search=1)
    assert abilities_of(wavenet) == Abilities(variations=True, unpitched=True)
    with pytest.raises(TimbreError, match="makes notes, not sounds"):
        abilities_of(put(tmp_path, "drum_kit", "drum_kit"))


def test_a_gansynth_without_a_listener_hears_nothing_at_once(tmp_path: Path) -> None:
    path = tmp_path / "deaf.safetensors"
    write_bundle(path, gansynth())
    with pytest.raises(TimbreError, match="must be searched for"):
        open_timbre_model(path).code(sine(60.0), 60)


def test_the_shipped_one_hears_sounds() -> None:
    renderer = open_timbre_model(timbre_model("default", [models_folder()]).path)
    saw, square = (renderer.code(sine(60.0, 1.0, odd=odd), 60, own_pitch=60.0) for odd in (False, True))
    assert np.isfinite(saw).all()
    assert not np.allclose(saw, square, atol=0.01)
