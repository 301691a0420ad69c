"""The commands ``reverie backup`` and ``reverie restore``: an installation in one file, and back, or to another box."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import add_command, add_config
from reverie.foreign import LONGEST_LINE, Printable, plain

if TYPE_CHECKING:
    from reverie.conductor.keeping.restoring import BackupManifest

_LONGEST_NAME = 60
_OWN = Path("/etc/reverie/reverie.yaml")
"""Where the site's file goes where this machine has none."""


def add_parsers(commands: Any) -> None:
    """Add ``backup`` and ``restore`` to the commands of ``reverie``."""
    backup = add_command(
        commands, "backup", "write configuration, scenes, state, moments and history into one file, while it plays"
    )
    backup.add_argument("file", type=Path, metavar="FILE", help="the backup to write, such as reverie.tar.gz")
    backup.add_argument("--models", action="store_true", help="take along the models that are not shipped")
    add_config(backup)
    backup.set_defaults(command=_backup)

    restore = add_command(
        commands, "restore", "check a backup and put it in the place of what is there, which is kept aside"
    )
    restore.add_argument("file", type=Path, metavar="FILE", help="the backup")
    restore.add_argument("--check", action="store_true", help="check the backup, say what is in it, and change nothing")
    restore.add_argument(
        "--as", dest="name", type=name, metavar="NAME", help="make this another box of that name: a clone of the first"
    )
    add_config(restore)
    restore.set_defaults(command=_restore)


def name(text: str) -> str:
    """What a box is called.

    Raises:
        argparse.ArgumentTypeError: if nobody could call it so.
    """
    if not 0 < len(text) <= _LONGEST_NAME or not text.isprintable() or text != text.strip():
        raise argparse.ArgumentTypeError(f"a name has 1 to {_LONGEST_NAME} characters that can be seen, not {text!r}")
    return text


def _backup(options: argparse.Namespace) -> int:
    from reverie import __version__
    from reverie.cli.configuration import site_with_state
    from reverie.conductor.configuration.site_resources import bundles_of
    from reverie.conductor.keeping.backup_archive import make_backup
    from reverie.history.box import box_of

    site = site_with_state(options.config)
    bundles, _ = bundles_of(site)
    done = make_backup(
        options.file,
        site,
        _own_file(options.config),
        box_of(site.state_folder),
        __version__,
        bundles,
        with_models=options.models,
        told=_progress(),
    )
    _end_progress()
    for sentence in done.left_out:
        print(f"Left out: {plain(sentence, LONGEST_LINE)}", file=Printable(sys.stderr))
    whose = _own_file(options.config) or "the shipped configuration"
    print(f"{options.file}: {done.files} files, {done.size / 1e6:.1f} MB, of {whose} and {site.state_folder}")
    return 0


def _restore(options: argparse.Namespace) -> int:
    from reverie.cli.configuration import state_that_counts
    from reverie.conductor.keeping.restoring import check_backup, restore
    from reverie.site.load import find_site
    from reverie.site.schema import Site

    manifest = check_backup(options.file, _progress())
    _end_progress()
    print(_about(options.file, manifest))
    if options.check:
        return 0
    configuration = options.config or _own_file(None) or (_OWN if _OWN.parent.is_dir() else find_site())
    state = state_that_counts(Site())
    done = restore(options.file, manifest, configuration.absolute(), state, name=options.name, told=_progress())
    _end_progress()
    for sentence in done.missing:
        print(f"Missing: {plain(sentence, LONGEST_LINE)}", file=Printable(sys.stderr))
    for folder in done.aside:
        print(f"What was there lies in {folder}; delete it when nothing in it is wanted.")
    who = f" as {options.name}" if options.name else ""
    print(
        f"{done.files} files are restored{who}, for {configuration} and {done.state}; "
        "start Reverie with `systemctl start reverie`."
    )
    return 0


def _about(path: Path, manifest: BackupManifest) -> str:
    at = datetime.fromtimestamp(manifest.made).strftime("%Y-%m-%d %H:%M")  # noqa: DTZ006 - the place's own time
    size = f"{len(manifest.files)} files, {sum(one['bytes'] for one in manifest.files.values()) / 1e6:.1f} MB"
    box = plain(str(manifest.box.get("name", "?")))
    return f"{path} is whole: of {box}, {at}, by Reverie {manifest.version}, {size}"


def _own_file(config: Path | None) -> Path | None:
    """The site's own file; None where only the shipped one counts."""
    from reverie.places import config_folder
    from reverie.site.load import FILE, find_site

    path = (config or find_site()).absolute()
    return None if path == (config_folder() / FILE).absolute() else path


def _progress() -> Callable[[str], object]:
    """Tells at a terminal which part is written."""
    if not sys.stderr.isatty():
        return lambda _: None
    return lambda part: sys.stderr.write(f"\r\x1b[K{plain(part, 70)}")


def _end_progress() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
