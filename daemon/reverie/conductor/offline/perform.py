"""``reverie perform``: an offline performance into files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from reverie.advice import advice_on
from reverie.conductor.arranging.arrange_form import NOON
from reverie.conductor.offline.bank_steps import takes
from reverie.conductor.offline.jumping_player import Sent, play_offline
from reverie.conductor.offline.on_paper import OnPaper, compose_on_paper
from reverie.conductor.offline.performing import write_midi
from reverie.conductor.offline.rendered_banks import RenderedBanks
from reverie.conductor.offline.sound_file import PerformError, Synth, render, render_slots, say
from reverie.errors import reason_of
from reverie.music.time import Length
from reverie.play.outputs.fluidsynth import effect_options
from reverie.play.slot_settings import SlotSettings
from reverie.site.slot_sections import FluidSynthSlot

__all__ = ["PerformError", "perform_to_files", "render"]


def perform_to_files(
    config: Path | None,
    name: str,
    length: Length,
    seed: int | None,
    midi: Path,
    wav: Path | None,
    begins_at: float = NOON,
    dreams: Sequence[str] = (),
) -> dict[str, Any]:
    """Perform a scene into ``midi``, and render that into ``wav`` if asked; says what was written.

    ``begins_at`` is the time of day of the first bar, in seconds, and ``dreams`` are those that are dreamt.

    Raises:
        ReverieError: with a plain sentence, if scene, models, synthesizer or files are not as they must be.
    """
    paper = compose_on_paper(config, name, length, seed, begins_at=begins_at, dreams=dreams)
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
    """Render what was composed, as :func:`devices_of` has it.

    Raises:
        PerformError: if FluidSynth is missing or fails, or the file cannot be written.
        DeviceError: if there is no soundfont, or nothing is heard with it.
    """
    sent, synths = devices_of(paper)
    say(f"Rendering {wav}")
    render_slots(sent, wav, synths)


def devices_of(
    paper: OnPaper, voices: Collection[str] | None = None
) -> tuple[Mapping[str, Sequence[Sent]], Mapping[str, Synth]]:
    """What each slot's device is sent, and a FluidSynth for each, with the soundfont that it has.

    Voices have their timbres' banks. For the device of any other slot a FluidSynth stands in, as live: it has the
    slot's volume, but neither channels nor sounds, which are the device's own.

    Args:
        paper: what was composed.
        voices: those that sound, if not all.
    """
    slots = paper.slots
    synths: dict[str, Synth] = {}
    for name, settings in slots.items():
        if isinstance(slot := paper.site.slots.get(name), FluidSynthSlot):
            synths[name] = _synth(slot)
        else:
            slots[name] = SlotSettings({}, volume=settings.volume)
    banks = RenderedBanks(paper.site, paper.scene, paper.folders, say)
    composition = paper.composition if voices is None else paper.composition.of(voices)
    taken = takes(paper.scene, composition.scene.epoch, paper.bars, banks.bank_of, paper.dreams, composition.course)
    return play_offline(composition.scene, composition.places, slots, taken, composition.plans).slots, synths


def _synth(slot: FluidSynthSlot) -> Synth:
    """A FluidSynth that is set as the slot's own is."""
    written = slot.model_dump(mode="json")
    return Synth(slot.soundfont, slot.gain, effect_options(written["reverb"], written["chorus"]) | slot.options)
