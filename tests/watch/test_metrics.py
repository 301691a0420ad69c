import shutil
import subprocess
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fakes.hand_clock import HandClock
from reverie.bus import Bus
from reverie.music.time import Metre, Schedule, Tempo
from reverie.play.messages import BarPlayed, Part, SetScene, SlotState, SyncState
from reverie.watch.happenings import BarSounded, Moment, SceneGiven, SlotsGiven, SyncChanged
from reverie.watch.metrics import MAX_LABELS, Metrics


def bar(**fields: Any) -> BarPlayed:
    defaults: dict[str, Any] = {
        "epoch": 1,
        "scene": "first-light",
        "bar": 0,
        "scene_bar": 0,
        "resting": False,
        "notes": {"drums": 8, "lead": 4},
        "sent": 12,
        "lateness": (0.0004, 0.002, 0.7),
        "repeated": ("lead",),
        "depth": {"drums": 2, "lead": 0},
        "clock_lateness": (0.0003, 0.0003),
        "late": 2,
        "skipped": 1,
    }
    return BarPlayed(**(defaults | fields))


def busy() -> Metrics:
    metrics = Metrics("0.1.0", "magenta")
    metrics.bar_played(bar(), 1_700_000_000.0)
    metrics.loop_composed("lead", "continue", 1.5, 1000.0)
    metrics.loop_refused("lead", "too few notes")
    metrics.worker_died("composer", "hang")
    metrics.slot_changed(SlotState("main", up=True, detail=""))
    metrics.slot_changed(SlotState("daw", up=False, detail=""))
    metrics.sync_changed(SyncState("self", following=False, detail=""))
    assert value(metrics, "reverie_following", leader="self") is None
    metrics.sync_changed(SyncState("clock", following=True, detail=""))
    metrics.configuration(ok=False)
    return metrics


def samples(metrics: Metrics) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    families = text_string_to_metric_families(metrics.render()[0].decode())
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return samples(metrics).get((name, frozenset(labels.items())))


def test_what_was_told_is_what_is_scraped() -> None:
    metrics = busy()
    assert value(metrics, "reverie_bars_played_total", scene="first-light") == 1
    assert value(metrics, "reverie_notes_sent_total", voice="drums") == 8
    assert value(metrics, "reverie_note_lateness_seconds_count") == 3
    assert value(metrics, "reverie_note_lateness_seconds_bucket", le="0.0005") == 1
    assert value(metrics, "reverie_note_lateness_seconds_bucket", le="0.0025") == 2
    assert value(metrics, "reverie_note_lateness_seconds_bucket", le="0.5") == 2
    assert value(metrics, "reverie_clock_lateness_seconds_bucket", le="0.0005") == 2
    assert value(metrics, "reverie_late_total", severity="noted") == 2
    assert value(metrics, "reverie_late_total", severity="skipped") == 1
    assert value(metrics, "reverie_late_total", severity="dropped") == 0
    assert value(metrics, "reverie_following", leader="clock") == 1
    assert value(metrics, "reverie_following", leader="self") is None
    assert value(metrics, "reverie_score_depth", voice="drums") == 2
    assert value(metrics, "reverie_loops_repeated_total", voice="lead") == 1
    assert value(metrics, "reverie_loops_composed_total", voice="lead", operator="continue") == 1
    assert value(metrics, "reverie_loops_refused_total", voice="lead", reason="too few notes") == 1
    assert value(metrics, "reverie_compose_seconds_sum") == 1.5
    assert value(metrics, "reverie_worker_restarts_total", role="composer", reason="hang") == 1
    assert value(metrics, "reverie_slot_up", slot="main") == 1
    assert value(metrics, "reverie_slot_up", slot="daw") == 0
    assert value(metrics, "reverie_last_note_timestamp_seconds") == 1_700_000_000
    assert value(metrics, "reverie_configuration_ok") == 0
    assert value(metrics, "reverie_resting") == 0
    assert any(name == "reverie_build_info" for name, _ in samples(metrics))


def test_what_no_longer_plays_is_no_longer_shown() -> None:
    metrics = busy()
    metrics.bar_played(bar(scene="night-watch", depth={"pad": 1}, resting=True, sent=0), 1_800_000_000.0)
    assert value(metrics, "reverie_scene_info", scene="first-light") is None
    assert value(metrics, "reverie_scene_info", scene="night-watch") == 1
    assert value(metrics, "reverie_score_depth", voice="drums") is None
    assert value(metrics, "reverie_resting") == 1
    assert value(metrics, "reverie_last_note_timestamp_seconds") == 1_700_000_000
    assert value(metrics, "reverie_bars_played_total", scene="first-light") == 1


def test_that_people_have_muted_all_of_it_is_a_figure_of_its_own() -> None:
    metrics, bus = Metrics("0.1.0", "magenta"), Bus()
    metrics.subscribe_to(bus)
    for muted, told in ((("drums",), 0), (("drums", "lead"), 1), ((), 0)):
        played = bar(notes={"drums": 0, "lead": 0}, sent=0, muted=muted)
        bus.publish(BarSounded(Moment(1.0, 1.0), played))
        assert value(metrics, "reverie_muted") == told
        assert value(metrics, "reverie_resting") == 0


def test_silence_that_a_schedule_means_called_a_person() -> None:
    clock = HandClock()
    metrics, bus = Metrics("0.1.0", "magenta", clock), Bus()
    metrics.subscribe_to(bus)
    seldom = Part("lead", "main", 1, schedule=Schedule(128, ((1, 16),)))
    bus.publish(SceneGiven(Moment.of(clock), SetScene(1, 0, "first-light", Metre(), Tempo(60), (seldom,))))

    def silence_after(bars: int, **fields: Any) -> float | None:
        for number in range(bars):
            clock.go(4.0)
            bus.publish(BarSounded(Moment.of(clock), bar(**({"scene_bar": 16 + number} | fields))))
        return value(metrics, "reverie_silence_seconds")

    assert silence_after(110, notes={"lead": 0}, sent=0) == 0
    assert silence_after(100, notes={"lead": 4}, sent=0, due=4, scene_bar=1) == 400
    assert silence_after(1, notes={"lead": 4}, sent=4, due=4, scene_bar=1) == 0
    clock.go(100.0)
    assert value(metrics, "reverie_silence_seconds") == 100, "no bar at all is meant by nobody"


def test_a_leader_that_was_gone_in_the_life_before_called_although_nobody_is_followed_now() -> None:
    metrics, bus = Metrics("0.1.0", "magenta"), Bus()
    metrics.subscribe_to(bus)
    bus.publish(SyncChanged(Moment(1.0, 1.0), SyncState("link", following=False, detail="")))
    assert value(metrics, "reverie_following", leader="link") == 0
    bus.publish(SlotsGiven(Moment(2.0, 2.0), ("main",), {}))
    assert value(metrics, "reverie_following", leader="link") is None


def test_names_without_end_make_no_series_without_end() -> None:
    metrics = Metrics("0.1.0", "magenta")
    for number in range(MAX_LABELS * 3):
        metrics.bar_played(bar(scene=f"scene-{number}", notes={f"voice-{number}": 1}), 0.0)
        metrics.loop_refused(f"voice-{number}", f"reason {number}")
    counted = {name for name, _ in samples(metrics)}
    for name in counted:
        assert sum(1 for other, _ in samples(metrics) if other == name) <= MAX_LABELS * 2 + 1
    assert value(metrics, "reverie_bars_played_total", scene="other") == MAX_LABELS * 2


def test_two_registries_do_not_meet() -> None:
    busy()
    assert value(Metrics("0.1.0", "dice"), "reverie_bars_played_total", scene="first-light") is None


@pytest.mark.real
def test_prometheus_own_linter_finds_nothing() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing: apt install prometheus")
    text, content_type = busy().render()
    assert content_type.startswith("text/plain")
    linted = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (linted.returncode, linted.stdout + linted.stderr) == (0, b"")


def test_a_channel_that_is_named_no_more_keeps_no_figure() -> None:
    """What waited for it stood at its last value until the restart, and an alert with it."""
    metrics = Metrics("0.1.0", "magenta")
    metrics.telling.notices_are({"crew": 3, "desk": 1}, {"crew": 2, "desk": 0})
    metrics.telling.notices_are({"night": 0, "desk": 4}, {"night": 0, "desk": 1})
    assert value(metrics, "reverie_notices_waiting", channel="crew") is None
    assert value(metrics, "reverie_notices_sent_total", channel="crew") is None
    assert value(metrics, "reverie_notices_waiting", channel="desk") == 1
    assert value(metrics, "reverie_notices_sent_total", channel="desk") == 4
    metrics.telling.notices_are({"crew": 1, "desk": 4}, {"crew": 0, "desk": 0})
    assert value(metrics, "reverie_notices_sent_total", channel="crew") == 1
