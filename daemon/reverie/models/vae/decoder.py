"""Decoders: latent vectors become frames, flat or led by a conductor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from reverie.models.lstm import Array
from reverie.models.vae.heads import AVERAGE, Categorical, Floats, Frames, Groove, Heads, Said, StrokeDeviation
from reverie.models.vae.layers import Stack
from reverie.models.vae.wirings import Wiring

StepLeaning = Callable[[int, Frames, Floats], "Array | None"]
"""What is more likely to be said at a step than the model finds it: as :data:`~reverie.models.vae.heads.Leaning`, told
the number of the step and the frame (batch, width) that was said before it."""


class Core:
    """One stack of layers that hears its own last frame and a vector; Magenta's ``BaseLstmDecoder``.

    The vector's part of the first layer is computed once for each sequence, and classes choose rows of the kernel.
    """

    def __init__(
        self, weights: Mapping[str, Array], name: str, classes: tuple[int, ...], touch: StrokeDeviation = AVERAGE
    ) -> None:
        self._output, self._output_bias = weights[f"{name}.output.kernel"], weights[f"{name}.output.bias"]
        size = self._output.shape[1]
        self.heads: Heads = Categorical(classes) if classes else Groove(size, touch)
        self._stack = Stack(weights, name)
        first = self._stack.cells[0]
        self._rows = np.vstack([first.inputs[:size], np.zeros((1, first.inputs.shape[1]), np.float32)])
        self._from_z, self._bias = first.inputs[size:], first.bias

    def sample(
        self, z: Array, before: Frames, uniforms: Floats, temperature: float, leaning: StepLeaning | None = None
    ) -> Said:
        """Say as many frames as there are uniform numbers (batch, steps, draws) for; ``before`` was said last.

        Returns:
            Frames (batch, steps, width) and the logarithms of their probabilities (batch, steps).
        """
        heads, stack = self.heads, self._stack
        batch, steps, _ = uniforms.shape
        frames, log_p = heads.empty(batch, steps), np.empty((batch, steps))
        state, always = stack.begin(z), self._always(z)
        for step in range(steps):
            hidden = stack.step(heads.heard(self._rows, before) + always, state)
            leans = partial(leaning, step, before) if leaning else None
            before, log_p[:, step] = heads.say(
                hidden @ self._output + self._output_bias, uniforms[:, step], temperature, leans
            )
            frames[:, step] = before
        return Said(frames, log_p)

    def _always(self, z: Array) -> Array:
        """The part of the first layer's gates that the vector makes, at every step."""
        return z @ self._from_z + self._bias

    def outputs(self, z: Array, heard: Frames) -> Array:
        """The outputs (batch, steps, size) where frames (batch, steps, width) are heard, whatever is said."""
        stack = self._stack
        batch, steps, _ = heard.shape
        state, always = stack.begin(z), self._always(z)
        hiddens = np.empty((batch, steps, stack.cells[-1].units), np.float32)
        for step in range(steps):
            hiddens[:, step] = stack.step(self.heads.heard(self._rows, heard[:, step]) + always, state)
        return hiddens @ self._output + self._output_bias


class Decoder:
    """All cores, and the conductor if there is one.

    Equal to Magenta's flat decoders, and to ``HierarchicalLstmDecoder`` without autoregression over a core or over a
    ``SplitMultiOutLstmDecoder``: the conductor makes a vector for each segment, and in each the cores begin anew, but
    hear what was said last.
    """

    def __init__(self, weights: Mapping[str, Array], wiring: Wiring, touch: StrokeDeviation = AVERAGE) -> None:
        self._cores = [
            Core(weights, name, classes, touch) for name, classes in zip(wiring.core_names, wiring.cores, strict=True)
        ]
        self._conductor = Stack(weights, "decoder.conductor") if wiring.conductor else None
        self._segment = wiring.conductor
        name = "decoder.conductor" if wiring.conductor else "decoder"
        self.latent_size = len(weights[f"{name}.initial.kernel"])
        self._frame_ends = np.cumsum([core.heads.width for core in self._cores])
        self._draw_ends = np.cumsum([core.heads.draws for core in self._cores])
        self.width, self.draws = int(self._frame_ends[-1]), int(self._draw_ends[-1])

    def empty(self, *shape: int) -> Frames:
        """Frames of the kind heard before the first."""
        return np.concatenate([core.heads.empty(*shape) for core in self._cores], axis=-1)

    def _vectors(self, z: Array, steps: int) -> list[tuple[slice, Array]]:
        """The steps of each segment, and the vectors (batch, units) that lead it."""
        if self._conductor is None:
            return [(slice(0, steps), z)]
        state = self._conductor.begin(z)
        silence = np.broadcast_to(self._conductor.cells[0].bias, (len(z), 4 * self._conductor.cells[0].units))
        return [
            (slice(begin, min(begin + self._segment, steps)), self._conductor.step(silence, state).copy())
            for begin in range(0, steps, self._segment)
        ]

    def sample(
        self,
        z: Array,
        uniforms: Floats,
        temperature: float,
        leaning: StepLeaning | None = None,
        only: int | None = None,
    ) -> Said:
        """Say frames, as many as there are uniform numbers (batch, steps, draws) for.

        With ``only`` one of the cores speaks alone, and frames are its own: cores do not hear each other.

        Raises:
            ValueError: if it is to lean, and several cores speak, each of which would have to lean by itself.
        """
        which = range(len(self._cores)) if only is None else (only,)
        if leaning and len(which) > 1:
            raise ValueError(f"{len(which)} cores speak, and what one leans to is no matter of the others")
        batch, steps, _ = uniforms.shape
        frames, log_p = self.empty(batch, steps), np.zeros((batch, steps))
        draws = np.split(uniforms, self._draw_ends[:-1], axis=-1)
        parts = np.split(frames, self._frame_ends[:-1], axis=-1)
        for segment, vector in self._vectors(z, steps):
            for core, part, own in ((self._cores[one], parts[one], draws[one]) for one in which):
                before = part[:, segment.start - 1] if segment.start else core.heads.empty(batch)
                leans = partial(_later, leaning, segment.start) if leaning else None
                said = core.sample(vector, before, own[:, segment], temperature, leans)
                part[:, segment] = said.frame
                log_p[:, segment] += said.log_p
        return Said(frames if only is None else parts[only], log_p)

    def activated(self, z: Array, frames: Frames) -> Floats:
        """What each step's outputs mean, given the frames before it."""
        heads = [core.heads for core in self._cores]
        return np.concatenate(
            [head.activated(out) for head, out in zip(heads, self._outputs(z, frames), strict=True)], axis=-1
        )

    def log_p(self, z: Array, frames: Frames) -> Floats:
        """The logarithm of each frame's probability (batch, steps), given those before it."""
        total = np.zeros(frames.shape[:2])
        parts = np.split(frames, self._frame_ends[:-1], axis=-1)
        for core, part, out in zip(self._cores, parts, self._outputs(z, frames), strict=True):
            total += core.heads.log_p(out, part)
        return total

    def _outputs(self, z: Array, frames: Frames) -> list[Array]:
        """Each core's outputs, given the frames before each step; all segments run side by side."""
        batch, steps, _ = frames.shape
        vectors = np.stack([vector for _, vector in self._vectors(z, steps)], axis=1)
        count, segment = vectors.shape[1], self._segment or steps
        heard = self.empty(batch, count * segment)
        heard[:, 1:steps] = frames[:, :-1]
        side_by_side = vectors.reshape(batch * count, -1)
        outputs: list[Array] = []
        for core, part in zip(self._cores, np.split(heard, self._frame_ends[:-1], axis=-1), strict=True):
            said = core.outputs(side_by_side, part.reshape(batch * count, segment, -1))
            outputs.append(said.reshape(batch, count * segment, -1)[:, :steps])
        return outputs


def _later(leaning: StepLeaning, first: int, step: int, before: Frames, chances: Floats) -> Array | None:
    """What is said in a segment that begins at step ``first``."""
    return leaning(first + step, before, chances)
