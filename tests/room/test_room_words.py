"""What boxes of a room say to each other."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace

import pytest

from reverie.room.room_follower import GONE, RoomFollower
from reverie.room.room_leader import COOKIES_LAST, LEFT, MOST, RoomLeader
from reverie.room.room_words import (
    VERSION,
    RoomAsk,
    RoomMood,
    RoomVersionError,
    RoomWord,
    RoomWordError,
    SharedPiece,
    opened,
    sealed,
)

TOKEN = b"a token that all boxes share"
PIECE = SharedPiece("dusk", 3, 36_000.0, "abc")
WORD = RoomWord("life", 1, PIECE, 12, 4, 100.0, 2.0, 1920, "calm", (RoomMood("fear", 0.5, 2, 16, 4),))
ASK = RoomAsk("nonce", 1.0, "attic", together=False, scene="dusk", scene_bar=3, offset=None)
THERE = ("10.0.0.2", 40_000)


def retold(said: RoomAsk, **changes: object) -> bytes:
    body = json.dumps({**json.loads(sealed(said, TOKEN)[32:]), **changes}).encode()
    return hmac.digest(TOKEN, body, "sha256") + body


def talk(leader: RoomLeader, follower: RoomFollower, now: float) -> None:
    """A question and its answer, without delay."""
    answer = leader.answer(follower.ask(now, together=True, scene="", scene_bar=0), THERE, now, now)
    assert answer is not None
    follower.hear(answer, now)


def test_what_was_said_is_what_is_heard() -> None:
    leader, follower = RoomLeader(TOKEN, "hall"), RoomFollower(TOKEN, "attic")
    list(leader.tell(WORD, 5.0))
    ask = follower.ask(1.0, together=False, scene="own", scene_bar=0)
    assert isinstance(opened(ask, TOKEN), RoomAsk)
    answer = leader.answer(ask, THERE, 501.0, 501.0)
    assert answer is not None
    assert follower.hear(answer, 1.004)
    assert follower.word == WORD
    assert follower.offset == pytest.approx(499.998)
    assert follower.round_trip == pytest.approx(0.004)
    assert follower.leader == "hall"
    leader.answer(follower.ask(1.5, together=False, scene="own", scene_bar=0), THERE, 501.5, 501.5)
    assert leader.guests[THERE].ask.name == "attic"


@pytest.mark.parametrize("datagram", [b"", b"x" * 31, b"x" * 200, sealed(ASK, b"another token"), b"x" * 100_000])
def test_what_is_not_sealed_with_the_token_is_neither_heard_nor_answered(datagram: bytes) -> None:
    with pytest.raises(RoomWordError):
        RoomLeader(TOKEN, "hall").answer(datagram, THERE, 1.0, 1.0)


@pytest.mark.parametrize(
    "changes", [{"nonce": 5}, {"asked": "x"}, {"kind": "answer"}, {"name": "x" * 101}, {"scene_bar": None}]
)
def test_sealed_nonsense_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(RoomWordError):
        opened(retold(ASK, **changes), TOKEN)


def test_fields_of_a_later_minor_version_are_left_out() -> None:
    assert opened(retold(ASK, version="1.7", colour="blue"), TOKEN) == ASK


def test_another_major_version_is_refused_by_a_sentence() -> None:
    with pytest.raises(RoomVersionError, match=r"speaks version 2\.0 .*this box 1\.2; update the older"):
        opened(retold(ASK, version="2.0", nonce=7), TOKEN)


def test_one_of_another_major_version_hears_which_is_ours() -> None:
    """Its people are told to update, and not that nobody is there."""
    refusal = RoomLeader(TOKEN, "hall").refusal(1.0)
    body = refusal[32:].replace(VERSION.encode(), b"2.0")  # as it looks from there
    with pytest.raises(RoomVersionError, match="update the older"):
        RoomFollower(TOKEN, "attic").hear(hmac.digest(TOKEN, body, "sha256") + body, 1.0)
    assert not RoomFollower(TOKEN, "attic").hear(refusal, 1.0)


def test_an_answer_to_nobodys_question_counts_nothing() -> None:
    """What somebody recorded earlier is not taken for the leader's word."""
    leader, follower, other = RoomLeader(TOKEN, "hall"), RoomFollower(TOKEN, "attic"), RoomFollower(TOKEN, "loft")
    list(leader.tell(WORD, 5.0))
    recorded = leader.answer(other.ask(1.0, together=False, scene="", scene_bar=0), THERE, 2.0, 2.0)
    assert recorded is not None
    follower.ask(1.0, together=False, scene="", scene_bar=0)
    assert not follower.hear(recorded, 3.0)
    assert follower.word is None


def test_an_older_word_that_was_overtaken_is_not_taken_for_news() -> None:
    leader, follower = RoomLeader(TOKEN, "hall"), RoomFollower(TOKEN, "attic")
    talk(leader, follower, 0.5)
    talk(leader, follower, 1.0)
    told = [datagram for number in (1, 2) for _, datagram in leader.tell(replace(WORD, number=number), 1.0)]
    assert follower.hear(told[1], 1.1)
    assert not follower.hear(told[0], 1.2)
    assert follower.word is not None
    assert follower.word.number == 2


def test_a_leader_that_began_another_life_has_another_clock() -> None:
    leader, follower = RoomLeader(TOKEN, "hall"), RoomFollower(TOKEN, "attic")
    moment = 1.0
    for life, ahead in (("one", 500.0), ("two", 20.0)):
        list(leader.tell(replace(WORD, life=life), 5.0))
        for _ in range(2):  # of the first answer only the life is believed
            ask = follower.ask(moment, together=False, scene="", scene_bar=0)
            answer = leader.answer(ask, THERE, moment + 0.001 + ahead, moment + 0.001 + ahead)
            assert answer is not None
            follower.hear(answer, moment + 0.002)
            moment += 1.0
        assert follower.offset == pytest.approx(ahead)


def test_who_does_not_answer_is_gone_and_who_does_not_ask_is_told_nothing() -> None:
    leader, follower = RoomLeader(TOKEN, "hall"), RoomFollower(TOKEN, "attic")
    list(leader.tell(WORD, 0.0))
    talk(leader, follower, 0.5)
    talk(leader, follower, 1.0)
    assert follower.is_there(1.0 + 0.9 * GONE)
    assert not follower.is_there(1.0 + GONE)
    assert [place for place, _ in leader.tell(WORD, 1.0 + 0.9 * LEFT)] == [THERE]
    assert list(leader.tell(WORD, 1.0 + LEFT)) == []


def test_a_question_that_was_recorded_and_sent_from_forged_addresses_makes_nobody_a_follower() -> None:
    """Each was told of all bars for ten seconds, and so many of them pushed those out who follow."""
    leader, follower = RoomLeader(TOKEN, "hall"), RoomFollower(TOKEN, "attic")
    list(leader.tell(WORD, 0.0))
    talk(leader, follower, 1.0)
    recorded = follower.ask(1.5, together=True, scene="", scene_bar=0)
    leader.answer(recorded, THERE, 1.5, 1.5)
    for number in range(2 * MOST):
        leader.answer(recorded, ("10.9.9.9", 1024 + number), 2.0, 2.0)
    assert [place for place, _ in leader.tell(WORD, 2.0)] == [THERE]


def test_a_question_that_is_sent_again_from_its_own_address_is_not_answered_and_keeps_nobody_there() -> None:
    leader, follower = RoomLeader(TOKEN, "hall"), RoomFollower(TOKEN, "attic")
    talk(leader, follower, 1.0)
    recorded = follower.ask(2.0, together=True, scene="", scene_bar=0)
    assert leader.answer(recorded, THERE, 2.0, 2.0) is not None
    for moment in (3.0, 11.0):
        assert leader.answer(recorded, THERE, moment, moment) is None
    assert list(leader.tell(WORD, 2.0 + LEFT)) == []
    late = 2.0 + 3 * COOKIES_LAST
    leader.answer(recorded, THERE, late, late)
    assert list(leader.tell(WORD, late)) == [], "what was said to it is out of date by then"


def test_a_follower_whose_clock_began_anew_is_one_again() -> None:
    leader, follower = RoomLeader(TOKEN, "hall"), RoomFollower(TOKEN, "attic")
    for moment in (1000.0, 1000.5):
        talk(leader, follower, moment)
    after, back = RoomFollower(TOKEN, "attic"), 1000.5 + LEFT
    for own, moment in ((3.0, back), (3.5, back + 0.5)):
        answer = leader.answer(after.ask(own, together=False, scene="", scene_bar=0), THERE, moment, moment)
        assert answer is not None
        after.hear(answer, own)
    assert leader.guests[THERE].ask.asked == 3.5
