"""A judgement as a person reads it: a table with a verdict in every row."""

from __future__ import annotations

from collections.abc import Iterator

from reverie.training.judge.distances import FEWEST, MOST_RATIO
from reverie.training.judge.judge import SHARE_OF_SHORT, SHORT_RUN, Judged, Judgement
from reverie.training.judge.likelihood import Likelihood

_VERDICTS = {True: "met", False: "MISSED", None: f"fewer than {FEWEST} loops"}


def perplexity_line(model: str, found: Likelihood) -> str:
    """What a model makes of held-out music, in a sentence."""
    low, high = found.between
    return (
        f"{model}: perplexity {found.perplexity:.3f} of {found.events:,} events of {found.pieces} held-out"
        f" {found.parts}; a Markov model of order {found.order} has {found.markov_perplexity:.3f}:"
        f" {found.better:.1%} better (95 of 100 other choices of {found.parts}: {low:.1%} to {high:.1%})"
    )


def copies_line(judgement: Judgement) -> str:
    """How much a model copies, in a sentence."""
    copies = judgement.copies
    generated, held_out = copies.short
    return (
        f"longest run copied from the training music: under {SHORT_RUN} bars in {generated:.1%} of loops"
        f" ({held_out:.1%} of held-out loops), at most {max(copies.generated, default=0):.1f} bars"
        f" ({max(copies.held_out, default=0):.1f}): {_VERDICTS[generated >= SHARE_OF_SHORT]}"
    )


def rows(judgement: Judgement) -> Iterator[tuple[str, ...]]:
    """For each measure its name, unit, means (held out, generated), both distances, their ratio and a verdict."""
    for one in judgement.measures.values():
        yield (one.measure.title, one.measure.unit, *_figures(one), verdict(one))


def verdict(judged: Judged) -> str:
    """Whether a distance is small enough, in a word."""
    return _VERDICTS[judged.distance.met]


HEADS = ("measure", "unit", "held out", "generated", "distance", "of training", "ratio", f"at most {MOST_RATIO:g}")


def as_table(judgement: Judgement) -> str:
    """All of it as plain text."""
    table = [HEADS, *rows(judgement)]
    widths = [max(len(row[column]) for row in table) for column in range(len(HEADS))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table]
    request = judgement.request
    head = (
        f"{request.count} loops of {request.bars} bars in {judgement.metre}, told a bar of {request.primers} music,"
        f" seed {request.seed}, temperature {request.temperature:g}; distances are Wasserstein's, in the measure's unit"
    )
    return "\n".join(
        [perplexity_line(judgement.model, judgement.likelihood), head, "", *lines, "", copies_line(judgement)]
    )


def as_markdown(judgement: Judgement) -> str:
    """The table of measures as Markdown."""
    lines = [f"| {' | '.join(HEADS)} |", f"|{'---|' * len(HEADS)}"]
    lines += [f"| {' | '.join(row)} |" for row in rows(judgement)]
    return "\n".join(lines)


def _figures(one: Judged) -> tuple[str, ...]:
    distance = one.distance
    made, held, _ = distance.means
    ratio = "-" if distance.ratio is None else f"{distance.ratio:.2f}"
    return (f"{held:.3g}", f"{made:.3g}", f"{distance.generated:.3g}", f"{distance.training:.3g}", ratio)
