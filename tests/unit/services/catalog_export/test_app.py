import gzip
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[4]
TODAY = date(2026, 11, 26)
KEYS = [f"snapshots/{kind}/dt=2026-11-25/{kind}.ndjson.gz" for kind in ("shows", "creators", "users")]


class Noon(datetime):
    @classmethod
    def now(cls, tz=None):
        return cls(2026, 11, 26, 12, tzinfo=UTC).astimezone(tz)


@pytest.fixture(autouse=True)
def _clock(export, monkeypatch):
    monkeypatch.setattr(export.app, "datetime", Noon)


def test_a_day_that_is_over_is_exported_as_of_its_end(invoke, exports, bucket):
    end = "2026-11-25T23:59:59.999Z"
    assert invoke({"date": "2026-11-25"}) == {
        "snapshots": [
            {"kind": kind, "documents": 3, "key": key}
            for kind, key in zip(("shows", "creators", "users"), KEYS, strict=True)
        ]
    }
    assert exports.asked == [("shows", end), ("creators", end), ("users", end)]
    assert gzip.decompress(bucket.objects[KEYS[0]]) == b'{"id":"shows-0"}\n{"id":"shows-1"}\n{"id":"shows-2"}\n'
    assert bucket.metadata[KEYS[2]] == {"as-of": end, "documents": "3"}


def test_the_current_day_is_exported_as_of_one_moment_of_the_catalogue(invoke, exports):
    invoke({"date": "2026-11-26"})
    moment = "2026-11-26T09:30:00.000Z"  # what the catalogue says of its first answer
    assert exports.asked == [("shows", None), ("creators", moment), ("users", moment)]


def test_a_schedule_asks_for_the_day_before(export):
    """https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html"""
    event = {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-11-26T00:15:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule"],
        "detail": {},
    }
    assert export.app.requested_day(event, TODAY) == date(2026, 11, 25)
    assert export.app.requested_day(event | {"time": "2026-11-26T00:15:00Z"}, TODAY + timedelta(days=9)) == date(
        2026, 11, 25
    )


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({}, "YYYY-MM-DD"),
        ({"date": None}, "YYYY-MM-DD"),
        ({"date": "2026-11-25", "kind": "shows"}, "YYYY-MM-DD"),
        ({"date": "20261125"}, "YYYY-MM-DD"),
        ({"date": "2026-11-25/../.."}, "YYYY-MM-DD"),
        ({"date": "٢٠٢٦-11-25"}, "YYYY-MM-DD"),
        ({"date": "2026-02-30"}, "day"),
        ({"date": "2026-11-27"}, "2026-11-27 has not begun; today is 2026-11-26"),
    ],
)
def test_an_event_that_names_no_day_or_one_to_come_is_refused(invoke, exports, bucket, event, told):
    with pytest.raises(ValueError, match=told):
        invoke(event)
    assert (exports.asked, bucket.objects) == ([], {})


def test_the_same_day_gives_the_same_bytes(invoke, bucket):
    invoke({"date": "2026-11-25"})
    first = dict(bucket.objects)
    invoke({"date": "2026-11-25"})
    assert bucket.objects == first


def test_an_export_that_breaks_off_is_asked_for_again_from_its_beginning(invoke, exports, bucket):
    exports.breaks["creators"] = 2
    invoke({"date": "2026-11-25"})
    assert [kind for kind, _ in exports.asked] == ["shows", "creators", "creators", "creators", "users"]
    assert gzip.decompress(bucket.objects[KEYS[1]]).count(b"\n") == 3


@pytest.mark.parametrize("kind", ["shows", "creators", "users"])
def test_nothing_is_written_when_an_export_never_comes_whole(invoke, export, exports, bucket, kind):
    invoke({"date": "2026-11-25"})
    good = dict(bucket.objects)
    exports.lines = {name: ['{"id":"other"}'] * 5 for name in exports.lines}
    exports.breaks[kind] = 99
    with pytest.raises(export.catalogue.ExportFailed, match=f"{kind}: the catalogue gave no whole export"):
        invoke({"date": "2026-11-25"})
    assert bucket.objects == good


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_catalogue_that_fails_is_asked_four_times(invoke, export, exports, bucket, status):
    exports.status["shows"] = status
    with pytest.raises(export.catalogue.ExportFailed, match=f"HTTP {status}"):
        invoke({"date": "2026-11-25"})
    assert len(exports.asked) == 4
    assert bucket.objects == {}


@pytest.mark.parametrize("status", [302, 404, 422])
def test_a_catalogue_that_refuses_is_asked_once(invoke, export, exports, bucket, status):
    exports.status["shows"] = status
    with pytest.raises(export.catalogue.ExportFailed, match=f"HTTP {status}"):
        invoke({"date": "2026-11-25"})
    assert len(exports.asked) == 1


@pytest.mark.parametrize(
    ("headers", "told"),
    [({"Content-Type": "text/html", "As-Of": ""}, "not NDJSON"), ({"Content-Type": "application/x-ndjson"}, "as of")],
)
def test_an_answer_that_is_no_export_is_refused(invoke, export, exports, bucket, headers, told):
    exports.headers = headers
    with pytest.raises(export.catalogue.ExportFailed, match=told):
        invoke({"date": "2026-11-25"})
    assert bucket.objects == {}


def test_a_last_line_without_an_end_is_no_whole_export(invoke, export, exports, bucket):
    exports.end = ""
    with pytest.raises(export.catalogue.ExportFailed, match="last line"):
        invoke({"date": "2026-11-25"})
    assert bucket.objects == {}


def test_a_catalogue_that_is_down_is_told(invoke, export, bucket, monkeypatch):
    monkeypatch.setattr(export.app, "CATALOG_API_URL", "http://127.0.0.1:1")
    with pytest.raises(export.catalogue.ExportFailed, match="NewConnectionError"):
        invoke({"date": "2026-11-25"})


def test_an_empty_collection_is_an_empty_snapshot(invoke, exports, bucket):
    exports.lines["users"] = []
    assert invoke({"date": "2026-11-25"})["snapshots"][2]["documents"] == 0
    assert gzip.decompress(bucket.objects[KEYS[2]]) == b""


def test_with_no_time_left_nothing_is_asked(invoke, export, exports):
    with pytest.raises(export.catalogue.ExportFailed, match="no time left"):
        invoke({"date": "2026-11-25"}, seconds=5)
    assert exports.asked == []


def test_a_large_export_is_never_whole_in_memory(export, exports, bucket, monkeypatch):
    """The service's chunks are read as they come: the largest write is far smaller than the export."""
    exports.lines["shows"] = [f'{{"id":"{n}","x":"{"y" * 1000}"}}' for n in range(5000)]
    sizes = []
    whole = export.catalogue.gzip.GzipFile.write

    def noting(archive, data):
        sizes.append(len(data))
        return whole(archive, data)

    monkeypatch.setattr(export.catalogue.gzip.GzipFile, "write", noting)
    with tempfile.TemporaryFile() as file:
        found = export.catalogue.fetch_export(
            export.app.http, export.app.CATALOG_API_URL, "shows", None, file, time.monotonic() + 60
        )
    assert found.documents == 5000
    assert sum(sizes) > 5_000_000
    assert max(sizes) <= sum(sizes) / 2


@pytest.mark.parametrize("missing", ["CATALOG_API_URL", "RAW_BUCKET"])
def test_a_missing_environment_fails_the_start_and_names_the_variable(missing):
    given = {"CATALOG_API_URL": "http://127.0.0.1:1", "RAW_BUCKET": "b", "AWS_DEFAULT_REGION": "us-east-1"}
    environment = {**os.environ, **given, "PYTHONDONTWRITEBYTECODE": "1"}
    del environment[missing]
    folder = REPOSITORY / "services" / "catalog_export"
    started = subprocess.run(
        [sys.executable, "-c", "import app"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert f"the environment variable {missing} is not set" in started.stderr
