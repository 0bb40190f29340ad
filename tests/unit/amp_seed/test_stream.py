"""The stream of app events: order, shares, determinism, memory."""

import hashlib
import json
import os
import subprocess
import sys
import tracemalloc
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import amp_seed
from amp_seed import DUPLICATE_SHARE, LATE_SHARE, World, WorldConfig, app_events, preset
from event_contracts import EVENT_TYPES, validate

START = date(2026, 3, 2)

worlds = st.builds(
    lambda seed, days, listeners: World(WorldConfig(seed=seed, start=START, days=days, listeners=listeners)),
    seed=st.integers(0, 2**32),
    days=st.sampled_from([3, 7, 14]),
    listeners=st.sampled_from([200, 2_000, 100_000]),
)


@given(worlds, st.integers(0, 1_500))
@settings(max_examples=15, deadline=None)
def test_a_stream_has_as_many_rows_as_asked_for_and_is_the_same_each_time(world, count):
    rows = list(app_events(world, count))
    assert len(rows) == count
    assert json.dumps(rows, default=str) == json.dumps(list(app_events(world, count)), default=str)


def test_a_negative_count_is_refused(small):
    with pytest.raises(ValueError, match="must not be negative"):
        next(app_events(small, -1))


def test_a_stream_does_not_depend_on_the_hash_seed():
    """Sets and dictionaries of strings are ordered by it; another process has another one."""
    code = (
        "import datetime, hashlib, json, amp_seed as a\n"
        "w = a.World(a.preset('small', seed=7, start=datetime.date(2026, 3, 2)))\n"
        "rows = [list(w.users()), list(w.shows()), list(a.catalog_changes(w, 50)),"
        " [row.event for row in a.app_events(w, 2000)]]\n"
        "print(hashlib.sha256(json.dumps(rows).encode()).hexdigest())\n"
    )
    path = str(Path(amp_seed.__file__).parents[1])
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout
        for hash_seed in ("1", "2")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("change", [{"seed": 8}, {"run": 1}])
def test_another_seed_or_run_tells_other_events(small, change):
    seed, run = change.get("seed", 7), change.get("run", 0)
    other = World(preset("small", seed=seed, start=START))
    ids = [{row.event["event_id"] for row in app_events(small, 2_000)}]
    ids.append({row.event["event_id"] for row in app_events(other, 2_000, run=run)})
    assert not ids[0] & ids[1]


def test_every_event_keeps_its_contract(rows):
    for row in rows:
        validate(row.event)


@pytest.mark.parametrize("seed", range(5))
def test_every_type_of_event_comes_early(seed):
    world = World(preset("small", seed=seed, start=START))
    assert {row.event["event_type"] for row in app_events(world, 5_000)} == set(EVENT_TYPES)


def test_events_have_a_realistic_size(rows):
    sizes = [len(json.dumps(row.event)) for row in rows]
    assert 400 < sum(sizes) / len(sizes) < 700
    assert max(sizes) < 1_000


def test_the_partition_key_is_the_user(rows):
    assert all(row.partition_key == row.event["user_id"] for row in rows)


def test_events_are_published_as_they_happen_but_for_the_late_ones(rows):
    now = ""
    for row in rows:
        if row.is_duplicate:
            continue
        if row.is_late:
            assert row.event["event_time"] < now
            behind = datetime.fromisoformat(now) - datetime.fromisoformat(row.event["event_time"])
            # The stream is dense enough that the last event is at most minutes old.
            assert timedelta(minutes=5) < behind <= timedelta(hours=6)
        else:
            assert row.event["event_time"] >= now
            now = row.event["event_time"]


@given(st.integers(0, 2**32))
@settings(max_examples=10, deadline=None)
def test_late_and_repeated_events_come_in_their_shares(seed):
    """Shares of 20,000 events: a deviation of 15 and 22 percent is more than three standard deviations."""
    rows = list(app_events(World(preset("small", seed=seed, start=START)), 20_000))
    originals = [row for row in rows if not row.is_duplicate]
    assert sum(row.is_late for row in originals) / len(originals) == pytest.approx(LATE_SHARE, rel=0.25)
    assert (len(rows) - len(originals)) / len(originals) == pytest.approx(DUPLICATE_SHARE, rel=0.35)


def test_a_duplicate_repeats_an_earlier_event_and_nothing_else_does(rows):
    published: dict[str, dict[str, object]] = {}
    repeated = Counter[str]()
    for row in rows:
        event_id = row.event["event_id"]
        if row.is_duplicate:
            assert published[event_id] == row.event
            repeated[event_id] += 1
        else:
            assert event_id not in published
            published[event_id] = row.event
    assert max(repeated.values()) == 1


@pytest.mark.parametrize("count", [100, 1_000, 20_000])
def test_a_stream_stays_within_the_days_of_the_world_whatever_its_length(small, count):
    times = [row.event["event_time"] for row in app_events(small, count)]
    assert min(times) >= "2026-03-02"
    assert sum(when < "2026-03-09" for when in times) > 0.9 * count


def test_a_stream_is_spread_over_all_days(rows):
    days = Counter(row.event["event_time"][:10] for row in rows)
    assert sorted(days)[:7] == [f"2026-03-0{day}" for day in range(2, 9)]
    assert min(days[day] for day in sorted(days)[:7]) > len(rows) / 7 / 2


def test_a_small_world_runs_on_rather_than_put_a_listener_in_two_places():
    world = World(WorldConfig(seed=1, start=START, days=1, listeners=3))
    rows = list(app_events(world, 20_000))
    assert len(rows) == 20_000
    assert rows[-1].event["event_time"] > "2026-03-03T06"
    present: dict[str, str] = {}
    # Of the last hours late events may be missing.
    settled = rows[-1].event["event_time"][:10]
    for row in sorted(rows, key=lambda row: row.event["event_time"]):
        user_id, session_id = row.event["user_id"], row.event["session_id"]
        if row.event["event_time"] >= settled:
            break
        if row.event["event_type"] == "session_started" and not row.is_duplicate:
            assert user_id not in present
            present[user_id] = session_id
        if row.event["event_type"] == "session_ended":
            present.pop(user_id, None)


def test_with_a_clock_the_same_story_happens_now(small):
    now = datetime(2030, 1, 1, 12, tzinfo=UTC)

    def clock() -> datetime:
        nonlocal now
        now += timedelta(milliseconds=5)
        return now

    story = list(app_events(small, 3_000))
    published: dict[str, str] = {}
    for row, told in zip(app_events(small, 3_000, clock=clock), story, strict=True):
        assert {**row.event, "event_time": ""} == {**told.event, "event_time": ""}
        happened = datetime.fromisoformat(row.event["event_time"])
        if row.is_duplicate:
            assert row.event["event_time"] == published[row.event["event_id"]]
        elif row.is_late:
            assert timedelta(minutes=10) <= now - happened <= timedelta(hours=6)
        else:
            assert happened == now
        published[row.event["event_id"]] = row.event["event_time"]


def test_memory_does_not_grow_with_the_number_of_events():
    def peak(count: int) -> int:
        world = World(preset("small", seed=7, start=START))
        tracemalloc.start()
        digest = hashlib.sha256()
        for row in app_events(world, count):
            digest.update(row.partition_key.encode())
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1_000)  # fills the caches of dates and hours
    few, many = peak(5_000), peak(50_000)
    # An event takes about 2,000 bytes; what may grow is the number of sessions open at a time, and changed follows.
    assert (many - few) / 45_000 < 20
