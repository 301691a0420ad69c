"""While a mood gives a voice another program, browsers play that, from the bar line on and up to one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from fakes.browser import DESK, Visit
from fakes.hall import Hall
from reverie.browser_sounds.shipped_set import ShippedSet
from reverie.places import browser_sounds_folder

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]
FOLDER = browser_sounds_folder()
BASES = {name: f"/api/v1/sounds/{page}" for name, page in ShippedSet.read(FOLDER).pages.items()}

SCRIPT = """
async (bases) => {
  const { Listening } = await import('/static/js/listen.js');
  const { Synth } = await import('/static/js/listen-synth.js');
  const { planned } = await import('/static/js/listen-plan.js');
  const listeners = {};
  const source = { on: (what, listener) => { listeners[what] = listener; return () => undefined; } };
  const begun = performance.now() / 1000;
  const listening = new Listening(source, () => performance.now() / 1000 - begun);
  const until = async (what) => {
    for (let tries = 0; !what(); tries += 1) {
      if (tries > 500) throw new Error(`never: ${what}`);
      await new Promise((go) => setTimeout(go, 20));
    }
  };
  const given = [];
  const give = Synth.prototype.give;
  Synth.prototype.give = function (voice, instrument, program) {
    given.push([voice, program ?? null, instrument.page.title]);
    return give.call(this, voice, instrument, program);
  };
  await listening.start();
  const programs = { 42: bases.strings, 9: bases.marimba };
  const voice = { name: 'lead', kind: 'melody', muted: false, sound: { base: bases.flute, programs } };
  listeners.now({ voices: [voice] });
  await until(() => listening.instruments.ready(bases.flute));
  const before = listening.instruments.size;
  const bar = (number, more) => ({ epoch: 1, bar: number, scene_bar: number, scene: 's', begins: 100 + number * 2,
    seconds: 2, ticks: 1920, exact: true, notes: [['lead', 0, 60, 90, 100]], ahead: [], ...more });
  listeners.bar(bar(0, { ahead: [bar(1, { programs: [['lead', 42]] })] }));
  await until(() => given.some(([, program]) => program === 42));
  const foretold = listening.instruments.size;
  for (const number of [1, 2, 3]) listeners.bar(bar(number, number === 1 ? { programs: [['lead', 42]] } : {}));
  await until(() => listening.instruments.size === 1);
  await listening.stop();
  const notes = [bar(1, { programs: [['lead', 42]] }), bar(2)].flatMap((one) => planned(one).notes);
  return { before, foretold, given, programs: notes.map((note) => note.program ?? null) };
}
"""
LEVELS = """
async (bases) => {
  const { Synth } = await import('/static/js/listen-synth.js');
  const context = new OfflineAudioContext(2, 3 * 48000, 48000);
  const synth = new Synth(context);
  const tone = (hertz) => {
    const buffer = context.createBuffer(1, 48000 * 4, 48000);
    const samples = buffer.getChannelData(0);
    for (let place = 0; place < samples.length; place += 1)
      samples[place] = 0.5 * Math.sin((2 * Math.PI * hertz * place) / 48000);
    const page = { gain: 1, release: 0.05, zones: [{ at: 0, seconds: 4, root: 60, keys: [0, 127] }] };
    return { page, buffer };
  };
  synth.give('lead', tone(300));
  synth.give('lead', tone(900), 42);
  for (const [place, program] of [undefined, 42, 9].entries())
    synth.play({ id: String(place), voice: 'lead', program, pitch: 60, velocity: 127, begins: place, ends: place + 0.9,
      tied: false });
  const sound = (await context.startRendering()).getChannelData(0);
  const crossings = (from) => {
    let count = 0;
    for (let place = from + 1; place < from + 12000; place += 1)
      if (sound[place - 1] < 0 && sound[place] >= 0) count += 1;
    return count * 4;
  };
  return [0, 1, 2].map((place) => crossings(place * 48000 + 14400));
}
"""


async def opened(hall: Hall, visitor: Visitor) -> Visit:
    visit = await visitor(hall.address, DESK)

    async def sounds(route: Any) -> None:
        await route.fulfill(path=FOLDER / route.request.url.rpartition("/")[2])

    await visit.page.route("**/api/v1/sounds/*", sounds)
    return visit


async def test_the_sound_of_a_program_is_loaded_when_a_bar_to_come_has_it_and_let_go_after_it(
    hall: Hall, visitor: Visitor
) -> None:
    here = await opened(hall, visitor)
    told = await here.page.evaluate(SCRIPT, BASES)
    assert (told["before"], told["foretold"]) == (1, 2), "nobody loads what no mood wants"
    assert {(voice, program) for voice, program, _ in told["given"]} == {("lead", None), ("lead", 42)}
    assert told["programs"] == [42, None]


async def test_notes_of_a_program_sound_with_it_and_others_with_the_voices_own(hall: Hall, visitor: Visitor) -> None:
    here = await opened(hall, visitor)
    heard = await here.page.evaluate(LEVELS, BASES)
    assert heard == pytest.approx([300, 900, 300], rel=0.03), "what is not there yet is heard with the voice's own"
