"""Renders the banks that a performance without a clock needs, or finds them in the site's cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from reverie.conductor.banks.render_job import request_at
from reverie.conductor.configuration.site_resources import model_folders_of
from reverie.errors import ReverieError, ended, reason_of
from reverie.scenes.schema import Scene
from reverie.site.schema import Site
from reverie.timbre.spots import Spot

if TYPE_CHECKING:
    from reverie.timbre.bank.bank import Bank
    from reverie.timbre.bank_maker import BankMaker


class RenderedBanks:
    """The banks of one scene's timbres. ``say`` is told in one sentence of a bank that cannot be made."""

    def __init__(self, site: Site, scene: Scene, folders: Sequence[Path], say: Callable[[str], object]) -> None:
        self._site = site
        self._scene = scene
        self._folders = folders
        self._say = say
        self._makers: dict[str, BankMaker] = {}
        self._made: list[str] = []
        self._told: set[str] = set()

    def bank_of(self, timbre: str, what: int | Spot) -> Bank | None:
        """The bank of a timbre's step or spot, which may take its time; None where it cannot be made."""
        from reverie.timbre.meter import Meter

        place = f"step {what}" if isinstance(what, int) else f"place {' '.join(map(str, what))}"
        title = f"{self._scene.title}: {timbre}, {place}"
        request = request_at(self._scene.timbres[timbre], what, title, self._folders)
        meter = Meter(request.title)
        try:
            made = self._maker(self._scene.timbres[timbre].renderer).make(request, meter.show, self._made)
        except (ReverieError, OSError) as error:
            meter.end()
            reason = str(error) if isinstance(error, ReverieError) else reason_of(error)
            self._tell(f"Timbre {timbre}: {reason.rstrip('.')}; its voices keep the sounds that they have")
            return None
        meter.end()
        for warning in made.warnings:
            self._tell(warning)
        self._made.append(made.bank.id)
        return made.bank

    def _maker(self, model: str) -> BankMaker:
        from reverie.timbre.bank_maker import BankMaker
        from reverie.timbre.timbre_models import open_timbre_model, timbre_model

        if model not in self._makers:
            settings = self._site.timbre
            opener = partial(open_timbre_model, threads=settings.workers, decoder=settings.decoder)
            path = timbre_model(model, model_folders_of(self._site)).path
            maker = BankMaker(path, self._site.timbre_folder, settings.quota_bytes, open_model=opener)
            self._makers[model] = maker
        return self._makers[model]

    def _tell(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self._say(ended(sentence))
