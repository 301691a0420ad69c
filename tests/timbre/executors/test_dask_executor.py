"""A Dask cluster renders what would be rendered here, whatever becomes of a worker."""

from __future__ import annotations

import dataclasses
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Future, LocalCluster

from fakes.gansynth import gansynth
from fakes.nsynth import bundle_of as nsynth
from fakes.nsynth import variables
from fakes.patience import PATIENCE
from fakes.timbre import FakeRenderer, open_fake, sine, work_here
from reverie.models.library.bundle import Bundle, write_bundle
from reverie.models.nsynth.weights import weights_from
from reverie.timbre.bank.unfinished import Unfinished
from reverie.timbre.errors import TimbreError
from reverie.timbre.executors import dask_executor as farming
from reverie.timbre.executors.dask_executor import DaskCluster, address_of
from reverie.timbre.executors.dask_worker import difference, versions
from reverie.timbre.executors.executor import Executor, Here, name_of
from reverie.timbre.recipe import BankRecipe, Ingredient, mixture
from reverie.timbre.render.batches import batches_of
from reverie.timbre.render.notes_of_recipe import render_notes
from reverie.timbre.render.progress_interval import Pace
from reverie.timbre.render.renderer import Renderer
from reverie.timbre.timbre_models import open_timbre_model

RENDERER = FakeRenderer()
SOUNDS = {"saw": sine(60.0), "square": sine(60.0, odd=True)}
RECIPE = BankRecipe(
    RENDERER.model,
    mixture((Ingredient(0.5, "saw", own_pitch=60.0), Ingredient(0.5, "square", own_pitch=60.0))),
    tuple(range(36, 84)),
    (60, 120),
    1.0,
    -20.0,
    7,
)
"""96 notes in twelve batches: losing them all at once is more losses than any one of them may have."""


BATCHES = 12


def rendered(
    executor: Executor, folder: Path, pace: Pace = lambda _: None, renderer: Renderer = RENDERER
) -> list[bytes]:
    sounds = render_notes(RECIPE, SOUNDS.__getitem__, renderer, executor, Unfinished(folder), pace)
    return [sound.samples.tobytes() for sound in sounds]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    return rendered(Here(), tmp_path_factory.mktemp("here"))


def started(**options: Any) -> Any:
    return LocalCluster(threads_per_worker=1, dashboard_address=":0", silence_logs=logging.CRITICAL, **options)


@pytest.fixture(scope="module")
def lasting_cluster() -> Iterator[Any]:
    """For what does it no harm."""
    with started(n_workers=2, resources={"GPU": 1}) as cluster:
        yield cluster


@pytest.fixture
def cluster() -> Iterator[Any]:
    with started(n_workers=2, resources={"GPU": 1}) as cluster:
        yield cluster


def farm_at(cluster: Any, folder: Path, nap: float = 0.0, resource: str = "", **options: Any) -> DaskCluster:
    bundle = folder / "fake-bundle"
    bundle.write_text(str(nap))
    return DaskCluster(cluster.scheduler_address, bundle, resource, opener=open_fake, **options)


def once_begun(deed: Callable[[], object]) -> Pace:
    """A pace that does something in mid-render, once: more than five of twelve batches are done and less than ten."""
    done: list[object] = []

    def pace(share: float) -> None:
        if 0.45 < share < 0.8 and not done:
            done.append(deed() or True)

    return pace


def kill(pids: Iterable[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def kept_batches(folder: Path) -> int:
    return sum(1 for path in folder.glob("batch-*") if "frozen" not in path.name)


@pytest.mark.real
def test_two_workers_give_the_same_bytes_as_this_machine(cluster: Any, tmp_path: Path, here: list[bytes]) -> None:
    shares: list[float] = []
    with farm_at(cluster, tmp_path, nap=0.02) as farm:
        assert rendered(farm, tmp_path / "kept", shares.append) == here
        assert rendered(farm, tmp_path / "again") == here
        work = farm.client.run(work_here)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert [opened for opened, _ in work.values()] == [1, 1]
    assert all(slices > 0 for _, slices in work.values())
    assert sum(slices for _, slices in work.values()) == 2 * BATCHES * 10


@pytest.mark.real
@pytest.mark.parametrize("lost", [1, 2])
def test_it_survives_the_loss_of_workers(cluster: Any, tmp_path: Path, here: list[bytes], lost: int) -> None:
    """Both at once take the model's file along."""
    with farm_at(cluster, tmp_path, nap=0.1) as farm:
        before = farm.client.run(os.getpid)
        pace = once_begun(lambda: kill([*before.values()][:lost]))
        assert rendered(farm, tmp_path / "kept", pace) == here
        farm.client.wait_for_workers(2, timeout=PATIENCE)
        after = farm.client.run(os.getpid)
    assert len(set(before.values()) - set(after.values())) == lost


@pytest.mark.real
@pytest.mark.parametrize("lost", [1, 2])
def test_what_was_done_and_is_lost_on_its_way_here_is_done_again(
    cluster: Any, tmp_path: Path, here: list[bytes], monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    with farm_at(cluster, tmp_path) as farm:
        doomed = [*farm.client.run(os.getpid).values()][:lost]
        fetch: Callable[..., Any] = Future.result

        def result(future: Any, *arguments: Any, **options: Any) -> Any:
            if kept_batches(tmp_path / "kept") == BATCHES // 2:
                kill(doomed)
                doomed.clear()
            return fetch(future, *arguments, **options)

        monkeypatch.setattr(Future, "result", result)
        assert rendered(farm, tmp_path / "kept") == here
    assert not doomed


@pytest.mark.real
def test_where_all_workers_are_lost_too_often_the_scheduler_is_not_blamed(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(farming, "MOST_LOSSES", 0)
    with farm_at(cluster, tmp_path, nap=0.1) as farm:
        workers = farm.client.run(os.getpid).values()
        with pytest.raises(TimbreError, match=r"all workers of .* are lost time and again; .*what was done is kept"):
            rendered(farm, tmp_path / "kept", once_begun(lambda: kill(workers)))


@pytest.mark.real
def test_who_interrupts_it_keeps_what_is_done_and_goes_on_here(cluster: Any, tmp_path: Path, here: list[bytes]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with farm_at(cluster, tmp_path, nap=0.1) as farm, pytest.raises(KeyboardInterrupt):
        rendered(farm, tmp_path / "kept", once_begun(interrupt))
    done = kept_batches(tmp_path / "kept")
    assert 0 < done < BATCHES
    local = FakeRenderer()
    assert rendered(Here(), tmp_path / "kept", renderer=local) == here
    assert local.slices == (BATCHES - done) * 10


@pytest.mark.real
def test_a_worker_tells_how_far_it_is_and_leaves_off_what_nobody_wants(cluster: Any, tmp_path: Path) -> None:
    """One batch of two hundred slices; what a worker is asked next has to wait for it."""

    def interrupt(share: float) -> None:
        if share > 0:
            raise KeyboardInterrupt

    recipe = dataclasses.replace(RECIPE, pitches=(60,), seconds=20.0)
    batches = batches_of(recipe, {60: RENDERER.latent(1)})
    with farm_at(cluster, tmp_path, nap=0.05) as farm:
        with pytest.raises(KeyboardInterrupt):
            farm.render(batches, RENDERER, Unfinished(tmp_path / "kept"), interrupt)
        workers = farm.client.scheduler_info()["workers"]
        asked = [farm.client.submit(work_here, workers=[worker], pure=False) for worker in workers]
        slices = sum(future.result()[1] for future in asked)
    assert 0 < slices < 200


@pytest.mark.real
def test_it_goes_on_with_what_was_done_here(lasting_cluster: Any, tmp_path: Path, here: list[bytes]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rendered(Here(), tmp_path / "kept", once_begun(interrupt))
    done = kept_batches(tmp_path / "kept")
    assert 0 < done < BATCHES
    with farm_at(lasting_cluster, tmp_path) as farm:
        before = farm.client.run(work_here)
        assert rendered(farm, tmp_path / "kept") == here
        after = farm.client.run(work_here)
    assert sum(after[worker][1] - before[worker][1] for worker in after) == (BATCHES - done) * 10


@pytest.mark.real
@pytest.mark.parametrize("bundle", [gansynth(), nsynth(weights_from(variables()))], ids=["gansynth", "nsynth"])
def test_real_engines_give_the_same_bytes_too(lasting_cluster: Any, tmp_path: Path, bundle: Bundle) -> None:
    path = tmp_path / "model.safetensors"
    write_bundle(path, bundle)
    model = open_timbre_model(path, 1)
    sound = sine(60.0)
    codes = {
        pitch: model.code(sound, pitch) if bundle.card.config == "nsynth" else model.latent(7)
        for pitch in RECIPE.pitches
    }
    batches = batches_of(dataclasses.replace(RECIPE, seconds=0.1), codes)
    there, kept = Unfinished(tmp_path / "there"), Unfinished(tmp_path / "kept")
    Here().render(batches, model, kept, lambda _: None)
    with DaskCluster(lasting_cluster.scheduler_address, path) as farm:
        farm.render(batches, model, there, lambda _: None)
    for batch in batches:
        rendered_here = kept.get_bytes(name_of(batch))
        assert rendered_here is not None
        assert there.get_bytes(name_of(batch)) == rendered_here


@pytest.mark.real
def test_only_workers_with_the_resource_are_used(lasting_cluster: Any, tmp_path: Path, here: list[bytes]) -> None:
    with farm_at(lasting_cluster, tmp_path, resource="GPU") as farm:
        assert rendered(farm, tmp_path / "kept") == here
    with pytest.raises(TimbreError, match=r"offers TPU; start some with .* --resources TPU=1"):
        farm_at(lasting_cluster, tmp_path, resource="TPU").__enter__()


@pytest.mark.real
def test_workers_that_would_render_otherwise_are_refused(
    lasting_cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with farm_at(lasting_cluster, tmp_path) as farm:
        monkeypatch.setattr(farming, "versions", lambda: {**versions(), "numpy": "1.0"})
        with pytest.raises(TimbreError, match=r"the worker tcp://\S+ has numpy \S+ \(here: 1.0\)"):
            rendered(farm, tmp_path / "kept")
    with pytest.raises(TimbreError, match=r"the worker tcp://\S+ has numpy \S+ \(here: 1.0\); install the same"):
        farm_at(lasting_cluster, tmp_path).__enter__()


@pytest.mark.real
def test_another_model_in_the_file_is_refused(lasting_cluster: Any, tmp_path: Path) -> None:
    batches = batches_of(RECIPE, dict.fromkeys(RECIPE.pitches, RENDERER.latent(1)))
    with (
        farm_at(lasting_cluster, tmp_path) as farm,
        pytest.raises(TimbreError, match="not the one that was opened before"),
    ):
        farm.render(batches, FakeRenderer("0" * 64), Unfinished(tmp_path / "kept"), lambda _: None)


@pytest.mark.real
def test_a_worker_s_own_fault_is_told(lasting_cluster: Any, tmp_path: Path) -> None:
    batches = batches_of(RECIPE, dict.fromkeys(RECIPE.pitches, RENDERER.latent(1)))
    with farm_at(lasting_cluster, tmp_path) as farm:
        (tmp_path / "fake-bundle").write_text("no number")
        with pytest.raises(TimbreError, match=r"a worker of .* failed .*could not conv"):
            farm.render(batches, FakeRenderer("1" * 64), Unfinished(tmp_path / "kept"), lambda _: None)


@pytest.mark.real
def test_where_all_workers_go_for_good_what_was_done_is_kept(cluster: Any, tmp_path: Path) -> None:
    with (
        farm_at(cluster, tmp_path, nap=0.1, absence=1.0) as farm,
        pytest.raises(TimbreError, match=r"all workers of .* are gone; what was done is kept"),
    ):
        rendered(farm, tmp_path / "kept", once_begun(lambda: cluster.scale(0)))
    assert 0 < kept_batches(tmp_path / "kept") < BATCHES


@pytest.mark.real
def test_where_the_scheduler_goes_what_was_done_is_kept(cluster: Any, tmp_path: Path) -> None:
    with (
        farm_at(cluster, tmp_path, nap=0.1) as farm,
        pytest.raises(TimbreError, match=r"scheduler at .* is gone; what was done is kept"),
    ):
        rendered(farm, tmp_path / "kept", once_begun(cluster.close))
    assert 0 < kept_batches(tmp_path / "kept") < BATCHES


@pytest.mark.real
def test_a_cluster_without_workers_says_how_to_start_some(tmp_path: Path) -> None:
    with started(n_workers=0) as cluster:
        farm = farm_at(cluster, tmp_path, patience=1.0)
        with pytest.raises(TimbreError, match="has no workers; start some with `dask worker tcp://"):
            farm.__enter__()


@pytest.mark.real
def test_where_nobody_answers_it_says_so_in_time(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and not listened at
        farm = DaskCluster(f"dask://127.0.0.1:{taken.getsockname()[1]}", tmp_path / "bundle", patience=1.0)
        with pytest.raises(TimbreError, match=r"no Dask scheduler answers at tcp://127.0.0.1:"):
            farm.__enter__()


def test_without_dask_it_says_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(TimbreError, match=r"pip install 'reverie-daemon\[dask\]'"):
        DaskCluster("dask://127.0.0.1", tmp_path / "bundle").__enter__()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("dask://farm.local:9000", "tcp://farm.local:9000"),
        ("dask://farm.local", "tcp://farm.local:8786"),
        ("dask://[::1]:8786", "tcp://[::1]:8786"),
        ("tls://10.0.0.1:8786", "tls://10.0.0.1:8786"),
    ],
)
def test_addresses_are_dask_s_or_say_dask(written: str, meant: str) -> None:
    assert address_of(written) == meant


@pytest.mark.parametrize(
    "written", ["", "farm.local:8786", "dask://", "dask://a:b", "dask://a:70000", "http://a:1", "dask://a/b"]
)
def test_what_is_no_address_is_refused(written: str) -> None:
    with pytest.raises(TimbreError, match="write it as dask://HOST:PORT"):
        address_of(written)


def test_versions_are_compared_in_words() -> None:
    here = {"reverie-daemon": "2", "numpy": "2.2.6"}
    assert difference(here, here) == ""
    assert difference({"reverie-daemon": "", "numpy": "2.1"}, here) == (
        "reverie-daemon not at all (here: 2) and numpy 2.1 (here: 2.2.6)"
    )
