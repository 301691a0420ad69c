"""What controls move, as far as they know it: the scene that plays, the conductor, and the memory of what is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, Protocol

from reverie.compose.by_hand import ByHand
from reverie.compose.played_loop import PlayedLoop
from reverie.control.timbre_hand import TimbreStand
from reverie.history.favourites import Keep
from reverie.play.messages import Part, SetOverrides
from reverie.site.actions import DreamWish, Evolving, Kind
from reverie.site.loop_wishes import LoopWish
from reverie.timbre.spots import Point


class Music(Protocol):
    """The scene that plays, as far as people can change it."""

    @property
    def parts(self) -> Sequence[Part]:
        """Its voices."""
        ...

    def tempo(self) -> float:
        """The scene's own tempo in the present bar."""
        ...

    def swing(self) -> float:
        """The scene's own swing: the share of each pair of steps that the first one takes."""
        ...

    def voices_in(self, ahead: int) -> Collection[str]:
        """Who sounds so many bars after the one that sounds now, as schedules, form and dreams have it."""
        ...

    def temperature(self, name: str) -> float:
        """At which temperature a voice is composed now."""
        ...

    def set_temperature(self, name: str, temperature: float | None) -> None:
        """Compose a voice at this temperature from now on; None: at the scene's own."""
        ...

    def by_hand(self, name: str) -> ByHand:
        """What is set of how a voice is composed, beside its temperature."""
        ...

    def set_by_hand(self, name: str, by_hand: ByHand) -> None:
        """Compose a voice so from now on."""
        ...

    def lacks(self, name: str, wanted: Kind) -> str:
        """Why a voice cannot be changed in this way, without a full stop; empty where it can."""
        ...

    def set_contour(self, name: str, contour: str | None) -> bool:
        """Have a voice be played by these buttons from now on, or (None) as the scene says; False if it has none."""
        ...

    def ask(self, name: str, wish: LoopWish | None, bar: int) -> int:
        """Have a voice play what is wanted of it from a bar of the scene on, or (None) go on by itself.

        Returns:
            The bar from which it is heard.

        Raises:
            ControlError: if it cannot play that.
        """
        ...

    def asks(self, name: str) -> bool:
        """Whether a voice still plays what is wanted of it."""
        ...

    def source(self, name: str) -> Literal["model", "harmony", "written"]:
        """Where the loops of a voice come from."""
        ...

    def evolve(self, name: str, how: Evolving) -> None:
        """Have a voice go on in another way."""
        ...

    def sounding(self, name: str) -> PlayedLoop | None:
        """What a voice plays now; None before it has anything."""
        ...

    def go_back(self, name: str, played: PlayedLoop) -> bool:
        """Have a voice play a loop of before; False where it cannot any more."""
        ...

    def hold(self, name: str, *, on: bool) -> None:
        """Have a voice repeat the loop that it plays, or evolve again."""
        ...


class Stage(Protocol):
    """What people can change; none of these may wait."""

    @property
    def music(self) -> Music | None:
        """What plays; None before the first scene."""
        ...

    @property
    def playing(self) -> str | None:
        """The name of the present scene."""
        ...

    def open_bar(self, needed: float = 0.0) -> int:
        """The first bar of the scene of which what plays can still be told, if that takes so many seconds."""
        ...

    def scenes(self) -> tuple[Sequence[str], str | None]:
        """The names of all scenes in order, and of the present one."""
        ...

    def play_scene(self, name: str) -> bool:
        """Play another scene; False if it cannot be read."""
        ...

    def trust(self, name: str) -> None:
        """Play a scene with which Reverie has crashed all the same, since a person asks for it by name."""
        ...

    def begins(self, name: str) -> str:
        """When a scene that was asked for begins, in words, without a full stop."""
        ...

    def pause(self, *, on: bool) -> None:
        """Be silent from the next bar line on, or play on unless the programme rests."""
        ...

    def presence(self, *, there: bool) -> None:
        """A sensor says that somebody is there, or that nobody is."""
        ...

    def panic(self) -> None:
        """End every note now."""
        ...

    def override(self, overrides: SetOverrides) -> None:
        """Tell the player what people have set."""
        ...

    def timbres(self) -> Mapping[str, TimbreStand]:
        """The timbres that play and where they stand, by the voices that play them."""
        ...

    def hold_timbres(self, points: Mapping[str, Point]) -> None:
        """Have these timbres, by name, stand at these points, and all others go their own way."""
        ...

    def candidate(self, voice: str, recipe: str) -> PlayedLoop | None:
        """A loop that was composed for a voice to choose from; None where there is none."""
        ...

    def go_to_section(self, name: str) -> str:
        """Have the form go to a section, ``name``, or ``name/phrase`` for the next phrase; what comes, in words.

        Raises:
            ControlError: if the form has none of that name.
        """
        ...

    def stay_in_section(self, *, on: bool | None) -> str:
        """Have the form stay in its section, go on (False), or the other way round (None); how it stands, in words.

        Raises:
            ControlError: if it has no sections.
        """
        ...

    def fill(self) -> None:
        """Place and ask for whatever the music wants next."""
        ...


class Favourites(Protocol):
    """Where what people keep outlasts a restart."""

    def keeps(self, scene: str) -> tuple[Keep, ...]:
        """What people keep of a scene, oldest first."""
        ...

    def keep(self, scene: str, keeps: tuple[Keep, ...]) -> None:
        """Keep this of a scene, and no more."""
        ...


class Dreamer(Protocol):
    """What has dreams dreamt; nothing of it may wait."""

    def dream(self, wish: DreamWish, source: str) -> str:
        """Begin a dream on a bar line; the name of its mood.

        Raises:
            ControlError: if that cannot be dreamt.
        """
        ...

    def wake(self, mood: str | None) -> None:
        """Let all dreams end, or those of one mood.

        Raises:
            ControlError: if there are none.
        """
        ...
