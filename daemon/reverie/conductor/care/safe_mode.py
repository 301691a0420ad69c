"""Safe mode: after a crash loop Reverie plays what it has played before, and composes nothing.

Nothing of what may have been the end of it is touched: no model, no composer, no scene of the site. The page is up and
says so, and the watchdog is fed as long as the conductor lives, so that nothing starts anew what cannot be mended by
that. After a while, longer each time, it is left by itself, and everything is tried again; `reverie reload` does so at
once.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from reverie.conductor.care.taped_scene import TapedPassage, taped_passages, write_taped_scene
from reverie.conductor.conductor import Conductor
from reverie.conductor.configuration.config import ConductorConfig
from reverie.conductor.hours.programme import Programme
from reverie.conductor.in_any_case import in_any_case
from reverie.errors import reason_of
from reverie.places import scenes_folder
from reverie.processes.supervisor import Backoff, ProcessInfo, State, Supervisor, WorkerListener
from reverie.processes.wire import Message
from reverie.processes.worker_life import Role
from reverie.scenes.folder import LoadedScene, SceneFolder
from reverie.scenes.schema import Scene, Voice
from reverie.watch.fault_kinds import SAFE_MODE
from reverie.watch.verdict import Verdict

log = logging.getLogger(__name__)

SAFE = "safe-mode"
"""The name of the scene, and of the folder in which it lies."""
SHIPPED = "first-light"
"""What plays where there is no tape: from loops that were kept, or are shipped."""
PASSAGE_LASTS = 120.0
"""Seconds after which another passage of the tape follows."""


class AbsentWorker:
    """Stands where a worker would that is not started: it waits to live, for ever."""

    def __init__(self, role: Role, listener: WorkerListener, backoff: Backoff | None = None) -> None:
        del listener, backoff
        self._role = role
        self._stopping = asyncio.Event()

    @property
    def state(self) -> State:
        """It waits."""
        return "stopped" if self._stopping.is_set() else "waiting"

    @property
    def info(self) -> ProcessInfo:
        """There is no process."""
        return ProcessInfo(self._role.name, None, None, 0, self.state)

    def send(self, message: Message) -> bool:
        """Nobody reads."""
        del message
        return False

    def condemn(self, sentence: str) -> None:
        """There is no life to end."""

    def recycle(self, sentence: str) -> None:
        """There is no life to end."""

    async def run(self) -> None:
        """Wait until :meth:`stop`."""
        await self._stopping.wait()

    async def stop(self) -> None:
        """It is gone at once."""
        self._stopping.set()


class PlacedScenes(SceneFolder):
    """Scenes of which each voice is heard: one whose slot is not there, since it has another name by now, has another.

    Args:
        folders: Where the scenes lie.
        slots: The slots that are there; of these the first takes the place of others.
    """

    def __init__(self, folders: Sequence[Path], slots: Iterable[str]) -> None:
        super().__init__(folders)
        self._there = tuple(slots)

    def load(self, name: str) -> LoadedScene:
        """The same, with slots that are there."""
        loaded = super().load(name)
        return replace(loaded, scene=self._placed(loaded.scene))

    def _placed(self, scene: Scene) -> Scene:
        away = {name: voice for name, voice in scene.voices.items() if voice.output.slot not in self._there}
        if not self._there or not away:
            return scene
        moved = {name: _on_slot(voice, self._there[0]) for name, voice in away.items()}
        return scene.model_copy(update={"voices": {**scene.voices, **moved}})


class SafeConductor(Conductor):
    """Plays what was played before, until it is time to try again."""

    def __init__(self, config: ConductorConfig, *arguments: Any, **options: Any) -> None:
        """See :class:`~reverie.conductor.conductor.Conductor`; the scenes that are given are left alone."""
        _, *others = arguments
        folder = config.state / SAFE
        self._passages = taped_passages(config.tape)
        self._number = 0
        self._scene_file = _written(self._passages, 0, folder)
        scene = SAFE if self._scene_file else SHIPPED
        programme = [
            replace(one, scene=None if one.rests else scene, mood=None, playlist=None)
            for one in config.programme.entries
        ]
        super().__init__(
            # No scene is left alone: not even the one that must play now.
            replace(config, scene=scene, programme=Programme(programme), leaves_scenes=False),
            PlacedScenes([*([folder] if self._scene_file else []), scenes_folder()], config.slots),
            *others,
            **{"hire": hire_player} | options,
        )
        self.left = False
        """Whether safe mode is over, and not all of Reverie."""
        self._stay = self._lives.be_safe()
        plays = "its tape" if self._scene_file else f"{SHIPPED} from loops of old"
        sentence = f"Reverie has crashed again and again, and plays {plays} in safe mode; it tries again by itself"
        self.faults.tell(SAFE_MODE, "", f"{sentence} after {self._stay / 60:.0f} minutes")

    async def run(
        self, scene: str | None, seconds: float | None = None, around: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Play until :meth:`stop`, or until it is time to try again; a ``scene`` that was named is left alone."""
        del scene
        self.vigil.readiness.ready_at_once()

        async def stay() -> None:
            services = [self._stay_and_leave(), self._turn_pages(), *([around()] if around else [])]
            await asyncio.gather(*services)

        await super().run(None, seconds, stay)

    def look(self) -> None:
        """Look as ever, and feed the watchdog in any case: to start anew has mended nothing."""
        super().look()
        self.vigil.readiness.feed()

    def reload(self) -> Verdict:
        """Leave safe mode now."""
        self.leave()
        return Verdict(ok=True, sentence="Safe mode is left: Reverie plays as it is configured.")

    def leave(self) -> None:
        """End, and let an ordinary conductor try again."""
        self.left = True
        self.faults.clear(SAFE_MODE)
        self.vigil.readiness.goes_on()
        self.stop()

    async def _stay_and_leave(self) -> None:
        await asyncio.sleep(self._stay)
        log.info("Safe mode has lasted for %.0f minutes; everything is tried again.", self._stay / 60)
        self.leave()

    async def _turn_pages(self) -> None:
        """Let another passage follow now and then."""
        while self._scene_file is not None:
            await asyncio.sleep(PASSAGE_LASTS)
            self._number += 1
            if path := await asyncio.to_thread(_written, self._passages, self._number, self._scene_file.parent):
                in_any_case(partial(self.files_changed, {path}))


def hire_player(role: Role, listener: WorkerListener, backoff: Backoff | None = None) -> Supervisor | AbsentWorker:
    """A player, and nobody for any other role."""
    return (Supervisor if role.name == "player" else AbsentWorker)(role, listener, backoff)


def _on_slot(voice: Voice, slot: str) -> Voice:
    return voice.model_copy(update={"output": voice.output.model_copy(update={"slot": slot})})


def _written(passages: tuple[TapedPassage, ...], number: int, folder: Path) -> Path | None:
    """The file of the scene with that passage; None where there is none, or it cannot be written."""
    if not passages:
        return None
    try:
        return write_taped_scene(passages[number % len(passages)], folder, SAFE)
    except Exception as error:  # noqa: BLE001 - whatever the tape makes of it, safe mode must go on
        log.warning("No scene can be made of the tape (%s).", reason_of(error) if isinstance(error, OSError) else error)
        return None
