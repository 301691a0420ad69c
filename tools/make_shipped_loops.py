#!/usr/bin/env python3
"""Compose the loops that ship with Reverie: what plays until a model has composed, and where none can.

    python tools/make_shipped_loops.py

Run it after the shipped scenes or models have changed. Every loop stands with its recipe, so the same scenes and
models give the same files.
"""

from __future__ import annotations

import sys

from reverie.compose.composer import compose
from reverie.compose.engines.by_family import make_engine
from reverie.compose.ensemble import Ensemble
from reverie.compose.fallback import shipped_json
from reverie.compose.good_loop import GoodLoop
from reverie.compose.state_cache import Memories
from reverie.conductor.arranging.arrange import arrange
from reverie.files import write_atomically
from reverie.models.library.index import find_models
from reverie.places import loops_folder, models_folder, scenes_folder
from reverie.scenes.folder import load_scene

LOOPS = 4
"""For each voice: enough that a box without models does not go round and round with one."""


def main() -> None:
    """Write a file for each shipped scene."""
    bundles, faults = find_models([models_folder()])
    if faults:
        sys.exit("\n".join(faults.values()))
    memories = Memories()
    engine = make_engine("numpy")
    for bundle in bundles.values():
        engine.load(bundle)
    kinds = {name: bundle.kinds for name, bundle in bundles.items()}
    for path in sorted(scenes_folder().glob("*.yaml")):
        scene = load_scene(path, kinds)
        performance = Ensemble(arrange(scene, bundles), epoch=1, reserves={})
        # What no model composes is there at once, and needs none to stand in for it.
        loops: dict[str, list[GoodLoop]] = {name: [] for name, voice in scene.voices.items() if voice.model}
        bar = 0
        while any(len(found) < LOOPS for found in loops.values()):
            _, recipes = performance.fill()
            for recipe in recipes:
                answer = compose(engine, recipe, memories)
                performance.composed(answer)
                found = loops[recipe.voice]
                if answer.loop and len(found) < LOOPS and all(good.loop != answer.loop for good in found):
                    found.append(GoodLoop(answer.recipe, answer.loop))
            performance.played(bar)
            bar += 1
        target = loops_folder() / f"{scene.name}.json"
        write_atomically(target, shipped_json(good for found in loops.values() for good in found))
        print(f"{target.name}: {sum(map(len, loops.values()))} loops, {target.stat().st_size} bytes")


if __name__ == "__main__":
    main()
