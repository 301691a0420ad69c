"""The connection to the broker: a thread with an event loop of its own, so that no network holds up the conductor.

What the broker is to know is handed over whole, and what has changed is sent. A broker that is away is tried again,
ever more seldom, and costs nothing meanwhile: the latest state is kept, and no queue.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from reverie.allowance import Allowance
from reverie.errors import ended
from reverie.mqtt.broker_topics import ANSWER, AVAILABILITY, OFFLINE, ONLINE, SET
from reverie.site.mqtt_section import MqttSection
from reverie.watch.fault_kinds import MQTT_AWAY
from reverie.watch.faults import Faults

if TYPE_CHECKING:
    import aiomqtt

log = logging.getLogger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds from a lost connection to the next try: doubled with each, to a minute."""
STEADY = 2 * LONGEST_PAUSE
"""Seconds after which a connection has lasted: longer than two boxes that throw each other out wait in between."""
THROWN_OUT = 5
"""Connections in a row that did not last, from which on that is a fault."""
PATIENCE = 60.0
"""Seconds without a broker after which that is a fault."""
KEEPALIVE = 15
"""Seconds without a sign of life, half as many more, and the broker tells the last will."""
ANSWERED = 10.0
"""Seconds in which a broker has answered."""
LEAVE = 3.0
"""Seconds for which the last goodbye is waited."""
WISHES, WISHES_AT_ONCE = 5.0, 20.0
"""Wishes a second that are listened to, and at once: an automation may run wild."""
ANOTHER_BOX = "See whether another box has the topic {topic} too, and give each its own `mqtt.topic` in `reverie.yaml`"
"""What to do about a broker that takes one of two of the same name."""
MOST_WAITING = 100
"""Wishes that wait; what is beyond them is left out."""

Wish = Callable[[str, bytes, Callable[[str], None]], object]
"""Somebody wants something: what, with which payload, and to whom it is said what came of it. Of any thread."""


class BrokerLink:
    """Tells the broker, and hears of wishes where the site lets it.

    Args:
        section: What the site says.
        faults: Where it is told that the broker is away.
        wish: Hears of wishes, in the thread of the link.
    """

    def __init__(self, section: MqttSection, faults: Faults, wish: Wish) -> None:
        self._section = section
        self._faults = faults
        self._wish = wish
        self._lock = threading.Lock()
        self._wanted: Mapping[str, str] = {}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news = asyncio.Event()
        self._leaving = threading.Event()
        self._allowed = Allowance(WISHES, WISHES_AT_ONCE)
        self._short = 0
        """Connections that did not last, since the last that did."""
        self._up_at = 0.0
        self.up = False
        """Whether the broker is there, and has been told all."""

    def start(self) -> None:
        """Connect, and stay connected until :meth:`stop`; it may be started again afterwards."""
        self._leaving.clear()
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._live, name="mqtt", daemon=True)
            self._thread.start()

    def tell(self, topics: Mapping[str, str]) -> None:
        """The broker is to keep these payloads by their whole topics; of any thread, and never waits."""
        with self._lock:
            if topics == self._wanted:
                return
            self._wanted = dict(topics)
        self._wake()

    def stop(self) -> None:
        """Say goodbye, and wait for that a moment; may be called of any thread."""
        self._leaving.set()
        self._wake()
        if self._thread is not None and self._thread.is_alive():
            self._thread.join(LEAVE)

    def _wake(self) -> None:
        if self._loop is not None:
            try:
                self._loop.call_soon_threadsafe(self._news.set)
            except RuntimeError:  # its thread has ended
                return

    def _live(self) -> None:
        try:
            asyncio.run(self._run())
        except Exception as error:
            log.exception("MQTT has ended; the music plays on.")
            self._faults.tell(MQTT_AWAY, "", f"MQTT has ended, until Reverie is started anew: {_reason(error)}")
        finally:
            self.up = False

    async def _run(self) -> None:
        self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        away_since, pause, told = time.monotonic(), FIRST_PAUSE, False
        self._short = 0
        while not self._leaving.is_set():
            try:
                await self._connected()
            except Exception as error:
                sentence, now = _reason(error), time.monotonic()
                if self.up:
                    away_since = now
                    if now - self._up_at >= STEADY:
                        self._short, pause, told = 0, FIRST_PAUSE, False
                    else:
                        self._short += 1
                self.up = False
                if not told:
                    log.info("The MQTT broker %s is not there: %s It is tried again.", self._section.host, sentence)
                    log.debug("How it failed:", exc_info=error)
                    told = True
                if not self._leaving.is_set():
                    self._tell_fault(now - away_since, sentence)
            self.up = False
            await self._wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _tell_fault(self, away: float, sentence: str) -> None:
        """The broker is away for so many seconds; tell it if that is long, or if it was there too shortly too often."""
        where = f"{self._section.host}:{self._section.used_port}"
        if away >= PATIENCE:
            self._faults.tell(MQTT_AWAY, "", f"The MQTT broker {where} cannot be reached: {sentence}")
        elif self._short >= THROWN_OUT:
            lost = f"The MQTT broker {where} ends the connection again and again: {sentence}"
            self._faults.tell(MQTT_AWAY, "", lost, ANOTHER_BOX.format(topic=self._section.topic))

    async def _wait(self, seconds: float) -> None:
        """Wait, but for no longer than until it is time to leave."""
        until = time.monotonic() + seconds
        while not self._leaving.is_set() and (left := until - time.monotonic()) > 0:
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)

    async def _connected(self) -> None:
        """One connection, from its first to its last moment."""
        import aiomqtt  # it takes a while, and most sites need it never

        section = self._section
        topic = section.topic
        secret = section.password
        client = aiomqtt.Client(
            section.host,
            section.used_port,
            username=section.username,
            password=await asyncio.to_thread(secret.read) if secret else None,
            # Not of the box: two boxes of one topic would overwrite each other unseen. So the broker throws one out.
            identifier=f"reverie-{topic.replace('/', '-')}",
            will=aiomqtt.Will(f"{topic}/{AVAILABILITY}", OFFLINE, qos=1, retain=True),
            keepalive=KEEPALIVE,
            timeout=ANSWERED,
            max_queued_incoming_messages=MOST_WAITING,
            tls_context=await asyncio.to_thread(_tls, section) if section.tls else None,
            logger=_SILENT,
        )
        async with client:
            if section.control:
                await client.subscribe(f"{topic}/{SET}/#", qos=1)
            hearing = asyncio.create_task(self._hear(client))
            steady = asyncio.get_running_loop().call_later(STEADY, self._lasts)
            try:
                await self._publish(client, hearing)
            finally:
                hearing.cancel()
                steady.cancel()
                await asyncio.gather(hearing, return_exceptions=True)
                with contextlib.suppress(aiomqtt.MqttError):  # where the connection is lost, the last will says it
                    await client.publish(f"{topic}/{AVAILABILITY}", OFFLINE, qos=1, retain=True)

    async def _publish(self, client: aiomqtt.Client, hearing: asyncio.Task[None]) -> None:
        """Send what has changed until it is time to leave, and what was told last before that."""
        sent: dict[str, str] = {}
        await client.publish(f"{self._section.topic}/{AVAILABILITY}", ONLINE, qos=1, retain=True)
        while True:
            self._news.clear()
            leaves = self._leaving.is_set()
            with self._lock:
                wanted = self._wanted
            for topic, payload in wanted.items():
                if sent.get(topic) != payload:
                    await client.publish(topic, _encoded(payload), qos=1, retain=True)
                    sent[topic] = payload
            for topic in sent.keys() - wanted.keys():
                await client.publish(topic, "", qos=1, retain=True)
                del sent[topic]
            if leaves:
                return
            if not self.up:
                self._told_all()
            news = asyncio.create_task(self._news.wait())
            await asyncio.wait({news, hearing}, return_when=asyncio.FIRST_COMPLETED)
            news.cancel()
            if hearing.done():  # only a lost connection ends it
                hearing.result()

    def _told_all(self) -> None:
        """The broker is there, and takes what it is told."""
        section = self._section
        if not self._short:
            log.info("The MQTT broker %s is told how the installation is, as %s.", section.host, section.topic)
        self.up, self._up_at = True, time.monotonic()
        if self._short < THROWN_OUT:
            self._faults.clear(MQTT_AWAY)

    def _lasts(self) -> None:
        """The connection is there for so long that nobody is throwing this box out."""
        self._short = 0
        self._faults.clear(MQTT_AWAY)

    async def _hear(self, client: aiomqtt.Client) -> None:
        """Hear of wishes; one that the broker kept from before is none: nobody asks for it now.

        Raises:
            aiomqtt.MqttError: if the connection is lost.
        """
        base = f"{self._section.topic}/{SET}/"
        answers = f"{self._section.topic}/{ANSWER}"
        loop = asyncio.get_running_loop()

        def answer(sentence: str) -> None:
            sending = client.publish(answers, _encoded(sentence), qos=0)
            loop.call_soon_threadsafe(lambda: _forget(loop.create_task(sending)))

        async for message in client.messages:
            if message.retain or not self._allowed.take("wishes"):
                continue
            what = str(message.topic).removeprefix(base)
            self._wish(what, message.payload, answer)


_SILENT = logging.getLogger("reverie.mqtt.paho")
_SILENT.setLevel(logging.CRITICAL)


def _encoded(text: str) -> bytes:
    """UTF-8; bytes of a file's name that are no text stand in it as escapes, which JSON has too."""
    return text.encode("utf-8", "backslashreplace")


def _forget(task: asyncio.Task[None]) -> None:
    """An answer that does not arrive is no matter."""
    task.add_done_callback(lambda done: None if done.cancelled() else done.exception())


def _tls(section: MqttSection) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(section.ca) if section.ca else None)


def _reason(error: Exception) -> str:
    return ended(str(error) or type(error).__name__)
