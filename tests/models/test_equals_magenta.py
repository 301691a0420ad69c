# pyright: basic
# TensorFlow and Magenta have no types.
"""The engine is the same model as Magenta's, for every published recurrent configuration and weights of its real shape.

The weights are random, and exported by Magenta itself.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

from fakes.magenta_rnn import MagentaRnn
from reverie.models.bundle import read_bundle
from reverie.models.configs import CONFIGS
from reverie.models.importing import import_model
from reverie.models.recurrent.beam import beam_search
from reverie.models.recurrent.model import RecurrentModel
from reverie.models.recurrent.sampling import choose

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore:.*is deprecated:UserWarning")]
log = logging.getLogger(__name__)

FAMILIES = {"drums_rnn", "melody_rnn", "improv_rnn", "polyphony_rnn", "performance_rnn"}
NOT_MAGENTAS = {"chord_conditioned_performance"}
NAMES = [name for name, config in CONFIGS.items() if config.family in FAMILIES and name not in NOT_MAGENTAS]

HEARD = 300
CLOSE = 1e-5
EDGE = 2e-6
"""A number drawn so near to where one class ends and the next begins falls on either side by rounding alone."""


def compiled(magenta: MagentaRnn, folder: Path) -> RecurrentModel:
    """The same model, by way of a bundle that Magenta writes."""
    magenta.write_bundle(folder / "model.mag")
    return RecurrentModel(read_bundle(import_model(folder / "model.mag", folder).path))


def assert_equal(magenta: MagentaRnn, model: RecurrentModel, seed: int, said: int) -> None:
    """Follow a passage of Magenta's: our chances are its, and the numbers that it drew choose the same events."""
    events = magenta.say(said, seed)
    labels, controls = magenta.labels(events), magenta.controls(events)
    theirs = magenta.chances(events[: HEARD + 1])
    uniforms = np.random.RandomState(seed)
    encoding = model.encoding
    stream = model.stream(model.start())
    stream.push([encoding.event(encoding.start(), labels[0])])
    worst = peak = 0.0
    by_rounding = 0
    for position in range(1, said + 1):
        state = stream._states[0]
        event = encoding.event(state, labels[position])
        stream.force([event], controls=[controls[position]] if controls else None)
        drawn = [uniforms.random((1,)) for _ in stream.latest]
        chosen = [int(choose(ours, number)[0]) for ours, number in zip(stream.latest, drawn, strict=True)]
        # Two classes may mean the same event here: that it is what it is, and that it is what was two bars ago.
        if encoding.event(state, tuple(chosen) if len(chosen) > 1 else chosen[0]) != event:
            wanted = labels[position] if isinstance(labels[position], tuple) else (labels[position],)
            for ours, number, ours_chosen, label in zip(stream.latest, drawn, chosen, wanted, strict=True):
                edges = np.cumsum(ours[:, 0], dtype=np.float64)
                near = np.abs(edges / edges[-1] - number).min() < EDGE
                assert ours_chosen == label or near, f"another event at {position}"
            by_rounding += 1
        if position <= HEARD:
            for ours, his in zip(stream.latest, theirs, strict=True):
                worst = max(worst, float(np.abs(ours[:, 0] - his[0, position - 1]).max()))
                peak += float(his[0, position - 1].max()) / HEARD / len(theirs)
    log.info(
        "%s: max|dp| %.1e over %d steps (likeliest class %.2f), the same %d events but for %d of %d within rounding",
        magenta.name,
        worst,
        HEARD,
        peak,
        said,
        by_rounding,
        said,
    )
    assert worst <= CLOSE
    assert by_rounding <= 1 + said // 1000


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
