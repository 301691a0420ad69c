"""The commands ``reverie status``, ``reload`` and ``panic``: to the running daemon, or in its place."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import FAULT, add_command, add_config, add_json

if TYPE_CHECKING:
    from reverie.cli.reach import Whereabouts
    from reverie.conductor.site_resources import InForce


def add_parsers(commands: Any) -> None:
    """Add ``status``, ``reload`` and ``panic`` to the commands of ``reverie``."""
    status = add_command(commands, "status", "tell how the running daemon is doing")
    add_json(status)
    status.set_defaults(command=_status)

    reload = add_command(
        commands, "reload", "have the running daemon read the scene that plays again, and tell what came of it"
    )
    reload.set_defaults(command=_reload)

    panic = add_command(commands, "panic", "end every note, whether a daemon runs or not")
    panic.set_defaults(command=_panic)

    for command in (status, reload, panic):
        add_config(command)


def _status(options: argparse.Namespace) -> int:
    from reverie.cli.reach import status

    _, where, _ = _find(options.config)
    reply = status(where)
    if reply.answer is None:
        return _fail(reply.sentence)
    if options.json:
        _say(json.dumps(reply.answer, indent=2))
    else:
        for line in _lines(reply.answer):
            _say(line)
    return 0 if reply.answer["alive"]["ok"] else FAULT


def _lines(status: Mapping[str, Any]) -> Iterator[str]:
    summary = status.get("summary")  # a daemon of before has none
    yield f"{summary['mark']} {summary['sentence']}" if summary else status["alive"]["sentence"]
    yield status["ready"]["sentence"]
    yield from status["concerns"]
    overrides = status.get("overrides", status["hands"])  # a daemon of 0.1.0 has the old key alone
    yield from overrides["now"]
    for given in overrides["inputs"]:
        yield f"control by {given['name']}: {'up' if given['up'] else 'down'}; {given['detail']}"
    for slot in status["slots"]:
        yield f"slot {slot['name']}: {'up' if slot['up'] else 'down'}; {slot['detail']}"
    for process in status["processes"]:
        memory = f"{process['rss_bytes'] / 1e6:.0f} MB" if process["rss_bytes"] else "no memory"
        yield f"{process['role']}: {process['state']}, pid {process['pid']}, {memory}, {process['restarts']} restarts"


def _reload(options: argparse.Namespace) -> int:
    from reverie.cli.reach import reload

    _, where, _ = _find(options.config)
    reply = reload(where)
    if reply.answer is None:
        return _fail(reply.sentence)
    if "said" not in reply.answer:
        return _fail(
            "The daemon that runs is older than this command and does not know it: use `systemctl reload reverie`, or "
            "send it SIGHUP."
        )
    _say(str(reply.answer["said"]))
    return 0 if reply.answer.get("ok") else FAULT


def _panic(options: argparse.Namespace) -> int:
    """Only in the place of a daemon that is dead: into the ports of one that lives, notes would go on coming."""
    from reverie.cli.reach import panic
    from reverie.play.panic import FAILED, silence

    force, where, unreadable = _find(options.config)
    reply = panic(where)
    if reply.answer is not None:
        _say(str(reply.answer.get("said")))
        return 0
    if reply.lives:
        return _fail(f"{reply.sentence} No port was touched, as its player would play on there.")
    if unreadable:
        return _fail(
            f"{reply.sentence} {where.configuration} cannot be read by this user, so that its ports are not known and "
            "none was touched: do it as a user who may read it, for example with sudo."
        )
    sentences = silence(force.site.slots_as_json(), force.site.state_folder / "ledger")
    _say("\n".join(sentences))
    return FAULT if any(f": {FAILED}" in sentence for sentence in sentences) else 0


def _find(config: Path | None) -> tuple[InForce, Whereabouts, bool]:
    """The configuration that counts, where its daemon can be, and whether its file is kept from this user.

    A person is told if it is not the one that was asked for.
    """
    from reverie.cli.reach import Whereabouts
    from reverie.conductor.site_resources import site_in_force
    from reverie.places import SERVICE_STATE, config_folder
    from reverie.site.load import FILE, find_site

    force = site_in_force(config)
    if force.fault:
        sys.stderr.write(f"{force.fault}\nInstead of it, this counts: {force.instead}.\n")
    path = (config or find_site()).absolute()
    site = force.site
    states = [site.state_folder]
    if site.state is None and SERVICE_STATE.is_dir():
        states.append(SERVICE_STATE)
    shipped = path == (config_folder() / FILE).absolute()
    where = Whereabouts(None if shipped else path, tuple(dict.fromkeys(states)), site.health.address, site.health.port)
    return force, where, force.fault is not None and not os.access(path, os.R_OK)


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


def _fail(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return FAULT
