"""The dreams of the scene that plays: taken from whoever wants them, begun on a bar line, ended when they are over."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from reverie.bus import Bus
from reverie.clock import Clock
from reverie.compose.dream_course import dreaming
from reverie.compose.ensemble import Ensemble
from reverie.compose.mood_stack import MOST_BARS, OWN, Dream, MoodStack, effective_blend
from reverie.conductor.scene.cues import Cues
from reverie.documents import did_you_mean
from reverie.foreign import plain, quoted
from reverie.scenes.harmony import in_bars
from reverie.scenes.moods import MoodSection, words_of
from reverie.scenes.schema import Scene
from reverie.site.actions import ControlError, DreamWish
from reverie.site.dream_wish import LONGEST_TEXT
from reverie.watch.happenings import BarSounded, DreamBegun, DreamsLeft, Moment

log = logging.getLogger(__name__)

LEAD = 0.3
"""Seconds before a bar line from which on it is too late for it: what is told must have come to the player by then."""
PROGRAMME = "programme"
"""The source of moods that the programme wants."""
FALLING = 2
"""So many times the dreams that a scene takes may be there, those that are ending among them."""


class Dreams:
    """Holds the stack of dreams, and changes the course of the scene by it.

    Args:
        bus: Where is published that a dream begins, and how many are left.
        clock: By which is judged whether the next bar line is still open.
        changed: Called after the course of the scene was changed.
        cues: By what sounds come along.
    """

    def __init__(self, bus: Bus, clock: Clock, changed: Callable[[], None], cues: Cues) -> None:
        self._bus = bus
        self._clock = clock
        self._changed = changed
        self._cues = cues
        self._scene: Scene | None = None
        self._ensemble: Ensemble | None = None
        self._stack = MoodStack()
        self._number = 0
        self._of_programme: str | None = None
        self._active = 0
        self._line = float("-inf")
        """When the bar that sounds will be over."""
        self._bar_seconds: float | None = None

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on how the bars go by."""
        bus.subscribe(BarSounded, lambda said: self._bar_sounded(said.bar.epoch, said.bar.seconds))

    def scene_begins(self, scene: Scene, ensemble: Ensemble, *, anew: bool) -> None:
        """A scene is about to be played: with its first bar (``anew``), or as the same scene, whose file has changed.

        Dreams go on where the scene has their moods; those of which it knows nothing are over.
        """
        open_bar = self.open_bar if self._ensemble is not None else 0
        self._stack = self._stack.moved(open_bar if anew else 0, scene.moods)
        self._scene, self._ensemble = scene, ensemble
        if self._stack.dreams:
            self._change(0)  # nothing of its course is told yet
        if anew:
            self._dream_programme()
        self._count()

    def dream(self, wish: DreamWish, source: str) -> str:
        """Begin a dream with the next bar line that is still open; the name of its mood.

        Raises:
            ControlError: if that cannot be dreamt.
        """
        mood = self._dream(wish, source)
        self._changed()
        return mood

    def _dream(self, wish: DreamWish, source: str) -> str:
        scene, ensemble = self._scene, self._ensemble
        if scene is None or ensemble is None:
            raise ControlError("nothing plays yet, so nothing can be dreamt")
        mood = mood_of(wish, scene)
        if wish.cue:
            self._cues.path_of(wish.cue)
        bar, settings = self.open_bar, scene.dreams
        stack = self._stack.settled(bar - FALLING * settings.blend)
        if wish.replaces:
            stack = stack.awake(bar, lambda one: (one.mood, one.source) == (mood, source))
        lively = [one for one in stack.living(bar) if not one.falling(bar)]
        passing = [one.number for one in lively if one.bars < MOST_BARS]
        if len(lively) >= settings.most and passing:
            oldest = passing[0]
            stack = stack.awake(bar, lambda one: one.number == oldest)
        if len(stack.living(bar)) >= FALLING * settings.most:
            raise ControlError("so many dreams are ending that no other can begin; ask again a few bars later")
        self._number += 1
        bars = MOST_BARS if wish.endless else self._bars(wish, scene, scene.moods[mood], ensemble)
        blend = effective_blend(settings.blend, bars)
        dream = Dream(mood, wish.weight, bar, bars, blend, self._number, source, plain(wish.text, LONGEST_TEXT))
        self._stack = stack.having(dream)
        self._change(bar)
        if wish.cue:
            self._cues.give(wish.cue, bar, self._seconds_until(bar))
        self._bus.publish(DreamBegun(Moment.of(self._clock), mood, source, wish.weight, bar))
        self._count()
        return mood

    def of_programme(self, mood: str | None) -> None:
        """The programme wants the scene in a mood from now on, until it says otherwise; None: in none.

        Where the scene is still to begin, the mood begins with it.
        """
        self._of_programme = mood
        self.end(lambda dream: dream.source == PROGRAMME)
        if self._dream_programme():
            self._changed()

    def _dream_programme(self) -> bool:
        """Dream what the programme wants, if the scene knows it and it is not dreamt yet; whether it begins."""
        mood, bar = self._of_programme, self.open_bar
        there = [one for one in self._stack.living(bar) if one.source == PROGRAMME and not one.falling(bar)]
        if mood is None or there or self._scene is None or mood not in self._scene.moods:
            return False
        with contextlib.suppress(ControlError):  # so many are ending that it has to wait for the next scene
            self._dream(DreamWish(mood, endless=True), PROGRAMME)
            return True
        return False

    def wake(self, mood: str | None = None) -> None:
        """Let all dreams end from the next bar line on, or those of one mood.

        Raises:
            ControlError: if there are none.
        """
        if not self.end(lambda dream: mood in {None, dream.mood}):
            raise ControlError(f"nobody dreams of {quoted(mood)}" if mood else "nobody dreams")

    def end(self, which: Callable[[Dream], bool]) -> bool:
        """Let some dreams end from the next bar line on; whether there were any."""
        if self._ensemble is None:
            return False
        bar = self.open_bar
        after = self._stack.awake(bar, which)
        if after == self._stack:
            return False
        self._stack = after
        self._change(bar)
        self._changed()
        self._count()
        return True

    @property
    def dreamt(self) -> tuple[Dream, ...]:
        """What is dreamt, in bars of the scene."""
        return self._stack.dreams

    def share(self, dreams: Sequence[Dream]) -> None:
        """Dream what another box dreams in the same bars of the scene, and nothing else."""
        scene = self._scene
        if scene is None or self._ensemble is None:
            return
        wanted = tuple(dream for dream in dreams if dream.mood in scene.moods)
        if wanted != self._stack.living(max(self._ensemble.bar + 1, 0)):
            self._stack = replace(self._stack, dreams=wanted)
            self._change(self.open_bar)
            self._changed()
            self._count()

    def weights(self) -> Mapping[str, float]:
        """How much there is of each mood in the next bar that is still open."""
        return self._stack.weights(self.open_bar) if self._ensemble is not None else {}

    def status(self) -> Mapping[str, Any]:
        """The moods that there are, the dreams, and which mood rules; for people."""
        moods = [*self._scene.moods] if self._scene else []
        now = max(self._ensemble.bar + 1, 0) if self._ensemble else 0
        rules = self._stack.ruling(now)
        return {
            "moods": moods,
            "rules": None if rules == OWN else rules,
            "weights": {mood: round(weight, 3) for mood, weight in self._stack.weights(now).items()},
            "now": [
                {
                    "mood": dream.mood,
                    "weight": round(dream.weight, 3),
                    "level": round(dream.level(now), 3),
                    "source": dream.source,
                    "text": dream.text,
                    "bars_until": max(dream.first_bar - now, 0),
                    "bars_left": None if dream.bars >= MOST_BARS else dream.end_bar - max(now, dream.first_bar),
                }
                for dream in self._stack.living(now)
            ],
        }

    @property
    def open_bar(self) -> int:
        """The first bar of the scene that can still be changed: that after the one that sounds, if there is time."""
        return self.bar_after(0.0)

    def bar_after(self, needed: float) -> int:
        """The first bar of the scene that can still be changed by what takes so many seconds to be made."""
        bar, left = self._ensemble.bar if self._ensemble else -1, self._line - self._clock.now()
        lead = LEAD + needed
        if self._ensemble is not None and bar < 0:  # its first bar is the next, or waits for the player to begin at all
            return 1 if self._bar_seconds is not None and left < lead else 0
        return bar + (3 if left < lead and bar >= 0 else 2)

    def _seconds_until(self, bar: int) -> float:
        """How long it takes until a bar begins."""
        now = self._ensemble.bar if self._ensemble else -1
        bars = bar if now < 0 else bar - now - 2
        return max(self._line - self._clock.now(), 0.0) + bars * (self._bar_seconds or 0.0)

    def _bars(self, wish: DreamWish, scene: Scene, mood: MoodSection, ensemble: Ensemble) -> int:
        """How many bars it lasts; of one in seconds, so many as will take about that long at its tempo."""
        length = scene.dreams.length if wish.length is None else wish.length
        if isinstance(length, int):
            return length
        if self._bar_seconds is None:
            return in_bars(scene.metre, scene.tempo, length)
        now = ensemble.bar + 1
        factor = 1 + (mood.tempo - 1) * wish.weight
        present = ensemble.course.at(now).tempo if ensemble.course else 1.0
        return max(round(length / (self._bar_seconds * present / factor)), 1)

    def _change(self, bar: int) -> None:
        """Have the scene go another way from a bar on."""
        ensemble = self._ensemble
        if ensemble is not None and (course := dreaming(ensemble.course, self._stack)) is not None:
            ensemble.change_course(course, bar)

    def _bar_sounded(self, epoch: int, seconds: float) -> None:
        if self._ensemble is None or epoch != self._ensemble.epoch:
            return
        self._line = self._clock.now() + seconds
        self._bar_seconds = seconds or self._bar_seconds
        self._count()

    def _count(self) -> None:
        """Tell how many dreams there are, where that has changed."""
        now = max(self._ensemble.bar + 1, 0) if self._ensemble else 0
        active = len(self._stack.living(now))
        if active != self._active:
            self._active = active
            self._bus.publish(DreamsLeft(Moment.of(self._clock), active))


def mood_of(wish: DreamWish, scene: Scene) -> str:
    """The mood that a wish names, or that its words choose.

    Raises:
        ControlError: if the scene has no such mood, or the words choose none.
    """
    if not scene.moods:
        raise ControlError(f"the scene {scene.name} has no moods, so nothing can be dreamt in it")
    if wish.mood:
        if wish.mood in scene.moods:
            return wish.mood
        known = did_you_mean(wish.mood, scene.moods)
        raise ControlError(f"the scene {scene.name} has no mood {quoted(wish.mood)}{known}")
    found = chosen(wish.text, scene.moods) or scene.dreams.default
    if found is None:
        said = "its text has no word of any mood" if wish.text.strip() else "it has neither a mood nor a text"
        raise ControlError(f"a dream is dreamt in a mood, and {said}; there are {', '.join(scene.moods)}")
    return found


def chosen(text: str, moods: Mapping[str, MoodSection]) -> str | None:
    """The mood with most words in the text; of several, that whose word comes first; None without a word of any."""
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words_of(text)):
        for name, mood in moods.items():
            if mood.suits(word):
                places.setdefault(name, []).append(place)
    return min(places, key=lambda name: (-len(places[name]), places[name][0]), default=None)
