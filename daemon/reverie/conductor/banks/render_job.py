"""One bank that is rendered: of a step of a timbre's path, or of a spot where a hand wants the timbre."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reverie.conductor.banks.render_hours import ALWAYS, RenderHours
from reverie.conductor.banks.timbre_turns import NO_STEP
from reverie.models.nsynth.decoder_name import DecoderName
from reverie.scenes.timbre import Timbre
from reverie.timbre.messages import Render
from reverie.timbre.request import BankRequest, request_of
from reverie.timbre.spots import Spot, spot_of, walked


@dataclass(frozen=True, slots=True)
class RenderJob:
    """A bank of a timbre of a scene, begun at a monotonic moment.

    ``step`` is of the timbre's path; none where its walk does not come by the ``spot``, or nobody can say when.
    """

    scene: str
    name: str
    timbre: Timbre
    step: int
    begun: float
    spot: Spot | None = None
    """Where hand or form want it; None where it is that of a step."""
    hurried: bool = False
    """Whether it is for a hand."""

    @classmethod
    def of(
        cls, scene: str, name: str, timbre: Timbre, what: int | Spot, begun: float, *, hurried: bool = False
    ) -> RenderJob:
        """The job for a step, or a spot."""
        if isinstance(what, int):
            return cls(scene, name, timbre, what, begun)
        step = walked(timbre.path, what)[1]
        comes_by = spot_of(timbre.path, step) == what
        return cls(scene, name, timbre, step if comes_by else NO_STEP, begun, what, hurried)

    @property
    def place(self) -> str:
        """Where on the path it is, in words."""
        return f"step {self.step}" if self.spot is None else f"place {' '.join(map(str, self.spot))}"


def request_at(timbre: Timbre, what: int | Spot, title: str, folders: Sequence[Path]) -> BankRequest:
    """What a step of a timbre needs, or a spot, which a grid has whatever its walk."""
    if isinstance(what, int):
        return request_of(timbre, what, title, folders)
    path, step = walked(timbre.path, what)
    return request_of(timbre.model_copy(update={"path": path}), step, title, folders)


@dataclass(frozen=True, slots=True)
class RenderConfig:
    """What renders are done with.

    Renders have a ``share`` of all cores together, on so many ``threads``; ``patience`` are the seconds after which one
    is given up. ``models`` are bundles by the name that scenes have for them; ``folders`` those where sources are
    looked for. ``hours`` are when banks are rendered; a hand never waits for them. ``decoder`` computes NSynth's notes.
    """

    cache: Path
    quota: int
    share: float
    patience: float
    threads: int
    models: Mapping[str, Path]
    folders: Sequence[Path] = ()
    hours: RenderHours = ALWAYS
    decoder: DecoderName = "numpy"

    def render(
        self, job: RenderJob, title: str, model: str, pinned: Collection[str], *, only_found: bool = False
    ) -> Render:
        """The order for a job; what a hand waits for has all cores, as far as nobody else wants them.

        Args:
            job: what is to be rendered.
            title: the scene's, for people.
            model: the file of the timbre's model.
            pinned: banks that have to stay in the cache.
            only_found: whether nothing is to be rendered now.
        """
        what = job.step if job.spot is None else job.spot
        request = request_at(job.timbre, what, f"{title}: {job.name}, {job.place}", self.folders)
        share = 1.0 if job.hurried else self.share
        cache, pins = str(self.cache), tuple(pinned)
        order = Render(request, model, cache, self.quota, share, self.threads, pins)
        return replace(order, hurried=job.hurried, only_found=only_found, decoder=self.decoder)
