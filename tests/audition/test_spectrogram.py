from __future__ import annotations

import io
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from reverie.audition.png import png
from reverie.audition.spectrogram import HIGHEST, LOWEST, NoSoundError, spectrogram

RATE = 44_100


def pixels(picture: bytes) -> Any:
    """Rows from above, by the reverse of what the PNG says: no filter, a byte a pixel."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = (int.from_bytes(picture[at : at + 4]) for at in (16, 20))
    data = picture[picture.index(b"IDAT") + 4 :]
    rows = zlib.decompressobj().decompress(data)
    return np.frombuffer(rows, np.uint8).reshape(height, width + 1)[:, 1:]


def sound(path: Path, *hertz: float, seconds: float = 2.0) -> Path:
    """One tone after the other."""
    time = np.arange(int(seconds * RATE)) / RATE
    soundfile.write(str(path), np.concatenate([0.5 * np.sin(2 * np.pi * one * time) for one in hertz]), RATE)
    return path


@pytest.mark.parametrize("hertz", [60.0, 440.0, 5000.0])
def test_a_tone_is_a_line_at_its_height(tmp_path: Path, hertz: float) -> None:
    picture = pixels(spectrogram(sound(tmp_path / "a.wav", hertz), columns=50, rows=100))
    height = 100 * math.log(hertz / LOWEST) / math.log(HIGHEST / LOWEST)
    brightest = 99 - picture[:, 25].argmax()
    assert brightest == pytest.approx(height, abs=100 * 0.02 if hertz > 100 else 5)
    assert picture.max() == 255


def test_time_goes_to_the_right_and_a_part_is_a_part(tmp_path: Path) -> None:
    path = sound(tmp_path / "a.wav", 200.0, 2000.0)
    whole = pixels(spectrogram(path, columns=40, rows=100))
    assert whole[:, 5].argmax() > whole[:, 35].argmax(), "low at first, and below"
    second = pixels(spectrogram(path, columns=20, rows=100, start=2.2, end=3.8))
    assert set(second.argmax(axis=0)) == {whole[:, 35].argmax()}


def test_what_has_no_sound_is_told(tmp_path: Path) -> None:
    soundfile.write(str(tmp_path / "still.wav"), np.zeros(RATE), RATE)
    with pytest.raises(NoSoundError, match="no sound"):
        spectrogram(tmp_path / "still.wav", columns=10, rows=10)
    (tmp_path / "text.wav").write_text("no sound file")
    with pytest.raises(NoSoundError):
        spectrogram(tmp_path / "text.wav", columns=10, rows=10)


def test_a_picture_is_what_others_read() -> None:
    image = pytest.importorskip("PIL.Image")
    made = png([bytes((0, 1)), bytes((1, 0)), bytes((1, 1))], [(0, 0, 0), (255, 128, 1)])
    read = image.open(io.BytesIO(made)).convert("RGB")
    assert read.size == (2, 3)
    assert [read.getpixel(place) for place in ((0, 0), (1, 0), (0, 1))] == [(0, 0, 0), (255, 128, 1), (255, 128, 1)]


def test_a_picture_without_pixels_is_refused() -> None:
    for rows in ([], [b""], [b"a", b"ab"]):
        with pytest.raises(ValueError, match="rows of one length"):
            png(rows, [(0, 0, 0)])
