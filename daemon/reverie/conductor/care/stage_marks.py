"""The stages that the music passes, from the composer to the sound, each well or with its one fault.

A technician who is called looks for the first stage that is not well: what lies behind it cannot be.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reverie.processes.supervisor import ProcessInfo
from reverie.watch import fault_kinds as kinds
from reverie.watch.evidence import Evidence
from reverie.watch.fault_kinds import Severity
from reverie.watch.faults import Fault
from reverie.watch.summary import BAD, DOUBTFUL, GOOD

STAGES: Mapping[str, tuple[kinds.FaultKind, ...]] = {
    "composer": (kinds.MODEL_CANNOT_COMPOSE, kinds.MODEL_UNUSABLE, kinds.NOVELTY_UNKEPT),
    "guard": (kinds.NO_NEW_LOOP, kinds.LIMITS_WIDENED),
    "score": (
        kinds.LOOP_REPEATS,
        kinds.SCENE_BROKEN,
        kinds.SCENE_UNMET,
        kinds.SCENES_FOLDER,
        kinds.CONFIGURATION,
        kinds.CONFIGURATION_CHANGED,
    ),
    "player": (kinds.CRASH_LOOP, kinds.LEADER_MISSING, kinds.ROOM_APART, kinds.TAPE_UNWRITABLE, kinds.TAPE_UNSEALED),
    "port": (kinds.SLOT_MISSING,),
    "sound": (
        kinds.NOTHING_HEARD,
        kinds.SOUND_MISSING,
        kinds.SELF_TEST_FAILED,
        kinds.SLOT_AT_FAULT,
        kinds.BANK_NOT_PLAYED,
        kinds.SOUNDFONT_NOT_PLAYED,
        kinds.TIMBRE_NOT_RENDERED,
        kinds.METER_MISSING,
    ),
}
"""The stages in the order in which the music passes them, and the faults of each."""
PROCESSES = {"composer": "composer", "player": "player"}
"""The stages that have a process of their own."""


@dataclass(frozen=True, slots=True)
class StageMark:
    """How a stage is: ``level`` as in :class:`~reverie.watch.summary.Summary`; of one that is well, no more.

    ``fault`` is the id of the fault's kind, or empty where none is in the register.
    """

    stage: str
    level: str = GOOD
    fault: str = ""
    sentence: str = ""
    advice: str = ""


def stage_marks(
    evidence: Evidence, now: float, faults: Sequence[Fault], processes: Iterable[ProcessInfo]
) -> tuple[StageMark, ...]:
    """How each of the :data:`STAGES` is; ``faults`` come with the most severe first."""
    states = {process.role: process.state for process in processes}
    return tuple(_mark(stage, evidence, now, faults, states) for stage in STAGES)


def _mark(stage: str, evidence: Evidence, now: float, faults: Sequence[Fault], states: Mapping[str, str]) -> StageMark:
    process = PROCESSES.get(stage)
    if process and (state := states.get(process, "stopped")) != "up":
        level = DOUBTFUL if state == "starting" else BAD
        return StageMark(stage, level, "", f"The {process} is not up: {state}.", "Wait a minute; it starts by itself.")
    ids = {kind.id for kind in STAGES[stage]}
    fault = next((one for one in faults if one.id in ids), None)
    if fault is not None:
        level = BAD if fault.severity is Severity.SILENT else DOUBTFUL
        return StageMark(stage, level, fault.id, fault.sentence, fault.advice)
    if stage == "player" and not (alive := evidence.alive(now)).ok:
        return StageMark(stage, BAD, "", alive.sentence, "Start the player again.")
    if stage == "sound" and evidence.bar is not None and not evidence.audible:
        return StageMark(stage, BAD, "", "No slot has a device that sounds.", "See to the ports first.")
    return StageMark(stage)
