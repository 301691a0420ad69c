"""Which encodings the configurations of Performance-RNN speak.

Source: ``default_configs`` in Magenta 2.1.4, ``magenta/models/performance_rnn/performance_model.py``; for the chords,
``demos/performance_chords/performance_chords.ts`` in iansimon/deeplearnjs at 30e1064b, by Performance-RNN's author.

The control of a coming event is a tuple with a value for each signal: the notes per second, the 12 weights of pitch
classes, or both in this order. The optional ones want ``(disabled, values)``. The chords want the chord's symbol and
the step at which the event comes, in hundredths of a second from the beginning of a bar that lasts two seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from reverie.models.encodings.base import Conditional, ControlEncoding, Encoding
from reverie.models.encodings.chord_alphabet import ChordAlphabet
from reverie.models.encodings.controls import BarPosition, DensityBins, OptionalControl, PitchHistogram, Several
from reverie.models.encodings.modulo import ModuloPerformance
from reverie.models.encodings.note_performance import NotePerformance
from reverie.models.encodings.onehot import OneHot, OneHotControl
from reverie.models.encodings.performance import PerformanceAlphabet, PerformanceEvent

DEFAULT_VELOCITY_BINS = 32
CHORD_VELOCITY_BINS = 8
_VELOCITY_BINS: Mapping[str, int] = {"performance": 0, "chord_conditioned_performance": CHORD_VELOCITY_BINS}

DENSITY_WINDOW = 3.0
HISTOGRAM_WINDOW = 5.0
"""Seconds in which Magenta's training looks for the notes that a control promises."""

_DENSITY_BOUNDS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


def velocity_bins(config: str) -> int:
    """How many velocities the events of ``config`` tell apart; 0 for none."""
    return _VELOCITY_BINS.get(config, DEFAULT_VELOCITY_BINS)


def _one_hot(bins: int = DEFAULT_VELOCITY_BINS) -> OneHot[PerformanceEvent]:
    return OneHot(PerformanceAlphabet(bins))


def _under(control: ControlEncoding, bins: int = DEFAULT_VELOCITY_BINS) -> Callable[[], Encoding[Any, Any]]:
    return lambda: Conditional(control, _one_hot(bins))


_CHORD = OneHotControl(ChordAlphabet())
_DENSITY = OneHotControl(DensityBins(_DENSITY_BOUNDS))
_HISTOGRAM = PitchHistogram()

ENCODINGS: Mapping[str, Callable[[], Encoding[Any, Any]]] = {
    "performance": lambda: _one_hot(0),
    "performance_with_dynamics": _one_hot,
    "performance_with_dynamics_compact": _one_hot,
    "performance_with_dynamics_and_modulo_encoding": lambda: ModuloPerformance(DEFAULT_VELOCITY_BINS),
    "performance_with_dynamics_and_note_encoding": lambda: NotePerformance(DEFAULT_VELOCITY_BINS),
    "density_conditioned_performance_with_dynamics": _under(Several(_DENSITY)),
    "pitch_conditioned_performance_with_dynamics": _under(Several(_HISTOGRAM)),
    "multiconditioned_performance_with_dynamics": _under(Several(_DENSITY, _HISTOGRAM)),
    "chord_conditioned_performance": _under(Several(_CHORD, BarPosition()), CHORD_VELOCITY_BINS),
    "optional_multiconditioned_performance_with_dynamics": _under(OptionalControl(Several(_DENSITY, _HISTOGRAM))),
}
