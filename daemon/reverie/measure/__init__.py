"""Figures about music: how its voices relate, how it repeats and how it is touched. Pure functions over plain notes."""
