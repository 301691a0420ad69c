"""The files of a bank for every kind of sampler, made of finished samples with their key ranges."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from reverie.timbre.bank.bank import CARD, HASH, SFZ, SOUNDFONT, VERSION, Origin
from reverie.timbre.bank.finish import finish
from reverie.timbre.bank.sf2 import sf2_bytes
from reverie.timbre.bank.sfz import sfz_text
from reverie.timbre.bank.wav24 import wav_bytes
from reverie.timbre.bank.zone import Sample, Zone
from reverie.timbre.kit import CHOKES
from reverie.timbre.recipe import BankRecipe
from reverie.timbre.render.progress_interval import Pace, unpaced
from reverie.timbre.sound import Sound

MOST = 127
"""The highest key and velocity."""
_PREFIX = 8
"""Digits of a bank's id in the names of its samples: who reads them one by one while another bank takes its place finds
some missing, and never those of two banks."""


def bank_files(
    recipe: BankRecipe,
    sounds: Sequence[Sound],
    title: str,
    model: Mapping[str, Any],
    origins: Sequence[Origin],
    pace: Pace = unpaced,
) -> dict[str, bytes]:
    """The files of a bank by name: equal arguments give equal bytes.

    ``sounds`` are the rendered notes, in the order of the recipe's. ``model`` is what its card says of itself.
    """
    kit = bool(recipe.drums)
    samples = finish(recipe.notes, sounds, recipe.level, pace, kit=kit)
    zones = zones_of(samples, f"{recipe.id[:_PREFIX]}-", drums=kit)
    comments = [origin.sentence for origin in origins] + [f"rendered by {model['name']}"]
    licence = "; ".join(sorted({origin.licence for origin in origins}))
    files = {zone.file: wav_bytes(zone.sample) for zone in zones}
    files[SFZ] = sfz_text(zones, title, comments).encode()
    files[SOUNDFONT] = sf2_bytes(zones, title, comments, licence)
    card = {
        "version": VERSION,
        "id": recipe.id,
        "title": title,
        "recipe": recipe.as_json(),
        "model": dict(model),
        "sources": [asdict(origin) for origin in origins],
        "zones": [_zone_json(zone) for zone in zones],
        "files": {name: hashlib.new(HASH, data).hexdigest() for name, data in sorted(files.items())},
    }
    return {**files, CARD: json.dumps(card, indent=1, ensure_ascii=False).encode()}


def zones_of(samples: Sequence[Sample], prefix: str = "", *, drums: bool = False) -> list[Zone]:
    """Every key and every velocity has one sample: the nearest, and of two as near the lower or softer.

    Of several variations all are the nearest. Of a kit of ``drums``, each has its own key alone; other keys are silent.
    The names of their files begin with ``prefix``.
    """
    pitches = sorted({sample.pitch for sample in samples})
    velocities = sorted({sample.velocity for sample in samples})
    variations = len({sample.variation for sample in samples})
    keys = {pitch: (pitch, pitch) for pitch in pitches} if drums else dict(zip(pitches, _ranges(pitches), strict=True))
    layers = dict(zip(velocities, _ranges(velocities, 1), strict=True))
    return [
        Zone(
            sample,
            prefix + _file_name(sample, variations),
            keys[sample.pitch],
            layers[sample.velocity],
            variations,
            drums,
            CHOKES.get(sample.pitch, 0) if drums else 0,
        )
        for sample in sorted(samples, key=lambda sample: (sample.pitch, sample.velocity, sample.variation))
    ]


def _file_name(sample: Sample, variations: int) -> str:
    which = f"-{sample.variation + 1}" if variations > 1 else ""
    return f"{sample.pitch:03d}-{sample.velocity:03d}{which}.wav"


def _ranges(rendered: Sequence[int], first: int = 0) -> Iterator[tuple[int, int]]:
    """All keys or velocities from ``first`` on, split in the middle between two neighbours."""
    for number, value in enumerate(rendered):
        last = (value + rendered[number + 1]) // 2 if number + 1 < len(rendered) else MOST
        yield first, last
        first = last + 1


def _zone_json(zone: Zone) -> dict[str, Any]:
    sample = zone.sample
    return {
        "file": zone.file,
        "pitch": sample.pitch,
        "velocity": sample.velocity,
        "variation": sample.variation,
        "variations": zone.variations,
        "cents": round(sample.cents, 2),
        "keys": zone.keys,
        "velocities": zone.velocities,
        "seconds": round(sample.sound.seconds, 4),
        "loop": sample.loop and asdict(sample.loop),
    }
