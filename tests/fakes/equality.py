# pyright: basic
# TensorFlow and Magenta have no types.
"""The engine is the same model as Magenta's: equal chances, and equal events for equal random numbers."""

from __future__ import annotations

import logging

import numpy as np

from fakes.magenta_rnn import MagentaRnn
from reverie.models.recurrent.model import RecurrentModel
from reverie.models.recurrent.sampling import choose

log = logging.getLogger(__name__)

HEARD = 300
CLOSE = 1e-5
EDGE = 2e-6
"""A number drawn so near to where one class ends and the next begins falls on either side by rounding alone."""


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
