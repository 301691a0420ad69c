"""SFZ files (https://sfzformat.com): a bank as text beside its samples, in opcodes of version 1 and ARIA."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reverie.timbre.bank.zone import Zone

RELEASE = 0.3
"""Seconds in which a note dies away once its key is let go."""


def sfz_text(zones: Sequence[Zone], title: str, comments: Sequence[str]) -> str:
    """The text of a bank's SFZ file; samples are named as they lie beside it."""
    lines = [f"// {' '.join(comment.split())}" for comment in (title, *comments)]
    lines += ["<global>", f"ampeg_release={RELEASE:g}"]
    for zone in zones:
        lines += ["<region>", *(f"{name}={value}" for name, value in _opcodes(zone))]
    return "\n".join([*lines, ""])


def _opcodes(zone: Zone) -> Iterator[tuple[str, object]]:
    yield "sample", zone.file
    yield "lokey", zone.keys[0]
    yield "hikey", zone.keys[1]
    yield "lovel", zone.velocities[0]
    yield "hivel", zone.velocities[1]
    yield "pitch_keycenter", zone.sample.pitch
    if zone.variations > 1:
        yield "seq_length", zone.variations
        yield "seq_position", zone.sample.variation + 1
    if zone.choke:
        yield "group", zone.choke
        yield "off_by", zone.choke
    loop = zone.sample.loop
    yield "loop_mode", "one_shot" if zone.drum else "no_loop" if loop is None else "loop_continuous"
    if loop is not None:
        yield "loop_start", loop.start
        yield "loop_end", loop.end - 1
