# pyright: basic
"""GANSynth against Magenta's own, with random weights of the published shape, saved by Magenta."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from reverie.bench.timbre_gansynth_magenta import Magenta, write_random
from reverie.models.errors import ModelError
from reverie.models.golden import check
from reverie.models.library.bundle import Bundle, read_bundle
from reverie.models.library.importing import ImportRequest, import_model
from reverie.timbre.render.gansynth import GanSynth

pytestmark = [pytest.mark.magenta, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]

minutes = pytest.mark.slow
"""Magenta takes minutes to build its graph of the published shape."""

PITCHES = (24, 31, 40, 55, 60, 67, 83, 84)
HEARD = 1e-4
"""Full scale is 1, and the notes come to a third of it."""


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Magenta's trainer would leave."""
    folder = tmp_path_factory.mktemp("gansynth") / "random"
    write_random(folder, 1)
    return folder


@pytest.fixture(scope="module")
def magenta(trained: Path) -> Iterator[Magenta]:
    loaded = Magenta(trained)
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def bundle(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return read_bundle(import_model(trained, tmp_path_factory.mktemp("models")).path)


@pytest.fixture(scope="module")
def latents() -> NDArray[np.float32]:
    return np.random.default_rng(1).standard_normal((len(PITCHES), 256)).astype(np.float32)


@pytest.fixture(scope="module")
def theirs(magenta: Magenta, latents: NDArray[np.float32]) -> NDArray[np.float32]:
    return magenta.notes(latents, PITCHES)


def _ours(model: GanSynth, latents: NDArray[np.float32], samples: int) -> NDArray[np.float32]:
    return np.stack(
        [
            model.samples(latent, model.nearest(pitch)[0], samples)
            for latent, pitch in zip(latents, PITCHES, strict=True)
        ]
    )


@minutes
def test_a_checkpoint_of_magentas_has_the_published_shape(bundle: Bundle) -> None:
    model = GanSynth(bundle).generator
    assert (model.latent, model.frames, model.bins) == (256, 128, 1024)
    assert sum(tensor.size for name, tensor in bundle.weights.items() if "normalizer" not in name) == 7_308_802
    assert bundle.card.source["stage"] == "stage_00012"
    assert check(bundle) < 1e-6


@minutes
def test_notes_are_magentas(bundle: Bundle, latents: NDArray[np.float32], theirs: NDArray[np.float32]) -> None:
    ours = _ours(GanSynth(bundle), latents, theirs.shape[1])
    assert ours.shape == theirs.shape == (len(PITCHES), 64000)
    assert (np.abs(theirs).max(axis=1) > 0.2).all()
    assert np.abs(theirs[0] - theirs[1]).max() > 0.2
    np.testing.assert_allclose(ours, theirs, atol=HEARD)


@minutes
@pytest.mark.parametrize("samples", [1, 8000, 20000])
def test_a_short_note_is_the_beginning_of_magentas(
    bundle: Bundle, latents: NDArray[np.float32], theirs: NDArray[np.float32], samples: int
) -> None:
    ours = _ours(GanSynth(bundle), latents, samples)
    assert ours.shape == (len(PITCHES), samples)
    np.testing.assert_allclose(ours, theirs[:, :samples], atol=HEARD)


@minutes
def test_audio_is_heard_as_magenta_hears_it(magenta: Magenta, bundle: Bundle, theirs: NDArray[np.float32]) -> None:
    model = GanSynth(bundle)
    for expected, audio in zip(magenta.specgrams(theirs[:2]), theirs, strict=False):
        heard = model.specgrams.specgram(audio)
        np.testing.assert_allclose(heard[0], expected[0], atol=2e-3)
        # A phase that advances by half a turn may as well go back by one, and which it is hangs on the last bit.
        apart = np.abs(heard[1] - expected[1])
        np.testing.assert_allclose(np.minimum(apart, np.abs(2.0 - apart)), 0.0, atol=2e-2)
        assert (apart > 1.0).mean() < 1e-4


@minutes
def test_it_is_imported_from_an_archive_as_from_its_folder(trained: Path, bundle: Bundle, tmp_path: Path) -> None:
    path = tmp_path / "acoustic_only.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in trained.rglob("*"):
            archive.write(file, Path("acoustic_only") / file.relative_to(trained))
    imported = import_model(path, tmp_path / "models")
    assert imported.path.name == "acoustic_only.safetensors"
    assert imported.card.weights == bundle.card.weights
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(ModelError, match="is no archive, or cut off"):
        import_model(path, tmp_path / "models", ImportRequest(name="cut"))


@minutes
def test_a_checkpoint_without_its_experiment_is_not_taken_for_a_published_one(
    trained: Path, bundle: Bundle, tmp_path: Path
) -> None:
    imported = import_model(trained / "stage_00012", tmp_path, ImportRequest(config="gansynth"))
    assert imported.card.weights == bundle.card.weights
    assert imported.card.settings == bundle.card.settings
    shutil.copytree(trained / "stage_00012", tmp_path / "alone" / "stage_00012")
    with pytest.raises(ModelError, match=r"its experiment\.json, .* is not there"):
        import_model(tmp_path / "alone" / "stage_00012", tmp_path / "models", ImportRequest(config="gansynth"))


@minutes
def test_training_that_has_not_come_to_its_end_is_refused(trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained, tmp_path / "young")
    (tmp_path / "young" / "stage_00012").rename(tmp_path / "young" / "stage_00011")
    with pytest.raises(ModelError, match="its training came to stage_00011 and ends with stage_00012"):
        import_model(tmp_path / "young", tmp_path / "models")


def test_experiments_that_cannot_be_played_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "strange"
    folder.mkdir()
    for text, said in (("{", "cannot be read"), ("[]", "has no settings"), ("{}", "has no folder stage_")):
        (folder / "experiment.json").write_text(text)
        with pytest.raises(ModelError, match=said):
            import_model(folder, tmp_path / "models")
    (folder / "stage_00012").mkdir()
    (folder / "experiment.json").write_text(json.dumps({"data_type": "wave"}))
    with pytest.raises(ModelError, match="has no model"):
        import_model(folder, tmp_path / "models")
