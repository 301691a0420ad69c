# pyright: basic
# TensorFlow and Magenta have no types.
"""The engine is the same model as Magenta's, for every published recurrent configuration and weights of its real shape.

The weights are random, and exported by Magenta itself.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakes.equality import assert_equal
from fakes.magenta_rnn import MagentaRnn
from reverie.models.configs import CONFIGS
from reverie.models.library.bundle import read_bundle
from reverie.models.library.importing import import_model
from reverie.models.recurrent.beam import beam_search
from reverie.models.recurrent.model import RecurrentModel

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore:.*is deprecated:UserWarning")]

FAMILIES = {"drums_rnn", "melody_rnn", "improv_rnn", "polyphony_rnn", "performance_rnn"}
NOT_MAGENTAS = {"chord_conditioned_performance"}
NAMES = [name for name, config in CONFIGS.items() if config.family in FAMILIES and name not in NOT_MAGENTAS]


def compiled(magenta: MagentaRnn, folder: Path) -> RecurrentModel:
    """The same model, by way of a bundle that Magenta writes."""
    magenta.write_bundle(folder / "model.mag")
    return RecurrentModel(read_bundle(import_model(folder / "model.mag", folder).path))


@pytest.mark.parametrize("said", [400, pytest.param(2000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])])
@pytest.mark.parametrize("name", NAMES)
def test_the_same_chances_and_the_same_events_as_magenta(name: str, said: int, tmp_path: Path) -> None:
    magenta = MagentaRnn(name)
    try:
        assert_equal(magenta, compiled(magenta, tmp_path), seed=3, said=said)
    finally:
        magenta.close()


@pytest.mark.parametrize("name", ["drum_kit", "one_drum"])
def test_residual_cells_are_the_same_too(name: str, tmp_path: Path) -> None:
    magenta = MagentaRnn(name, residual_connections=True, rnn_layer_sizes=[64, 64, 48])
    try:
        assert_equal(magenta, compiled(magenta, tmp_path), seed=4, said=400)
    finally:
        magenta.close()


@pytest.mark.parametrize(("size", "branches", "every"), [(4, 1, 1), (3, 2, 1), (2, 3, 4)])
def test_beam_search_finds_what_magentas_finds(size: int, branches: int, every: int, tmp_path: Path) -> None:
    magenta = MagentaRnn("attention_rnn", batch=size * branches)
    try:
        events = magenta.say(61, 7, beam_size=size, branch_factor=branches, steps_per_iteration=every)
        model = compiled(magenta, tmp_path)
        stream = model.stream(model.start())
        stream.push([events[0]])
        uniforms = np.random.RandomState(7)
        found = beam_search(model, stream.carried, 61, uniforms, size=size, branches=branches, every=every)
    finally:
        magenta.close()
    assert list(found.events) == events[1:]
