"""Outputs: where the notes of a slot go."""
