"""Engines that run real models, ready to be asked."""

from __future__ import annotations

from reverie.compose.engines.by_family import make_engine
from reverie.compose.engines.engine import Engine
from reverie.models.library.index import ModelFile


def loaded(*models: ModelFile, name: str = "numpy") -> Engine:
    """An engine, as the site's configuration calls it, with these models."""
    engine = make_engine(name)
    for model in models:
        engine.load(model)
    return engine
