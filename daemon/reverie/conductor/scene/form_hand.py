"""The form by hand: go to a section with the next bar line or the next phrase, and stay in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from reverie.bus import Bus
from reverie.compose.day_time import form_of
from reverie.compose.drawn_walk import DrawnWalk, Stay
from reverie.compose.ensemble import Ensemble
from reverie.compose.scene_form import SceneForm
from reverie.documents import did_you_mean
from reverie.foreign import quoted
from reverie.site.actions import ControlError
from reverie.watch.happenings import SceneBegun

FAR = 256
"""Sections to come among which the one is looked for that is wanted."""
PHRASE = "/phrase"
"""Behind the name of a section: with the next phrase."""


class FormHand:
    """Has a scene go to another place of its form.

    Args:
        music: What plays.
        jump: Goes on with another form from the next bar line on: the form, and that bar.
    """

    def __init__(self, music: Callable[[], Ensemble | None], jump: Callable[[SceneForm, int], None]) -> None:
        self._music = music
        self._jump = jump
        self._due: tuple[str, int] | None = None
        self._stays = False

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on that another scene begins, whose form goes its own way."""
        bus.subscribe(SceneBegun, lambda _: self._leave())

    def _leave(self) -> None:
        self._due, self._stays = None, False

    def go(self, wanted: str) -> str:
        """Go to a section; when it begins, in words.

        Raises:
            ControlError: if there is none of that name.
        """
        name = wanted.removesuffix(PHRASE)
        music, form = self._playing()
        names = [section.name for section in form.sections]
        if name not in names:
            raise ControlError(f"the form has no section {quoted(name)}{did_you_mean(name, names)}")
        bar = music.bar + 2
        spot = form.spot(bar)
        if wanted.endswith(PHRASE) and spot is not None:
            bar += -(bar - spot.first_bar) % form.phrase
        self._due = name, bar
        bars = bar - music.bar - 1
        self.bar_over()
        return f"{name} begins with the next bar line" if bars <= 1 else f"{name} begins in {bars} bars"

    def stay(self, *, on: bool | None) -> str:
        """Stay in the section that sounds, or go on; how it stands, in words.

        Raises:
            ControlError: if the form has no sections.
        """
        music, form = self._playing()
        self._stays = not self._stays if on is None else on
        spot = form.spot(max(music.bar + 1, 0))
        where = spot.name if spot else ""
        return f"the form stays in {where}" if self._stays else f"the form goes on from {where}"

    def bar_over(self) -> None:
        """A bar is over, and another sounds: jump, if that is due with the next bar line."""
        music = self._music()
        form = form_of(music.course) if music else None
        if music is None or form is None or form.walk is None:
            return
        following = music.bar + 2
        if self._due is not None and self._due[1] <= following:
            name, self._due = self._due[0], None
            self._go_to(form, name, following)
        elif self._stays and (spot := form.spot(following - 1)) is not None and spot.end_bar == following:
            self._go_to(form, spot.name, following, back=True)

    def status(self) -> Mapping[str, Any]:
        """What there is to go to, and what is to come; ``lacks`` says why there is nothing."""
        try:
            _, form = self._playing()
        except ControlError as error:
            return {"sections": [], "stays": False, "due": None, "lacks": str(error)}
        due = self._due and self._due[0]
        sections = list(dict.fromkeys(section.name for section in form.sections))
        return {"sections": sections, "stays": self._stays, "due": due, "lacks": ""}

    def _playing(self) -> tuple[Ensemble, SceneForm]:
        music = self._music()
        form = form_of(music.course) if music else None
        if music is None or form is None or form.walk is None:
            raise ControlError("the scene has no sections to go to; they are written under `form`")
        return music, form

    def _go_to(self, form: SceneForm, name: str, bar: int, *, back: bool = False) -> None:
        there = _place_of(form, name, bar, back=back)
        if there is not None:
            self._jump(replace(form, moved=there - bar), bar)


def _place_of(form: SceneForm, name: str, bar: int, *, back: bool) -> int | None:
    """The bar of the form, as it was drawn, in which a section of a name begins: the next one, or the one before."""
    drawn = replace(form, moved=0).walk
    if drawn is None:
        return None
    expected = bar + form.moved
    stays = [drawn.at(max(expected - 1, 0))] if back else _ahead(drawn, expected)
    found = next((stay.first_bar for stay in stays if form.sections[stay.state].name == name), None)
    if found is None:  # chapters may have left it behind: it is gone back to
        found = next((one.first_bar for one in _behind(drawn, expected) if form.sections[one.state].name == name), None)
    return found


def _ahead(walk: DrawnWalk, bar: int) -> Iterator[Stay]:
    stay = walk.at(bar)
    if stay.first_bar == bar:
        yield stay
    for _ in range(FAR):
        stay = walk.at(stay.end_bar)
        yield stay


def _behind(walk: DrawnWalk, bar: int) -> Iterator[Stay]:
    stay = walk.at(bar)
    for _ in range(FAR):
        yield stay
        if not stay.number:
            return
        stay = walk.at(stay.first_bar - 1)
