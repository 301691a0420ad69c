"""Somebody who listens by the page: a browser whose sound is caught as it goes to the loudspeaker."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

TAP = """
class Tap extends AudioWorkletProcessor {
  process([input]) {
    const samples = input?.[0] ? Float32Array.from(input[0]) : new Float32Array(128);
    if (input?.[1]) for (let at = 0; at < 128; at += 1) samples[at] = (samples[at] + input[1][at]) / 2;
    this.port.postMessage([currentTime, samples], [samples.buffer]);
    return true;
  }
}
registerProcessor('tap', Tap);
"""
"""In the page there is none: this one is for the ears of tests, on this machine, where browsers allow it."""

_LISTEN = """async ([mode, tapping]) => {
  const { listening } = document.querySelector('rv-listen');
  document.querySelector('rv-listen button').click();
  const until = async (what) => { while (!what()) await new Promise((go) => setTimeout(go, 20)); };
  await until(() => listening.context?.state === 'running' && listening.state === 'on');
  listening.mode = mode;
  const { context, synth } = listening;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([tapping], { type: 'text/javascript' })));
  const tap = new AudioWorkletNode(context, 'tap', { numberOfOutputs: 0 });
  window.caught = { blocks: [], bars: [] };
  tap.port.onmessage = ({ data }) => window.caught.blocks.push(data);
  synth.output.connect(tap);
  const { feed } = await import('/static/js/feed.js');
  feed.on('bar', (bar) => window.caught.bars.push(bar));
}"""
_CAUGHT = """async () => {
  const { DELAYS } = await import('/static/js/listen.js');
  const { serverNow } = await import('/static/js/clock.js');
  const { listening } = document.querySelector('rv-listen');
  const { blocks, bars } = window.caught;
  window.caught = { blocks: [], bars: [] };
  if (!blocks.length) return null;
  const rate = listening.context.sampleRate;
  const first = blocks[0][0];
  const samples = new Int16Array(Math.round((blocks.at(-1)[0] - first) * rate) + 128);
  for (const [at, block] of blocks)
    samples.set(block.map((one) => 32767 * one), Math.round((at - first) * rate));
  const offset = serverNow() - listening.clock.moment(performance.now() / 1000) - DELAYS[listening.mode];
  const bytes = new Uint8Array(samples.buffer);
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  const { counts, synth, plan, instruments } = listening;
  return { samples: btoa(text), rate, begins: first + offset, bars, counts, sounding: synth.sounding, size: plan.size,
    instruments: instruments.size, lost: Math.round(samples.length / 128) - blocks.length };
}"""


class Scripted(Protocol):
    """A page, whatever drives it."""

    async def evaluate(self, expression: str, arg: Any = None, /) -> Any:
        """What a script makes of what it is given."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Catch:
    """What was heard. ``begins`` is its first moment by the server's clock, as if the page had no delay."""

    samples: NDArray[np.float64]
    rate: int
    begins: float
    bars: list[dict[str, Any]]
    facts: dict[str, Any]

    def onsets(self, least: float = 0.004, apart: float = 0.06) -> list[float]:
        """The server's moments at which something begins to sound, by where loudness rises steeply."""
        hop = 48
        loud = np.sqrt(np.mean(np.square(self.samples[: len(self.samples) // hop * hop].reshape(-1, hop)), axis=1))
        found: list[float] = []
        floor = np.array([loud[max(0, at - 12) : at].max(initial=0.0) for at in range(len(loud))])
        for at in np.flatnonzero((loud > least) & (loud > 1.6 * floor)):
            moment = self.begins + at * hop / self.rate
            if not found or moment - found[-1] > apart:
                found.append(float(moment))
        return found

    def pitch(self, moment: float, seconds: float = 0.12) -> float:
        """The MIDI number of the loudest partial after a moment."""
        first = round((moment - self.begins + 0.01) * self.rate)
        part = self.samples[first : first + round(seconds * self.rate)]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(len(part)), 1 << 16))
        spectrum[: round(40 * (1 << 16) / self.rate)] = 0
        return float(69 + 12 * np.log2(int(np.argmax(spectrum)) * self.rate / (1 << 16) / 440))


async def listen(page: Scripted, mode: str = "hall") -> None:
    """Touch Listen, and catch what sounds from now on; the page's policy must not count, for the tap's sake."""
    await page.evaluate(_LISTEN, [mode, TAP])


async def caught(page: Scripted) -> Catch:
    """What was caught since the last time; what follows is caught anew."""
    said = await page.evaluate(_CAUGHT)
    assert said, "nothing was caught: does the audio thread run?"
    samples = np.frombuffer(base64.b64decode(said.pop("samples")), np.int16) / 32_767.0
    return Catch(samples, int(said.pop("rate")), float(said.pop("begins")), said.pop("bars"), said)
