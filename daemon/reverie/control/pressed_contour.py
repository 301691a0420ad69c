"""Buttons that a person presses, as the contour of a voice: written in sixteenths, as the artist would. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

PAUSE = 4.0
"""Seconds without a press after which the next one begins another contour."""
TOGETHER = 0.04
"""Seconds within which buttons are pressed together."""
MOST = 64
"""Presses of a contour; of more the oldest are forgotten, with those that were pressed together with them."""
_BEAT = 4
"""Sixteenths of a quarter, of which a contour has whole ones."""
_LONGEST = 256
"""Sixteenths of a contour; of a longer one the oldest presses are forgotten."""


@dataclass(slots=True)
class PressedContour:
    """The presses of one voice: when, in seconds, and which button, 1 to 8."""

    presses: list[tuple[float, int]] = field(default_factory=list[tuple[float, int]])

    def press(self, button: int, now: float) -> None:
        """A button is pressed."""
        if self.presses and now - self.presses[-1][0] > PAUSE:
            self.presses.clear()
        self.presses = [*self.presses, (now, button)]
        if len(self.presses) > MOST:
            first = self.presses[0][0]
            self.presses = [one for one in self.presses if one[0] - first > TOGETHER] or self.presses[-1:]

    def written(self, qpm: float) -> str:
        """The contour in the notation of scenes, at so many quarters a minute; empty without a press.

        Each press lasts until the next, and the last to the end of its quarter.
        """
        moments: list[tuple[float, list[int]]] = []
        for time, button in self.presses:
            if moments and time - moments[-1][0] <= TOGETHER:
                moments[-1][1].append(button)
            else:
                moments.append((time, [button]))
        steps = [round((time - moments[0][0]) * qpm * _BEAT / 60) for time, _ in moments]
        for number in range(1, len(steps)):
            steps[number] = max(steps[number], steps[number - 1] + 1)
        first = next((number for number, step in enumerate(steps) if steps[-1] - step < _LONGEST), 0)
        steps = [step - steps[first] for step in steps[first:]]
        ends = [*steps[1:], (steps[-1] // _BEAT + 1) * _BEAT] if steps else []
        return " ".join(
            f"{_named(buttons)}:{end - start}"
            for (_, buttons), start, end in zip(moments[first:], steps, ends, strict=True)
        )


def _named(buttons: list[int]) -> str:
    different = sorted(set(buttons))
    return str(different[0]) if len(different) == 1 else f"[{' '.join(map(str, different))}]"
