"""``reverie perform``: an offline performance into files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reverie.advice import advice_on
from reverie.conductor.offline.bank_steps import takes
from reverie.conductor.offline.jumping_player import play_offline
from reverie.conductor.offline.on_paper import OnPaper, compose_on_paper
from reverie.conductor.offline.performing import write_midi
from reverie.conductor.offline.rendered_banks import RenderedBanks
from reverie.conductor.offline.sound_file import PerformError, Synth, render, render_slots, say
from reverie.errors import reason_of
from reverie.music.time import Length
from reverie.play.slot_settings import SlotSettings
from reverie.site.slot_sections import FluidSynthSlot

__all__ = ["PerformError", "perform_to_files", "render"]


def perform_to_files(
    config: Path | None, name: str, length: Length, seed: int | None, midi: Path, wav: Path | None
) -> dict[str, Any]:
    """Perform a scene into ``midi``, and render that into ``wav`` if asked; says what was written.

    Raises:
        ReverieError: with a plain sentence, if scene, models, synthesizer or files are not as they must be.
    """
    paper = compose_on_paper(config, name, length, seed)
    try:
        notes = write_midi(paper.scene, paper.composition, midi, paper.slots)
    except OSError as error:
        raise PerformError(f"{midi} cannot be written ({reason_of(error)}); {advice_on(error, midi)}") from error
    if wav is not None:
        render_paper(paper, wav)
    for stall in paper.stalls:
        say(str(stall))
    return {
        "scene": paper.scene.name,
        "bars": paper.bars,
        "notes": notes,
        "midi": str(midi),
        "wav": wav and str(wav),
        "stalled": [str(stall) for stall in paper.stalls],
    }


def render_paper(paper: OnPaper, wav: Path) -> None:
    """Render what was composed: each slot with the soundfont that it has, and voices with their timbres' banks.

    For the device of any other slot a FluidSynth stands in, as live: it has the slot's volume, but neither channels nor
    sounds, which are the device's own.

    Raises:
        PerformError: if FluidSynth is missing or fails, or the file cannot be written.
        DeviceError: if there is no soundfont, or nothing is heard with it.
    """
    slots = paper.slots
    synths: dict[str, Synth] = {}
    for name, settings in slots.items():
        if isinstance(slot := paper.site.slots.get(name), FluidSynthSlot):
            synths[name] = Synth(slot.soundfont, slot.gain, slot.options)
        else:
            slots[name] = SlotSettings({}, volume=settings.volume)
    banks = RenderedBanks(paper.site, paper.scene, paper.folders, say)
    composition = paper.composition
    taken = takes(paper.scene, composition.scene.epoch, paper.bars, banks.bank_of)
    say(f"Rendering {wav}")
    played = play_offline(composition.scene, composition.places, slots, taken)
    render_slots(played.slots, wav, synths)
