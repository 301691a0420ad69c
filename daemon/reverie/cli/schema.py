"""The command ``reverie schema``: prints the JSON Schema by which editors complete and check scenes and sites."""

from __future__ import annotations

import argparse
import json
from typing import Any

from reverie.cli.arguments import add_command

SCENE, SITE = "scene", "site"


def add_parsers(commands: Any) -> None:
    """Add ``schema`` to the commands of ``reverie``."""
    schema = add_command(
        commands, "schema", "print the JSON Schema of scenes or of the site's configuration, for editors"
    )
    asked = schema.add_mutually_exclusive_group()
    asked.add_argument(
        "of",
        nargs="?",
        choices=(SCENE, SITE),
        metavar="scene|site",
        help="what the schema is of: a scene (also if nothing is said), or the site's configuration, reverie.yaml",
    )
    asked.add_argument("--site", action="store_true", help=argparse.SUPPRESS)
    schema.set_defaults(command=_schema)


def _schema(options: argparse.Namespace) -> int:
    from reverie.scenes.schema import scene_json_schema
    from reverie.site.schema import site_json_schema

    print(json.dumps(site_json_schema() if options.of == SITE or options.site else scene_json_schema(), indent=2))
    return 0
