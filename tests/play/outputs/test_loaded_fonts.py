"""What FluidSynth is told of soundfonts that come and go beside the first."""

from __future__ import annotations

import pytest

from reverie.play.outputs.fluidsynth.loaded_fonts import LoadedFonts


@pytest.fixture
def fonts() -> LoadedFonts:
    fonts = LoadedFonts()
    fonts.begin(1, 0)
    return fonts


def test_each_has_bank_numbers_that_no_program_of_midi_reaches(fonts: LoadedFonts) -> None:
    lines = [fonts.load(f"/banks/{number}.sf2") for number in range(3)]
    offsets = [int(line.split()[-1]) for line in lines if line is not None]
    assert len({*offsets}) == 3
    assert min(offsets) > 128


def test_one_that_is_on_its_way_or_there_is_not_loaded_twice(fonts: LoadedFonts) -> None:
    assert fonts.load("/a b.sf2") == b"load '/a b.sf2' 0 2001\n"
    assert fonts.load("/a b.sf2") is None
    assert fonts.loading
    assert fonts.loaded("/a b.sf2") is None
    assert fonts.answered(2, 0) == b""
    assert not fonts.loading
    assert fonts.loaded("/a b.sf2") is True
    assert fonts.load("/a b.sf2") is None


def test_drums_are_given_their_kit_again_after_a_load_puts_them_back(fonts: LoadedFonts) -> None:
    fonts.load("/kit.sf2")
    fonts.answered(2, 0)
    assert fonts.choose(9, "/kit.sf2", 0) == b"select 9 2 2129 0\n"
    assert fonts.load("/flute.sf2") == b"load /flute.sf2 0 2002\nselect 9 2 2129 0\n"
    fonts.answered(3, 0)
    fonts.choose(4, "/flute.sf2")
    assert fonts.load("/cat.sf2") == b"load /cat.sf2 0 2003\nselect 9 2 2129 0\n", (
        "a melody's channel keeps what it has"
    )
    fonts.give_back(9)
    assert fonts.load("/bell.sf2") == b"load /bell.sf2 0 2004\n"


def test_one_that_was_refused_is_tried_again(fonts: LoadedFonts) -> None:
    fonts.load("/broken.sf2")
    assert fonts.answered(None, 0) == b""
    assert fonts.loaded("/broken.sf2") is False
    assert fonts.choose(3, "/broken.sf2") is None
    assert fonts.load("/broken.sf2") is not None


def test_one_that_lacks_samples_is_let_go_and_is_none(fonts: LoadedFonts, capfd: pytest.CaptureFixture[str]) -> None:
    fonts.begin(1, 5)  # the first lacks some, too: they are not counted again
    fonts.load("/whole.sf2")
    assert fonts.answered(2, 5) == b""
    fonts.load("/cut.sf2")
    assert fonts.answered(3, 12) == b"unload 3 0\n"
    assert fonts.loaded("/cut.sf2") is False
    assert "/cut.sf2 lacks 7 of its samples, and is not played" in capfd.readouterr().err


def test_answers_belong_to_the_oldest_question_and_unasked_ones_to_none(fonts: LoadedFonts) -> None:
    assert fonts.answered(9, 0) == b""
    fonts.load("/a.sf2")
    fonts.load("/b.sf2")
    fonts.answered(None, 0)
    fonts.answered(2, 0)
    assert (fonts.loaded("/a.sf2"), fonts.loaded("/b.sf2")) == (False, True)


@pytest.mark.parametrize(("channel", "program", "line"), [
    (0, None, b"select 0 2 2001 0\n"), (0, 0, b"select 0 2 2001 0\n"), (0, 12, b"select 0 2 2001 12\n"),
    (9, None, b"select 9 2 2001 0\n"), (9, 16, b"select 9 2 2129 16\n"),
])  # fmt: skip
def test_a_program_of_a_soundfont_is_one_of_its_drums_on_their_channel(
    fonts: LoadedFonts, channel: int, program: int | None, line: bytes
) -> None:
    fonts.load("/a.sf2")
    fonts.answered(2, 0)
    assert fonts.choose(channel, "/a.sf2", program) == line


@pytest.mark.parametrize(("channel", "bank"), [(0, 0), (9, 128)])
def test_a_channel_returns_to_the_first_before_its_soundfont_goes(fonts: LoadedFonts, channel: int, bank: int) -> None:
    fonts.load("/a.sf2")
    fonts.answered(2, 0)
    assert fonts.choose(channel, "/a.sf2") == b"select %d 2 2001 0\n" % channel
    assert fonts.numbers == {channel: 2}
    assert [*fonts.channels_of("/a.sf2")] == [channel]
    assert fonts.give_back(channel) == [b"select %d 1 %d 0\n" % (channel, bank), b"prog %d 0\n" % channel]
    assert fonts.give_back(channel) == []
    assert fonts.numbers == {}
    assert fonts.unload("/a.sf2") == b"unload 2 0\n"
    assert fonts.unload("/a.sf2") is None
