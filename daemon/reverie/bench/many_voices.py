"""What it costs to compose many voices: ``python -m reverie.bench.many_voices together|apart|mixed-60|...``.

Sixteen voices in a fast tempo. Together each follows the harmony, listens to another and is played with touch; apart
they do none of this, and melodies stand in for the chords, so that as many voices play. Mixed are voices of every kind
that there is a model for, at a slow, a middling and a fast tempo. It answers with one JSON object on stdout. Times are
the CPU's, which other programs lengthen only by what they take of caches and memory.
"""

from __future__ import annotations

import argparse
import json
import signal
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from reverie.bench.mixed_voices import CASES, MIXED, VOICES, mixed_text
from reverie.compose.composer import Composed
from reverie.compose.engines.by_family import make_engine
from reverie.compose.engines.engine import Candidate, Engine
from reverie.compose.recipe import Recipe
from reverie.conductor.offline.performing import composed
from reverie.models.library.index import find_models
from reverie.places import models_folder
from reverie.scenes.folder import load_scene
from reverie.scenes.voice_models import needed_models

QPM = CASES["together"]
BARS, QUICK_BARS = 64, 4

_SLOT = "main"
_DRUMS_CHANNEL = 10
_CHANNELS = (10, 10, *(one for one in range(1, 17) if one != _DRUMS_CHANNEL))
_DRUMS = 'kind: drums, density: [2, 20], primer: {bass: "x... .... x... ....", closed-hat: "x.x. x.x. x.x. x.x."}'
_HARMONY = """\
harmony:
  sections:
    - {chords: "i7 | iv7 | bVII7 | bIIImaj7", times: 2}
    - {chords: "bVImaj7 | iiø7 | V7 | i7"}
"""
_NO_TOUCH = "touch: {humanize: 0, accent: 0, arc: 0, timing: 0}\n"
_TUNE = 'kind: melody, register: [C4, C6], density: [1, 12], primer: "D4 - - - F4 - A4 - G4 - - - E4 - - -"'
_BASS = 'kind: bass, register: [C2, C4], density: [1, 8], primer: "D2 - - - - - - - A2 - - - C3 - - -"'
_PAD = "kind: chords, register: [C3, C5], voices: 4"
_STABS = "kind: chords, register: [C4, C6], voices: 3, style: rhythm, rhythm: {from: kit, drum: bass}"
_RELATIONS = ("answer", "avoid", "imitate", "double")


def scene_text(name: str, *, together: bool, hold: int = 2) -> str:
    """The scene as YAML; each loop of its voices is held for so many turns."""
    rows = [f"name: {name}\ntitle: {name}\ntempo: {QPM}\nkey: D\nscale: dorian\nseed: 3\n"]
    rows += [_HARMONY if together else _NO_TOUCH, "voices:\n"]
    for number, (voice, settings, listen) in enumerate(_voices(hold, together=together)):
        channel = _DRUMS_CHANNEL if "drum_kit" in settings else _CHANNELS[number]
        heard = f", listen: [{listen}]" if listen and together else ""
        rows.append(f"  {voice}: {{{settings}, output: {{slot: {_SLOT}, channel: {channel}}}{heard}}}\n")
    return "".join(rows)


def _voices(hold: int, *, together: bool) -> Iterator[tuple[str, str, str]]:
    """Name and settings of each voice, and what it listens to: one of those before it."""
    line = f"bars: 2, evolve: {{hold: {hold}, then: [continue, mutate, continue, reset], candidates: 8}}"
    drums = f"{_DRUMS}, model: drum_kit, {line}"
    tune = f"{_TUNE}, model: attention_rnn, {line}"
    yield "kit", drums, ""
    yield "hands", drums, "{fill: kit}"
    yield "bass", f"{_BASS}, model: attention_rnn, {line}", "{lock: kit}"
    yield "pad", _PAD if together else tune, ""
    yield "stabs", _STABS if together else tune, ""
    before = "bass"
    for number in range(VOICES - 5):
        yield f"tune-{number}", tune, f"{{{_RELATIONS[number % len(_RELATIONS)]}: {before}}}"
        before = f"tune-{number}"


class _Watched:
    """An engine of which is known how long it computes."""

    def __init__(self, engine: Engine) -> None:
        self.name, self.load, self._engine, self.seconds = engine.name, engine.load, engine, 0.0

    def generate(self, recipe: Recipe, memory: bytes | None = None) -> Sequence[Candidate]:
        """What the engine makes of it."""
        begun = time.process_time()
        candidates = self._engine.generate(recipe, memory)
        self.seconds += time.process_time() - begun
        return candidates


def measure(case: str, bars: int) -> dict[str, Any]:
    """Compose so many bars, as fast as it goes.

    Returns:
        How many ``cores`` composing keeps busy while the music plays, what is composed ahead included; the CPU's
        seconds that the scene and its models take to load, from then to the first loop, and until every voice has
        loops ahead (``opening``); the models' share; ``rss_mb`` before composing, by the middle and at the end.
    """
    begun = time.process_time()
    bundles = find_models([models_folder()])[0]
    with tempfile.TemporaryDirectory(prefix="reverie-bench-") as folder:
        path = Path(folder) / f"{case}.yaml"
        if case in MIXED:
            text = mixed_text(case, MIXED[case], bundles)
        else:
            text = scene_text(case, together=case == "together")
        path.write_text(text, encoding="utf-8")
        scene = load_scene(path, bundles, {_SLOT})
    engine = _Watched(make_engine("numpy"))
    for model in needed_models(scene.voices):
        engine.load(bundles[model])
    answers: list[float] = []
    ends: list[float] = []
    memory = [_resident()]

    def answered(_: Composed) -> None:
        answers.append(time.process_time())

    def done(bar: int) -> None:
        ends.append(time.process_time())
        if bar in {bars // 2, bars}:
            memory.append(_resident())

    loaded = time.process_time()
    composed(scene, bundles, engine, bars=bars, seed=None, progress=done, answered=answered)
    seconds = ends[-1] - loaded
    music = sum(scene.metre.bar_ticks * scene.tempo.seconds_per_tick(bar) for bar in range(bars))
    return {
        "voices": len(scene.voices),
        "bars": bars,
        "loops": len(answers),
        "cores": round(seconds / music, 4),
        "ms_a_loop": round(seconds / len(answers) * 1000, 2),
        "models_share": round(engine.seconds / seconds, 3),
        "load_seconds": round(loaded - begun, 3),
        "first_loop_seconds": round(answers[0] - loaded, 4),
        "opening_seconds": round(ends[0] - loaded, 3),
        "rss_mb": memory,
    }


def _resident() -> float:
    """Megabytes of memory that the process has now, as Linux counts; 0 elsewhere."""
    status = Path("/proc/self/status")
    rows = status.read_text(encoding="ascii").splitlines() if status.exists() else []
    return next((int(row.split()[1]) / 1000 for row in rows if row.startswith("VmRSS:")), 0.0)


def main() -> None:
    """Measure, and say what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # the process that asked says that it was interrupted
    parser = argparse.ArgumentParser()
    parser.add_argument("case", choices=CASES)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    print(json.dumps(measure(options.case, QUICK_BARS if options.quick else BARS)))  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
