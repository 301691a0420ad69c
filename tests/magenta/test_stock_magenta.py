# pyright: basic
# Magenta has no types.
"""Every shipped model of notes as one of Magenta's bundles: stock Magenta plays it, and finds it the same model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from fakes.equality import assert_equal
from fakes.magenta_rnn import BundledMagentaRnn
from reverie.cli.main import main
from reverie.models.configs import Family, config_of
from reverie.models.library.bundle import read_bundle
from reverie.models.library.card import read_card
from reverie.models.recurrent.model import RecurrentModel
from reverie.places import models_folder

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore:.*is deprecated:UserWarning")]

PRIMERS: dict[Family, tuple[str, ...]] = {
    "drums_rnn": ("--num_steps=32", "--primer_drums=[(36,)]"),
    "melody_rnn": ("--num_steps=32", "--primer_melody=[60]"),
    "improv_rnn": ("--backing_chords=C G Am F", "--primer_melody=[60]"),
    "polyphony_rnn": ("--num_steps=32", "--primer_pitches=[67,64,60]", "--condition_on_primer=true"),
    "performance_rnn": ("--num_steps=600", "--primer_pitches=[60,64,67]"),
}
SHIPPED: dict[str, Family] = {
    path.stem: config.family
    for path in sorted(models_folder().glob("*.safetensors"))
    if (config := config_of(read_card(path).config)).family in PRIMERS
}


QUICK = {"drum_kit", "attention_rnn"}
"""Stock Magenta takes half a minute for each model; the others are for the slow tests."""


def exported(name: str, folder: Path) -> Path:
    out = folder / f"{name}.mag"
    assert main(["models", "export", str(models_folder() / f"{name}.safetensors"), "--out", str(out)]) == 0
    return out


@pytest.mark.parametrize("name", [pytest.param(one, marks=() if one in QUICK else pytest.mark.slow) for one in SHIPPED])
def test_magentas_own_program_generates_from_it(name: str, tmp_path: Path) -> None:
    bundle, family = exported(name, tmp_path), SHIPPED[name]
    config = read_card(models_folder() / f"{name}.safetensors").config
    generate = (
        f"import reverie.magenta, sys; from magenta.models.{family} import {family}_generate as program;"
        f"import tensorflow.compat.v1 as tf; sys.argv[0] = '{family}_generate'; tf.app.run(program.main)"
    )
    made = tmp_path / "made"
    flags = (f"--bundle_file={bundle}", f"--output_dir={made}", f"--config={config}", "--num_outputs=2")
    done = subprocess.run(
        [sys.executable, "-c", generate, *flags, *PRIMERS[family]], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    import note_seq

    files = sorted(made.glob("*.mid"))
    assert len(files) == 2
    assert all(len(note_seq.midi_file_to_note_sequence(str(path)).notes) > 1 for path in files)


@pytest.mark.parametrize("name", SHIPPED)
def test_it_is_the_same_model_to_the_engine_and_to_magenta(name: str, tmp_path: Path) -> None:
    path = exported(name, tmp_path)
    bundle = read_bundle(models_folder() / f"{name}.safetensors")
    magenta = BundledMagentaRnn(bundle.card.config, path)
    try:
        assert_equal(magenta, RecurrentModel(bundle), seed=5, said=300)
    finally:
        magenta.close()


def test_what_is_there_is_replaced_only_if_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = exported("drum_kit", tmp_path)
    command = ["models", "export", "drum_kit", "--out", str(path)]
    assert main(command) == 1
    assert "is there already" in capsys.readouterr().err
    assert main([*command, "--replace"]) == 0


def test_a_model_of_which_magenta_has_no_bundles_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "export", "timbre", "--out", str(tmp_path / "timbre.mag")]) == 1
    assert "Magenta's bundles are of" in capsys.readouterr().err
    assert not (tmp_path / "timbre.mag").exists()
