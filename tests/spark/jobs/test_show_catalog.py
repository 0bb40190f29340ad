import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as F
from support.raw_lake import put

import show_catalog
from amp_spark.catalog_columns import CHANGES


def change(change_id, at, *, show_id="show_a", version=None, ingested_at="2026-11-20T23:00:00.000Z", **columns):
    row = dict.fromkeys(column.name for column in CHANGES)
    row |= {"change_id": change_id, "change_type": "show_updated", "changed_at": f"2026-11-20T{at}:00.000Z"}
    return row | {"ingested_at": ingested_at, "show_id": show_id, "version": version} | columns


def history(raw_lines, changes):
    """Each change: its id, from when and to when it is valid, and whether it is the show's last."""
    rows = show_catalog.history(show_catalog.deduplicated(show_catalog.typed(raw_lines(*changes))))
    hour = [F.date_format(name, "HH:mm") for name in ("valid_from", "valid_to")]
    found = rows.orderBy("show_id", "change_number").select("change_id", *hour, "is_current").collect()
    return [tuple(row) for row in found]


def test_a_change_is_valid_until_the_shows_next(raw_lines):
    changes = [change("b", "11:00"), change("a", "10:00"), change("c", "10:30", show_id="show_b"), change("d", "12:00")]
    assert history(raw_lines, changes) == [
        ("a", "10:00", "11:00", False),
        ("b", "11:00", "12:00", False),
        ("d", "12:00", None, True),
        ("c", "10:30", None, True),
    ]


def test_of_copies_what_was_ingested_first_stays(raw_lines):
    again = change("a", "10:00", title="later", ingested_at="2026-11-20T23:30:00.000Z")
    rows = show_catalog.deduplicated(show_catalog.typed(raw_lines(again, change("a", "10:00", title="first"))))
    assert [row.title for row in show_catalog.history(rows).collect()] == ["first"]


def test_versions_decide_where_times_contradict_them_and_no_change_ends_before_it_begins(raw_lines):
    changes = [change("a", "10:00", version=1), change("late", "10:30", version=3), change("b", "11:00", version=2)]
    assert history(raw_lines, changes) == [
        ("a", "10:00", "11:00", False),
        ("b", "11:00", "11:00", False),
        ("late", "11:00", None, True),
    ]


def test_changes_at_the_same_moment_are_kept_and_only_the_last_is_ever_valid(raw_lines):
    assert history(raw_lines, [change("b", "10:00"), change("a", "10:00")]) == [
        ("a", "10:00", "10:00", False),
        ("b", "10:00", None, True),
    ]


def test_a_cancelled_show_stays_in_the_current_shows(lake):
    gone = change("b", "11:00", change_type="show_cancelled", status="cancelled", title="T", tags=["x", "y"])
    put(lake.raw, "show_catalog/dt=2026-11-19/a.gz", [change("a", "10:00", status="live"), change("a", "10:00")])
    put(lake.raw, "show_catalog/dt=2026-11-20/a.gz", [gone, {"change_id": "c"}])
    put(lake.raw, "show_catalog/dt=2026-11-21/a.gz", [change("z", "12:00")])  # after the run's date
    lake.run("show_catalog")
    [current] = lake.rows("shows_current")
    assert (current["change_id"], current["status"], current["tags"]) == ("b", "cancelled", ["x", "y"])
    assert [(row["change_id"], row["is_current"]) for row in lake.rows("shows_history")] == [("a", False), ("b", True)]
    [bad] = lake.quarantine("show_catalog")
    assert (bad["dt"], bad["raw"], bad["reason"]) == (
        "2026-11-20",
        json.dumps({"change_id": "c"}),
        "change_type is missing",
    )
    report = lake.report("show_catalog")
    assert report["inputs"] == [f"{lake.raw.as_uri()}/show_catalog/dt=2026-11-{day}/a.gz" for day in (19, 20)]
    tally = {"rows_read": 4, "distinct_ids": 3, "written": 2, "quarantined": 1}
    assert report["tables"] == {"shows_history": tally}


def test_without_changes_the_job_ends_with_one_line(lake):
    with pytest.raises(SystemExit, match=r"there are no catalogue changes up to 2026-11-20 below .*show_catalog;"):
        lake.run("show_catalog")


SOME = st.lists(
    st.tuples(
        st.integers(0, 99).map("{:02}".format),
        st.sampled_from(["09:00", "10:00", "11:00"]),
        st.sampled_from([f"show_{n}" for n in range(8)]),
        st.sampled_from([None, 1, 2, 3]),
    ),
    min_size=20,
    max_size=40,
    unique_by=lambda one: one[0],
)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(some=SOME, data=st.data())
def test_a_history_has_no_gap_and_no_overlap_in_whatever_order_changes_come(raw_lines, some, data):
    changes = [change(name, at, show_id=show_id, version=version) for name, at, show_id, version in some]
    shuffled = data.draw(st.permutations([*changes, *changes[:3]]))
    found = history(raw_lines, shuffled)
    assert sorted(row[0] for row in found) == sorted(name for name, *_ in some)
    shows = {name: show_id for name, _, show_id, _ in some}
    for show_id in set(shows.values()):
        own = [row for row in found if shows[row[0]] == show_id]
        assert [row[3] for row in own] == [False] * (len(own) - 1) + [True]
        assert [row[2] for row in own] == [row[1] for row in own[1:]] + [None]
        assert all(until is None or since <= until for _, since, until, _ in own)
