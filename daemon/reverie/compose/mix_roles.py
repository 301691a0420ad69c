"""A mix for voices that say nothing of it, by what they are: a place, a level and a room for each kind.

The melody is in front and near the middle, chords are 6 dB behind it, wide and far away, drums and bass are dry and in
the middle. Several voices of one kind stand side by side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from reverie.compose.mix_course import VoiceMix

_KINDS: Mapping[str, VoiceMix] = {
    "drums": VoiceMix(level=-2.0, pan=0.0, reverb=10.0, chorus=0.0),
    "bass": VoiceMix(level=-2.0, pan=0.0, reverb=0.0, chorus=0.0),
    "chords": VoiceMix(level=-6.0, pan=0.0, reverb=60.0, chorus=40.0),
    "polyphony": VoiceMix(level=-4.0, pan=0.0, reverb=45.0, chorus=10.0),
    "harmonize": VoiceMix(level=-4.0, pan=0.0, reverb=45.0, chorus=10.0),
    "performance": VoiceMix(level=-2.0, pan=0.0, reverb=45.0, chorus=0.0),
    "genie": VoiceMix(level=-3.0, pan=0.0, reverb=40.0, chorus=0.0),
    "melody": VoiceMix(level=0.0, pan=0.0, reverb=35.0, chorus=0.0),
}
_SPREAD: Mapping[str, float] = {
    "chords": 45.0,
    "polyphony": 30.0,
    "harmonize": 30.0,
    "performance": 30.0,
    "genie": 30.0,
    "melody": 20.0,
}
"""How far from the middle the outermost of several voices of a kind stand."""


def role_mixes(kinds: Mapping[str, str]) -> dict[str, VoiceMix]:
    """The mix of each voice by its kind, in the order in which the scene has them: from left to right.

    Raises:
        KeyError: if a kind has no mix.
    """
    count, seen = Counter(kinds.values()), Counter[str]()
    mixes: dict[str, VoiceMix] = {}
    for name, kind in kinds.items():
        place = 0.0
        if count[kind] > 1:
            place = _SPREAD.get(kind, 0.0) * (2 * seen[kind] / (count[kind] - 1) - 1)
        seen[kind] += 1
        mixes[name] = VoiceMix(pan=round(place, 1)).over(_KINDS[kind])
    return mixes
