"""Judging a file by what a training keeps in its workspace, and keeping what came of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from reverie.files import write_atomically
from reverie.models.configs import Family, config_of
from reverie.models.errors import ModelError
from reverie.models.library.card import ModelCard
from reverie.models.library.importing import read_any_bundle
from reverie.music.time import Metre
from reverie.training.card_recipe import recipe_of_card
from reverie.training.genie_records import PIANO_GENIE
from reverie.training.judge.example_likelihood import judge_perplexity
from reverie.training.judge.generated_loops import LoopRequest
from reverie.training.judge.judge import Judgement, Report, judge
from reverie.training.judge.judge_picture import draw_judgement
from reverie.training.judge.judge_table import as_table, perplexity_line
from reverie.training.judge.judged_genie import judge_genie
from reverie.training.judge.judged_latent import judge_latent
from reverie.training.judge.judged_music import (
    JudgedMusic,
    in_metres,
    kind_of,
    music_as_json,
    music_from_json,
    music_of,
)
from reverie.training.judge.judged_parts import judge_parts
from reverie.training.judge.judged_taps import TAPS, judge_taps
from reverie.training.judge.judged_textures import judge_textures
from reverie.training.judge.judged_touch import HUMANIZE, PlayedTake, judge_touch, take_of_sequence
from reverie.training.judge.texture_music import texture_music
from reverie.training.judge.textures import texture_kind
from reverie.training.pieces import ConvertedPiece
from reverie.training.recipes import RECIPES, LearnedPart
from reverie.training.workspace import Split, Workspace, digest_of

_MUSIC_FORMAT = 3
"""Raised when the same pieces make other passages."""

_RECURRENT: frozenset[Family] = frozenset({"drums_rnn", "improv_rnn", "polyphony_rnn", "performance_rnn"})

_PASSAGES = 200
"""Held-out passages of four parts that are harmonized: each costs as much as 32 of what other models draw."""

_TWO_BARS = frozenset({"cat-mel_2bar_small", "cat-drums_2bar_small"})

PiecesBySplit = Mapping[Split, Sequence[ConvertedPiece]]


@dataclass(frozen=True, slots=True)
class KeptJudgement:
    """A judgement as it was written: as text, as data, and the files that it lies in."""

    text: str
    data: Mapping[str, Any]
    files: tuple[Path, ...]


def judge_file(  # noqa: PLR0911 - one for each kind of model
    path: Path,
    workspace: Workspace,
    splits: PiecesBySplit,
    request: LoopRequest | None = None,
    *,
    metre: Metre | None = None,
    report: Report = lambda _step, _done, _of: None,
) -> KeptJudgement:
    """Judge a model of any kind by what can be said of it, as :func:`judge_bundle` does.

    Of drums and melodies that is all: perplexity, loops and copies; so it is of melodies over chords, of several voices
    and of performances, whose perplexity is that of the examples of the workspace's dataset. Of a model that humanizes
    it is the touch, of one that makes beats of taps also whether it follows them; of a MusicVAE how well it says these
    examples again, and its loops; of a Piano Genie how well it foretells and obeys; of a Coconet how well
    it knows what is hidden, and what it adds to sopranos; of other recurrent models the
    perplexity alone. It lies in ``judge/`` of the
    workspace by the file's name, with a picture where bars are judged.

    Raises:
        ModelError: if nothing can be said of such a model yet, nor of one metre alone, or it is damaged.
        TrainingError: if the examples that it takes are missing, damaged or another model's.
        FileNotFoundError: if a piece is missing in the workspace.
        ValueError: if a split has no music.
    """
    bundle = read_any_bundle(path)
    config, folder = config_of(bundle.card.config), workspace.folder / "judge"
    if config.family == "melody_rnn" or config.name == "drum_kit":
        judged = judge_bundle(path, workspace, splits, request, metre=metre, report=report)
        return _kept_judgement(folder, f"{path.stem}{_of_metre(metre)}", judged)
    if metre is not None:
        raise ModelError(
            f"{path}: is of {config.name}; only models of drums and of melodies are judged by one metre alone, so leave"
            " out --metre"
        )
    if config.name in {HUMANIZE, TAPS}:
        learned = _in_metres_learned(bundle.card, splits)
        takes = workspace_takes(workspace, learned, lambda done, of: report("music", done, of))
        groove = judge_touch(bundle, takes) if config.name == HUMANIZE else judge_taps(bundle, takes)
        return _kept(folder, path.stem, groove.as_text(), groove.as_json())
    kind = texture_kind(config.name)
    if kind is not None and config.name in RECIPES:
        recipe, learned = RECIPES[config.name], _in_metres_learned(bundle.card, splits)
        music = texture_music(recipe, kind, workspace, learned, lambda done, of: report("music", done, of))
        found = judge_textures(bundle, workspace, music, request or LoopRequest(), report, path.stem)
        return _kept_judgement(folder, path.stem, found)
    if config.name in _TWO_BARS:
        count, seed = (request.count, request.seed) if request else (LoopRequest().count, 0)
        latent = judge_latent(bundle, workspace, count, seed, lambda done, of: report("loops", done, of))
        return _kept(folder, path.stem, latent.as_text(), latent.as_json())
    if config.name == PIANO_GENIE:
        count, seed = (request.count, request.seed) if request else (LoopRequest().count, 0)
        genie = judge_genie(bundle, workspace, count, seed, lambda done, of: report("perplexity", done, of))
        return _kept(folder, path.stem, genie.as_text(), genie.as_json())
    if config.family == "coconet":
        count, seed = (request.count, request.seed) if request else (_PASSAGES, 0)
        parts = judge_parts(bundle, workspace, count, seed, lambda done, of: report("loops", done, of))
        return _kept(folder, path.stem, parts.as_text(), parts.as_json())
    if config.family in _RECURRENT:
        likely = judge_perplexity(bundle, workspace, lambda done, of: report("perplexity", done, of))
        data = {"model": bundle.card.name, "perplexity": likely.as_json()}
        return _kept(folder, path.stem, perplexity_line(bundle.card.name, likely), data)
    raise ModelError(f"{path}: is of {config.name}, of which nothing can be said yet")


def judge_bundle(
    path: Path,
    workspace: Workspace,
    splits: PiecesBySplit,
    request: LoopRequest | None = None,
    *,
    metre: Metre | None = None,
    report: Report = lambda _step, _done, _of: None,
) -> Judgement:
    """Judge a model by the pieces of a workspace, as they were divided to train it.

    The music that was read and the loops that were made are kept in ``judge/`` of the workspace, so that the same call
    goes on after an interruption.

    Args:
        path: the model.
        workspace: has the pieces.
        splits: which pieces are in each split.
        request: how many loops are made, and which.
        metre: of which passages are judged; those of the metres that it has learned from, if none is given.
        report: is told which step is at work, how many of it are done, and of how many.

    Raises:
        ModelError: if it is no model of drums or melodies, or damaged.
        TrainingError: if nobody knows by which recipe such a model is trained.
        FileNotFoundError: if a piece is missing in the workspace.
        ValueError: if a split has no music, or none in the metre.
    """
    bundle = read_any_bundle(path)
    folder, recipe = workspace.folder / "judge", recipe_of_card(bundle.card)
    every = workspace_music(
        bundle.card.config, workspace, splits, lambda done, of: report("music", done, of), recipe.part
    )
    try:
        music = in_metres(every, [metre] if metre else [Metre.parse(learned) for learned in recipe.metres])
    except ValueError as error:
        cut = ", and bars that were shortened to it are none" if recipe.shorten_bars else ""
        raise ValueError(f"{error}{cut}") from error
    return judge(bundle, music, request, journal=folder / f"{path.stem}.loops.jsonl", report=report)


def workspace_music(
    config: str,
    workspace: Workspace,
    splits: PiecesBySplit,
    report: Callable[[int, int], None],
    part: LearnedPart = "any",
) -> JudgedMusic:
    """The passages of what is learned from a workspace's pieces, read once and kept.

    Raises:
        FileNotFoundError: if a piece is missing.
        ModelError: if the configuration is none of drums or melodies.
    """
    kind = kind_of(config)
    files = {
        split: [(piece.id, workspace.piece(piece.id).stat().st_size) for piece in pieces]
        for split, pieces in splits.items()
    }
    told = [config, _MUSIC_FORMAT, part, files]
    kept = workspace.folder / "judge" / f"music-{digest_of(told)[:12]}.json"
    try:
        return music_from_json(kind, json.loads(kept.read_bytes()))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        pass
    count = sum(map(len, splits.values()))
    before = 0

    def counted(split: Split, pieces: Sequence[ConvertedPiece]) -> Iterator[tuple[str, Any]]:
        nonlocal before
        for number, named in enumerate(_sequences(workspace, pieces), 1):
            yield named
            report(before + number, count)
        before += len(splits[split])

    music = music_of(kind, {split: counted(split, pieces) for split, pieces in splits.items()}, part)
    kept.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, json.dumps(music_as_json(kind, music)).encode())
    return music


def workspace_takes(
    workspace: Workspace, splits: PiecesBySplit, report: Callable[[int, int], None]
) -> dict[Split, list[PlayedTake]]:
    """The pieces that are drums in 4/4 at one tempo, as they were played.

    Raises:
        FileNotFoundError: if a piece is missing.
    """
    count = sum(map(len, splits.values()))
    takes: dict[Split, list[PlayedTake]] = {}
    done = 0
    for split, pieces in splits.items():
        takes[split] = []
        for piece, sequence in _sequences(workspace, pieces):
            take = take_of_sequence(sequence, piece)
            if take is not None:
                takes[split].append(take)
            done += 1
            report(done, count)
    return takes


def _in_metres_learned(card: ModelCard, splits: PiecesBySplit) -> PiecesBySplit:
    """The pieces in the metres that a model has learned from."""
    metres = recipe_of_card(card).metres
    return {
        split: [piece for piece in pieces if not metres or piece.metre in metres] for split, pieces in splits.items()
    }


def _of_metre(metre: Metre | None) -> str:
    """What the names of a judgement's files end with."""
    return f"-{metre.numerator}-{metre.denominator}" if metre else ""


def _kept(folder: Path, name: str, text: str, data: Mapping[str, Any]) -> KeptJudgement:
    folder.mkdir(parents=True, exist_ok=True)
    files = folder / f"{name}.txt", folder / f"{name}.json"
    write_atomically(files[0], text.encode() + b"\n")
    write_atomically(files[1], json.dumps(data, indent=1).encode() + b"\n")
    return KeptJudgement(text, data, files)


def _kept_judgement(folder: Path, name: str, found: Judgement) -> KeptJudgement:
    kept, picture = _kept(folder, name, as_table(found), found.as_json()), folder / f"{name}.svg"
    write_atomically(picture, draw_judgement(found).encode())
    return replace(kept, files=(*kept.files, picture))


def _sequences(workspace: Workspace, pieces: Iterable[ConvertedPiece]) -> Iterator[tuple[str, Any]]:
    import importlib

    music_pb2: Any = importlib.import_module("note_seq.protobuf.music_pb2")  # it has no types
    for piece in pieces:
        sequence = music_pb2.NoteSequence()
        sequence.ParseFromString(workspace.piece(piece.id).read_bytes())
        yield piece.title or piece.id, sequence
