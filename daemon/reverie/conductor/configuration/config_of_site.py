"""What a conductor is given, of a site's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reverie import __version__
from reverie.compose.fallback import read_shipped
from reverie.conductor.arranging.repertoire import SceneResources
from reverie.conductor.banks.bank_renders import RenderConfig
from reverie.conductor.banks.render_hours import RenderHours
from reverie.conductor.configuration.config import ConductorConfig
from reverie.conductor.configuration.site_resources import model_folders_of
from reverie.conductor.hours.clock_doubt import ClockDoubt
from reverie.conductor.hours.hours_rules import HoursRules
from reverie.conductor.hours.programme_of_site import programme_of
from reverie.conductor.scene.cues import CueConfig
from reverie.control.inputs import controls_of
from reverie.history.box import box_of
from reverie.models.library.index import ModelFile
from reverie.places import loops_folder, scenes_folder
from reverie.site.schema import Site
from reverie.site.timbre import TimbreSection
from reverie.timbre.timbre_models import timbre_models


def config_of_site(
    site: Site, bundles: Mapping[str, ModelFile], *, configuration: Path, written: Site, tape: Path, instead: str = ""
) -> ConductorConfig:
    """The site as a conductor takes it.

    Args:
        site: What counts.
        bundles: The models by name.
        configuration: The site's file.
        written: The site as that file has it.
        tape: The folder of the tape.
        instead: What counts in place of the file, if that is at fault.
    """
    slots, sync = site.slots_as_json(), site.leaders_as_json()
    return ConductorConfig(
        version=__version__,
        configuration=configuration,
        site=written,
        instead=instead,
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
        programme=programme_of(site),
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
        hours=HoursRules.of(site.hours),
        doubt=ClockDoubt().of,
        box=box_of(site.state_folder),
    )


def _render_hours(timbre: TimbreSection) -> RenderHours:
    said = timbre.render_hours
    return RenderHours(None if said is None else (said.begin, said.end), timbre.render_in_rests)
