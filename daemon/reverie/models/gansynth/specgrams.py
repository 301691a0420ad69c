"""Specgrams, and how audio becomes them and comes of them.

A specgram is float32 [2, frames, bins]: the logarithm of magnitude (of its square, where bins are mel bands), and the
phase's advance since the frame before in half turns, or the phase itself. The lowest bin, that of 0 Hz, is left out.

After ``specgrams_helper.py``, ``data_helpers.py`` and ``spectral_ops.py`` in ``magenta/models/gansynth/lib``, Magenta
2.1.4, whose axes are [frames, bins, 2].
"""

from __future__ import annotations

import functools

import numpy as np

from reverie.models.errors import ModelError
from reverie.models.gansynth.gan_config import Settings
from reverie.models.gansynth.mel import Array, Banded, banded, linear_to_mel, mel_hertz, mel_to_linear

_OVERLAP = 4
"""Frames that each sample takes part in."""
_TINY = np.float32(1e-6)
_TURN = 2.0 * np.pi


class Specgrams:
    """Turns audio into specgrams of one shape, and specgrams, or the beginning of one, into audio."""

    def __init__(self, settings: Settings, frames: int, bins: int) -> None:
        """Prepare for full specgrams of ``frames`` x ``bins``.

        Raises:
            ModelError: if that is too short for the audio of ``settings``.
        """
        self.frames, self.bins = frames, bins
        self.samples, self.rate = settings.samples, settings.rate
        self._kind = settings.kind
        self._size = 2 * bins
        self._hop = self._size // _OVERLAP
        self._before = self._hop * (frames - 1) + self._size - self.samples
        if self._before < 0 or self._size % _OVERLAP:
            raise ModelError(f"{frames} frames of {bins} bins are too few for {self.samples:,} samples")
        self._window = (0.5 - 0.5 * np.cos(_TURN / self._size * np.arange(self._size))).astype(np.float32)
        overlapping = np.tile((self._window.reshape(_OVERLAP, -1) ** 2).sum(axis=0), _OVERLAP)
        self._unwindow = self._window / overlapping

    @functools.cached_property
    def hertz(self) -> Array:
        """The frequency of each bin."""
        if self._kind == "mel":
            return mel_hertz(self.bins, self.rate)
        return np.arange(1, self.bins + 1, dtype=np.float32) * np.float32(self.rate / self._size)

    @property
    def powers(self) -> float:
        """By what a magnitude, which is a logarithm, must be multiplied to be that of power."""
        return 1.0 if self._kind == "mel" else 2.0

    @property
    def beginning(self) -> int:
        """The frame that is the first to hear the first sample."""
        return max(0, -(-(self._before - self._size + 1) // self._hop))

    def frames_for(self, samples: int) -> int:
        """How many frames, from the first on, so many samples need."""
        return min(self.frames, -(-(samples + self._before) // self._hop))

    def audio(self, specgram: Array) -> Array:
        """The samples that a specgram, or the first frames of one, determines."""
        magnitude, phase = self._polar(specgram)
        spectrum = np.zeros((len(phase), self.bins + 1), np.complex64)
        spectrum.real[:, 1:] = magnitude * np.cos(phase)
        spectrum.imag[:, 1:] = magnitude * np.sin(phase)
        parts = np.fft.irfft(spectrum, self._size, axis=1) * self._unwindow
        parts = parts.reshape(len(parts), _OVERLAP, self._hop)
        hops = np.zeros((len(parts) + _OVERLAP - 1, self._hop), np.float32)
        for shift in range(_OVERLAP):
            hops[shift : shift + len(parts)] += parts[:, shift]
        if len(parts) < self.frames:
            hops = hops[: len(parts)]
        return hops.reshape(-1)[self._before :]

    def specgram(self, audio: Array) -> Array:
        """The specgram of ``audio``, of which no more than a specgram's samples are heard; silence follows it."""
        heard = audio[: self.samples]
        padded = np.zeros(self._before + self.samples, np.float32)
        padded[self._before : self._before + len(heard)] = heard
        windows = np.lib.stride_tricks.sliding_window_view(padded, self._size)[:: self._hop]
        spectrum = np.fft.rfft(windows * self._window, axis=1)[:, 1:]
        logarithm, phase = np.log(np.abs(spectrum) + _TINY), np.angle(spectrum)
        if self._kind == "phase":
            return np.stack([logarithm, phase / np.float32(np.pi)])
        advance = _advance(phase)
        if self._kind == "linear":
            return np.stack([logarithm, advance])
        to_mel = self._mels[0]
        power = to_mel.product(np.exp(2.0 * logarithm))
        return np.stack([np.log(power + _TINY), _advance(to_mel.product(_phase(advance)))])

    def _polar(self, specgram: Array) -> tuple[Array, Array]:
        """Magnitudes and phases (frames, bins)."""
        logarithm, phase = specgram
        if self._kind == "phase":
            return np.exp(logarithm), phase * np.float32(np.pi)
        if self._kind == "linear":
            return np.exp(logarithm), _phase(phase)
        from_mel = self._mels[1]
        return np.sqrt(from_mel.product(np.exp(logarithm)) + _TINY), from_mel.product(_phase(phase))

    @functools.cached_property
    def _mels(self) -> tuple[Banded, Banded]:
        """To mel bands, and back."""
        to_mel = linear_to_mel(self.bins, self.rate)
        return banded(to_mel), banded(mel_to_linear(to_mel))


def _phase(advance: Array) -> Array:
    """Phases in radians out of their advances in half turns."""
    return np.cumsum(advance * np.float32(np.pi), axis=0, dtype=np.float32)


def _advance(phase: Array) -> Array:
    """Advances in half turns, none of more than one, out of phases in radians; the first frame's is its phase.

    As ``instantaneous_frequency``, where phases that leap are led on smoothly.
    """
    leaps = np.diff(phase, axis=0)
    smooth = np.mod(leaps + np.pi, _TURN) - np.pi
    smooth[(smooth == -np.pi) & (leaps > 0)] = np.pi
    return np.concatenate([phase[:1], smooth]).astype(np.float32) / np.float32(np.pi)
