"""Numbers of a scene that could never have an effect, as the scene is: whoever wrote them meant something else."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from reverie.documents import Keys
from reverie.scenes.evolve_steps import EvolveProgramme
from reverie.scenes.form import EVERY_VOICE, FormSectionSettings, FormSettings
from reverie.scenes.moods import MOST_VOICES, GuardsSection


def without_effect(
    form: FormSettings | None, guards: GuardsSection, voices: Collection[str]
) -> Iterator[tuple[Keys, str]]:
    """What the form and the guards ask for in vain.

    Args:
        form: the scene's, if it has one.
        guards: the limits of its moods.
        voices: the names of its voices.

    Yields:
        Where it stands, and what is wrong with it.
    """
    fewest, most = guards.voices
    if fewest > len(voices):
        yield ("guards", "voices"), f"{_never_so_many(voices, fewest)}; a mood leaves as many as would sound without it"
    elif len(voices) < most < MOST_VOICES:
        yield ("guards", "voices"), f"{_never_so_many(voices, most)}; the most would hold nobody back"
    for keys, sentence in _of_form(form, voices) if form else ():
        yield ("form", *keys), sentence


def turned_in_vain(voices: Mapping[str, tuple[EvolveProgramme | None, int]]) -> Iterator[tuple[Keys, str]]:
    """Steps that turn a loop round and round.

    Args:
        voices: the steps of each, and how many sixteenths its loops have.

    Yields:
        Where it stands among the voices, and what is wrong with it.
    """
    for voice, (programme, loop) in voices.items():
        for number, step in enumerate(programme.steps if programme else ()):
            by = step.settings.get("steps")
            if by is None or abs(by) < loop:
                continue
            rest = int(by) % loop
            same = f"as {rest} do" if rest else "which changes nothing"
            sentence = f"the loop has {loop} sixteenths, and 'steps' of 'rotate' moves it round by {by:g}, {same}"
            yield (voice, "evolve", "then", number, "steps"), f"{sentence}; write fewer than {loop}"


def _of_form(form: FormSettings, voices: Collection[str]) -> Iterator[tuple[Keys, str]]:
    for number, section in enumerate(form.sections):
        for keys, sentence in _of_section(section, voices):
            yield ("sections", number, *keys), sentence
    everywhere: Mapping[Keys, Collection[float]] = {
        **{("chapters", number): one.at_most for number, one in enumerate(form.chapters)},
        ("hour",): form.hour.at_most.values(),
        ("day",): form.day.at_most.values(),
    }
    for keys, counts in everywhere.items():
        if counts and min(counts) > len(voices):
            yield (*keys, "at_most"), f"{_never_so_many(voices, min(counts))}; 'at_most' would hold nobody back"


def _of_section(section: FormSectionSettings, voices: Collection[str]) -> Iterator[tuple[Keys, str]]:
    own = section.voices
    inside: Sequence[str] = [*voices] if own is None else [*own, *section.maybe]
    if section.at_most and min(section.at_most) > len(inside):
        sentence = f"the section {section.name!r} has {_voices(len(inside))}"
        yield ("at_most",), f"{sentence}, never {min(section.at_most):g}; 'at_most' would hold nobody back"
    longest = max(section.bars)
    if section.enter and section.enter >= longest:
        sentence = f"the section {section.name!r} is over after {longest} bars, before a second voice would come in"
        yield ("enter",), f"{sentence}, so that all would come in together; write fewer bars than it has, or 0"
    for name in section.rests or ():
        if name != EVERY_VOICE and name in voices and name not in inside:
            yield ("rests", name), f"the voice {name!r} is not in the section {section.name!r}, and cannot rest there"


def _never_so_many(voices: Collection[str], wanted: float) -> str:
    return f"the scene has {_voices(len(voices))}, never {wanted:g}"


def _voices(count: int) -> str:
    return f"{count} voice{'' if count == 1 else 's'}"
