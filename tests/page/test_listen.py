"""Listening in a real browser, with music that is made up: what is scheduled when, and what comes out of it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio

from fakes.browser import DESK, Visit
from fakes.hall import Hall
from reverie.browser_sounds.shipped_set import ShippedSet
from reverie.places import browser_sounds_folder

pytestmark = pytest.mark.real

Visitor = Callable[..., Awaitable[Visit]]
FOLDER = browser_sounds_folder()
SHIPPED = ShippedSet.read(FOLDER)
BASES = {name: f"/api/v1/sounds/{page}" for name, page in SHIPPED.pages.items()}
HELPERS = """
const { Plan, momentOf } = await import('/static/js/listen-plan.js');
const { MOST_NOTES, LIMITER, Synth } = await import('/static/js/listen-synth.js');
const { Instruments } = await import('/static/js/listen-instrument.js');
const { Listening } = await import('/static/js/listen.js');
const { AudioClock } = await import('/static/js/listen-clock.js');
const bar = (number, notes, more = {}) => ({ epoch: 1, bar: number, scene_bar: number, scene: 's', begins: number * 2,
  seconds: 2, ticks: 1920, exact: true, notes, ahead: [], ...more });
const at = (notes) => notes.map((note) => [note.voice, note.pitch, Math.round(note.begins * 1000)]);
const offline = async (seconds, play) => {
  const context = new OfflineAudioContext(2, seconds * 48000, 48000);
  const synth = new Synth(context);
  const instruments = new Instruments((bytes) => context.decodeAudioData(bytes));
  await play(synth, instruments, context);
  const sound = await context.startRendering();
  return sound.getChannelData(0);
};
const note = (begins, more = {}) => ({ id: `${begins}/${more.pitch ?? 60}`, voice: 'lead', pitch: 60, velocity: 100,
  begins, ends: begins + 0.2, tied: false, ...more });
const loud = (samples, from, until) => {
  let sum = 0;
  const [first, last] = [from, until].map((one) => Math.round(one * 48000));
  for (let place = first; place < last; place += 1) sum += samples[place] ** 2;
  return Math.sqrt(sum / (last - first));
};
const onsets = (samples, least = 0.004) => {
  const found = [];
  let floor = 0;
  for (let place = 0; place + 48 < samples.length; place += 48) {
    const now = loud(samples, place / 48000, place / 48000 + 0.001);
    if (now > least && now > 2 * floor && place / 48000 - (found.at(-1) ?? -1) > 0.05) found.push(place / 48000);
    floor = Math.max(now, floor * 0.97);
  }
  return found;
};
const hertz = (samples, from, until) => {
  const part = samples.subarray(Math.round(from * 48000), Math.round(until * 48000));
  let crossings = 0;
  for (let place = 1; place < part.length; place += 1) if (part[place - 1] < 0 && part[place] >= 0) crossings += 1;
  return crossings / (until - from);
};
"""
"""What tests of the page's modules need, in their own language."""


class Ears:
    """A page on which scripts are tried."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit

    async def run(self, script: str, **known: Any) -> Any:
        """What a script returns; it knows ``bases`` (the shipped instruments) and what else it is given."""
        names = ", ".join(["bases", *known])
        return await self.visit.page.evaluate(
            f"async ({{ {names} }}) => {{ {HELPERS} {script} }}", {"bases": BASES, **known}
        )


@pytest_asyncio.fixture
async def ears(hall: Hall, visitor: Visitor) -> Ears:
    visit = await visitor(hall.address, DESK)

    async def sounds(route: Any) -> None:
        await route.fulfill(path=FOLDER / route.request.url.rpartition("/")[2])

    await visit.page.route("**/api/v1/sounds/*", sounds)
    return Ears(visit)


async def test_each_note_is_handed_on_once_however_often_its_bar_is_told(ears: Ears) -> None:
    handed = await ears.run(
        """
        const plan = new Plan();
        const next = bar(1, [['lead', 0, 62, 90, 100]], { exact: false });
        plan.tell(bar(0, [['lead', 0, 60, 90, 100], ['lead', 960, 64, 90, 100]], { ahead: [next] }));
        const found = [at(plan.due(-0.03, 0.5)), at(plan.due(0.4, 1.5)), at(plan.due(1.4, 2.3))];
        plan.tell(bar(1, [['lead', 0, 62, 90, 100]], { begins: 2.004 }));
        return [...found, at(plan.due(1.9, 3))];
        """
    )
    assert handed == [[["lead", 60, 0]], [["lead", 64, 1000]], [["lead", 62, 2000]], []]


async def test_who_comes_in_the_midst_of_a_bar_hears_what_is_left_and_no_burst(ears: Ears) -> None:
    script = """
        const plan = new Plan();
        plan.tell(bar(0, [0, 480, 960, 1440].map((tick) => ['lead', tick, 60, 90, 100])));
        return at(plan.due(1.2, 1.6));
        """
    assert await ears.run(script) == [["lead", 60, 1500]]


async def test_what_goes_otherwise_than_foretold_is_taken_back(ears: Ears) -> None:
    told = await ears.run(
        """
        const plan = new Plan();
        plan.tell(bar(0, [['lead', 0, 60, 90, 1900], ['bass', 0, 40, 90, 480], ['bass', 960, 43, 90, 480]]));
        plan.due(-0.1, 2);
        const { changed, dropped } = plan.tell(bar(0, [['lead', 0, 60, 90, 480], ['bass', 0, 40, 90, 480]]));
        return { changed: changed.map((one) => [one.pitch, one.ends]), dropped: dropped.map((one) => one.pitch) };
        """
    )
    assert told == {"changed": [[60, 0.5]], "dropped": [43]}


async def test_another_scene_ends_what_sounds_of_the_one_before(ears: Ears) -> None:
    told = await ears.run(
        """
        const plan = new Plan();
        plan.tell(bar(0, [['lead', 960, 60, 90, 4000], ['bass', 0, 40, 90, 480]]));
        plan.due(-0.1, 2);
        const { changed, dropped } = plan.tell(bar(1, [['lead', 0, 60, 90, 100]], { epoch: 2 }));
        return { changed: changed.map((one) => [one.pitch, one.ends]), dropped, due: at(plan.due(1.9, 2.1)) };
        """
    )
    assert told == {"changed": [[60, 2]], "dropped": [], "due": [["lead", 60, 2000]]}


async def test_notes_follow_a_tempo_that_changes_within_the_bar(ears: Ears) -> None:
    script = """
        const pace = [[0, 0, 1 / 960], [960, 1, 1 / 480]];
        return [0, 480, 960, 1440, 1920].map((tick) => momentOf(bar(0, [], { pace, seconds: 3 }), tick));
        """
    assert await ears.run(script) == [0, 0.5, 1, 2, 3]


async def test_muted_and_silent_voices_and_rests_have_no_notes(ears: Ears) -> None:
    script = """
        const plan = new Plan();
        const notes = ['a', 'b', 'c'].map((voice, place) => [voice, 0, 60 + place, 90, 9]);
        plan.tell(bar(0, notes, { muted: ['a'], tacet: ['b'] }));
        const found = at(plan.due(-1, 1));
        plan.tell(bar(1, [['c', 0, 62, 90, 9]], { resting: true }));
        return [found, at(plan.due(1, 3))];
        """
    assert await ears.run(script) == [[["c", 62, 0]], []]


async def test_a_plan_forgets_what_is_over(ears: Ears) -> None:
    size = await ears.run(
        """
        const plan = new Plan();
        for (let number = 0; number < 2000; number += 1) {
          plan.tell(bar(number, [0, 480, 960].map((tick) => ['lead', tick, 60, 90, 100])));
          plan.due(number * 2 - 0.03, number * 2 + 2);
        }
        return plan.size;
        """
    )
    assert size["bars"] < 40
    assert size["notes"] < 120


async def test_a_plan_of_which_nobody_asked_for_hours_forgets_what_is_over(ears: Ears) -> None:
    size = await ears.run(
        """
        const plan = new Plan();
        for (let number = 0; number < 2000; number += 1)
          plan.tell(bar(number, [0, 480, 960].map((tick) => ['lead', tick, 60, 90, 100])));
        return plan.size;
        """
    )
    assert size["bars"] < 40


async def test_notes_begin_where_they_are_due_in_tune_and_as_loud_as_struck(ears: Ears) -> None:
    heard = await ears.run(
        """
        const sound = await offline(5, async (synth, instruments) => {
          synth.give('lead', await instruments.load(bases.vibraphone));
          synth.control('lead', new Map([[91, 0]]), 0);
          for (const [place, pitch] of [60, 67, 72].entries())
            synth.play(note(0.5 + place, { pitch, ends: 1 + place }));
          synth.play(note(3.5, { velocity: 50, pitch: 72, ends: 4 }));
        });
        return { onsets: onsets(sound, 0.002),
          hertz: [0, 1, 2].map((place) => hertz(sound, 0.75 + place, 0.95 + place)),
          levels: [2, 3].map((place) => loud(sound, 0.7 + place, 0.95 + place)), LIMITER,
          rest: loud(sound, 4.9, 5) };
        """
    )
    late = [onset - place - 0.5 - heard["LIMITER"] for place, onset in enumerate(heard["onsets"])]
    assert len(late) == 4
    assert max(map(abs, late)) <= 0.003
    assert heard["hertz"] == pytest.approx([261.6, 392.0, 523.3], rel=0.02)
    assert heard["levels"][1] / heard["levels"][0] == pytest.approx(0.25, rel=0.2)
    assert heard["rest"] < 0.05 * heard["levels"][0]


@pytest.mark.parametrize("name", ["marimba", "electric-piano", "bass", "pluck", "drums"])
async def test_what_is_struck_begins_within_three_milliseconds(ears: Ears, name: str) -> None:
    heard = await ears.run(
        """
        const sound = await offline(9, async (synth, instruments) => {
          synth.give('lead', await instruments.load(bases[name]));
          for (let place = 0; place < 8; place += 1)
            synth.play(note(0.5 + place, { pitch: name === 'drums' ? 36 : 45 + place, ends: 0.7 + place }));
        });
        return { onsets: onsets(sound, 0.002), LIMITER };
        """,
        name=name,
    )
    late = [onset - place - 0.5 - heard["LIMITER"] for place, onset in enumerate(heard["onsets"])]
    print(f"{name}: {min(late) * 1000:.1f} to {max(late) * 1000:.1f} ms")
    assert len(late) == 8
    assert max(map(abs, late)) <= 0.003


async def test_a_voice_whose_sound_changes_plays_the_new_one_from_the_next_note_on(ears: Ears) -> None:
    heard = await ears.run(
        """
        const page = await (await fetch(bases.flute)).json();
        const tone = (context, hertz) => {
          const buffer = context.createBuffer(1, 48000 * 30, 48000);
          const samples = buffer.getChannelData(0);
          for (let place = 0; place < samples.length; place += 1)
            samples[place] = 0.5 * Math.sin((2 * Math.PI * hertz * place) / 48000);
          return { page: { ...page, zones: [{ at: 0, seconds: 9, root: 60, keys: [0, 127], loop: [1, 2] }] }, buffer };
        };
        const sound = await offline(4, async (synth, _, context) => {
          synth.give('lead', tone(context, 300));
          synth.play(note(0.5, { ends: 3.5 }));
          synth.play(note(0.6, { voice: 'other' }));
          synth.give('lead', tone(context, 900));
          synth.play(note(2, { pitch: 64, velocity: 127, ends: 3 }));
        });
        return [hertz(sound, 1, 1.5), onsets(sound, 0.01).length, [300, 900 * 2 ** (4 / 12)].map((one) => {
          let [real, imaginary] = [0, 0];
          for (let place = 108000; place < 132000; place += 1) {
            real += sound[place] * Math.cos((2 * Math.PI * one * place) / 48000);
            imaginary += sound[place] * Math.sin((2 * Math.PI * one * place) / 48000);
          }
          return Math.hypot(real, imaginary) / 12000;
        })];
        """
    )
    assert heard[0] == pytest.approx(300, rel=0.02)
    assert min(heard[2]) > 0.02, "the note before keeps its sound, and the new one has the new"


async def test_a_crowd_of_notes_stays_within_the_limit_and_does_not_clip(ears: Ears) -> None:
    heard = await ears.run(
        """
        let most = 0;
        const sound = await offline(4, async (synth, instruments) => {
          synth.give('lead', await instruments.load(bases.strings));
          for (let count = 0; count < 300; count += 1) {
            const more = { id: String(count), pitch: 36 + (count % 48), velocity: 127, ends: 3.5 };
            synth.play(note(0.5 + count / 200, more));
            most = Math.max(most, synth.sounding);
          }
        });
        return { most, MOST_NOTES, peak: sound.reduce((one, other) => Math.max(one, Math.abs(other)), 0) };
        """
    )
    assert heard["most"] <= heard["MOST_NOTES"]
    assert 0.2 < heard["peak"] <= 1.0


async def test_a_closed_hat_ends_an_open_one_and_a_tie_is_not_struck_again(ears: Ears) -> None:
    heard = await ears.run(
        """
        const hats = await offline(1.5, async (synth, instruments) => {
          synth.give('lead', await instruments.load(bases.drums));
          synth.play(note(0.2, { pitch: 46, velocity: 127 }));
          synth.play(note(0.3, { pitch: 42, velocity: 1 }));
          synth.play(note(0.8, { pitch: 46, velocity: 127 }));
        });
        const tied = await offline(3, async (synth, instruments) => {
          synth.give('lead', await instruments.load(bases.organ));
          synth.play(note(0.5, { ends: 1 }));
          synth.play(note(1, { ends: 2, tied: true }));
        });
        return { cut: loud(hats, 0.36, 0.42), rings: loud(hats, 0.96, 1.02), onsets: onsets(tied, 0.002).length,
          on: loud(tied, 1.4, 1.9), over: loud(tied, 2.6, 2.9) };
        """
    )
    assert heard["cut"] < 0.5 * heard["rings"]
    assert heard["onsets"] == 1
    assert heard["over"] < 0.1 * heard["on"]


async def test_volume_and_place_follow_the_controllers(ears: Ears) -> None:
    heard = await ears.run(
        """
        const context = new OfflineAudioContext(2, 3 * 48000, 48000);
        const synth = new Synth(context);
        const instruments = new Instruments((bytes) => context.decodeAudioData(bytes));
        synth.give('lead', await instruments.load(bases.organ));
        synth.control('lead', new Map([[10, 127], [91, 0]]), 0);
        synth.play(note(0.2, { ends: 2.8 }));
        synth.control('lead', new Map([[7, 50], [10, 127], [91, 0]]), 1.5);
        const sound = await context.startRendering();
        const [left, right] = [0, 1].map((side) => sound.getChannelData(side));
        return { left: loud(left, 0.8, 1.4), right: loud(right, 0.8, 1.4), softer: loud(right, 2, 2.6) };
        """
    )
    assert heard["left"] < 0.02 * heard["right"]
    assert heard["softer"] / heard["right"] == pytest.approx(0.25, rel=0.1)


async def test_the_clock_of_the_sound_card_is_followed_slowly_and_jumps_after_sleep(ears: Ears) -> None:
    moments = await ears.run(
        """
        const clock = new AudioClock();
        const stood = [clock.look(-100)];
        const first = clock.moment(200);
        let most = 0;
        for (let count = 0; count < 100; count += 1) {
          const before = clock.moment(200);
          stood.push(clock.look(-100 + 0.02 + 0.004 * Math.sin(count)));
          most = Math.max(most, Math.abs(clock.moment(200) - before));
        }
        const followed = clock.moment(200);
        stood.push(clock.look(-103));
        return { first, most, followed, stood: stood.map(Number).join(''), after: clock.moment(200) };
        """
    )
    assert moments["first"] == 100
    assert moments["most"] <= 0.001001
    assert moments["followed"] == pytest.approx(100.02, abs=0.004)
    assert moments["stood"] == "0" * 101 + "1"
    assert moments["after"] == 97


async def test_old_sounds_are_forgotten_and_a_page_that_stops_holds_nothing(ears: Ears) -> None:
    told = await ears.run(
        """
        const listeners = {};
        const source = { on: (what, listener) => { (listeners[what] ??= new Set()).add(listener);
          return () => listeners[what].delete(listener); } };
        const tell = (what, value) => listeners[what].forEach((listener) => listener(value));
        const until = async (what) => { while (!what()) await new Promise((go) => setTimeout(go, 20)); };
        const begun = performance.now() / 1000;
        const listening = new Listening(source, () => performance.now() / 1000 - begun);
        await listening.start();
        const now = (sounds) => ({ voices: Object.entries(sounds).map(([name, sound]) => ({ name, kind: 'melody',
          muted: false, sound: { base: bases[sound] } })) });
        const sizes = [];
        for (const sounds of [{ a: 'flute', b: 'bass' }, { a: 'organ', b: 'bass' }, { a: 'marimba' }]) {
          tell('now', now(sounds));
          await until(() => Object.values(sounds).every((one) => listening.instruments.ready(bases[one])));
          await until(() => listening.instruments.size === Object.keys(sounds).length);
          sizes.push(listening.instruments.size);
        }
        const voices = listening.synth.voices;
        const first = performance.now() / 1000 - begun;
        for (let number = 0; number < 6; number += 1)
          tell('bar', bar(number, [0, 240, 480, 720].map((tick) => ['a', tick, 60, 90, 100]), { seconds: 0.4,
            begins: first + number * 0.4, ticks: 960, epoch: 3 }));
        await until(() => performance.now() / 1000 - begun > first + 3.6);
        const played = { ...listening.counts, sounding: listening.synth.sounding };
        const context = listening.context;
        await listening.stop();
        return { sizes, voices, played, state: listening.state, context: context.state,
          listeners: Object.values(listeners).map((one) => one.size) };
        """
    )
    assert told["sizes"] == [2, 2, 1]
    assert told["voices"] == ["a"]
    assert told["played"]["played"] >= 4
    assert told["played"]["sounding"] == 0, "every node has ended and was let go"
    assert told["state"] == "off"
    assert told["context"] == "closed"
    assert told["listeners"] == [0, 0]


async def test_after_sleep_nothing_comes_in_a_burst(ears: Ears) -> None:
    told = await ears.run(
        """
        const listeners = {};
        const source = { on: (what, listener) => { listeners[what] = listener; return () => undefined; } };
        const begun = performance.now() / 1000;
        const listening = new Listening(source, () => performance.now() / 1000 - begun);
        await listening.start();
        const wait = (seconds) => new Promise((go) => setTimeout(go, seconds * 1000));
        listeners.now({ voices: [{ name: 'a', kind: 'melody', muted: false, sound: { base: bases.marimba } }] });
        while (!listening.instruments.ready(bases.marimba)) await wait(0.02);
        const notes = Array.from({ length: 100 }, (_, place) => ['a', place * 96, 60, 90, 48]);
        listeners.bar(bar(0, notes, { begins: performance.now() / 1000 - begun, seconds: 10, ticks: 9600 }));
        await wait(1);
        const before = listening.counts.played;
        const context = listening.context;
        const resume = context.resume.bind(context);
        context.resume = async () => undefined;
        await context.suspend();
        while (listening.state === 'on') await wait(0.02);
        const states = [listening.state];
        await wait(2);
        const asleep = listening.counts.played;
        await resume();
        await wait(1);
        states.push(listening.state);
        const after = listening.counts.played;
        await listening.stop();
        return { before, asleep, after, late: listening.counts.late, states };
        """
    )
    print(json.dumps(told))
    assert told["states"] == ["asleep", "on"]
    assert told["asleep"] - told["before"] <= 6, "nothing is played that nobody hears"
    assert told["after"] - told["asleep"] < 25, "ten a second, and no burst of what was slept through"
