"""The arguments that commands share: the site, durations and bars, and what was spelt otherwise once."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from fakes.checkpoints import magenta_js, recurrent_tensors
from reverie.cli.arguments import bars, duration, seed
from reverie.cli.main import main
from reverie.music.time import MOST_BARS, Length, Metre, Tempo
from reverie.places import config_folder, scenes_folder

WITH_CONFIG = (
    "run",
    "check",
    "perform",
    "status",
    "panic",
    "ports",
    "ports learn",
    "learn",
    "models list",
    "models info",
    "models verify",
    "models import",
    "models pull",
    "models export",
    "timbre render",
    "timbre morph",
    "timbre list",
    "timbre play",
    "timbre dump",
)
HEAVY = ("numpy", "pydantic", "aiohttp", "yaml", "mido", "soundfile", "tensorflow", "distributed")


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit):
        main([*command.split(), "--help"])
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("90s", 90),
        ("10m", 600),
        ("2h", 7200),
        ("1d", 86_400),
        ("1h30m", 5400),
        ("1h 30m 5s", 5405),
        ("1.5h", 5400),
        ("0.5m10s", 40),
        ("45", 45),
        ("2.5", 2.5),
        ("10M", 600),
        (" 10 min ", 600),
    ],
)
def test_a_duration_is_written_as_people_write_it(written: str, seconds: float) -> None:
    assert duration(written) == seconds


@pytest.mark.parametrize(
    "written",
    ["", "0s", "-5s", "m", "30m1h", "1h30", "x", "nan", "inf", "1.2.3s", "1e999s", "1h-5m", "1 30m", "1 0m", "5 se c"],
)
def test_what_is_no_duration_is_told_with_an_example(written: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="90s, 10m or 1h30m"):
        duration(written)


@pytest.mark.parametrize("written", ["0", "-1", "1.5", "x", str(MOST_BARS + 1)])
def test_what_is_no_number_of_bars_is_told(written: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=f"bars are a whole number from 1 to {MOST_BARS}"):
        bars(written)


def test_a_seed_is_32_bits() -> None:
    assert seed("0") == 0
    with pytest.raises(
        argparse.ArgumentTypeError, match="a seed is a whole number from 0 to 4294967295, not '4294967296'"
    ):
        seed(str(2**32))


@pytest.mark.parametrize(
    ("length", "wanted"),
    [
        (Length(bars=64), 64),
        (Length(seconds=180), 60),  # at 80 quarters a minute a bar of 4/4 lasts 3 s
        (Length(seconds=181), 61),
        (Length(seconds=0.1), 1),
        (Length(seconds=1e300), MOST_BARS + 1),
    ],
)
def test_a_time_is_rounded_up_to_whole_bars(length: Length, wanted: int) -> None:
    assert length.in_bars(Tempo(80), Metre(4, 4)) == wanted


def test_what_has_no_end_has_no_number_of_bars() -> None:
    with pytest.raises(ValueError, match="without an end"):
        Length().in_bars(Tempo(), Metre())


def test_a_time_goes_by_the_tempo_that_drifts() -> None:
    tempo, metre = Tempo(80, 20, 8), Metre(3, 4)
    lasts = [metre.bar_ticks * tempo.seconds_per_tick(bar) for bar in range(5)]
    assert Length(seconds=sum(lasts)).in_bars(tempo, metre) == 5
    assert Length(seconds=sum(lasts) + 0.01).in_bars(tempo, metre) == 6


def test_a_performance_is_as_long_as_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    midi = tmp_path / "a.mid"
    performed: list[bytes] = []
    for length in (("--for", "20s"), ("--bars", "8")):  # of first-light, at 84 quarters a minute or a little more
        assert main(["perform", "first-light", *length, "--midi", str(midi), "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["bars"] == 8
        performed.append(midi.read_bytes())
    assert performed[0] == performed[1]


def test_a_performance_is_either_so_many_bars_or_so_long(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["perform", "first-light", "--midi", str(tmp_path / "a.mid")])
    assert "one of the arguments --bars --for is required" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["perform", "first-light", "--bars", "4", "--for", "10s", "--midi", str(tmp_path / "a.mid")])
    assert "not allowed with" in capsys.readouterr().err


def test_no_performance_lasts_for_ever(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["perform", "first-light", "--for", "9999999d", "--midi", str(tmp_path / "a.mid")]) == 1
    assert capsys.readouterr().err.startswith("a performance has 1,000,000 bars at most")


@pytest.mark.parametrize("command", WITH_CONFIG)
def test_the_site_is_named_alike_in_every_command(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = help_of(command, capsys)
    assert "--config FILE" in told
    assert "--site" not in told


@pytest.mark.parametrize("option", ["--config", "--site"])
@pytest.mark.parametrize("command", ["models list", "models verify", "timbre list"])
def test_the_site_may_still_be_named_as_it_once_was(
    command: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "broken.yaml"
    site.write_text("scene: 5\n")
    assert main([*command.split(), option, str(site)]) == 1
    assert f"{site}:1:8" in capsys.readouterr().err


IMPORTS = [
    (["--model-config", "basic_rnn", "--config", "SITE"], "basic_rnn", True),
    (["--model-config", "basic_rnn", "--site", "SITE"], "basic_rnn", True),
    (["--config", "basic_rnn", "--site", "SITE"], "basic_rnn", True),
    (["--config", "basic_rnn"], "basic_rnn", False),
    (["--config", "basic_rn"], "basic_rn", False),
    (["--config", "SITE"], "", True),
    (["--config", "", "--site", "SITE"], "", True),
    (["--config", "missing.yaml"], "", False),
]


@pytest.mark.parametrize(("given", "configuration", "of_site"), IMPORTS)
def test_a_model_s_configuration_and_the_site_s_are_told_apart(
    given: Sequence[str], configuration: str, of_site: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = magenta_js(tmp_path / "tunes", recurrent_tensors(38, 38))
    site = tmp_path / "reverie.yaml"
    site.write_text("models: mine\n")
    to = [] if of_site else ["--to", str(tmp_path / "elsewhere")]
    options = [str(site) if word == "SITE" else word for word in given]
    status = main(["models", "import", str(source), *options, *to])
    said = capsys.readouterr()
    folder = tmp_path / ("mine" if of_site else "elsewhere")
    if configuration == "basic_rnn":
        assert (status, said.out) == (0, f"{folder / 'tunes.safetensors'}: basic_rnn\n")
    elif configuration:
        assert (status, "no configuration 'basic_rn'" in said.err) == (1, True), said.err
    else:
        assert status == 1
        assert ("missing.yaml" in said.err) if not of_site else ("give --model-config" in said.err), said.err


def test_each_schema_is_asked_for_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    stored = {
        "scene": json.loads((scenes_folder() / "scene.schema.json").read_text()),
        "site": json.loads((config_folder() / "reverie.schema.json").read_text()),
    }
    for asked, told in ((["scene"], "scene"), ([], "scene"), (["site"], "site"), (["--site"], "site")):
        assert main(["schema", *asked]) == 0
        assert json.loads(capsys.readouterr().out) == stored[told]


def test_a_scene_and_a_site_are_not_asked_for_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    for asked in (["scene", "--site"], ["--site", "scene"]):
        with pytest.raises(SystemExit):
            main(["schema", *asked])
        said = capsys.readouterr()
        assert said.out == ""
        assert "not allowed with argument" in said.err


def test_help_is_quick_since_nothing_heavy_is_imported_for_it() -> None:
    code = "import sys; import reverie.cli.main as m; m.command_line(); "
    code += f"print(*[n for n in {HEAVY} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_help_and_wrong_arguments_by_the_real_program() -> None:
    begun = time.monotonic()
    told = subprocess.run([sys.executable, "-m", "reverie", "--help"], capture_output=True, text=True, check=False)
    assert told.returncode == 0
    assert time.monotonic() - begun < 10  # a tenth of that where nothing else runs
    wrong = subprocess.run(
        [sys.executable, "-m", "reverie", "run", "--for", "soon"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2
    assert "such as 90s, 10m or 1h30m, not 'soon'" in wrong.stderr
