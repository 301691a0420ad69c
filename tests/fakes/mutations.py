"""What can be wrong with a file: bytes that changed, and JSON that says something else."""

from __future__ import annotations

import copy
from typing import Any, cast

from hypothesis import strategies as st

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    3,
    2**31,
    2**63,
    10**40,
    0.5,
    1e308,
    float("inf"),
    float("nan"),
    "",
    "x",
    "../x",
    "a\0b",
    "\ud800",
    "9" * 5000,
    "float32",
    "uint16",
    [],
    [1] * 70,
    [0],
    [2**30] * 40,
    [[[]]],
    {},
    {"a": {}},
)


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """Bytes with one to three changes."""
    changed = bytearray(data)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(changed) - 1)))
        size = draw(st.sampled_from([1, 1, 1, 4, 8, 10, 64, 1000]))
        kind = draw(st.sampled_from(["flip", "cut", "put", "drop", "double", "ones", "zeros"]))
        if kind == "flip" and changed:
            changed[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del changed[at:]
        elif kind == "put":
            changed[at:at] = draw(st.binary(min_size=1, max_size=12))
        elif kind == "drop":
            del changed[at : at + size]
        elif kind == "double":
            changed[at:at] = changed[at : at + size]
        else:
            there = len(changed[at : at + size])
            changed[at : at + size] = (b"\xff" if kind == "ones" else b"\0") * there
    return bytes(changed)


@st.composite
def said_otherwise(draw: st.DrawFn, value: Any) -> Any:
    """JSON in which one to three values are others, or gone."""
    changed = copy.deepcopy(value)
    for _ in range(draw(st.integers(1, 3))):
        changed = _changed(draw, changed)
    return changed


def _changed(draw: st.DrawFn, value: Any) -> Any:
    keys: list[Any] = []
    if isinstance(value, dict):
        keys = list(cast("dict[str, Any]", value))
    elif isinstance(value, list):
        keys = list(range(len(cast("list[Any]", value))))
    if not keys or draw(st.integers(0, 5)) == 0:
        return copy.deepcopy(draw(st.sampled_from(ODD)))
    key = draw(st.sampled_from(keys))
    if draw(st.integers(0, 7)) == 0:
        del value[key]
    else:
        value[key] = _changed(draw, value[key])
    return value
