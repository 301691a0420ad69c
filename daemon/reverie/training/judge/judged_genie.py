"""What a Piano Genie is worth: how well it foretells keys of which it is told the buttons, and whether it obeys them.

Only its decoder is in a bundle. In place of its encoder's, it is told of each key the button under which it finds that
key likeliest. A Markov model is told the same buttons, so that both know as much; and how well one foretells who knows
no button, says what a button is worth. Whether keys obey is asked of the buttons by which a voice is played that
follows another (:func:`reverie.compose.contours.buttons_of`), passage by passage.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from reverie.compose.contours import buttons_of
from reverie.models.genie.decoder import LOWEST_PITCH, Genie
from reverie.models.genie.weights import BUTTONS
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
_COUNTED = 1000
"""Training examples that are counted at most, of each kind of model."""


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
            f"{self.model}: of {self.keys} held-out keys, told the best button of each, it foretells"
            f" {self.accuracy:.1%}; perplexity {perplexity:.3f}. A Markov model that is told the same, and knows the"
            f" two keys and buttons before, has {told:.3f}; one of order 3 that is told none {counting:.3f}"
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
    drawn: dict[float, list[tuple[list[int], list[int]]]] = {one: [] for one in TEMPERATURES}
    counting = (
        _some(_examples(workspace, "train"), _COUNTED, chance),
        _some(_examples(workspace, "validation"), _COUNTED // 10, chance),
    )
    of, done = len(test) + sum(map(len, counting)), 0
    heard: list[list[_HeardKeys]] = []
    for examples in (*counting, test):
        heard.append([])
        for keys, waits in examples:
            heard[-1].append(_heard(genie, keys, waits))
            for temperature, found in drawn.items() if examples is test else ():
                pressed = _pressed(keys)
                found.append((_drawn(genie, pressed, waits, temperature, chance), pressed))
            done += 1
            report(done, of)
    counted = [[in_turn(one.keys, one.buttons) for one in some] for some in heard]
    plain = [[one.keys for one in some] for some in heard]
    losses, right = (np.concatenate([one[part] for one in heard[-1]]) for part in (2, 3))
    every = np.bincount(np.concatenate([one.buttons for one in heard[-1]]), minlength=BUTTONS)
    return GenieJudgement(
        bundle.card.name,
        len(losses),
        float(losses.mean()),
        float(right.mean()),
        keys_counted(plain[0], plain[1], plain[2]),
        told_buttons(counted[0], counted[1], counted[2]),
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


class _HeardKeys(NamedTuple):
    """The keys of an example with their buttons, the loss of each, and whether it was held to be the likeliest."""

    keys: list[int]
    buttons: list[int]
    losses: list[float]
    right: list[bool]


def _heard(genie: Genie, keys: list[int], waits: Waits) -> _HeardKeys:
    memory, heard = genie.start(), _HeardKeys(keys, [], [], [])
    for key, wait in zip(keys, waits.tolist(), strict=True):
        button = genie.button_for(memory, key, wait)
        likelihoods, after = genie.hear(memory, button, wait)
        memory = replace(after, key=key)
        heard.buttons.append(button)
        heard.losses.append(-float(likelihoods[key]))
        heard.right.append(int(likelihoods.argmax()) == key)
    return heard


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
