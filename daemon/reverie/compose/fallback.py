"""Loops that are there without composing: what each voice opens with, and falls back on when no model answers.

Best first: what this voice played last, what is shipped for it, what is shipped for another voice of its kind (bent to
this one's metre, key and register, and for each voice in an order of its own, so that two do not open with the same
tune), its primer, and at last a single note, which cannot fail.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from reverie.compose.arrangement import Arrangement
from reverie.compose.ensemble import Reserve
from reverie.compose.good_loop import GoodLoop
from reverie.compose.guard import adapt
from reverie.compose.seeds import derive_seed
from reverie.compose.voice_plan import VoicePlan
from reverie.music.drums import DRUMS
from reverie.music.harmony import OCTAVE, Key
from reverie.music.notes import Loop, Note
from reverie.music.time import TICKS_PER_QUARTER, TICKS_PER_STEP
from reverie.music.voice_kinds import VOICE_KINDS

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShippedLoop:
    """A loop out of the package."""

    scene: str
    voice: str
    kind: str
    id: str
    loop: Loop


def read_shipped(folder: Path) -> tuple[ShippedLoop, ...]:
    """All loops in the folder, one ``SCENE.json`` a scene. A file that is damaged is left out, with a warning."""
    shipped: list[ShippedLoop] = []
    for path in sorted(folder.glob("*.json")):
        try:
            rows = json.loads(path.read_text(encoding="utf-8"))["loops"]
            for row in rows:
                good = GoodLoop.from_json(row)
                recipe = good.recipe
                shipped.append(ShippedLoop(path.stem, recipe.voice, recipe.kind, recipe.id, good.loop))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            log.warning("%s is damaged and left out (%s); install Reverie again.", path, error)
    return tuple(shipped)


def shipped_json(loops: Iterable[GoodLoop]) -> bytes:
    """The file that :func:`read_shipped` reads."""
    return json.dumps({"loops": [good.as_json() for good in loops]}, separators=(",", ":")).encode() + b"\n"


def reserves(
    arrangement: Arrangement, kept: Mapping[str, tuple[GoodLoop, ...]], shipped: tuple[ShippedLoop, ...]
) -> dict[str, Reserve]:
    """For every voice of the arrangement at least one loop that fits it."""
    return {name: tuple(_reserve(plan, kept.get(name, ()), shipped)) for name, plan in arrangement.plans.items()}


def _reserve(
    plan: VoicePlan, kept: tuple[GoodLoop, ...], shipped: tuple[ShippedLoop, ...]
) -> Iterator[tuple[str, Loop]]:
    bare = plan.recipe("reset", 0, 0)

    def bent(candidates: Iterable[tuple[str, Loop]]) -> list[tuple[str, Loop]]:
        return [(name, fitting) for name, loop in candidates if (fitting := adapt(loop, bare))]

    own = bent((good.recipe.id, good.loop) for good in reversed(kept) if good.recipe.kind == plan.kind)
    own += bent((one.id, one.loop) for one in shipped if (one.scene, one.voice) == (plan.scene, plan.voice))
    borrowed = [one for one in shipped if one.kind == plan.kind and not own]
    borrowed.sort(key=lambda one: derive_seed(plan.scene, plan.voice, plan.seed, one.id))
    others = own or bent((one.id, one.loop) for one in borrowed)
    yield from others or bent([("primer", _primer(plan))]) or [("tonic", _single_note(plan))]


def _primer(plan: VoicePlan) -> Loop:
    """As many bars as the primer fills; the voice's others repeat them, as an empty bar would be a silence."""
    bars = max(-(-plan.primer_steps * TICKS_PER_STEP // plan.metre.bar_ticks), 1)
    return Loop(bars, plan.metre, plan.primer)


def _single_note(plan: VoicePlan) -> Loop:
    if VOICE_KINDS[plan.kind].drums:
        note = Note(0, TICKS_PER_STEP, DRUMS["bass"], plan.limits.velocity_high)
    else:
        key = Key(plan.limits.tonic, plan.limits.scale)
        middle = (plan.limits.low + plan.limits.high) // 2
        tonic = middle - (middle - key.tonic) % OCTAVE
        pitch = tonic if tonic >= plan.limits.low else tonic + OCTAVE
        note = Note(0, min(TICKS_PER_QUARTER, plan.metre.bar_ticks), min(pitch, 127), plan.limits.velocity_high)
    return Loop(plan.bars, plan.metre, (note,))
