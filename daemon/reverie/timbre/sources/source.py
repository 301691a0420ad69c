"""Sound files as sources of timbres: used, or refused with one plain sentence; whose they are is kept with them."""

from __future__ import annotations

import hashlib
import math
import os
import stat
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from pydantic import Field

from reverie.documents import DocumentError, Section, read_document, validate
from reverie.errors import reason_of
from reverie.timbre.bank.tune import measure_pitch
from reverie.timbre.errors import TimbreError
from reverie.timbre.recipe import Ingredient
from reverie.timbre.sound import Sound
from reverie.timbre.sources.decode import RATE, SoundStream, hear

NOT_STATED = "not stated"
_SIDECARS = (".licence.yaml", ".license.yaml")


class Provenance(Section):
    """Whose a sound is, as the file ``NAME.licence.yaml`` beside it says, or its own tags."""

    author: str = Field(default=NOT_STATED, description="Who made it.", examples=["A. Cat"])
    licence: str = Field(default=NOT_STATED, description="On what terms it may be used.", examples=["CC0-1.0"])
    source: str = Field(default=NOT_STATED, description="Where it comes from.", examples=["https://example.org/cat"])

    hints = {"license": "it is spelt 'licence' here"}  # noqa: RUF012 - a class variable of Section


@dataclass(frozen=True, slots=True, eq=False)
class SoundSource:
    """A sound file that can be used.

    ``sha256`` is the hash of what is heard of it (``sound``), so neither its tags nor its name nor a loss-free format
    makes it another. ``pitch`` is the pitch at which it sounds, as a MIDI number with a fraction; None if that is
    neither told nor measurable. ``level`` (RMS) and ``peak`` are in dB below full scale. ``warnings`` are sentences, of
    which a missing pitch is none: a drum needs no pitch.
    """

    path: Path
    sound: Sound
    sha256: str
    pitch: float | None
    level: float
    peak: float
    provenance: Provenance
    warnings: tuple[str, ...] = ()

    @property
    def without_pitch(self) -> tuple[str, ...]:
        """A sentence for people who have it transposed, if its pitch is not known."""
        if self.pitch is not None:
            return ()
        return (f"{self.path} has no pitch that can be measured; if it has one, the scene can say so by 'pitch'.",)

    @property
    def ingredient(self) -> Ingredient:
        """What a recipe calls it."""
        return Ingredient(1.0, sound=self.sha256, own_pitch=self.pitch)


def read_source(path: Path, *, pitch: float | None = None, rate: int = RATE) -> SoundSource:
    """Read a sound file as it is heard at ``rate`` Hz.

    ``pitch`` is the one at which it sounds, if people know, and is else measured.

    Its loudness is kept as it is: two sources that are mixed are as loud beside each other as in their files.

    Raises:
        TimbreError: if it cannot be used, with the reason.
    """
    with _opened(path) as file:
        try:
            heard, provenance = hear(file, rate), _tags(file)
        except TimbreError as error:
            raise TimbreError(f"{path} {error}") from error
    stated, complaints = _beside(path, provenance)
    sounding = measure_pitch(heard.sound) if pitch is None else pitch
    return SoundSource(
        path=path,
        sound=heard.sound,
        sha256=fingerprint(heard.sound),
        pitch=sounding,
        level=_decibels(float(np.sqrt(np.mean(np.square(heard.sound.samples, dtype=np.float64))))),
        peak=_decibels(float(np.abs(heard.sound.samples).max())),
        provenance=stated,
        warnings=(*(f"{path} {warning}." for warning in heard.warnings), *complaints),
    )


def fingerprint(sound: Sound) -> str:
    """SHA-256 of a sound's samples and rate."""
    samples = np.ascontiguousarray(sound.samples, dtype="<f4")
    return hashlib.sha256(f"{sound.rate} ".encode() + samples.tobytes()).hexdigest()


@contextmanager
def _opened(path: Path) -> Generator[SoundStream]:
    """The file, open; only its content tells its format, and a pipe or a device is not waited for.

    Raises:
        TimbreError: if it cannot be read or decoded.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise TimbreError(f"{path} cannot be read ({reason_of(error)}); name a sound file that can") from error
    try:
        _expect_content(path, os.fstat(descriptor))
        with SoundStream(descriptor, closefd=False) as file:
            yield file
    except soundfile.SoundFileError as error:
        reason = getattr(error, "error_string", str(error)).rstrip(".")
        raise TimbreError(
            f"{path} is damaged or no sound file ({reason}); save it again as WAV, FLAC or MP3"
        ) from error
    finally:
        os.close(descriptor)


def _expect_content(path: Path, status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise TimbreError(f"{path} is a folder; name a sound file in it")
    if not stat.S_ISREG(status.st_mode):
        raise TimbreError(f"{path} is a device or a pipe; name a sound file")
    if status.st_size == 0:
        raise TimbreError(f"{path} is empty (0 bytes); copy it again")


def _tags(file: SoundStream) -> Provenance:
    said = {
        "author": file.artist,
        "licence": file.license or file.copyright,
        "source": file.comment,
    }
    return Provenance(**{name: value.strip() for name, value in said.items() if value.strip()})


def _beside(path: Path, tags: Provenance) -> tuple[Provenance, tuple[str, ...]]:
    """What the file beside a sound says, before what its tags say; and what is wrong with that file."""
    for suffix in _SIDECARS:
        beside = path.with_name(path.stem + suffix)
        try:
            stated = validate(read_document(beside), Provenance)
        except DocumentError as error:
            if beside.exists():
                return tags, tuple(f"{fault}." for fault in error.faults)
        else:
            said = {name: getattr(stated, name) for name in stated.model_fields_set}
            return tags.model_copy(update=said), ()
    return tags, ()


def _decibels(amplitude: float) -> float:
    return 20 * math.log10(amplitude) if amplitude > 0 else -math.inf
