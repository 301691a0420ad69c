"""Measures the engine against Magenta's own generators, on whatever machine it is asked to."""
