"""MusicXML written by hand, as short as tests want it: a quarter has four divisions."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence

QUARTER = 4


def note(pitch: str, length: int = QUARTER, inside: str = "", *, chord: bool = False, attributes: str = "") -> str:
    """A note such as ``C4`` or ``F#3``, or a rest ``-``; ``inside`` goes before its end."""
    sound = "<rest/>"
    if pitch != "-":
        alter = {"#": "<alter>1</alter>", "b": "<alter>-1</alter>"}.get(pitch[1:-1], "")
        sound = f"<pitch><step>{pitch[0]}</step>{alter}<octave>{pitch[-1]}</octave></pitch>"
    return f"<note{attributes}>{'<chord/>' if chord else ''}{sound}<duration>{length}</duration>{inside}</note>"


def time(beats: int | str, unit: int) -> str:
    """A time signature."""
    return f"<attributes><time><beats>{beats}</beats><beat-type>{unit}</beat-type></time></attributes>"


def dynamic(name: str) -> str:
    """A mark of dynamics, without the loudness."""
    return f"<direction><direction-type><dynamics><{name}/></dynamics></direction-type></direction>"


def wedge(kind: str) -> str:
    """The beginning or end of a hairpin."""
    return f'<direction><direction-type><wedge type="{kind}"/></direction-type></direction>'


def instrument(program: int) -> str:
    """What a score says of a part that General MIDI's program (from 0) plays."""
    return f'<midi-instrument id="I"><midi-program>{program + 1}</midi-program></midi-instrument>'


def score(*parts: Sequence[str], title: str = "", about: str = "", played: Sequence[tuple[str, int]] = ()) -> bytes:
    """A score of parts, each a row of bars; the divisions are added. ``played`` has the name and program of each."""
    told = [(name, instrument(program)) for name, program in played] or [
        (f"Part {number}", about) for number in range(len(parts))
    ]
    listed = "".join(
        f'<score-part id="P{number}"><part-name>{name}</part-name>{more}</score-part>'
        for number, (name, more) in enumerate(told)
    )
    body = "".join(
        f'<part id="P{number}">'
        + "".join(
            f'<measure number="{index + 1}">'
            + ("" if index else f"<attributes><divisions>{QUARTER}</divisions></attributes>")
            + f"{bar}</measure>"
            for index, bar in enumerate(bars)
        )
        + "</part>"
        for number, bars in enumerate(parts)
    )
    work = f"<work><work-title>{title}</work-title></work>" if title else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><score-partwise version="4.0">{work}'
        f"<part-list>{listed}</part-list>{body}</score-partwise>"
    ).encode()


def mxl(data: bytes, name: str = "score.xml", listed: str | None = None) -> bytes:
    """The score compressed; ``listed`` is what the archive's list calls it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "META-INF/container.xml",
            f'<container><rootfiles><rootfile full-path="{listed or name}"/></rootfiles></container>',
        )
        archive.writestr(name, data)
    return packed.getvalue()


def waltz(bars: int = 4, title: str = "") -> bytes:
    """Bars of three quarters."""
    first, others = time(3, 4) + note("C4") * 3, [note("E4") + note("G4") * 2] * (bars - 1)
    return score([first, *others], title=title)
