"""What technicians see and do: how each stage is, tones, new lives of workers, and the bundle for whoever helps."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from reverie.allowance import Allowance
from reverie.compose.ensemble import Ensemble
from reverie.conductor.care.self_test import SlotsTest
from reverie.conductor.care.stage_marks import StageMark, stage_marks
from reverie.conductor.far.report import Report
from reverie.conductor.hired_worker import HiredWorker
from reverie.conductor.keeping.support_bundle import BundleParts, support_bundle
from reverie.conductor.page.day_of_desk import day_of_desk
from reverie.conductor.page.room_of_desk import room_of_desk
from reverie.conductor.page.tone_channel import tone_channel
from reverie.conductor.player_link import PlayerLink
from reverie.errors import ended
from reverie.history.vitals_store import VitalsStore
from reverie.music.general_midi import DRUM_CHANNEL
from reverie.play.messages import PlayTone
from reverie.processes.crash_dumps import DUMPS
from reverie.site.actions import ControlError
from reverie.watch.fault_kinds import ROOM_APART
from reverie.watch.log_lines import LogLine
from reverie.watch.verdict import Verdict
from reverie.watch.vitals import FIELDS

log = logging.getLogger(__name__)

SOURCE = "technician"
"""By whom things are done, in the record."""
TONE_SECONDS, TONE_PITCH, TONE_DRUM, TONE_VELOCITY = 0.8, 72, 76, 96
"""A test tone: seconds, its pitch, its pitch where drums are, and how hard it is struck."""
EVERY_TONE, EVERY_LIFE = 0.5, 0.1
"""Test tones and new lives a second that are granted, one slot and one worker each."""
BEFORE_LIFE = 0.2
"""Seconds from the end of every note to the end of the player's life."""
ACTS = {"panic": {"action": "panic"}, "next": {"action": "next"}}
"""What the controls are asked for by each word of a technician."""

Renew = Callable[[str], bool]
"""Ends a worker's present life for the reason that is given; False if it has none."""


def renewing(worker: HiredWorker) -> Renew:
    """What ends the present life of a worker; its supervisor begins the next."""

    def renew(sentence: str) -> bool:
        lives = worker.state in {"up", "starting"}
        if lives:
            worker.condemn(sentence)
        return lives

    return renew


@dataclass(frozen=True, slots=True)
class TechnicianDesk:
    """Gathers what others know, and asks them to act.

    ``music`` is what plays, ``lines`` are the last lines of the log, ``lives`` end the lives of workers by role, and
    ``self_test`` tries the slots.
    """

    report: Report
    player: PlayerLink
    vitals: VitalsStore
    music: Callable[[], Ensemble | None]
    lines: Callable[[], Sequence[LogLine]]
    lives: Mapping[str, Renew]
    self_test: SlotsTest
    _tones: Allowance = field(init=False, default_factory=lambda: Allowance(EVERY_TONE, 2.0))
    _renewed: Allowance = field(init=False, default_factory=lambda: Allowance(EVERY_LIFE, 1.0))

    def state(self) -> dict[str, Any]:
        """How the installation is, as plain data."""
        report = self.report
        summary = report.summary()
        return {
            "summary": {"level": summary.level, "sentence": summary.sentence},
            "stages": [asdict(mark) for mark in self._marks()],
            "slots": [asdict(slot) for slot in report.evidence.slots],
            "sounds": [asdict(sound) for sound in report.evidence.sounds.values()],
            "self_test": {
                "runs": self.self_test.runs,
                "slots": [asdict(slot) for slot in tested.slots] if (tested := report.evidence.tested) else [],
            },
            "faults": [asdict(fault) for fault in report.faults.active],
            "cleared": [asdict(fault) for fault in report.faults.cleared],
            "processes": [asdict(process) for process in report.processes()],
            "workers": sorted(self.lives),
            "paused": report.console.paused,
            "starts": report.lives.starts,
            "crashes": report.lives.crashes,
            "uptime_seconds": round(report.clock.now() - report.begun, 1),
            "day": day_of_desk(report),
            "room": room_of_desk(
                report.config.site.room,
                report.evidence.room,
                {fault.subject for fault in report.faults.of(ROOM_APART)},
                report.play.scene and report.play.scene.name,
            ),
            "version": report.config.version,
            "contact": self.contact(),
        }

    def contact(self) -> dict[str, Any] | None:
        """Who helps, as the configuration that counts has it."""
        contact = self.report.site.taking.in_force.page.contact
        return contact and contact.model_dump(mode="json")

    def curves(self, span: str) -> dict[str, Any]:
        """The vitals of the last ``day`` by the minute, or of the last ``month`` by the hour, as rows."""
        rows = self.vitals.minutes if span == "day" else self.vitals.hours
        return {
            "span": span,
            "until": round(self.report.clock.wall()),
            "fields": list(FIELDS),
            "rows": [row.as_row() for row in rows],
        }

    def log(self) -> list[dict[str, Any]]:
        """The last lines of the log."""
        return [asdict(line) for line in self.lines()]

    def tone(self, slot: str) -> Verdict:
        """Have a slot sound a test tone; what came of it."""
        known = {state.name: state for state in self.report.evidence.slots}
        if slot not in known:
            return Verdict(ok=False, sentence="There is no such slot.")
        if not self._tones.take(slot):
            return self._noted("tone", slot, "one tone after another; wait a moment")
        if not known[slot].up:
            return self._noted("tone", slot, f"the slot has no device: {known[slot].detail}")
        channel = tone_channel(self.music(), slot)
        pitch = TONE_DRUM if channel == DRUM_CHANNEL else TONE_PITCH
        if not self.player.sound(PlayTone(slot, channel, pitch, TONE_VELOCITY, TONE_SECONDS)):
            return self._noted("tone", slot, "there is no player just now")
        return self._noted("tone", slot)

    def test_slots(self) -> Verdict:
        """Have each slot sound a quiet figure; the state says later which were heard."""
        if self.self_test.runs:
            return self._noted("self-test", "", "it is at it already")
        self.self_test.begin()
        return self._noted("self-test", "")

    def renew(self, worker: str) -> Verdict:
        """Have a worker begin another life; what came of it."""
        if worker not in self.lives:
            return Verdict(ok=False, sentence="There is no such worker.")
        if not self._renewed.take(worker):
            return self._noted("restart", worker, "it was started again a moment ago")
        if worker == "player":
            self.player.panic()
            asyncio.get_running_loop().call_later(BEFORE_LIFE, self._end_life, worker)
            return self._noted("restart", worker)
        return self._noted("restart", worker, "" if self._end_life(worker) else "it does not run")

    def act(self, word: str, value: object = None) -> Verdict:
        """Do at the controls what a word says: ``panic``, ``next``, or ``pause`` on or off."""
        wanted = {"action": "pause", "value": value} if word == "pause" else ACTS[word]
        try:
            return self.report.console.ask(wanted, SOURCE)
        except ControlError as error:
            return Verdict(ok=False, sentence=ended(str(error)))

    def report_text(self) -> str:
        """How the installation is, in sentences."""
        summary, faults = self.report.summary(), self.report.faults.active
        stages = (f"{mark.stage}: {' '.join(filter(None, (mark.level, mark.sentence)))}" for mark in self._marks())
        told = (f"[{fault.severity}] {fault.text}" for fault in faults)
        config = self.report.config
        head = f"Reverie {config.version}, {config.configuration}"
        return "\n".join([head, summary.text, "", *stages, "", *(told if faults else ["No faults."]), ""])

    async def bundle(self) -> bytes:
        """The support bundle, a ZIP file."""
        config = self.report.config
        parts = BundleParts(
            status=self.report.status(),
            site=config.site,
            tape=config.tape,
            log=tuple(self.lines()),
            vitals={span: self.curves(span) for span in ("day", "month")},
            report=self.report_text(),
            dumps=config.state / DUMPS,
        )
        return await asyncio.to_thread(support_bundle, parts)

    def _marks(self) -> tuple[StageMark, ...]:
        report = self.report
        return stage_marks(report.evidence, report.clock.now(), report.faults.active, report.processes())

    def _end_life(self, worker: str) -> bool:
        return self.lives[worker](f"The {worker} was ended by a technician.")

    def _noted(self, action: str, value: str, refused: str = "") -> Verdict:
        self.report.console.note(action, value, SOURCE, refused)
        if refused:
            return Verdict(ok=False, sentence=f"It was refused: {ended(refused)}")
        return Verdict(ok=True, sentence=f"It is done: {ended(f'{action} {value}'.strip())}")
