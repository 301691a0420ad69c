"""Trying scenes before they are put in force: some loops of every voice are composed, and what comes of them is judged.

What a file says can be right and yet leave a model nothing to play. Only composing shows it, which takes seconds.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from reverie.compose.composer import compose
from reverie.compose.engines.by_family import make_engine
from reverie.compose.engines.engine import Engine
from reverie.compose.evolution import Evolution
from reverie.compose.placement import Placement
from reverie.compose.stalled import PATIENCE, Stalled
from reverie.compose.state_cache import Memories
from reverie.compose.voice_plan import VoicePlan
from reverie.conductor.arranging.arrange import arrange
from reverie.conductor.configuration.site_resources import bundles_of
from reverie.documents import Document, DocumentFault, Keys, read_document
from reverie.errors import ReverieError
from reverie.models.errors import ModelError
from reverie.models.library.index import ModelFile
from reverie.music.time import TICKS_PER_QUARTER
from reverie.scenes.folder import load_scene
from reverie.scenes.schema import Scene, Voice
from reverie.site.load import load_site

log = logging.getLogger(__name__)

LOOPS = 16
"""Loops of each voice that are composed."""
LONG_SILENCE = 3600.0
"""Seconds after which a voice that has not played yet counts as one that never does."""

Complaint = tuple[str, str]
"""The key of a voice that is at fault, and a sentence."""


def try_scenes(
    paths: Iterable[Path], config: Path | None, say: Callable[[str], None], loops: int = LOOPS
) -> list[DocumentFault]:
    """What is at fault with these scenes, whose files are right, when they are composed.

    Args:
        paths: the scenes' files.
        config: the site's configuration, which names models and engine.
        say: told how far it is.
        loops: how many loops of each voice are composed.

    Raises:
        ReverieError: if the site's configuration is at fault, or its engine is missing.
    """
    site = load_site(config)
    bundles, _ = bundles_of(site)
    engine = make_engine(site.composer.engine)
    loaded: dict[str, str] = {}
    faults: list[DocumentFault] = []
    for path in paths:
        document = read_document(path)
        scene = load_scene(path)
        for number, (name, voice) in enumerate(scene.voices.items()):
            say(f"{scene.name}: composing for {name}, voice {number + 1} of {len(scene.voices)}")
            needed = {**({"model": voice.model} if voice.model else {}), **voice.guests}
            for model in needed.values():
                if model not in loaded:
                    loaded[model] = _load(engine, bundles.get(model), model)
            wrong = [(key, loaded[model]) for key, model in needed.items() if loaded[model]]
            if wrong:
                faults += [_at(document, name, key if key == "model" else "evolve", told) for key, told in wrong]
                continue
            for key, sentence in try_voice(scene, name, bundles, engine, loops):
                faults.append(_at(document, name, key, sentence))
    return list(dict.fromkeys(faults))


def try_voice(
    scene: Scene, name: str, bundles: Mapping[str, ModelFile], engine: Engine, loops: int = LOOPS
) -> Iterator[Complaint]:
    """What is at fault with one voice of a scene when it is composed."""
    voice, plan = scene.voices[name], arrange(scene, bundles).plans[name]
    line = Evolution(plan)
    attempt = _Attempt(engine, plan, line)
    try:
        attempt.go(loops)
        ends = {voice.temperature.start, voice.temperature.end}
        for temperature in sorted(ends) if len(ends) > 1 else ():
            line.temperature = temperature
            attempt.go(PATIENCE)
    except ReverieError as error:
        yield "model", str(error)
        return
    except Exception as error:
        log.exception("A loop of the voice %s could not be composed.", name)
        yield "model", f"composing a loop of the voice {name} failed ({error!r}); try another primer, or another model"
        return
    if attempt.stalled_for:
        yield attempt.stalled_for
    elif attempt.vain * 2 > attempt.asked:
        room = "give the model more room by its density, or raise its temperature"
        yield "density", f"voice {name}: {attempt.vain} of {attempt.asked} requests brought no new loop; {room}"
    yield from _unheard(scene, name, voice, attempt.placements)


@dataclass(slots=True)
class _Attempt:
    """A line that is gone some way, and what came of it."""

    engine: Engine
    plan: VoicePlan
    line: Evolution
    memories: Memories = field(default_factory=Memories)
    stalled: Stalled = field(default_factory=Stalled)
    placements: list[Placement] = field(default_factory=list[Placement])
    asked: int = 0
    vain: int = 0
    stalled_for: Complaint | None = None

    def go(self, loops: int) -> None:
        """Ask for so many loops, or fewer where the voice is stuck or merely holds what it has.

        Raises:
            ModelError: if the model cannot run.
        """
        enough = self.asked + loops
        for _ in range(loops * (1 + len(self.plan.then))):
            if self.stalled_for or self.asked >= enough:
                return
            self.line.look_back()
            if self.line.returning:
                self.placements.append(self.line.go_back())
                continue
            if self.line.holds:
                self.placements.append(self.line.again())
                continue
            answer = compose(self.engine, self.line.next_recipe(), self.memories)
            self.asked += 1
            self.stalled.answered(self.plan, answer, self.line.end_bar)
            new = answer.loop is not None and not answer.is_the_loop_before
            self.vain += not new
            placed = self.line.take(answer.recipe, answer.loop, new=new) if answer.loop else self.line.skip()
            if placed:
                self.placements.append(placed)
            if stall := self.stalled.stall:
                self.stalled_for = stall.key, str(stall)


def _unheard(scene: Scene, name: str, voice: Voice, placements: Iterable[Placement]) -> Iterator[Complaint]:
    """A voice whose schedule never lets it be heard."""
    every, spans = voice.schedule.every, voice.schedule.spans
    if not every:
        return
    first = min(start for start, _ in spans) - 1
    bar_seconds = scene.metre.bar_ticks / TICKS_PER_QUARTER * 60 / scene.tempo.qpm
    if first * bar_seconds > LONG_SILENCE:
        hours = first * bar_seconds / 3600
        yield "schedule", f"voice {name} is not heard before bar {first + 1}, after {hours:.1f} hours"
    heard = scheduled = 0
    for placed in placements:
        # After so many bars loop and schedule meet in the same way again.
        for bar in range(min(placed.times * placed.loop.bars, every * placed.loop.bars)):
            if voice.schedule.plays(placed.start_bar + bar):
                scheduled += 1
                heard += bool(placed.loop.bar(bar % placed.loop.bars))
    if scheduled and not heard:
        why = "none of the bars in which its schedule lets it play has a note"
        advice = "shift the schedule, or raise the least of its density to 1 or more"
        yield "schedule", f"voice {name} is never heard: {why}; {advice}"


def _load(engine: Engine, model: ModelFile | None, name: str) -> str:
    """Why the model cannot compose; empty where it can."""
    if model is None:
        return f"the model {name!r} is not there, so that the voice never gets a loop of its own"
    try:
        engine.load(model)
    except ModelError as error:
        return str(error)
    return ""


def _at(document: Document, voice: str, key: str, sentence: str) -> DocumentFault:
    way: Keys = ("voices", voice, key)
    return document.fault(way if way in document.values else way[:2], sentence)
