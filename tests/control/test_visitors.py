"""Visitors: what they may, how often, and whose turn it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes.hand_clock import HandClock
from reverie.control.visitors import ELSEWHERE, MOST_WAITING, WAITING_AT_ONE_ADDRESS, Visitor, Visitors
from reverie.documents import DocumentError, parse_document, validate
from reverie.site.visitor_rules import VISITOR_ACTS, VisitorRules, VisitorsSection

ANNE, BEN, CLEO = (Visitor(name, f"10.0.0.{number}") for number, name in enumerate(("anne", "ben", "cleo")))


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def queue(clock: HandClock, **rules: object) -> Visitors:
    return Visitors(VisitorRules(together="queue", turn=60.0, **rules), clock.now)  # type: ignore[arg-type]


def stay(visitors: Visitors, clock: HandClock, seconds: float, *there: Visitor) -> None:
    """Time goes by while these have the page open."""
    for _ in range(round(seconds)):
        clock.go(1.0)
        for one in there:
            visitors.see(one)


def test_what_the_site_does_not_allow_is_refused(clock: HandClock) -> None:
    visitors = Visitors(VisitorRules(allow=frozenset({"mood"})), clock.now)
    assert visitors.may(ANNE, "mood") is None
    assert visitors.may(ANNE, "drums") == "not-allowed"


def test_a_visitor_wishes_so_often_a_minute_and_others_are_not_held_up_by_it(clock: HandClock) -> None:
    visitors = Visitors(VisitorRules(per_person=6, per_minute=600), clock.now)
    done = [visitors.may(ANNE, "mood") for _ in range(10)]
    assert (done[:2], done[2:]) == ([None, None], ["too-often"] * 8)
    assert visitors.may(BEN, "mood") is None
    heard = 0
    for _ in range(60):
        clock.go(1.0)
        heard += visitors.may(ANNE, "mood") is None
    assert heard == 6


def test_whoever_throws_the_cookie_away_has_no_more_than_the_address(clock: HandClock) -> None:
    visitors = Visitors(VisitorRules(per_person=6, per_minute=6000), clock.now)
    done = [visitors.may(Visitor(f"word {number}", "10.0.0.1"), "mood") for number in range(100)]
    assert done.count(None) == 8, "four times a person's"
    assert visitors.may(CLEO, "mood") is None


def wishes(visitors: Visitors, clock: HandClock, address: str, seconds: int, *, of_many: bool = False) -> int:
    """How many are granted to an address from which ten come each second, each of them a new visitor."""
    granted = 0
    for second in range(seconds):
        for number in range(10):
            granted += visitors.may(Visitor(f"{address} {second} {number}", address, of_many), "mood") is None
        clock.go(1.0)
    return granted


def test_one_address_that_throws_its_cookie_away_leaves_wishes_to_everybody_else(clock: HandClock) -> None:
    """With the usual rules four times a person's wishes were all that there are."""
    visitors, rules = Visitors(VisitorRules(), clock.now), VisitorRules()
    assert rules.per_person * 4 >= rules.per_minute
    assert wishes(visitors, clock, "10.0.0.9", 120) <= rules.per_minute * (2 + 1 / 3) / 3 + 1
    for one in (ANNE, BEN, CLEO):
        assert [visitors.may(one, "mood") for _ in range(3)] == [None] * 3


@pytest.mark.parametrize(("own", "every", "granted"), [(30, 1200, 40), (30, 120, 13), (30, 45, 10), (2, 120, 2)])
def test_an_address_has_no_less_than_a_person_and_no_more_than_its_share(
    clock: HandClock, own: int, every: int, granted: int
) -> None:
    visitors = Visitors(VisitorRules(per_person=own, per_minute=every), clock.now)
    done = [visitors.may(Visitor(str(number), "10.0.0.9"), "mood") for number in range(100)]
    assert done.count(None) == granted


def test_those_whom_a_proxy_does_not_tell_apart_have_all_wishes_together(clock: HandClock) -> None:
    visitors = Visitors(VisitorRules(), clock.now)
    assert wishes(visitors, clock, "127.0.0.1", 60, of_many=True) >= VisitorRules().per_minute


def test_all_together_wish_so_often_a_minute(clock: HandClock) -> None:
    visitors = Visitors(VisitorRules(per_person=60, per_minute=30), clock.now)
    done = [visitors.may(Visitor(f"word {number}", f"10.0.{number}.1"), "mood") for number in range(100)]
    assert (done.count(None), done[-1]) == (10, "too-many")


def test_presses_are_no_wishes_and_yet_bounded(clock: HandClock) -> None:
    visitors = Visitors(VisitorRules(per_person=1), clock.now)
    done = [visitors.may(ANNE, "contour") for _ in range(100)]
    assert done.count(None) == 20
    clock.go(1.0)
    assert [visitors.may(ANNE, "contour") for _ in range(20)].count(None) == 10
    assert visitors.may(ANNE, "mood") is None


def test_one_visitor_plays_as_long_as_nobody_waits(clock: HandClock) -> None:
    visitors = queue(clock)
    assert visitors.may(ANNE, "drums") is None
    stay(visitors, clock, 300, ANNE)
    standing = visitors.standing(ANNE)
    assert (standing.may, standing.plays, standing.seconds, standing.waiting) == (True, True, None, 0)


def test_a_turn_ends_a_minute_after_somebody_waits_and_the_queue_says_when(clock: HandClock) -> None:
    visitors = queue(clock)
    visitors.may(ANNE, "drums")
    stay(visitors, clock, 100, ANNE)
    assert visitors.may(BEN, "drums") == "not-your-turn"
    visitors.wait(CLEO)
    assert [visitors.standing(one).seconds for one in (ANNE, BEN, CLEO)] == [60.0, 60.0, 120.0]
    stay(visitors, clock, 20, ANNE, BEN, CLEO)
    assert [visitors.standing(one).seconds for one in (ANNE, BEN, CLEO)] == [40.0, 40.0, 100.0]
    stay(visitors, clock, 41, ANNE, BEN, CLEO)
    assert [visitors.standing(one).may for one in (ANNE, BEN, CLEO)] == [False, True, False]
    assert visitors.may(ANNE, "drums") == "not-your-turn"
    assert visitors.standing(ANNE).seconds == pytest.approx(119.0, abs=1.0), "after Cleo"


def test_whoever_goes_away_holds_nobody_up(clock: HandClock) -> None:
    visitors = queue(clock)
    visitors.may(ANNE, "drums")
    visitors.wait(BEN)
    visitors.wait(CLEO)
    stay(visitors, clock, ELSEWHERE + 1, CLEO)
    assert visitors.standing(CLEO).may
    visitors.leave(CLEO)
    assert visitors.may(BEN, "drums") is None, "nobody plays any more"


def test_a_queue_has_an_end(clock: HandClock) -> None:
    visitors = queue(clock)
    visitors.may(ANNE, "drums")
    for number in range(MOST_WAITING):
        visitors.wait(Visitor(str(number), f"10.0.{number}.9"))
    assert visitors.wait(BEN) == "queue-full"
    assert visitors.may(BEN, "mood") == "queue-full"


def test_one_address_that_throws_its_cookie_away_leaves_places_in_the_queue(clock: HandClock) -> None:
    visitors = queue(clock)
    visitors.may(ANNE, "drums")
    there = [Visitor(f"word {number}", "10.0.0.9") for number in range(MOST_WAITING)]
    done = [visitors.wait(one) for one in there]
    assert done.count("queue-full") == MOST_WAITING - WAITING_AT_ONE_ADDRESS
    assert visitors.standing(there[0]).waiting == WAITING_AT_ONE_ADDRESS
    assert visitors.wait(BEN) != "queue-full"
    stay(visitors, clock, 61, ANNE, BEN, *there)
    assert visitors.standing(there[0]).plays
    assert visitors.wait(there[-1]) != "queue-full", "the place of whoever plays now is free"
    assert visitors.wait(there[-2]) == "queue-full"


def test_those_whom_a_proxy_does_not_tell_apart_have_the_whole_queue(clock: HandClock) -> None:
    visitors = queue(clock)
    visitors.may(ANNE, "drums")
    done = [visitors.wait(Visitor(f"word {number}", "127.0.0.1", of_many=True)) for number in range(MOST_WAITING + 1)]
    assert done.count("queue-full") == 1


def test_the_mood_with_most_votes_wins_and_each_visitor_has_one(clock: HandClock) -> None:
    visitors = Visitors(VisitorRules(together="votes"), clock.now)
    assert visitors.count_votes() is None
    for _ in range(3):
        visitors.vote(ANNE, "fear")
    visitors.vote(BEN, "joy")
    visitors.vote(CLEO, "joy")
    assert visitors.votes == {"fear": 1, "joy": 2}
    assert visitors.count_votes() == "joy"
    assert visitors.count_votes() is None, "each bar line begins anew"
    visitors.vote(BEN, "joy")
    visitors.vote(ANNE, "fear")
    assert visitors.count_votes() == "joy", "of two with as many the one that was wished for first"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(("wait", "leave", "may", "see", "go")),
            st.integers(0, 5),
            st.floats(0.1, 90.0, allow_nan=False),
        ),
        max_size=60,
    )
)
def test_never_more_than_one_has_the_turn_and_somebody_who_waits_gets_it(doings: list[tuple[str, int, float]]) -> None:
    clock = HandClock()
    visitors = queue(clock)
    people = [Visitor(str(number), f"10.0.0.{number}") for number in range(6)]
    acts: dict[str, Callable[[Visitor], object]] = {
        "wait": visitors.wait,
        "leave": visitors.leave,
        "may": lambda one: visitors.may(one, "mood"),
        "see": visitors.see,
    }
    for doing, number, seconds in doings:
        if doing == "go":
            clock.go(seconds)
        else:
            acts[doing](people[number])
        assert sum(visitors.standing(one).plays for one in people) <= 1
    visitors.wait(people[0])
    stay(visitors, clock, 7 * 61, people[0])
    assert visitors.standing(people[0]).plays


def test_the_site_says_what_visitors_may() -> None:
    assert VisitorsSection().rules == VisitorRules()
    assert VisitorsSection().rules.allow == set(VISITOR_ACTS)
    written = parse_document("allow: [mood, keep]\ntogether: queue\nturn: 30\ntempo: [80, 100]", "page.yaml")
    rules = validate(written, VisitorsSection, {}).rules
    assert (rules.allow, rules.together, rules.turn, rules.tempo) == ({"mood", "keep"}, "queue", 30.0, (80.0, 100.0))


@pytest.mark.parametrize(
    "wrong", ["tempo: [100, 80]", "density: [0, 1]", "temperature: [0.5, 9]", "allow: [everything]"]
)
def test_limits_that_are_none_are_told_by_their_line(wrong: str) -> None:
    with pytest.raises(DocumentError) as told:
        validate(parse_document(wrong, "page.yaml"), VisitorsSection, {})
    assert "1:" in str(told.value)
