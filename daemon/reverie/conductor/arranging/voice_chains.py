"""By what each voice of a scene sounds, one thing after the other, down to something that cannot fail.

A model can fail, hang or be missing; then what the voice played last goes on, then a loop that is shipped, its primer
or a single note, which cannot fail. So no voice is without notes; whether these are heard is a matter of its slot
(:mod:`reverie.site.slot_chains`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reverie.compose.fallback import ShippedLoop, read_shipped, reserves
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.arranging.scene_list import KnownToScenes
from reverie.conductor.configuration.site_resources import bundles_of
from reverie.conductor.rooms.voices_here import voices_here
from reverie.documents import DocumentError, Keys
from reverie.models.library.index import ModelFile
from reverie.music.schedule_gaps import UndecidedError, common_bar
from reverie.music.time import Schedule
from reverie.places import loops_folder
from reverie.scenes.schema import Scene
from reverie.site.load import load_site
from reverie.site.schema import Site
from reverie.site.slot_chains import SlotChain, slot_chain
from reverie.site.slot_sections import Slot

_ADVICE = (
    "let another slot sound meanwhile, by `absent: synth` or `absent: SLOT` of slot {!r} in reverie.yaml, or write "
    "`absent: mute` there if that silence is meant"
)
_UNDECIDED = ", for all that can be told of the lengths of its schedules, in a bar where no other voice plays"
_RESERVES = {"primer": "primer", "tonic": "single note"}


@dataclass(frozen=True, slots=True)
class VoiceChain:
    """A voice; ``sources`` are what its notes come from, the last of them infallible, and ``slot`` where they go.

    One that is not ``here`` sounds on another box of the room.
    """

    voice: str
    sources: tuple[str, ...]
    slot: SlotChain
    here: bool = True

    @property
    def text(self) -> str:
        """The chain in a line, for people."""
        if not self.here:
            return f"{self.voice}: {' -> '.join(self.sources)} -> another box of the room"
        kind = "infallible" if self.slot.infallible else "silence declared" if self.slot.muted else "fallible"
        why = f", for {self.slot.why}" if self.slot.why else ""
        return f"{self.voice}: {' -> '.join((*self.sources, self.slot.text))} ({kind}{why})"


def voice_chains(
    scene: Scene,
    bundles: Mapping[str, ModelFile],
    slots: Mapping[str, Slot],
    shipped: tuple[ShippedLoop, ...],
    here: Collection[str] = (),
) -> tuple[VoiceChain, ...]:
    """The chain of each voice, in the scene's order.

    Args:
        scene: As it was read.
        bundles: The models there are, by name.
        slots: The site's slots by name.
        shipped: The loops of the package.
        here: The voices of this box, as ``room.voices`` has them; none: all.
    """
    sounding = voices_here(scene.voices, here)
    arrangement = arrange(scene, bundles)
    own = {one.id for one in shipped if one.scene == scene.name}
    last = {name: reserve[0][0] for name, reserve in reserves(arrangement, {}, shipped).items()}
    chains: list[VoiceChain] = []
    for name, voice in scene.voices.items():
        if voice.literal:
            sources = ("what is written",)
        elif voice.traits.harmonic:
            sources = ("the scene's chords",)
        else:
            end = _RESERVES.get(last[name]) or ("shipped loop" if last[name] in own else "shipped loop of its kind")
            sources = (voice.model or "no model", "last good loop", end)
        chains.append(VoiceChain(name, sources, slot_chain(voice.output.slot, slots), name in sounding))
    return tuple(chains)


def silences(scene: Scene, chains: Iterable[VoiceChain]) -> Iterator[tuple[Keys, str]]:
    """Where the scene could fall silent on this box though nobody wants it, each place with a sentence.

    It could where every voice that sounds here is fallible, all the time or in a bar of their schedules. A voice that
    comes and goes by itself (``cycle``) is not counted on. What sections of a form leave out is the scene's own
    silence.
    """
    of_scene = tuple(chains)
    chains = tuple(chain for chain in of_scene if chain.here)
    where = " on this box" if len(chains) < len(of_scene) else ""
    schedules = {chain.voice: scene.voices[chain.voice].schedule for chain in chains}
    fallible = {chain.voice: chain for chain in chains if not chain.slot.infallible and not chain.slot.muted}
    sure = [
        schedules[chain.voice] for chain in chains if chain.slot.infallible and scene.voices[chain.voice].cycle is None
    ]
    unsure, undecided = _unsure((schedules[name] for name in fallible), sure)
    if unsure is None and not undecided:
        return
    when = _UNDECIDED if unsure is None else f" in bar {unsure + 1}, where no other voice plays" if sure else ""
    told = set[SlotChain]()
    for name, chain in fallible.items():
        plays = schedules[name] in undecided if unsure is None else schedules[name].plays(unsure)
        if plays and chain.slot not in told:
            told.add(chain.slot)
            sentence = f"{scene.name} could fall silent{where}{when}: {chain.slot.why}"
            yield ("voices", name, "output", "slot"), f"{sentence}; {_ADVICE.format(chain.slot.links[-1].name)}"


def _unsure(fallible: Iterable[Schedule], sure: Iterable[Schedule]) -> tuple[int | None, set[Schedule]]:
    """The earliest bar that is known in which a fallible voice plays and no sure one, and those that are undecided."""
    bars, undecided, others = list[int](), set[Schedule](), tuple(sure)
    for schedule in dict.fromkeys(fallible):
        try:
            bar = common_bar([schedule], others)
        except UndecidedError:
            undecided.add(schedule)
        else:
            bars += [] if bar is None else [bar]
    return min(bars, default=None), undecided


@dataclass(frozen=True, slots=True)
class SilenceCheck:
    """Finds where scenes could fall silent at a site."""

    site: Site
    bundles: Mapping[str, ModelFile]
    shipped: tuple[ShippedLoop, ...]

    @classmethod
    def of(cls, site: Site) -> SilenceCheck:
        """With the models and loops that are there."""
        return cls(site, bundles_of(site)[0], read_shipped(loops_folder()))

    def chains(self, scene: Scene) -> tuple[VoiceChain, ...]:
        """The chain of each voice."""
        here = self.site.room.voices if self.site.room else ()
        return voice_chains(scene, self.bundles, self.site.slots, self.shipped, here)

    def of_scene(self, scene: Scene) -> tuple[tuple[Keys, str], ...]:
        """Places in the scene's file, each with a sentence."""
        return tuple(silences(scene, self.chains(scene)))

    def of_slots(self, scenes: Iterable[Scene]) -> Iterator[tuple[Keys, str]]:
        """Places in the site's file, for the scenes that it plays: each slot once."""
        told: dict[str, str] = {}
        for scene in scenes:
            for way, sentence in self.of_scene(scene):
                told.setdefault(scene.voices[str(way[1])].output.slot, sentence)
        for slot, sentence in told.items():
            yield ("slots", slot), sentence


def chain_lines(paths: Iterable[Path], config: Path | None = None) -> Iterator[str]:
    """For each scene without a fault its name, and a line for each voice; nothing where the site is at fault."""
    with contextlib.suppress(DocumentError):
        site = load_site(config)
        known, check = KnownToScenes.of(site), SilenceCheck.of(site)
        for path in paths:
            with contextlib.suppress(DocumentError):
                scene = known.load(path)
                yield f"{scene.name}:"
                yield from (f"  {chain.text}" for chain in check.chains(scene))
