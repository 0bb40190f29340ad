"""Catalogue changes: a story in which each change follows from those before it."""

import json
from collections import Counter
from copy import deepcopy
from datetime import UTC, date, datetime
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amp_seed import World, WorldConfig, catalog_changes


@pytest.fixture(scope="module")
def changes(small):
    return list(catalog_changes(small, 2_000))


@given(st.integers(0, 2**32), st.integers(0, 200))
@settings(max_examples=15, deadline=None)
def test_equal_seeds_make_equal_changes(seed, count):
    world = World(WorldConfig(seed=seed, start=date(2026, 1, 5)))
    first = json.dumps(list(catalog_changes(world, count)))
    assert first == json.dumps(list(catalog_changes(world, count)))
    assert len(json.loads(first)) == count


def test_more_changes_begin_like_fewer(small):
    """Only `changed_at` depends on the count, as the changes are spread over the last day."""
    few = [change.message["change_id"] for change in catalog_changes(small, 10)]
    assert few == [change.message["change_id"] for change in islice(catalog_changes(small, 500), 10)]


def test_a_message_says_what_its_show_says(changes):
    for change in changes:
        assert list(change.message) == ["change_id", "change_type", "show_id", "changed_at"]
        assert change.message["show_id"] == change.show["show_id"]
        assert change.message["changed_at"] == change.show["updated_at"]
        is_cancelled = change.message["change_type"] == "show_cancelled"
        assert change.show["status"] == ("cancelled" if is_cancelled else "scheduled")
    assert len({change.message["change_id"] for change in changes}) == len(changes)


def test_changes_are_spread_over_the_last_day_in_order(changes):
    times = [change.message["changed_at"] for change in changes]
    assert times == sorted(times)
    assert times[0] == "2026-03-08T00:00:00.000Z"
    assert "2026-03-08T23:50" < times[-1] < "2026-03-09"


def test_every_change_follows_from_the_catalogue_before_it(small, changes):
    catalogue = {show["show_id"]: show for show in small.shows()}
    for change in changes:
        show_id, kind = change.message["show_id"], change.message["change_type"]
        before = catalogue.get(show_id)
        if kind == "show_created":
            assert before is None
            assert change.show["version"] == 1
        else:
            assert before
            assert before["status"] == "scheduled"
            assert change.show["version"] == before["version"] + 1
        assert change.show["schedule"]["starts_at"] >= "2026-03-09T00:00:00.000Z"
        assert change.show["schedule"]["starts_at"] < change.show["schedule"]["ends_at"]
        catalogue[show_id] = change.show


def test_all_kinds_of_change_come_in_their_shares(changes):
    kinds = Counter(change.message["change_type"] for change in changes)
    shares = {kind: count / len(changes) for kind, count in kinds.items()}
    assert shares == pytest.approx({"show_created": 0.35, "show_updated": 0.5, "show_cancelled": 0.15}, abs=0.03)


def test_updates_touch_every_part_that_can_change(small, changes):
    catalogue = {show["show_id"]: show for show in small.shows()}
    touched = Counter[str]()
    for change in changes:
        before = catalogue.get(change.message["show_id"])
        if before and change.message["change_type"] == "show_updated":
            touched.update(name for name in change.show if change.show[name] != before[name])
        catalogue[change.message["show_id"]] = change.show
    assert touched.keys() == {
        "title", "description", "schedule", "tags", "settings", "promotion", "updated_at", "version",
    }  # fmt: skip


def test_a_show_that_was_yielded_never_changes_afterwards(small):
    stream = catalog_changes(small, 500)
    seen = [(change, deepcopy(change.show)) for change in stream]
    assert all(change.show == copy for change, copy in seen)


def test_another_run_makes_other_changes(small, changes):
    other = list(catalog_changes(small, 500, run=1))
    assert not {c.message["change_id"] for c in changes} & {c.message["change_id"] for c in other}
    created = [{c.show["show_id"] for c in run if c.show["version"] == 1} for run in (changes, other)]
    assert not created[0] & created[1]


def test_new_shows_are_those_of_known_creators(small, changes):
    creators = {creator["creator_id"] for creator in small.creators()}
    assert {change.show["creator"]["creator_id"] for change in changes} <= creators


def test_with_a_clock_changes_happen_now(small):
    times = iter(datetime(2030, 1, 1, 12, 0, second, tzinfo=UTC) for second in range(3))
    changed_at = [change.message["changed_at"] for change in catalog_changes(small, 3, clock=lambda: next(times))]
    assert changed_at == [f"2030-01-01T12:00:0{second}.000Z" for second in range(3)]


def test_a_negative_count_is_refused(small):
    with pytest.raises(ValueError, match="must not be negative"):
        next(catalog_changes(small, -1))
