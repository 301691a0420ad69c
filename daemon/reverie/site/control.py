"""Control: what people may do to the running installation, and by which knobs, keys and messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reverie.documents import Keys, Section
from reverie.site.actions import LEVELS, ONE_VOICE, SWITCHES, VOICED, ControlError, ControlLimits, Named, button_of
from reverie.site.address import Address
from reverie.site.bindings import Binding, Control
from reverie.site.slot_sections import Api, Channel, Data, DeviceSection, regular

Range = Annotated[tuple[float, float], Field(strict=False)]

_USUAL = ControlLimits()

FAINTEST = 0.05
"""The share of the volume that a limit cannot go below: quieter is not silent."""
SLOWEST, FASTEST = 20.0, 400.0
COLDEST, HOTTEST = 0.1, 3.0
THINNEST, DENSEST = 0.1, 4.0
SOFTEST, LOUDEST = -40.0, 12.0
EVEN, DOTTED = 0.5, 0.75
"""Swing: two steps of a pair alike, and the first three times as long as the second."""


class LimitsSection(Section):
    """How low and how high people can set levels."""

    tempo: Range = Field(default=_USUAL.tempo, description="Lowest and highest tempo, quarters a minute, 20 to 400.")
    volume: Range = Field(
        default=_USUAL.volume, description="Lowest and highest share of the slots' volume, 0.05 to 1: never silent."
    )
    temperature: Range = Field(default=_USUAL.temperature, description="Lowest and highest temperature, 0.1 to 3.")
    timbre: Range = Field(
        default=_USUAL.timbre, description="Lowest and highest point of a timbre's path, along each axis, 0 to 1."
    )

    density: Range = Field(
        default=_USUAL.density, description="Lowest and highest density, times a voice's own, 0.1 to 4."
    )
    level: Range = Field(
        default=_USUAL.level,
        description="Lowest and highest level of a voice, decibels beside its own, -40 to 12: never silent.",
    )
    swing: Range = Field(
        default=_USUAL.swing,
        description="Least and most swing: the part of each pair of steps that the first one takes, 0.5 (even) to "
        "0.75.",
    )

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Low before high, within reason."""
        for name, (low, high), (least, most) in (
            ("tempo", self.tempo, (SLOWEST, FASTEST)),
            ("volume", self.volume, (FAINTEST, 1.0)),
            ("temperature", self.temperature, (COLDEST, HOTTEST)),
            ("timbre", self.timbre, (0.0, 1.0)),
            ("density", self.density, (THINNEST, DENSEST)),
            ("level", self.level, (SOFTEST, LOUDEST)),
            ("swing", self.swing, (EVEN, DOTTED)),
        ):
            if not least <= low <= high <= most:
                yield (name,), f"the limits of {name} are two numbers from {least:g} to {most:g}, the lower first"


class MidiControl(Section):
    """The control surface: a MIDI output of others that Reverie listens to."""

    match: Annotated[str, AfterValidator(regular)] | None = Field(
        default=None,
        min_length=1,
        description="Part of the port's name, as a regular expression; small and capital letters are alike.",
        examples=["nanoKONTROL"],
    )
    device: DeviceSection | None = Field(default=None, description="The device itself, by marks that stay.")
    api: Api = Field(default="auto", description="The system by which the port is reached.")

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """A surface is known by something."""
        if self.match is None and self.device is None:
            yield (), "a control surface is known by `match`, part of its port's name, or by `device`"


class OscControl(Section):
    """Where messages of Open Sound Control are heard."""

    address: Address = Field(
        default="127.0.0.1",
        description="Network address to listen at; 0.0.0.0 lets every machine of the network control.",
    )
    port: int = Field(default=8766, ge=1, le=65_535, description="UDP port, 1 to 65535.")


class ControlSection(Section):
    """Control of the running installation by a MIDI surface, OSC and HTTP."""

    midi: MidiControl | None = Field(default=None, description="The control surface; null: none.")
    osc: OscControl | None = Field(default=None, description="Open Sound Control; null: not heard.")
    http: bool | None = Field(
        default=None,
        description="Whether the page's server takes controls, POST /control; null: only where its address is "
        "loopback's, from whoever is at the machine and is handed on by no proxy.",
    )
    limits: LimitsSection = Field(
        default_factory=LimitsSection, description="Within which limits people can set levels."
    )
    pickup: bool = Field(
        default=True, description="Whether a knob has to meet a level before it moves it; else the level jumps to it."
    )
    pause_for: float = Field(
        default=600.0, ge=1, le=86_400, description="Seconds after which a pause ends by itself, up to a day."
    )


class ControlBinding(Section):
    """What one knob, key or pad of the control surface does."""

    action: Named = Field(description="What is done.", examples=["volume"])
    voice: str | None = Field(default=None, description="For one voice alone; null: for all.", examples=["lead"])
    scene: str | None = Field(default=None, description="For the action 'scene': its name.", examples=["night-watch"])
    mood: str | None = Field(
        default=None, description="For the action 'dream': its mood; for 'wake': the one whose dreams end; null: all."
    )
    to: float | bool | None = Field(
        default=None,
        description="The value that a button sets: of a level, true or false of a switch, the weight of a dream, or "
        "the button of a contour, 1 to 8.",
    )
    cc: Data | None = Field(default=None, description="The controller's number.")
    note: Data | None = Field(default=None, description="The note's number.")
    program: Data | None = Field(default=None, description="The program's number, from 0.")
    channel: Channel | None = Field(default=None, description="The MIDI channel; null: any.")

    @property
    def control(self) -> Control:
        """The knob, key or pad."""
        if self.cc is not None:
            return Control("cc", self.cc, self.channel)
        if self.note is not None:
            return Control("note", self.note, self.channel)
        return Control("program", self.program or 0, self.channel)

    @property
    def binding(self) -> Binding:
        """The binding as a value."""
        value: Any = self.scene if self.action == "scene" else self.to
        if self.action in (*LEVELS, "dream", "contour") and value is not None:
            value = float(value)
        if self.action == "wake":
            value = self.mood
        return Binding(self.control, self.action, self.voice, value, self.mood)

    def _dream_misfits(self) -> Iterator[tuple[Keys, str]]:
        """A dream of a control has a mood, and a weight."""
        if self.action == "dream" and self.mood is None:
            yield (), "the action 'dream' needs `mood`, one of the scene's"
        if self.action not in {"dream", "wake"} and self.mood is not None:
            yield ("mood",), "a mood is for the actions dream and wake"
        if self.action == "dream" and self.to is not None and (isinstance(self.to, bool) or not 0 < self.to <= 1):
            yield ("to",), "the weight of a dream is a number above 0, up to 1"

    def _contour_misfits(self) -> Iterator[tuple[Keys, str]]:
        """A contour of a control is one button."""
        if self.action == "contour":
            try:
                button_of(self.to)
            except ControlError as error:
                yield () if self.to is None else ("to",), f"{error}; it is written `to`"

    def misfits(self) -> Iterator[tuple[Keys, str]]:
        """Each action needs what it is about, and takes nothing else."""
        if sum(number is not None for number in (self.cc, self.note, self.program)) != 1:
            yield (), "a control is one of cc, note and program, with its number"
        if self.action == "scene" and self.scene is None:
            yield (), "the action 'scene' needs `scene`, the name of one"
        if self.action != "scene" and self.scene is not None:
            yield ("scene",), "a scene is for the action 'scene'"
        yield from self._dream_misfits()
        if self.action in ONE_VOICE and self.voice is None:
            yield (), f"the action {self.action!r} needs `voice`, the one that it is for"
        yield from self._contour_misfits()
        if self.voice is not None and self.action not in VOICED:
            yield ("voice",), f"a voice is for the actions {', '.join(sorted(VOICED))}"
        if self.action in LEVELS and isinstance(self.to, bool):
            yield ("to",), f"what {self.action!r} is set to is a number"
        elif self.action in SWITCHES and self.to is not None and not isinstance(self.to, bool):
            yield ("to",), f"what {self.action!r} is set to is true or false"
        elif self.action not in (*LEVELS, *SWITCHES, "dream", "contour") and self.to is not None:
            yield ("to",), f"the action {self.action!r} is not set to anything"
        if self.action in LEVELS and self.cc is None and self.to is None:
            yield (), f"{self.action!r} is turned by a controller (cc); a note or a program needs `to`, a value to set"


def overlaps(controls: Mapping[str, ControlBinding]) -> Iterator[tuple[Keys, str]]:
    """Controls that two names claim."""
    names = list(controls)
    for number, name in enumerate(names):
        for other in names[:number]:
            if controls[name].control.meets(controls[other].control):
                yield ("controls", name), f"{controls[name].control} is already taken by {other!r}"


def beyond(limits: LimitsSection, binding: ControlBinding) -> str | None:
    """What is wrong with the value that a button sets, if it is beyond the limits."""
    if binding.action not in LEVELS or binding.to is None:
        return None
    low, high = limits_of(limits).of(binding.action)
    if low <= binding.to <= high:
        return None
    return f"{binding.action} can be set from {low:g} to {high:g} here; see control.limits"


def limits_of(section: LimitsSection) -> ControlLimits:
    """The limits as a value."""
    return ControlLimits(
        section.tempo,
        section.volume,
        section.temperature,
        section.timbre,
        section.density,
        section.level,
        section.swing,
    )
