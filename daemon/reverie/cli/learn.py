"""The command ``reverie learn ACTION``: pairs a knob, key or pad of the control surface with what it shall do."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import add_command, add_config, duration, value_of
from reverie.processes.descriptors import readable
from reverie.site.actions import KINDS, LEVELS, Action, ControlError

if TYPE_CHECKING:
    from reverie.control.surface import Control
    from reverie.site.schema import Site

OPENS = 10.0
"""Seconds for the control surface to be there."""
LOOK = 0.5


def add_parsers(commands: Any) -> None:
    """Add ``learn`` to the commands of ``reverie``."""
    learn = add_command(commands, "learn", "pair a knob, key or pad of the control surface with an action")
    learn.add_argument("action", choices=KINDS, metavar="ACTION", help=f"what it is to do: {', '.join(KINDS)}")
    learn.add_argument("--voice", metavar="NAME", help="the only voice that it is for; the action mute needs one")
    learn.add_argument("--scene", metavar="NAME", help="the scene that the action scene goes over to")
    learn.add_argument("--mood", metavar="NAME", help="the mood that the action dream has dreamt")
    learn.add_argument(
        "--to", metavar="VALUE", type=value_of, help="make it a button that sets this value: a number, on or off"
    )
    learn.add_argument(
        "--within", metavar="DURATION", type=duration, default=60.0, help="how long to wait, such as 30s or 2m; else 1m"
    )
    add_config(learn)
    learn.set_defaults(command=_learn)


def _learn(options: argparse.Namespace) -> int:
    from reverie.site.learned import beside, ready, update
    from reverie.site.load import find_site, load_site

    path = options.config or find_site()
    site = load_site(path)
    ready(beside(path))
    about = {
        "action": options.action,
        "voice": options.voice,
        "scene": options.scene,
        "mood": options.mood,
        "to": options.to,
    }
    wanted = {key: value for key, value in about.items() if value is not None}
    level = options.action in LEVELS and options.to is None
    _check(wanted | ({"cc": 0} if level else {"note": 0}), site)
    if site.control.midi is None:
        raise ControlError(
            'no control surface is named: write control: {midi: {match: "PART OF ITS NAME"}} into '
            f"{path}, and do this again"
        )
    control = _listen(site.control.midi.model_dump(mode="json"), options.action, level, options.within)
    name = str(Action(options.action, options.scene or options.mood or options.to, options.voice))
    _refuse_taken(site, name, control)
    entry = wanted | {control.sort: control.number, "channel": control.channel}
    update(beside(path), {"controls": {name: entry}})
    _say(f"It is {control}, and does {name} now: {beside(path)}. It counts from the next start of Reverie.")
    return 0


def _check(entry: Mapping[str, Any], site: Site) -> None:
    """Refuse what cannot be bound, or is about nothing that the site has, before anybody moves anything.

    Raises:
        ControlError: with the first fault.
    """
    from pydantic import ValidationError

    from reverie.conductor.arranging.check import Known
    from reverie.site.control import ControlBinding, beyond

    try:
        binding = ControlBinding.model_validate(entry)
    except ValidationError as error:
        raise ControlError(f"{error.errors()[0]['msg']}; nothing is changed") from error
    if too_far := beyond(site.control.limits, binding):
        raise ControlError(f"nothing is changed: {too_far}")
    for _, sentence in Known.of(site).lacks(binding):
        raise ControlError(f"nothing is changed: {sentence}")


def _listen(port: Mapping[str, Any], action: str, level: bool, within: float) -> Control:
    from reverie.control.control_learning import Search
    from reverie.midi.input import MidiInputProcess

    search, ears = Search(level=level), MidiInputProcess(port)
    try:
        end, asked = time.monotonic() + OPENS, False
        while (left := end - time.monotonic()) > 0:
            readable([ears], min(left, LOOK))
            messages = ears.receive()
            if ears.up and not asked:
                _say(f"{'Move the knob' if level else 'Press the key, pad or button'} for {action} now.")
                end, asked = time.monotonic() + within, True
            for message in messages:
                if control := search.hear(message.message):
                    return control
        if not asked:
            raise ControlError(f"the control surface is not there: {ears.description}")
        what = "no knob was moved" if level else "nothing was pressed"
        raise ControlError(f"{what} within {within:g} s; nothing is changed")
    finally:
        ears.close()


def _refuse_taken(site: Site, name: str, control: Control) -> None:
    for other, binding in site.controls.items():
        if other != name and binding.control.meets(control):
            raise ControlError(
                f"{control} is already taken by {other!r}; choose another, or delete that; nothing is changed"
            )


def _say(sentence: str) -> None:
    """Tell the person, at once even if a program listens."""
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()
