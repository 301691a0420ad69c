"""Judging a model of several voices, or of melodies over chords, by what can be heard of its loops."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from reverie.models.errors import ModelError
from reverie.models.library.bundle import Bundle
from reverie.models.recurrent.model import RecurrentModel
from reverie.music.notes import Note
from reverie.training.errors import TrainingError
from reverie.training.judge.copies import KnownRuns
from reverie.training.judge.example_likelihood import judge_perplexity, read_examples
from reverie.training.judge.generated_loops import LoopRequest
from reverie.training.judge.judge import Copies, Judged, Judgement, Report, measured
from reverie.training.judge.texture_loops import TextureMaker
from reverie.training.judge.texture_measures import LONG_TEXTURE, TEXTURE_MEASURES
from reverie.training.judge.texture_music import TextureMusic
from reverie.training.judge.textures import Texture, TextureKind, TexturePassage, texture_kind
from reverie.training.workspace import Workspace

_TOGETHER = 4
"""Hundredths of a second within which notes count as begun together, where time is counted in them."""


def judge_textures(
    bundle: Bundle, workspace: Workspace, music: TextureMusic, request: LoopRequest, report: Report, name: str
) -> Judgement:
    """Judge a model by the examples that it was trained on and by real passages.

    Args:
        bundle: of a configuration of which :func:`texture_kind` knows something.
        workspace: has the examples, and keeps the loops.
        music: by split.
        request: how many loops are made, and which.
        report: is told which step is at work, how many of it are done, and of how many.
        name: of the file that keeps the loops.

    Raises:
        ModelError: if it is of another configuration, or its weights do not fit.
        TrainingError: if examples are missing, damaged or another model's, or loops are longer than what is made.
        ValueError: if a split has no music.
    """
    kind = texture_kind(bundle.card.config)
    if kind is None:
        raise ModelError(f"{bundle.card.name}: is of {bundle.card.config}, whose loops cannot be judged")
    if request.bars > LONG_TEXTURE:
        raise TrainingError(
            f"{bundle.card.name}: goes on for {LONG_TEXTURE} bars when it is judged, so loops of {request.bars} bars"
            f" cannot be cut out; give --bars 1 to {LONG_TEXTURE}"
        )
    learned = [one.labels for one in read_examples(workspace, "train", heard=False)]
    found = judge_perplexity(bundle, workspace, lambda done, of: report("perplexity", done, of), learned)
    if kind.control:  # the chords are those of held-out songs
        request = replace(request, primers="test")
    told = music[request.primers]
    journal = workspace.folder / "judge" / f"{name}.loops.jsonl"
    maker = TextureMaker(RecurrentModel(bundle), kind, told, journal, bundle.card.weights)
    made = maker.make(request, lambda done, of: report("loops", done, of))
    measures = _compared(kind, music, made, request.bars, lambda done, of: report("measures", done, of))
    loops = [kind.cut(one, 1, request.bars) for one in made]
    held_out = _loops(kind, music["test"], request.bars, request.bars)
    # What an example begins with is only heard, and no label of it.
    training = (kind.notes([label for label in labels if isinstance(label, int)]) for labels in learned)
    copies = copies_in(kind, training, loops, held_out)
    metre = "bars of two seconds" if kind.counts_seconds else f"bars of {made[0].bar} sixteenths"
    return Judgement(bundle.card.name, request, metre, found, measures, copies)


def _compared(
    kind: TextureKind,
    music: TextureMusic,
    made: Sequence[TexturePassage],
    bars: int,
    report: Callable[[int, int], None],
) -> dict[str, Judged]:
    sets = {
        length: (
            [kind.cut(one, 1, length) for one in made],
            _loops(kind, music["test"], length, bars),
            _loops(kind, music["train"], length, bars),
        )
        for length in (bars, LONG_TEXTURE)
    }
    return measured(TEXTURE_MEASURES[kind.family], sets[bars], sets[LONG_TEXTURE], report)


def _loops(kind: TextureKind, passages: Sequence[TexturePassage], bars: int, every: int) -> list[Texture]:
    """Passages cut as what is made: each loop after a bar that would have been told."""
    return [kind.cut(one, first, bars) for one in passages for first in range(1, kind.bars_of(one) - bars + 1, every)]


def copies_in(
    kind: TextureKind, training: Iterable[Sequence[Note]], loops: Sequence[Texture], held_out: Sequence[Texture]
) -> Copies:
    """How much of each loop was copied from the training music, in bars; in whatever key it stands there.

    Music is compared moment by moment: by how far the lowest note that begins is from the one before, and which begin
    with it. On a grid, moments at which nothing begins count; in hundredths of a second only the order of what begins
    does, and the part of a loop that was copied is told as if what begins came evenly.
    """
    shapes: dict[Hashable, int] = {}
    known: set[tuple[int, ...]] = set()
    for notes in training:
        known.add(tuple(shapes.setdefault(one, len(shapes)) for one, _ in _moments(kind, notes)))
    told = [list(_moments(kind, loop.notes)) for loop in (*loops, *held_out)]
    runs = KnownRuns(known, max(map(len, told), default=0))
    unknown = len(shapes)
    found: list[float] = []
    for loop, moments in zip((*loops, *held_out), told, strict=True):
        longest = runs.longest([shapes.get(one, unknown) for one, _ in moments], [begins for _, begins in moments])
        found.append(longest * loop.bars / len(moments) if kind.counts_seconds and moments else longest / loop.bar)
    return Copies(tuple(found[: len(loops)]), tuple(found[len(loops) :]))


def _moments(kind: TextureKind, notes: Sequence[Note]) -> Iterator[tuple[Hashable, bool]]:
    """What begins at each moment, wherever it lies, and whether anything does."""
    before: int | None = None
    after = 0
    near = _TOGETHER if kind.counts_seconds else 1
    for start, group in groupby(sorted(notes), key=lambda note: note.start // near):
        pitches = sorted({note.pitch for note in group})
        if not kind.counts_seconds and before is not None:
            yield from ((None, False) for _ in range(start - after))
        yield (None if before is None else pitches[0] - before, *(pitch - pitches[0] for pitch in pitches)), True
        before, after = pitches[0], start + 1
