"""Sample dumps: every word arrives, whatever the receiver answers, loses or does not say."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.sample_dump import CANCEL, NAK, WAIT, DumpReceiver
from reverie.midi.sample_dump.packing import DumpAnswer, Words, answer, bytes_of, messages, read_answer
from reverie.midi.sample_dump.transfer import ANSWER_PATIENCE, DIN, HEADER_PATIENCE, TRIES, Transfer, TransferState

VALUES = list(range(0, 65536, 97))  # 676 words of 16 bits: 17 packets


def words(values: Sequence[int] = VALUES, bits: int = 16) -> Words:
    return Words(np.array(values, np.int64), bits, 48_000, 300, (1, len(values) - 1))


@st.composite
def samples(draw: st.DrawFn) -> Words:
    bits = draw(st.integers(8, 28))
    values = draw(st.lists(st.integers(0, (1 << bits) - 1), min_size=1, max_size=200))
    return Words(np.array(values, np.int64), bits, draw(st.integers(4000, 192_000)), draw(st.integers(0, 16_383)))


def send(transfer: Transfer, receiver: DumpReceiver, lost: Callable[[int], bool] = lambda _: False) -> list[float]:
    """Let both speak with each other by a clock of their own; the moments at which something was sent."""
    now, moments = 0.0, list[float]()
    while not transfer.is_over:
        message = transfer.turn(now)
        if message is not None:
            moments.append(now)
            for said in receiver.hear(message) if not lost(len(moments)) else ():
                kind, packet = read_answer(said, receiver.channel) or (DumpAnswer.CANCEL, 0)
                transfer.hear(kind, packet)
        assert transfer.is_over or transfer.due < float("inf"), "it would wait for ever"
        now = max(now, transfer.due) if not transfer.is_over else now
    return moments


@given(samples(), st.integers(0, 127))
def test_every_word_of_every_size_arrives(sample: Words, channel: int) -> None:
    receiver = DumpReceiver(channel)
    for message in messages(sample, channel):
        assert all(byte < 0x80 for byte in message[1:-1])
        receiver.hear(message)
    assert receiver.faults == []
    [got] = receiver.samples
    assert got.words == list(sample.values)
    assert (got.number, got.bits, got.length) == (sample.number, sample.bits, len(sample.values))
    assert got.period == round(1e9 / sample.rate)
    assert got.loop[2] == 0x7F


def test_a_loop_is_told_by_its_first_word_and_its_last() -> None:
    receiver = DumpReceiver()
    receiver.hear(messages(words(), 0)[0])
    assert receiver.samples[0].loop == (1, 675, 0)


@pytest.mark.parametrize(("bits", "size"), [(8, 2), (14, 2), (15, 3), (16, 3), (21, 3), (22, 4), (28, 4)])
def test_words_take_as_many_bytes_as_the_standard_says(bits: int, size: int) -> None:
    assert bytes_of(bits) == size


@pytest.mark.parametrize(
    ("values", "bits", "number"), [([], 16, 0), ([1], 7, 0), ([1], 29, 0), ([1], 16, 16_384), ([1] * (1 << 21), 16, 0)]
)
def test_what_no_header_can_say_is_refused(values: list[int], bits: int, number: int) -> None:
    with pytest.raises(ValueError, match=r"have|has|numbered"):
        Words(np.array(values, np.int64), bits, 48_000, number)


@pytest.mark.parametrize("message", [b"\x90\x40\x40", b"\xf0\x7e\x05\x7f\x00\xf7", b"\xf0\x7e\x00\x01\x00\xf7"])
def test_what_is_no_answer_to_us_is_none(message: bytes) -> None:
    assert read_answer(message, 0) is None
    assert read_answer(answer(DumpAnswer.NAK, 130, 0), 0) == (DumpAnswer.NAK, 2)


def test_who_answers_sets_the_pace_and_it_is_never_faster_than_din() -> None:
    transfer, receiver = Transfer(messages(words(), 0)), DumpReceiver()
    moments = send(transfer, receiver)
    assert transfer.state is TransferState.DONE
    assert receiver.samples[0].words == VALUES
    gaps = np.diff(moments)[1:]
    assert gaps == pytest.approx(127 / DIN)


def test_where_nobody_answers_all_is_sent_once_with_the_pauses_of_the_standard() -> None:
    transfer, receiver = Transfer(messages(words(), 0)), DumpReceiver(silent=True)
    moments = send(transfer, receiver)
    assert transfer.state is TransferState.DONE
    assert receiver.samples[0].words == VALUES
    assert moments[1] >= HEADER_PATIENCE
    assert min(np.diff(moments)) >= 0.02 + 127 / DIN - 1e-9
    assert receiver.heard == 17


@given(st.sets(st.integers(1, 40), max_size=3), st.sets(st.integers(2, 60), max_size=3))
def test_what_is_rejected_or_lost_is_sent_again(rejected: set[int], lost: set[int]) -> None:
    transfer = Transfer(messages(words(), 0))
    receiver = DumpReceiver(moods=lambda heard: NAK if heard in rejected else None)
    send(transfer, receiver, lambda sent: sent in lost - {1, 2})
    assert transfer.state is TransferState.DONE
    assert receiver.faults == []
    assert receiver.samples[0].words == VALUES


def test_an_answer_that_is_lost_has_the_packet_sent_again_and_kept_once() -> None:
    transfer, receiver = Transfer(messages(words(), 0)), DumpReceiver()
    now, lose = 0.0, True
    while not transfer.is_over:
        message = transfer.turn(now)
        answers = receiver.hear(message) if message else []
        if receiver.heard == 5 and lose:
            answers, lose = [], False
        for said in answers:
            transfer.hear(*(read_answer(said, 0) or (DumpAnswer.CANCEL, 0)))
        now = max(now, transfer.due) if not transfer.is_over else now
    assert (transfer.state, receiver.heard, receiver.faults) == (TransferState.DONE, 18, [])
    assert receiver.samples[0].words == VALUES


def test_wait_holds_the_dump_for_as_long_as_it_takes() -> None:
    transfer = Transfer(messages(words(), 0))
    transfer.turn(0.0)
    transfer.hear(DumpAnswer.ACK, 0)
    assert transfer.turn(1.0) is not None
    transfer.hear(DumpAnswer.WAIT, 0)
    assert transfer.due == float("inf")
    assert transfer.turn(3600.0) is None
    transfer.hear(DumpAnswer.ACK, 0)
    assert (transfer.turn(3600.0) or b"")[4] == 1


def test_after_waiting_the_rest_arrives() -> None:
    transfer = Transfer(messages(words(), 0))
    receiver = DumpReceiver(moods=lambda heard: WAIT if heard % 3 == 0 else None)
    send(transfer, receiver)
    assert transfer.state is TransferState.DONE
    assert receiver.samples[0].words == VALUES


def test_cancel_ends_it_at_once() -> None:
    transfer = Transfer(messages(words(), 0))
    receiver = DumpReceiver(moods=lambda heard: CANCEL if heard == 4 else None)
    send(transfer, receiver)
    assert (transfer.state, receiver.heard, transfer.turn(1e9)) == (TransferState.CANCELLED, 4, None)


def test_who_rejects_everything_is_given_up() -> None:
    transfer, receiver = Transfer(messages(words(), 0)), DumpReceiver(moods=lambda _: NAK)
    send(transfer, receiver)
    assert (transfer.state, receiver.heard) == (TransferState.FAILED, TRIES)


def test_who_falls_silent_is_given_up_after_some_patience() -> None:
    transfer = Transfer(messages(words(), 0))
    receiver = DumpReceiver(moods=lambda heard: -1 if heard > 5 else None)
    moments = send(transfer, receiver)
    assert transfer.state is TransferState.FAILED
    assert moments[-1] - moments[-2] >= ANSWER_PATIENCE


def test_a_late_rejection_goes_back_to_the_packet_that_it_names() -> None:
    transfer = Transfer(messages(words(), 0))
    now, sent = 0.0, list[int]()
    while len(sent) < 4:
        if (message := transfer.turn(now)) is not None and message[3] == 2:
            sent.append(message[4])
        now = max(now, transfer.due)
    transfer.hear(DumpAnswer.NAK, 2)
    message = transfer.turn(now + 1) or b""
    assert (sent, message[4]) == ([0, 1, 2, 3], 2)


def test_an_old_answer_moves_nothing() -> None:
    transfer = Transfer(messages(words(), 0))
    for index in range(3):
        transfer.turn(float(index))
        transfer.hear(DumpAnswer.ACK, max(index - 1, 0))
    transfer.turn(3.0)
    transfer.hear(DumpAnswer.ACK, 0)
    assert transfer.state is TransferState.WAITING
