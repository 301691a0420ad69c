"""``reverie run``: from the configuration to a conductor that plays."""

from __future__ import annotations

import asyncio
import logging
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

from reverie import __version__
from reverie.advice import advice_on
from reverie.compose.fallback import read_shipped
from reverie.conductor.bank_renders import RenderConfig
from reverie.conductor.conductor import Conductor
from reverie.conductor.config import ConductorConfig
from reverie.conductor.cues import CueConfig
from reverie.conductor.maintenance import Housekeeping
from reverie.conductor.programme import Programme, ProgrammeEntry
from reverie.conductor.render_hours import RenderHours
from reverie.conductor.repertoire import SceneResources
from reverie.conductor.sd_notify import Notifier
from reverie.conductor.single_instance import Alone
from reverie.conductor.site_resources import bundles_of, keep_as_last_good, model_folders_of, scenes_of, site_in_force
from reverie.conductor.stopping import BarCountdown
from reverie.conductor.surroundings import surround
from reverie.control.inputs import controls_of
from reverie.errors import reason_of
from reverie.folders import patiently
from reverie.history.state import StateStore
from reverie.logs import log_plainly
from reverie.music.time import Length
from reverie.places import loops_folder, scenes_folder
from reverie.processes import orphans, signals
from reverie.processes.descriptors import ask_for_many
from reverie.site.load import find_site
from reverie.site.schema import Site
from reverie.site.timbre import TimbreSection
from reverie.timbre.timbre_models import timbre_models
from reverie.watch.fault_kinds import FOLDER_HANGS, MODEL_UNUSABLE
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
    ask_for_many()
    told = Faults()
    force = site_in_force(config)
    site, fault = force.site, force.fault
    site = site.model_copy(update={"state": _answering(site.state_folder, told)})
    tape = site.tape_folder if site.tape.folder is None else _answering(site.tape.folder, told)
    bundles, broken = bundles_of(site)
    for path, sentence in broken.items():
        told.tell(MODEL_UNUSABLE, str(path), sentence)
    scenes = scenes_of(site)
    if scene is not None:
        scenes.load(scene)  # a person who names a scene wants to be told what is wrong, not to hear another
    slots, sync = site.slots_as_json(), site.sync.as_json()
    conductor_config = ConductorConfig(
        version=__version__,
        configuration=(config or find_site()).absolute(),
        site=force.site,
        instead=force.instead,
        slots=slots,
        state=site.state_folder,
        tape=tape,
        keep_days=site.tape.keep_days,
        tape_quota=site.tape.quota_bytes,
        address=site.health.address,
        port=site.health.port,
        engine=site.composer.engine,
        patience=site.composer.patience,
        resources=SceneResources(
            bundles, slots, read_shipped(loops_folder()), frozenset(name for name in sync if sync[name])
        ),
        programme=Programme(ProgrammeEntry(change.at, change.scene, change.mood) for change in site.programme),
        scene=site.scene,
        timbres=RenderConfig(
            cache=site.timbre_folder,
            quota=site.timbre.quota_bytes,
            share=site.timbre.share,
            patience=site.timbre.patience_seconds,
            threads=site.timbre.workers,
            models={name: model.path for name, model in timbre_models(model_folders_of(site)).items()},
            folders=[*site.scenes, scenes_folder()],
            hours=_render_hours(site.timbre),
            decoder=site.timbre.decoder,
        ),
        controls=controls_of(site.control, site.controls),
        cues=CueConfig(site.cues.folder, site.cues.play, site.cues.osc and (site.cues.osc.address, site.cues.osc.port)),
        sync=sync,
        samplers=site.samplers(),
        visitors=site.page.visitors.rules,
    )
    if signals.asked_to_leave():
        log.info("Told to leave before anything was begun.")
        return 0
    with Alone(conductor_config.state, told) as alone:
        if not fault:
            _keep(force.site, config)
        store = StateStore(conductor_config.state, told)
        housekeeping = Housekeeping(
            store, conductor_config.tape, conductor_config.keep_days, told, alone, conductor_config.tape_quota
        )
        made = conductor(conductor_config, scenes, store, housekeeping, Notifier.from_environment(), told)
        asyncio.run(_conduct(made, scene, length or Length()))
    return 0


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


def _render_hours(timbre: TimbreSection) -> RenderHours:
    said = timbre.render_hours
    return RenderHours(None if said is None else (said.begin, said.end), timbre.render_in_rests)


def _keep(site: Site, config: Path | None) -> None:
    try:
        keep_as_last_good(site, config)
    except OSError as error:
        why, advice = reason_of(error), advice_on(error, Path(error.filename or site.state_folder))
        log.warning("The configuration cannot be kept as last good (%s); %s.", why, advice)


async def _conduct(conductor: Conductor, scene: str | None, length: Length) -> None:
    loop = asyncio.get_running_loop()
    handlers = {signal.SIGTERM: conductor.stop, signal.SIGINT: conductor.stop, signal.SIGHUP: conductor.reload}
    signals.heed(loop, handlers)
    signals.release()
    orphans.adopt()
    if length.bars is not None:
        BarCountdown(length.bars, conductor.stop).subscribe_to(conductor.bus)
    reaping = asyncio.create_task(orphans.reap_for_ever())
    try:
        await conductor.run(scene, length.seconds, lambda: surround(conductor))
    finally:
        reaping.cancel()
        orphans.reap_orphans()
        signals.heed_no_more(handlers)
