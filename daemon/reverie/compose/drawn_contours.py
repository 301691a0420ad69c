"""Contours by chance: a line that wanders through phrases, over a rhythm as dense as the voice is to be.

The rhythm has its places by the weight that they have in the bar and by what the recipe wishes for, such as the strokes
of the drums to which the voice is locked; most of it stays from bar to bar. The line goes on in its direction for some
notes, mostly to the next button, and turns: around a height that rises to the middle of each phrase and falls to its
end. Where a voice may have several notes at a time, lower buttons are pressed under it on beats.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from reverie.compose.contours import Press
from reverie.compose.recipe import Recipe
from reverie.compose.steering import wishes_of
from reverie.models.lstm import Array
from reverie.music.notation import BUTTONS
from reverie.music.time import TICKS_PER_STEP, Metre

PHRASE_BARS = 4
_ACCENT = 3.0
"""The log-weight of the bar line over that of an odd sixteenth."""
_AGAIN = 0.8
"""How likely a place of the rhythm has in a bar the chance that it has in all."""
_DENSITY = (0.3, 0.6)
"""Where between the least and the most notes a bar the number of notes lies."""
_LAST_BAR = 0.7
_WANDER, _ARCH, _FAR = 1.8, 2.0, 1.5
"""In buttons: by how much the height moves in half a bar, rises in a phrase, and how far from it the line turns."""
_GOES_ON = 0.7
"""How likely the line keeps its direction from note to note."""
_STEPS, _SHARES = (0, 1, 2), (0.1, 0.7, 0.2)
"""Buttons from note to note, and how likely they are."""
_UNDER = 0.7
"""How heavy a place in the bar is on which lower buttons are pressed; and which share of these places has them."""
_UNDER_SHARE = 0.6
_APART = (2, 4)
"""By how many buttons a lower one is lower than the next."""


def drawn_contour(recipe: Recipe, random: np.random.Generator) -> tuple[Press, ...]:
    """Presses over the whole loop of a recipe; always the same for the same recipe and state of ``random``."""
    metre, limits = recipe.metre, recipe.limits
    bars = recipe.bars
    size = _at_once(limits.polyphony, metre)
    share = random.uniform(*_DENSITY)
    wanted = (limits.least + (limits.most - limits.least) * share) / size
    steps = _rhythm(recipe, wanted, random)
    heights = _line(bars * 2, _phrase(bars) * 2, random)
    half = metre.bar_ticks / 2
    ends = [*(step * TICKS_PER_STEP for step in steps[1:]), bars * metre.bar_ticks]
    starts = [step * TICKS_PER_STEP for step in steps]
    buttons = _moves([_between(heights, start / half) for start in starts], random)
    top = [
        Press(start, button, min(end - start, metre.bar_ticks))
        for start, button, end in zip(starts, buttons, ends, strict=True)
    ]
    under = _under(top, metre, limits.polyphony, bars * metre.bar_ticks, random)
    return tuple(sorted([*top, *under[: max(int(limits.most * bars) - len(top), 0)]]))


def _at_once(most: int, metre: Metre) -> float:
    """How many buttons are pressed with each of the line's, on average, itself included; about, as the rhythm decides.

    Half of the line's presses are on places that may have more.
    """
    heavy = sum(metre.accent(step * TICKS_PER_STEP) >= _UNDER for step in range(metre.bar_steps)) > 0
    return 1.0 + heavy * (most - 1) / 2 * _UNDER_SHARE / 2


def _phrase(bars: int) -> int:
    """Bars of a phrase: four, or what divides the loop evenly, or else all of it."""
    return next((one for one in (PHRASE_BARS, 3, 2) if bars > one and bars % one == 0), bars)


def _rhythm(recipe: Recipe, wanted: float, random: np.random.Generator) -> list[int]:
    """The sixteenths in which the line's buttons are pressed, about so many a bar; fewer in a phrase's last.

    No bar has more of them than the voice's most, and none is empty where its least is one or more.
    """
    metre, phrase = recipe.metre, _phrase(recipe.bars)
    bar_steps = metre.bar_steps
    accents = np.array([metre.accent(step * TICKS_PER_STEP) for step in range(bar_steps)]) * _ACCENT
    begins = _begins(recipe)
    least, most = min(int(recipe.limits.least), 1), min(max(int(recipe.limits.most), 1), bar_steps)
    common = random.gumbel(size=bar_steps)
    steps: list[int] = []
    for bar in range(recipe.bars):
        own, again = random.gumbel(size=bar_steps), random.random(bar_steps) < _AGAIN
        luck = np.where(again, common, own)
        last = bar % phrase == phrase - 1 and phrase > 1
        count = wanted * (_LAST_BAR if last else 1.0) + random.random() - 0.5
        first = bar * bar_steps
        welcome = accents + luck + begins[first : first + bar_steps]
        best = np.argsort(-welcome, kind="stable")[: min(max(round(count), least), most)]
        steps += sorted(first + int(step) for step in best)
    return steps or [0]


def _begins(recipe: Recipe) -> Array:
    """How welcome a beginning is in each sixteenth, by what the recipe wishes for."""
    wished = wishes_of(recipe)
    if wished is None:
        return np.zeros(recipe.bars * recipe.metre.bar_steps, np.float32)
    low, high = recipe.limits.low, recipe.limits.high
    return np.maximum(wished.begins[:, low : high + 1].max(axis=1), np.float32(-1e4))


def _line(count: int, phrase: int, random: np.random.Generator) -> list[float]:
    """Heights in buttons at the beginning of each half bar, and at the end of the last."""
    here = random.uniform(2.0, BUTTONS - 3.0)
    heights: list[float] = []
    for number in range(count + 1):
        arch = math.sin(math.pi * (number % phrase) / phrase) * _ARCH
        heights.append(here + arch)
        here += random.normal(0.0, _WANDER)
        # What would leave the buttons turns back.
        here = min(max(here, -here), 2.0 * (BUTTONS - 1) - here)
    return heights


def _between(heights: Sequence[float], place: float) -> float:
    """The line between two heights: it leaves one and comes to the other slowly."""
    number = min(int(place), len(heights) - 2)
    way = (1.0 - math.cos(math.pi * (place - number))) / 2.0
    return heights[number] + (heights[number + 1] - heights[number]) * way


def _moves(heights: Sequence[float], random: np.random.Generator) -> list[int]:
    """Buttons that move step by step around these heights."""
    here, way = round(heights[0]), 1 if random.random() < 1 / 2 else -1
    buttons: list[int] = []
    for height in heights:
        here = min(max(here, 0), BUTTONS - 1)
        buttons.append(here)
        away = height - here
        if abs(away) > _FAR:
            way = 1 if away > 0 else -1
        elif random.random() > _GOES_ON:
            way = -way
        here += way * int(random.choice(_STEPS, p=_SHARES))
    return buttons


def _under(top: Sequence[Press], metre: Metre, most: int, end: int, random: np.random.Generator) -> list[Press]:
    """Lower buttons, which sound until the next are pressed, for a bar at most."""
    if most == 1:
        return []
    places = [press for press in top if metre.accent(press.start) >= _UNDER and random.random() < _UNDER_SHARE]
    ends = [*(press.start for press in places), end][1:]
    lower: list[Press] = []
    for press, until in zip(places, ends, strict=True):
        button = press.button
        for _ in range(int(random.integers(1, most))):
            button -= int(random.integers(_APART[0], _APART[1] + 1))
            if button < 0:
                break
            lower.append(Press(press.start, button, min(until - press.start, metre.bar_ticks)))
    return lower
