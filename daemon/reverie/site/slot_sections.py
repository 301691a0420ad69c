"""Slots: by what a voice's notes leave the machine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from reverie.documents import Keys, Section, Written
from reverie.documents.instrument_fields import Program
from reverie.site.address import Address
from reverie.site.effect_sections import OR_OFF, ChorusSection, ReverbSection, or_off
from reverie.site.fields import Data, from_here, one_line
from reverie.site.sampler_sections import SamplerSection

Api = Literal["auto", "alsa", "jack", "coremidi"]
AUTO = "auto"
CHANNELS = 16
LAST_PAIR = 65_534
"""The highest UDP port that has a next one: a session of RTP-MIDI takes two."""
_USB = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")
_PREFIX = re.compile(r"(/[^ #*,/?\[\]{}]+)+")
MUTE, SYNTH = "mute", "synth"

KindT = TypeVar("KindT", bound=str)


def _channel(number: int) -> int:
    if not 1 <= number <= CHANNELS:
        raise ValueError(f"a MIDI channel is 1 to {CHANNELS}, not {number}")
    return number


Channel = Annotated[
    int, AfterValidator(_channel), Field(json_schema_extra={"minimum": 1, "maximum": CHANNELS, "type": "integer"})
]


def regular(pattern: str) -> str:
    """A regular expression that can be one."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(
            f"{pattern!r} is no regular expression: {error}; put \\ before a character that means itself"
        ) from error
    return pattern


def _soundfont(written: str, info: ValidationInfo) -> str:
    return written if written == AUTO else str(from_here(written, info))


def _setting(written: Any) -> Any:
    """FluidSynth takes every setting as text, numbers too."""
    return str(written) if isinstance(written, int | float) and not isinstance(written, bool) else written


def _channel_as_key(written: str) -> int:
    if not written.isdecimal():
        raise ValueError(f"a MIDI channel is 1 to {CHANNELS}, not {written}")
    return _channel(int(written))


def _usb(written: str) -> str:
    if not _USB.fullmatch(written.lower()):
        raise ValueError(
            f"usb is vendor:product, four digits or letters a to f each, such as 0944:0117, not {written!r}"
        )
    return written.lower()


def _prefix(written: str) -> str:
    if not _PREFIX.fullmatch(written):
        raise ValueError(
            "a prefix begins with / and has none of blank # * , ? [ ] { }, nor / at its end, such as /reverie, "
            f"not {written!r}"
        )
    return written


def _invitation(written: str) -> str:
    port = written.rpartition(":")[2]
    if ":" in written and port.isdecimal() and not 1 <= int(port) <= LAST_PAIR:
        raise ValueError(f"the port of an invitation is 1 to {LAST_PAIR}, not {port}")
    return written


Key = Annotated[int, Written(str, _channel_as_key)]
"""A channel as the key of a mapping: keys of a file are text."""


class SoundSection(Section):
    """What a channel of the synthesizer is set to."""

    program: Program | None = Field(
        default=None, description="Program (sound): its number from 0, or its name in General MIDI, such as vibraphone."
    )
    bank: int | None = Field(default=None, ge=0, lt=1 << 14, description="Bank, 0 to 16383, chosen before the program.")


class CommonSlot(Section, Generic[KindT]):
    """What every slot has."""

    kind: KindT = Field(description="What the slot is.")
    latency: float = Field(
        default=0.0,
        ge=0,
        le=2000,
        description="Milliseconds from a note's arrival to its sound; the other slots wait for the slowest.",
    )
    clock: bool = Field(default=False, description="Whether MIDI clock is sent there: tempo, start, stop, position.")
    channels: dict[Key, Channel] = Field(
        default_factory=dict[int, int],
        description="Where a scene's channel goes instead, channel by channel.",
        examples=[{1: 11}],
    )
    sounds: dict[Key, SoundSection] = Field(
        default_factory=dict[int, SoundSection],
        description="Program and bank by channel, sent whenever the device is there anew.",
        examples=[{10: {"bank": 128, "program": 0}}],
    )
    volume: Data | None = Field(
        default=None, description="Channel volume (controller 7), 0 to 127; null: left as it is."
    )
    fade: float = Field(
        default=0.0, ge=0, le=8, description="Seconds in which the volume rises at the start and falls at the end."
    )
    absent: str = Field(
        default=MUTE,
        min_length=1,
        description="While the device is away: 'mute', or the slot that sounds instead, or 'synth', a FluidSynth.",
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A fade needs a volume to rise to."""
        if self.fade and self.volume is None:
            yield ("fade",), "a fade needs `volume`, to which it rises and from which it falls"


class FluidSynthSlot(CommonSlot[Literal["fluidsynth"]]):
    """A software synthesizer that Reverie starts and looks after."""

    kind: Literal["fluidsynth"] = Field(default="fluidsynth", description="What the slot is: 'fluidsynth'.")
    soundfont: Annotated[str, AfterValidator(_soundfont)] = Field(
        default=AUTO,
        description="A SoundFont file (.sf2, .sf3), relative to this file; 'auto' takes one that the system has.",
    )
    audio: str = Field(
        default=AUTO,
        min_length=1,
        description="FluidSynth's audio driver, such as alsa, jack, pipewire or coreaudio; 'auto' tries what is there.",
    )
    gain: float = Field(default=0.6, gt=0, le=10, description="Loudness; FluidSynth's own default is 0.2.")
    reverb: Annotated[ReverbSection | None, OR_OFF] = Field(
        default_factory=ReverbSection,
        description="The room into which voices send by controller 91; off: none, which saves a little of a processor.",
        examples=[{"room": 0.9}, "off"],
        json_schema_extra=or_off,
    )
    chorus: Annotated[ChorusSection | None, OR_OFF] = Field(
        default_factory=ChorusSection,
        description="The chorus into which voices send by controller 93; off: none.",
        examples=[{"level": 1}, "off"],
        json_schema_extra=or_off,
    )
    options: dict[str, Annotated[str, BeforeValidator(_setting)]] = Field(
        default_factory=dict[str, str],
        description="Settings of FluidSynth's own, by the names of `fluidsynth -o help`.",
        examples=[{"audio.alsa.device": "hw:2"}],
    )


class SampledSlot(CommonSlot[KindT], Generic[KindT]):
    """What every slot has behind which a sampler can be that loads banks in its own way."""

    sampler: SamplerSection | None = Field(
        default=None,
        description="How the sampler behind it gets the banks of timbres; null: not at all.",
        examples=[{"folder": "/mnt/sampler/reverie", "programs": [0, 1]}],
    )


class DeviceSection(Section):
    """Marks by which a device is known again: the more of them fit, the better."""

    name: str | None = Field(default=None, description="The port's name.", examples=["Minilogue MIDI 1"])
    client: str | None = Field(default=None, description="The name of the device or program that the port belongs to.")
    usb: Annotated[str, AfterValidator(_usb)] | None = Field(
        default=None, description="USB vendor and product.", examples=["0944:0117"]
    )
    serial: str | None = Field(default=None, description="The device's serial number.")
    location: str | None = Field(
        default=None, description="The socket that it is plugged into, as the kernel counts.", examples=["1-1.2"]
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """At least one mark."""
        if not any((self.name, self.client, self.usb, self.serial, self.location)):
            yield (), "a device is known by one of name, client, usb, serial and location"


class PortSlot(SampledSlot[Literal["port"]]):
    """A MIDI input that is there already: of a synthesizer, an interface or a DAW.

    With neither `match` nor `device` it waits for `reverie ports learn`.
    """

    kind: Literal["port"] = Field(default="port", description="What the slot is: 'port'.")
    match: Annotated[str, AfterValidator(regular)] | None = Field(
        default=None,
        min_length=1,
        description="Part of the port's name, as a regular expression; small and capital letters are alike.",
        examples=["Ardour"],
    )
    device: DeviceSection | None = Field(
        default=None, description="The device itself, by marks that stay; `reverie ports learn` writes them."
    )
    label: str | None = Field(default=None, min_length=1, description="What people call it.", examples=["grey synth"])
    place: str | None = Field(default=None, min_length=1, description="Where it stands.", examples=["left shelf"])
    api: Api = Field(default="auto", description="The system by which the port is reached.")
    din: bool = Field(
        default=False,
        description="Whether a DIN cable is behind it, with its 31,250 baud: controllers are thinned.",
    )


class VirtualSlot(SampledSlot[Literal["virtual"]]):
    """A MIDI port of Reverie's own, to which others connect."""

    kind: Literal["virtual"] = Field(default="virtual", description="What the slot is: 'virtual'.")
    name: str = Field(default="Reverie", min_length=1, max_length=60, description="The port's name.")
    api: Api = Field(default="auto", description="The system by which the port is offered.")


class RtpSlot(SampledSlot[Literal["rtp"]]):
    """A session of RTP-MIDI over the network, as Macs and iPads have it built in."""

    kind: Literal["rtp"] = Field(default="rtp", description="What the slot is: 'rtp'.")
    name: str = Field(default="Reverie", min_length=1, max_length=60, description="The session's name, for others.")
    port: int = Field(
        default=5004, ge=0, le=LAST_PAIR, description="UDP port at which others may join, with the next; 0: nobody may."
    )
    address: Address = Field(default="0.0.0.0", description="Network address to listen at.")  # noqa: S104
    invite: Annotated[
        tuple[Annotated[str, Field(min_length=1), AfterValidator(_invitation)], ...], Field(strict=False)
    ] = Field(
        default=(),
        description="Sessions to join: HOST:PORT, or a name that is found by zeroconf.",
        examples=[["studio-mac.local:5004"]],
    )
    advertise: bool = Field(default=True, description="Whether zeroconf tells the network of the session.")


class OscSlot(SampledSlot[Literal["osc"]]):
    """Notes and bars as Open Sound Control, for visuals, lights and samplers."""

    kind: Literal["osc"] = Field(default="osc", description="What the slot is: 'osc'.")
    host: str = Field(min_length=1, description="Name or address of the machine that listens.", examples=["127.0.0.1"])
    port: int = Field(ge=1, le=65_535, description="Its UDP port.", examples=[9000])
    prefix: Annotated[str, AfterValidator(_prefix)] = Field(
        default="/reverie", description="What every address begins with."
    )


class DinSlot(SampledSlot[Literal["din"]]):
    """A DIN socket: a serial line or a raw MIDI device, to which Reverie writes every byte itself."""

    kind: Literal["din"] = Field(default="din", description="What the slot is: 'din'.")
    device: Annotated[str, AfterValidator(one_line)] = Field(
        min_length=1, description="A serial line or raw MIDI device.", examples=["/dev/ttyAMA0", "/dev/snd/midiC1D0"]
    )


class BrowserSlot(CommonSlot[Literal["browser"]]):
    """The browsers of whoever listens on Reverie's page: its notes are heard there, and there is no other device."""

    kind: Literal["browser"] = Field(default="browser", description="What the slot is: 'browser'.")


Slot = FluidSynthSlot | PortSlot | VirtualSlot | RtpSlot | OscSlot | DinSlot | BrowserSlot
SLOT_KINDS: dict[str, type[Slot]] = {
    "browser": BrowserSlot,
    "din": DinSlot,
    "fluidsynth": FluidSynthSlot,
    "osc": OscSlot,
    "port": PortSlot,
    "rtp": RtpSlot,
    "virtual": VirtualSlot,
}
"""What each `kind` of the file is read as."""
