"""``reverie perform``: an offline performance into files."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from reverie.advice import advice_on
from reverie.compose.worker import make_engine
from reverie.errors import ReverieError, reason_of
from reverie.play.outputs.fluidsynth import find_soundfont
from reverie.play.outputs.fluidsynth.files import ALONE, check_sound, unheard
from reverie.scenes.folder import load_scene
from reverie.scenes.schema import Scene
from reverie.site.load import load_site
from reverie.site.schema import Site
from reverie.stage.house import bundles_of, scenes_of
from reverie.stage.offline import perform
from reverie.stage.stalled import Stall


class PerformError(ReverieError):
    """A performance cannot be written or rendered."""


def perform_to_files(
    config: Path | None, name: str, bars: int, seed: int | None, midi: Path, wav: Path | None
) -> dict[str, Any]:
    """Perform a scene into ``midi``, and render that into ``wav`` if asked; says what was written.

    Raises:
        ReverieError: with a plain sentence, if scene, models, synthesizer or files are not as they must be.
    """
    site = load_site(config)
    bundles, _ = bundles_of(site)
    scene = _scene(site, name)
    engine = make_engine(site.composer.engine)
    for model in sorted({voice.model for voice in scene.voices.values()}):
        _say(f"Loading {model}")
        engine.load(bundles[model])
    progress = _Progress(bars)
    stalls: list[Stall] = []
    try:
        notes = perform(
            scene, bundles, engine, bars=bars, seed=seed, path=midi, progress=progress.bar, stalled=stalls.append
        )
    except OSError as error:
        raise PerformError(f"{midi} cannot be written ({reason_of(error)}); {advice_on(error, midi)}") from error
    if wav is not None:
        _say(f"Rendering {wav}")
        render(midi, wav)
    for stall in stalls:
        _say(str(stall))
    return {
        "scene": scene.name,
        "bars": bars,
        "notes": notes,
        "midi": str(midi),
        "wav": wav and str(wav),
        "stalled": [str(stall) for stall in stalls],
    }


def render(midi: Path, wav: Path, soundfont: str = "auto") -> None:
    """Render a MIDI file with FluidSynth, faster than it sounds; the file appears whole or not at all.

    Raises:
        PerformError: if FluidSynth is missing or fails.
        PlayError: if there is no soundfont, or nothing is heard with it.
    """
    program = shutil.which("fluidsynth")
    if program is None:
        raise PerformError(
            "FluidSynth is needed to render sound; install the packages fluidsynth and fluid-soundfont-gm"
        )
    font = find_soundfont(soundfont)
    try:
        with tempfile.TemporaryDirectory(dir=wav.absolute().parent, prefix=".reverie-") as folder:
            made = Path(folder) / "made.wav"
            sound = ["-g", "0.6", "-r", "44100", "-T", "wav", "-F", str(made)]
            command = [program, "-niq", *ALONE, *sound, str(font), str(midi)]
            result = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
            if result.returncode or not made.exists():
                raise PerformError(
                    f"FluidSynth could not render {midi}: {result.stderr.strip() or 'it gave no reason'}"
                )
            for sentence in unheard(result.stderr, font, midi):
                _say(sentence)
            check_sound(made, font, midi)
            made.replace(wav)
    except OSError as error:
        raise PerformError(f"{wav} cannot be written ({reason_of(error)}); {advice_on(error, wav)}") from error


def _scene(site: Site, name: str) -> Scene:
    """The scene of that name, or in the file of that name.

    Raises:
        ReverieError: if there is none, or it is at fault.
    """
    bundles, _ = bundles_of(site)
    if "/" in name or name.endswith(".yaml"):
        models = {model: bundle.kinds for model, bundle in bundles.items()}
        return load_scene(Path(name), models, site.slots)
    return scenes_of(site, bundles).load(name).scene


class _Progress:
    """Bars done, on standard error: one line that moves for a person, a line every tenth for a log."""

    def __init__(self, bars: int) -> None:
        self._bars = bars
        self._moves = sys.stderr.isatty()
        self._said = 0

    def bar(self, done: int) -> None:
        """Tell that so many bars are done."""
        tenth = done * 10 // self._bars
        if self._moves:
            sys.stderr.write(f"\rbar {done} of {self._bars}" + ("\n" if done == self._bars else ""))
            sys.stderr.flush()
        elif tenth > self._said:
            self._said = tenth
            _say(f"bar {done} of {self._bars}")


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201 - the command's own progress
