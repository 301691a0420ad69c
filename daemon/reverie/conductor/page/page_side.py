"""What the conductor has for the page: what it shows, what sounds there, and what people do with it.

Nothing here decides what plays. It hears of the music as others do, and what people want of it goes through the control
console.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from reverie.bus import Bus
from reverie.compose.ensemble import Ensemble
from reverie.conductor.care.self_test import SlotsTest
from reverie.conductor.care.vital_signs import VitalSigns
from reverie.conductor.composer_link import ComposerLink
from reverie.conductor.far.report import Report
from reverie.conductor.in_any_case import in_any_case
from reverie.conductor.keeping.maintenance import Housekeeping
from reverie.conductor.keeping.moment_keeping import MomentKeeper
from reverie.conductor.keeping.moment_replay import MomentReplay
from reverie.conductor.page.artist_desk import ARTIST, ArtistDesk
from reverie.conductor.page.candidates import Candidates
from reverie.conductor.page.public_state import PublicState
from reverie.conductor.page.scene_editor import SceneEditor
from reverie.conductor.page.scene_trial import SceneTrial
from reverie.conductor.page.sound_pictures import PictureDrawing, SoundPictures
from reverie.conductor.page.technician_desk import TechnicianDesk, renewing
from reverie.conductor.page.tone_channel import tone_channel
from reverie.conductor.page.visits import Visits
from reverie.conductor.page.voice_sounds import voice_sounds
from reverie.conductor.player_link import PlayerLink
from reverie.conductor.scene.form_hand import FormHand
from reverie.conductor.scene.sounding_bar import SoundingBar
from reverie.control.stage import Stage
from reverie.history.moment_store import FOLDER as MOMENTS
from reverie.history.moment_store import MomentStore
from reverie.history.vitals_store import FILE as VITALS
from reverie.history.vitals_store import VitalsStore
from reverie.watch.log_lines import keep_log_lines
from reverie.web.live_feed import LiveFeed
from reverie.web.page_parts import PageParts


class PageSide:
    """Puts together what pages show and let people do.

    ``live`` is what pages are told, ``sounds`` and ``pictures`` are what they sound and draw with, ``visits`` is what
    visitors do, ``artist`` what artists do, ``desk`` what technicians see and do, and ``vital_signs`` what is kept for
    their curves, and ``replay`` has a moment played again.

    Args:
        stage: What people can change.
        bus: Where sounds that have changed are published.
        report: What is told of the whole, and of whom it is known.
        player: Who plays.
        composer: Who composes.
        housekeeping: What writes the vitals.
    """

    def __init__(
        self,
        stage: Stage,
        bus: Bus,
        report: Report,
        player: PlayerLink,
        composer: ComposerLink,
        housekeeping: Housekeeping,
    ) -> None:
        config, clock, console, play = report.config, report.clock, report.console, report.play

        def music() -> Ensemble | None:
            return play.ensemble

        self._config = config
        self.sounds = voice_sounds(config.state, config.slots, bus, clock)
        self.pictures = SoundPictures(config.state / "pictures", config.timbres.folders, PictureDrawing())
        vitals = VitalsStore(config.state / VITALS, clock)
        housekeeping.keep_too(vitals.write, vitals.close)
        self.vital_signs = VitalSigns(vitals, clock)
        self.desk = TechnicianDesk(
            report,
            player,
            vitals,
            music,
            lambda: keep_log_lines().lines,
            {
                "player": renewing(player.worker),
                "composer": renewing(composer.worker),
                "timbre": report.timbres.condemn,
            },
            SlotsTest(
                player.sound, report.evidence, lambda slot: tone_channel(music(), slot), bus, report.faults, clock
            ),
        )
        report.course.warm_up.test = self.desk.self_test
        self._sounding = SoundingBar()
        self._public = PublicState(report, self._sounding, self.sounds.as_json)
        self.live = LiveFeed(self._public.now, clock)
        store = MomentStore(config.state / MOMENTS, config.visitors.moments, report.faults)
        housekeeping.keep_too(store.write, store.write)
        moments = MomentKeeper(store, self.live.sounding, music, report.scene, self._places_of_sounds, clock)
        self.visits = Visits(config.visitors, console, clock, music, report.dreams, stage.open_bar, moments)
        self.artist = ArtistDesk(
            console,
            stage,
            config.controls.limits,
            music,
            report.dreams,
            lambda: {name: voice.kind for name, voice in play.scene.voices.items()} if play.scene else {},
            SceneEditor(config.site, config.state / "scene-versions"),
            SceneTrial(report.scene, partial(play.change, by=ARTIST), play.perform),
            Candidates(music, composer.audition),
            FormHand(music, play.jump),
            partial(moments.keep, ARTIST),
        )
        console.keep_moments_by(moments.keep)
        self.replay = MomentReplay(store, console, lambda: stage.playing)

    def subscribe_to(self, bus: Bus) -> None:
        """Hear from now on of what is shown, after everybody else has.

        Sounds, pictures and vitals hear of it for themselves.
        """
        self._sounding.subscribe_to(bus)
        self.visits.moments.subscribe_to(bus)
        self.live.subscribe_to(bus)
        self.visits.subscribe_to(bus)
        self.artist.choices.subscribe_to(bus)
        self.artist.form.subscribe_to(bus)

    @property
    def services(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What runs beside the music even where no page is served, by what is so where it fails."""
        return {"No curves are kept": self.vital_signs.attend, "Pages are told nothing": self.live.attend}

    async def run(self) -> None:
        """Make what the pages need, until cancelled."""
        await asyncio.gather(self.visits.moments.store.run(), self.sounds.run(), self.pictures.run())

    @property
    def parts(self) -> PageParts:
        """What the pages are made of."""
        return PageParts(
            controls=self._config.controls.http,
            section=self._config.site.page,
            live=self.live,
            play=self.visits,
            sounds=self.sounds,
            pictures=self.pictures,
            artist=self.artist,
            desk=self.desk,
            moments=self.visits.moments.store,
        )

    def look(self) -> None:
        """See what has no message of its own."""
        in_any_case(self.visits.look)

    def bar_begins(self) -> None:
        """Another bar of the scene sounds, and nothing has come of that yet."""
        in_any_case(self._public.look)

    def bar_sounded(self) -> None:
        """A bar of the scene is over: do what is due."""
        for part in (self.artist.form.bar_over, self.visits.bar_sounded):
            in_any_case(part)

    def _places_of_sounds(self) -> Mapping[str, str]:
        places = {name: sound.place for name, sound in self.sounds.by_voice.items()}
        moody = self.sounds.by_program.items()
        return places | {f"{name}/{program}": sound.place for (name, program), sound in moody}
