"""A part between two banks: they come on bar lines, and their balance follows a hand at any time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import cast
from unittest.mock import ANY

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.outputs import RecordingSampler
from fakes.playing import Studio, loop, place, scene, steps
from reverie.midi.bytes import EXPRESSION
from reverie.music.notes import Note
from reverie.play.bank_blend import GLIDE, Blend
from reverie.play.banks import STARVED
from reverie.play.events import ControlChange
from reverie.play.messages import BankTaken, BlendBanks, FromPlayer, Part, TakeBank, ToPlayer
from reverie.processes.codec import from_message, to_message

BAR = 2.0  # seconds, at 120
ON, CONTROL = 0x90, 0xB0
OWN, OTHER = 0, 4
"""Channels from 0."""


def font(name: str) -> str:
    return f"/banks/{name}.sf2"


def blend(*names: str, share: float = 0.0, epoch: int = 1) -> BlendBanks:
    return BlendBanks(epoch, "lead", names, tuple(map(font, names)), share, OTHER + 1)


def take(name: str, bars: int = 1) -> TakeBank:
    return TakeBank(1, "lead", name, font(name), other_channel=OTHER + 1, fade_bars=bars)


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    studio = Studio(tmp_path, outputs=RecordingSampler)
    studio.tell(scene(), place(steps(60, 62, 64, 65)))
    return studio


def sampler(studio: Studio) -> RecordingSampler:
    return cast("RecordingSampler", studio.output)


def chosen(studio: Studio) -> list[tuple[float, int, str]]:
    """Bar, channel and name of each bank that was chosen."""
    return [((at - 1000) / BAR, channel, Path(name).stem) for at, channel, name in sampler(studio).chosen]


def levels(studio: Studio) -> list[tuple[float, int, int]]:
    """Moment, channel and expression."""
    return [(at, d[0] & 15, d[2]) for at, d in studio.output.sent if d[0] & 0xF0 == CONTROL and d[1] == EXPRESSION]


def now(studio: Studio) -> dict[int, int]:
    """The expression of each channel."""
    return {channel: level for _, channel, level in levels(studio)}


def channels(studio: Studio, since: float) -> set[int]:
    """Those on which notes began."""
    return {d[0] & 15 for at, d in studio.output.sent if d[0] & 0xF0 == ON and at >= since}


def powers(studio: Studio) -> float:
    return sum((level / 127) ** 4 for level in now(studio).values())


def begun(studio: Studio, *names: str, share: float = 0.0) -> None:
    """Three bars later these two are on both channels, and the balance has arrived."""
    studio.tell(take(names[0], bars=0))
    studio.play(2)
    studio.tell(blend(*names, share=share))
    studio.play(3)


def test_two_banks_that_are_next_to_each_other_sound_on_two_channels_at_the_balance_of_the_hand(
    studio: Studio,
) -> None:
    begun(studio, "flute", "cat", share=0.25)
    assert [(channel, name) for _, channel, name in chosen(studio)] == [(OTHER, "flute"), (OWN, "cat")]
    assert all(bar == round(bar) for bar, *_ in chosen(studio)), "on bar lines"
    assert now(studio) == {OTHER: round(127 * 0.75**0.25), OWN: round(127 * 0.25**0.25)}
    assert powers(studio) == pytest.approx(1, abs=0.03)
    since = studio.clock.time
    studio.play(1)
    assert channels(studio, since) == {OWN, OTHER}


def test_a_hand_that_never_rests_hears_its_banks_in_music_without_a_gap(tmp_path: Path) -> None:
    """It moves in each bar; loading does not wait for three seconds in which it rests."""
    studio = Studio(tmp_path, outputs=RecordingSampler)
    studio.tell(scene(), place(loop(*(Note(tick, 20, 60) for tick in range(0, 1920, 30)))))
    studio.play(1)
    asked = studio.clock.time
    for number in range(4):
        studio.tell(blend("flute", "cat", share=number / 10))
        studio.play(1)
    assert {Path(font).stem for _, font in sampler(studio).loads} == {"flute", "cat"}
    assert max(at for at, _ in sampler(studio).loads) - asked < STARVED + 0.2


def test_a_channel_is_silent_before_a_bank_comes_to_it(studio: Studio) -> None:
    begun(studio, "flute", "cat", share=0.5)
    for at, channel, _ in sampler(studio).chosen:
        before = [level for moment, which, level in levels(studio) if which == channel and moment <= at]
        assert not before or before[-1] in {0, 127}
    first_cat = sampler(studio).chosen[1][0]
    assert [level for at, channel, level in levels(studio) if channel == OWN and at <= first_cat][-1] == 0


def test_the_balance_follows_within_the_bar_in_small_steps_and_at_equal_power(studio: Studio) -> None:
    begun(studio, "flute", "cat")
    before, since = len(studio.output.sent), studio.clock.time
    studio.tell(blend("flute", "cat", share=0.5))
    studio.play(1)
    moved = [(at, channel, level) for at, channel, level in levels(studio) if at > since]
    assert moved[0][0] - since < 0.05
    arrived = [at for at, _, level in moved if level == round(127 * 0.5**0.25)]
    assert min(arrived) - since <= GLIDE / 2 + 0.1
    assert len(chosen(studio)) == 2, "no bank is chosen for that"
    own = [level for _, channel, level in moved if channel == OWN]
    assert own == sorted(own), "it rises"
    assert len(own) >= 5
    assert before < len(studio.output.sent)
    assert studio.bars[-1].late == 0


def test_a_hand_that_goes_slowly_comes_from_bank_to_bank_without_a_jump(studio: Studio) -> None:
    names = ["a", "b", "c"]
    begun(studio, "a", "b")
    since = studio.clock.time
    for number in range(41):
        at = number / 20
        near, rest = min(round(at), 2), at - round(at)
        beside = near + (1 if rest > 0 else -1)
        pair = (names[near], names[beside]) if rest and 0 <= beside <= 2 else (names[near],)
        studio.tell(blend(*pair, share=abs(rest) if len(pair) > 1 else 0.0))
        studio.play(1)
    assert [name for _, _, name in chosen(studio)][-1] == "c"
    heard: dict[int, float] = dict(now(studio))
    for at, channel, level in [one for one in levels(studio) if one[0] > since]:
        power, before = (level / 127) ** 4, (heard.get(channel, 0) / 127) ** 4
        heard[channel] = level
        assert abs(power - before) < 0.12, f"a jump of channel {channel} at {at - 1000:.2f} s"
    for at, channel, _ in [one for one in sampler(studio).chosen if one[0] > since]:
        assert [level for moment, which, level in levels(studio) if which == channel and moment <= at][-1] == 0
    assert powers(studio) == pytest.approx(1, abs=0.03)


def test_a_hand_that_jumps_has_the_nearest_bank_on_the_next_line_and_its_neighbour_on_the_one_after(
    studio: Studio,
) -> None:
    begun(studio, "a", "b", share=0.4)
    count = len(chosen(studio))
    begin = len(studio.bars)
    studio.tell(blend("y", "z", share=0.3))
    studio.play(4)
    new = chosen(studio)[count:]
    assert [name for *_, name in new] == ["y", "z"]
    assert new[1][0] - new[0][0] == 1
    assert new[0][0] <= begin + 1
    assert {round((level / 127) ** 4, 1) for level in now(studio).values()} == {0.7, 0.3}
    assert {Path(name).stem for _, name in sampler(studio).unloaded} == {"a", "b"}


def test_the_second_bank_may_come_later_and_the_first_sounds_alone_until_then(studio: Studio) -> None:
    begun(studio, "a", "b")
    sampler(studio).slow.add(font("z"))
    studio.tell(blend("y", "z", share=0.5))
    studio.play(3)
    assert sorted(now(studio).values()) == [0, 127]
    sampler(studio).fonts[font("z")] = True
    studio.play(2)
    assert sorted(now(studio).values()) == [round(127 * 0.5**0.25)] * 2


def test_what_is_taken_after_it_goes_on_from_the_louder_bank(studio: Studio) -> None:
    begun(studio, "a", "b", share=0.3)
    studio.tell(take("z"))
    studio.play(4)
    assert chosen(studio)[-1][1:] == (OWN, "z"), "a was the louder one, on the other channel"
    assert now(studio) == {OWN: 127, OTHER: 0}
    since = studio.clock.time
    studio.play(1)
    assert channels(studio, since) == {OWN}
    assert BankTaken("lead", "z") in studio.taken


def test_another_scene_has_both_channels_as_loud_as_ever(studio: Studio) -> None:
    begun(studio, "a", "b", share=0.3)
    studio.tell(scene(epoch=2, at_bar=0), place(steps(60), epoch=2))
    studio.play(2)
    assert now(studio) == {OWN: 127, OTHER: 127}
    since = studio.clock.time
    studio.play(1)
    assert channels(studio, since) == {OWN}


def test_what_is_wanted_for_the_next_scene_waits_for_it(studio: Studio) -> None:
    studio.tell(blend("a", "b", share=0.3, epoch=2))
    studio.play(2)
    assert chosen(studio) == []
    studio.tell(scene(epoch=2, at_bar=0), place(steps(60), epoch=2))
    studio.play(4)
    assert [name for *_, name in chosen(studio)] == ["a", "b"]


def test_a_device_that_comes_back_has_both_again(studio: Studio) -> None:
    begun(studio, "a", "b", share=0.3)
    studio.output.there = False
    studio.play(2)
    studio.output.there = True
    count = len(chosen(studio))
    studio.play(6)
    assert [name for *_, name in chosen(studio)[count:]] == ["a", "b"]
    assert sorted(round((level / 127) ** 4, 1) for level in now(studio).values()) == [0.3, 0.7]


def test_a_bank_that_is_refused_is_told_and_the_other_sounds_alone(studio: Studio) -> None:
    sampler(studio).broken.add(font("b"))
    begun(studio, "a", "b", share=0.5)
    assert studio.taken.count(BankTaken("lead", "b", refused=True)) == 1
    assert [name for *_, name in chosen(studio)] == ["a"]
    studio.play(1)
    assert max(now(studio).values(), default=127) == 127


def test_a_fade_that_is_under_way_ends_first(studio: Studio) -> None:
    studio.tell(take("flute", bars=0))
    studio.play(2)
    studio.tell(take("cat", bars=4))
    studio.play(2)
    count = len(chosen(studio))
    studio.tell(blend("cat", "bell", share=0.5))
    studio.play(2)
    assert len(chosen(studio)) == count
    studio.play(4)
    assert [name for *_, name in chosen(studio)[count:]] == ["bell"]


def test_a_scene_after_a_blend_that_a_slow_bank_had_ended_began_on_a_silent_channel(studio: Studio) -> None:
    studio.tell(blend("cat"))
    studio.play(4)
    assert levels(studio)[-2:] == [(ANY, OWN, 0), (ANY, OTHER, 127)]
    sampler(studio).slow.add(font("slow"))
    studio.tell(take("slow", bars=2))
    studio.play(3)
    studio.tell(scene(epoch=2), place(steps(50, 51, 52, 53), epoch=2))
    studio.play(3)
    assert levels(studio)[-2:] == [(ANY, OWN, 127), (ANY, OTHER, 127)]


def faded(studio: Studio) -> dict[int, int]:
    """By channel, its expression now."""
    return {channel: level for _, channel, level in levels(studio)}


@pytest.mark.parametrize("more", [(), ("cat",)], ids=["at once", "and another bank"])
def test_a_blend_that_never_began_hid_what_a_crossfade_had_left_silent(studio: Studio, more: Sequence[str]) -> None:
    studio.tell(take("flute"))
    studio.play(4)
    assert faded(studio) == {OWN: 0, OTHER: 127}
    sampler(studio).slow.add(font("slow"))
    studio.tell(blend("slow"))
    studio.play(1)
    studio.tell(TakeBank(1, "lead", "slow", font("slow")), *(TakeBank(1, "lead", name, font(name)) for name in more))
    studio.play(3)
    studio.tell(scene(epoch=2), place(steps(50, 51, 52, 53), epoch=2))
    studio.play(2)
    assert faded(studio) == {OWN: 127, OTHER: 127}


@pytest.mark.parametrize("over", [False, True], ids=["that waits", "that is over"])
def test_a_blend_that_never_began_hid_what_another_had_left_silent(studio: Studio, over: bool) -> None:
    studio.tell(blend("cat"))
    studio.play(4)
    sampler(studio).slow.add(font("slow"))
    waits = TakeBank(1, "lead", "slow", font("slow"))
    studio.tell(waits)
    studio.play(2)
    studio.tell(blend("slow"))
    studio.play(1)
    studio.tell(*([waits] if over else []))
    studio.play(2)
    studio.tell(scene(epoch=2), place(steps(50, 51, 52, 53), epoch=2))
    studio.play(2)
    assert faded(studio) == {OWN: 127, OTHER: 127}


def test_it_is_a_message() -> None:
    said = blend("a", "b", share=0.3)
    assert from_message(ToPlayer, to_message(said)) == said
    assert from_message(FromPlayer, to_message(BankTaken("lead", "a"))) == BankTaken("lead", "a")


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 0.5), st.floats(0.001, 3)), min_size=1, max_size=30))
def test_however_a_hand_moves_powers_sum_to_one_and_what_is_wanted_is_heard_at_last(
    moves: list[tuple[int, float, float]],
) -> None:
    one = Blend(Part("lead", "main", 1), (0, 4), 0, None)
    moment = 0.0
    for number, share, seconds in moves:
        one.want(blend(f"{number}", f"{number + 1}", share=share), moment)
        moment += seconds
        list(one.turn(moment, lambda _: True))
        list(one.levels(moment))
    sent: dict[int, int] = {}
    for _ in range(4):
        moment += 2 * GLIDE
        for what in one.turn(moment, lambda _: True):
            if isinstance(what, ControlChange):
                sent[what.message[0] & 15] = what.message[2]
    number, share, _ = moves[-1]
    expected = sorted((round(127 * share**0.25), round(127 * (1 - share) ** 0.25)))
    assert sorted(sent.values()) == expected
    assert one.due == float("inf"), "and then it rests"
    steps_of_power = [round((level / 127) ** 4, 2) for level in sent.values()]
    assert sum(steps_of_power) == pytest.approx(1, abs=0.05)
    assert all(before is not after for before, after in pairwise(one.fonts[:2]))
