#!/usr/bin/env python3
"""Write the bundle of the renderer of signals, which ships with Reverie: a model card, and no weights.

python tools/make_signals_bundle.py daemon/reverie/shipped/models
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from reverie.models.golden import with_golden
from reverie.models.library.bundle import make_bundle, write_bundle
from reverie.models.library.card import SUFFIX, ModelCard
from reverie.timbre.render.signal_renderer import VERSION

NAME = "signals"


def main(arguments: list[str] | None = None) -> int:
    """Write it into a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where it is to lie: daemon/reverie/shipped/models")
    folder: Path = parser.parse_args(arguments).folder
    card = ModelCard(
        NAME,
        "signals",
        settings={"version": VERSION},
        source={"file": "tools/make_signals_bundle.py", "licence": "Apache-2.0"},
        training={"description": "Takes sounds apart into partials and noise, mixes these, and has learned nothing"},
    )
    write_bundle(folder / f"{NAME}{SUFFIX}", with_golden(make_bundle(card, {})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
