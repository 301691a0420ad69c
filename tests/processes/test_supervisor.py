import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import psutil
import pytest

from fakes.patience import PATIENCE
from fakes.workers import role
from reverie.processes import worker_life
from reverie.processes.children import Child, is_own, reap
from reverie.processes.supervisor import Backoff, Supervisor
from reverie.processes.wire import Message, WireError
from reverie.processes.worker_life import MAX_UNSENT, Death, Life, Role


class Ear:
    """Hears all and lets a test wait for what it wants to hear."""

    def __init__(self) -> None:
        self.lives = 0
        self.messages: list[Message] = []
        self.deaths: list[Death] = []
        self.delays: list[float] = []
        self.refuse = False
        self.stumble = False
        self._news = asyncio.Event()

    def started(self, role: str) -> None:
        self.lives += 1
        self._news.set()

    def received(self, role: str, message: Message) -> None:
        if self.refuse:
            raise WireError("that is not for the conductor")
        if self.stumble:
            self.stumble = False
            raise RuntimeError("a mistake of the conductor's own")
        self.messages.append(message)
        self._news.set()

    def died(self, role: str, death: Death, delay: float) -> None:
        self.deaths.append(death)
        self.delays.append(delay)
        self._news.set()

    async def until(self, seen: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not seen():
                self._news.clear()
                await self._news.wait()


async def eventually(seen: Callable[[], bool]) -> None:
    """Wait for what no event announces."""
    async with asyncio.timeout(PATIENCE):
        while not seen():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def children() -> set[psutil.Process]:
    """All of this process, among them what tests before left."""
    return set(psutil.Process().children(recursive=True))


@asynccontextmanager
async def supervised(what: Role, backoff: Backoff | None = None) -> AsyncGenerator[tuple[Supervisor, Ear]]:
    ear = Ear()
    before = children()
    supervisor = Supervisor(what, ear, backoff)
    running = asyncio.create_task(supervisor.run())
    try:
        yield supervisor, ear
    finally:
        await supervisor.stop()
        await running
        assert supervisor.state == "stopped"
        assert children() <= before


def pid_of(supervisor: Supervisor) -> int:
    pid = supervisor.info.pid
    assert pid is not None
    return pid


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE  # an orphan, for init to reap
    except psutil.NoSuchProcess:
        return True


async def test_messages_go_both_ways_and_the_worker_counts_as_up() -> None:
    async with supervised(role("obedient")) as (supervisor, ear):
        await ear.until(lambda: ear.lives == 1)
        assert supervisor.state == "starting"
        assert supervisor.send({"type": "say", "text": "Träumerei"})
        await ear.until(lambda: bool(ear.messages))
        assert ear.messages == [{"type": "echo", "of": {"type": "say", "text": "Träumerei"}}]
        await eventually(lambda: supervisor.state == "up")
        info = supervisor.info
        assert (info.role, info.state, info.restarts) == ("player", "up", 0)
        assert info.pid is not None
        assert info.rss_bytes is not None
        assert info.rss_bytes > 1_000_000
        assert os.getpgid(info.pid) == info.pid


async def test_a_mistake_of_the_listener_costs_one_life_and_not_the_supervision(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with supervised(role("obedient")) as (supervisor, ear):
        await ear.until(lambda: ear.lives == 1)
        ear.stumble = True
        supervisor.send({"type": "say", "text": "one"})
        await ear.until(lambda: ear.lives == 2)
        assert [death.reason for death in ear.deaths] == ["fault"]
        assert "a mistake of the conductor's own" in caplog.text
        supervisor.send({"type": "say", "text": "two"})
        await ear.until(lambda: {"type": "echo", "of": {"type": "say", "text": "two"}} in ear.messages)


async def test_what_is_said_at_the_end_is_heard() -> None:
    async with supervised(role("obedient")) as (supervisor, ear):
        await ear.until(lambda: ear.lives == 1)
    assert {"type": "last words"} in ear.messages
    assert ear.deaths == []
    assert supervisor.info.pid is None
    assert not supervisor.send({"type": "say"})


async def test_a_worker_that_is_recycled_says_its_last_words_and_lives_again_at_once() -> None:
    async with supervised(role("obedient")) as (supervisor, ear):
        await eventually(lambda: supervisor.state == "up")
        supervisor.recycle("It is old.")
        supervisor.recycle("It is older.")
        await ear.until(lambda: ear.lives == 2)
        assert {"type": "last words"} in ear.messages
        assert ear.deaths == [Death("recycled", "It is old.", crash=False)]
        assert ear.delays == [0.0]
        assert supervisor.info.restarts == 0
        await eventually(lambda: supervisor.state == "up")


async def test_stop_may_be_called_at_any_time_and_again() -> None:
    never_run = Supervisor(role("obedient"), Ear())
    await never_run.stop()
    async with supervised(role("obedient")) as (supervisor, _):
        await asyncio.gather(supervisor.stop(), supervisor.stop())
        await supervisor.stop()


async def test_after_a_burst_of_deaths_the_next_life_waits() -> None:
    async with supervised(role("leaves"), Backoff(burst=2)) as (supervisor, ear):
        await ear.until(lambda: len(ear.deaths) == 3)
        assert ear.delays == [0.0, 0.0, 10.0]
        assert ear.lives == 3
        assert {death.sentence for death in ear.deaths} == {"The player left with exit status 3."}
        assert supervisor.deaths == {"exit": 3}
        assert supervisor.info.restarts == 3
        assert supervisor.state == "waiting"


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [("garbage", "no JSON"), ("huge", "longer than"), ("mute", "closed its socket"), ("liar", "never sent")],
)
async def test_nonsense_on_the_wire_costs_that_life_only(behaviour: str, sentence: str) -> None:
    async with supervised(role(behaviour), Backoff(burst=1)) as (supervisor, ear):
        await ear.until(lambda: bool(ear.deaths))
        assert supervisor.deaths == {"protocol": 1}
        assert sentence in ear.deaths[0].sentence
        await ear.until(lambda: ear.lives == 2)


async def test_a_message_that_the_listener_refuses_is_nonsense_too() -> None:
    async with supervised(role("obedient")) as (supervisor, ear):
        ear.refuse = True
        await ear.until(lambda: ear.lives == 1)
        supervisor.send({"type": "say"})
        await ear.until(lambda: bool(ear.deaths))
        assert ear.deaths[0].reason == "protocol"
        assert "not for the conductor" in ear.deaths[0].sentence


@pytest.mark.parametrize("ailment", ["stopped", "busy"])
async def test_a_worker_that_does_not_answer_is_killed_and_replaced(ailment: str) -> None:
    async with supervised(role("obedient", patience=0.5)) as (supervisor, ear):
        await eventually(lambda: supervisor.state == "up")
        first = pid_of(supervisor)
        if ailment == "stopped":
            os.kill(first, signal.SIGSTOP)
        else:
            supervisor.send({"type": "hang"})
        await ear.until(lambda: ear.lives == 2)
        assert supervisor.deaths == {"hang": 1}
        assert ear.deaths[0].sentence == "The player did not answer for 0.5 s; it was killed."
        assert gone(first)
        assert pid_of(supervisor) != first


async def test_a_worker_that_tells_of_each_model_it_has_loaded_is_not_killed_while_it_starts() -> None:
    async with supervised(role("loads", startup=1.5)) as (supervisor, ear):
        await eventually(lambda: supervisor.state == "up")
        assert len(ear.messages) == 10
        assert ear.deaths == []


async def test_a_worker_that_says_nothing_while_it_starts_is_killed() -> None:
    async with supervised(role("never starts", startup=0.5)) as (_, ear):
        await ear.until(lambda: bool(ear.deaths))
        assert ear.deaths[0] == Death("hang", "The player did not answer for 0.5 s; it was killed.")


async def test_a_worker_that_reads_nothing_cannot_make_the_conductor_wait() -> None:
    async with supervised(role("obedient", patience=600)) as (supervisor, ear):
        await eventually(lambda: supervisor.state == "up")
        os.kill(pid_of(supervisor), signal.SIGSTOP)
        for _ in range(MAX_UNSENT // 65536 + 10):
            supervisor.send({"type": "say", "text": "x" * 65536})
        await ear.until(lambda: bool(ear.deaths))
        assert ear.deaths[0] == Death("hang", "The player no longer reads its messages; it was killed.")


async def test_a_conductor_that_was_held_up_does_not_blame_the_worker() -> None:
    patience = 2.0  # within which even a busy machine lets the worker answer
    async with supervised(role("obedient", patience=patience)) as (supervisor, ear):
        await eventually(lambda: supervisor.state == "up")
        os.kill(pid_of(supervisor), signal.SIGSTOP)
        threading.Timer(patience, os.kill, (pid_of(supervisor), signal.SIGCONT)).start()
        time.sleep(1.5 * patience)  # noqa: ASYNC251 - this is what holds up the event loop
        await asyncio.sleep(0.3)
        supervisor.send({"type": "say"})
        await ear.until(lambda: bool(ear.messages or ear.deaths))
        assert ear.deaths == []
        assert (supervisor.state, ear.lives) == ("up", 1)


async def test_death_by_a_signal_is_told_from_leaving() -> None:
    async with supervised(role("obedient")) as (supervisor, ear):
        await ear.until(lambda: ear.lives == 1)
        os.kill(pid_of(supervisor), signal.SIGSEGV)
        await ear.until(lambda: ear.lives == 2)
        assert ear.deaths == [Death("signal", "The player was ended by signal 11 (Segmentation fault).", crash=True)]


async def test_the_conductor_may_condemn_a_life() -> None:
    async with supervised(role("obedient")) as (supervisor, ear):
        await ear.until(lambda: ear.lives == 1)
        supervisor.condemn("The player sends nothing.")
        await ear.until(lambda: ear.lives == 2)
        assert ear.deaths == [Death("hang", "The player sends nothing.")]


@pytest.mark.parametrize("ailment", ["ignores all", "ignores all and is stopped"])
async def test_a_stubborn_worker_is_stopped_all_the_same(ailment: str) -> None:
    async with supervised(role("stubborn", patience=600, grace=0.2)) as (supervisor, _):
        await eventually(lambda: supervisor.state == "up")
        pid = pid_of(supervisor)
        if ailment.endswith("stopped"):
            os.kill(pid, signal.SIGSTOP)
        await supervisor.stop()
        assert gone(pid)


@pytest.mark.parametrize("end", ["killed", "stopped"])
async def test_a_workers_children_go_with_it(end: str) -> None:
    async with supervised(role("mother")) as (supervisor, ear):
        await ear.until(lambda: bool(ear.messages))
        child = ear.messages[0]["pid"]
        assert not gone(child)
        if end == "killed":
            os.kill(pid_of(supervisor), signal.SIGKILL)
            await ear.until(lambda: ear.lives == 2)
        else:
            await supervisor.stop()
        await eventually(lambda: gone(child))


async def test_cancelling_the_supervisor_leaves_no_process() -> None:
    ear = Ear()
    supervisor = Supervisor(role("obedient"), ear)
    running = asyncio.create_task(supervisor.run())
    await ear.until(lambda: ear.lives == 1)
    pid = pid_of(supervisor)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert gone(pid)
    assert supervisor.state == "stopped"


async def test_a_process_that_does_not_end_when_it_is_killed_is_waited_for_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As one that waits in the kernel for a disk or a driver."""
    monkeypatch.setattr(worker_life, "REAP", 0.1)
    life = await Life.begin(role("obedient"))
    monkeypatch.setattr(Child, "kill", lambda _: None)
    life.condemn("It hangs.")
    assert (await life.run(print)).sentence == "It hangs."
    assert is_own(life.pid)
    await eventually(reap)
    assert not is_own(life.pid)
    assert not psutil.pid_exists(life.pid)


async def test_a_worker_that_cannot_be_started_is_a_death_like_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    async with supervised(role("obedient"), Backoff(burst=1)) as (supervisor, ear):
        await ear.until(lambda: len(ear.deaths) == 2)
        assert ear.deaths[0] == Death("exit", "The player cannot be started: No such file or directory.")
        assert supervisor.state == "waiting"


async def test_a_worker_leaves_when_its_conductor_is_killed() -> None:
    conductor = (
        "import asyncio\n"
        "from fakes.workers import role\n"
        "from reverie.processes.worker_life import Life\n"
        "async def main():\n"
        "    life = await Life.begin(role('obedient'))\n"
        "    print(life.pid, flush=True)\n"
        "    await life.run(print)\n"
        "asyncio.run(main())\n"
    )
    environment = {**os.environ, **(role("obedient").environment or {})}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", conductor, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert process.stdout is not None
    worker = int(await process.stdout.readline())
    assert not gone(worker)
    process.kill()
    await process.communicate()
    await eventually(lambda: gone(worker))


def test_backoff_doubles_up_to_its_limit_and_a_healthy_life_resets_it() -> None:
    backoff = Backoff()
    assert [backoff.delay(at, at + 1) for at in range(5)] == [0.0] * 5
    waits: list[float] = []
    now = 5.0
    for _ in range(7):
        waits.append(backoff.delay(now, now + 1))
        now += 1 + waits[-1]
    assert waits == [10, 20, 40, 80, 160, 300, 300]
    assert backoff.delay(now, now + 59.9) == 300
    assert backoff.delay(now, now + 60) == 0.0
    assert [backoff.delay(now + 60, now + 61) for _ in range(5)] == [0.0] * 4 + [10.0]


def test_deaths_now_and_then_never_add_up() -> None:
    backoff = Backoff()
    assert all(backoff.delay(at, at + 14) == 0.0 for at in range(0, 15 * 100, 15))
