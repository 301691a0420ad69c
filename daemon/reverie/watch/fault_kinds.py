"""Every kind of fault that Reverie can tell of: its id, how severe it is, whom it befalls, and what to do.

Nobody tells of anything else: a fault is told by its kind. The page docs/reference/faults.md is written from this
table by ``tools/make_reference.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much of the music a fault takes, the worst first; :data:`SEVERITIES` says what each means."""

    SILENT = "silent"
    IMPAIRED = "impaired"
    NOTICE = "notice"


SEVERITIES = {
    Severity.SILENT: "What the fault befalls cannot be heard.",
    Severity.IMPAIRED: "What the fault befalls sounds, but not as it should: old loops, other sounds, another tempo.",
    Severity.NOTICE: "The music is as it is wanted; something beside it is not, or will not be.",
}


@dataclass(frozen=True, slots=True)
class FaultKind:
    """What can be said of all faults of a kind.

    ``id`` is in lower case with hyphens, ``subject`` what a subject of this kind is (empty where there is but one
    such fault at a time), ``meaning`` a sentence on what is wrong. ``advice`` is what a person can do; whoever tells of
    a fault and knows the reason may give a better one.
    """

    id: str
    severity: Severity
    subject: str
    meaning: str
    advice: str


NOTHING_HEARD = FaultKind(
    "nothing-heard",
    Severity.SILENT,
    "",
    "No slot has its device, so that nothing can be heard but in browsers; the music goes on to its tape.",
    "Plug the devices in and switch them on; each is looked for all the time",
)
SLOT_MISSING = FaultKind(
    "slot-missing",
    Severity.SILENT,
    "slot",
    "A slot has no device, or its synthesizer cannot be started.",
    "Plug it in and switch it on, or mend the slot in `reverie.yaml`; it is looked for all the time",
)
SLOT_AT_FAULT = FaultKind(
    "slot-at-fault",
    Severity.IMPAIRED,
    "slot",
    "A slot takes notes that cannot be heard, or have another sound than they were to have.",
    "Do what the fault itself advises: it depends on the device",
)
SCENE_BROKEN = FaultKind(
    "scene-broken",
    Severity.IMPAIRED,
    "scene",
    "The file of a scene that is wanted cannot be played.",
    "Mend the file, see `reverie check`; its last good version plays until then, or another scene where it has none",
)
SCENES_FOLDER = FaultKind(
    "scenes-folder",
    Severity.IMPAIRED,
    "folder",
    "A folder of scenes cannot be entered, or has scenes that nobody will find.",
    "Let Reverie's user enter the folder, or mend `scenes`; it is looked into every 10 seconds",
)
SCENE_UNMET = FaultKind(
    "scene-unmet",
    Severity.IMPAIRED,
    "scene",
    "A scene names what this machine has not, such as a model, a slot or a leader, or asks more than a cable carries.",
    "Mend the scene, or give the site what it names; `reverie check` tells all of it",
)
LEADER_MISSING = FaultKind(
    "leader-missing",
    Severity.IMPAIRED,
    "leader",
    "The leader that the scene follows is not there; the scene leads itself meanwhile.",
    "Start it, and see that its clock reaches this machine",
)
BANK_NOT_PLAYED = FaultKind(
    "bank-not-played",
    Severity.IMPAIRED,
    "voice",
    "A voice cannot have the sample bank that is ready for it, and keeps the sound that it has.",
    "Put right what keeps the bank from its sampler; it is tried again every minute",
)
SOUNDFONT_NOT_PLAYED = FaultKind(
    "soundfont-not-played",
    Severity.IMPAIRED,
    "voice",
    "A voice cannot have the soundfont that its scene names, and keeps the sound of its slot.",
    "Put a whole soundfont there, or name another; it is tried again when the scene begins",
)
TIMBRE_NOT_RENDERED = FaultKind(
    "timbre-not-rendered",
    Severity.IMPAIRED,
    "timbre",
    "A sample bank of a timbre could not be rendered; its voices keep the sounds that they have.",
    "Put right what keeps it from being rendered; it is tried again after an hour, and when the scene begins",
)
NO_NEW_LOOP = FaultKind(
    "no-new-loop",
    Severity.IMPAIRED,
    "voice",
    "A voice has got no new loop for a while: its limits refuse all that its model composes.",
    "Loosen the limit that the fault names",
)
LIMITS_WIDENED = FaultKind(
    "limits-widened",
    Severity.IMPAIRED,
    "voice",
    "A voice finds no new loop within its limits, which are widened step by step: density, register, novelty.",
    "Loosen the limits that the fault names; they are narrowed again once loops are good",
)
LOOP_REPEATS = FaultKind(
    "loop-repeats",
    Severity.IMPAIRED,
    "voice",
    "A voice has repeated its last loop for a minute, because no other was composed in time.",
    "Look whether the composer is up; where the machine is too slow for the scene, lower its voices' `candidates` or "
    "raise their `hold`",
)
MODEL_CANNOT_COMPOSE = FaultKind(
    "model-cannot-compose",
    Severity.IMPAIRED,
    "model",
    "A model cannot compose; of several that fail for the same reason, the first is named.",
    "Look whether its file is whole, `reverie models verify`; loops that are there already play instead",
)
MODEL_UNUSABLE = FaultKind(
    "model-unusable",
    Severity.NOTICE,
    "file",
    "A model's file, or a folder of models, could not be read when Reverie was started.",
    "Mend it or take it away, and start Reverie anew; `reverie models verify` reads it",
)
CONFIGURATION = FaultKind(
    "configuration",
    Severity.IMPAIRED,
    "file",
    "The site's configuration on disk is at fault, and another counts: the fault says which.",
    "Mend it, see `reverie check`, and start Reverie anew if it shall count: `systemctl restart reverie`",
)
CONFIGURATION_CHANGED = FaultKind(
    "configuration-changed",
    Severity.NOTICE,
    "file",
    "The site's configuration on disk has been changed and does not count yet.",
    "Start Reverie anew to put it in force: `systemctl restart reverie`",
)
FOLDER_HANGS = FaultKind(
    "folder-hangs",
    Severity.NOTICE,
    "folder",
    "The folder of the state or of the tape does not answer, and another serves in its place until the next start.",
    "See to the disk or machine that it is on, then restart",
)
STATE_UNWRITABLE = FaultKind(
    "state-unwritable",
    Severity.NOTICE,
    "",
    "What must survive a power cut cannot be written.",
    "Make room, or let Reverie's user write there: the fault says which",
)
STATE_UNREADABLE = FaultKind(
    "state-unreadable",
    Severity.NOTICE,
    "file",
    "A file of the state could not be read and was renamed to `NAME.broken-TIME`.",
    "Look at it, and delete it when nothing in it is wanted; then the fault is over",
)
NOVELTY_UNKEPT = FaultKind(
    "novelty-unkept",
    Severity.NOTICE,
    "",
    "What was played cannot be kept: new loops are composed beside it until the next start, and not after it.",
    "Make room on the disk of the state folder, or let Reverie's user write there: the fault says what is wrong",
)
STATE_UNLOCKED = FaultKind(
    "state-unlocked",
    Severity.NOTICE,
    "",
    "The file system of the state folder keeps no locks, so that no other machine is kept from playing from it.",
    "Put `state` on a disk of this machine, or let the share's lock service run (NFS: rpc.statd)",
)
STATE_SHARED = FaultKind(
    "state-shared",
    Severity.IMPAIRED,
    "",
    "Another daemon plays from the same state folder.",
    "Stop one of them, or name another `state` for it",
)
TAPE_UNWRITABLE = FaultKind(
    "tape-unwritable",
    Severity.NOTICE,
    "",
    "The tape cannot be written: what is played is not recorded.",
    "Make room, or let Reverie's user write there: the fault says which",
)
TAPE_UNSEALED = FaultKind(
    "tape-unsealed",
    Severity.NOTICE,
    "",
    "A journal of the tape cannot be made a MIDI file.",
    "Make room, or let Reverie's user write there: the fault says which",
)
CRASH_LOOP = FaultKind(
    "crash-loop",
    Severity.IMPAIRED,
    "",
    "Reverie has crashed again and again within a few minutes, and was started again each time.",
    "The log says why, before each start: `journalctl -u reverie`",
)
REMINDER = FaultKind(
    "reminder",
    Severity.NOTICE,
    "",
    "APScheduler cannot remind of the programme: scenes change all the same, a second late.",
    "Nothing needs to be done for the music; the log has the reason",
)
TIME_ZONE = FaultKind(
    "time-zone",
    Severity.NOTICE,
    "",
    "There is a programme, and the time zone of this machine cannot be told.",
    "Set it with `timedatectl set-timezone`, or mend TZ",
)
PAGE_AWAY = FaultKind(
    "status-page-away",
    Severity.NOTICE,
    "",
    "The status page and the metrics cannot be served at their address.",
    "End the other program there, or mend `health` in `reverie.yaml`; it is tried again every 10 seconds",
)
PAGE_TOKEN = FaultKind(
    "page-token",
    Severity.NOTICE,
    "file",
    "A token by which artists or technicians log in cannot be used, or is no secret.",
    "See `reverie check`: the file needs one long line, and Reverie's user as its only reader",
)
PAGE_CERTIFICATE = FaultKind(
    "page-certificate",
    Severity.NOTICE,
    "file",
    "The certificate by which the page speaks HTTPS, or its key, cannot be used.",
    "Mend `page.certificate` and `page.key`, and let Reverie's user read both; they are looked at every 10 seconds",
)
COMMANDS_AWAY = FaultKind(
    "commands-away",
    Severity.NOTICE,
    "",
    "`reverie status` and `reverie panic` reach this daemon by its status page only: their socket cannot be made.",
    "Let Reverie's user write in the state folder",
)
CONTROL_MISSING = FaultKind(
    "control-missing",
    Severity.NOTICE,
    "`midi` or `osc`",
    "A way to control the music by hand is not there.",
    "Plug the control surface in, or mend `control` in `reverie.yaml`; it is looked for all the time",
)
CONTROL_UNRECORDED = FaultKind(
    "control-unrecorded",
    Severity.NOTICE,
    "",
    "What is controlled by hand is obeyed, and cannot be recorded.",
    "Make room, or let Reverie's user write there: the fault says which",
)
WEB_FLOOD = FaultKind(
    "web-flood",
    Severity.NOTICE,
    "",
    "The status page has more connections than it takes; those that are silent are ended for others.",
    "Find out who opens them, and keep them away by a firewall or by another `health.address`",
)
CUE_NOT_PLAYED = FaultKind(
    "cue-not-played",
    Severity.NOTICE,
    "cue",
    "A sound that was to come along with a dream could not be played, or told to the DAW.",
    "Do what the fault itself advises; the dream goes on without it",
)
CONTROL_FLOOD = FaultKind(
    "control-flood",
    Severity.NOTICE,
    "",
    "Somebody sends more OSC to the control than is obeyed; the rest is left out.",
    "Find out who it is, and keep them away by a firewall or by another `control.osc`",
)

KINDS: tuple[FaultKind, ...] = tuple(kind for kind in globals().values() if isinstance(kind, FaultKind))
"""All of them, in the order in which they stand here."""
