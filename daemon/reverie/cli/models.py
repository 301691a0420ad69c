"""The commands ``reverie models ...``: what is installed and published, and how more comes in.

What does the work is imported by the command that needs it, so that ``reverie --help`` stays quick.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from reverie.advice import advice_on
from reverie.cli.arguments import FAULT, add_command, add_config, add_json
from reverie.errors import reason_of
from reverie.folders import list_folder
from reverie.models.configs import CONFIGS, TIMBRE_FAMILIES
from reverie.models.errors import ModelError
from reverie.models.library.card import SUFFIX, ModelCard, read_card, read_header

if TYPE_CHECKING:
    from reverie.models.library.importing import Imported, ImportRequest

Folders = Callable[[Path | None], Sequence[Path]]
"""Given the site's configuration, the folders in which models lie; a later one's hide an earlier one's of the same
name, and what is imported goes into the last."""

_MEGABYTE = 1e6


def add_parsers(commands: Any, folders: Folders) -> None:
    """Add ``models`` to the commands of ``reverie``."""
    models = add_command(commands, "models", "list, check, pull, import and export models")
    actions = models.add_subparsers(required=True, metavar="ACTION")

    listing = add_command(actions, "list", "list the models that are installed, and those that Magenta publishes")
    listing.set_defaults(command=partial(_list, folders))

    info = add_command(actions, "info", "tell what a model is and where it comes from")
    info.add_argument("name", metavar="NAME", help="a model's name, or its file")
    info.set_defaults(command=partial(_info, folders))

    verify = add_command(
        actions, "verify", "check that models are whole, and answer as they did when they were imported"
    )
    verify.add_argument(
        "names", nargs="*", metavar="NAME", help="a model's name, or its file; all models if none is named"
    )
    verify.set_defaults(command=partial(_verify, folders))

    bring = add_command(actions, "import", "make a model of Magenta's, of TensorFlow's or of a browser's usable")
    bring.add_argument("source", type=Path, metavar="FILE|FOLDER", help="the bundle, checkpoint or folder to read")
    bring.add_argument(
        "--model-config",
        metavar="NAME",
        default="",
        help="the model's configuration, such as attention_rnn, where the file does not say it",
    )
    bring.add_argument(
        "--licence", metavar="TEXT", default="", help="the terms on which it may be used, for its model card"
    )
    bring.add_argument("--url", default="", help="where it was published, for its model card")
    bring.set_defaults(command=partial(_import, folders))

    pull = add_command(actions, "pull", "download a model that Magenta publishes, and import it")
    pull.add_argument("published", metavar="NAME", help="its name in `reverie models list`")
    pull.set_defaults(command=partial(_pull, folders))

    export = add_command(actions, "export", "write a model as a bundle that Magenta's own programs and plug-ins read")
    export.add_argument("name", metavar="NAME", help="a model's name, or its file")
    export.add_argument("--out", type=Path, metavar="FILE", help="the bundle to write (default: NAME.mag)")
    export.add_argument("--replace", action="store_true", help="replace the file, if there is one")
    export.set_defaults(command=partial(_export, folders))

    for action in (bring, pull):
        action.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="a setting that its files do not say, such as attention_length=32; it is asked for where it is needed",
        )
        action.add_argument("--name", default="", help="the name by which scenes call it")
        action.add_argument(
            "--to",
            type=Path,
            metavar="FOLDER",
            help="the folder to write it to, instead of the site's folder of models",
        )
        action.add_argument("--replace", action="store_true", help="replace a model of that name, if there is one")
    for action in (listing, info, verify, pull, export):
        add_config(action, formerly_site=True)
    add_config(bring)
    bring.add_argument("--site", type=Path, help=argparse.SUPPRESS)
    for action in (listing, info, bring, pull):
        add_json(action)


def installed(folders: Sequence[Path]) -> dict[str, Path]:
    """The files of all models in ``folders`` by name, a later folder's hiding an earlier one's."""
    return {path.stem: path for folder in folders for path in list_folder(folder).ending(SUFFIX)}


def _list(folders: Folders, options: argparse.Namespace) -> int:
    from reverie.models.library.catalogue import catalogue

    found, faults = _cards(installed(folders(options.config)))
    pulled = {card.source.get("url") for _, card in found.values()}
    offered = [entry for entry in catalogue().values() if entry.url not in pulled]
    if options.json:
        here = [
            {"name": name, "config": card.config, "path": str(path), "licence": card.source.get("licence")}
            for name, (path, card) in found.items()
        ]
        there = [
            {"name": entry.name, "config": entry.config, "url": entry.url, "licence": entry.licence}
            | ({"why_not": entry.why_not} if entry.why_not else {})
            for entry in offered
        ]
        _say(json.dumps({"installed": here, "published": there, "faults": faults}, indent=2))
        return 0
    _say(f"Installed: {len(found)}")
    for name, (path, card) in found.items():
        size = f"{path.stat().st_size / _MEGABYTE:.1f} MB"
        _say(f"  {name:<46} {card.config:<46} {_voices(card.config):<17} {size}")
    playable = [entry for entry in offered if entry.config]
    _say("", f"Published by Magenta, for `reverie models pull NAME`: {len(playable)}")
    for entry in playable:
        _say(f"  {entry.name:<46} {entry.config:<46} {_voices(entry.config or ''):<17} {entry.description}")
    _say("", "Published too, but Reverie cannot play them:")
    for why, entries in groupby(sorted(offered, key=lambda entry: entry.why_not), key=lambda entry: entry.why_not):
        if why:
            _say(f"  {', '.join(entry.name for entry in entries)}: {why}")
    for fault in faults:
        print(fault, file=sys.stderr)
    return 0


def _voices(config: str) -> str:
    """The kinds of voice that a scene can give to a model, the operator that it plays, or that it makes timbres."""
    known = CONFIGS.get(config)
    if known is None:
        return "no voice yet"
    if known.family in TIMBRE_FAMILIES:
        return "timbres"
    return ", ".join(known.kinds or [f"operator {operator}" for operator in known.operators]) or "no voice yet"


def _cards(files: Mapping[str, Path]) -> tuple[dict[str, tuple[Path, ModelCard]], list[str]]:
    found: dict[str, tuple[Path, ModelCard]] = {}
    faults: list[str] = []
    for name, path in files.items():
        try:
            found[name] = (path, read_card(path))
        except ModelError as error:
            faults.append(str(error))
    return found, faults


def _info(folders: Folders, options: argparse.Namespace) -> int:
    from reverie.models.library.catalogue import catalogue

    files = installed(folders(options.config))
    if options.name not in files and options.name in catalogue():
        entry = catalogue()[options.name]
        facts: dict[str, Any] = {
            "name": entry.name,
            "installed": False,
            "configuration": entry.config or "none that Reverie has",
            "for voices": _voices(entry.config or ""),
            "description": entry.description,
            "licence": entry.licence,
            "url": entry.url,
            **({"megabytes": entry.megabytes} if entry.megabytes else {}),
        }
    else:
        path = _file(options.name, files)
        header = read_header(path)
        card = header.card
        facts = {
            "name": card.name,
            "file": str(path),
            "configuration": card.config,
            "for voices": _voices(card.config),
            "parameters": (path.stat().st_size - header.begin) // 4,
            "weights": {name: " x ".join(map(str, shape)) for name, shape in header.shapes.items()},
            "weights' SHA-256": card.weights,
            "settings": card.settings,
            "source": card.source,
            "training": card.training,
        }
    _say(json.dumps(facts, indent=2) if options.json else "\n".join(_lines(facts)))
    return 0


def _lines(facts: Mapping[str, Any], indent: str = "") -> list[str]:
    lines: list[str] = []
    for name, value in facts.items():
        if isinstance(value, Mapping):
            if value:
                lines += [f"{indent}{name}:", *_lines(value, f"{indent}  ")]  # pyright: ignore[reportUnknownArgumentType]
        else:
            lines.append(f"{indent}{name}: {_told(value)}")
    return lines


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _verify(folders: Folders, options: argparse.Namespace) -> int:
    from reverie.models.golden import check
    from reverie.models.library.bundle import read_bundle

    files = installed(folders(options.config))
    status = 0
    for name in options.names or files:
        try:
            difference = check(read_bundle(_file(name, files)))
        except ModelError as error:
            print(error, file=sys.stderr)
            status = FAULT
        else:
            _say(f"{name}: is whole, and answers as it did when it was imported (to {difference:.1g}).")
    if not options.names and not files:
        _say("No model is installed.")
    return status


def _file(name: str, files: Mapping[str, Path]) -> Path:
    """The file of a model that is named, or that is a file."""
    if name in files:
        return files[name]
    path = Path(name)
    if path.suffix == SUFFIX and path.is_file():
        return path
    known = f"installed are {', '.join(files)}" if files else "none is installed"
    raise ModelError(f"there is no model {name!r}; {known}")


def _import(folders: Folders, options: argparse.Namespace) -> int:
    from reverie.models.library.importing import import_model, name_of

    facts = {key: value for key in ("licence", "url") if (value := getattr(options, key))}
    config, options.config = _configurations(options)
    wish, target = _wish(options, config, facts), _target(options, folders)
    _refuse_to_hide(wish.name or name_of(options.source), target, folders, options)
    return _report(import_model(options.source, target, wish), options.json)


def _configurations(options: argparse.Namespace) -> tuple[str, Path | None]:
    """The model's configuration and the site's, of ``reverie models import``.

    ``--config`` was once the model's, and ``--site`` the site's. So where neither of the options that are clear,
    ``--model-config`` and a path, is given, ``--config`` is read as before: with ``--site`` beside it, or if it is the
    name of a configuration of models, or neither a file nor written like one.
    """
    given: Path | None = None if options.config == Path() else options.config  # once, an empty name was none
    if given is None or options.model_config:
        return options.model_config, given or options.site
    is_path = given.suffix in {".yaml", ".yml"} or len(given.parts) > 1 or given.is_file()
    if options.site is None and is_path and str(given) not in CONFIGS:
        return "", given
    return str(given), options.site


def _pull(folders: Folders, options: argparse.Namespace) -> int:
    from reverie.models.library.catalogue import entry_of
    from reverie.models.library.pull import pull

    entry = entry_of(options.published)
    target = _target(options, folders)
    _refuse_to_hide(options.name or entry.name, target, folders, options)
    with _Meter() as meter:
        imported = pull(entry, target, meter.show, _wish(options))
    return _report(imported, options.json)


def _export(folders: Folders, options: argparse.Namespace) -> int:
    path = _file(options.name, installed(folders(options.config)))
    out: Path = options.out or Path(f"{path.stem}.mag")
    if out.exists() and not options.replace:
        raise ModelError(f"{out} is there already; name another file with --out, or give --replace")
    try:
        from reverie.training.fit.magenta_export import export_magenta

        export_magenta(path, out)
    except ImportError as error:
        raise ModelError(
            f"Magenta and TensorFlow (3 GB) write such a file, and {error.name} is not installed here; `make magenta`,"
            " in a checkout of Reverie, installs them"
        ) from error
    except OSError as error:
        place = _refused_place(error, out)
        done = "read" if place == path else "written"
        raise ModelError(f"{place}: cannot be {done} ({reason_of(error)}); {advice_on(error, place)}") from error
    _say(f"{out}: {out.stat().st_size / _MEGABYTE:.1f} MB, for Magenta's own programs")
    return 0


def _refused_place(error: OSError, out: Path) -> Path:
    """The file that the system refuses; ``out`` if it does not say which, or names a draft of it."""
    if not isinstance(error.filename, str | bytes):
        return out
    place = Path(os.fsdecode(error.filename))
    return out if place.name.startswith(f".{out.name}.") else place


def _refuse_to_hide(name: str, target: Path, folders: Folders, options: argparse.Namespace) -> None:
    shadowed = installed([folder for folder in folders(options.config) if folder != target])
    if name in shadowed and not options.replace:
        raise ModelError(
            f"another model {name} is installed ({shadowed[name]}), which would be hidden; give another --name, or"
            " --replace"
        )


def _wish(options: argparse.Namespace, config: str = "", facts: Mapping[str, Any] | None = None) -> ImportRequest:
    from reverie.models.library.hyperparameters import given
    from reverie.models.library.importing import ImportRequest

    settings = given(options.set)
    return ImportRequest(options.name, config, facts or {}, replace=options.replace, settings=settings, compare=True)


def _target(options: argparse.Namespace, folders: Folders) -> Path:
    return options.to or folders(options.config)[-1]


def _report(imported: Imported, as_json: bool) -> int:
    card, compared = imported.card, imported.compared
    if as_json:
        answer: dict[str, Any] = {
            "name": card.name,
            "path": str(imported.path),
            "config": card.config,
            "settings": dict(card.settings),
            "notes": list(imported.notes),
            "compared": {"steps": compared.steps, "apart": compared.apart} if compared else None,
        }
        _say(json.dumps(answer, indent=2))
        return 0
    for note in imported.notes:
        _say(f"Note: {note}.")
    settings = ", ".join(f"{name} {value}" for name, value in card.settings.items())
    _say(f"{imported.path}: {card.config}{f', {settings}' if settings else ''}")
    if compared:
        _say(f"It was {compared}.")
    return 0


class _Meter:
    """Shows on stderr how far a download has come: on a terminal in one line, else a line for each tenth."""

    def __init__(self) -> None:
        self._shown: tuple[str, int] | None = None
        self._terminal = sys.stderr.isatty()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._terminal and self._shown:
            sys.stderr.write("\n")

    def show(self, name: str, done: int, total: int | None) -> None:
        """Show it, unless it was shown already."""
        parts, amount = (100 if self._terminal else 10), f"{done / _MEGABYTE:.1f} MB"
        if total:
            step = done * parts // total
            amount += f" of {total / _MEGABYTE:.1f} MB"
        else:
            step = done // 10_000_000
        if (name, step) != self._shown:
            self._shown = (name, step)
            sys.stderr.write(f"\r\x1b[K{name}: {amount}" if self._terminal else f"{name}: {amount}\n")
            sys.stderr.flush()


def _say(*lines: str) -> None:
    for line in lines:
        print(line)
