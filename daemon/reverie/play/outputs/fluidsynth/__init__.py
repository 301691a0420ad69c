"""FluidSynth as an output: a program of ours, which is held to what it says and to what it really plays."""

from __future__ import annotations

from reverie.play.outputs.fluidsynth.effects import effect_options
from reverie.play.outputs.fluidsynth.soundfonts import find_audio, find_soundfont
from reverie.play.outputs.fluidsynth.synth import FluidSynth

__all__ = ["FluidSynth", "effect_options", "find_audio", "find_soundfont"]
