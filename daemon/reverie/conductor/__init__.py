"""Wires the way of the music together: the conductor, its workers and what has to last."""
