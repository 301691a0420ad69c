"""What a model is worth: its perplexity beside a Markov model's, and its loops beside music that it has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from reverie.models.counting import counting_of
from reverie.models.library.bundle import Bundle
from reverie.models.recurrent.model import RecurrentModel
from reverie.training.judge.copies import KnownRuns
from reverie.training.judge.distances import SetDistance, set_distance
from reverie.training.judge.generated_loops import LoopMaker, LoopRequest, loops_of, primers, shortened
from reverie.training.judge.judged_music import (
    EventKind,
    JudgedMusic,
    JudgedPassage,
    kind_of,
    music_for_loops,
    windows_of,
)
from reverie.training.judge.likelihood import Likelihood, likelihood, short
from reverie.training.judge.loop_measures import (
    DRUM_MEASURES,
    LONG_BARS,
    MELODY_MEASURES,
    ODD_DRUM_MEASURES,
    JudgedLoop,
    LoopMeasure,
    is_odd,
)
from reverie.training.judge.usual_metre import usual_metre

JudgeStep = Literal["music", "perplexity", "loops", "measures"]
Report = Callable[[JudgeStep, int, int], None]
SHORT_RUN = 2
"""Bars that a copied run is to be shorter than."""
SHARE_OF_SHORT = 0.95
"""In how large a share of loops."""


@dataclass(frozen=True, slots=True)
class Copies:
    """The longest run in bars that each loop has from the training music; held-out loops have some too."""

    generated: tuple[float, ...]
    held_out: tuple[float, ...]

    @property
    def short(self) -> tuple[float, float]:
        """The share of generated, and of held-out, loops whose longest copied run is shorter than two bars."""
        return tuple(  # pyright: ignore[reportReturnType]
            float(np.mean(np.array(runs) < SHORT_RUN)) if runs else 1.0 for runs in (self.generated, self.held_out)
        )


@dataclass(frozen=True, slots=True)
class Judged:
    """One measure: how far apart the sets are, and their figures, for the picture."""

    measure: LoopMeasure[Any]
    distance: SetDistance
    generated: tuple[float, ...]
    held_out: tuple[float, ...]
    training: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Judgement:
    """All that was found out about a model."""

    model: str
    request: LoopRequest
    metre: str
    likelihood: Likelihood
    measures: Mapping[str, Judged]
    copies: Copies

    def as_json(self) -> dict[str, Any]:
        """Plain data: the figures, without what the picture is drawn from."""
        return {
            "model": self.model,
            "loops": self.request.count,
            "bars": self.request.bars,
            "seed": self.request.seed,
            "temperature": self.request.temperature,
            "primers": self.request.primers,
            "metre": self.metre,
            "perplexity": self.likelihood.as_json(),
            "measures": {
                name: {
                    "unit": one.measure.unit,
                    "generated": short(one.distance.generated),
                    "training": short(one.distance.training),
                    "ratio": None if one.distance.ratio is None else short(one.distance.ratio),
                    "met": one.distance.met,
                    "means": dict(
                        zip(("generated", "held_out", "training"), map(short, one.distance.means), strict=True)
                    ),
                    "loops": dict(zip(("generated", "held_out"), one.distance.loops, strict=True)),
                }
                for name, one in self.measures.items()
            },
            "copies": {
                "shorter_than_2_bars": {
                    "generated": short(self.copies.short[0]),
                    "held_out": short(self.copies.short[1]),
                },
                "longest_bars": {
                    "generated": max(self.copies.generated, default=0.0),
                    "held_out": max(self.copies.held_out, default=0.0),
                },
                "met": self.copies.short[0] >= SHARE_OF_SHORT,
            },
        }


def judge(
    bundle: Bundle,
    music: JudgedMusic,
    request: LoopRequest | None = None,
    *,
    journal: Path | None = None,
    report: Report = lambda _step, _done, _of: None,
) -> Judgement:
    """Judge a model of drums or melodies by the music that it was trained on, and by what was held out.

    Args:
        bundle: in the run-time format.
        music: by split, as :func:`~reverie.training.judge.judged_music.music_of` reads it.
        request: how many loops are made, and which.
        journal: keeps the loops, so that a judgement can be interrupted.
        report: is told which step is at work, how many of it are done, and of how many.

    Raises:
        ModelError: if it is no model of drums or melodies, or its weights do not fit.
        ValueError: if a split has no music.
    """
    request = request or LoopRequest()
    kind = kind_of(bundle.card.config)
    model = RecurrentModel(bundle)
    counting, long = counting_of(bundle.card), music_for_loops(music)
    metre = usual_metre((passage.metre, passage.bars) for passage in long["train"])
    windows: JudgedMusic = {split: windows_of(kind, passages, counting) for split, passages in music.items()}
    found = likelihood(model, windows, lambda done, of: report("perplexity", done, of))
    told = primers(kind, long[request.primers], metre)
    span = counting.span(metre.bar_steps)
    maker = LoopMaker(model, kind, metre, told, journal, bundle.card.weights, span)
    played_on = maker.make(request, lambda done, of: report("loops", done, of))
    measures = compared(kind, long, played_on, request.bars, lambda done, of: report("measures", done, of))
    made = shortened(kind, played_on, request.bars)
    held_out = loops_of(kind, long["test"], metre, request.bars)
    copies = copies_of(kind, music["train"], made, held_out)
    return Judgement(bundle.card.name, request, str(metre), found, measures, copies)


def compared(
    kind: EventKind,
    music: JudgedMusic,
    generated: Sequence[JudgedLoop],
    bars: int,
    report: Callable[[int, int], None] = lambda _done, _of: None,
) -> dict[str, Judged]:
    """All measures of generated passages of :data:`LONG_BARS` bars, whose first ``bars`` are loops.

    Real music has few passages of that length; one begins every ``bars`` bars, so that they overlap.
    """
    metre = generated[0].metre
    sets = {
        length: (
            shortened(kind, generated, length),
            loops_of(kind, music["test"], metre, length, bars),
            loops_of(kind, music["train"], metre, length, bars),
        )
        for length in (bars, LONG_BARS)
    }
    of_drums = ODD_DRUM_MEASURES if is_odd(metre) else DRUM_MEASURES
    measures = of_drums if kind.drums else MELODY_MEASURES
    return measured(measures, sets[bars], sets[LONG_BARS], report)


def measured(
    measures: Mapping[str, LoopMeasure[Any]],
    short: Sequence[Sequence[Any]],
    long: Sequence[Sequence[Any]],
    report: Callable[[int, int], None],
) -> dict[str, Judged]:
    """All measures of which something can be said, by name.

    Args:
        measures: what is asked of a loop.
        short: the loops that were generated, that were held out, and of the training music.
        long: the same, for measures that need long ones.
        report: told how many measures of how many are done.
    """
    found: dict[str, Judged] = {}
    for number, (name, measure) in enumerate(measures.items(), 1):
        figures = [[list(measure.of(loop)) for loop in loops] for loops in (long if measure.long else short)]
        distance = set_distance(*figures)
        if distance is not None:
            flat = [tuple(figure for loop in loops for figure in loop) for loops in figures]
            found[name] = Judged(measure, distance, *flat)
        report(number, len(measures))
    return found


def copies_of(
    kind: EventKind, training: Sequence[JudgedPassage], generated: Sequence[JudgedLoop], held_out: Sequence[JudgedLoop]
) -> Copies:
    """How much of each loop was copied from the training music, in bars."""
    longest = max((len(loop.events) for loop in (*generated, *held_out)), default=0)
    known = KnownRuns(([kind.number(event) for event in passage.events] for passage in training), longest)

    def runs(loops: Sequence[JudgedLoop]) -> tuple[float, ...]:
        return tuple(
            known.longest([kind.number(event) for event in loop.events], [bool(one) for one in loop.struck])
            / loop.metre.bar_steps
            for loop in loops
        )

    return Copies(runs(generated), runs(held_out))
