"""Makes the bank that a request asks for: reads its sources, knows the recipe by them, renders what the cache lacks."""

from __future__ import annotations

import contextlib
import errno
import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reverie.errors import capital
from reverie.files import stamp
from reverie.models.library.card import ModelCard, read_card
from reverie.models.library.index import identity
from reverie.timbre.bank.bank import Bank, Origin
from reverie.timbre.bank.bank_files import bank_files
from reverie.timbre.bank.cache import BankCache
from reverie.timbre.bank.latent_shelf import LatentShelf
from reverie.timbre.bank.unfinished import unfinished
from reverie.timbre.errors import PostponedError, TimbreError
from reverie.timbre.executors.executor import Executor, Here
from reverie.timbre.feasible import beyond_abilities, within
from reverie.timbre.recipe import BankRecipe
from reverie.timbre.remembered_codes import RememberedCodes
from reverie.timbre.render.cost import NOTHING, BankCosts, measured
from reverie.timbre.render.fitted import fitted, unknown
from reverie.timbre.render.notes_of_recipe import render_notes
from reverie.timbre.render.progress_interval import Pace, part, unpaced
from reverie.timbre.render.renderer import Renderer
from reverie.timbre.request import BankRequest
from reverie.timbre.sound import Sound
from reverie.timbre.sources.source import SoundSource, read_source
from reverie.timbre.timbre_models import abilities_of, open_timbre_model

log = logging.getLogger(__name__)

Opener = Callable[[Path], Renderer]
MOST_SOURCES = 16
"""Sources that are kept for the next request: as many as a timbre has, and all drums of the last kits."""
FITTING_SHARE = 0.4
"""Of the progress to a bank whose sounds are new to the model."""
RENDERING_SHARE = 0.7
"""Of the progress to a bank; the rest is making its samples ready, which a small model's notes take longer for."""
_FULL = {errno.ENOSPC, errno.EDQUOT}


@dataclass(frozen=True, slots=True)
class Made:
    """A bank; ``found`` in the cache, or rendered.

    ``warnings`` are sentences about its sources, of which a maker says each once: all banks of a morph have the same.
    """

    bank: Bank
    found: bool
    warnings: tuple[str, ...]


class BankMaker:
    """A timbre model, a cache, and somebody to render."""

    def __init__(
        self,
        model: Path,
        cache: Path,
        quota: int,
        executor: Executor | None = None,
        open_model: Opener = open_timbre_model,
    ) -> None:
        """Work with the bundle ``model`` on a cache of ``quota`` bytes.

        Raises:
            ModelError: if the model card cannot be read.
            TimbreError: if it is no timbre model.
        """
        self._path = model
        self._card: ModelCard = read_card(model)
        self._abilities = abilities_of(model)
        self._folder = cache
        self._banks = BankCache(cache, quota, log.warning)
        self._latents = LatentShelf(cache, identity(self._card))
        self._executor = executor or Here()
        self._open_model = open_model
        self._renderer: tuple[Renderer, RememberedCodes] | None = None
        self._sources: dict[tuple[object, ...], SoundSource] = {}
        self._said: set[str] = set()

    def make(
        self, request: BankRequest, pace: Pace = unpaced, pinned: Collection[str] = (), *, only_found: bool = False
    ) -> Made:
        """The bank of a request; what is rendered of it is kept when ``pace`` or the executor raises.

        Old banks make room for it when there are too many, or when the disk is full; those that are ``pinned`` do not.

        Raises:
            PostponedError: if the cache lacks the bank, which was ``only_found`` to be.
            TimbreError: if a source cannot be used, or another process renders the bank.
            ModelError: if the model is damaged.
            OSError: if the cache cannot be written.
        """
        while True:
            try:
                return self._made(request, pace, pinned, only_found=only_found)
            except OSError as error:
                if error.errno not in _FULL or not self._banks.make_room(pinned):
                    raise
                log.warning("The disk with %s is full; the bank that was not used for longest made room.", self._folder)

    def costs(self, requests: Sequence[BankRequest]) -> BankCosts:
        """What the banks of requests will cost that the cache lacks; they are alike but for their mixtures.

        Raises:
            TimbreError: if a source cannot be used.
            ModelError: if the model is damaged.
        """
        lacking: list[BankRecipe] = []
        sounds: dict[str, Sound] = {}
        for request in requests:
            sources = self._read(request)
            recipe, found = self._look_up(within(request, self._abilities), sources)
            if found is None:
                lacking.append(recipe)
                sounds |= {source.sha256: source.sound for source in sources.values()}
        return measured(lacking, sounds, self._opened()[0], self._latents) if lacking else NOTHING

    def _look_up(self, request: BankRequest, sources: Mapping[str, SoundSource]) -> tuple[BankRecipe, Bank | None]:
        """The recipe of a request, and its bank if the cache has it: of searched latents, or as it was before them."""
        recipe, heard = (self._recipe(request, sources, search) for search in (self._abilities.search, 0))
        return recipe, self._banks.find(recipe.id) or self._banks.find(heard.id)

    def _made(self, request: BankRequest, pace: Pace, pinned: Collection[str], *, only_found: bool) -> Made:
        sources = self._read(request)
        beyond = (capital(f"{said}.") for _, said in beyond_abilities(request, self._abilities, self._card.name))
        said = dict.fromkeys((*_warnings(request, sources), *beyond))
        warnings = tuple(warning for warning in said if warning not in self._said)
        recipe, found = self._look_up(within(request, self._abilities), sources)
        if found is not None:
            self._forget(recipe.id)
            self._said.update(warnings)
            return Made(found, True, warnings)
        if only_found:
            raise PostponedError(f"the bank of {request.title} is not in the cache")
        sounds = {source.sha256: source.sound for source in sources.values()}
        with unfinished(self._folder, recipe.id) as kept:
            renderer, encoder = self._opened()
            begin = FITTING_SHARE if unknown(recipe, self._latents) else 0.0
            latents = fitted(recipe, sounds.__getitem__, renderer, kept, self._latents, part(pace, 0, begin))
            rest = part(pace, begin, 1)
            rendering, finishing = part(rest, 0, RENDERING_SHARE), part(rest, RENDERING_SHARE, 1)
            notes = render_notes(recipe, sounds.__getitem__, encoder, self._executor, kept, rendering, latents)
            origins = _origins(request, sources)
            files = bank_files(recipe, notes, request.title, self._model(), origins, finishing)
            bank = self._banks.put(recipe.id, files)
        self._banks.tidy({*pinned, bank.id}, self._latents.bytes)
        self._said.update(warnings)
        return Made(bank, False, warnings)

    def _recipe(self, request: BankRequest, sources: Mapping[str, SoundSource], search: int) -> BankRecipe:
        """The recipe of a request whose latents come of that version of the search; before the first, there was 0."""
        known = {name: replace(one.ingredient, fit=search) for name, one in sources.items()}
        return request.recipe(identity(self._card), known)

    def _read(self, request: BankRequest) -> dict[str, SoundSource]:
        """The sources of a request by name; those of the requests before are not read again while they are as then.

        Raises:
            TimbreError: if one cannot be used.
        """
        found: dict[str, SoundSource] = {}
        for share in request.sources.values():
            if share.file is not None:
                key = share.file, share.pitch, stamp(Path(share.file))
                found[share.name] = self._sources.get(key) or read_source(
                    Path(share.file), pitch=share.pitch, rate=self._abilities.hears
                )
                self._sources[key] = found[share.name]
        for old in [*self._sources][: -max(MOST_SOURCES, len(found))]:
            del self._sources[old]
        return found

    def _forget(self, bank: str) -> None:
        """Throw away what is left of a render that was killed between keeping its bank and that."""
        if (self._folder / "unfinished" / bank).is_dir():
            with contextlib.suppress(TimbreError, OSError), unfinished(self._folder, bank):
                pass

    def _opened(self) -> tuple[Renderer, RememberedCodes]:
        """The model at work, and the same with what it has encoded so far."""
        if self._renderer is None:
            renderer = self._open_model(self._path)
            self._renderer = renderer, RememberedCodes(renderer)
        return self._renderer

    def _model(self) -> dict[str, object]:
        """What a bank says of the model."""
        card = self._card
        return {
            "name": card.name,
            "config": card.config,
            "sha256": identity(card),
            "licence": card.source.get("licence", "not stated"),
        }


def _warnings(request: BankRequest, sources: Mapping[str, SoundSource]) -> Iterator[str]:
    """What people should know of the sources; that one has no pitch only where it is transposed."""
    for name, source in sources.items():
        yield from source.warnings
        if not request.drums or request.sources[name].at is not None:
            yield from source.without_pitch


def _origins(request: BankRequest, sources: Mapping[str, SoundSource]) -> list[Origin]:
    """Where everything comes from that is in the mixture; a point of the model's own space comes from the model."""
    origins: list[Origin] = []
    for share in request.sources.values():
        if share.name in sources:
            stated = sources[share.name].provenance
            origins.append(Origin(share.name, share.weight, stated.author, stated.licence, stated.source))
        else:
            origins.append(Origin(share.name, share.weight, "the model", "the model's", f"its latent {share.latent}"))
    return origins
