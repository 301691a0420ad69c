#!/usr/bin/env python3
"""Measure real music by the figures of `reverie measure`, for the table that the package carries.

python tools/measure_real_music.py DATA daemon/reverie/measure/real_music.json
python tools/measure_real_music.py DATA daemon/reverie/measure/real_music.json --form

DATA has the folders `groove-midi` (the Groove MIDI Dataset), `openewld` (OpenEWLD), `openscore-lieder` and
`openscore-quartets` (OpenScore). Of each figure the table has the mean over the pieces, in which a short piece counts
as much as a long one, and the quartiles. With `--form`, figures of form are measured of pieces that are long enough to
have one, and all others in the table stay as they are.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from musicxml_pieces import NotReadableError, lead_sheet, quartet, song

from reverie.measure.density_periods import counts, density_period
from reverie.measure.figures import figures_of
from reverie.measure.midi_piece import NoMidiError, piece_of_midi
from reverie.measure.piece import MeasuredVoice, Piece
from reverie.measure.rows import FigureRow
from reverie.measure.verbatim import again, again_of
from reverie.music.drums import DRUM_KIT

LEAST_BARS = 16
"""Bars of a piece that is measured: in shorter ones little can repeat."""
LEAST_FORM_BARS = 96
"""Bars of a piece of which figures of form are measured; the lags go up to half of it."""
_DRUMS = {pitch: pitches[0] for pitches in DRUM_KIT for pitch in pitches}


@dataclass(frozen=True)
class Corpus:
    """A corpus: what it is called, where its pieces come from, and how they are read."""

    name: str
    what: str
    source: str
    licence: str
    pieces: Callable[[Path], Iterator[Piece]]


def groove(data: Path) -> Iterator[Piece]:
    """The beats in 4/4 of the Groove MIDI Dataset, each drum as one of Magenta's nine classes."""
    folder = data / "groove-midi"
    with (folder / "info.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["beat_type"] == "beat" and row["time_signature"] == "4-4"]
    for row in rows:
        piece, _ = piece_of_midi((folder / row["midi_filename"]).read_bytes(), row["id"])
        yield replace(piece, voices=tuple(map(_by_class, piece.voices)))


def _by_class(voice: MeasuredVoice) -> MeasuredVoice:
    notes = tuple(replace(note, pitch=_DRUMS.get(note.pitch, note.pitch)) for note in voice.notes)
    return replace(voice, role="drums", notes=notes)


def _scores(folder: str, read: Callable[[Path], Piece], every: int = 1) -> Callable[[Path], Iterator[Piece]]:
    def pieces(data: Path) -> Iterator[Piece]:
        for path in sorted((data / folder).rglob("*.mxl"))[::every]:
            try:
                yield read(path)
            except NotReadableError as error:
                print(f"{path.name}: {error}", file=sys.stderr)

    return pieces


CORPORA = (
    Corpus(
        "Groove",
        "beats in 4/4 by ten drummers on an electronic kit, to a click",
        "Groove MIDI Dataset, Gillick et al. 2019, https://magenta.withgoogle.com/datasets/groove",
        "CC BY 4.0",
        groove,
    ),
    Corpus(
        "OpenEWLD",
        "lead sheets, mostly songs before 1930: a melody and chord symbols, whose bass is the chord's",
        "OpenEWLD, Simonetta et al. 2018, https://github.com/00sapo/OpenEWLD",
        "MIT; the scores are in the public domain",
        _scores("openewld", lead_sheet),
    ),
    Corpus(
        "Lieder",
        "every fourth of the songs for voice and piano, most of the nineteenth century; the lowest note is the bass",
        "OpenScore Lieder Corpus, Gotham and Jonas 2022, https://github.com/OpenScore/Lieder",
        "CC0 1.0",
        _scores("openscore-lieder", song, every=4),
    ),
    Corpus(
        "Quartets",
        "movements for string quartet: the first violin is the melody, the cello the bass",
        "OpenScore String Quartets, Gotham et al. 2023, https://github.com/OpenScore/StringQuartets",
        "CC0 1.0",
        _scores("openscore-quartets", quartet),
    ),
)
_IN_PARTS = (
    "consonance_with_bass",
    "clashes",
    "overlap_pitched",
    "pitched.repeats_within_8",
    "pitched.repeats_within_32",
    "pitched.crossing",
    "melody.notes_a_bar_played",
)
SHOWN: Mapping[str, Sequence[str]] = {
    "Groove": (
        "drums.velocity_spread",
        "drums.velocity_spread_by_range",
        "drums.distinct_velocities",
        "drums.velocity_explained",
        "drums.velocity_explained_beyond_chance",
        "drums.timing_ms",
        "drums.timing_ms_without_drift",
        "drums.repeats_within_8",
        "drums.repeats_within_32",
        "drums.notes_a_bar_played",
    ),
    "OpenEWLD": (
        "consonance_with_bass",
        "consonance_with_chord",
        "clashes",
        "pitched.repeats_within_8",
        "pitched.repeats_within_32",
        "pitched.crossing",
        "melody.notes_a_bar_played",
    ),
    "Lieder": _IN_PARTS,
    "Quartets": _IN_PARTS,
}


FORM: Mapping[str, Callable[[Path], Iterator[Piece]]] = {
    "Groove": groove,
    "Quartets": _scores("openscore-quartets", quartet, every=4),
}
"""Whose form is measured: of the quartets every fourth movement, as they take long to read."""
FORM_SHOWN = ("density.largest", "density.rise", "density.at_period", "again.longest_hold", "again.heard_before")
"""Figures of form: of the whole piece, and of its voices the greatest."""


def form_of(piece: Piece) -> dict[str, Any]:
    """The figures of form that the table has, and nothing else: others take long."""
    found = density_period(counts(piece, piece.voices))
    return {
        "bars": len(piece.bars),
        "density": found.as_json() if found else None,
        "again": again_of([again(piece, voice) for voice in piece.voices if voice.notes]),
    }


def form_table(table: dict[str, Any], data: Path, most: int | None) -> None:
    """Put figures of form into a table."""
    for corpus, pieces in FORM.items():
        found: list[dict[str, Any]] = []
        for piece in pieces(data):
            if len(piece.bars) >= LEAST_FORM_BARS and any(voice.notes for voice in piece.voices):
                found.append(form_of(piece))
                print(f"\r{corpus}: {len(found)}", end="", file=sys.stderr)
            if most and len(found) >= most:
                break
        print(file=sys.stderr)
        for name in FORM_SHOWN:
            table[corpus]["figures"][name] = {**_means(found, name), "pieces": len(found)}


def measured(corpus: Corpus, data: Path, most: int | None) -> dict[str, Any]:
    """What the table has of a corpus."""
    found: list[dict[str, Any]] = []
    for piece in corpus.pieces(data):
        if len(piece.bars) >= LEAST_BARS and any(voice.notes for voice in piece.voices):
            found.append(figures_of(piece))
            print(f"\r{corpus.name}: {len(found)}", end="", file=sys.stderr)
        if most and len(found) >= most:
            break
    print(file=sys.stderr)
    told: dict[str, Any] = {"what": corpus.what, "source": corpus.source, "licence": corpus.licence}
    told |= {"pieces": len(found), "bars": sum(one["bars"] for one in found), "figures": {}}
    for name in SHOWN[corpus.name]:
        told["figures"][name] = _means(found, name)
    return told


def _means(found: Sequence[Mapping[str, Any]], name: str) -> dict[str, float]:
    values = [_named(one, name) for one in found]
    known = [value for value, _ in values if value is not None]
    chances = [chance for _, chance in values if chance is not None]
    low, _, high = statistics.quantiles(known, n=4)
    return {
        "value": round(statistics.fmean(known), 3),
        "lower_quartile": round(low, 3),
        "upper_quartile": round(high, 3),
        **({"by_chance": round(statistics.fmean(chances), 3)} if chances else {}),
    }


def _named(figures: Mapping[str, Any], name: str) -> tuple[float | None, float | None]:
    return FigureRow(name, name).read(figures)


def main() -> None:
    """Measure all corpora, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--most", type=int, help="measure so many pieces of each corpus at most, for a trial")
    parser.add_argument("--form", action="store_true", help="measure figures of form only, and keep the others")
    options = parser.parse_args()
    if options.form:
        table = json.loads(options.out.read_text(encoding="utf-8"))
        form_table(table, options.data, options.most)
    else:
        table = {corpus.name: measured(corpus, options.data, options.most) for corpus in CORPORA}
    options.out.write_text(json.dumps(table, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except NoMidiError as error:
        sys.exit(str(error))
