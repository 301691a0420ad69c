"""Bars of NoteSequences, and what MusicXML becomes there."""

from __future__ import annotations

import io

import mido
import pytest

from fakes.musicxml_text import note, score, time
from reverie.training.corpus.formats import Format, ReadingLimits, UnreadableFileError
from reverie.training.corpus.note_sequences import ReadTune, length_in_bars, read_tunes


def read(kind: Format, data: bytes, limits: ReadingLimits | None = None) -> ReadTune:
    (tune,) = read_tunes(kind, data, "folder/a song.xml", limits or ReadingLimits())
    return tune


def midi(*messages: mido.MetaMessage | mido.Message) -> bytes:
    data = io.BytesIO()
    mido.MidiFile(tracks=[mido.MidiTrack(messages)]).save(file=data)
    return data.getvalue()


def quarters(count: int) -> list[mido.Message]:
    on, off = mido.Message("note_on", note=60, velocity=9), mido.Message("note_off", note=60, time=480)
    return [on, off] * count


def test_bars_are_counted_through_changes_of_metre_and_tempo() -> None:
    data = midi(
        mido.MetaMessage("time_signature", numerator=3, denominator=4),
        *quarters(6),
        mido.MetaMessage("set_tempo", tempo=250_000),
        mido.MetaMessage("time_signature", numerator=7, denominator=8),
        *quarters(8),
    )
    assert length_in_bars(read("MIDI", data).sequence) == 2 + 3


def test_midi_without_a_time_signature_is_counted_in_four_quarters() -> None:
    sequence = read("MIDI", midi(*quarters(9))).sequence
    assert not sequence.time_signatures
    assert length_in_bars(sequence) == 3


def test_midi_in_a_riff_is_midi() -> None:
    data = midi(*quarters(2))
    riff = b"RIFF" + (len(data) + 12).to_bytes(4, "little") + b"RMIDdata" + len(data).to_bytes(4, "little") + data
    assert len(read("MIDI", riff).sequence.notes) == 2


def test_a_score_has_its_keys_tempos_chords_and_title() -> None:
    minor = "<attributes><key><fifths>-3</fifths><mode>minor</mode></key></attributes>"
    chord = (
        "<harmony><root><root-step>B</root-step><root-alter>-1</root-alter></root><kind>dominant</kind>"
        "<degree><degree-value>9</degree-value><degree-alter>-1</degree-alter><degree-type>add</degree-type></degree>"
        "</harmony>"
    )
    unknown = "<harmony><root><root-step>C</root-step></root><kind>mystic</kind></harmony>"
    tempo = '<direction><direction-type/><sound tempo="60"/></direction>'
    bars = [minor + time(3, 4) + tempo + note("C4"), chord + note("D4", 12), unknown + note("E4", 8) + note("-", 4)]
    tune = read("MusicXML", score(bars))
    sequence = tune.sequence
    assert tune.title == sequence.sequence_metadata.title == "a song"
    assert (sequence.key_signatures[0].key, sequence.key_signatures[0].mode) == (0, 1)
    assert [(one.text, one.time) for one in sequence.text_annotations] == [("Bb7(b9)", 3.0), ("N.C.", 6.0)]
    assert (sequence.total_time, length_in_bars(sequence)) == (9.0, 3)
    assert [(one.start_time, one.pitch) for one in sequence.notes] == [(2.0, 60), (3.0, 62), (6.0, 64)]


def test_a_score_can_be_quantized_with_its_bars() -> None:
    import note_seq

    bars = [time(7, 8) + note("C4", 2), note("D4", 14), note("E4", 14)]
    steps = note_seq.quantize_note_sequence(read("MusicXML", score(bars)).sequence, 4)
    assert note_seq.steps_per_bar_in_quantized_sequence(steps) == 14
    assert [one.quantized_start_step for one in steps.notes] == [12, 14, 28]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (ReadingLimits(notes=3), "it has more than 3 notes"),
        (ReadingLimits(duration=1.0), "it is longer than 1 seconds"),
    ],
)
def test_a_piece_may_be_too_long(limits: ReadingLimits, reason: str) -> None:
    assert read("MIDI", midi(*quarters(4)), limits).reason == reason


def test_what_is_no_tune_is_said() -> None:
    for data in (b"X:1\nK:C\n[CEG]4|\n", b"X:1\nK:H\nC4|\n"):
        with pytest.raises(UnreadableFileError, match="it is ABC that cannot be read: "):
            read("ABC", data)
