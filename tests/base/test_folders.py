from __future__ import annotations

import threading
from pathlib import Path

import pytest

from reverie import folders
from reverie.folders import list_folder, may_be_there, patiently


def test_a_folder_is_listed_in_order_without_what_an_editor_has_hidden(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", ".a.yaml.swp", ".hidden.yaml", "c.txt"):
        (tmp_path / name).touch()
    assert list_folder(tmp_path).ending(".yaml") == [tmp_path / "a.yaml", tmp_path / "b.yaml"]


def bad(tmp_path: Path, kind: str) -> Path:
    (tmp_path / "file").touch()
    (tmp_path / "round").symlink_to("round")
    (tmp_path / "dangling").symlink_to("nowhere")
    return {
        "missing": tmp_path / "missing",
        "file": tmp_path / "file",
        "below a file": tmp_path / "file" / "scenes",
        "NUL": Path(f"{tmp_path}/a\0b"),
        "long name": tmp_path / ("x" * 300),
        "long path": tmp_path.joinpath(*["x" * 100] * 50),
        "round in a circle": tmp_path / "round",
        "dangling link": tmp_path / "dangling",
        "not even text": tmp_path / "\udcff\udcfe",
    }[kind]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("missing", "there is no such folder"),
        ("file", "this is no folder"),
        ("below a file", "this is no folder"),
        ("NUL", "it cannot be read"),
        ("long name", "it cannot be read (File name too long)"),
        ("long path", "it cannot be read (File name too long)"),
        ("round in a circle", "it cannot be read (Too many levels of symbolic links)"),
        ("dangling link", "there is no such folder"),
        ("not even text", "there is no such folder"),
    ],
)
def test_a_folder_that_cannot_be_entered_is_a_sentence(tmp_path: Path, kind: str, words: str) -> None:
    listing = list_folder(bad(tmp_path, kind))
    assert listing.names == ()
    assert words in (listing.fault or "")


def test_a_folder_that_answers_nothing_is_given_up_and_not_asked_again_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "PATIENCE", 0.05)
    answer, asked = threading.Event(), list[Path]()

    def iterdir(path: Path) -> list[Path]:
        asked.append(path)
        assert answer.wait(60)
        return [path / "late.yaml"]

    monkeypatch.setattr(Path, "iterdir", iterdir)
    for _ in range(3):
        assert "it does not answer" in (list_folder(tmp_path).fault or "")
    assert asked == [tmp_path]
    with pytest.raises(TimeoutError):
        patiently(tmp_path, tmp_path.exists)
    answer.set()
    while list_folder(tmp_path).fault:
        pass
    assert list_folder(tmp_path).names == ("late.yaml",)


def test_whether_a_file_is_there_is_asked_without_an_exception(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "round").symlink_to("round")
    assert may_be_there(tmp_path / "file")
    assert not may_be_there(tmp_path / "other")
    assert not may_be_there(tmp_path / "file" / "below")
    assert may_be_there(tmp_path / "round")
    assert may_be_there(tmp_path / ("x" * 300))
