"""``reverie perform``: an offline performance into files."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from reverie.advice import advice_on
from reverie.compose.engines.by_family import make_engine
from reverie.compose.stalled import Stall
from reverie.conductor.offline.bank_steps import takes
from reverie.conductor.offline.jumping_player import play_offline
from reverie.conductor.offline.performing import Composition, composed, write_midi
from reverie.conductor.offline.rendered_banks import RenderedBanks
from reverie.conductor.offline.sound_file import PerformError, Synth, render, render_slots, say
from reverie.conductor.site_resources import bundles_of, scenes_of
from reverie.errors import reason_of
from reverie.music.time import MOST_BARS, Length
from reverie.places import scenes_folder
from reverie.play.slot_settings import SlotSettings
from reverie.scenes.folder import load_scene
from reverie.scenes.schema import Scene
from reverie.site.load import load_site
from reverie.site.schema import Site
from reverie.site.slot_sections import FluidSynthSlot

__all__ = ["PerformError", "perform_to_files", "render"]


def perform_to_files(
    config: Path | None, name: str, length: Length, seed: int | None, midi: Path, wav: Path | None
) -> dict[str, Any]:
    """Perform a scene into ``midi``, and render that into ``wav`` if asked; says what was written.

    Raises:
        ReverieError: with a plain sentence, if scene, models, synthesizer or files are not as they must be.
    """
    site = load_site(config)
    bundles, _ = bundles_of(site)
    scene, folders = _scene(site, name)
    bars = length.in_bars(scene.tempo, scene.metre)
    if bars > MOST_BARS:
        raise PerformError(f"a performance has {MOST_BARS:,} bars at most; name a shorter time")
    engine = make_engine(site.composer.engine)
    for model in sorted({voice.model for voice in scene.voices.values()}):
        say(f"Loading {model}")
        engine.load(bundles[model])
    progress = _Progress(bars)
    stalls: list[Stall] = []
    try:
        composition = composed(
            scene, bundles, engine, bars=bars, seed=seed, progress=progress.bar, stalled=stalls.append
        )
        notes = write_midi(scene, composition, midi, _settings(site, composition))
    except OSError as error:
        raise PerformError(f"{midi} cannot be written ({reason_of(error)}); {advice_on(error, midi)}") from error
    if wav is not None:
        _render(site, scene, composition, wav, folders)
    for stall in stalls:
        say(str(stall))
    return {
        "scene": scene.name,
        "bars": bars,
        "notes": notes,
        "midi": str(midi),
        "wav": wav and str(wav),
        "stalled": [str(stall) for stall in stalls],
    }


def _settings(site: Site, composition: Composition) -> dict[str, SlotSettings]:
    """What the site says of the slots that a composition plays to."""
    written = site.slots_as_json()
    return {part.slot: SlotSettings.read(written.get(part.slot, {})) for part in composition.scene.parts}


def _render(site: Site, scene: Scene, composition: Composition, wav: Path, folders: Sequence[Path]) -> None:
    """Render a composition: each slot with the soundfont that it has, and voices with their timbres' banks.

    For the device of any other slot a FluidSynth stands in, as live: it has the slot's volume, but neither channels nor
    sounds, which are the device's own.
    """
    slots = _settings(site, composition)
    synths: dict[str, Synth] = {}
    for name, settings in slots.items():
        if isinstance(slot := site.slots.get(name), FluidSynthSlot):
            synths[name] = Synth(slot.soundfont, slot.gain, slot.options)
        else:
            slots[name] = SlotSettings({}, volume=settings.volume)
    banks = RenderedBanks(site, scene, folders, say)
    taken = takes(scene, composition.scene.epoch, len(composition.places), banks.bank_of)
    say(f"Rendering {wav}")
    played = play_offline(composition.scene, composition.places, slots, taken)
    render_slots(played.slots, wav, synths)


def _scene(site: Site, name: str) -> tuple[Scene, Sequence[Path]]:
    """The scene of that name, or in the file of that name; and the folders in which its sources are looked for.

    Raises:
        ReverieError: if there is none, or it is at fault.
    """
    bundles, _ = bundles_of(site)
    folders = [*site.scenes, scenes_folder()]
    if "/" in name or name.endswith(".yaml"):
        models = {model: bundle.kinds for model, bundle in bundles.items()}
        return load_scene(Path(name), models, site.slots), [Path(name).parent, *folders]
    shelf = scenes_of(site, bundles)
    return shelf.load(name).scene, [shelf.paths()[name].parent, *folders]


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
            say(f"bar {done} of {self._bars}")
