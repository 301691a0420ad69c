"""Textures that a model makes to be judged: it is told a bar of music, and goes on for eight.

A model that plays over chords is told those of held-out songs, and a bar of each; its loops are then other melodies to
the same chords. Other models are told bars of validation music, which they are not compared with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from reverie.models.recurrent.model import RecurrentModel
from reverie.models.recurrent.sampling import chances, choose
from reverie.training.judge.generated_loops import BATCH, LoopRequest
from reverie.training.judge.loop_journal import LoopJournal
from reverie.training.judge.texture_measures import LONG_TEXTURE
from reverie.training.judge.textures import TextureKind, TexturePassage
from reverie.training.workspace import digest_of

_MOST_EVENTS = 6000
"""Events after which a passage ends even if too little time has gone by in it."""


class TextureMaker:
    """Makes passages of a bar that was told and :data:`LONG_TEXTURE` bars that go on from it.

    Args:
        model: what makes them.
        kind: what its classes are.
        told: real passages, of which one is drawn for each; the bar and the chords are theirs.
        journal: the file that keeps what was made; None keeps nothing.
        weights: identifies the model.
    """

    def __init__(
        self,
        model: RecurrentModel,
        kind: TextureKind,
        told: Sequence[TexturePassage],
        journal: Path | None = None,
        weights: str = "",
    ) -> None:
        self._told = [one for one in told if _begun(kind, one) and (not kind.control or _is_long(kind, one))]
        if not self._told:
            raise ValueError("there is no bar of music that a model could be told")
        self._model = model
        self._kind = kind
        self._journal = journal
        self._weights = weights

    def make(self, request: LoopRequest, report: Callable[[int, int], None]) -> list[TexturePassage]:
        """As many passages as were asked for.

        Args:
            request: which.
            report: is told how many there are, of how many.
        """
        asked = {**asdict(request), "count": None, "bars": None}
        journal = LoopJournal(self._journal, digest_of([self._weights, asked, BATCH, LONG_TEXTURE, self._told]))
        kept = journal.kept()
        made: list[TexturePassage] = []
        for batch in range(-(-request.count // BATCH)):
            chance = np.random.default_rng((request.seed, batch))
            told = [self._told[int(place)] for place in chance.integers(0, len(self._told), BATCH)]
            numbers = kept.get(batch)
            if numbers is None:
                numbers = self._batch(told, chance, request.temperature)
                journal.keep(batch, numbers)
            made += [one._replace(classes=tuple(own)) for one, own in zip(told, numbers, strict=True)]
            report(min(len(made), request.count), request.count)
        return made[: request.count]

    def _batch(
        self, told: Sequence[TexturePassage], chance: np.random.Generator, temperature: float
    ) -> list[list[int]]:
        kind = self._kind
        made = [list(one.classes[: _begun(kind, one)]) for one in told]
        known = [len(one) for one in made]
        times = [kind.begins(one)[-1] for one in made]
        ends = [one.bar * (1 + LONG_TEXTURE) for one in told]
        run = self._model.network.run(self._model.network.start(len(told)))
        for place in range(_MOST_EVENTS):
            heard = [
                kind.hot(one.controls[place] if place < len(one.controls) else (), own[min(place, len(own) - 1)])
                for one, own in zip(told, made, strict=True)
            ]
            chosen = choose(chances(run.step(heard), temperature), chance.random(len(told)))
            going = False
            for row, label in enumerate(chosen.tolist()):
                if times[row] >= ends[row]:
                    continue
                going = True
                if place + 1 >= known[row]:
                    made[row].append(label)
                    times[row] += kind.lasts[label]
            if not going:
                break
        return made


def _begun(kind: TextureKind, passage: TexturePassage) -> int:
    """How many classes the first bar has; 0 if no note begins in it."""
    begins = kind.begins(passage.classes)
    count = next((place for place, step in enumerate(begins) if step >= passage.bar), 0)
    return count if count and kind.cut(passage, 0, 1).notes else 0


def _is_long(kind: TextureKind, passage: TexturePassage) -> bool:
    return kind.bars_of(passage) >= 1 + LONG_TEXTURE
