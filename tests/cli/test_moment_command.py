"""`reverie moment` without a daemon: what was kept is listed, taken along, made again and compared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fakes.moments import moment
from reverie.cli.main import main
from reverie.history.moment_store import KeptMoment, MomentStore
from reverie.places import loops_folder


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "reverie.yaml"
    path.write_text("state: state\nhealth: {port: 1}\n")
    return path


def keep(folder: Path, *moments: KeptMoment) -> None:
    store = MomentStore(folder / "state" / "moments", 200)
    for one in moments:
        store.keep(one)
    store.write()


def shipped() -> KeptMoment:
    """A moment of two loops that the shipped models have really composed, and one that heard another."""
    rows = json.loads((loops_folder() / "first-light.json").read_text())["loops"]
    found: dict[str, dict[str, object]] = {}
    for row in rows:
        if row["recipe"]["operator"] == "reset" and row["recipe"]["voice"] in {"drums", "bass"}:
            found.setdefault(row["recipe"]["voice"], {"id": _id(row), **row})
    voices = {name: name for name in found}
    return replace(moment(3), voices=voices, recipes=found, by="artist")


def _id(row: dict[str, object]) -> str:
    from reverie.compose.good_loop import GoodLoop

    return GoodLoop.from_json(row).recipe.id


def test_moments_are_listed_the_newest_first(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(config.parent, moment(1), replace(moment(2), by="artist"))
    assert main(["moment", "list", "--config", str(config)]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(moment(2).name)
    assert first.endswith("2 bars, kept by artist")
    assert second.startswith(moment(1).name)
    assert main(["moment", "list", "--json", "--config", str(config)]) == 0
    assert [one["by"] for one in json.loads(capsys.readouterr().out)["moments"]] == ["artist", "visitor"]


def test_a_moment_is_written_as_its_file_ends(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(config.parent, moment(1))
    for name, begin in {"a.mid": b"MThd", "a.svg": b"<svg", "a.json": b"{"}.items():
        assert main(["moment", "export", "last", "--out", name, "--config", str(config)]) == 0
        assert Path(name).read_bytes().startswith(begin)
    capsys.readouterr()
    assert main(["moment", "export", "last", "--out", "a.ogg", "--config", str(config)]) == 1
    assert "is to end in .mid, .svg, .json" in capsys.readouterr().err


def test_a_moment_that_is_not_there_or_not_the_only_one_is_told(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(config.parent, moment(1), moment(2))
    assert main(["moment", "export", "ffff", "--config", str(config)]) == 1
    assert "there is no moment ffff" in capsys.readouterr().err
    assert main(["moment", "export", "0000", "--config", str(config)]) == 1
    assert "2 moments begin with 0000" in capsys.readouterr().err


def test_keeping_needs_a_daemon(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["moment", "keep", "--ago", "30s", "--config", str(config)]) == 1
    assert "No daemon answers" in capsys.readouterr().err


def test_what_the_shipped_models_composed_is_made_again_to_the_same_hash(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(config.parent, shipped())
    assert main(["moment", "replay", "last", "--config", str(config)]) == 0
    drums, bass, written = capsys.readouterr().out.splitlines()
    for line in (drums, bass):
        assert "was made again, and is the same" in line
    assert "no daemon runs that could play it, so it is written" in written
    assert Path(f"{moment(3).name}.mid").read_bytes().startswith(b"MThd")


def test_the_notes_that_were_kept_are_played_where_a_model_is_gone_and_the_model_is_named(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = shipped()
    drums = json.loads(json.dumps(there.recipes["drums"]))
    drums["recipe"] |= {"model": "gone_kit", "model_hash": "f" * 64}
    drums["id"] = _id(drums)
    keep(config.parent, replace(there, recipes={**there.recipes, "drums": drums}))
    assert main(["moment", "replay", "last", "--out", "b.mid", "--config", str(config)]) == 0
    out = capsys.readouterr().out
    assert "drums: the loop" in out
    assert "is played as it was kept; the model gone_kit (ffffffffffff) is not here any more" in out
    assert Path("b.mid").read_bytes().startswith(b"MThd")


def test_a_loop_that_comes_out_otherwise_is_a_fault(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = shipped()
    bass = json.loads(json.dumps(there.recipes["bass"]))
    bass["loop"]["notes"] = bass["loop"]["notes"][:-1]
    keep(config.parent, replace(there, recipes={**there.recipes, "bass": bass}))
    assert main(["moment", "replay", "last", "--json", "--config", str(config)]) == 1
    rows = json.loads(capsys.readouterr().out)["loops"]
    assert {row["voice"]: row["outcome"] for row in rows} == {"drums": "same", "bass": "other"}
