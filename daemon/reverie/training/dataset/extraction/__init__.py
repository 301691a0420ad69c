"""Magenta's own extractors and encoders, asked for examples that begin on bar lines.

Importing it makes Magenta importable, which takes seconds.
"""

import reverie.magenta  # pyright: ignore[reportUnusedImport]  # noqa: F401 - it prepares Magenta
