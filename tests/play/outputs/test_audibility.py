"""What is known of FluidSynth's channels, without FluidSynth."""

from __future__ import annotations

from reverie.play.outputs.fluidsynth.answers import Preset
from reverie.play.outputs.fluidsynth.audibility import Hearing


def trouble(hearing: Hearing, banks: dict[int, int]) -> str:
    found = hearing.trouble("a.sf2", {}, banks, 1.0)
    return "" if found is None else found.sentence


def test_a_bank_that_was_just_chosen_is_no_fault_before_it_is_known_what_plays() -> None:
    hearing = Hearing()
    hearing.strike(9, 0.0)
    hearing.says({9: Preset(1, 128, 0, "drums"), 0: Preset(1, 0, 0, "piano")})
    assert "channel 10 does not play the bank" in trouble(hearing, {9: 2})
    hearing.chosen(9)
    assert trouble(hearing, {9: 2}) == ""
    hearing.says({9: Preset(2, 128, 0, "kit")})
    assert trouble(hearing, {9: 2}) == ""
    hearing.says({9: Preset(1, 128, 0, "drums")})
    assert "channel 10 does not play the bank" in trouble(hearing, {9: 2})
