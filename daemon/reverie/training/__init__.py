"""Training with Magenta: from sequences and sounds to the bundles that are shipped.

Importing it makes Magenta importable, which takes seconds.
"""

import reverie.magenta  # pyright: ignore[reportUnusedImport]  # noqa: F401 - it prepares Magenta
