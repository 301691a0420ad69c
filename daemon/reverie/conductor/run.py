"""``reverie run``: from the configuration to a conductor that plays."""

from __future__ import annotations

import asyncio
import logging
import signal
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from reverie.advice import advice_on
from reverie.attending import GOES_ON, always
from reverie.clock import SystemClock
from reverie.conductor.care.fresh_start import StartedWith, begin_anew_in_rests
from reverie.conductor.care.lives import Lives
from reverie.conductor.care.safe_mode import SafeConductor
from reverie.conductor.care.sd_notify import Notifier
from reverie.conductor.care.sound_watch import SoundWatch
from reverie.conductor.conductor import Conductor
from reverie.conductor.configuration.config_of_site import config_of_site
from reverie.conductor.configuration.site_resources import (
    bundles_of,
    keep_as_last_good,
    model_folders_of,
    scenes_of,
    site_in_force,
)
from reverie.conductor.keeping.history_keeping import keep_history
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.conductor.keeping.restoring import PLAN, undo_unfinished
from reverie.conductor.keeping.standing_keeping import StandingKeeper
from reverie.conductor.keeping.storage_taking import take_storage
from reverie.conductor.single_instance import Alone
from reverie.conductor.stopping import BarCountdown
from reverie.conductor.surroundings import surround
from reverie.errors import reason_of
from reverie.folders import patiently
from reverie.history.standing import StandingStore, runtime_folder
from reverie.history.state import StateStore
from reverie.logs import log_plainly
from reverie.models.library.index import ModelFile
from reverie.music.time import Length
from reverie.processes import orphans, signals
from reverie.processes.crash_dumps import DUMPS, dump_into
from reverie.processes.descriptors import ask_for_many
from reverie.site.load import find_site
from reverie.site.schema import Site
from reverie.watch.fault_kinds import FOLDER_HANGS, MODEL_UNUSABLE, STATE_UNREADABLE
from reverie.watch.faults import Faults
from reverie.watch.log_lines import keep_log_lines

log = logging.getLogger(__name__)


def run(
    config: Path | None,
    scene: str | None,
    length: Length | None = None,
    conductor: Callable[..., Conductor] = Conductor,
) -> int:
    """Play until stopped by a signal, or for as long as ``length`` says; the exit status.

    ``conductor`` makes what conducts: a benchmark has one that it watches.

    Raises:
        SceneError, DocumentError: if ``scene`` was named and cannot be played.
        NoConfigurationError: if ``config`` does not exist.
        AlreadyRunsError: if a daemon already runs on this state folder.
    """
    log_plainly()
    keep_log_lines()
    logging.getLogger("apscheduler").setLevel(logging.WARNING)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)  # a line for each change would wear out the disk
    ask_for_many()
    told = Faults()
    force = site_in_force(config)
    site, fault = force.site, force.fault
    site = site.model_copy(update={"state": _answering(site.state_folder, told)})
    tape = site.tape_folder if site.tape.folder is None else _answering(site.tape.folder, told)
    started = StartedWith.now(model_folders_of(site))
    bundles = _models(site, told)
    scenes = scenes_of(site)
    if scene is not None:
        scenes.load(scene)  # a person who names a scene wants to be told what is wrong, not to hear another
    conductor_config = config_of_site(
        site,
        bundles,
        configuration=(config or find_site()).absolute(),
        written=force.site,
        tape=tape,
        instead=force.instead,
    )
    if signals.asked_to_leave():
        log.info("Told to leave before anything was begun.")
        return 0
    with Alone(conductor_config.state, told) as alone:
        _undo_unfinished(conductor_config.state, told)
        dump_into(conductor_config.state / DUMPS)
        if not fault:
            _keep(force.site, config)
        notifier = Notifier.from_environment()

        def build(lives: Lives, conductor: Callable[..., Conductor]) -> Conductor:
            store = StateStore(conductor_config.state, told)
            standing = StandingStore(conductor_config.state, runtime_folder(), SystemClock(), site.storage.flush)
            housekeeping = Housekeeping(
                store,
                conductor_config.tape,
                conductor_config.keep_days,
                told,
                alone,
                conductor_config.tape_quota,
                flush=site.storage.flush,
            )
            told_where = replace(conductor_config, standing=standing.left, lives=lives)
            made = conductor(told_where, scenes, store, housekeeping, notifier, told)
            take_storage(made, keep_history(made, housekeeping, site.storage), standing)
            StandingKeeper(made, standing, store).attend(housekeeping, lives)
            return made

        def conduct(*, ever_safe: bool) -> Conductor:
            lives = Lives(conductor_config.state, told)
            lives.begin()  # before anything is built: whatever ends this process from here on is counted
            notifier.watchdog()
            made = None
            if ever_safe and (many := site.supervision.safe_after) is not None and lives.loops(many):
                try:
                    made = build(lives, SafeConductor)
                except Exception:
                    log.exception("Safe mode cannot be begun; Reverie plays as it is configured.")
            made = made or build(lives, conductor)
            notifier.watchdog()  # what is active already is being watched
            asyncio.run(_conduct(made, scene, length or Length(), started))
            return made

        made = conduct(ever_safe=conductor is Conductor)
        if isinstance(made, SafeConductor) and made.left:
            notifier.goes_on = False
            conduct(ever_safe=False)
    return 0


def _models(site: Site, told: Faults) -> Mapping[str, ModelFile]:
    """The site's models; those that cannot be used are told."""
    bundles, broken = bundles_of(site)
    for path, sentence in broken.items():
        told.tell(MODEL_UNUSABLE, str(path), sentence)
    return bundles


def _answering(folder: Path, told: Faults) -> Path:
    """The folder, to which the daemon writes; or another one until the next start, where this one answers nothing.

    Whoever waited for a share of the network whose server is gone would wait for ever, the player too.
    """
    try:
        patiently(folder, folder.exists)
    except TimeoutError:
        instead = Path(tempfile.mkdtemp(prefix="reverie-"))
        sentence = f"{folder} does not answer; until the next start {instead} serves in its place"
        told.tell(FOLDER_HANGS, str(folder), sentence)
        return instead
    except (OSError, ValueError):
        pass  # whoever writes there says why it cannot
    return folder


def _undo_unfinished(state: Path, told: Faults) -> None:
    """Undo a restore that was broken off; the service may not write where configuration and scenes lie."""
    try:
        if undo_unfinished(state):
            log.warning("A backup was being put back when the power went: that is undone; do it again.")
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = reason_of(error) if isinstance(error, OSError) else str(error)
        sentence = f"A backup was being put back when the power went, and that cannot be undone from here ({why})"
        advice = "Stop Reverie and put the backup back once more, `sudo reverie restore FILE`: that undoes it first"
        told.tell(STATE_UNREADABLE, PLAN, sentence, advice)


def _keep(site: Site, config: Path | None) -> None:
    try:
        keep_as_last_good(site, config)
    except OSError as error:
        why, advice = reason_of(error), advice_on(error, Path(error.filename or site.state_folder))
        log.warning("The configuration cannot be kept as last good (%s); %s.", why, advice)


async def _conduct(conductor: Conductor, scene: str | None, length: Length, started: StartedWith) -> None:
    loop = asyncio.get_running_loop()
    handlers = {signal.SIGTERM: conductor.stop, signal.SIGINT: conductor.stop, signal.SIGHUP: conductor.reload}
    signals.heed(loop, handlers)
    signals.release()
    orphans.adopt()
    if length.bars is not None:
        BarCountdown(length.bars, conductor.stop).subscribe_to(conductor.bus)
    config = conductor.config
    sound = SoundWatch.of_site(config.slots, config.site.monitor, conductor.bus, conductor.faults, SystemClock())
    sound.subscribe_to(conductor.bus)
    beside = [asyncio.create_task(always(orphans.reap_for_ever, f"Nobody waits for orphans; {GOES_ON}"))]
    if fresh := begin_anew_in_rests(conductor, started, asked=scene is not None or length != Length()):
        beside.append(asyncio.create_task(always(fresh.attend, f"Nobody looks what waits for a start; {GOES_ON}")))
    try:
        await conductor.run(scene, length.seconds, lambda: surround(conductor, sound))
    finally:
        for task in beside:
            task.cancel()
        orphans.reap_orphans()
        signals.heed_no_more(handlers)
