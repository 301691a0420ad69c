"""The commands ``reverie models ...``."""

from __future__ import annotations

import argparse
import errno
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from fakes.checkpoints import magenta_js, recurrent_tensors
from fakes.model_server import ModelServer, serving
from fakes.tensorflow_files import bundle_of, rows_of_version_1
from reverie.cli.models import add_parsers
from reverie.errors import ReverieError
from reverie.models.library import catalogue
from reverie.models.library.catalogue import PublishedModel
from reverie.models.library.importing import ImportRequest, import_model

Run = Callable[..., int]


EXPORT = "reverie.training.fit.magenta_export"


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    return tmp_path / "shipped"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "own"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return magenta_js(tmp_path / "tunes", recurrent_tensors(38, 38))


@pytest.fixture
def run(shipped: Path, own: Path) -> Run:
    """Run a command as ``reverie`` does; the exit status."""

    def folders(config: Path | None) -> Sequence[Path]:
        assert config is None
        return (shipped, own)

    def run(*arguments: str | Path) -> int:
        parser = argparse.ArgumentParser()
        add_parsers(parser.add_subparsers(required=True), folders)
        options = parser.parse_args(["models", *map(str, arguments)])
        try:
            return options.command(options)
        except ReverieError as error:
            print(error, file=sys.stderr)
            return 1

    return run


def test_import_list_info_and_verify(run: Run, source: Path, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", source, "--config", "basic_rnn", "--licence", "CC0", "--url", "http://example.org") == 0
    assert capsys.readouterr().out == f"{own / 'tunes.safetensors'}: basic_rnn\n"

    assert run("list") == 0
    listed = capsys.readouterr().out
    assert "Installed: 1\n  tunes " in listed
    assert "Published by Magenta, for `reverie models pull NAME`: 37" in listed
    told = listed.partition("Published too, but Reverie cannot play them:\n")[2]
    assert "nade-drums_2bar_full, js-drums_2bar_nade_9_q2: a decoder that draws" in told

    assert run("list", "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["installed"] == [
        {"name": "tunes", "config": "basic_rnn", "path": str(own / "tunes.safetensors"), "licence": "CC0"}
    ]
    assert len(data["published"]) == 60

    assert run("info", "tunes") == 0
    lines = capsys.readouterr().out.splitlines()
    assert "configuration: basic_rnn" in lines
    assert f"parameters: {42 * 16 + 16 + 4 * 38 + 38:,}" in lines
    assert "  layers.0.kernel: 42 x 16" in lines
    assert "  licence: CC0" in lines

    assert run("verify") == 0
    assert capsys.readouterr().out == "tunes: is whole, and answers as it did when it was imported (to 0).\n"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--set", "steps_per_quarter=2"], "basic_rnn, steps_per_quarter 2"),
        (["--set", "window=3"], "has no setting 'window'; known are attention_length, forget_bias, steps_per_quarter"),
        (["--set", "attention_length"], "give a name and a value, such as --set attention_length=40"),
        (["--set", "attention_length=many"], "it must be a whole number above 0"),
        (["--set", "forget_bias=inf"], "it must be a number"),
        (["--set", "attention_length=4", "--set", "attention_length=5"], "is given twice"),
    ],
)
def test_what_a_files_weights_do_not_show_can_be_given(
    run: Run, source: Path, capsys: pytest.CaptureFixture[str], given: list[str], said: str
) -> None:
    status = run("import", source, "--config", "basic_rnn", *given)
    out, err = capsys.readouterr()
    assert said in (err if status else out)
    assert status == (0 if "steps_per_quarter=2" in given else 1)


def test_import_says_that_a_bundle_was_not_compared_where_magenta_is_not(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "reverie.magenta.own_graph", None)
    tensors = recurrent_tensors(38, 38)
    (tmp_path / "tunes.mag").write_bytes(bundle_of("basic_rnn", rows_of_version_1(tensors), b""))
    assert run("import", tmp_path / "tunes.mag") == 0
    note, done = capsys.readouterr().out.splitlines()
    assert note.startswith("Note: it was not compared with what Magenta plays, since ")
    assert note.endswith(" is not installed here.")
    assert done.endswith("tunes.safetensors: basic_rnn")


def test_import_answers_programs(run: Run, source: Path, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("import", source, "--model-config", "basic_rnn", "--set", "steps_per_quarter=2", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "name": "tunes",
        "path": str(own / "tunes.safetensors"),
        "config": "basic_rnn",
        "settings": {"steps_per_quarter": 2},
        "notes": [],
        "compared": None,
    }


def test_info_knows_what_is_published(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", "polyphony_rnn", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "name": "polyphony_rnn",
        "installed": False,
        "configuration": "polyphony",
        "description": catalogue.entry_of("polyphony_rnn").description,
        "licence": "Apache-2.0",
        "for voices": "polyphony",
        "url": "http://download.magenta.tensorflow.org/models/polyphony_rnn.mag",
    }


@pytest.mark.parametrize(
    ("name", "voices"),
    [
        ("pianoroll_rnn_nade", "no voice yet"),
        ("hierdec-trio_16bar", "melody, bass, drums"),
        ("piano_genie", "genie"),
        ("groovae_2bar_humanize", "operator groove"),
    ],
)
def test_info_says_what_a_model_is_for(run: Run, capsys: pytest.CaptureFixture[str], name: str, voices: str) -> None:
    assert run("info", name, "--json") == 0
    assert json.loads(capsys.readouterr().out)["for voices"] == voices


def test_info_says_how_large_a_download_is(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", "js-mel_2bar_small") == 0
    assert "megabytes: 17.7" in capsys.readouterr().out.splitlines()


def test_info_reads_a_file(run: Run, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = import_model(source, tmp_path / "else", ImportRequest(config="basic_rnn")).path
    assert run("info", path) == 0
    assert "name: tunes" in capsys.readouterr().out


def test_a_model_that_is_not_there(run: Run, source: Path, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("info", "tunes") == 1
    assert capsys.readouterr().err == "there is no model 'tunes'; none is installed\n"
    import_model(source, own, ImportRequest(config="basic_rnn"))
    assert run("info", "tune") == 1
    assert capsys.readouterr().err == "there is no model 'tune'; installed are tunes\n"


def test_without_models_there_is_nothing_to_verify(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("verify") == 0
    assert capsys.readouterr().out == "No model is installed.\n"


def test_verify_goes_on_after_a_damaged_model(
    run: Run, source: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a", "b"):
        import_model(source, own, ImportRequest(name=name, config="basic_rnn"))
    damaged = own / "a.safetensors"
    content = bytearray(damaged.read_bytes())
    content[-5] ^= 1
    damaged.write_bytes(content)
    assert run("verify") == 1
    said = capsys.readouterr()
    assert said.err.startswith(f"{damaged}: is damaged")
    assert said.out.startswith("b: is whole")
    assert run("verify", "b") == 0


def test_a_damaged_model_is_listed_as_such(
    run: Run, source: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = import_model(source, own, ImportRequest(config="basic_rnn")).path
    path.write_bytes(path.read_bytes()[:-1])
    assert run("list") == 0
    said = capsys.readouterr()
    assert "Installed: 0" in said.out
    assert "is cut off" in said.err


def test_the_own_folder_s_models_hide_the_shipped_ones(
    run: Run, source: Path, shipped: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in (shipped, own):
        import_model(source, folder, ImportRequest(config="basic_rnn"))
    assert run("list", "--json") == 0
    installed = json.loads(capsys.readouterr().out)["installed"]
    assert [row["path"] for row in installed] == [str(own / "tunes.safetensors")]


def test_what_cannot_be_imported_is_said_in_a_sentence(
    run: Run, source: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("import", source, "--config", "drum_kit") == 1
    assert "it fits basic_rnn: give --model-config" in capsys.readouterr().err
    assert not own.exists()


@pytest.fixture
def published(source: Path, monkeypatch: pytest.MonkeyPatch) -> PublishedModel:
    """The only model that is published, on a server that does not run."""
    entry = PublishedModel("tunes", "basic_rnn", "magenta.js", "http://127.0.0.1:9/tunes", "Tunes.", "Apache-2.0")
    monkeypatch.setattr(catalogue, "catalogue", lambda: {"tunes": entry})
    return entry


def test_pull_shows_how_far_it_is(
    run: Run,
    published: PublishedModel,
    source: Path,
    own: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = {f"/tunes/{file.name}": file.read_bytes() for file in source.iterdir()}
    with serving(ModelServer(files)) as server:
        entry = PublishedModel("tunes", "basic_rnn", "magenta.js", f"{server.url}/tunes", "Tunes.", "Apache-2.0")
        monkeypatch.setattr(catalogue, "catalogue", lambda: {"tunes": entry})
        assert run("pull", "tunes") == 0
        said = capsys.readouterr()
        assert said.out == f"{own / 'tunes.safetensors'}: basic_rnn\n"
        assert said.err.splitlines() == [
            "weights_manifest.json: 0.0 MB of 0.0 MB",
            "group1-shard1of1: 0.0 MB of 0.0 MB",
        ]

        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
        assert run("pull", "tunes", "--name", "again") == 0
        assert capsys.readouterr().err == (
            "\r\x1b[Kweights_manifest.json: 0.0 MB of 0.0 MB\r\x1b[Kgroup1-shard1of1: 0.0 MB of 0.0 MB\n"
        )
        assert run("list") == 0
        assert "pull NAME`: 0" in capsys.readouterr().out
        assert run("pull", "tunes") == 0
        assert "is there already" in capsys.readouterr().out


def test_pull_without_a_network_says_so_and_changes_nothing(
    run: Run, published: PublishedModel, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own.mkdir()
    assert run("pull", "tunes") == 1
    said = capsys.readouterr()
    assert said.err == (
        "127.0.0.1 cannot be reached (Connection refused); nothing was changed. Connect to the network and give the"
        " same command again\n"
    )
    assert not said.out
    assert not list(own.iterdir())


def test_pull_hides_no_other_model_unasked(
    run: Run, published: PublishedModel, source: Path, shipped: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import_model(source, shipped, ImportRequest(config="basic_rnn"))
    assert run("pull", "tunes") == 1
    assert "which would be hidden; give another --name, or --replace" in capsys.readouterr().err


def test_pull_of_what_is_not_published(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("pull", "nothing") == 1
    assert "no model 'nothing' is published" in capsys.readouterr().err


def test_offering_the_commands_costs_nothing() -> None:
    code = "import sys; import reverie.cli.models; print('numpy' in sys.modules, 'urllib.request' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == (
        "False False\n"
    )


@pytest.mark.parametrize("refused", ["draft", "model", "scratch"])
def test_what_the_system_refuses_at_an_export_is_named_and_not_always_the_target(
    run: Run,
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    refused: str,
) -> None:
    out = tmp_path / "out.mag"

    def export(path: Path, out: Path) -> None:
        named = {"draft": out.with_name(f".{out.name}.abcd1234"), "model": path, "scratch": tmp_path / "draft.mag"}
        raise PermissionError(errno.EACCES, "no", str(named[refused]))

    monkeypatch.setitem(sys.modules, EXPORT, SimpleNamespace(export_magenta=export))
    assert run("import", source, "--model-config", "basic_rnn") == 0
    capsys.readouterr()
    (model,) = tmp_path.rglob("*.safetensors")
    assert run("export", model.stem, "--out", out) == 1
    said = {
        "draft": f"{out}: cannot be written (",
        "model": f"{model}: cannot be read (",
        "scratch": f"{tmp_path / 'draft.mag'}: cannot be written (",
    }
    assert capsys.readouterr().err.startswith(said[refused])
