"""What a Piano Genie is worth: how well it foretells keys of which it is told the buttons, and whether it obeys them.

Only its decoder is in a bundle. The buttons are those by which a voice that follows another is played
(:func:`reverie.compose.contours.buttons_of`), passage by passage; so models of different encoders can be set beside
each other, and what is judged is what is played.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from reverie.compose.contours import buttons_of
from reverie.models.genie.decoder import LOWEST_PITCH, Genie
from reverie.models.library.bundle import Bundle
from reverie.music.notes import Note
from reverie.training.errors import TrainingError
from reverie.training.genie_records import Waits, notes_of
from reverie.training.judge.example_likelihood import records_in
from reverie.training.judge.genie_counting import in_turn, keys_counted, told_buttons
from reverie.training.judge.likelihood import short
from reverie.training.workspace import Split, Workspace

TEMPERATURES = (0.25, 1.0)
"""At which keys are drawn: as its authors play it, and as it was learned."""
_PASSAGE = 32
"""Notes of a passage, within which buttons are given by the order of pitches: some bars."""
_COUNTED = 4000
"""Training examples that are counted at most."""


@dataclass(frozen=True, slots=True)
class Obeyed:
    """Of the steps from button to button that were drawn at a temperature, how many keys go which way.

    ``along``: of steps to another button, the share in which the key changes the same way; ``against``: the other way.
    ``held``: of steps to the same button, the share in which the key stays.
    """

    along: float
    against: float
    held: float

    def as_json(self) -> dict[str, float]:
        """Plain data."""
        return {"along": short(self.along), "against": short(self.against), "held": short(self.held)}


@dataclass(frozen=True, slots=True)
class GenieJudgement:
    """All that was found out about a Piano Genie; losses are in nats a key."""

    model: str
    keys: int
    loss: float
    accuracy: float
    counting: float
    counting_told: float
    obeyed: Mapping[float, Obeyed]
    buttons: tuple[float, ...]

    def as_text(self) -> str:
        """In words."""
        perplexity, counting, told = (math.exp(loss) for loss in (self.loss, self.counting, self.counting_told))
        foretold = (
            f"{self.model}: of {self.keys} held-out keys, told the button of each, it foretells {self.accuracy:.1%};"
            f" perplexity {perplexity:.3f}. A Markov model that knows two keys and their buttons before the button has"
            f" {told:.3f}, one of order 3 that is told no button {counting:.3f}"
        )
        lines = [foretold]
        for temperature, one in self.obeyed.items():
            lines.append(
                f"keys drawn at temperature {temperature:g}: along with the button {one.along:.1%}, against it"
                f" {one.against:.1%}; the same key for the same button {one.held:.1%}"
            )
        shares = " ".join(f"{share:.1%}" for share in self.buttons)
        return "\n".join([*lines, f"buttons pressed, from the lowest: {shares}"])

    def as_json(self) -> dict[str, Any]:
        """Plain data: the figures."""
        told = {"model": self.loss, "markov_told_buttons": self.counting_told, "markov": self.counting}
        return {
            "model": self.model,
            "keys": self.keys,
            "perplexity": {name: short(math.exp(loss)) for name, loss in told.items()},
            "accuracy": short(self.accuracy),
            "obeyed": {f"{temperature:g}": one.as_json() for temperature, one in self.obeyed.items()},
            "buttons": [short(share) for share in self.buttons],
        }


def judge_genie(
    bundle: Bundle, workspace: Workspace, count: int, seed: int, report: Callable[[int, int], None]
) -> GenieJudgement:
    """Judge a Piano Genie by the examples of a workspace.

    Args:
        bundle: in the run-time format.
        workspace: has the examples of such a model.
        count: how many held-out examples are heard, at most.
        seed: draws which, and keys.
        report: is told how many are done, of how many.

    Raises:
        ModelError: if it is none.
        TrainingError: if there are no examples, or they are damaged.
    """
    genie = Genie(bundle)
    chance = np.random.default_rng(seed)
    test = _some(_examples(workspace, "test"), count, chance)
    if not test:
        raise TrainingError(f"{workspace.examples}: has no examples that are held out; make the dataset first")
    pressed = [_pressed(keys) for keys, _ in test]
    heard = [_heard(genie, keys, buttons, waits) for (keys, waits), buttons in zip(test, pressed, strict=True)]
    drawn: dict[float, list[tuple[list[int], list[int]]]] = {one: [] for one in TEMPERATURES}
    for number, ((_, waits), buttons) in enumerate(zip(test, pressed, strict=True), 1):
        for temperature, found in drawn.items():
            found.append((_drawn(genie, buttons, waits, temperature, chance), buttons))
        report(number, len(test))
    train = [keys for keys, _ in _some(_examples(workspace, "train"), _COUNTED, chance)]
    validation = [keys for keys, _ in _examples(workspace, "validation")]
    asked = [keys for keys, _ in test]
    counted = [[in_turn(keys, _pressed(keys)) for keys in some] for some in (train, validation, asked)]
    losses, right = (np.concatenate([one[part] for one in heard]) for part in range(2))
    every = np.bincount(np.concatenate(pressed), minlength=8)
    return GenieJudgement(
        bundle.card.name,
        len(losses),
        float(losses.mean()),
        float(right.mean()),
        keys_counted(train, validation, asked),
        told_buttons(*counted),
        {temperature: _obeyed(found) for temperature, found in drawn.items()},
        tuple(float(one) for one in every / every.sum()),
    )


def _examples(workspace: Workspace, split: Split) -> list[tuple[list[int], Waits]]:
    found: list[tuple[list[int], Waits]] = []
    for path in workspace.shards(split):
        for record in records_in(path):
            keys, waits = notes_of(record)
            found.append((keys.tolist(), waits))
    return found


def _some(
    examples: Sequence[tuple[list[int], Waits]], count: int, chance: np.random.Generator
) -> list[tuple[list[int], Waits]]:
    picked = chance.permutation(len(examples))[:count]
    return [examples[int(place)] for place in sorted(picked)]


def _pressed(keys: Sequence[int]) -> list[int]:
    """The buttons of an example, passage by passage."""
    passages = (keys[first : first + _PASSAGE] for first in range(0, len(keys), _PASSAGE))
    return [button for some in passages for button in buttons_of([Note(0, 1, key + LOWEST_PITCH) for key in some])]


def _heard(genie: Genie, keys: Sequence[int], buttons: Sequence[int], waits: Waits) -> tuple[list[float], list[bool]]:
    """The loss of each key of an example, and whether it was held to be the likeliest."""
    memory, losses, right = genie.start(), list[float](), list[bool]()
    for key, button, wait in zip(keys, buttons, waits.tolist(), strict=True):
        likelihoods, after = genie.hear(memory, button, wait)
        memory = replace(after, key=key)
        losses.append(-float(likelihoods[key]))
        right.append(int(likelihoods.argmax()) == key)
    return losses, right


def _drawn(
    genie: Genie, buttons: Sequence[int], waits: Waits, temperature: float, chance: np.random.Generator
) -> list[int]:
    memory, pitches = genie.start(), list[int]()
    for button, wait in zip(buttons, waits.tolist(), strict=True):
        pitch, memory = genie.press(memory, button, wait, float(chance.random()), temperature)
        pitches.append(pitch)
    return pitches


def _obeyed(drawn: Sequence[tuple[Sequence[int], Sequence[int]]]) -> Obeyed:
    ways = np.concatenate([np.stack([np.sign(np.diff(one)) for one in both]) for both in drawn], axis=1)
    played, pressed = ways
    moves = pressed != 0
    return Obeyed(
        float((played == pressed)[moves].mean()),
        float((played * pressed < 0)[moves].mean()),
        float((played == 0)[~moves].mean()),
    )
