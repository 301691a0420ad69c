"""What the machine does while players play: nothing, composing or rendering without a pause, or all that it can.

As a process: ``python -m reverie.bench.play_loads compose|render|burn``, which says ``ready`` and goes on until it is
killed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import replace
from itertools import count

from reverie.errors import ReverieError
from reverie.places import models_folder
from reverie.processes.children import own_module

IDLE, COMPOSE, RENDER, BURN = "idle", "compose", "render", "burn"
LOADS = {
    IDLE: "nothing else runs",
    COMPOSE: (
        "loops are composed without a pause: for Reverie, isobar and mido in a process of its own, as Reverie does it, "
        "with the shipped models, eight candidates a loop and one thread; for Magenta's player and its Sleeper in "
        "another thread of the same process, as Magenta's interactions do it, by its own generator of attention_rnn, "
        "four bars after two, over and over"
    ),
    RENDER: (
        "sample banks are rendered without a pause, by the shipped timbre model on all cores, as the timbre worker "
        "does where it is granted all of them"
    ),
    BURN: "a process on every core does nothing but count, at ordinary priority",
}
"""The loads, and what each is."""
_CANDIDATES = 8
_BARS = 2


@contextlib.contextmanager
def running(load: str) -> Generator[None]:
    """A load, from when it is under way until the block ends.

    Raises:
        ReverieError: if it ends before it is.
    """
    with contextlib.ExitStack() as processes:
        started = [processes.enter_context(_process(load)) for _ in range(_count(load))]
        for process in started:
            if process.stdout is None or process.stdout.readline().strip() != b"ready":
                raise ReverieError(f"the load {load} could not be had; the reason stands above")
        yield


def _count(load: str) -> int:
    return {IDLE: 0, COMPOSE: 1, RENDER: 1, BURN: os.cpu_count() or 1}[load]


@contextlib.contextmanager
def _process(load: str) -> Generator[subprocess.Popen[bytes]]:
    command = own_module(__spec__.name if __name__ == "__main__" else __name__, load)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def _compose() -> Iterator[None]:
    """Compose as the composer does: politely, on one thread, loop after loop with each shipped model of a voice."""
    os.nice(5)
    from reverie.compose.engines.by_family import make_engine
    from reverie.compose.recipe import LoopLimits, Recipe
    from reverie.compose.told_chords import ToldChord
    from reverie.models.library.index import find_models
    from reverie.music.time import Metre
    from reverie.music.voice_kinds import VOICE_KINDS

    engine, (models, _), metre = make_engine("numpy"), find_models([models_folder()]), Metre()
    recipes: list[Recipe] = []
    for model in models.values():
        if not model.kinds:  # it plays operators for others
            continue
        engine.load(model)
        kind = next(kind for kind in VOICE_KINDS if kind in model.kinds)
        recipes.append(
            Recipe(
                scene="bench",
                scene_hash="",
                voice="bench",
                kind=kind,
                model=model.name,
                model_hash=model.sha256,
                operator="reset",
                seed=0,
                temperature=1.0,
                bars=_BARS,
                metre=metre,
                primer=(),
                primer_steps=0,
                limits=LoopLimits(),
                candidates=_CANDIDATES,
                chords=(ToldChord("C", _BARS * metre.bar_steps),) if model.chords else (),
            )
        )
    for seed in count():
        for recipe in recipes:
            engine.generate(replace(recipe, seed=seed))
            yield


def _render() -> Iterator[None]:
    """Render as the timbre worker does: where no other process wants to run, on a thread for each core."""
    from reverie.timbre.render.budget import give_way

    give_way()
    from reverie.timbre.sound import NoteRequest
    from reverie.timbre.timbre_models import open_timbre_model, timbre_model

    model = open_timbre_model(timbre_model("timbre", [models_folder()]).path, os.cpu_count() or 1)
    notes = [NoteRequest(pitch, 100, 4.0) for pitch in range(48, 72)]
    for seed in count():
        rendering = model.begin([model.latent(seed)] * len(notes), notes, seed)
        while not rendering.advance():
            yield


def _burn() -> Iterator[None]:
    yield
    total = 0
    while True:
        total += 1


def main(load: str) -> None:
    """Be the load."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the process that asked says that it was interrupted
    under_way = {COMPOSE: _compose, RENDER: _render, BURN: _burn}[load]()
    next(under_way)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in under_way:
        pass


if __name__ == "__main__":
    main(sys.argv[1])
