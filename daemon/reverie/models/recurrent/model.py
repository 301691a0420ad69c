"""A recurrent model at work: an encoding and a network, and passages of events in progress."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from reverie.models.archive import packed, unpacked
from reverie.models.encodings.base import Encoding, Hot, Label
from reverie.models.encodings.encodings import encoding_of
from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.lstm import Array
from reverie.models.recurrent.network import RecurrentMemory, RecurrentNetwork, window_of
from reverie.models.recurrent.sampling import Uniforms, allowed, chances, choose, steered

_STATES = "states"
_LEAST = float(np.finfo(np.float32).tiny)
"""The chance of an event that was forced and had none."""

_Kind = TypeVar("_Kind", np.float32, np.bool_)


class Bias(Protocol):
    """What is more, or less, likely to be drawn than the model finds it, for each event that is drawn."""

    def __call__(
        self, number: int, states: Sequence[Any], events: Sequence[Any], chances: Sequence[Array]
    ) -> Array | None:
        """The log-weights of the classes, as :meth:`PassageStream.draw` takes them; None for nothing.

        Args:
            number: of the event, from 0.
            states: the encoding's, in each passage.
            events: those that were drawn before, in each passage; none before the first.
            chances: the model's own probabilities (classes, batch), of each head.
        """
        ...


@dataclass(frozen=True, slots=True)
class CarriedPassages:
    """All that a batch of passages needs to be continued, however long they are: a value, from loop to loop.

    ``states`` are the encoding's, after every event; ``memory`` is the network's, which has heard all but the last.
    """

    memory: RecurrentMemory
    states: tuple[Any, ...]
    begun: bool

    def take(self, rows: Sequence[int]) -> CarriedPassages:
        """Some of the passages, in the given order and as often as they are named."""
        return CarriedPassages(self.memory.take(rows), tuple(self.states[row] for row in rows), self.begun)

    def as_bytes(self) -> bytes:
        """A NumPy archive of it, without pickles; equal values make equal bytes."""
        states = json.dumps({"begun": self.begun, "states": [_plain(state) for state in self.states]})
        return packed({**self.memory.as_tensors(), _STATES: np.array(states)})


class RecurrentModel:
    """One bundle, ready to compose."""

    def __init__(self, bundle: Bundle) -> None:
        """Compile a bundle.

        Raises:
            ModelError: if its config has no encoding of single events, or the weights do not fit it.
        """
        card = bundle.card
        self.name = card.name
        self.encoding: Encoding[Any, Any] = encoding_of(card.config)
        self.network = RecurrentNetwork(bundle.weights, window_of(card.settings))
        for what, there, needed in (
            ("inputs", self.network.input_size, self.encoding.input_size),
            ("classes", self.network.classes, sum(self.encoding.classes)),
        ):
            if there != needed:
                raise ModelError(f"{self.name}: has {there} {what}, and the encoding of {card.config} has {needed}")

    def start(self, batch: int = 1) -> CarriedPassages:
        """Passages without any event."""
        return CarriedPassages(self.network.start(batch), (self.encoding.start(),) * batch, begun=False)

    def stream(self, carried: CarriedPassages, *, apart: bool = False) -> PassageStream:
        """Go on from ``carried``, which is not changed.

        Args:
            carried: where the passages are.
            apart: whether each passage is the same to the last bit whatever happens in the others beside it.
        """
        return PassageStream(self, carried, apart=apart)

    def carried_from_bytes(self, data: bytes) -> CarriedPassages:
        """Read :meth:`CarriedPassages.as_bytes`.

        Raises:
            ModelError: if it is none of this model.
        """
        try:
            tensors: dict[str, Array] = unpacked(data)
            notes = json.loads(str(tensors.pop(_STATES)))
            template = self.encoding.start()
            states = tuple(_like(template, state) for state in notes["states"])
            carried = CarriedPassages(RecurrentMemory.from_tensors(tensors), states, bool(notes["begun"]))
            self.network.run(carried.memory)
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise ModelError(f"{self.name}: what it was to go on from is damaged, or another model's") from error
        return carried


class PassageStream:
    """A batch of passages in progress.

    ``log_likelihoods`` (batch,) are those of all events that were drawn, at the temperatures they were drawn with, and
    ``latest`` are the probabilities (classes, batch) of the last draw. Both are the model's own: a bias changes what is
    drawn, and not how likely the model finds it.
    """

    def __init__(self, model: RecurrentModel, carried: CarriedPassages, *, apart: bool = False) -> None:
        self._model = model
        self._run = model.network.run(carried.memory, apart=apart)
        self._states = list(carried.states)
        self._begun = carried.begun
        self._bounds = tuple(int(bound) for bound in np.cumsum(model.encoding.classes)[:-1])
        self.log_likelihoods = np.zeros(self._run.batch)
        self._rows = np.arange(self._run.batch)
        self.latest: list[Array] = []

    @property
    def batch(self) -> int:
        """How many passages these are."""
        return self._run.batch

    @property
    def states(self) -> Sequence[Any]:
        """The encoding's state in each passage."""
        return self._states

    @property
    def carried(self) -> CarriedPassages:
        """Where they are, as a value of its own."""
        return CarriedPassages(self._run.memory, tuple(self._states), self._begun)

    def push(self, events: Sequence[Any], controls: Sequence[Any] | None = None) -> None:
        """Let an event happen in each passage, as in a primer: the model hears it, but is not asked.

        Args:
            events: one for each passage.
            controls: what each event stands under, where the encoding is conditional.

        Raises:
            ValueError: if the encoding has no such event.
        """
        if self._begun:
            self._hear(controls)
        encoding = self._model.encoding
        self._states = [encoding.push(state, event) for state, event in zip(self._states, events, strict=True)]
        self._begun = True

    def prime(self, events: Sequence[Any], controls: Sequence[Any] | None = None) -> None:
        """Let the same events happen in every passage, one after the other; ``controls`` has one for each event."""
        for number, event in enumerate(events):
            control = None if controls is None else (controls[number],) * self.batch
            self.push((event,) * self.batch, control)

    def draw(
        self,
        uniforms: Uniforms,
        temperature: float = 1.0,
        controls: Sequence[Any] | None = None,
        mask: NDArray[np.bool_] | None = None,
        bias: Array | Callable[[Sequence[Array]], Array | None] | None = None,
    ) -> tuple[Any, ...]:
        """Let the model say what happens next in each passage.

        Args:
            uniforms: asked for (batch, heads) numbers.
            temperature: above 1 is wilder, below 1 is tamer.
            controls: what each coming event stands under, where the encoding is conditional.
            mask: which classes may be drawn, (classes,) or (classes, batch); heads follow each other.
            bias: log-weights of the same shape, which are added before one is drawn; minus infinity excludes a class,
                as long as there is another. Or what makes them of the model's own probabilities, of each head.

        Returns:
            The events, one for each passage.

        Raises:
            ValueError: if nothing has happened yet: a model goes on from something.
        """
        self._ask(controls, temperature)
        if mask is not None:
            self.latest = [allowed(*pair) for pair in zip(self.latest, self._heads(mask), strict=True)]
        heads = self.latest
        weights = bias(heads) if callable(bias) else bias
        if weights is not None:
            heads = [steered(*pair) for pair in zip(heads, self._heads(weights), strict=True)]
        numbers = uniforms.random((self.batch, len(heads)))
        return self._happen([choose(head, numbers[:, index]) for index, head in enumerate(heads)])

    def force(self, events: Sequence[Any], temperature: float = 1.0, controls: Sequence[Any] | None = None) -> None:
        """As :meth:`push`, and count in :attr:`log_likelihoods` how likely the events were.

        Raises:
            ValueError: if nothing has happened yet, or the encoding has no such event.
        """
        self._ask(controls, temperature)
        encoding = self._model.encoding
        labels = [encoding.label(state, event) for state, event in zip(self._states, events, strict=True)]
        heads = zip(*(label if isinstance(label, tuple) else (label,) for label in labels), strict=True)
        self._happen([np.asarray(head) for head in heads])

    def _hear(self, controls: Sequence[Any] | None) -> Array:
        return self._run.step(self.inputs(controls))

    def inputs(self, controls: Sequence[Any] | None = None) -> list[Hot]:
        """What the network hears next, in each passage."""
        encoding = self._model.encoding
        if controls is None:
            return [encoding.input(state) for state in self._states]
        return [encoding.input(state, control) for state, control in zip(self._states, controls, strict=True)]

    def _ask(self, controls: Sequence[Any] | None, temperature: float) -> None:
        if not self._begun:
            raise ValueError("a model goes on from an event; push one first")
        logits = self._hear(controls)
        self.latest = [chances(head, temperature) for head in self._heads(logits)]

    def _heads(self, rows: NDArray[_Kind]) -> list[NDArray[_Kind]]:
        """What belongs to each head."""
        return np.split(rows, self._bounds) if self._bounds else [rows]

    def _happen(self, heads: Sequence[NDArray[np.intp]]) -> tuple[Any, ...]:
        for chance, head in zip(self.latest, heads, strict=True):
            self.log_likelihoods += np.log(np.maximum(chance[head, self._rows], _LEAST))
        encoding = self._model.encoding
        labels = heads[0].tolist() if len(heads) == 1 else list(zip(*(head.tolist() for head in heads), strict=True))
        events = tuple(
            encoding.event(state, cast("Label", label)) for state, label in zip(self._states, labels, strict=True)
        )
        self._states = [encoding.push(state, event) for state, event in zip(self._states, events, strict=True)]
        return events


def compose(
    stream: PassageStream,
    count: int,
    uniforms: Uniforms,
    temperature: float = 1.0,
    *,
    control: Callable[[int], Any] | None = None,
    mask: NDArray[np.bool_] | None = None,
    bias: Bias | None = None,
) -> list[tuple[Any, ...]]:
    """Draw ``count`` events in every passage.

    Args:
        stream: what to go on from.
        count: how many events.
        uniforms: where chance comes from.
        temperature: above 1 is wilder, below 1 is tamer.
        control: what the event of a number, from 0, stands under, where the encoding is conditional.
        mask: which classes may be drawn.
        bias: which classes of the event of a number are more likely to be drawn than the model finds them.

    Returns:
        The events of each passage.
    """
    steps: list[tuple[Any, ...]] = []
    for number in range(count):
        stands_under = None if control is None else (control(number),) * stream.batch
        weights = None if bias is None else partial(bias, number, stream.states, steps[-1] if steps else ())
        steps.append(stream.draw(uniforms, temperature, stands_under, mask, weights))
    return [tuple(events) for events in zip(*steps, strict=True)] if steps else [()] * stream.batch


def _plain(state: Any) -> Any:
    """A state of an encoding as JSON has it: tuples become lists, sets are marked."""
    if isinstance(state, frozenset):
        return {"set": sorted(cast("frozenset[Any]", state))}
    if isinstance(state, tuple):
        return [_plain(part) for part in cast("tuple[Any, ...]", state)]
    return state


def _like(template: Any, data: Any) -> Any:
    """Undo :func:`_plain`; ``template`` is a state of the same encoding."""
    if isinstance(data, Mapping):
        return frozenset(cast("Mapping[str, list[Any]]", data)["set"])
    if isinstance(data, list):
        parts = [_like(None, part) for part in cast("list[Any]", data)]
        make: Callable[[list[Any]], Any] = getattr(template, "_make", tuple)
        return make(parts)
    return data
