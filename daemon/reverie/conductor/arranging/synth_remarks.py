"""Whether the FluidSynth that never falls silent is on this machine at all: packages only recommend it."""

from __future__ import annotations

from collections.abc import Iterator

from reverie.documents import Keys
from reverie.midi.errors import DeviceError
from reverie.play.outputs.fluidsynth.soundfonts import check_program, find_soundfont
from reverie.site.schema import Site
from reverie.site.slot_sections import AUTO, SYNTH, FluidSynthSlot


def synth_remarks(site: Site) -> Iterator[tuple[Keys, str]]:
    """For the first slot that needs it, what this machine lacks; it need not be the one where the site plays."""
    for name, slot in site.slots.items():
        if isinstance(slot, FluidSynthSlot):
            way, font = ("slots", name), slot.soundfont
        elif slot.absent == SYNTH and SYNTH not in site.slots:
            way, font = ("slots", name, "absent"), AUTO
        else:
            continue
        if missing := missing_synth(font):
            yield way, f"on this machine slot {name} could not sound by FluidSynth: {missing}"
            return


def missing_synth(font: str) -> str:
    """What keeps FluidSynth from playing a soundfont on this machine, and what to install; empty: nothing."""
    try:
        check_program()
        find_soundfont(font)
    except DeviceError as error:
        return str(error)
    return ""
