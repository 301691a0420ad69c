"""``kill -9`` in the middle of each step: the same command goes on, and what comes of it is whole."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from fakes.midi_folders import beats
from fakes.training_commands import begun, complaint, done, ended, killed, wait_until
from reverie.models.golden import check
from reverie.models.library.bundle import read_bundle

pytestmark = pytest.mark.timeout(1800)
RECIPE = ("drums", "--set", "rnn_layer_sizes=[16]", "--set", "batch_size=4")


class Trainings:
    """Work folders in which the same music was learned from without a break, step after step."""

    def __init__(self, folder: Path) -> None:
        self.data = beats(folder / "beats", files=60, bars=16)
        self._folder = folder
        self._at = folder / "begun"
        self._at.mkdir()

    def words(self, step: str, work: Path) -> tuple[str, ...]:
        data = ("--data", str(self.data)) if step == "convert" else ()
        return (step, *RECIPE, "--work", str(work), *data)

    def after(self, step: str, *more: str) -> Path:
        """The folder in which a step was done after the one before; it is left as it is."""
        there = self._folder / step
        if not there.exists():
            shutil.copytree(self._at, there)
            done(*self.words(step, there), *more)
            self._at = there
        return there


@pytest.fixture(scope="module")
def trainings(tmp_path_factory: pytest.TempPathFactory) -> Trainings:
    return Trainings(tmp_path_factory.mktemp("trainings"))


@pytest.fixture
def work(tmp_path: Path) -> Path:
    return tmp_path / "work"


def kept(folder: Path, *names: str) -> Mapping[str, bytes]:
    paths = [path for name in names for path in folder.glob(name) if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def stamps(folder: Path, name: str) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob(name)}


def test_killed_while_it_reads_it_reads_only_the_rest(trainings: Trainings, work: Path) -> None:
    whole = trainings.after("convert")
    words = trainings.words("convert", work)
    killed(work, words, lambda: len(list(work.glob("pieces/[!.]*"))) > 5, (work / "convert.json").exists)
    read = stamps(work, "pieces/[!.]*")
    assert len(read) < 60
    done(*words)
    now = stamps(work, "pieces/*")
    assert sum(now[name] != stamp for name, stamp in read.items()) <= 1  # whose line in the journal was not written yet
    parts = ("pieces/*", "pieces/.*", "pieces.jsonl", "convert.json")
    assert kept(work, *parts) == kept(whole, *parts)


def test_killed_between_two_splits_it_makes_only_those_that_are_missing(trainings: Trainings, work: Path) -> None:
    shutil.copytree(trainings.after("convert"), work)
    whole = trainings.after("dataset")
    words = trainings.words("dataset", work)
    killed(
        work,
        words,
        (work / "examples" / "train-00000.json").exists,
        (work / "examples/test-00000.json").exists,
    )
    made = stamps(work, "examples/train-*")
    assert made
    said = done(*words)
    assert "making examples, train" not in said
    assert "making examples, test" in said
    assert stamps(work, "examples/train-*") == made
    parts = ("examples/*", "examples/.*", "dataset.json")
    assert kept(work, *parts) == kept(whole, *parts)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_while_it_reads_it_says_so_and_loses_nothing(
    trainings: Trainings, work: Path, number: int
) -> None:
    whole = trainings.after("convert")
    words = trainings.words("convert", work)
    with begun(*words) as process:
        wait_until(lambda: len(list(work.glob("pieces/[!.]*"))) > 5, process)
        process.send_signal(number)
        _, complained = ended(process, status=130)
    assert complained.endswith("\nInterrupted; what was done is kept, and the same command goes on from there.\n")
    assert not (work / "convert.json").exists()
    done(*words)
    parts = ("pieces/*", "pieces/.*", "pieces.jsonl", "convert.json")
    assert kept(work, *parts) == kept(whole, *parts)


@pytest.mark.parametrize("step", ["dataset", "bundle"])
def test_asked_to_end_in_other_steps_it_says_so_and_loses_nothing(
    trainings: Trainings, work: Path, tmp_path: Path, step: str
) -> None:
    before = {"dataset": ("convert",), "bundle": ("convert", "dataset", "fit")}[step]
    for one in before:
        trainings.after(one, *(("--steps", "2") if one == "fit" else ()))
    shutil.copytree(trainings.after(before[-1]), work)
    out = ("--out", str(tmp_path / "models" / "mine")) if step == "bundle" else ()
    words = (*trainings.words(step, work), *out)
    with begun(*words) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("drums (drum_kit)"))
        process.send_signal(signal.SIGTERM)
        _, complained = ended(process, status=130)
    assert "Interrupted; what was done is kept, and the same command goes on from there." in complained
    assert not (work / f"{step}.json").exists()
    done(*words)
    assert (work / f"{step}.json").exists()


@pytest.mark.parametrize("moment", ["run/train/*.ckpt-*", "best/*", "progress.json"])
def test_killed_while_it_trains_it_goes_on_from_what_was_kept(trainings: Trainings, work: Path, moment: str) -> None:
    trainings.after("convert")
    shutil.copytree(trainings.after("dataset"), work)
    words = (*trainings.words("fit", work), "--every", "1")
    killed(work, (*words, "--steps", "100000"), lambda: any(work.glob(moment)), (work / "fit.json").exists)
    before = _history(work)
    trained = max([_saved(work), *(int(step) for step, _ in before)])
    if moment == "progress.json":
        assert before
    done(*words, "--steps", str(trained + 2))
    after = _history(work)
    assert after[: len(before)] == before
    assert all(trained <= step for step, _ in after[len(before) :])
    assert after[-1][0] == trained + 2
    for folder in ("best", "run/train"):
        assert len(list((work / folder).glob("*.index"))) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_asked_to_end_it_keeps_the_step_that_it_is_at(trainings: Trainings, work: Path, number: int) -> None:
    trainings.after("convert")
    shutil.copytree(trainings.after("dataset"), work)
    with begun(*trainings.words("fit", work), "--every", "1", "--steps", "100000") as process:
        assert process.stdout is not None
        next(line for line in process.stdout if line.startswith("step "))
        process.send_signal(number)
        _, complained = ended(process, status=130)
    assert "The same command goes on from here" in complained
    assert _saved(work) >= _history(work)[-1][0] > 0


def test_a_loss_that_is_no_number_ends_it_with_what_helps(trainings: Trainings, work: Path) -> None:
    trainings.after("convert")
    shutil.copytree(trainings.after("dataset"), work)
    absurd = ("--set", "learning_rate=1e38")
    complained = complaint(*trainings.words("fit", work), *absurd, "--steps", "40")
    assert "the loss is no number any more" in complained
    assert "--set learning_rate=2.5e+37" in complained
    complained = complaint(*trainings.words("bundle", work), *absurd, "--out", str(work / "model"))
    assert "nothing is trained yet" in complained


def _history(work: Path) -> list[list[float]]:
    path = work / "progress.json"
    return json.loads(path.read_text(encoding="utf-8"))["history"] if path.exists() else []


def _saved(work: Path) -> int:
    """The step of the last checkpoint that was whole."""
    path = work / "run" / "train" / "checkpoint"
    name = path.read_text(encoding="utf-8").split('"')[1] if path.exists() else "-0"
    return int(name.rpartition("-")[2])


def test_killed_while_it_bundles_no_half_file_is_left(trainings: Trainings, work: Path, tmp_path: Path) -> None:
    for step in ("convert", "dataset"):
        trainings.after(step)
    shutil.copytree(trainings.after("fit", "--steps", "2"), work)
    out = tmp_path / "models" / "my_beats"
    words = (*trainings.words("bundle", work), "--out", str(out))
    killed(work, words, out.with_suffix(".mag").exists, lambda: out.with_suffix(".safetensors").exists())
    (out.parent / ".my_beats.mag.abcd1234").write_bytes(b"what another kill has left")
    done(*words)
    assert sorted(path.name for path in out.parent.iterdir()) == ["my_beats.mag", "my_beats.safetensors"]
    assert check(read_bundle(out.with_suffix(".safetensors"))) < 1e-4


def test_killed_while_it_judges_no_loop_is_made_again(trainings: Trainings, work: Path, tmp_path: Path) -> None:
    for step in ("convert", "dataset"):
        trainings.after(step)
    trained = trainings.after("fit", "--steps", "2")
    out = tmp_path / "my_beats.mag"
    done(*trainings.words("bundle", trained), "--out", str(out))
    shutil.copytree(trained, work)
    shutil.copytree(trained, tmp_path / "whole")
    words = ("judge", str(out), "--data", str(trainings.data), "--loops", "200", "--work")
    loops, judged = work / "judge" / "my_beats.loops.jsonl", work / "judge" / "my_beats.json"
    killed(work, (*words, str(work)), lambda: len(_lines(loops)) > 1, judged.exists)
    made = _lines(loops)
    assert len(made) < 4
    done(*words, str(work))
    assert _lines(loops)[: len(made)] == made
    assert len(_lines(loops)) == 4
    done(*words, str(tmp_path / "whole"))
    assert judged.read_bytes() == (tmp_path / "whole" / "judge" / "my_beats.json").read_bytes()


def _lines(path: Path) -> list[str]:
    """The batches of loops in a journal, but for one that was being written."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [line for line in lines if line.endswith("}")]
