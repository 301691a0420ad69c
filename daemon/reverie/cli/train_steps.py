"""The steps of ``reverie train`` as a person sees them: what each says while it works and when it is done."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.cli.interruption import all_imported, ended_at_whole_steps
from reverie.cli.training_job import ModelFolders, TrainingJob, bundle_command, command_of
from reverie.foreign import Printable
from reverie.timbre.meter import Meter, lasting
from reverie.training.errors import TrainingError
from reverie.training.workspace import Step, Workspace

if TYPE_CHECKING:
    from reverie.training.corpus.convert import Conversion
    from reverie.training.fit.training_progress import FitReport

_MOST_NAMED = 40
"""Files that are named one by one; of more the reasons are counted."""


def read_music(data: Path, workspace: Workspace) -> Conversion:
    """Read a folder of music into a workspace, and say of each file that is left out why.

    Raises:
        TrainingError: if no file can be read.
    """
    from reverie.training.corpus.convert import convert

    meter = Meter("reading music")
    try:
        found = convert(data, workspace, lambda progress: meter.show(progress.done / max(1, progress.files)))
    finally:
        meter.end()
    for rejection in found.rejections[:_MOST_NAMED]:
        print(f"left out: {rejection.file}: {rejection.reason}", file=Printable(sys.stderr))
    if len(found.rejections) > _MOST_NAMED:
        more = len(found.rejections) - _MOST_NAMED
        print(f"left out: {more} more, all named in {workspace.journal}:", file=sys.stderr)
        for reason, count in found.reasons.items():
            print(f"  {count} x {reason}", file=Printable(sys.stderr))
    formats = ", ".join(f"{count} {name}" for name, count in found.formats.items())
    say(f"Read {len(found.pieces)} pieces ({formats or 'none'}), left out {len(found.rejections)} files.")
    if not found.pieces:
        raise TrainingError(f"{data}: has no music that can be read; MIDI, ABC, MusicXML and MXL can")
    return found


def _convert(job: TrainingJob, _: ModelFolders, __: argparse.Namespace) -> bool:
    if job.data is not None:
        read_music(job.data, job.workspace)
    return True


def _dataset(job: TrainingJob, _: ModelFolders, __: argparse.Namespace) -> bool:
    if job.workspace.manifest("convert") is None:
        raise TrainingError(
            f"{job.workspace.folder}: no music was read yet; run the step before, `reverie train convert`"
        )
    with all_imported():
        from reverie.training.dataset.make import DatasetProgress, make_dataset
        from reverie.training.fit.tensorflow_faults import faults_told

    meters: dict[str, Meter] = {}

    def report(progress: DatasetProgress) -> None:
        meter = meters.setdefault(progress.split, Meter(f"making examples, {progress.split}"))
        meter.show(progress.done / max(1, progress.versions))

    try:
        with faults_told(job.workspace.folder):
            census = make_dataset(job.recipe, job.workspace, report)
    finally:
        for meter in meters.values():
            meter.end()
    say(census.table())
    return True


def check_settings(job: TrainingJob) -> None:
    """See whether the hyperparameters are those of the network, before hours are spent on music.

    Raises:
        TrainingError: if not.
    """
    with all_imported():
        from reverie.training.fit.fit_step import network_of_recipe
    network_of_recipe(job.recipe)


def _fit(job: TrainingJob, _: ModelFolders, options: argparse.Namespace) -> bool:
    with ended_at_whole_steps() as interrupted:
        from reverie.training.fit.fit_step import fit, steps_of_another
        from reverie.training.fit.tensorflow_faults import faults_told
        from reverie.training.fit.training_loop import FitLimits

        limits = FitLimits(options.steps, options.patience, 60 * options.minutes, options.every)
        with faults_told(job.workspace.folder):
            lost = steps_of_another(job.recipe, job.workspace)
            if lost:
                say(f"The music or the recipe has changed: training begins anew, and {lost} steps are thrown away.")
            progress = fit(job.recipe, job.workspace, limits, _report, interrupted, job.first)
    best = f"the best is step {progress.best_step} (held-out loss {progress.best_loss:.4f})"
    if interrupted():
        kept = (
            f"{best}, and is kept: `{bundle_command(job, options)}` makes a model of it"
            if progress.best_step
            else "it was never measured"
        )
        print(f"Interrupted; {kept}. The same command goes on from here.", file=Printable(sys.stderr))
        return False
    say(f"Trained {progress.step} steps in {lasting(progress.seconds)}; {best}.")
    return True


def _report(report: FitReport) -> None:
    say(f"{report.sentence}, at most {lasting(report.seconds_left)} left")


def _bundle(job: TrainingJob, folders: ModelFolders, options: argparse.Namespace) -> bool:
    with all_imported():
        from reverie.training.fit.bundle_step import BundleRequest, bundle
        from reverie.training.fit.tensorflow_faults import faults_told

    data = job.about
    data = replace(data, licence=options.licence or data.licence, description=options.describe or data.description)
    out = place_of(job, folders, options.out)
    threads = getattr(options, "threads", 1)
    request = BundleRequest(out, data, command_of(job, options), threads, options.replace)
    with faults_told(job.workspace.folder):
        made = bundle(job.recipe, job.workspace, request)
    figures = made.held_out
    say(
        f"{made.runtime}: {made.runtime.stat().st_size / 1e6:.1f} MB; on the split {made.split}: {figures.words}",
        f"{made.magenta}: the same for Magenta's own programs",
        _named(out, folders(None)),
    )
    return True


def _named(out: Path, known: Sequence[Path]) -> str:
    if out.parent.resolve() in {folder.resolve() for folder in known}:
        return f"A scene names it by `model: {out.name}`."
    return f"A scene names it by `model: {out.name}` once {out.name}.safetensors lies in {known[-1]}."


def place_of(job: TrainingJob, folders: ModelFolders, asked: Path | None) -> Path:
    """Where the model is written, without an ending."""
    return _out(asked) if asked else folders(None)[-1] / f"{_slug(job.about.name)}-{job.recipe.config}"


def _out(path: Path) -> Path:
    return path.with_suffix("") if path.suffix in {".mag", ".tar", ".safetensors"} else path


def _slug(name: str) -> str:
    words = "".join(sign if sign.isascii() and sign.isalnum() else " " for sign in name).lower().split()
    return "-".join(words) or "trained"


STEP_COMMANDS: Mapping[Step, Callable[[TrainingJob, ModelFolders, argparse.Namespace], bool]] = {
    "convert": _convert,
    "dataset": _dataset,
    "fit": _fit,
    "bundle": _bundle,
}
"""Each says whether to go on."""


def say(*lines: str) -> None:
    """Print lines at once: whoever trains over night reads them in a file."""
    for line in lines:
        print(line, flush=True)
