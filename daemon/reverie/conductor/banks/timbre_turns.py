"""A timbre of the scene that plays: which banks are to be there, and which of them is its turn.

It goes its path by its own pace. A mood may want it elsewhere for a while, and a hand puts it where it likes: then it
is there, as far as banks are, and its pace goes on beneath. Banks that a hand wants are known by their spots, as a hand
may put a timbre where none of its steps comes by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reverie.conductor.banks.points_of_form import all_points
from reverie.scenes.schema import Scene
from reverie.scenes.timbre import Timbre
from reverie.timbre import schedule as plan
from reverie.timbre.mood_point import nearest, place_at, wished_point
from reverie.timbre.path import following, last_place, place
from reverie.timbre.ready_bank import BlendedBanks, ReadyBank
from reverie.timbre.spots import Point, Spot, around, between, far, point_of, spot_of
from reverie.timbre.spots import nearest as nearest_spot

AHEAD = 1
"""Banks that are rendered beyond the one that is due, so that it is there at its moment."""
APART = 4
"""Bars from a change that a mood makes to the next at least."""
NO_STEP = -1
"""In place of the step of a bank that no step comes by."""
AT_HAND = 16
"""Banks that are kept at hand of those that a hand has wanted, the last of them."""


@dataclass(slots=True)
class TimbreTurns:
    """What is known of a timbre; ``ready`` are banks by step, ``refused`` until when, by step or spot.

    ``points`` are the points that moods want, by mood. ``apart`` are the bars between two changes by moods, ``size``
    the bytes of its last bank, ``doubted`` the bank that was refused last by whoever was to play it. ``hand`` is the
    point where a hand holds it, ``form`` the one where the section that plays has it, and ``spots`` are banks that were
    rendered for hands and forms. ``of_form`` are the spots where sections and chapters have it.
    """

    timbre: Timbre
    progress: plan.PathProgress
    kept: plan.PathProgress
    points: Mapping[str, float] = field(default_factory=dict[str, float])
    apart: int = APART
    played: ReadyBank | None = None
    ready: dict[int, ReadyBank] = field(default_factory=dict[int, ReadyBank])
    refused: dict[int | Spot, float] = field(default_factory=dict[int | Spot, float])
    doubted: str = ""
    size: int = 0
    hand: Point | None = None
    form: Point | None = None
    of_form: tuple[Spot, ...] = ()
    spots: dict[Spot, ReadyBank] = field(default_factory=dict[Spot, ReadyBank])
    postponed: set[int | Spot] = field(default_factory=set[int | Spot])
    """Steps and spots whose banks the cache lacks, while it is not the hour for rendering."""
    blended: BlendedBanks | None = None
    """What voices were told last that can play between two banks."""
    _changed: int | None = None
    """The bar in which it changed last, once a mood has changed it."""

    @classmethod
    def of(cls, scene: Scene, name: str, progress: plan.PathProgress, kept: plan.PathProgress) -> TimbreTurns:
        """A timbre of a scene, with what its moods want of it."""
        points = {mood: one.timbre[name] for mood, one in scene.moods.items() if name in one.timbre}
        wishes = [voice.timbre for voice in scene.voices.values() if voice.timbre and voice.timbre.bank == name]
        fades = [wish.bars or 1 for wish in wishes if wish.swap == "crossfade"]
        timbre = scene.timbres[name]
        of_form = tuple(dict.fromkeys(around(timbre.path, point)[0] for point in all_points(scene, name)))
        return cls(timbre, progress, kept, points, max(APART, *fades, 0), of_form=of_form)

    @property
    def wanted(self) -> list[int]:
        """Steps of its own pace whose banks are to be there, the one that is due first."""
        steps = [self.progress.step]
        for _ in range(AHEAD):
            steps.append(following(self.timbre.path, steps[-1]))
        return steps

    @property
    def of_moods(self) -> list[int]:
        """Steps that moods want and its own pace does not, in the order in which the moods are written."""
        last = last_place(self.timbre.path)
        if last is None:
            return []
        own = {place(self.timbre.path, step) for step in self.wanted}
        return [step for step in dict.fromkeys(place_at(one, last) for one in self.points.values()) if step not in own]

    def is_wanted(self, step: int) -> bool:
        """Whether the bank of a step is to be there."""
        return step in self.wanted or step in self.of_moods

    def of_hand(self, now: float) -> list[Spot]:
        """The spots where the hand is and beside it that lack a bank which can be rendered, the nearest first."""
        there, spots = self._there(), around(self.timbre.path, self.hand) if self.hand else ()
        return [spot for spot in spots if spot not in there and self.refused.get(spot, float("-inf")) <= now]

    def lacking_form(self, now: float) -> list[Spot]:
        """The spots where the form has it whose banks can be rendered and are not there, that of the section first."""
        there = self._there()
        first = around(self.timbre.path, self.form)[:1] if self.form else ()
        spots = [spot for spot in dict.fromkeys((*first, *self.of_form)) if spot not in self.postponed]
        return [spot for spot in spots if spot not in there and self.refused.get(spot, float("-inf")) <= now]

    def helps(self, spot: Spot) -> bool:
        """Whether the bank of a spot would be nearer to the hand than all that are there."""
        if self.hand is None:
            return False
        path, now = self.timbre.path, nearest_spot(self.timbre.path, self.hand, self._there())
        return now is None or far(path, self.hand, spot) < far(path, self.hand, now)

    @property
    def point(self) -> Point:
        """Where it stands: where hand or form have it, or its own step; without numbers on a path of chance."""
        spot = spot_of(self.timbre.path, self.progress.step)
        return self.hand or self.form or (() if spot is None else point_of(self.timbre.path, spot))

    @property
    def lacks_for_good(self) -> bool:
        """Whether something that is wanted cannot be rendered."""
        spots = around(self.timbre.path, self.hand) if self.hand else ()
        return not self.refused.keys().isdisjoint((*self.wanted, *self.of_moods, *self.of_form, *spots))

    def hold(self, point: Point | None) -> None:
        """A hand holds it there from now on, or (None) lets it go."""
        self.hand = point
        if point is None:
            self._changed = None  # it goes back at once, and not when a mood's turn is over
            self.spots = {spot: one for spot, one in self.spots.items() if self._stays(spot)}

    def _stays(self, spot: Spot) -> bool:
        """Whether the bank of a spot is kept wherever the hand is."""
        return spot in self.of_form or self.spots[spot] is self.played

    def keep_at(self, spot: Spot, bank: ReadyBank, size: int) -> None:
        """The bank of a spot is there."""
        self.refused.pop(spot, None)
        self.spots.pop(spot, None)
        self.spots[spot] = bank
        self.size = size or self.size
        for old in [one for one in self.spots if not self._stays(one)][:-AT_HAND]:
            del self.spots[old]

    @property
    def blend(self) -> BlendedBanks | None:
        """The banks around the hand, where they are there, or else the nearest alone; None without a hand."""
        if self.hand is None:
            return None
        there, (at, beside, share) = self._there(), between(self.timbre.path, self.hand)
        if at in there and beside is not None and beside in there and there[at].bank != there[beside].bank:
            return BlendedBanks(there[at], there[beside], share)
        near = self._nearest_to(self.hand)
        return None if near is None else BlendedBanks(near)

    @property
    def whereabouts(self) -> str:
        """Where the bank that plays is, in words."""
        if self.played is None or self.played.step != NO_STEP:
            return f"step {self.played.step if self.played else self.progress.step}"
        return f"at {' '.join(f'{one:g}' for one in self._plays_at() or ())}"

    @property
    def there(self) -> tuple[ReadyBank, ...]:
        """All banks that are there."""
        return (*self.ready.values(), *self.spots.values())

    def lacks(self, step: int, now: float) -> bool:
        """Whether the bank of a step can be rendered and is not there."""
        return step not in self.ready and step not in self.postponed and self.refused.get(step, float("-inf")) <= now

    @property
    def bytes_wanted(self) -> int:
        """What its banks come to, those that are there and those that its own pace wants."""
        lacking = [step for step in self.wanted if step not in self.ready]
        return self.size * (len({one.bank for one in self.there}) + len(lacking))

    def keep(self, bank: ReadyBank, size: int) -> None:
        """A bank is there; those that nobody wants any more are let go."""
        self.refused.pop(bank.step, None)
        self.ready[bank.step] = bank
        self.size = size or self.size
        self.ready = {step: one for step, one in self.ready.items() if self.is_wanted(step) or one is self.played}

    def doubt(self, until: float, bank: str = "") -> None:
        """Who was to play a ``bank``, or the one whose turn it is, has refused it: it is looked for anew.

        The second time that is not before ``until``.
        """
        bank = bank or (self.played.bank if self.played else "")
        steps = [ready.step for ready in self.there if ready.bank == bank]
        if not steps:
            return  # it was let go already
        spots = [spot for spot, ready in self.spots.items() if ready.bank == bank]
        self.ready = {step: ready for step, ready in self.ready.items() if ready.bank != bank}
        self.spots = {spot: ready for spot, ready in self.spots.items() if ready.bank != bank}
        if self.doubted == bank:
            self.refused |= dict.fromkeys((*steps, *spots), until)
        self.doubted = bank
        if self.played is not None and self.played.bank == bank:
            self.played = None

    def wished(self, weights: Mapping[str, float]) -> float | None:
        """The point at which moods of these weights want it; None if none wants it anywhere."""
        last = last_place(self.timbre.path)
        if last is None:
            return None
        own = place(self.timbre.path, self.progress.step) / last
        if self.form is not None and len(self.form) == 1:
            own = self.form[0]
        return wished_point(own, self.points, weights)

    def turn(self, weights: Mapping[str, float], bar: int) -> ReadyBank | None:
        """The bank that is to be played from now on in place of another; None if nothing changes, or not yet.

        Where a hand holds it, that is the nearest bank, at once. With a mood it is the nearest to what is wished, and
        changes once in ``apart`` bars at most, also back. Else it is the nearest to where the form has it, or that of
        the step that is due.

        Args:
            weights: how much there is of each mood.
            bar: a count of the bars that have sounded.
        """
        wished = None if self.hand else self.wished(weights)
        if self.hand or (self.form and wished is None):
            ready = self._nearest_to(self.hand or self.form or ())
        else:
            ready = self.ready.get(self.progress.step) if wished is None else self._nearest(wished)
        if ready is None or (self.played is not None and self.played.bank == ready.bank):
            return None
        if self.hand:
            self.played = ready
            return ready
        if self.played is not None and self._changed is not None and bar - self._changed < self.apart:
            return None
        if wished is not None or self._changed is not None:
            self._changed = bar
        self.played = ready
        return ready

    def status(self, name: str, weights: Mapping[str, float]) -> dict[str, object]:
        """Which step plays, and which moods want; for people."""
        wished, last = None if self.hand else self.wished(weights), last_place(self.timbre.path)
        step = None if wished is None or last is None else place_at(wished, last)
        plays = None if self.played is None or self.played.step == NO_STEP else self.played.step
        waits = ""
        if step is not None and step in self.of_moods and step not in self.ready:
            meanwhile = "its voices keep the sounds that they have" if plays is None else f"step {plays} is played"
            waits = (
                f"Step {step} of the timbre {name}, which a mood wants, is not rendered yet; until then {meanwhile}."
            )
        return {
            "plays_step": plays,
            "wished_point": None if wished is None else round(wished, 3),
            "wished_step": step,
            "form_at": None if self.form is None else [round(one, 3) for one in self.form],
            "held_at": None if self.hand is None else [round(one, 3) for one in self.hand],
            "plays_at": self._plays_at(),
            "waits": waits or self._waits_for_hand(name),
        }

    def _nearest_to(self, point: Point) -> ReadyBank | None:
        there = self._there()
        now = next((spot for spot, one in there.items() if self.played and one.bank == self.played.bank), None)
        found = nearest_spot(self.timbre.path, point, there, now)
        return None if found is None else there[found]

    def _there(self) -> Mapping[Spot, ReadyBank]:
        """All banks that are there, by their spots."""
        path = self.timbre.path
        of_steps = {spot: one for step, one in self.ready.items() if (spot := spot_of(path, step)) is not None}
        return of_steps | self.spots

    def _nearest(self, wished: float) -> ReadyBank | None:
        last = last_place(self.timbre.path)
        if last is None:
            return None
        there = {place(self.timbre.path, step): bank for step, bank in self.ready.items()}
        now = None if self.played is None else place(self.timbre.path, self.played.step)
        found = nearest(wished, last, there, now)
        return None if found is None else there[found]

    def _plays_at(self) -> list[float] | None:
        """The point of the bank that plays, to three digits."""
        there = self._there()
        spot = next((spot for spot, one in there.items() if self.played and one.bank == self.played.bank), None)
        return None if spot is None else [round(one, 3) for one in point_of(self.timbre.path, spot)]

    def _waits_for_hand(self, name: str) -> str:
        nearest = next(iter(around(self.timbre.path, self.hand)), None) if self.hand else None
        if nearest is None or nearest in self._there():
            return ""
        return f"The bank of the timbre {name} where it is held is not rendered yet; until then the nearest is played."
