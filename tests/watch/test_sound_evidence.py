"""Notes that nobody hears are a fault after some bars; noise, rests and soft music are none."""

from __future__ import annotations

import random

import pytest

from reverie.watch.sound_evidence import SILENT_BARS, SoundEvidence, SoundListener, loudest

HALL = SoundListener("monitor", None, below=-60.0, margin=6.0)
SYNTH = SoundListener("main", frozenset({"main"}), below=-80.0, margin=6.0)
BAR = 2.5


class Hall:
    """Plays bars before a listener: notes, rests, and noise of the hall."""

    def __init__(self, listener: SoundListener = HALL, noise: float = -120.0, seed: int = 1) -> None:
        self.evidence = SoundEvidence(listener)
        self.noise = noise
        self.now = 100.0
        self._dice = random.Random(seed)

    def hear(self, seconds: float, level: float) -> None:
        for _ in range(round(seconds / 0.1)):
            power = 10 ** (level / 10) + 10 ** ((self.noise + self._dice.gauss(0.0, 1.0)) / 10)
            self.evidence.level(self.now, loudest([10 * _log10(power)]) or 0.0)
            self.now += 0.1

    def bar(self, level: float = -120.0) -> None:
        begins = self.now
        self.hear(BAR, level)
        self.evidence.bar(begins, self.now)

    def rest(self, level: float = -120.0) -> None:
        begins = self.now
        self.hear(BAR, level)
        self.evidence.rest(begins, self.now)

    def settle(self) -> bool | None:
        """What is thought once the last note has arrived."""
        self.hear(1.0, -120.0)
        return self.evidence.heard


def _log10(power: float) -> float:
    import math

    return math.log10(power)


def test_a_synthesizer_that_falls_silent_is_told_after_some_bars_and_cleared_by_the_first_that_sounds() -> None:
    hall = Hall(SYNTH)
    for _ in range(5):
        hall.bar(-30.0)
    assert hall.settle() is True
    for number in range(SILENT_BARS):
        assert hall.evidence.heard is True, f"not before bar {number} of silence"
        hall.bar()
        hall.hear(0.6, -120.0)
    assert hall.settle() is False
    hall.bar(-30.0)
    assert hall.settle() is True
    assert hall.evidence.unheard_bars == 0


def test_what_was_silent_from_the_start_is_told_and_nothing_is_thought_before_any_bar() -> None:
    hall = Hall(SYNTH)
    assert hall.settle() is None
    for _ in range(SILENT_BARS + 1):
        hall.bar()
    assert hall.settle() is False


def test_rests_however_long_are_no_evidence_against() -> None:
    hall = Hall(SYNTH)
    hall.bar(-30.0)
    for _ in range(500):
        hall.rest()
    assert hall.settle() is True
    assert hall.evidence.unheard_bars == 0


def test_rests_do_not_mend_what_was_silent_before() -> None:
    hall = Hall(SYNTH)
    for _ in range(SILENT_BARS + 1):
        hall.bar()
    for _ in range(20):
        hall.rest()
    assert hall.settle() is False


def test_fast_bars_are_not_judged_before_seconds_have_gone_by() -> None:
    evidence = SoundEvidence(SYNTH)
    for number in range(40):
        begins = 100.0 + number * 0.5
        evidence.bar(begins, begins + 0.5)
        for tenth in range(5):
            evidence.level(begins + tenth * 0.1, -120.0)
        judged = evidence.heard
        if number < 12:
            assert judged is not False, number
    assert evidence.heard is False


@pytest.mark.parametrize("noise", [-90.0, -62.0, -55.0, -45.0, -35.0])
def test_music_above_the_noise_of_rests_is_heard_and_its_absence_is_told(noise: float) -> None:
    hall = Hall(noise=noise)
    for _ in range(10):
        hall.rest()
    assert hall.evidence.floor == pytest.approx(noise + 1.5, abs=1.5)
    for _ in range(20):
        hall.bar(max(noise, -60.0) + 12.0)
    assert hall.settle() is True
    assert hall.evidence.unheard_bars == 0
    for _ in range(SILENT_BARS + 1):
        hall.bar()
    assert hall.settle() is False


def test_visitors_who_talk_hide_that_the_music_is_gone_and_make_no_fault_of_music_that_is_there() -> None:
    hall = Hall(noise=-55.0)
    for _ in range(10):
        hall.rest()
    hall.noise = -30.0
    for _ in range(20):
        hall.bar(-40.0)
    assert hall.settle() is True
    for _ in range(20):
        hall.bar()
    assert hall.settle() is True, "talk is taken for music"
    hall.noise = -55.0
    for _ in range(SILENT_BARS + 1):
        hall.bar()
    assert hall.settle() is False, "once they are quiet it is told"


@pytest.mark.parametrize("listener", [HALL, SYNTH])
def test_a_soft_passage_is_no_fault_where_no_silence_was_heard_yet(listener: SoundListener) -> None:
    hall = Hall(listener)
    for _ in range(50):
        hall.bar(-25.0)
    for _ in range(20):
        hall.bar(-45.0)
    assert hall.settle() is True
    assert hall.evidence.floor is None
    assert hall.evidence.unheard_bars == 0, "it is far below the usual level, which is no reason"


def test_what_others_play_in_the_hours_of_rest_makes_no_fault_of_the_music_afterwards() -> None:
    hall = Hall(noise=-60.0)
    for _ in range(10):
        hall.bar(-35.0)
    hall.rest(-120.0)
    for _ in range(200):
        hall.rest(-20.0)
    for _ in range(10):
        hall.bar(-35.0)
    assert hall.settle() is True
    assert hall.evidence.unheard_bars == 0


def test_one_short_stroke_in_each_bar_is_heard_and_a_click_is_not() -> None:
    hall = Hall(SYNTH)
    for _ in range(10):
        begins = hall.now
        hall.hear(0.2, -40.0)
        hall.hear(BAR - 0.2, -120.0)
        hall.evidence.bar(begins, hall.now)
    assert hall.settle() is True
    assert loudest([-120.0] * 25 + [-79.0]) == pytest.approx(-83.8, abs=0.1)


def test_a_reverb_that_dies_away_is_no_floor() -> None:
    hall = Hall()
    hall.bar(-20.0)
    hall.rest(-40.0)
    assert hall.evidence.floor is None
    hall.rest(-120.0)
    hall.rest(-120.0)
    hall.settle()
    assert hall.evidence.floor is not None
    assert hall.evidence.floor < -100


def test_bars_of_which_no_level_came_tell_nothing() -> None:
    evidence = SoundEvidence(SYNTH)
    for number in range(50):
        evidence.bar(100.0 + number * BAR, 100.0 + (number + 1) * BAR)
    evidence.level(100.0 + 60 * BAR, -120.0)
    assert evidence.heard is None
    assert evidence.unheard_bars == 0


def test_another_device_begins_without_a_past() -> None:
    hall = Hall(SYNTH)
    for _ in range(SILENT_BARS + 1):
        hall.bar()
    assert hall.settle() is False
    hall.evidence.begin_anew()
    assert hall.evidence.heard is None
    assert hall.evidence.unheard_bars == 0
