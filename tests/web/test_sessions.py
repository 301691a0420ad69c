from fakes.hand_clock import HandClock
from reverie.web.sessions import IDLE, LONGEST, Sessions


def test_a_session_is_known_by_its_secret_alone() -> None:
    sessions = Sessions(HandClock().now)
    artist, technician = sessions.begin("artist"), sessions.begin("technician")
    assert len({artist, technician}) == 2
    assert len(artist) >= 43, "256 bits"
    assert (sessions.role_of(artist), sessions.role_of(technician)) == ("artist", "technician")
    for wrong in ("", "artist", artist[:-1], artist.swapcase(), "\udce9"):
        assert sessions.role_of(wrong) is None
    sessions.end(artist)
    assert sessions.role_of(artist) is None
    assert sessions.role_of(technician) == "technician"


def test_a_session_that_is_not_used_ends() -> None:
    clock = HandClock()
    sessions = Sessions(clock.now)
    secret = sessions.begin("artist")
    clock.go(IDLE - 1)
    assert sessions.role_of(secret) == "artist"
    clock.go(IDLE - 1)
    assert sessions.role_of(secret) == "artist", "it was used meanwhile"
    clock.go(IDLE)
    assert sessions.role_of(secret) is None
    assert len(sessions) == 0


def test_a_session_ends_though_it_is_used_all_the_time() -> None:
    clock = HandClock()
    sessions = Sessions(clock.now)
    secret = sessions.begin("artist")
    for _ in range(round(LONGEST / 3600) - 1):
        clock.go(3600)
        assert sessions.role_of(secret) == "artist"
    clock.go(3600)
    assert sessions.role_of(secret) is None


def test_logins_without_end_take_no_more_memory_than_some() -> None:
    clock = HandClock()
    sessions = Sessions(clock.now, most=3)
    first = sessions.begin("technician")
    for _ in range(20):
        clock.go(1)
        sessions.begin("artist")
        assert sessions.role_of(first) == "technician", "whoever is there stays"
    assert len(sessions) == 3


def test_another_token_ends_the_sessions_of_its_role() -> None:
    sessions = Sessions(HandClock().now)
    artist, technician = sessions.begin("artist"), sessions.begin("technician")
    sessions.end_all_of("artist")
    assert (sessions.role_of(artist), sessions.role_of(technician)) == (None, "technician")
