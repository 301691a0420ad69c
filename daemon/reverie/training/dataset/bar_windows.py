"""Where music is cut into examples: on bar lines only, in any metre, so that an example knows its place in the bar.

**What a model can know.** Magenta's encoders count steps from the beginning of an example, and know no metre. The
counters of ``drum_kit`` begin anew every 64 steps, those of ``lookback_rnn`` every 32, those of ``attention_rnn`` every
128, whose sign of a bar line comes every 16; ``basic_rnn``, lead sheets and polyphony count nothing. As every example
begins on a bar line and is encoded by itself, the step after ``n`` others is always ``n`` modulo the bar. A model of
one metre learns that from the counter while it has not begun anew, and from then on from the music it has heard, which
its recurrent state remembers. Counter and bar begin together again after the least common multiple of both: for
``drum_kit`` 192 steps in 3/4 and 6/8, 448 in 7/8, 64 in 4/4. A model of several metres has to hear from the music which
it is in.

**What it cannot know.** The lookbacks of Magenta's configurations are 16 and 32 steps: in 3/4 or 7/8 they are no bars,
and what they offer to repeat stands elsewhere in the bar. Performances have no bars at all: their windows begin at bar
lines, but in hundredths of a second nothing says where the next one is.

**What a primer must be.** It begins on a bar line, with nothing remembered from before: then its first event is counted
as the model has learnt it. In a metre that does not fit its counter a model begins anew while it plays, before the
counter does, with its last bars as primer (:mod:`reverie.models.counting`); so examples in such a metre are no longer
than that, and the same count is always the same place in the bar.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class BarWindow(NamedTuple):
    """Events ``start`` to ``end`` of a passage; ``start`` is a bar line."""

    start: int
    end: int


def bar_windows(length: int, bar: int, window: int, shared: int = 1) -> Iterator[BarWindow]:
    """Cut a passage of ``length`` steps, which begins on a bar line, into windows of as many bars as fit.

    Args:
        length: steps of the passage.
        bar: steps of a bar.
        window: the most steps of a window; one bar is taken even if it is longer, and 0 leaves the passage whole.
        shared: by how many steps a window reaches into the next. A model is never asked for the first event of an
            example; with one step shared, every event but the passage's first is asked for once, downbeats included.

    Yields:
        Windows of at least a bar, or of all there is; a shorter end of a longer passage is left out.
    """
    hop = max(1, window // bar) * bar if window else length
    for start in range(0, length, max(1, hop)):
        if length - start >= bar or not start:
            yield BarWindow(start, min(start + hop + shared, length))
