import gzip
import json
from datetime import date, datetime

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.raw_events import event, event_id
from support.raw_lake import function, put, put_events

import events
from amp_seed import World, preset
from amp_seed.flaws import bad_events
from amp_spark.event_columns import EVENTS
from amp_spark.parse import REASON

DATES = ("2026-11-18", "2026-11-19", "2026-11-20")
LIKES = "app_events/event_type=like_sent/dt=2026-11-20"


def test_rows_have_the_types_of_their_columns(lake):
    put_events(lake.raw, [event("playback_started", 1, "2026-11-20T10:00:00.250Z", startup_ms=3.0, show_id="show_b")])
    lake.run("events")
    assert lake.rows("events_playback_started") == [
        {
            "event_id": event_id(1),
            "event_type": "playback_started",
            "event_time": datetime(2026, 11, 20, 10, 0, 0, 250_000),  # noqa: DTZ001  UTC, as all times in the lake
            "schema_version": 1,
            "user_id": "user_a",
            "session_id": "sess_a",
            "device_platform": "x",
            "device_os_version": "x",
            "device_app_version": "x",
            "show_id": "show_b",
            "playback_id": "x",
            "is_live": True,
            "source": "x",
            "startup_ms": 3,
            "dt": "2026-11-20",
        }
    ]


def test_copies_are_one_row_and_late_events_are_in_their_own_dates_partition(lake):
    late = event("like_sent", 1, "2026-11-19T23:59:59.999Z", likes=1)
    copy = event("like_sent", 2, likes=2)
    put(lake.raw, f"{LIKES}/a.gz", [late, copy, copy, event("like_sent", 3, "2026-11-20T00:00:00.000Z", likes=3)])
    put(lake.raw, f"{LIKES}/b.gz", [copy])
    lake.run("events")
    assert [(row["dt"], row["event_id"], row["likes"]) for row in lake.rows("events_like_sent")] == [
        ("2026-11-19", event_id(1), 1),
        ("2026-11-20", event_id(3), 3),
        ("2026-11-20", event_id(2), 2),
    ]
    report = lake.report("events")
    assert report["inputs"] == [f"{lake.raw.as_uri()}/{LIKES}/{name}.gz" for name in "ab"]
    assert {name: tally for name, tally in report["tables"].items() if tally["rows_read"]} == {
        "events_like_sent": {"rows_read": 5, "distinct_ids": 3, "written": 3, "quarantined": 0}
    }


BAD = [
    ("{not json", "the line is not one JSON object"),
    ("[]", "the line is not one JSON object"),
    ("null", "the line is not one JSON object"),
    (b'{"event_type": "\xff"}', "the line is not UTF-8"),
    (event("like_sent", 1) | {"likes": "90"}, "a value has another type than its column"),
    (event("like_sent", 2) | {"likes": float("nan")}, "the line is not one JSON object"),
    (event("like_sent", 3) | {"likes": 1.5}, "likes is not a whole number"),
    (event("like_sent", 4) | {"likes": 2**31}, "likes is not a whole number"),
    (event("like_sent", 5) | {"likes": None}, "likes is missing"),
    (event("like_sent", 6) | {"event_id": None}, "event_id is missing"),
    (event("like_sent", 7) | {"event_id": "17"}, "event_id is not a UUID"),
    (event("like_sent", 8, "2026-02-30T10:00:00.000Z"), "event_time is not a time in UTC"),
    (event("like_sent", 9, "2026-11-20T10:00:00.000+02:00"), "event_time is not a time in UTC"),
    (event("like_sent", 10, "2026-11-17T10:00:00.000Z"), "2026-11-17 is not among the days rebuilt"),
    (event("chat_message", 11) | {"likes": 1}, "event_type is not like_sent"),
    (json.dumps(event("like_sent", 12)) * 2, "the line is not one JSON object"),
    (f"{json.dumps(event('like_sent', 13))},{json.dumps(event('like_sent', 14))}", "the line is not one JSON object"),
]


def test_a_line_that_is_no_event_of_its_folder_is_in_quarantine_with_the_reason(lake):
    good = event("like_sent", 99, text="}{")
    put(lake.raw, f"{LIKES}/a.gz", [*(line for line, _ in BAD), good, ""])
    put(lake.raw, "app_events/event_type=nap_taken/dt=2026-11-20/b.gz", [event("like_sent", 98)])
    lake.run("events")
    found = lake.quarantine("events")
    raw = {row["raw"]: row["reason"] for row in found}
    for line, reason in BAD:
        text = line if isinstance(line, str) else line.decode(errors="replace") if isinstance(line, bytes) else None
        assert raw[text or json.dumps(line)] == reason
    assert raw[json.dumps(event("like_sent", 98))] == "there is no event type nap_taken"
    assert {(row["dt"], row["object"]) for row in found} == {("2026-11-20", "a.gz"), ("2026-11-20", "b.gz")}
    assert len(found) == len(BAD) + 1
    assert [row["event_id"] for row in lake.rows("events_like_sent")] == [event_id(99)]
    # Ids 1 to 13 but 2 and 6, whose lines have none that can be read, with "17" for 7; and 99.
    likes = {"rows_read": len(BAD) + 1, "distinct_ids": 12, "written": 1, "quarantined": len(BAD)}
    assert lake.report("events")["tables"]["events_like_sent"] == likes
    assert lake.report("events")["tables"]["events_nap_taken"] == {
        "rows_read": 1,
        "distinct_ids": 1,
        "written": 0,
        "quarantined": 1,
    }


def test_a_sound_copy_of_a_bad_line_is_written_and_the_bad_one_quarantined(lake):
    put(lake.raw, f"{LIKES}/a.gz", [event("like_sent", 1, likes=None), event("like_sent", 1, likes=4)])
    lake.run("events")
    assert [row["likes"] for row in lake.rows("events_like_sent")] == [4]
    assert [row["reason"] for row in lake.quarantine("events")] == ["likes is missing"]
    tally = {"rows_read": 2, "distinct_ids": 1, "written": 1, "quarantined": 1}
    assert lake.report("events")["tables"]["events_like_sent"] == tally


SPOILT = {
    "altered.gz": (
        lambda body: body[:-8] + b"\0" * 8,
        "corrupt gzip: Error -3 while decompressing data: incorrect data check",
    ),
    "cut_off.gz": (lambda body: body[:-9], "corrupt gzip: the object ends before its data does"),
    "empty.gz": (lambda _: b"", "the object is empty"),
    "no_gzip.gz": (
        lambda _: b"plain text\n",
        "corrupt gzip: Error -3 while decompressing data: incorrect header check",
    ),
    "other.txt": (lambda body: body, "the object's name does not end in .gz"),
}


def test_an_object_that_cannot_be_read_is_quarantined_as_a_whole_until_it_is_mended(lake):
    put(lake.raw, f"{LIKES}/good.gz", [event("like_sent", 0)])
    bodies = {}
    for number, (name, (spoil, _)) in enumerate(SPOILT.items(), 1):
        path = put(lake.raw, f"{LIKES}/{name}", [event("like_sent", 100 * number + one) for one in range(100)])
        bodies[path] = path.read_bytes()
        path.write_bytes(spoil(bodies[path]))
    lake.run("events")
    assert [row["event_id"] for row in lake.rows("events_like_sent")] == [event_id(0)]
    assert lake.quarantine("events") == [
        {"reason": reason, "object": name, "raw": None, "dt": "2026-11-20"} for name, (_, reason) in SPOILT.items()
    ]
    uris = [f"{lake.raw.as_uri()}/{LIKES}/{name}" for name in SPOILT]
    assert lake.report("events")["unreadable"] == uris
    assert set(uris) < set(lake.report("events")["inputs"])

    for path, body in bodies.items():
        path.write_bytes(body)
    (lake.raw / LIKES / "other.txt").unlink()
    lake.run("events")
    assert len(lake.rows("events_like_sent")) == 401
    assert lake.quarantine("events") == []


def test_an_object_of_several_gzip_members_is_read_whole(lake):
    path = put(lake.raw, f"{LIKES}/a.gz", [event("like_sent", 1)])
    path.write_bytes(path.read_bytes() + gzip.compress(json.dumps(event("like_sent", 2)).encode()))
    lake.run("events")
    assert [row["event_id"] for row in lake.rows("events_like_sent")] == [event_id(1), event_id(2)]


def test_only_the_days_asked_for_are_replaced_and_emptied_ones_go(lake):
    days = [event("like_sent", number, f"2026-11-{18 + number}T10:00:00.000Z") for number in range(3)]
    put_events(lake.raw, days)
    lake.run("events", days=3)
    for path in (lake.raw / "app_events").rglob("*.gz"):
        path.unlink()
    lake.run("events", days=1)
    assert [row["dt"] for row in lake.rows("events_like_sent")] == ["2026-11-18", "2026-11-19"]
    assert lake.report("events")["inputs"] == []
    assert {tally["rows_read"] for tally in lake.report("events")["tables"].values()} == {0}


def test_a_type_that_nobody_has_sent_has_an_empty_table_for_those_who_read_it(lake):
    """The crawler makes tables of what it finds, and a mart fails without its table."""
    put_events(lake.raw, [event("like_sent", 1, "2026-11-19T10:00:00.000Z", likes=1)])
    for _ in range(2):
        lake.run("events")
        assert lake.rows("events_promotion_clicked") == []
        [file] = (lake.transformed / "events_promotion_clicked").rglob("*.parquet")
        assert file.parent.name == "dt=2026-11-20"
        assert pq.read_schema(file).names == [column.name for column in EVENTS["promotion_clicked"]]
    put_events(lake.raw, [event("promotion_clicked", 2, "2026-11-19T10:00:00.000Z", promotion_id="promo_a")])
    lake.run("events")
    assert [(row["dt"], row["promotion_id"]) for row in lake.rows("events_promotion_clicked")] == [
        ("2026-11-19", "promo_a")
    ]
    assert len(lake.rows("events_like_sent")) == 1


def test_missing_places_end_the_job_with_one_line(lake):
    with pytest.raises(SystemExit) as ended:
        lake.run("events")
    root = f"{lake.raw.as_uri()}/app_events"
    assert ended.value.code == f"events: there are no events below {root}; let Firehose deliver some first"
    lake.raw.rmdir()
    with pytest.raises(SystemExit) as ended:
        lake.run("events")
    expected = f"events: {lake.raw.as_uri()} does not exist; create the bucket first, or correct the argument"
    assert ended.value.code == expected


def test_no_id_of_a_flawed_event_is_lost(lake):
    """Flaws of the contract's kind (too long, unknown members) pass; those of form are in quarantine."""
    flatten = function("event_transform", "app").flatten
    world = World(preset("small", seed=7, start=date(2026, 11, 18), days=3))
    lines: dict[str, list[object]] = {}
    ids = set()
    for flaw in bad_events(world):
        row = parsed({"raw": flaw.data})
        try:
            line: object = flatten(row)
        except (ValueError, AttributeError, KeyError, TypeError):
            line = flaw.data
        if row.get("event_id"):
            ids.add(row["event_id"])
        if line:
            kind = row.get("event_type", "like_sent")
            lines.setdefault(kind, []).append(json.dumps(line) if isinstance(line, dict) else line)
    for kind, its in lines.items():
        put(lake.raw, f"app_events/event_type={kind}/dt=2026-11-20/a.gz", its)
    lake.run("events")
    written = {row["event_id"] for kind in EVENTS for row in lake.rows(f"events_{kind}")}
    quarantined = {found["event_id"] for found in map(parsed, lake.quarantine("events")) if found.get("event_id")}
    assert written | quarantined == ids
    assert not written & quarantined
    tables = lake.report("events")["tables"].values()
    assert sum(one["rows_read"] for one in tables) == sum(map(len, lines.values()))
    assert sum(one["written"] for one in tables) == len(written)


def parsed(row):
    try:
        found = json.loads(row["raw"])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


COPIES = st.lists(
    st.tuples(st.integers(1, 9), st.sampled_from(["09", "10"]), st.integers(1, 3)), min_size=20, max_size=40
)


@settings(max_examples=2, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(copies=COPIES, data=st.data())
def test_of_copies_the_same_one_stays_in_whatever_order_they_come(raw_lines, copies, data):
    lines = [event("like_sent", number, f"2026-11-20T{hour}:00:00.000Z", likes=likes) for number, hour, likes in copies]
    shuffled = data.draw(st.permutations(lines))

    def kept(some):
        rows = events.deduplicated(events.typed(raw_lines(*some, raw_type="like_sent"), DATES))
        assert rows.where(f"{REASON} IS NOT NULL").count() == 0
        return sorted(tuple(row) for row in events.events_of(rows, "like_sent").collect())

    found = kept(lines)
    assert found == kept(shuffled)
    earliest = {event_id(number): min(hour for n, hour, _ in copies if n == number) for number, *_ in copies}
    assert {row[0]: f"{row[2]:%H}" for row in found} == earliest
    assert len(found) == len(earliest)
