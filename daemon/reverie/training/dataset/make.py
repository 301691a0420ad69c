# pyright: basic
# Examples come from Magenta, which has no types.
"""From the pieces of a workspace to files of examples, within bounds of disk and memory, and resumable."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Literal, NamedTuple

from reverie.files import write_atomically
from reverie.training.corpus.piece_journal import read_journal
from reverie.training.dataset.census import Census, SplitCensus
from reverie.training.dataset.example_weights import ExampleWeights, check_weights, kinds_of
from reverie.training.dataset.extraction.example_source import Cut, EncodedExample, ExampleSource
from reverie.training.dataset.extraction.shards import ShardedExamples
from reverie.training.dataset.extraction.sources import (
    ORIGINAL,
    PieceVersion,
    other_versions,
    read_version,
    source_of,
)
from reverie.training.dataset.limits import RECORD_OVERHEAD, DatasetLimits
from reverie.training.dataset.title_split import split_pieces
from reverie.training.errors import TrainingError
from reverie.training.pieces import ConvertedPiece
from reverie.training.recipes import TrainingRecipe
from reverie.training.workspace import SPLITS, Split, Workspace, digest_of

_FORMAT = 1
"""Raised when the same pieces and recipe make other examples."""
_TOLD = (
    "config",
    "window",
    "keys",
    "stretches",
    "metres",
    "part",
    "repeats",
    "weights",
    "steady",
    "seed",
    "shorten_bars",
    "key",
)
"""What examples depend on, of a recipe."""
_OUTWEIGHED = "it counts too little to be drawn"


@dataclass(frozen=True, slots=True)
class DatasetProgress:
    """How far a dataset has come: versions of pieces in a split, and what came of them."""

    split: Split
    done: int
    versions: int
    examples: int
    bytes: int


class _PieceTurn(NamedTuple):
    """When a piece gives examples: a first share of each piece, what remains of it, then the other versions."""

    piece: ConvertedPiece
    version: PieceVersion
    part: Literal["share", "rest", "version"]


def read_pieces(workspace: Workspace) -> list[ConvertedPiece]:
    """The pieces that were converted, in the order of their ids, each once.

    Raises:
        TrainingError: if there are none.
    """
    pieces = {piece.id: piece for entry in read_journal(workspace.journal).values() for piece in entry.pieces}
    if not pieces:
        raise TrainingError(
            f"{workspace.folder}: has no music yet that could be read; run the step before, `reverie train convert`, or"
            " the whole command, `reverie train MODEL --data DIR`"
        )
    return [pieces[number] for number in sorted(pieces)]


def make_dataset(
    recipe: TrainingRecipe,
    workspace: Workspace,
    report: Callable[[DatasetProgress], None],
    limits: DatasetLimits | None = None,
) -> Census:
    """Make the examples of a recipe from the pieces that were converted into a workspace.

    Pieces are split by title, what is learned from is transposed and stretched as the recipe says, and all is cut on
    bar lines and encoded as Magenta's configuration wants. The same pieces, recipe and limits make the same bytes, also
    after an interruption: what is finished stays, and a file is whole or not there.

    Where there is no room for all, each piece has a share of it: passages of long pieces, and transposed or stretched
    versions, are left out first, drawn by the recipe's seed; the census says how many.

    Raises:
        KeyError: if the recipe's configuration is none of a family that learns one event after the other.
        TrainingError: if nothing has been converted, or what was is broken, or a weight is of no piece.
    """
    limits = limits or DatasetLimits()
    pieces = read_pieces(workspace)
    check_weights(recipe.weights, pieces)
    source = source_of(recipe)
    inputs = _inputs(recipe, limits, workspace, pieces, source.format)
    done = _done(workspace, inputs)
    if done is not None:
        return done
    _begin(workspace, inputs)
    censuses: dict[str, SplitCensus] = {}
    for split, members in split_pieces(pieces, recipe.seed).items():
        censuses[split] = _SplitMaker(split, recipe, limits, source, workspace, report).make(members)
    census = Census(recipe.config, recipe.window, censuses)
    shards = {path.name: path.stat().st_size for split in SPLITS for path in workspace.shards(split)}
    used = {split: part.used for split, part in censuses.items()}
    workspace.finish("dataset", inputs, {"pieces": used, "census": census.as_json(), "shards": shards})
    return census


def _inputs(
    recipe: TrainingRecipe,
    limits: DatasetLimits,
    workspace: Workspace,
    pieces: Sequence[ConvertedPiece],
    source_format: int,
) -> str:
    plain = recipe.as_json()
    told = {key: plain[key] for key in _TOLD if key in plain}
    told |= {"format": _FORMAT + source_format, "limits": asdict(limits)}
    sizes = [path.stat().st_size if (path := workspace.piece(piece.id)).exists() else 0 for piece in pieces]
    told["pieces"] = [  # in which folders they lie matters to weights alone
        (piece.id, piece.title, piece.split, *([sorted(kinds_of(piece))] if recipe.weights else []), size)
        for piece, size in zip(pieces, sizes, strict=True)
    ]
    return digest_of(told)


def _done(workspace: Workspace, inputs: str) -> Census | None:
    """The census of a dataset that is finished and whole."""
    manifest = workspace.manifest("dataset")
    if manifest is None or not workspace.is_done("dataset", inputs):
        return None
    for name, size in manifest["shards"].items():
        path = workspace.examples / name
        if not path.exists() or path.stat().st_size != size:
            return None
    return Census.from_json(manifest["census"])


def _begin(workspace: Workspace, inputs: str) -> None:
    """Remove examples that were made from something else."""
    stamp = workspace.examples / "inputs.json"
    try:
        same = json.loads(stamp.read_text(encoding="utf-8")) == inputs
    except (FileNotFoundError, ValueError):
        same = False
    if not same:
        for split in SPLITS:
            for path in [*workspace.examples.glob(f"{split}-*"), *workspace.examples.glob(f".{split}-*")]:
                path.unlink()
        write_atomically(stamp, json.dumps(inputs).encode())


class _SplitMaker:
    """Makes the examples of one split, turn after turn."""

    def __init__(
        self,
        split: Split,
        recipe: TrainingRecipe,
        limits: DatasetLimits,
        source: ExampleSource,
        workspace: Workspace,
        report: Callable[[DatasetProgress], None],
    ) -> None:
        self._split: Split = split
        self._seed = recipe.seed
        self._limits = limits
        self._source = source
        self._workspace = workspace
        self._report = report
        self._shards = ShardedExamples(workspace.examples, split, recipe.seed, limits.shard)
        self._versions = other_versions(source.keys, source.stretches) if split == "train" else []
        learned = split == "train"
        self._weights = ExampleWeights(recipe.weights if learned else {}, recipe.steady if learned else 1, recipe.seed)

    def make(self, pieces: Sequence[ConvertedPiece]) -> SplitCensus:
        """Go on from where an earlier run was interrupted, and return the census of the whole."""
        turns = list(self._turns(pieces))
        share = self._limits.of(self._split) // max(1, len(pieces))
        self._shards.resume()
        number = self._shards.following
        while number < len(turns):
            following = self._take(number, turns[number], share)
            if following is None:
                break
            number = following
            told = self._shards.total
            self._report(DatasetProgress(self._split, number, len(turns), told.examples, told.bytes))
        self._shards.finish(number)
        census = self._shards.total
        census.pieces = len(pieces)
        for piece in pieces:
            if not self._shards.spent[piece.id]:
                weighed = census.outweighed and not self._shards.remaining[piece.id]
                census.nothing.setdefault(piece.file, [_OUTWEIGHED if weighed else "there was no room"])
        census.used = len(pieces) - len(census.nothing)
        planned = len(self._versions) * len(pieces)
        census.versions_left_out = planned - census.versions - census.versions_impossible
        census.cuts_left_out += sum(self._shards.remaining.values())
        return census

    def _turns(self, pieces: Sequence[ConvertedPiece]) -> Iterator[_PieceTurn]:
        order = random.Random(f"{self._seed}:{self._split}")
        versions = {piece.id: order.sample(self._versions, len(self._versions)) for piece in pieces}
        for part in ("share", "rest"):
            yield from (_PieceTurn(piece, ORIGINAL, part) for piece in order.sample(pieces, len(pieces)))
        for number in range(len(self._versions)):
            for piece in order.sample(pieces, len(pieces)):
                yield _PieceTurn(piece, versions[piece.id][number], "version")

    def _take(self, number: int, turn: _PieceTurn, share: int) -> int | None:
        """Add what a piece gives in its turn; the turn to go on with, or None if there is no room for more.

        What remains of a piece may be more than a file has: then it has another turn.
        """
        name, shards = turn.piece.id, self._shards
        if turn.part == "rest" and not shards.remaining[name]:
            return number + 1
        total = self._limits.of(self._split) - shards.total.bytes
        room = min(total, self._limits.shard, self._limits.piece - shards.spent[name])
        if room <= 0 and turn.part == "version":
            return number + 1 if total > 0 else None
        census, left_out = SplitCensus(), Counter[str]()
        cuts = self._cuts(turn, left_out)
        if turn.part == "share":
            census.reasons.update(left_out)
            if not cuts:
                census.nothing[turn.piece.file] = sorted(left_out) or ["it has no notes for such a model"]
        elif turn.part == "rest":
            cuts = cuts[len(cuts) - shards.remaining[name] :]
        found, taken, full = self._encode(turn, cuts, room, room if turn.part == "rest" else share, census)
        remaining = len(cuts) - taken
        if turn.part == "version":
            # One whose examples all count too little is made, too: more room would not help it.
            census.versions, census.versions_impossible = int(bool(found or census.outweighed)), int(not cuts)
            census.cuts_left_out = remaining
        shards.add(name, number, [example.record for example in found], census)
        if turn.part != "version":
            shards.remain(name, remaining)
        if full and room == total:
            return None
        return number if full and taken and turn.part == "rest" and room == self._limits.shard else number + 1

    def _cuts(self, turn: _PieceTurn, left_out: Counter[str]) -> list[Cut]:
        """All windows of a version, in an order of their own, so that what is left out is no particular part."""
        sequence = read_version(self._workspace.piece(turn.piece.id), turn.version)
        cuts = list(self._source.cuts(sequence, left_out)) if sequence is not None else []
        random.Random(f"{self._seed}:{turn.piece.id}:{turn.version}").shuffle(cuts)
        return cuts

    def _encode(
        self, turn: _PieceTurn, cuts: Sequence[Cut], room: int, share: int, census: SplitCensus
    ) -> tuple[list[EncodedExample], int, bool]:
        """The examples of the first windows, how many windows these are, and whether the next one had no room.

        They take no more than the ``share``, but for the first, which only has to have ``room``.
        """
        found: list[EncodedExample] = []
        size = 0
        for number, cut in enumerate(cuts):
            left = len(cuts) - number  # of the whole piece, whatever turn it is
            weighed = [
                (example, self._weights.copies(turn.piece, example.steadiness, f"{turn.version}:{left}:{part}"))
                for part, example in enumerate(cut())
            ]
            size += sum(copies * (len(example.record) + RECORD_OVERHEAD) for example, copies in weighed)
            if size > room or (found and size > share):
                return found, number, size > room
            for example, copies in weighed:
                found += [example] * copies
                _count(census, example, copies)
        return found, len(cuts), False


def _count(census: SplitCensus, example: EncodedExample, copies: int) -> None:
    """Count an example that is written so many times."""
    census.repeated += max(0, copies - 1)
    census.outweighed += not copies
    for _ in range(copies):
        size = len(example.record) + RECORD_OVERHEAD
        census.count(example.metre, example.events, example.bars, example.pitches, size, example.steadiness)
