"""What a MusicVAE is worth: how well it says music again, what it draws, and whether its space has ways through it.

Its examples are those of the workspace's dataset, two bars each. What it makes of places that are drawn from the prior
is set beside as many held-out and training examples, measure by measure. A Markov model of the same classes, trained on
the same examples, is what the bound of its perplexity is compared with: the bound is on the safe side, for the true
perplexity of a MusicVAE cannot be had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.models.encodings.melody_notes import NO_EVENT, NOTE_OFF
from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.vae.converters import Drums
from reverie.models.vae.heads import Frames
from reverie.models.vae.model import Vae, load
from reverie.music.time import Metre
from reverie.training.errors import TrainingError
from reverie.training.held_out_figures import LatentFigures, LatentWeighing
from reverie.training.judge.distances import SetDistance, set_distance
from reverie.training.judge.example_likelihood import records_in
from reverie.training.judge.latent_likelihood import latent_figures
from reverie.training.judge.likelihood import short
from reverie.training.judge.loop_measures import DRUM_MEASURES, MELODY_MEASURES, JudgedLoop, LoopMeasure
from reverie.training.judge.markov import MarkovModel
from reverie.training.judge.measure_lines import MeasuredSets, measure_line, measures_as_json
from reverie.training.two_bar_records import TwoBarConverter, frames_of, training_converter
from reverie.training.workspace import Split, Workspace

_METRE = Metre(4, 4)
_BATCH = 50
_KNOWN = 2000
"""Training examples that are measured."""
_PAIRS, _POINTS = 100, 9
"""How many pairs of held-out examples ways are taken between, and how many points each way has."""
_CERTAIN = 0.1
"""The temperature at which a way is decoded: what changes along it is the place, not the dice."""
_BEGUN = -1
"""What stands before an example's first class: a MusicVAE is asked for it too."""
_OF_A_BAR = _METRE.bar_steps
_FIRST_CLASS_OF_PITCH = 2


@dataclass(frozen=True, slots=True)
class LatentWays:
    """How much differs along the ways between examples: the share of steps that are not the same, on average.

    ``neighbours`` are points next to each other, ``ends`` the first and the last; ``rising`` is the share of ways on
    which what differs from the beginning never falls by more than a step.
    """

    neighbours: float
    ends: float
    rising: float

    @property
    def continuous(self) -> bool:
        """Whether neighbours differ less than half as much as ends."""
        return 0 < self.neighbours <= self.ends / 2


@dataclass(frozen=True, slots=True)
class LatentJudgement:
    """All that was found out about a MusicVAE."""

    model: str
    figures: LatentFigures
    markov_perplexity: float
    loops: int
    measures: MeasuredSets
    copied: tuple[float, float]
    ways: LatentWays

    def as_text(self) -> str:
        """In words, and a table."""
        figures, ways = self.figures, self.ways
        said = (
            f"{self.model}: says {figures.accuracy:.1%} of held-out steps again, told those before; reconstruction"
            f" perplexity {np.exp(figures.reconstruction):.3f}, divergence {figures.divergence:.1f} nats of two bars;"
            f" perplexity at most {np.exp(figures.bound):.3f}, a Markov model of order 3 has"
            f" {self.markov_perplexity:.3f}"
        )
        lines = [said, f"{self.loops} loops of 2 bars drawn from the prior, beside held-out and training examples:"]
        lines += [measure_line(measure, found) for measure, found in self.measures.values()]
        copied = (
            f"whole loops copied from the training music: {self.copied[0]:.1%} ({self.copied[1]:.1%} of held-out ones)"
        )
        led = (
            f"ways between {_PAIRS} pairs of held-out examples, {_POINTS} points each: neighbours differ in"
            f" {ways.neighbours:.1%} of steps, ends in {ways.ends:.1%}"
            f" ({'continuous' if ways.continuous else 'NOT continuous'}); {ways.rising:.0%} of ways only lead away"
        )
        lines += [copied, led]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        ways = self.ways
        return {
            "model": self.model,
            "heldout": self.figures.as_json(),
            "markov_perplexity": short(self.markov_perplexity),
            "loops": self.loops,
            "measures": measures_as_json(self.measures),
            "whole_loops_copied": dict(zip(("generated", "held_out"), map(short, self.copied), strict=True)),
            "ways": {"neighbours": short(ways.neighbours), "ends": short(ways.ends), "rising": short(ways.rising)},
        }


def judge_latent(
    bundle: Bundle,
    workspace: Workspace,
    loops: int = 500,
    seed: int = 0,
    report: Callable[[int, int], None] = lambda _done, _of: None,
) -> LatentJudgement:
    """Judge a MusicVAE of melodies or drums by the examples of a workspace.

    Raises:
        ModelError: if it is none, or cannot encode.
        TrainingError: if the workspace has no examples of it, or fewer than two held out.
    """
    vae, config = load(bundle), bundle.card.config
    converter = training_converter(config)
    if vae.frame_width != 1 or not vae.can_encode:
        raise ModelError(
            f"{bundle.card.name}: is of {config}; only a MusicVAE of melodies or drums is judged like this"
        )
    examples: dict[Split, list[Frames]] = {split: list(_examples(config, workspace, split)) for split in _SPLITS}
    if not examples["train"] or len(examples["test"]) < _PAIR:
        raise TrainingError(
            f"{workspace.examples}: has no examples to train on, or fewer than two held out, between which ways"
            " lead; make the dataset first, of more music"
        )
    hparams = bundle.card.training.get("hparams", {})
    weighing = LatentWeighing(float(hparams.get("max_beta", 1.0)), float(hparams.get("free_bits", 0.0)))
    figures = latent_figures(vae, weighing, converter, iter(examples["test"]))
    drawn = _drawn(vae, loops, seed, report)
    known = np.random.default_rng(seed).permutation(len(examples["train"]))[:_KNOWN]
    some_known = [examples["train"][int(place)] for place in known]
    sets = [[_loop(converter, frames) for frames in some] for some in (drawn, examples["test"], some_known)]
    measures: dict[str, tuple[LoopMeasure[JudgedLoop], SetDistance]] = {}
    for name, measure in (DRUM_MEASURES if isinstance(converter, Drums) else MELODY_MEASURES).items():
        if not measure.long:
            found = set_distance(*([list(measure.of(loop)) for loop in some] for some in sets))
            if found is not None:
                measures[name] = measure, found
    return LatentJudgement(
        model=bundle.card.name,
        figures=figures,
        markov_perplexity=_markov(vae, examples),
        loops=len(drawn),
        measures=measures,
        copied=_copied(converter, drawn, examples),
        ways=latent_ways(vae, converter, examples["test"], seed),
    )


_PAIR = 2
"""A way leads from one example to another."""
_SPLITS: tuple[Split, ...] = ("train", "validation", "test")


def _examples(config: str, workspace: Workspace, split: Split) -> Iterable[Frames]:
    for path in workspace.shards(split):
        try:
            yield from (frames_of(config, record) for record in records_in(path))
        except (ModelError, ValueError) as error:
            raise TrainingError(f"{path}: {error}") from error


def _drawn(vae: Vae, count: int, seed: int, report: Callable[[int, int], None]) -> list[Frames]:
    made: list[Frames] = []
    for number in range(-(-count // _BATCH)):
        made += list(vae.sample(_BATCH, vae.wiring.longest, 1.0, np.random.default_rng((seed, number))).frames)
        report(min(len(made), count), count)
    return made[:count]


def _loop(converter: TwoBarConverter, frames: Frames) -> JudgedLoop:
    """The events of frames as the measures know them."""
    steps = range(len(frames))
    if isinstance(converter, Drums):
        struck: list[set[int]] = [set() for _ in steps]
        for note in converter.notes(frames):
            struck[note.start].add(note.pitch)
        return JudgedLoop(_METRE, tuple(map(frozenset, struck)), tuple(map(frozenset, struck)))
    events = [_melody_event(int(number)) for number in frames[:, 0]]
    return JudgedLoop(_METRE, tuple(events), tuple(frozenset((event,) if event >= 0 else ()) for event in events))


def _melody_event(number: int) -> int:
    return (NO_EVENT, NOTE_OFF)[number] if number < _FIRST_CLASS_OF_PITCH else number - _FIRST_CLASS_OF_PITCH + 21


def _markov(vae: Vae, examples: Mapping[Split, Sequence[Frames]]) -> float:
    labels = {split: [[_BEGUN, *map(int, frames[:, 0])] for frames in some] for split, some in examples.items()}
    markov = MarkovModel(vae.wiring.cores[0][0])
    markov.learn(labels["train"])
    markov.fit(labels["validation"])
    return float(np.exp(-np.concatenate([markov.log_chances(one) for one in labels["test"]]).mean()))


def _copied(
    converter: TwoBarConverter, drawn: Sequence[Frames], examples: Mapping[Split, Sequence[Frames]]
) -> tuple[float, float]:
    """The share of loops, and of held-out examples, that stand in the training music as they are, in whatever key."""
    known = {_keyless(converter, frames) for frames in examples["train"]}

    def share(some: Sequence[Frames]) -> float:
        return float(np.mean([_keyless(converter, frames) in known for frames in some]))

    return share(drawn), share(examples["test"])


def _keyless(converter: TwoBarConverter, frames: Frames) -> tuple[int, ...]:
    classes: NDArray[Any] = frames[:, 0]
    if isinstance(converter, Drums):
        return tuple(classes.tolist())
    pitches = classes[classes >= _FIRST_CLASS_OF_PITCH]
    lowest = int(pitches.min()) if len(pitches) else 0
    return tuple(np.where(classes >= _FIRST_CLASS_OF_PITCH, classes - lowest + _FIRST_CLASS_OF_PITCH, classes).tolist())


def latent_ways(vae: Vae, converter: TwoBarConverter, examples: Sequence[Frames], seed: int) -> LatentWays:
    """Take ways between pairs of examples, and see how much changes from point to point."""
    chance = np.random.default_rng((seed, len(examples)))
    neighbours, ends, rising = list[float](), list[float](), 0
    for number in range(_PAIRS):
        picked = [examples[int(place)] for place in chance.choice(len(examples), _PAIR, replace=False)]
        means, _ = vae.encode(np.stack([converter.heard(frames) for frames in picked]))
        points = vae.interpolate(means[0], means[1], _POINTS)
        dice = _SameForAll(np.random.default_rng((seed, number)))
        frames = vae.decode(points, vae.wiring.longest, _CERTAIN, dice).frames[..., 0]
        differs = (frames[1:] != frames[:-1]).mean(axis=1)
        away = (frames != frames[0]).mean(axis=1)
        neighbours.append(float(differs.mean()))
        ends.append(float(away[-1]))
        rising += bool((np.diff(away) >= -1 / frames.shape[1] - 1e-9).all())
    return LatentWays(float(np.mean(neighbours)), float(np.mean(ends)), rising / _PAIRS)


class _SameForAll:
    """A source that gives all sequences of a batch the same numbers."""

    def __init__(self, source: np.random.Generator) -> None:
        self._source = source

    def random(self, size: tuple[int, ...]) -> NDArray[np.float64]:
        return np.broadcast_to(self._source.random((1, *size[1:])), size)

    def standard_normal(self, size: tuple[int, ...]) -> NDArray[np.float64]:
        return np.broadcast_to(self._source.standard_normal((1, *size[1:])), size)
