"""What ``reverie timbre`` works with at a site: its scenes, its models, its cache, and a synthesizer to listen by."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from reverie.cli.timbre import TimbreResources
from reverie.conductor.configuration.site_resources import model_folders_of
from reverie.conductor.offline.sound_file import PerformError, render
from reverie.midi.errors import DeviceError
from reverie.places import scenes_folder
from reverie.play.outputs.fluidsynth import find_audio
from reverie.play.outputs.fluidsynth.file_render import ALONE, unheard
from reverie.scenes.folder import SceneFolder, load_scene
from reverie.scenes.schema import Scene
from reverie.site.schema import Site
from reverie.site.slot_sections import FluidSynthSlot


def timbre_resources_of(site: Site) -> TimbreResources:
    """What the commands need of a site."""
    return TimbreResources(
        cache=site.timbre_folder,
        quota=site.timbre.quota_bytes,
        threads=site.timbre.workers,
        decoder=site.timbre.decoder,
        models=model_folders_of(site),
        scene=lambda name: _scene(site, name),
        sound=lambda midi, soundfont, wav: _sound(site, midi, soundfont, wav),
    )


def _scene(site: Site, name: str) -> tuple[Scene, Sequence[Path]]:
    """A scene as it is now, and the folders in which its sources are looked for."""
    folders = [*site.scenes, scenes_folder()]
    if "/" in name or name.endswith(".yaml"):
        return load_scene(Path(name)), [Path(name).parent, *folders]
    scenes = SceneFolder(folders)
    scene = scenes.load(name).scene
    return scene, [scenes.paths()[name].parent, *folders]


def _sound(site: Site, midi: bytes, soundfont: Path, wav: Path | None) -> None:
    """Play a MIDI file through a soundfont, or render it into ``wav``.

    Raises:
        PerformError: if FluidSynth is missing or fails, or there is no sound device.
    """
    with tempfile.TemporaryDirectory(prefix="reverie-") as folder:
        file = Path(folder) / "notes.mid"
        file.write_bytes(midi)
        if wav is not None:
            render(file, wav, str(soundfont))
            return
        program = shutil.which("fluidsynth")
        if program is None:
            raise PerformError("FluidSynth is needed to play sound; install the package fluidsynth")
        slot = next((slot for slot in site.slots.values() if isinstance(slot, FluidSynthSlot)), FluidSynthSlot())
        options = [part for key, value in slot.options.items() for part in ("-o", f"{key}={value}")]
        try:
            driver = find_audio(slot.audio)
        except DeviceError as error:
            raise PerformError(f"{error}, or hear it from a file: --wav FILE") from error
        command = [program, "-niq", *ALONE, "-g", str(slot.gain), "-a", driver, *options]
        result = subprocess.run(
            [*command, str(soundfont), str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        said = result.stderr.decode(errors="replace").strip()
        if result.returncode:
            raise PerformError(f"FluidSynth could not play: {said or 'it gave no reason'}; --wav FILE needs no device")
        unheard(said, soundfont, file)
