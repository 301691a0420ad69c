"""The engine of recurrent models: run-time bundles of DrumsRNN, MelodyRNN and ImprovRNN, in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from reverie.compose.conditioning import ConditionedPrimer, InputRange, chords_over, hear
from reverie.compose.engines.engine import Candidate
from reverie.compose.recipe import Recipe
from reverie.compose.steering import Drawing, steering
from reverie.compose.told_chords import by_step
from reverie.models.configs import config_of
from reverie.models.counting import unit_of
from reverie.models.encodings import improv, melody_notes
from reverie.models.encodings import multi_drum as drums
from reverie.models.encodings.base import Conditional, Encoding
from reverie.models.encodings.melody import REGISTERS
from reverie.models.encodings.multi_drum import ONE_DRUM, DrumAlphabet
from reverie.models.errors import ModelError
from reverie.models.library.bundle import read_model
from reverie.models.library.card import ModelCard
from reverie.models.library.index import ModelFile
from reverie.models.recurrent.model import Bias, CarriedPassages, PassageStream, RecurrentModel, compose
from reverie.models.recurrent.spans import BarSpan, SpanComposer
from reverie.music.drums import DRUM_KIT
from reverie.music.notes import Note
from reverie.music.time import TICKS_PER_STEP


@dataclass(frozen=True, slots=True)
class _LoadedModel:
    """A model in memory, and how it speaks: ``unit`` is its step in sixteenths.

    ``number_of`` an event is what recipes keep of it, and ``event_of`` a number reads it. ``ending`` gives the last
    events of a passage as they are told without those before.
    """

    file: ModelFile
    model: RecurrentModel
    ear: InputRange
    unit: int
    events_of: Callable[[Sequence[Note], int], tuple[Any, ...]]
    notes_of: Callable[[Sequence[Any]], tuple[Note, ...]]
    number_of: Callable[[Any], int] = int
    event_of: Callable[[int], Any] = int
    ending: Callable[[Sequence[Any], int], Sequence[Any]] = lambda events, steps: events[-steps:]

    @property
    def spoken(self) -> Encoding[Any, Any]:
        """How it says its events, whatever they stand under."""
        encoding = self.model.encoding
        return encoding.target if isinstance(encoding, Conditional) else encoding

    def under(self, recipe: Recipe, heard: ConditionedPrimer) -> list[str] | None:
        """The chord over each event from the first that the model hears on; None where it hears no chords.

        Raises:
            ModelError: if it composes over chords, and the recipe has none.
        """
        if not isinstance(self.model.encoding, Conditional):
            return None
        return chords_over(recipe, heard)[:: self.unit]


class RecurrentEngine:
    """Equals Magenta's own generators, and composes all candidates of a recipe at once.

    A loop that continues others goes on from the model's memory of them, which its recipe's past can make again;
    Magenta's generators would hear the last loop only, and read it again. So does a model here whose counter does not
    fit the metre, and it is told the last bars again as often as its recipe's span wants it.
    """

    name = "numpy"

    def __init__(self) -> None:
        self._voices: dict[str, _LoadedModel] = {}

    def load(self, model: ModelFile) -> None:
        """Make a model ready; the first note of a loop must not wait for a file.

        Raises:
            ModelError: if the file is missing, broken or no model that this engine runs.
        """
        bundle = read_model(model)
        try:
            self._voices[model.sha256] = _voice(model, RecurrentModel(bundle), bundle.card)
        except ModelError as error:
            raise ModelError(f"{model.path}: {error}") from error

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """Compose ``recipe.steps`` sixteenths after the recipe's primer and past, ``recipe.candidates`` times.

        Raises:
            ModelError: if the model was not loaded, or the memory is not its own.
        """
        voice = self._voices.get(recipe.model_hash)
        if voice is None:
            raise ModelError(f"the model {recipe.model} was asked for music before it was loaded")
        heard = hear(recipe, voice.ear)
        opening = voice.events_of(heard.notes, heard.steps)
        under = voice.under(recipe, heard)
        if recipe.span and not recipe.past:
            return _in_spans(voice, recipe, heard, opening, under)
        if recipe.past:
            carried = (
                voice.model.carried_from_bytes(memory) if memory else _recalled(voice, recipe, heard, opening, under)
            )
            heard, opening = replace(heard, notes=(), steps=0, first=0), ()
            under = voice.under(recipe, heard)
        else:
            carried = _told(voice, opening, under)
        steps = heard.drawn(recipe.steps)
        bias = steering(recipe, voice.spoken, _drawing(voice, recipe, heard, opening, steps))
        stream = voice.model.stream(carried.take([0] * recipe.candidates), apart=bias is not None)
        drawn = _drawn(voice, stream, steps, recipe.seed, recipe.temperature, bias, under and under[len(opening) :])
        after = stream.carried
        return [
            Candidate(
                _answer(recipe, heard, voice.notes_of((*opening, *new))),
                float(stream.log_likelihoods[row]) / max(len(new), 1),
                partial(_packed, after, row),
                tuple(map(voice.number_of, new)) if bias is not None else (),
            )
            for row, new in enumerate(drawn)
        ]


def _in_spans(
    voice: _LoadedModel,
    recipe: Recipe,
    heard: ConditionedPrimer,
    opening: Sequence[Any],
    under: Sequence[str] | None,
) -> list[Candidate]:
    """What a model draws that begins anew at bar lines; it is to remember nothing after that."""
    span = BarSpan(recipe.metre.bar_steps // voice.unit, recipe.span // voice.unit)
    drawing = _drawing(voice, recipe, heard, opening, heard.drawn(recipe.steps))
    made = SpanComposer(voice.model, span, voice.ending).compose(
        opening,
        drawing.step // voice.unit % span.bar,
        drawing.count,
        np.random.default_rng(recipe.seed),
        recipe.temperature,
        batch=recipe.candidates,
        bias=steering(recipe, voice.spoken, drawing),
        controls=under,
    )
    return [
        Candidate(
            _answer(recipe, heard, voice.notes_of((*opening, *new))),
            float(made.log_likelihoods[row]) / max(len(new), 1),
        )
        for row, new in enumerate(made.events)
    ]


def _told(voice: _LoadedModel, opening: Sequence[Any], under: Sequence[str] | None) -> CarriedPassages:
    """The model when it has heard its primer."""
    stream = voice.model.stream(voice.model.start())
    stream.prime(opening, under)
    return stream.carried


def _recalled(
    voice: _LoadedModel,
    recipe: Recipe,
    heard: ConditionedPrimer,
    opening: Sequence[Any],
    under: Sequence[str] | None,
) -> CarriedPassages:
    """What the model remembers of the recipe's past: all of it is drawn again, and the same chosen.

    What was steered is heard again in place of that, by as many passages at once as were drawn, and apart: so the same
    comes of it to the last bit.
    """
    carried = _told(voice, opening, under)
    for number, past in enumerate(recipe.past):
        stream = voice.model.stream(carried.take([0] * past.candidates), apart=bool(past.events))
        begun = 0 if number else heard.steps - heard.first
        controls = under and by_step(past.chords)[begun :: voice.unit]
        if past.events:
            stream.prime([voice.event_of(one) for one in past.events], controls)
        else:
            steps = past.steps if number else heard.drawn(past.steps)
            _drawn(voice, stream, steps, past.seed, past.temperature, under=controls)
        carried = stream.carried.take([past.choice])
    return carried


def _drawn(
    voice: _LoadedModel,
    stream: PassageStream,
    steps: int,
    seed: int,
    temperature: float,
    bias: Bias | None = None,
    under: Sequence[str] | None = None,
) -> list[tuple[Any, ...]]:
    """So many sixteenths of each passage, rounded up to the model's own steps; ``under`` has the chord over each."""
    control = None if under is None else under.__getitem__
    count = -(-steps // voice.unit)
    return compose(stream, count, np.random.default_rng(seed), temperature, bias=bias, control=control)


def _drawing(
    voice: _LoadedModel, recipe: Recipe, heard: ConditionedPrimer, opening: Sequence[Any], steps: int
) -> Drawing:
    """Where in the loop the model begins to draw, and what sounds there.

    A note of the primer that is still held is not part of the answer, so nothing sounds; the opening that the model
    begins with where there is no primer is.
    """
    offset = recipe.primer_steps if recipe.keeps_primer else 0
    sounds = opening[-1] if opening and not heard.first and not voice.ear.drums else None
    return Drawing(
        step=offset + len(opening) * voice.unit - heard.first,
        unit=voice.unit,
        count=-(-steps // voice.unit),
        played=lambda pitch: heard.played(Note(heard.first, 1, pitch)).pitch,
        sounds=sounds if sounds is not None and sounds >= 0 else None,
        before=recipe.before[-1].pitch if recipe.before else None,
    )


def _packed(carried: CarriedPassages, row: int) -> bytes:
    return carried.take([row]).as_bytes()


def _answer(recipe: Recipe, heard: ConditionedPrimer, notes: Sequence[Note]) -> tuple[Note, ...]:
    """What answers the recipe. A note that sounded already when the primer ended is left out, even if it is held."""
    played = (heard.played(note) for note in notes if note.start >= heard.first)
    return tuple(sorted(note for note in played if note.start < recipe.steps * TICKS_PER_STEP))


def _voice(file: ModelFile, model: RecurrentModel, card: ModelCard) -> _LoadedModel:
    """How a model speaks.

    Raises:
        ModelError: if its family is none that a voice can be, or its steps are not those of sixteenths.
    """
    config = config_of(card.config)
    unit = unit_of(card)
    if config.family == "drums_rnn":

        def struck(notes: Sequence[Note], steps: int) -> tuple[frozenset[int], ...]:
            hits = [{note.pitch for note in notes if note.start // unit == step} for step in range(-(-steps // unit))]
            return tuple(frozenset(hit) for hit in hits)

        def strokes(events: Sequence[frozenset[int]]) -> tuple[Note, ...]:
            return tuple(Note(n.start * unit, 1, n.pitch, n.velocity) for n in drums.notes_of(events))

        kit = DrumAlphabet(ONE_DRUM if config.name == "one_drum" else DRUM_KIT)
        return _LoadedModel(file, model, InputRange(drums=True), unit, struck, strokes, kit.encode, kit.decode)
    if config.family in {"melody_rnn", "improv_rnn"}:
        register = REGISTERS.get(config.name, improv.REGISTER)
        ear = InputRange(low=register.low, high=register.high - 1, transposes=register.key is not None)

        def line(notes: Sequence[Note], steps: int) -> tuple[int, ...]:
            passage = melody_notes.events_of(notes, gap_bars=steps)
            assert passage is not None  # noqa: S101 - a model hears at least its opening
            return melody_notes.resized((melody_notes.NO_EVENT,) * passage.start + passage.events, steps)

        return _LoadedModel(file, model, ear, unit, line, melody_notes.notes_of, ending=melody_notes.ending)
    raise ModelError(f"is of {config.family}, which is no family of this engine")
