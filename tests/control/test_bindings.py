"""From MIDI messages to actions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.control.surface import Binding, Control, Surface, heard
from reverie.site.actions import Action, ControlLimits, DreamWish, Level

LIMITS = ControlLimits(tempo=(60, 140), volume=(0.2, 1.0), temperature=(0.5, 1.5))
VOLUME = Binding(Control("cc", 7, 1), "volume")
NEXT_NOTE = Binding(Control("note", 36), "next")
NEXT_CC = Binding(Control("cc", 20), "next")
NIGHT = Binding(Control("program", 2), "scene", value="night-watch")


def nothing(_level: Level, _voice: str | None) -> float | None:
    return None


def actions(surface: Surface, *messages: bytes, present: float | None = None) -> list[Action | None]:
    return [surface.hear(message, lambda _level, _voice: present) for message in messages]


def cc(number: int, value: int, channel: int = 1) -> bytes:
    return bytes((0xB0 | channel - 1, number, value))


def test_a_knob_goes_from_limit_to_limit() -> None:
    surface = Surface([VOLUME], LIMITS, pickup=False)
    lowest, highest = actions(surface, cc(7, 0), cc(7, 127))
    assert lowest == Action("volume", 0.2)
    assert highest == Action("volume", 1.0)


def test_a_control_is_known_by_sort_number_and_channel() -> None:
    surface = Surface([VOLUME, NEXT_NOTE, NIGHT], LIMITS, pickup=False)
    assert actions(surface, cc(7, 5, channel=2), cc(8, 5), b"\x90\x07\x40", b"\xc0\x07") == [None] * 4
    assert actions(surface, b"\x9f\x24\x01", b"\xc3\x02") == [Action("next"), Action("scene", "night-watch")]


def test_a_button_acts_on_the_press_only() -> None:
    surface = Surface([NEXT_NOTE, NEXT_CC], LIMITS)
    press, release = b"\x90\x24\x40", b"\x80\x24\x40"
    assert actions(surface, press, release, press, b"\x90\x24\x00") == [Action("next"), None, Action("next"), None]
    values = [actions(surface, cc(20, value))[0] for value in (127, 0, 100, 101, 63, 64)]
    assert values == [Action("next"), None, Action("next"), None, None, Action("next")]


def test_a_button_that_never_tells_its_release_can_be_pressed_again() -> None:
    assert actions(Surface([NEXT_CC], LIMITS), cc(20, 127), cc(20, 127)) == [Action("next")] * 2


def test_a_button_sets_a_level_to_its_value() -> None:
    calm = Binding(Control("note", 40), "temperature", voice="lead", value=0.6)
    assert actions(Surface([calm], LIMITS), b"\x90\x28\x01") == [Action("temperature", 0.6, "lead")]


def test_a_knob_takes_hold_where_it_meets_the_level_and_not_before() -> None:
    surface = Surface([VOLUME], LIMITS)
    middle = LIMITS.at("volume", 64)
    far, nearer, met = actions(surface, cc(7, 10), cc(7, 50), cc(7, 63), present=middle)
    assert (far, nearer) == (None, None)
    assert met == Action("volume", LIMITS.at("volume", 63))


def test_a_knob_that_skips_the_level_takes_hold_in_passing() -> None:
    surface = Surface([VOLUME], LIMITS)
    assert actions(surface, cc(7, 10), cc(7, 100), present=LIMITS.at("volume", 64))[1] is not None


def test_a_knob_keeps_hold_while_nobody_else_moves_the_level() -> None:
    surface = Surface([VOLUME], LIMITS)
    level = LIMITS.at("volume", 64)
    for position in (64, 90, 20, 127, 0):
        action = surface.hear(cc(7, position), lambda _level, _voice, now=level: now)
        assert action is not None
        assert isinstance(action.value, float)
        level = action.value
    assert actions(surface, cc(7, 30), present=1.0) == [None]  # somebody else has moved it


def test_a_level_beyond_the_limits_is_met_at_the_limit() -> None:
    tempo = Surface([Binding(Control("cc", 1), "tempo")], LIMITS)
    assert actions(tempo, cc(1, 127), present=200.0) == [Action("tempo", 140.0)]


def test_without_pickup_or_without_a_level_it_jumps() -> None:
    assert actions(Surface([VOLUME], LIMITS, pickup=False), cc(7, 0), present=1.0)[0] is not None
    assert actions(Surface([VOLUME], LIMITS), cc(7, 0), present=None)[0] is not None


def test_limits_that_are_one_value_leave_no_choice() -> None:
    fixed = ControlLimits(tempo=(90, 90))
    surface = Surface([Binding(Control("cc", 1), "tempo")], fixed)
    assert actions(surface, cc(1, 77), cc(1, 0), present=90.0)[1] == Action("tempo", 90.0)


@pytest.mark.parametrize(
    "message", [b"", b"\x90", b"\x90\x24", b"\x90\x24\x80", b"\xf8", b"\xf0\x01\x02\xf7", b"\xe0\0\0"]
)
def test_what_is_of_no_control_is_nothing(message: bytes) -> None:
    assert heard(message) is None


@given(st.lists(st.binary(max_size=4), max_size=30), st.booleans(), st.none() | st.floats(0.01, 500))
def test_whatever_bytes_come_levels_stay_within_the_limits(
    messages: list[bytes], pickup: bool, present: float | None
) -> None:
    bindings = [
        *(Binding(Control("cc", number), level) for number, level in enumerate(("volume", "tempo", "temperature"))),
        NEXT_NOTE,
        NIGHT,
    ]
    surface = Surface(bindings, LIMITS, pickup=pickup)
    for action in actions(surface, *messages, present=present):
        if action is not None and action.kind in ("volume", "tempo", "temperature"):
            low, high = LIMITS.of(action.kind)
            assert isinstance(action.value, float)
            assert low <= action.value <= high


@given(st.sampled_from(("volume", "tempo", "temperature")), st.integers(0, 127))
def test_a_position_is_found_again_from_its_value(level: Level, position: int) -> None:
    assert LIMITS.position(level, LIMITS.at(level, position)) == pytest.approx(position)


def test_a_key_has_something_dreamt_as_hard_as_it_is_struck() -> None:
    fear, waking = Binding(Control("note", 40), "dream", mood="fear"), Binding(Control("note", 41), "wake")
    half = Binding(Control("cc", 21), "dream", value=0.5, mood="joy")
    surface = Surface([fear, waking, half], LIMITS)
    assert actions(surface, b"\x90\x28\x7f", b"\x80\x28\x40", b"\x90\x29\x7f", cc(21, 127), cc(21, 0)) == [
        Action.of_dream(DreamWish("fear", 1.0)),
        None,
        Action("wake"),
        Action.of_dream(DreamWish("joy", 0.5)),
        None,
    ]


def test_a_fader_is_the_weight_of_a_mood() -> None:
    surface = Surface([Binding(Control("cc", 20), "dream", mood="fear")], LIMITS)
    low, high, end = actions(surface, cc(20, 32), cc(20, 127), cc(20, 0))
    assert low == Action.of_dream(DreamWish("fear", 32 / 127, replaces=True))
    assert high == Action.of_dream(DreamWish("fear", 1.0, replaces=True))
    assert end == Action("wake", "fear")


def test_a_pad_keeps_the_moment() -> None:
    surface = Surface([Binding(Control("note", 40), "moment")], LIMITS)
    assert actions(surface, b"\x90\x28\x40", b"\x80\x28\x00") == [Action("moment"), None]
