"""How timbre models morph, judged against NSynth's own mixtures, a crossfade, and the sounds that are shipped."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from reverie.measure.sound_likeness import RATE, log_spectral_distance, long_term_distance, mfcc_distance
from reverie.places import models_folder, sounds_folder
from reverie.timbre.render.renderer import Code, Renderer
from reverie.timbre.sound import NoteRequest, Sound
from reverie.timbre.sources.source import read_source
from reverie.timbre.timbre_models import abilities_of, open_timbre_model, timbre_model

Array = NDArray[np.float64]

AT, PITCHES = 60, (48, 60, 72)
WITHOUT_PITCH = "thunder"
OF_NO_LABEL = ("_cat", "_bike_bell", f"_{WITHOUT_PITCH}")
MEASURES: dict[str, Callable[[Array, Array], float]] = {
    "log-spectral": log_spectral_distance,
    "MFCC": mfcc_distance,
    "long-term": long_term_distance,
}
_HEARD = 1e-3


def pairs(folder: Path, count: int, *, all_of_them: bool = False) -> list[str]:
    """So many of the pairs, always the same, in an order that has nothing to do with what they are.

    Left out are those with a sound that is the same at all labels, as it has another pitch, or none: half-way to it
    there is no note of the label's pitch.
    """
    names = (path.name for path in folder.iterdir() if path.is_dir())
    kept = (name for name in names if all_of_them or not name.endswith(OF_NO_LABEL))
    return sorted(kept, key=lambda name: zlib.crc32(name.encode()))[:count]


def recording(folder: Path, pair: str, mix: int, pitch: int) -> Array:
    """A sound of Sound Maker at 16 kHz, from where it is heard."""
    samples, rate = soundfile.read(folder / pair / f"{mix}_{pitch}.mp3", dtype="float64", always_2d=True)
    mono = resampled(samples.mean(axis=1), rate, RATE)
    return mono[int(np.flatnonzero(np.abs(mono) > _HEARD)[0]) :]


def resampled(samples: Array, rate: float, wanted: float) -> Array:
    """The samples at another rate."""
    return np.asarray(soxr.resample(samples, rate, wanted, "VHQ"), np.float64)  # pyright: ignore[reportUnknownMemberType]


def crossfade(folder: Path, pair: str, pitch: int, size: int) -> Array:
    """Half of each recording, played as much faster as the pitch is higher."""
    parts = [resampled(recording(folder, pair, mix, AT), RATE * 2 ** ((pitch - AT) / 12), RATE) for mix in (0, 4)]
    return np.sum([_fitted(part / np.sqrt(np.mean(np.square(part))), size) for part in parts], axis=0)


def morph(renderer: Renderer, hears: int, folder: Path, pair: str, pitch: int, size: int) -> Array:
    """The half-way mixture of both recordings."""
    codes: list[Code] = []
    for mix in (0, 4):
        known = None if WITHOUT_PITCH in pair and mix == 0 else float(AT)
        heard = resampled(recording(folder, pair, mix, AT), RATE, hears).astype(np.float32)
        codes.append(renderer.code(Sound(heard, hears), pitch, own_pitch=known))
    return _fitted(rendered(renderer, renderer.mix(codes, (0.5, 0.5)), pitch, size / RATE), size)


def rendered(renderer: Renderer, code: NDArray[np.float32], pitch: float | None, seconds: float) -> Array:
    """A note of a code at 16 kHz."""
    rendering = renderer.begin([code], [NoteRequest(pitch, 127, seconds, own_key=60)], 0)
    while not rendering.advance():
        pass
    sound = rendering.sounds()[0]
    return resampled(sound.samples.astype(np.float64), sound.rate, RATE)


def judge_mixtures(model: str, folder: Path, count: int, *, all_of_them: bool = False) -> NDArray[np.float64]:
    """Distances [cases, measures, (crossfade, morph)] from NSynth's own half-way mixtures."""
    path = timbre_model(model, [models_folder()]).path
    renderer, hears = open_timbre_model(path), abilities_of(path).hears
    found: list[list[list[float]]] = []
    for pair in pairs(folder, count, all_of_them=all_of_them):
        for pitch in PITCHES:
            wanted = recording(folder, pair, 2, pitch)
            both = (
                crossfade(folder, pair, pitch, len(wanted)),
                morph(renderer, hears, folder, pair, pitch, len(wanted)),
            )
            found.append([[measure(wanted, one) for one in both] for measure in MEASURES.values()])
    return np.array(found)


def judge_ends(model: str) -> tuple[list[str], NDArray[np.float64]]:
    """The sounds that are shipped, and the distance [rendered, recorded] of each that is rendered from all."""
    path = timbre_model(model, [models_folder()]).path
    renderer, hears = open_timbre_model(path), abilities_of(path).hears
    names = sorted(file.stem for file in sounds_folder().glob("*.flac"))
    sources = [read_source(sounds_folder() / f"{name}.flac", rate=hears) for name in names]
    heard = [resampled(one.sound.samples.astype(np.float64), hears, RATE) for one in sources]
    rows: list[list[float]] = []
    for source in sources:
        code = renderer.code(source.sound, source.pitch, own_pitch=source.pitch)
        made = rendered(renderer, code, source.pitch, source.sound.seconds)
        rows.append([log_spectral_distance(one, made) for one in heard])
    return names, np.array(rows)


def _fitted(samples: Array, size: int) -> Array:
    return np.pad(samples, (0, max(0, size - len(samples))))[:size]
