"""Training GANSynth: from sounds to the model of timbres that is shipped.

Importing it makes Magenta importable, which takes seconds.
"""

import reverie.magenta  # pyright: ignore[reportUnusedImport]  # noqa: F401 - it prepares Magenta
