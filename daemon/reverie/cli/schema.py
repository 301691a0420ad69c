"""The command ``reverie schema``: prints the JSON Schema by which editors complete and check scenes and sites."""

from __future__ import annotations

import argparse
import json
from typing import Any

SCENE, SITE = "scene", "site"


def add_parsers(commands: Any) -> None:
    """Add ``schema`` to the commands of ``reverie``."""
    schema = commands.add_parser("schema", help="print the JSON Schema of scenes or of reverie.yaml, for editors")
    schema.add_argument(
        "of",
        nargs="?",
        choices=(SCENE, SITE),
        metavar="scene|site",
        help="of a scene's file (this if nothing is said), or of the site's configuration, reverie.yaml",
    )
    schema.add_argument("--site", action="store_true", help=argparse.SUPPRESS)
    schema.set_defaults(command=_schema)


def _schema(options: argparse.Namespace) -> int:
    from reverie.scenes.schema import scene_json_schema
    from reverie.site.schema import site_json_schema

    print(json.dumps(site_json_schema() if options.of == SITE or options.site else scene_json_schema(), indent=2))
    return 0
