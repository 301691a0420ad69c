"""A scene in a few lines of text: who plays, and how the loops of each voice come one of the other."""

from __future__ import annotations

from collections.abc import Iterator

from reverie.scenes.evolve_steps import EvolveProgramme, EvolveStep
from reverie.scenes.operators import OPERATOR_TRAITS
from reverie.scenes.schema import Scene, Voice


def summary(scene: Scene) -> Iterator[str]:
    """A line for the scene, and one for each voice."""
    yield f"{scene.name}: {scene.title}"
    names = max(map(len, scene.voices))
    who = {name: _player(scene, voice) for name, voice in scene.voices.items()}
    players = max(map(len, who.values()))
    for name, voice in scene.voices.items():
        yield f"    {name:<{names}}  {who[name]:<{players}}  {evolution_line(voice)}".rstrip()


def _player(scene: Scene, voice: Voice) -> str:
    bars = voice.loop_bars(scene.metre)
    by = f" by {voice.model}" if voice.model else ""
    return f"{voice.kind}{by}, {bars} {'bar' if bars == 1 else 'bars'}"


def evolution_line(voice: Voice) -> str:
    """The steps of a voice's evolution, each with how many times its loop is played."""
    if voice.literal:
        return "what is written, for ever"
    source = OPERATOR_TRAITS[voice.opens_with].source
    if source == "harmony":
        return f"the chords of each bar, chance as it is for {voice.evolve.turns} loops"
    evolve = voice.evolve
    programme = evolve.programme or EvolveProgramme(tuple(EvolveStep(one) for one in evolve.operators))
    begins = f"{voice.opens_with} x{evolve.times}"
    if programme.drawn:
        drawn = (f"{_step(step, evolve.times)} ({step.weight})" for step in programme.steps)
        return f"{begins}, then drawn by weight: {' | '.join(drawn)}"
    return f"{begins}, then over and over: {' > '.join(_step(step, evolve.times) for step in programme.steps)}"


def _step(step: EvolveStep, hold: int) -> str:
    return f"{step} x{step.hold or hold}"
