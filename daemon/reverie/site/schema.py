"""A site as its file says it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from reverie.documents import ByKind, Keys, Section, did_you_mean
from reverie.places import state_folder
from reverie.site.address import Address, page_address
from reverie.site.control import ControlBinding, ControlSection, beyond, overlaps
from reverie.site.cue_section import CueSection
from reverie.site.fields import FilePath
from reverie.site.hours_section import HoursSection
from reverie.site.monitor_section import MONITOR, MonitorSection
from reverie.site.mqtt_section import MqttSection
from reverie.site.notify_section import NotifySection
from reverie.site.page_section import PageSection
from reverie.site.playlist_section import PlaylistSection
from reverie.site.restraint_sections import MaintenanceSection, PresenceSection, QuietHoursSection
from reverie.site.room_section import RoomSection
from reverie.site.sampler import SamplerSettings
from reverie.site.slot_sections import MUTE, SLOT_KINDS, SYNTH, FluidSynthSlot, SampledSlot, Slot
from reverie.site.storage_section import StorageSection
from reverie.site.supervision_section import SupervisionSection
from reverie.site.sync import Sync
from reverie.site.timbre import GIGABYTE, TimbreSection
from reverie.site.time_of_day import TimeOfDay
from reverie.site.used_ports import clashes


class Change(Section):
    """From a time of day on, another scene, or rest."""

    at: TimeOfDay = Field(description="Time of day by the machine's local time.", examples=["20:00"])
    scene: str | None = Field(
        default=None,
        description="The scene that plays from then on; null: rest, silence that is intended.",
        examples=["night-watch"],
    )
    playlist: str | None = Field(
        default=None, description="In place of a scene, the playlist from which scenes are drawn.", examples=["evening"]
    )
    mood: str | None = Field(
        default=None, description="The mood of the scene in which it plays until the next entry; null: none."
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A scene or a playlist, or rest, which has no mood."""
        if "scene" not in self.model_fields_set and self.playlist is None:
            yield (), "the key 'scene' is missing: the scene that plays from then on; null is rest"
        if self.scene is not None and self.playlist is not None:
            yield ("playlist",), "from a time on it is a scene or a playlist, not both"
        if self.mood is not None and self.scene is None and self.playlist is None:
            yield ("mood",), "a mood is for a scene, and here is rest"


class TapeSection(Section):
    """The record of everything that was played."""

    keep_days: int = Field(default=30, ge=1, le=36_500, description="Days of running after which it is deleted.")
    quota: float | None = Field(
        default=None,
        ge=0.001,
        le=100_000,
        description="Gigabytes that it may take; beyond them the oldest is deleted; null: as many as fit.",
    )
    folder: FilePath | None = Field(
        default=None, description="Where the record lies; null: 'tape' in the state folder."
    )

    @property
    def quota_bytes(self) -> int | None:
        """The quota in bytes."""
        return None if self.quota is None else round(self.quota * GIGABYTE)


class Health(Section):
    """Where others ask whether all is well."""

    address: Address = Field(
        default="127.0.0.1", description="Network address; 0.0.0.0 lets every machine of the network ask."
    )
    port: int = Field(default=8765, ge=1, le=65_535, description="TCP port, 1 to 65535.")


class ComposerSection(Section):
    """The process that runs the models."""

    engine: Literal["numpy", "magenta"] = Field(
        default="numpy",
        description="What runs the models: 'numpy', or Magenta itself, which needs the extra 'magenta' and 800 MB.",
    )
    patience: float = Field(
        default=60.0, ge=1, le=3600, description="Seconds without an answer after which the composer counts as hung."
    )


def _main() -> dict[str, Slot]:
    return {"main": FluidSynthSlot()}


class Site(Section):
    """One installation: what plays, when, through which slots, and where things are kept."""

    scene: str = Field(default="first-light", description="The scene that plays at power-on.")
    scenes: Annotated[tuple[FilePath, ...], Field(strict=False)] = Field(
        default=(), description="More folders of scenes, relative to this file; shipped scenes are always known."
    )
    models: FilePath | None = Field(
        default=None,
        description="A folder of further models, relative to this file; else 'models' in the state folder.",
    )
    programme: Annotated[tuple[Change, ...], Field(strict=False)] = Field(
        default=(), description="Which scene plays from which time of day on, or rest."
    )
    playlists: dict[str, PlaylistSection] = Field(
        default_factory=dict[str, PlaylistSection],
        description="Scenes from which the programme draws, by a name of your own.",
        examples=[{"evening": {"scenes": {"first-light": 2, "night-watch": 1}, "minutes": 20}}],
    )
    hours: HoursSection | None = Field(
        default=None,
        description="When the installation is open; null: always.",
        examples=[{"week": {"tuesday": ["10:00-18:00"]}}],
    )
    quiet_hours: Annotated[tuple[QuietHoursSection, ...], Field(strict=False)] = Field(
        default=(), description="Hours in which the music is quieter and thinner, though it is open."
    )
    presence: PresenceSection | None = Field(
        default=None,
        description="A sensor that says whether somebody is there; null: the music does not mind.",
        examples=[{"file": "/sys/class/gpio/gpio17/value", "away": 10}],
    )
    maintenance: MaintenanceSection = Field(
        default_factory=MaintenanceSection,
        description="What is done while nobody minds.",
        examples=[{"reboot": "weekly"}],
    )
    state: FilePath | None = Field(
        default=None,
        description="The folder for what must last; null: $STATE_DIRECTORY, else that of the XDG specification.",
    )
    slots: dict[str, Annotated[Slot, ByKind(SLOT_KINDS)]] = Field(
        default_factory=_main, min_length=1, description="By what the notes leave, by name."
    )
    tape: TapeSection = Field(
        default_factory=TapeSection, description="The record of what was played.", examples=[{"keep_days": 30}]
    )
    storage: StorageSection = Field(
        default_factory=StorageSection,
        description="How often the disk is written to, and how much room the history may take.",
        examples=[{"flush": "10m"}],
    )
    health: Health = Field(
        default_factory=Health, description="Where others ask whether all is well.", examples=[{"port": 8765}]
    )
    monitor: MonitorSection = Field(
        default_factory=MonitorSection,
        description="By what it is heard whether notes sound: meters of the synthesizers, and an input.",
        examples=[{"input": {"kind": "alsa", "device": "plughw:1"}}],
    )
    page: PageSection = Field(
        default_factory=PageSection,
        description="The page that shows the installation: who may do what on it, and who helps.",
        examples=[{"contact": {"name": "Front desk", "telephone": "+49 30 1234567"}}],
    )
    notify: NotifySection = Field(
        default_factory=NotifySection,
        description="Who is told when something is wrong, and of the day in the morning.",
        examples=[{"language": "en", "channels": {"crew": {"url_file": "notify-crew"}}}],
    )
    mqtt: MqttSection | None = Field(
        default=None,
        description="The MQTT broker that is told how the installation is; null: none.",
        examples=[{"host": "broker.local"}],
    )
    composer: ComposerSection = Field(
        default_factory=ComposerSection, description="The process that runs the models.", examples=[{"engine": "numpy"}]
    )
    supervision: SupervisionSection = Field(
        default_factory=SupervisionSection,
        description="When workers are started anew although nothing is wrong, and what plays when a scene ends them.",
        examples=[{"recycle_hours": 24}],
    )
    timbre: TimbreSection = Field(
        default_factory=TimbreSection,
        description="The rendering of sample banks, and where they are kept.",
        examples=[{"share": 0.5}],
    )
    sync: Sync = Field(default_factory=Sync, description="The clocks of others, which scenes may follow.")
    room: RoomSection | None = Field(
        default=None,
        description="Boxes that play one piece: this one leads, or follows another; null: it plays by itself.",
        examples=[{"follow": "hall.local", "voices": ["bass"]}],
    )
    control: ControlSection = Field(
        default_factory=ControlSection,
        description="Control of the running installation by MIDI and OSC, within limits.",
        examples=[{"pause_for": 600}],
    )
    cues: CueSection = Field(
        default_factory=CueSection,
        description="Sounds that come along with dreams: where they lie, and who plays them.",
        examples=[{"folder": "cues", "play": "aplay"}],
    )
    controls: dict[str, ControlBinding] = Field(
        default_factory=dict[str, ControlBinding],
        description="What the knobs, keys and pads of the control surface do, by names of your own.",
        examples=[{"volume": {"action": "volume", "cc": 7}}],
    )

    @property
    def state_folder(self) -> Path:
        """Where state lasts."""
        return self.state or state_folder()

    @property
    def tape_folder(self) -> Path:
        """Where the record of what was played lies."""
        return self.tape.folder or self.state_folder / "tape"

    @property
    def timbre_folder(self) -> Path:
        """Where sample banks are kept."""
        return self.timbre.folder or self.state_folder / "timbre"

    def samplers(self) -> dict[str, SamplerSettings]:
        """By the slot, the samplers that are given banks; they are no business of the player's."""
        return {
            name: slot.sampler.sampler
            for name, slot in self.slots.items()
            if isinstance(slot, SampledSlot) and slot.sampler is not None
        }

    @property
    def page_address(self) -> str:
        """The page's address, for a browser on this machine."""
        return page_address(self.health.address, self.health.port, "https" if self.page.certificate else "http")

    def slots_as_json(self) -> dict[str, dict[str, Any]]:
        """The slots by name, as plain data for the player.

        A port is told of the devices of the others, and browsers of the page. Where there are several FluidSynths, each
        has a name of its own at JACK, by which it is listened to.
        """
        slots = {name: slot.model_dump(mode="json", exclude={"sampler"}) for name, slot in self.slots.items()}
        devices = {name: slot["device"] for name, slot in slots.items() if slot["kind"] == "port" and slot["device"]}
        for name in devices:
            slots[name]["rivals"] = [device for other, device in devices.items() if other != name]
        synths = [name for name, slot in slots.items() if slot["kind"] == "fluidsynth"]
        for name in synths if len(synths) > 1 else ():
            slots[name]["options"].setdefault("audio.jack.id", f"reverie-{name.replace(':', '-')}")
        for slot in slots.values():
            if slot["kind"] == "browser":
                slot["page"] = self.page_address
        return slots

    def leaders_as_json(self) -> dict[str, Any]:
        """Whom the player may follow, as plain data: clocks of others, and the leader of the room."""
        follows = self.room is not None and self.room.follow is not None
        return self.sync.as_json() | ({"room": {"folder": str(self.state_folder)}} if follows else {})

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """One time of day has one scene, one control one action."""
        times: set[dt.time] = set()
        for number, change in enumerate(self.programme):
            if change.at in times:
                yield ("programme", number, "at"), f"the programme has {change.at:%H:%M} twice"
            times.add(change.at)
            if change.playlist is not None and change.playlist not in self.playlists:
                known = did_you_mean(change.playlist, self.playlists)
                yield ("programme", number, "playlist"), f"there is no playlist {change.playlist!r}{known}"
        yield from overlaps(self.controls)
        for name, binding in self.controls.items():
            if fault := beyond(self.control.limits, binding):
                yield ("controls", name, "to"), fault
        osc = self.control.osc
        room = self.room if self.room and self.room.lead else None
        yield from clashes(self.slots, osc and (osc.address, osc.port), room and (room.address, room.port))
        yield from self._odd_slots()

    def _odd_slots(self) -> Iterator[tuple[Keys, str]]:
        """A slot that is named is there, and is none that bears the name of something else."""
        for slot in (self.monitor.input and self.monitor.input.slots) or ():
            if slot not in self.slots:
                yield ("monitor", "input", "slots"), f"there is no slot {slot!r}{did_you_mean(slot, self.slots)}"
        for name, slot in self.slots.items():
            if name == MONITOR and isinstance(slot, FluidSynthSlot):
                yield ("slots", name), f"{name!r} is what the listener in the hall is called; name the slot otherwise"
            if slot.absent not in {MUTE, SYNTH, *self.slots} or slot.absent == name:
                others = ", ".join([MUTE, SYNTH, *sorted(set(self.slots) - {name})])
                yield ("slots", name, "absent"), f"what sounds while {name!r} is away is one of {others}"


def site_json_schema() -> dict[str, Any]:
    """JSON Schema of the site's file, by which editors complete and check."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | Site.model_json_schema()
