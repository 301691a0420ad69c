"""What a voice remembers of its own: the themes of its sections, and loops that may come back after minutes.

A section that comes back begins with what the voice played when it came before, and listeners like that more from time
to time, up to a point (Berlyne; Margulis, On Repeat, 2014). So a theme comes back as it was until it has been heard
:data:`VERBATIM` times, and varied from then on; each time it stays away for longer, and other themes of the same
section come between, which in the end take its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from reverie.compose.course import SectionSpot
from reverie.compose.played_loop import PlayedLoop
from reverie.compose.seeds import derive_seed

VERBATIM = 3
"""So often a theme is heard as it was; then it is varied."""
RETIRES = 8
"""So often it is heard at most; sooner, another one takes its place."""
AWAY = (1, 1, 1, 2, 3, 4, 5, 6)
"""After how many times of its section a theme comes back, by how often it has been heard."""
MOST_SECTIONS, MOST_THEMES, MOST_LOOPS = 24, 3, 24
"""What is remembered of a voice at most: sections, themes of each, and loops."""
NEW_LOOPS = 4
"""The last so many loops are not missed yet."""
MISSED_AFTER, GROWS = 64, 1.6
"""Bars after which a loop may come back; each time it stays away for so many times as long."""
CHANCE = 6
"""Of so many steps at which a loop could come back, one brings it, on average."""
_CHANCES = 2**32
BEST = 3
"""One of so many loops is among those that were found best."""
Fits = Callable[[PlayedLoop], bool]
"""Whether a voice may play a loop of before where it goes on."""


@dataclass(frozen=True, slots=True)
class Theme:
    """A loop with which a section begins: heard so many times, last when the section had come ``last`` times before."""

    played: PlayedLoop
    heard: int
    last: int

    def is_due(self, times: int) -> bool:
        """Whether it comes back when its section has come so many times before."""
        return times - self.last >= AWAY[min(self.heard, len(AWAY) - 1)]

    @property
    def is_varied(self) -> bool:
        """Whether it is to be heard otherwise from now on."""
        return self.heard >= VERBATIM


@dataclass(frozen=True, slots=True)
class OldLoop:
    """A loop of some time ago: heard so often, and last in a placement that began in scene bar ``last_bar``."""

    played: PlayedLoop
    heard: int
    last_bar: int

    def is_missed(self, bar: int) -> bool:
        """Whether it has stayed away for long enough in scene bar ``bar``."""
        return bar - self.last_bar >= MISSED_AFTER * GROWS ** (self.heard - 1)

    @property
    def liked(self) -> float:
        """How good it was found when it was chosen."""
        made_by = self.played.made_by
        return made_by.score.get("total", 0.0) if made_by else 0.0


@dataclass(slots=True)
class Themes:
    """The memory of one voice. It is bounded, and what is new in it takes the place of what was heard most."""

    _sections: dict[str, list[Theme]] = field(default_factory=dict[str, "list[Theme]"])
    _loops: list[OldLoop] = field(default_factory=list[OldLoop])

    def due(self, spot: SectionSpot) -> Theme | None:
        """The theme that comes back as a section comes up: of several the one that stayed away for longest.

        The answer stays the same for the same time that it comes up, whatever began it meanwhile.
        """
        known = self._sections.get(spot.name, [])
        again = [one for one in known if one.last == spot.times and one.heard > 1]
        due = again or [one for one in known if one.is_due(spot.times)]
        return min(due, key=lambda one: (one.last, one.heard), default=None)

    def began(self, spot: SectionSpot, played: PlayedLoop, theme: Theme | None) -> None:
        """A section begins with a loop: with a theme that came back, perhaps varied, or else with a new one."""
        known = [one for one in self._sections.pop(spot.name, []) if one is not theme]
        same = next((one for one in known if one.played.recipe == played.recipe), None)
        before = theme or same
        known = [one for one in known if one is not same and one.last != spot.times]
        heard = (before.heard + (before.last != spot.times)) if before else 1
        if heard < RETIRES:
            known.append(Theme(played, heard, spot.times))
        while len(known) > MOST_THEMES:
            known.remove(max(known[:-1], key=lambda one: (one.heard, -one.last)))
        self._sections[spot.name] = known
        while len(self._sections) > MOST_SECTIONS:
            self._sections.pop(next(iter(self._sections)))

    def heard(self, played: PlayedLoop, bar: int) -> None:
        """A loop is placed from scene bar ``bar`` on."""
        before = next((one for one in self._loops if one.played.recipe == played.recipe), None)
        held = before is not None and before is self._loops[-1]
        if before is not None:
            self._loops.remove(before)
        self._loops.append(OldLoop(played, before.heard + (not held) if before else 1, bar))
        while len(self._loops) > MOST_LOOPS:
            old = self._loops[:-NEW_LOOPS]
            self._loops.remove(min(old, key=lambda one: (one.heard < RETIRES, one.liked, one.last_bar)))

    def missed(self, bar: int, *chance: int | str) -> PlayedLoop | None:
        """A loop that comes back in place of a new one from scene bar ``bar`` on; now and then, by ``chance``.

        Where the voice may not play it there, it does not come back this time, and chance draws again at the next step.
        """
        there = [one for one in self._loops[:-NEW_LOOPS] if one.is_missed(bar)]
        if not there or derive_seed(*chance, "back") % CHANCE:
            return None
        drawn = [there[derive_seed(*chance, "which", draw) % len(there)] for draw in range(2)]
        return max(drawn, key=lambda one: one.liked).played

    def longest_away(self, bar: int, fits: Fits) -> PlayedLoop | None:
        """Of the loops that fit and were last placed before scene bar ``bar``, the one that was found best."""
        there = (one for one in self._loops if one.last_bar < bar and fits(one.played))
        best = max(there, key=lambda one: (one.liked, one.last_bar), default=None)
        return best and best.played

    def loved(self, fits: Fits) -> PlayedLoop | None:
        """A loop that comes back because it is wanted: of those that were found best the one that is away for longest.

        It is one of those that the voice may play. What plays now is none of them, nor what has been heard too often.
        """
        there = [one for one in self._loops[:-1] if one.heard < RETIRES and fits(one.played)]
        best = sorted(there, key=lambda one: -one.liked)[: -(-len(there) // BEST)]
        return min(best, key=lambda one: one.last_bar).played if best else None

    def still(self, fits: Fits) -> Themes:
        """What remains of it for a voice that is another one now."""
        sections = {name: [one for one in known if fits(one.played)] for name, known in self._sections.items()}
        return Themes(sections, [one for one in self._loops if fits(one.played)])

    def __iter__(self) -> Iterator[PlayedLoop]:
        """All loops that are remembered."""
        yield from (theme.played for known in self._sections.values() for theme in known)
        yield from (one.played for one in self._loops)
