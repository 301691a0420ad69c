"""With which sound each voice of the scene that plays is heard in browsers: as in the hall, as far as that can be had.

A voice has a shipped instrument at once; the program of its slot's soundfont, or the bank of its timbre, takes its
place when a maker has made an instrument of it. Makers are processes of the lowest priority, one at a time, and what
was made before is found again. Programs that moods may give to voices have sounds beside it, which are made last.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from reverie.browser_sounds.making import SoundMaking
from reverie.browser_sounds.shipped_set import ShippedSet
from reverie.browser_sounds.sound_files import SoundFiles
from reverie.browser_sounds.sound_jobs import BankSound, ProgramSound, SoundJob, SoundMade
from reverie.bus import Bus
from reverie.clock import Clock
from reverie.files import stamp
from reverie.foreign import plain
from reverie.logs import ONCE
from reverie.midi.errors import DeviceError
from reverie.music.drums import DRUMS
from reverie.music.general_midi import PROGRAMS
from reverie.music.notes import MAX_MIDI
from reverie.places import browser_sounds_folder
from reverie.play.outputs.fluidsynth.soundfonts import find_soundfont
from reverie.scenes.schema import Scene, Voice
from reverie.timbre.ready_bank import ReadyBank
from reverie.watch.happenings import BankReady, BanksBlended, Moment, SceneBegun, SceneChanged, SoundsChanged

log = logging.getLogger(__name__)

DRUM_CHANNEL = 10
"""On which General MIDI has its drums."""
PATH = "/api/v1/sounds"
"""Where browsers find the files."""
QUOTA = 300_000_000
"""Bytes that what is made may take."""
LOWEST, HIGHEST = 24, 108
"""Pitches beyond which no sample is made; those that are reach further."""
MARGIN, ROUND = 5, 6
"""Semitones by which sections of a form may move a register, and to which it is rounded, so that scenes share."""
AGAIN = 10.0
"""Seconds after a mistake of ours until the next try."""
KEEP_EVERY = 120.0
"""Seconds after which what is played counts as just used."""
Origin = Literal["bank", "program", "shipped"]
Sounding = tuple[str, int | None]
"""A voice, with the program that moods give it; None is its sound without one."""
Make = Callable[[SoundJob], SoundMade]
"""Makes an instrument; called in a thread."""


@dataclass(frozen=True, slots=True)
class HeardSound:
    """The instrument of a voice: the file of its page, of what it was made, and what people call it."""

    page: str
    origin: Origin
    name: str

    @property
    def place(self) -> str:
        """Where browsers find its page."""
        return f"{PATH}/{self.page}"

    def as_json(self) -> dict[str, str]:
        """As the page of a browser is told."""
        return {
            "id": self.page.partition(".")[0],
            "base": self.place,
            "origin": self.origin,
            "name": self.name,
        }


@dataclass(frozen=True, slots=True)
class _SoundWish:
    """What decides the sound of a voice, but for banks that change."""

    kind: str
    channel: int
    program: int | None
    font: str
    timbre: str
    low: int
    high: int
    drums: tuple[int, ...]


def voice_sounds(state: Path, slots: Mapping[str, Mapping[str, Any]], bus: Bus, clock: Clock) -> VoiceSounds:
    """The sounds of an installation whose state lies in a folder, with makers that are processes."""
    folder, shipped = state / "browser-sounds", browser_sounds_folder()
    try:
        known = ShippedSet.read(shipped)
    except (OSError, ValueError) as error:
        log.warning("The instruments for browsers that are shipped cannot be read: %s.", error)
        known = None
    making = SoundMaking(folder, QUOTA)
    return VoiceSounds(slots, SoundFiles(folder, QUOTA, shipped), known, bus, clock, making.make, making.close)


class VoiceSounds:
    """Knows the sounds; :meth:`run` has made what is wanted.

    Args:
        slots: Those of the site, as plain data.
        files: Where instruments are.
        shipped: Those that are shipped; None where they cannot be read: then a voice is silent until one is made.
        bus: Where changes are published.
        clock: By which they are dated.
        make: Makes an instrument.
        close: Ends what is being made.
        again: Seconds after a mistake until the next try.
    """

    def __init__(
        self,
        slots: Mapping[str, Mapping[str, Any]],
        files: SoundFiles,
        shipped: ShippedSet | None,
        bus: Bus,
        clock: Clock,
        make: Make,
        close: Callable[[], None] = lambda: None,
        again: float = AGAIN,
    ) -> None:
        self._slots = slots
        self._files = files
        self._shipped = shipped
        self._bus = bus
        self._clock = clock
        self._make = make
        self._close = close
        self._again = again
        self._scene: str | None = None
        self._wishes: dict[Sounding, _SoundWish] = {}
        self._sounds: dict[Sounding, HeardSound] = {}
        self._wanted: dict[Sounding, BankSound | _SoundWish] = {}
        """What is to be made next for each."""
        self._busy = False
        self._awake = asyncio.Event()

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on which scene plays, and which banks are ready."""
        bus.subscribe(SceneBegun, lambda said: self.scene_begun(said.scene))
        bus.subscribe(SceneChanged, lambda said: self.scene_begun(said.scene))
        bus.subscribe(BankReady, lambda said: self.bank_ready(said.scene, said.timbre, said.ready))
        bus.subscribe(BanksBlended, lambda said: self.bank_ready(said.scene, said.timbre, said.blended.near))

    @property
    def by_voice(self) -> Mapping[str, HeardSound]:
        """The sound of each voice that has one."""
        return {name: sound for (name, program), sound in self._sounds.items() if program is None}

    @property
    def by_program(self) -> Mapping[tuple[str, int], HeardSound]:
        """The sounds that voices have while a mood gives them a program."""
        return {(name, program): sound for (name, program), sound in self._sounds.items() if program is not None}

    def as_json(self) -> dict[str, dict[str, Any]]:
        """By voice its sound, with those of the programs that moods may give it, as the page of a browser is told."""
        told: dict[str, dict[str, Any]] = {name: sound.as_json() for name, sound in self.by_voice.items()}
        for (name, program), sound in self.by_program.items():
            if name in told:
                told[name].setdefault("programs", {})[str(program)] = sound.place
        return told

    @property
    def waiting(self) -> int:
        """How many voices wait for another sound."""
        return len(self._wanted) + self._busy

    def told(self) -> dict[str, Any]:
        """What browsers are told: the scene, and by voice its sound."""
        return {"scene": self._scene, "voices": self.as_json()}

    def file(self, name: str) -> Path | None:
        """The file of that name; None if there is none."""
        return self._files.find(name)

    def scene_begun(self, scene: Scene) -> None:
        """Another scene plays, or this one was changed: voices that are as they were keep their sounds."""
        same = self._scene == scene.name
        before, sounds = (self._wishes, self._sounds) if same else ({}, {})
        self._scene = scene.name
        self._wishes = {(name, None): self._wish(scene, voice) for name, voice in scene.voices.items()}
        for name, program in _programs_of_moods(scene):
            self._wishes[name, program] = replace(self._wishes[name, None], program=program)
        self._wanted.clear()
        self._sounds = {}
        for one, wish in self._wishes.items():
            if before.get(one) == wish and one in sounds:
                self._sounds[one] = sounds[one]
                if sounds[one].origin != "shipped":
                    continue
            elif (sound := self._shipped_for(wish)) is not None:
                self._sounds[one] = sound
            self._wanted[one] = wish
        self._changed()

    def bank_ready(self, scene: Scene, timbre: str, ready: ReadyBank) -> None:
        """Voices of a timbre are to sound with another bank."""
        if scene.name != self._scene:
            return
        for one, wish in self._wishes.items():
            if wish.timbre == timbre:
                self._wanted[one] = BankSound(ready.bank, ready.folder, timbre)
        self._awake.set()

    async def run(self) -> None:
        """Make what is wanted, one after the other, until cancelled."""
        try:
            while True:
                try:
                    await self._work()
                except Exception:
                    log.exception("Browsers have no new sounds for now; the music plays on.")
                    self._busy = False
                    await asyncio.sleep(self._again)
        finally:
            self._close()

    async def _work(self) -> None:
        while True:
            try:
                await asyncio.wait_for(self._awake.wait(), KEEP_EVERY)
            except TimeoutError:
                pages = [sound.page for sound in self._sounds.values()]
                await asyncio.to_thread(self._files.touch, pages)
                continue
            self._awake.clear()
            while self._wanted:
                one, wanted = next(iter(self._wanted.items()))
                del self._wanted[one]
                self._busy = True
                made = await asyncio.to_thread(self._made, wanted)
                self._busy = False
                if made is not None and one in self._wishes and one not in self._wanted and self._suits(one, wanted):
                    self._sounds[one] = made
                    self._changed()

    def _suits(self, one: Sounding, wanted: BankSound | _SoundWish) -> bool:
        """Whether the voice still wants what was made for it meanwhile."""
        wish = self._wishes[one]
        return wanted.title == wish.timbre if isinstance(wanted, BankSound) else wanted == wish

    def _changed(self) -> None:
        told = {name: sound.page for name, sound in self.by_voice.items()}
        self._bus.publish(SoundsChanged(Moment.of(self._clock), told))
        self._awake.set()

    def _made(self, wanted: BankSound | _SoundWish) -> HeardSound | None:
        """The instrument, made before or now; None where there is none. In a thread: disks and makers take their time.

        A voice that wants no bank has its program; where no soundfont is at hand, it keeps what is shipped.
        """
        job: SoundJob | None = wanted if isinstance(wanted, BankSound) else _program_of(wanted)
        if job is None:
            return None
        origin: Origin = "bank" if isinstance(job, BankSound) else "program"
        page = self._files.recall(job.origin)
        if page is None:
            made = self._make(job)
            if made.fault:
                log.warning("Browsers cannot have the sound %s: %s.", plain(job.title), plain(made.fault), extra=ONCE)
                return None
            page = made.page
        self._files.touch([page])
        return HeardSound(page, origin, job.title)

    def _wish(self, scene: Scene, voice: Voice) -> _SoundWish:
        output, slot = voice.output, self._slots.get(voice.output.slot, {})
        program = output.program
        if program is None:
            program = slot.get("sounds", {}).get(str(output.channel), {}).get("program")
        font = output.soundfont.path if output.soundfont else str(slot.get("soundfont", "auto"))
        low, high = max(voice.low - MARGIN, LOWEST), min(voice.high + MARGIN, HIGHEST)
        low, high = low // ROUND * ROUND, -(-high // ROUND) * ROUND
        timbre = voice.timbre.bank if voice.timbre is not None else ""
        drums = () if output.channel != DRUM_CHANNEL else _drums_of(scene.drum_map(voice))
        return _SoundWish(voice.kind, output.channel, program, font, timbre, low, high, drums)

    def _shipped_for(self, wish: _SoundWish) -> HeardSound | None:
        if self._shipped is None:
            return None
        name = self._shipped.name_for(wish.program, wish.kind, drums=bool(wish.drums))
        return HeardSound(self._shipped.pages[name], "shipped", name)


def _programs_of_moods(scene: Scene) -> Iterator[tuple[str, int]]:
    """Which voices can have which programs by moods: all of a channel have it, as the player chooses it there."""
    for mood in scene.moods.values():
        for name, wish in mood.voices.items():
            if name not in scene.voices or wish.program is None:
                continue
            there = scene.voices[name].output
            for other, voice in scene.voices.items():
                same = (voice.output.slot, voice.output.channel) == (there.slot, there.channel)
                if same and voice.timbre is None:
                    yield other, wish.program


def _drums_of(played_as: Mapping[int, int]) -> tuple[int, ...]:
    """The keys that a voice of drums can play: only these need samples."""
    return tuple(sorted({played_as.get(drum, drum) for drum in DRUMS.values()}))


def _program_of(wish: _SoundWish) -> ProgramSound | None:
    """The program of a soundfont that a voice has in the hall, or would have; None where FluidSynth has none."""
    if (wish.program is None and not wish.drums) or shutil.which("fluidsynth") is None:
        return None
    try:
        font = find_soundfont(wish.font)
    except DeviceError:
        return None
    program, (low, high) = wish.program or 0, (0, MAX_MIDI) if wish.drums else (wish.low, wish.high)
    title = f"kit {program}" if wish.drums else PROGRAMS[program]
    return ProgramSound(str(font), str(stamp(font)), program, wish.drums, low, high, title)
