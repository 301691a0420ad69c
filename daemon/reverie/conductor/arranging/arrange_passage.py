"""How a scene gives way to the next, as its artist writes it, made ready to be played."""

from __future__ import annotations

from dataclasses import dataclass

from reverie.compose.common_chord import common_chord, held_chord
from reverie.compose.course import BarState, Course, NoCourse
from reverie.compose.ending_course import EndingCourse
from reverie.compose.scene_harmony import ToldHarmony
from reverie.play.messages import SELF
from reverie.scenes.passage_section import PassageSection
from reverie.scenes.schema import Scene

PHRASE = 4
"""Bars of a phrase where a scene has no form."""
REACH = (2 / 3, 3 / 2)
"""How much slower or faster the next scene may be for the tempo to go over to it, and not to jump."""
FADED, ENDED, THINNED = 0.1, 0.6, 0.7
"""To which share dynamics fall in a fade and in an end, and density in an end."""
_STAYS = {"chords": 0, "polyphony": 0, "harmonize": 0, "performance": 1, "genie": 1, "melody": 1, "bass": 2, "drums": 3}
"""Whoever stays longest comes first: the drums go first, and the harmony is the last to go."""


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a scene: its course from scene bar ``first_bar`` on, and the chord in which it closes, if it does."""

    course: EndingCourse
    closing: ToldHarmony | None = None

    @property
    def first_bar(self) -> int:
        """Its first bar."""
        return self.course.first_bar


def staying(scene: Scene) -> tuple[str, ...]:
    """The voices of a scene, whoever stays longest first."""
    return tuple(sorted(scene.voices, key=lambda name: _STAYS.get(scene.voices[name].kind, 1)))


def phrase_line(scene: Scene, course: Course | None, soonest: int) -> int:
    """The first bar from ``soonest`` on with which a phrase begins; phrases are counted in each section of a form."""
    phrase = scene.form.phrase if scene.form else PHRASE
    for bar in range(soonest, soonest + phrase):
        section = (course.at(bar) if course else BarState()).section
        if (bar - (section.first_bar if section else 0)) % phrase == 0:
            return bar
    return soonest + phrase  # sections that are shorter than a phrase: none of their bars is refused


def arrange_ending(
    scene: Scene, course: Course | None, harmony: ToldHarmony | None, first_bar: int, into: Scene | None = None
) -> Ending:
    """The end of a scene from scene bar ``first_bar`` on.

    Args:
        scene: what ends.
        course: what form and moods make of it.
        harmony: its own.
        first_bar: the first bar of its end; where it is cut, its last.
        into: the scene that follows, if one does.
    """
    passage = scene.passage or PassageSection(kind="cut")
    inner = course or NoCourse()
    voices = staying(scene)
    if passage.kind == "cut":
        return Ending(EndingCourse(inner, first_bar, 1, voices, dynamics=1.0, density=1.0, stay=True))
    if passage.kind == "fade":
        return Ending(EndingCourse(inner, first_bar, passage.bars, voices, dynamics=FADED, density=1.0, stay=True))
    closing = _closing(scene, harmony, first_bar, into)
    return Ending(
        EndingCourse(
            inner,
            first_bar,
            passage.bars,
            voices,
            dynamics=ENDED,
            density=THINNED,
            tempo=_tempo(scene, inner, first_bar, into),
            closing_from=first_bar + passage.bars - max(passage.bars // 4, 1) if closing else None,
        ),
        closing,
    )


def _tempo(scene: Scene, course: Course, first_bar: int, into: Scene | None) -> float:
    """The factor at which the tempo is that of the next scene; 1 where that is too far, or somebody else leads."""
    if into is None or scene.lead != SELF or into.lead != SELF:
        return 1.0
    passage = scene.passage or PassageSection()
    last = max(first_bar + passage.bars - 1, 0)
    now = scene.tempo.at(last) * course.at(max(first_bar - 1, 0)).tempo
    factor = into.tempo.at(0) / now
    return factor if REACH[0] <= factor <= REACH[1] else 1.0


def _closing(scene: Scene, harmony: ToldHarmony | None, first_bar: int, into: Scene | None) -> ToldHarmony | None:
    """A chord that the scene has in common with the next one: with itself where none follows."""
    if harmony is None:
        return None
    here = harmony.spot(first_bar).key
    there = into.key if into else here
    symbol = common_chord(here, there)
    return held_chord(symbol, there, scene.metre) if symbol else None
