"""To which scene people go: by its name or number, or to the one after the present."""

from __future__ import annotations

from reverie.control.stage import Stage
from reverie.documents import did_you_mean
from reverie.foreign import quoted
from reverie.site.actions import ControlError


def go_to_scene(stage: Stage, wanted: str | None) -> str:
    """Play the scene of that name or number, or the one after the present (None); what cannot be read is passed over.

    Returns:
        Which scene it is and when it begins, in words, as it may wait for the end of what plays.

    Raises:
        ControlError: if there is none.
    """
    names, present = stage.scenes()
    if wanted is None:
        at = names.index(present) + 1 if present in names else 0
        possible = [name for name in (*names[at:], *names[:at]) if name != present]
    elif wanted in names:
        possible = [wanted]
    elif wanted.isdecimal() and 1 <= int(wanted) <= len(names):
        possible = [names[int(wanted) - 1]]
    else:
        raise ControlError(f"there is no scene {quoted(wanted)}{did_you_mean(wanted, names)}")
    if wanted is not None:
        stage.trust(possible[0])
    found = next((name for name in possible if stage.play_scene(name)), None)
    if found is None:
        raise ControlError("there is no scene to go to that can be read; see the log")
    return f"{found} goes on" if found == present else stage.begins(found)
