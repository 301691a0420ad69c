"""``reverie loudness``: how loud scenes are to people, as FluidSynth plays them, and the trims that make them equal."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.advice import advice_on
from reverie.conductor.offline.on_paper import OnPaper, compose_on_paper
from reverie.conductor.offline.perform import devices_of
from reverie.conductor.offline.sound_file import RATE, WIDE, PerformError, rendered_slots, say
from reverie.errors import reason_of
from reverie.measure.loudness import Array, LoudnessMeter, MeasuredLoudness
from reverie.midi.bytes import NOTE_ON
from reverie.music.time import Length
from reverie.scenes.mix import LOUDEST_TRIM, SOFTEST_TRIM

TARGET = -27.0
"""LUFS to which scenes are brought where nothing else is asked for: what quiet ones reach too, at the gain that is
shipped. (EBU R 128 has -23, which is 4 dB more, as a gain of 1.)"""
CEILING = -1.0
"""dB of full scale above which no true peak should be."""
_BLOCK = 1 << 16
_STEP = 0.5


@dataclass(frozen=True, slots=True)
class MeasuredScene:
    """How loud a scene is with the ``trim`` that it has, and is to be; ``voices`` are how loud each is alone."""

    scene: str
    seconds: float
    trim: float
    loudness: MeasuredLoudness
    target: float
    voices: Sequence[tuple[str, MeasuredLoudness]] = ()

    @property
    def wanted_trim(self) -> float:
        """The trim that brings it to the target, in steps of half a decibel, as far as there is one."""
        moved = self.trim + self.target - self.loudness.lufs
        if not math.isfinite(moved):
            return self.trim
        return min(max(round(moved / _STEP) * _STEP, SOFTEST_TRIM), LOUDEST_TRIM)

    @property
    def peak_then(self) -> float:
        """Its true peak with that trim, in dB of full scale."""
        return self.loudness.true_peak + self.wanted_trim - self.trim

    def as_json(self) -> dict[str, Any]:
        """What it says, in names and figures; None for the loudness of silence."""
        return {
            "scene": self.scene,
            "seconds": round(self.seconds, 1),
            **_figures(self.loudness),
            "trim": self.trim,
            "wanted_trim": self.wanted_trim,
            "peak_then": _finite(self.peak_then),
            "voices": {name: _figures(one) for name, one in self.voices},
        }


def measure_loudness(
    config: Path | None, name: str, length: Length, seed: int | None, target: float = TARGET, *, voices: bool = False
) -> MeasuredScene:
    """Compose so much of a scene, render it as its slots play it, and measure it; with ``voices`` each of them, too.

    Raises:
        ReverieError: with a plain sentence, if site, scene, models or synthesizer are not as they must be.
    """
    paper = compose_on_paper(config, name, length, seed)
    each = [(voice, _loudness(paper, {voice})[0]) for voice in paper.scene.voices] if voices else []
    loudness, seconds = _loudness(paper)
    trim = paper.scene.mix.trim if paper.scene.mix else 0.0
    return MeasuredScene(paper.scene.name, seconds, trim, loudness, target, each)


def told(scenes: Sequence[MeasuredScene]) -> str:
    """A row for each scene, and for each of its voices that was measured; below them what is to be done."""
    width = max(map(len, ["scene", *_names(scenes)]))
    rows = [f"{'scene':{width}}    LUFS    peak  true peak  mix"]
    for one in scenes:
        rows.append(f"{one.scene:{width}}{_told(one.loudness)}  {{trim: {one.wanted_trim:g}}}")
        rows += [f"  {name:{width - 2}}{_told(loudness)}" for name, loudness in one.voices]
    return "\n".join([*rows, *_doubts(scenes)])


def _names(scenes: Sequence[MeasuredScene]) -> Iterator[str]:
    for one in scenes:
        yield one.scene
        yield from (f"  {name}" for name, _ in one.voices)


def _doubts(scenes: Sequence[MeasuredScene]) -> Iterator[str]:
    """What a trim cannot do."""
    for one in scenes:
        if not math.isfinite(one.loudness.lufs):
            yield f"{one.scene} is silent for all of that; measure more of it."
            continue
        after = one.loudness.lufs + one.wanted_trim - one.trim
        if abs(after - one.target) > 1:
            yield (
                f"{one.scene} comes to {after:.1f} LUFS at most by its trim; raise the levels or velocities of its "
                "voices, or name a lower target."
            )
        if one.peak_then > CEILING:
            yield (
                f"{one.scene} would reach {one.peak_then:.1f} dB between its samples; lower what is loudest in it, or "
                "name a lower target."
            )


def _told(loudness: MeasuredLoudness) -> str:
    return "".join(
        f"{value:{width}.1f}" for value, width in ((loudness.lufs, 8), (loudness.peak, 8), (loudness.true_peak, 11))
    )


def _loudness(paper: OnPaper, voices: Collection[str] | None = None) -> tuple[MeasuredLoudness, float]:
    """What is heard of a composition, or of some of its voices, and for how many seconds."""
    sent, synths = devices_of(paper, voices)
    say(f"Listening to {paper.scene.name}" + (f", {', '.join(sorted(voices))}" if voices else ""))
    meter, frames = LoudnessMeter(RATE, 2), 0
    if voices and not any(_has_notes(messages) for messages in sent.values()):
        return meter.loudness(), 0.0
    try:
        with tempfile.TemporaryDirectory(prefix="reverie-") as folder:
            for block in _sums(rendered_slots(sent, Path(folder), synths, WIDE)):
                meter.add(block)
                frames += len(block)
    except OSError as error:
        raise PerformError(f"no sound can be rendered ({reason_of(error)}); {advice_on(error, Path())}") from error
    return meter.loudness(), frames / RATE


def _has_notes(sent: Sequence[tuple[float, Any]]) -> bool:
    return any(isinstance(what, bytes) and what[0] & 0xF0 == NOTE_ON for _, what in sent)


def _sums(files: Sequence[Path]) -> Iterator[Array]:
    """The sum of sound files, block by block; the shorter are silent at their ends."""
    import numpy as np
    import soundfile

    sound: Any = soundfile  # its types are incomplete
    readers = [sound.SoundFile(str(file)) for file in files]
    try:
        while True:
            blocks = [reader.read(_BLOCK, dtype="float64", always_2d=True) for reader in readers]
            total = np.zeros((max(map(len, blocks)), 2), np.float64)
            if not len(total):
                return
            for block in blocks:
                total[: len(block)] += block
            yield total
    finally:
        for reader in readers:
            reader.close()


def _figures(loudness: MeasuredLoudness) -> dict[str, float | None]:
    return {
        "lufs": _finite(loudness.lufs),
        "peak": _finite(loudness.peak),
        "true_peak": _finite(loudness.true_peak),
    }


def _finite(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None
