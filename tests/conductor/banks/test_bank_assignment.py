"""Banks reach samplers of every kind, and nothing that fails on the way holds the conductor up."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pythonosc.osc_message import OscMessage

from fakes.banks import make_bank
from fakes.hand_clock import HandClock
from fakes.patience import PATIENCE
from reverie.bus import Bus
from reverie.conductor.banks import bank_delivery as handover
from reverie.conductor.banks.bank_assignment import Banking
from reverie.play.messages import BankTaken, TakeBank, ToPlayer
from reverie.processes.codec import from_message
from reverie.scenes.folder import load_scene
from reverie.scenes.schema import Scene
from reverie.site.sampler import SamplerSettings
from reverie.timbre.bank.bank import Bank, read_bank
from reverie.timbre.bank.folder_delivery import CURRENT
from reverie.timbre.ready_bank import ReadyBank
from reverie.watch.fault_kinds import BANK_NOT_PLAYED, SOUNDFONT_NOT_PLAYED
from reverie.watch.faults import Faults
from reverie.watch.happenings import BankDamaged

SCENE = """\
name: dream
title: Dream
tempo: 100
metre: 4/4
key: C
scale: major
timbres:
  creature:
    sources: {flute: {latent: 1}, cat: {latent: 2}}
    path: {kind: line, steps: 3}
    pace: 10 min
voices:
  lead:
    kind: melody
    model: any
    primer: "C4 - - - - - - - - - - - - - - -"
    register: [C3, C5]
    bars: 1
    evolve: {hold: 1, then: [continue]}
    temperature: 1.0
    density: [1, 8]
    output: {slot: main, channel: 1}
    timbre: {bank: creature}
"""
SLOT = {"kind": "port", "channels": {"1": 11}}


class House:
    """Banking with a player that only listens."""

    def __init__(
        self,
        folder: Path,
        sampler: SamplerSettings | None,
        slot: dict[str, Any] = SLOT,
        refuse: Callable[[str], object] = lambda _: None,
    ) -> None:
        path = folder / "dream.yaml"
        path.write_text(SCENE, encoding="utf-8")
        self.scene: Scene = load_scene(path, {"any": ("melody",)}, {"main": slot})
        self.cache = folder / "cache"
        self.told: list[TakeBank] = []
        samplers = {"main": sampler} if sampler else {}
        self.register = Faults()
        bus = Bus()
        bus.subscribe(BankDamaged, lambda said: refuse(said.voice))
        self.banking = Banking({"main": slot}, self._hear, bus, HandClock(), self.register, samplers)
        self.banking.scene_begun(1)

    @property
    def faults(self) -> list[str]:
        """What is told of voices that cannot have their bank."""
        return [fault.sentence for fault in self.register.of(BANK_NOT_PLAYED)]

    def _hear(self, message: Any) -> None:
        take = from_message(ToPlayer, message)
        assert isinstance(take, TakeBank)
        self.told.append(take)

    def ready(self, step: int) -> Bank:
        bank = make_bank(self.cache, step)
        self.hand_on(step, bank)
        return bank

    def hand_on(self, step: int, bank: Bank) -> None:
        self.banking.bank_ready(self.scene, "creature", ReadyBank(step, bank.id, str(bank.folder), str(bank.soundfont)))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():  # noqa: ASYNC110 - what happens is not of asyncio's
            await asyncio.sleep(0.005)


def play(story: Callable[[], Awaitable[None]]) -> None:
    async def told() -> None:
        await story()

    asyncio.run(told())


def test_a_synthesizer_of_ours_is_given_the_soundfont(tmp_path: Path) -> None:
    house = House(tmp_path, None, {"kind": "fluidsynth"})
    bank = house.ready(0)
    assert house.told == [TakeBank(1, "lead", bank.id, str(bank.soundfont))]


def test_browsers_take_a_bank_and_load_it_themselves(tmp_path: Path) -> None:
    house = House(tmp_path, None, {"kind": "browser"})
    bank = house.ready(0)
    assert house.told == [TakeBank(1, "lead", bank.id, "")]


def test_a_slot_without_a_sampler_is_given_nothing(tmp_path: Path) -> None:
    house = House(tmp_path, None)
    house.ready(0)
    assert house.told == []


def test_a_sampler_has_the_bank_before_its_program_is_chosen_and_programs_take_turns(tmp_path: Path) -> None:
    house = House(tmp_path, SamplerSettings(tmp_path / "share", 3, None, (4, 7), 0.0))
    (tmp_path / "share").mkdir()

    async def story() -> None:
        for step in (0, 1, 1, 2):
            count = len(house.told)
            bank = house.ready(step)
            await until(lambda count=count: len(house.told) > count)
            assert read_bank(tmp_path / "share" / "creature" / CURRENT).id == bank.id

    play(story)
    assert [(take.program, take.font) for take in house.told] == [(4, ""), (7, ""), (7, ""), (4, "")]


@pytest.fixture
def two_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A sampler that loads one program while the other sounds."""
    monkeypatch.setattr(handover.BankDelivery.__init__, "__defaults__", (0.01,))
    (tmp_path / "share").mkdir()
    return House(tmp_path, SamplerSettings(tmp_path / "share", 3, None, (4, 7), 0.05))


async def hand_over(house: House, step: int) -> Bank:
    """Let a bank arrive at the player."""
    count = len(house.told)
    bank = house.ready(step)
    await until(lambda: len(house.told) > count)
    return bank


def test_a_bank_that_never_arrived_is_no_turn_of_the_two_programs(two_programs: House, tmp_path: Path) -> None:
    async def story() -> None:
        await hand_over(two_programs, 0)
        (tmp_path / "share").rename(tmp_path / "away")
        two_programs.ready(1)
        await until(lambda: bool(two_programs.faults))
        (tmp_path / "away").rename(tmp_path / "share")
        await hand_over(two_programs, 2)

    play(story)
    assert [take.program for take in two_programs.told] == [4, 7]  # 4 sounds: nothing else is loaded into it


def test_a_bank_that_was_out_of_date_while_it_was_loaded_is_no_turn(
    two_programs: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered: list[Path] = []
    monkeypatch.setattr(handover, "deliver", lambda *where: delivered.append(where[0]) or where[0])

    async def story() -> None:
        await hand_over(two_programs, 0)
        two_programs.ready(1)
        await until(lambda: len(delivered) == 2)
        await hand_over(two_programs, 2)

    play(story)
    assert [take.program for take in two_programs.told] == [4, 7]


def test_a_bank_that_the_player_was_told_of_and_never_took_is_no_turn(two_programs: House) -> None:
    async def story() -> None:
        first = await hand_over(two_programs, 0)
        two_programs.banking.taken(BankTaken("lead", first.id))
        await hand_over(two_programs, 1)  # the device went away before the bar line
        await hand_over(two_programs, 2)

    play(story)
    assert [take.program for take in two_programs.told] == [4, 7, 7]


def test_a_bank_that_the_player_refused_is_no_turn(two_programs: House) -> None:
    async def story() -> None:
        first = await hand_over(two_programs, 0)
        two_programs.banking.taken(BankTaken("lead", first.id))
        second = await hand_over(two_programs, 1)
        two_programs.banking.taken(BankTaken("lead", second.id, refused=True))
        third = await hand_over(two_programs, 2)
        two_programs.banking.taken(BankTaken("lead", third.id))
        await hand_over(two_programs, 3)

    play(story)
    assert [take.program for take in two_programs.told] == [4, 7, 7, 4]


def test_osc_tells_where_it_is_and_which_channel_and_program_it_will_have(tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)
        house = House(tmp_path, SamplerSettings(tmp_path / "share", 3, listener.getsockname(), (4,), 0.0))

        async def story() -> None:
            house.ready(2)
            await until(lambda: bool(house.told))

        play(story)
        message = OscMessage(listener.recv(1024))
    scene, timbre, voice, step, bank, folder, channel, program = message.params
    assert (scene, timbre, voice, step, channel, program) == ("dream", "creature", "lead", 2, 11, 4)
    assert read_bank(Path(str(folder))).id == bank == house.told[0].bank


def test_a_share_that_is_gone_is_told_and_used_once_it_is_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover.BankDelivery.__init__, "__defaults__", (0.01,))
    house = House(tmp_path, SamplerSettings(tmp_path / "share"))

    async def story() -> None:
        bank = house.ready(0)
        await until(lambda: bool(house.faults))
        [sentence] = house.faults
        assert sentence.startswith("Voice lead: there is no folder")
        assert house.told == []
        (tmp_path / "share").mkdir()
        await until(lambda: bool(house.told))
        house.banking.taken(BankTaken("lead", bank.id))
        assert house.faults == []

    play(story)


def test_a_bank_that_the_synthesizer_refuses_is_told_once_until_it_plays_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, None, {"kind": "fluidsynth"})
    bank = house.ready(0)
    for _ in range(3):
        house.banking.taken(BankTaken("lead", bank.id, refused=True))
    assert len(caplog.messages) == len(house.faults) == 1
    assert "refused the bank" in house.faults[0]
    house.banking.taken(BankTaken("lead", bank.id))
    assert house.faults == []
    assert [fault.subject for fault in house.register.cleared] == ["lead"]


def test_a_bank_that_is_damaged_before_it_is_delivered_is_made_anew_and_not_tried_for_ever(tmp_path: Path) -> None:
    (tmp_path / "share").mkdir()
    refused: list[str] = []
    house = House(tmp_path, SamplerSettings(tmp_path / "share", 3, None, (4, 7), 0.0), refuse=refused.append)

    async def story() -> None:
        bank = make_bank(house.cache, 0)
        bank.soundfont.write_bytes(b"half of it")
        house.hand_on(0, bank)
        await until(lambda: bool(refused))
        assert refused == ["lead"]
        [sentence] = house.faults
        assert "it is rendered anew" in sentence
        assert house.told == []
        assert house.ready(0).id == bank.id
        await until(lambda: bool(house.told))

    play(story)


def test_what_is_wanted_for_a_scene_that_is_over_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover.BankDelivery.__init__, "__defaults__", (0.01,))
    house = House(tmp_path, SamplerSettings(tmp_path / "share"))

    async def story() -> None:
        house.ready(0)
        await until(lambda: bool(house.faults))
        house.banking.scene_begun(2)
        (tmp_path / "share").mkdir()
        await until(lambda: len(asyncio.all_tasks()) == 1)
        assert house.told == []
        assert house.faults == []

    play(story)


def test_a_disk_that_hangs_does_not_hold_the_conductor_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copying = asyncio.Event()

    def hang(folder: Path, *_: object) -> Path:
        asyncio.run_coroutine_threadsafe(_set(copying), loops[0]).result(10)
        released.wait(PATIENCE)
        return folder

    released = threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []
    monkeypatch.setattr(handover, "deliver", hang)
    house = House(tmp_path, SamplerSettings(tmp_path / "share"))

    async def story() -> None:
        loops.append(asyncio.get_running_loop())
        house.ready(0)
        newer = house.ready(1)
        await copying.wait()  # this loop runs on while the copy hangs
        assert house.told == []
        released.set()
        await until(lambda: bool(house.told))
        assert [take.bank for take in house.told] == [newer.id]

    play(story)


async def _set(event: asyncio.Event) -> None:
    event.set()


def test_a_soundfont_that_the_player_refused_is_a_fault_until_it_is_taken_or_another_scene_plays(
    tmp_path: Path,
) -> None:
    house = House(tmp_path, None)
    for then in (
        lambda: house.banking.taken(BankTaken("lead", "soundfont:/a/own.sf2")),
        lambda: house.banking.scene_begun(2),
    ):
        house.banking.taken(BankTaken("lead", "soundfont:/a/own.sf2", refused=True))
        (fault,) = house.register.of(SOUNDFONT_NOT_PLAYED)
        assert fault.sentence == ("The voice lead cannot have its soundfont /a/own.sf2: its synthesizer has refused it")
        then()
        assert not house.register.of(SOUNDFONT_NOT_PLAYED)
    assert house.faults == []
