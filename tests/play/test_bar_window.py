"""What is said in the moment in which the next bar is laid out already and has not begun counts from its line on.

The player lays a bar out some milliseconds before its line. Nobody may notice: whatever is said, the very same messages
go out at the very same moments as from a player that lays each bar out at its line.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.outputs import FakeClock, RecordingOutput, RecordingSampler
from fakes.playing import LEAD, Studio, loop, place, scene, steps
from reverie.music.notes import Note
from reverie.music.time import Metre, Tempo
from reverie.play.bars import AT_ITS_MOMENT, PUNCTUAL, Early
from reverie.play.events import ControlChange
from reverie.play.messages import Panic, Part, Rest, SetOverrides, TakeBank
from reverie.play.player import Player
from reverie.play.recording.tape import Tape
from reverie.play.slot_settings import SlotSettings

ON, OFF, PROGRAM = 0x90, 0x80, 0xC0
LINE = 1004.0
"""Where the third bar begins."""
BEFORE, AFTER = LINE - 0.003, LINE + 0.003
HELD = loop(Note(0, 400, 60), Note(480, 400, 62), Note(960, 400, 64), Note(1440, 700, 65), bars=2)
SECOND = Part("other", "slow", 2)


class HeldBack(RecordingOutput):
    """Remembers messages at the moment at which it lets them go."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self._held: list[bytes] = []

    def send(self, message: bytes) -> None:
        self._held.append(message)

    def flush(self) -> None:
        self.sent += [(round(self._clock.now(), 6), message) for message in self._held]
        self._held.clear()


class HeldSampler(HeldBack, RecordingSampler):
    """The same of a sampler."""


class Punctual(Studio):
    """A studio whose player lays bars out ahead, as the real process does, or else at their lines."""

    def __init__(
        self,
        folder: Path,
        early: Early = PUNCTUAL,
        outputs: type[RecordingOutput] = HeldBack,
        **slots: SlotSettings,
    ) -> None:
        super().__init__(folder, leaders=None, outputs=outputs, **slots)
        self.player = Player(self.slots, Tape(folder / "tape"), self.clock, self._hear, None, early)
        self.player.tend()

    def until(self, moment: float) -> None:
        """Play on to that moment, and not to what is due later."""
        while (due := self.player.due) <= moment:
            self.clock.time = max(self.clock.time, due)
            self.player.advance()
            self.player.tend()
        self.clock.time = max(self.clock.time, moment)


@pytest.fixture
def studio(tmp_path: Path) -> Punctual:
    studio = Punctual(tmp_path)
    studio.tell(scene(), place(steps(60, 62, 64, 65)))
    return studio


def say(studio: Punctual, moment: float, *messages: object) -> None:
    """Say something at that moment; then let the bar in which it was said, and the one after, go out."""
    studio.until(moment)
    assert studio.player._bar is not None
    assert studio.player._bar.number == 2, "the bar is laid out"
    studio.tell(*messages)
    studio.until(LINE + 4.5)


def test_a_tempo_set_just_before_a_bar_line_holds_from_it_on(studio: Punctual) -> None:
    say(studio, BEFORE, SetOverrides(240.0))
    starts = [at for at, data in studio.output.sent if data[0] == ON and at > LINE - 0.1]
    line = round(BEFORE + 0.0015, 6)  # what is left of the bar before goes at that tempo too
    assert starts[:5] == [line, line + 0.25, line + 0.5, line + 0.75, line + 1.0]
    assert studio.bars[2].seconds == 1.0


def test_a_tempo_set_just_after_a_bar_line_holds_from_then_on(studio: Punctual) -> None:
    say(studio, AFTER, SetOverrides(240.0))
    assert studio.output.sent[-1][0] < LINE + 4.6
    assert next(at for at, data in studio.output.sent if data[0] == ON and at > LINE) == LINE + 0.2515


def test_a_rest_said_just_before_a_bar_line_begins_there_and_ends_what_sounds(tmp_path: Path) -> None:
    studio = Punctual(tmp_path, main=SlotSettings({}, clock=True))
    studio.tell(scene(), place(loop(Note(0, 400, 60), Note(1440, 960, 65), bars=2)))
    studio.until(1005.999)
    studio.tell(Rest(on=True))
    studio.until(1010.0)
    assert [bar.resting for bar in studio.bars[2:4]] == [False, True]
    assert [at for at, data in studio.output.sent if data[:2] == bytes((OFF, 65))] == [1002.5, 1006.0]
    assert not [at for at, data in studio.output.sent if data[0] == ON and at > 1005.999]
    assert [(at, data[0]) for at, data in studio.output.sent if data[0] in {0xFA, 0xFB, 0xFC}] == [
        (1000.0, 0xFA),
        (1006.0, 0xFC),
    ]
    assert studio.bars[3].due == 0


def test_a_rest_that_is_taken_back_before_its_line_was_none(tmp_path: Path) -> None:
    studio = Punctual(tmp_path, main=SlotSettings({}, clock=True))
    studio.tell(scene(), place(HELD))
    studio.until(1001.0)
    studio.tell(Rest(on=True))
    studio.until(1001.997)
    studio.tell(Rest(on=False))
    studio.until(1004.5)
    assert [bar.resting for bar in studio.bars] == [False, False]
    ends = [at for at, data in studio.output.sent if data == bytes((OFF, 65, 0))]
    assert ends == [round(1000 + 2140 / 960, 6)], "the note over the line has its length again"
    assert [data[0] for _, data in studio.output.sent if data[0] in {0xFA, 0xFB, 0xFC}] == [0xFA]


def test_a_scene_set_just_before_a_bar_line_begins_there(studio: Punctual) -> None:
    say(studio, BEFORE, scene(replace(LEAD, program=5), epoch=2, name="two"), place(steps(72), epoch=2))
    assert [(bar.scene, bar.scene_bar) for bar in studio.bars[1:4]] == [("one", 1), ("two", 0), ("two", 1)]
    line = [data for at, data in studio.output.sent if round(at, 6) == LINE]
    assert line == [bytes((PROGRAM, 5)), bytes((ON, 72, 100))]


def test_a_scene_set_just_after_a_bar_line_begins_a_bar_later(studio: Punctual) -> None:
    say(studio, AFTER, scene(epoch=2, name="two"), place(steps(72), epoch=2))
    assert [(bar.scene, bar.scene_bar) for bar in studio.bars[1:4]] == [("one", 1), ("one", 2), ("two", 0)]


def test_a_loop_for_the_next_bar_that_comes_just_before_its_line_is_played_there(studio: Punctual) -> None:
    say(studio, BEFORE, place(steps(72), 2), place(steps(74), 3))
    assert [data[1] for at, data in studio.output.sent if data[0] == ON and at >= LINE][:2] == [72, 74]
    assert studio.bars[2].repeated == ()


def test_a_voice_muted_just_before_a_bar_line_is_not_due_there(studio: Punctual) -> None:
    say(studio, BEFORE, SetOverrides(muted=("lead",)))
    assert not [data for at, data in studio.output.sent if data[0] == ON and at >= LINE]
    assert (studio.bars[2].due, studio.bars[2].notes) == (0, {"lead": 0})


def test_a_panic_just_before_a_bar_line_leaves_the_bar_that_begins_there(studio: Punctual) -> None:
    say(studio, BEFORE, Panic())
    assert studio.bars[2].notes == {"lead": 4}


def test_a_panic_just_after_a_bar_line_leaves_the_bar_after(studio: Punctual) -> None:
    say(studio, AFTER, Panic())
    assert (studio.bars[2].notes["lead"], studio.bars[3].notes["lead"]) == (1, 4)


WORDS: dict[str, Callable[[int], object]] = {
    "rest": lambda _: Rest(on=True),
    "music": lambda _: Rest(on=False),
    "mute": lambda _: SetOverrides(muted=("lead",)),
    "unmute": lambda _: SetOverrides(),
    "fast": lambda _: SetOverrides(180.0),
    "slow": lambda _: SetOverrides(75.0, 0.5),
    "swing": lambda _: SetOverrides(swing=0.66),
    "panic": lambda _: Panic(),
    "loop": lambda bar: place(steps(70, 71), bar, part="lead"),
    "late loop": lambda bar: place(steps(50, 51, 52), max(bar - 2, 0), part="other"),
}


@settings(deadline=None, max_examples=40)
@given(
    said=st.lists(
        st.tuples(
            st.integers(0, 4),
            st.sampled_from([-0.0049, -0.003, -0.001, 0.001, 0.004, 0.3, 1.1]),
            st.sampled_from([*WORDS, "scene"]),
        ),
        max_size=6,
    )
)
def test_laying_a_bar_out_ahead_changes_nothing_that_goes_out(said: list[tuple[int, float, str]]) -> None:
    (ahead, told), (due, told_later) = (sent(early, said) for early in (Early(lay=PUNCTUAL.lay), AT_ITS_MOMENT))
    assert ahead == due
    assert told[: len(told_later)] == told_later
    assert len(told) <= len(told_later) + 1, "a bar is told of as the next is laid out: in the end it may be one more"


def sent(early: Early, said: list[tuple[int, float, str]]) -> tuple[dict[str, list[tuple[float, bytes]]], list[object]]:
    """What each device was sent, and what is told of each bar, when these words are said around bar lines of 2 s."""
    with tempfile.TemporaryDirectory() as folder:
        studio = Punctual(
            Path(folder),
            early,
            main=SlotSettings({}, clock=True, latency=0.02),
            slow=SlotSettings({}, latency=0.05, volume=90),
        )
        epoch = 1
        studio.tell(scene(replace(LEAD, program=3), SECOND))
        studio.tell(place(HELD), place(loop(Note(0, 1920, 40), Note(1900, 300, 43), bars=2), part="other"))
        for bar, off, word in sorted(said):
            studio.until(max(1000.0 + 2 * bar + off, studio.clock.now()))
            if word == "scene":
                epoch += 1
                studio.tell(replace(scene(LEAD, epoch=epoch, name=f"number {epoch}", tempo=Tempo(100)), metre=Metre()))
                studio.tell(place(steps(80 + epoch, 90), epoch=epoch))
            else:
                studio.tell(WORDS[word](bar))
        studio.until(studio.clock.now() + 4.1)
        messages = {name: output.sent for name, output in studio.outputs.items()}
        bars: list[object] = [(bar.epoch, bar.bar, bar.scene_bar, bar.resting, bar.repeated) for bar in studio.bars]
        return messages, bars


def test_a_tempo_that_was_turned_while_a_sound_faded_ended_the_player(tmp_path: Path) -> None:
    """Steps of a fade that wait for a slower slot were told apart by what is in them, and that cannot be."""

    def sent(early: Early) -> list[tuple[float, bytes]]:
        slots = {"main": SlotSettings({}), "slow": SlotSettings({}, latency=0.2)}
        studio = Punctual(tmp_path / str(early is PUNCTUAL), early, HeldSampler, **slots)
        fades = TakeBank(1, "lead", "two", "/banks/two.sf2", other_channel=5, fade_bars=4)
        studio.tell(scene(), place(steps(60, 62, 64, 65)), fades)
        studio.until(BEFORE)
        assert any(isinstance(one[3], ControlChange) for one in studio.player._queues.to("main")._added)
        studio.tell(SetOverrides(qpm=110))
        studio.until(LINE + 8)
        return studio.output.sent

    assert sent(PUNCTUAL) == sent(AT_ITS_MOMENT)
