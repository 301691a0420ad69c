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
    "Plug it in and switch it on, start JACK where it plays through that, or mend the slot in `reverie.yaml`; it is "
    "looked for all the time",
)
SLOT_AT_FAULT = FaultKind(
    "slot-at-fault",
    Severity.IMPAIRED,
    "slot",
    "A slot takes notes that cannot be heard, or have another sound than they were to have.",
    "Do what the fault itself advises: it depends on the device",
)
SOUND_MISSING = FaultKind(
    "sound-missing",
    Severity.SILENT,
    "slot, or `monitor`",
    "Notes are sent, and no sound comes of them: a synthesizer is silent though fed, or nothing is heard in the hall.",
    "See whether amplifier and loudspeakers are on, not muted, and plugged in; the fault itself says more",
)
SELF_TEST_FAILED = FaultKind(
    "self-test-failed",
    Severity.SILENT,
    "slot",
    "In the last self-test, the quiet figure on a slot was not heard, or could not be played.",
    "See whether its device, amplifier and loudspeakers are on and plugged in, and test again; music that is heard "
    "ends it, and so does a device that was absent and comes",
)
METER_MISSING = FaultKind(
    "meter-missing",
    Severity.NOTICE,
    "slot, or `monitor`",
    "What is to hear whether notes sound does not hear: it has died, or its input is gone.",
    "See to what the fault names; it is tried again all the time, and the music does not depend on it",
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
ROOM_APART = FaultKind(
    "room-apart",
    Severity.IMPAIRED,
    "scene, token, version, network or stranger",
    "Boxes of one room do not play one piece; each plays on by itself, or to the same beat only.",
    "See that all boxes have the same token, scenes, models and version of Reverie",
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
    "Mend it, see `reverie check`; what needs no new start counts as soon as it is saved",
)
CONFIGURATION_CHANGED = FaultKind(
    "configuration-changed",
    Severity.NOTICE,
    "file",
    "Something of the site's configuration on disk has been changed and does not count yet: the fault says what.",
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
HISTORY_UNKEPT = FaultKind(
    "history-unkept",
    Severity.NOTICE,
    "",
    "What is played, and what befalls it, cannot be written into the history.",
    "Make room on the disk of the state folder, or let Reverie's user write there: the fault says what is wrong",
)
MOMENT_UNKEPT = FaultKind(
    "moment-unkept",
    Severity.NOTICE,
    "",
    "Moments that people keep cannot be written: they wait in memory, and are lost with a power cut.",
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
    "The tape cannot be written, so that what is played is not recorded, or what is old in it cannot be deleted.",
    "Make room, or let Reverie's user write there: the fault says which",
)
TAPE_UNSEALED = FaultKind(
    "tape-unsealed",
    Severity.NOTICE,
    "",
    "A journal of the tape cannot be made a MIDI file.",
    "Make room, or let Reverie's user write there: the fault says which",
)
SAFE_MODE = FaultKind(
    "safe-mode",
    Severity.IMPAIRED,
    "",
    "Reverie has crashed again and again, and plays its tape or old loops, and composes nothing for a while.",
    "The log says why: `journalctl -u reverie`; once that is mended, `reverie reload` leaves safe mode at once",
)
SCENE_MARKED = FaultKind(
    "scene-marked",
    Severity.IMPAIRED,
    "scene",
    "A scene is not played any more, because Reverie crashed with it; a safe scene plays in its place.",
    "Mend the scene's file, which clears the mark; or ask for the scene by name, as by `reverie do scene NAME`",
)
STAGE_STARVED = FaultKind(
    "stage-starved",
    Severity.IMPAIRED,
    "stage",
    "The heartbeat of the music stays out at a stage; it is cured there first, and then by a new life of its worker.",
    "Nothing needs to be done as long as it mends itself; if it does not, the log says what was tried",
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
CLOCK_DOUBTFUL = FaultKind(
    "clock-doubtful",
    Severity.NOTICE,
    "",
    "There are opening hours, and the date of this machine is not to be believed: it plays as if it were open.",
    "Set the clock, or let the machine reach a time server; a box without a battery for its clock forgets the time",
)
NOT_READY_TO_OPEN = FaultKind(
    "not-ready-to-open",
    Severity.NOTICE,
    "",
    "It opens within a minute, and a slot, the composer or a voice is not ready.",
    "Look at what the fault names; the music begins all the same, with loops that are there",
)
PRESENCE_SENSOR = FaultKind(
    "presence-sensor",
    Severity.NOTICE,
    "file",
    "The sensor that says whether somebody is there cannot be read.",
    "See whether it is plugged in, and let Reverie's user read the file; it is looked at all the time",
)
PRESENCE_UNKNOWN = FaultKind(
    "presence-unknown",
    Severity.NOTICE,
    "",
    "The sensor of presence has said nothing for many hours of opening: it plays as if somebody were there.",
    "Walk past the sensor; if that is not heard, see to it and to its cable",
)
REBOOT_REFUSED = FaultKind(
    "reboot-refused",
    Severity.NOTICE,
    "",
    "The machine is to be started anew while it is closed, and that was refused.",
    "Let Reverie's user do it by a rule of polkit (docs/how-to/hours.md), or leave `maintenance.reboot` out",
)
TIME_ZONE = FaultKind(
    "time-zone",
    Severity.NOTICE,
    "",
    "Hours, quiet hours or a programme go by the time zone of this machine, and it cannot be told.",
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
MACHINE_HOT = FaultKind(
    "machine-hot",
    Severity.NOTICE,
    "",
    "The processor is so hot that the machine is about to slow down, or does.",
    "Give it air: clear its openings and filters, see whether its fan turns, or move it out of the sun",
)
UNDERVOLTAGE = FaultKind(
    "undervoltage",
    Severity.NOTICE,
    "",
    "The machine's power supply is too weak, so that its firmware slows it down; its card may be damaged.",
    "Replace the power supply and its cable by those that the maker of the machine sells",
)
CLOCK_UNKEPT = FaultKind(
    "clock-unkept",
    Severity.NOTICE,
    "",
    "Hours or a programme go by the clock, and for an hour no time service has kept it.",
    "See whether the time service runs and reaches its server, `timedatectl timesync-status`, or set the clock",
)
MEMORY_SHORT = FaultKind(
    "memory-short",
    Severity.NOTICE,
    "",
    "The machine has hardly any memory left; the system ends what takes most once there is none.",
    "See what takes it, `reverie status` and `top`, and end what is not Reverie's",
)
CARD_WORN = FaultKind(
    "card-worn",
    Severity.NOTICE,
    "",
    "The built-in card is nearly worn out, as it says itself.",
    "Save what is on it, `reverie status` names the folders, and replace it before it fails",
)
DISK_FILLING = FaultKind(
    "disk-filling",
    Severity.NOTICE,
    "folder",
    "A disk will be full within a week, if it fills as it did lately.",
    "Make room, or let `tape.keep_days` or `tape.quota` be less",
)
NOTIFY_CHANNEL = FaultKind(
    "notify-channel",
    Severity.NOTICE,
    "channel",
    "A channel by which people are told has taken no message for an hour.",
    "See to its address and to the network; what waits is sent as soon as it answers",
)
MQTT_AWAY = FaultKind(
    "mqtt-away",
    Severity.NOTICE,
    "",
    "The MQTT broker cannot be reached, or ends the connection again and again: nobody there knows how it is.",
    "See to the broker and to `mqtt` in `reverie.yaml`: another box may have the same `topic`",
)

KINDS: tuple[FaultKind, ...] = tuple(kind for kind in globals().values() if isinstance(kind, FaultKind))
"""All of them, in the order in which they stand here."""
