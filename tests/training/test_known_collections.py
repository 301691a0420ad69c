"""Whose music a folder has, as the card of a model says it."""

from __future__ import annotations

from pathlib import Path

from reverie.training.known_collections import data_of


def openscore(folder: Path, file: str, licence: str = "CC0 1.0 Universal") -> Path:
    (folder / "Composer").mkdir(parents=True)
    (folder / "LICENSE.txt").write_text(f"Creative Commons Legal Code\n\n{licence}\n")
    (folder / "Composer" / file).write_bytes(b"")
    return folder


def test_a_collection_is_known_by_what_lies_in_it(tmp_path: Path) -> None:
    lieder = data_of(openscore(tmp_path / "songs", "lc123.mxl"))
    assert (lieder.name, lieder.licence) == ("OpenScore Lieder Corpus", "CC0 1.0")
    assert data_of(openscore(tmp_path / "own", "mine.mxl")).name == "own"
    assert data_of(openscore(tmp_path / "other", "lc123.mxl", "All rights reserved")).licence == "licence not stated"


def test_a_folder_of_known_collections_has_the_names_of_all(tmp_path: Path) -> None:
    openscore(tmp_path / "a", "lc1.mxl")
    openscore(tmp_path / "b", "sq1.mxl")
    both = data_of(tmp_path)
    assert both.name == "OpenScore Lieder Corpus and OpenScore String Quartets"
    assert both.licence == "CC0 1.0"
    (tmp_path / "c").mkdir()
    assert data_of(tmp_path).name == tmp_path.name, "of what is in c nothing is known"


def test_where_collections_have_several_licences_it_is_said_which_is_whose(tmp_path: Path) -> None:
    openscore(tmp_path / "a", "lc1.mxl")
    openscore(tmp_path / "b", "sq1.mxl")
    (tmp_path / "c" / "dataset").mkdir(parents=True)
    (tmp_path / "c" / "README.md").write_text("# OpenEWLD\n")
    assert data_of(tmp_path).licence == (
        "CC0 1.0 (OpenScore Lieder Corpus and OpenScore String Quartets); MIT, scores in the public domain (OpenEWLD)"
    )
