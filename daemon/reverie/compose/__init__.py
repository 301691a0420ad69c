"""Recipes become loops: how a voice evolves, what is asked of a model, and what is refused of its answers."""
