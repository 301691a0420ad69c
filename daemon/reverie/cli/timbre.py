"""The commands ``reverie timbre ...``: banks rendered by hand, listed and listened to.

What does the work is imported by the command that needs it, so that ``reverie --help`` stays quick.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reverie.cli.arguments import add_command, add_config, add_json
from reverie.errors import reason_of
from reverie.models.nsynth.decoder_name import DecoderName
from reverie.timbre.errors import TimbreError
from reverie.timbre.meter import Meter, lasting

if TYPE_CHECKING:
    from reverie.scenes.schema import Scene
    from reverie.scenes.timbre import Timbre
    from reverie.timbre.bank.bank import Bank
    from reverie.timbre.bank_maker import BankMaker, Made
    from reverie.timbre.request import BankRequest

_MEGABYTE = 1e6
_ID = 12
"""Digits of a bank's id that people are shown; any beginning that is its own will do."""
_INTERRUPTED = 130
_FAST = 32
"""How many times faster than a DIN cable a dump goes, where that is not minded: USB carries as much."""
_CHANNELS = 128
_KEPT = "Interrupted; what was rendered is kept, and the same command goes on from there."
_BEGINNING = re.compile(r"[0-9a-f]{4,64}")
_STEPS = re.compile(r"(\d{1,6})(?:\.\.(\d{1,6}))?")


@dataclass(frozen=True, slots=True)
class TimbreResources:
    """What the commands need of a site.

    ``cache`` holds banks up to ``quota`` bytes; ``models`` are the folders of models. ``scene`` reads a scene by name
    or file, and knows the folders in which its sources are looked for. ``sound`` plays a MIDI file through a soundfont,
    or renders it into a WAV file where one is given.
    """

    cache: Path
    quota: int
    threads: int
    decoder: DecoderName
    models: Sequence[Path]
    scene: Callable[[str], tuple[Scene, Sequence[Path]]]
    sound: Callable[[bytes, Path, Path | None], None]


ResourcesOf = Callable[[Path | None], TimbreResources]


def add_parsers(commands: Any, resources_of: ResourcesOf) -> None:
    """Add ``timbre`` to the commands of ``reverie``."""
    timbre = add_command(commands, "timbre", "render, list and play sample banks")
    actions = timbre.add_subparsers(required=True, metavar="ACTION")

    render = add_command(actions, "render", "render the bank of one step of a scene's timbre")
    render.set_defaults(command=partial(_render, resources_of))

    morph = add_command(actions, "morph", "render the banks of all steps of a scene's timbre")
    morph.add_argument("--steps", type=_steps, metavar="A..B", help="only these steps, counted from 0, such as 0..11")
    morph.set_defaults(command=partial(_render, resources_of), step=None)

    listing = add_command(actions, "list", "list the banks that are there")
    listing.set_defaults(command=partial(_list, resources_of))

    play = add_command(actions, "play", "play the notes of a bank; a scene's bank is rendered first if need be")
    play.add_argument("scene", metavar="BANK|SCENE", help="a bank's id or the beginning of it, its folder, or a scene")
    play.add_argument(
        "--wav", type=Path, metavar="FILE", help="write the notes into this WAV file instead, faster than they sound"
    )
    play.set_defaults(command=partial(_play, resources_of))

    dump = add_command(actions, "dump", "send the samples of a bank to a hardware sampler, as MIDI sample dumps")
    dump.add_argument("scene", metavar="BANK", help="a bank's id or the beginning of it, or its folder")
    dump.add_argument("--port", required=True, metavar="NAME", help="the sampler's MIDI port, or a part of its name")
    dump.add_argument("--note", type=int, metavar="N", help="send only the samples of this note, 0 to 127")
    dump.add_argument(
        "--number", type=int, default=0, metavar="N", help="the number that the sampler gives the first sample, from 0"
    )
    dump.add_argument("--channel", type=_device, default=0, metavar="N", help="the sampler's SysEx channel, 0 to 127")
    dump.add_argument(
        "--bits",
        type=int,
        choices=range(8, 29),
        default=16,
        metavar="N",
        help="the bits of a word, 8 to 28; 16 if nothing is said",
    )
    dump.add_argument(
        "--fast", action="store_true", help="send faster than a DIN cable can; only where none is on the way"
    )
    dump.set_defaults(command=partial(_dump, resources_of))

    for action in (render, morph):
        action.add_argument("scene", metavar="SCENE", help="a scene's name, or its file")
    for action in (render, morph, play):
        action.add_argument("--timbre", metavar="NAME", default="", help="which timbre of the scene, if it has several")
        action.add_argument("--executor", default="", metavar="dask://HOST:PORT", help="let this Dask cluster render")
        action.add_argument(
            "--resource",
            default="",
            metavar="NAME",
            help="render only on workers of the cluster that offer this resource, such as GPU",
        )
        action.add_argument(
            "--decoder",
            choices=("numpy", "jax"),
            default="",
            help="what computes NSynth's notes (else as the site says); jax needs the extra 'fast', and is for GPUs",
        )
    for action in (render, morph):
        action.add_argument(
            "--plan",
            action="store_true",
            help="render nothing, and say what it will cost on this machine: time, memory and disk",
        )
    for action in (render, play):
        action.add_argument(
            "--step", type=_step, default=0, metavar="K", help="which step of the timbre's path, counted from 0"
        )
        action.set_defaults(steps=None)
    for action in (render, morph, listing):
        add_json(action)
    for action in (render, morph, listing, play, dump):
        add_config(action, formerly_site=True)


@dataclass(frozen=True, slots=True)
class _WantedSteps:
    """Steps of one timbre of a scene, to be had as banks; ``folders`` are those in which its sources are looked for."""

    scene: Scene
    name: str
    timbre: Timbre
    folders: Sequence[Path]
    steps: range

    def request(self, step: int) -> BankRequest:
        """What a step needs."""
        from reverie.timbre.request import request_of

        return request_of(self.timbre, step, f"{self.scene.title}: {self.name}, step {step}", self.folders)


def _render(resources_of: ResourcesOf, options: argparse.Namespace) -> int:
    resources = resources_of(options.config)
    wish = _wish(resources, options)
    rows: list[dict[str, Any]] = []
    if options.plan:
        return _plan(resources, wish, options)
    with _maker(resources, wish.timbre.renderer, options) as maker:
        for step in wish.steps:
            begun = time.monotonic()
            made = _make(maker, wish.request(step), [row["id"] for row in rows])
            rows.append({"step": step, "found": made.found, **_row(made.bank)})
            if not options.json:
                took = "is there already" if made.found else f"rendered in {lasting(time.monotonic() - begun)}"
                _say(f"step {step}: {made.bank.id[:_ID]}, {took}: {made.bank.folder}")
    if options.json:
        _say(json.dumps({"banks": rows}, indent=2))
    return 0


def _plan(resources: TimbreResources, wish: _WantedSteps, options: argparse.Namespace) -> int:
    """Say what the steps cost that are not there yet."""
    from reverie.cli.timbre_costs import lines

    if options.executor:
        raise TimbreError("a plan is measured on this machine, and says nothing of a cluster; leave --executor out")
    with _maker(resources, wish.timbre.renderer, options) as maker:
        costs = maker.costs([wish.request(step) for step in wish.steps])
    there = len(wish.steps) - costs.banks
    if options.json:
        _say(json.dumps({"found": there, **asdict(costs), "seconds": costs.seconds}, indent=2))
        return 0
    _say(*lines(costs, there))
    return 0


def _list(resources_of: ResourcesOf, options: argparse.Namespace) -> int:
    from reverie.timbre.bank.cache import BankCache

    resources = resources_of(options.config)
    rows = [_row(bank) for bank in BankCache(resources.cache, resources.quota).banks()]
    unfinished = sorted(path.name for path in (resources.cache / "unfinished").glob("*") if path.is_dir())
    size = sum(row["bytes"] for row in rows)
    if options.json:
        report = {"folder": str(resources.cache), "bytes": size, "quota": resources.quota, "banks": rows}
        _say(json.dumps({**report, "unfinished": unfinished}, indent=2))
        return 0
    _say(
        f"Banks: {len(rows)}, {size / _MEGABYTE:.1f} MB of {resources.quota / _MEGABYTE:,.0f} MB, in {resources.cache}"
    )
    for row in rows:
        megabytes = f"{row['bytes'] / _MEGABYTE:.1f} MB"
        _say(f"  {row['id'][:_ID]}  {row['title']:<44} {row['notes']:>4} notes {megabytes:>10}  {row['model']}")
        for source in row["sources"]:
            _say(
                f"{'':<{_ID + 4}}{source['weight']:>4.0%} {source['name']} by {source['author']} ({source['licence']})"
            )
    if unfinished:
        _say(f"Begun, and not whole yet: {', '.join(name[:_ID] for name in unfinished)}")
    return 0


def _play(resources_of: ResourcesOf, options: argparse.Namespace) -> int:
    from reverie.timbre.audition import audition

    resources = resources_of(options.config)
    bank = _bank(resources, options)
    if not options.wav:
        _say(f"{bank.title}: {len(bank.samples)} notes, from the lowest to the highest.")
    resources.sound(audition(bank.card["zones"]), bank.soundfont, options.wav)
    if options.wav:
        _say(f"{options.wav}: {bank.title}")
    return 0


def _dump(resources_of: ResourcesOf, options: argparse.Namespace) -> int:
    from reverie.cli.sample_dump import samples_of, send
    from reverie.midi.sample_dump.cable import opened
    from reverie.midi.sample_dump.transfer import DIN

    bank = _kept(resources_of(options.config), options.scene)
    samples = samples_of(bank, options.note, options.number, options.bits)
    answered = False
    with opened(options.port) as line:
        _say(f"{bank.title}: {len(samples)} samples to {line.name}.")
        for words in samples:
            meter = Meter(f"sample {words.number}, {len(words.values)} words")
            try:
                rate = _FAST * DIN if options.fast else DIN
                answered |= send(words, line, options.channel, rate, meter.show)
            except KeyboardInterrupt:
                print("Interrupted; the sampler is told so.", file=sys.stderr)
                return _INTERRUPTED
            finally:
                meter.end()
    _say("All is sent." if answered else "All is sent. The sampler did not answer: look there whether it has arrived.")
    return 0


def _kept(resources: TimbreResources, named: str) -> Bank:
    """A bank that is there: a folder, or one of the cache."""
    from reverie.timbre.bank.bank import CARD
    from reverie.timbre.bank.cache import BankCache

    folder = Path(named)
    return _in_folder(folder) if (folder / CARD).is_file() else BankCache(resources.cache, resources.quota).named(named)


def _in_folder(folder: Path) -> Bank:
    from reverie.timbre.bank.bank import read_bank

    try:
        return read_bank(folder)
    except (ValueError, OSError) as error:
        raise TimbreError(f"the bank in {folder} is damaged ({error}); render it anew") from error


def _bank(resources: TimbreResources, options: argparse.Namespace) -> Bank:
    """The bank that is meant: a folder, one of the cache, or that of a scene's step, which may be rendered first."""
    from reverie.scenes.folder import SceneError
    from reverie.timbre.bank.bank import CARD
    from reverie.timbre.bank.cache import BankCache

    folder = Path(options.scene)
    if (folder / CARD).is_file():
        return _in_folder(folder)
    try:
        wish = _wish(resources, options)
    except SceneError:
        if not _BEGINNING.fullmatch(options.scene):
            raise
        return BankCache(resources.cache, resources.quota).named(options.scene)
    with _maker(resources, wish.timbre.renderer, options) as maker:
        return _make(maker, wish.request(wish.steps[0]), []).bank


def _wish(resources: TimbreResources, options: argparse.Namespace) -> _WantedSteps:
    """The timbre and the steps that are meant.

    Raises:
        SceneError: if there is no such scene.
        TimbreError: if it has no such timbre, or its path no such steps.
    """
    from reverie.documents import did_you_mean

    scene, folders = resources.scene(options.scene)
    name = options.timbre or next(iter(scene.timbres), "")
    if not scene.timbres:
        raise TimbreError(f"the scene {scene.name} has no timbres; describe one in it under 'timbres'")
    if not options.timbre and len(scene.timbres) > 1:
        raise TimbreError(f"the scene {scene.name} has several timbres; name one: --timbre {'|'.join(scene.timbres)}")
    if name not in scene.timbres:
        raise TimbreError(f"the scene {scene.name} has no timbre {name!r}{did_you_mean(name, scene.timbres)}")
    timbre = scene.timbres[name]
    steps = range(options.step, options.step + 1) if options.step is not None else options.steps or _all_steps(timbre)
    return _WantedSteps(scene, name, timbre, folders, steps)


def _all_steps(timbre: Timbre) -> range:
    """Every step of a path that is another than those before it."""
    from reverie.scenes.timbre import GridPath, RandomWalkPath

    match timbre.path:
        case GridPath(walk="rows"):
            return range(timbre.path.side**2)
        case GridPath(walk="round"):
            return range(4 * (timbre.path.side - 1))
        case GridPath() | RandomWalkPath():
            raise TimbreError("this path goes on by chance for ever; say how far, as --steps 0..11")
        case _:
            return range(timbre.path.steps)


@contextlib.contextmanager
def _maker(resources: TimbreResources, model: str, options: argparse.Namespace) -> Generator[BankMaker]:
    """Where banks are rendered: on this machine where no other wants it, or on a Dask cluster."""
    from reverie.timbre.render.budget import give_way

    give_way()
    from reverie.timbre.bank_maker import BankMaker
    from reverie.timbre.executors.dask_executor import DaskCluster
    from reverie.timbre.timbre_models import open_timbre_model, timbre_model

    if options.resource and not options.executor:
        raise TimbreError(
            "a resource is what workers of a Dask cluster offer; name the cluster with --executor dask://HOST:PORT"
        )
    path = timbre_model(model, resources.models).path
    decoder = options.decoder or resources.decoder
    opened = partial(open_timbre_model, threads=resources.threads, decoder=decoder)
    try:
        if not options.executor:
            yield BankMaker(path, resources.cache, resources.quota, open_model=opened)
            return
        opener = partial(open_timbre_model, decoder=decoder)
        with DaskCluster(options.executor, path, options.resource, opener=opener) as cluster:
            yield BankMaker(path, resources.cache, resources.quota, cluster, opened)
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        print(_KEPT, file=sys.stderr)
        raise SystemExit(_INTERRUPTED) from None
    except OSError as error:
        raise TimbreError(
            f"{error.filename or resources.cache} cannot be used ({reason_of(error)}); see to the disk, or name another"
            " folder in the site's configuration"
        ) from error


def _make(maker: BankMaker, request: BankRequest, pinned: Sequence[str]) -> Made:
    """The bank of a request, which may take its time; ``pinned`` are to stay."""
    meter = Meter(request.title)
    try:
        made = maker.make(request, meter.show, pinned)
    finally:
        meter.end()
    for warning in made.warnings:
        print(warning, file=sys.stderr)
    return made


def _row(bank: Bank) -> dict[str, Any]:
    """What people are told of a bank."""
    return {
        "id": bank.id,
        "title": bank.title,
        "folder": str(bank.folder),
        "soundfont": str(bank.soundfont),
        "model": bank.card["model"]["name"],
        "model_licence": bank.card["model"].get("licence", "not stated"),
        "notes": len(bank.samples),
        "bytes": sum(path.stat().st_size for path in bank.folder.iterdir()),
        "sources": [asdict(origin) for origin in bank.origins],
    }


def _steps(text: str) -> range:
    match = _STEPS.fullmatch(text)
    if not match or int(match[2] or match[1]) < int(match[1]):
        raise argparse.ArgumentTypeError(f"steps are written 0..11, or 3 for one of them, not {text!r}")
    return range(int(match[1]), int(match[2] or match[1]) + 1)


def _step(text: str) -> int:
    if not re.fullmatch(r"\d{1,6}", text):
        raise argparse.ArgumentTypeError(f"a step is a whole number from 0, not {text!r}")
    return int(text)


def _device(text: str) -> int:
    if not text.isdecimal() or int(text) >= _CHANNELS:
        raise argparse.ArgumentTypeError(f"a device's channel is 0 to {_CHANNELS - 1}, not {text!r}")
    return int(text)


def _say(*lines: str) -> None:
    for line in lines:
        print(line)
