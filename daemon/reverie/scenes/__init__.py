"""Scenes: what artists write, read strictly, and the folder in which they lie."""
