"""Rehearsals: the real conductor through months of days on a made-up clock, with workers in its own process."""
