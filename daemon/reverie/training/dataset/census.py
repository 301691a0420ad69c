"""What a dataset has in it, counted: plain data for the manifest, and a table for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reverie.music.harmony import pitch_name
from reverie.training.workspace import SPLITS

_LENGTH_BINS = (16, 32, 64, 128, 256, 512, 1024)
_BARS_WIDE = 30
_MOST_NAMED = 12


def length_bin(events: int) -> str:
    """In what row of the histogram of lengths an example of so many events is counted."""
    below = 0
    for bound in _LENGTH_BINS:
        if events <= bound:
            return f"{below + 1}-{bound}"
        below = bound
    return f"over {below}"


@dataclass(slots=True)
class SplitCensus:
    """What is in one split.

    Attributes:
        pieces: how many there are, and ``used`` of how many something came.
        examples, events, bytes: how much came of them, transposed and stretched versions included.
        metres: for each metre, how many examples and events.
        lengths, pitches, onsets: histograms: events of an example, notes of a pitch, examples with so many notes a bar.
        steadiness: a histogram of examples by what share of a bar is also in the one before, in tenths.
        repeated, outweighed: copies of examples beyond their first, and examples that are not there at all, by weight.
        versions: transposed and stretched versions that were made.
        versions_left_out, versions_impossible: those for which was no room, and those of which nothing came, since a
            note would lie too high or too low.
        cuts_left_out: windows for which was no room.
        nothing: for each piece of which nothing came, why.
        reasons: how often each reason was met, also in pieces of which something came.
    """

    pieces: int = 0
    used: int = 0
    examples: int = 0
    events: int = 0
    bytes: int = 0
    metres: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    lengths: Counter[str] = field(default_factory=Counter[str])
    pitches: Counter[str] = field(default_factory=Counter[str])
    onsets: Counter[str] = field(default_factory=Counter[str])
    steadiness: Counter[str] = field(default_factory=Counter[str])
    repeated: int = 0
    outweighed: int = 0
    versions: int = 0
    versions_left_out: int = 0
    versions_impossible: int = 0
    cuts_left_out: int = 0
    nothing: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    reasons: Counter[str] = field(default_factory=Counter[str])

    def count(
        self, metre: str, events: int, bars: float, pitches: Iterable[int], size: int, steadiness: float | None = None
    ) -> None:
        """Count an example."""
        struck = list(pitches)
        self.examples += 1
        self.events += events
        self.bytes += size
        row = self.metres.setdefault(metre, {"examples": 0, "events": 0})
        row["examples"] += 1
        row["events"] += events
        self.lengths[length_bin(events)] += 1
        self.pitches.update(map(str, struck))
        self.onsets[str(round(len(struck) / bars) if bars else 0)] += 1
        if steadiness is not None:
            self.steadiness[f"{math.floor(10 * steadiness) / 10:.1f}"] += 1

    def add(self, other: SplitCensus) -> None:
        """Count what another part of the same split has."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in _HISTOGRAMS:
            getattr(self, name).update(getattr(other, name))
        for metre, row in other.metres.items():
            mine = self.metres.setdefault(metre, dict.fromkeys(row, 0))
            for key, value in row.items():
                mine[key] += value
        self.nothing.update(other.nothing)

    def as_json(self) -> dict[str, Any]:
        """Plain data, in an order that does not depend on what was counted first."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in _NUMBERS}
        plain["metres"] = {metre: self.metres[metre] for metre in sorted(self.metres)}
        plain |= {name: _in_order(getattr(self, name)) for name in _HISTOGRAMS}
        plain["nothing"] = {file: self.nothing[file] for file in sorted(self.nothing)}
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> SplitCensus:
        """Read :meth:`as_json`'s data, also of versions that counted less.

        Raises:
            KeyError, TypeError: if it is no such data.
        """
        plain: dict[str, Any] = dict(data)
        plain |= {key: Counter[str](data[key]) for key in _HISTOGRAMS if key in data}
        return cls(**plain)


_NUMBERS = (
    *("pieces", "used", "examples", "events", "bytes", "repeated", "outweighed"),
    *("versions", "versions_left_out", "versions_impossible", "cuts_left_out"),
)
_HISTOGRAMS = ("lengths", "pitches", "onsets", "steadiness", "reasons")


def _in_order(histogram: Counter[str]) -> dict[str, int]:
    return {key: histogram[key] for key in sorted(histogram, key=_rank)}


def _rank(key: str) -> tuple[float, str]:
    digits = key.removeprefix("over ").partition("-")[0]
    return (float(digits) + (0.5 if key.startswith("over") else 0), key) if digits.isdigit() else (math.inf, key)


@dataclass(frozen=True, slots=True)
class Census:
    """What is in a dataset.

    Attributes:
        config: Magenta's configuration whose encoding the examples have.
        window: the most steps or events of an example.
        splits: train, validation and test.
    """

    config: str
    window: int
    splits: Mapping[str, SplitCensus]

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        splits = {name: split.as_json() for name, split in self.splits.items()}
        return {"config": self.config, "window": self.window, "splits": splits}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Census:
        """Read :meth:`as_json`'s data.

        Raises:
            KeyError, TypeError: if it is no such data.
        """
        splits = {name: SplitCensus.from_json(split) for name, split in data["splits"].items()}
        return cls(data["config"], data["window"], splits)

    def table(self) -> str:
        """What people read: a row for each split and metre, histograms of what is learned from, and what is missing."""
        lines = [f"{self.config}, examples of up to {self.window} events" if self.window else f"{self.config}, whole"]
        row = "{:<12}{:>8}{:>8}{:>10}{:>12}{:>9}"
        lines.append(row.format("", "pieces", "used", "examples", "events", "MB"))
        for name in SPLITS:
            split = self.splits[name]
            size = f"{split.bytes / 1e6:.1f}"
            lines.append(row.format(name, split.pieces, split.used, split.examples, split.events, size))
            lines += [
                row.format(f"  {metre}", "", "", part["examples"], part["events"], "")
                for metre, part in sorted(split.metres.items(), key=lambda item: -item[1]["events"])
            ]
        train = self.splits["train"]
        lines += _bars("examples of so many events", _in_order(train.lengths))
        lines += _bars("examples with so many notes a bar", _in_order(train.onsets))
        if train.steadiness:
            lines += _bars("examples whose bars have so much of the bar before", _in_order(train.steadiness))
        lines += _bars("notes", _octaves(train.pitches))
        lines += self._left_out()
        return "\n".join(lines)

    def _left_out(self) -> list[str]:
        lines: list[str] = []
        for name in SPLITS:
            split = self.splits[name]
            if split.versions_left_out or split.cuts_left_out:
                lines.append(
                    f"{name}: no room for {split.versions_left_out} transposed or stretched versions"
                    f" and {split.cuts_left_out} passages"
                )
            if split.repeated or split.outweighed:
                lines.append(f"{name}: {split.repeated} more of examples of weight, {split.outweighed} fewer of others")
            lines += [f"{name}: {count} x {reason}" for reason, count in split.reasons.most_common()]
            lines += [f"{name}: nothing of {file}: {'; '.join(why)}" for file, why in _first(split.nothing)]
            if len(split.nothing) > _MOST_NAMED:
                lines.append(f"{name}: nothing of {len(split.nothing) - _MOST_NAMED} more")
        return ["", *lines] if lines else []


def _first(nothing: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    return sorted(nothing.items())[:_MOST_NAMED]


def _octaves(pitches: Mapping[str, int]) -> dict[str, int]:
    octaves: Counter[int] = Counter()
    for pitch, count in pitches.items():
        octaves[int(pitch) // 12] += count
    return {
        f"{pitch_name(12 * octave)} to {pitch_name(12 * octave + 11)}": octaves[octave] for octave in sorted(octaves)
    }


def _bars(title: str, histogram: Mapping[str, int]) -> list[str]:
    most = max(histogram.values(), default=0)
    bars = [
        f"  {key:>10} {count:>9} {'#' * math.ceil(_BARS_WIDE * count / most)}"
        for key, count in histogram.items()
        if count
    ]
    return ["", title, *bars]
