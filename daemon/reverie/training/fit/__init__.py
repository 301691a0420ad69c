"""Training with Magenta's own graphs and trainers.

Importing it makes Magenta importable, which takes seconds.
"""

import reverie.magenta  # pyright: ignore[reportUnusedImport]  # noqa: F401 - it prepares Magenta
