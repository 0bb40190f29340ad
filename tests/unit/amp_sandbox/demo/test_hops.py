import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox.audit import sources
from amp_sandbox.audit.sources import KinesisRecord
from amp_sandbox.demo.hops import HopSummary, summarise
from amp_sandbox.lake import connection
from amp_sandbox.publish import ledger
from amp_sandbox.publish.ledger import LedgerFile, Publication
from amp_sandbox.publish.streams import Stream
from amp_sandbox.settings import Settings


class _LocalBucket:
    """DuckDB with the raw bucket in a folder: s3:// addresses are turned into files, and back."""

    def __init__(self, db: Any, folder: Path, bucket: str) -> None:
        self._db, self._folder, self._bucket = db, folder, f"s3://{bucket}/"

    def execute(self, sql: str, values: dict[str, Any] | None = None) -> Any:
        if values and "pattern" in values:
            values = {"pattern": values["pattern"].replace(self._bucket, f"{self._folder}/")}
            self._db.execute(
                f"CREATE TEMP VIEW delivered_here AS SELECT replace(filename, '{self._bucket}', '{self._folder}/')"
                " AS filename, at_ms FROM delivered"
            )
            sql = sql.replace("JOIN delivered", "JOIN delivered_here")
        return self._db.execute(sql, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._db, name)


def publish(settings: Settings, stream: str, run: str, *lines: tuple[str, int, int | None]) -> None:
    file = LedgerFile(ledger.folder(settings, stream), run)
    file.write([Publication(name, sent, acked, "p") for name, sent, acked in lines])
    file.close()


def test_hops_are_counted_and_timed_from_publication(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(home=tmp_path)
    rows = {
        "show_catalog/dt=1970-01-01/1.gz": [{"change_id": "c-1", "ingested_at": "1970-01-01T00:00:01.300Z"}],
        "app_events/event_type=a/dt=1970-01-01/1.gz": [{"event_id": "e-1"}, {"event_id": "twice"}],
        "app_events/event_type=b/dt=1970-01-01/2.gz": [
            {"event_id": "e-2"},
            {"event_id": "twice"},
            {"event_id": "other"},
        ],
    }
    delivered_at = dict(zip(rows, (3.0, 4.0, 6.0), strict=True))
    for key, lines in rows.items():
        path = tmp_path / "bucket" / key
        path.parent.mkdir(parents=True)
        path.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    publish(settings, "show-catalog", "run", ("c-1", 1_000, 1_100))
    publish(
        settings, "app-events", "run", ("e-1", 1_000, 1_010), ("e-2", 1_000, 1_030), ("twice", 0, 9), ("twice", 5, 9)
    )
    publish(settings, "app-events", "earlier", ("other", 0, 1))

    @contextmanager
    def private(_: Settings) -> Iterator[Any]:
        with connection.local() as db:
            yield _LocalBucket(db, tmp_path / "bucket", settings.raw_bucket)

    def deliveries(_: Settings, stream: Stream) -> list[dict[str, Any]]:
        found = [{"key": key, "kind": "data", "delivered_at": at} for key, at in delivered_at.items()]
        return [one for one in found if one["key"].startswith(stream.lake_prefix)]

    records = [KinesisRecord("s", "1", 1_400, b'{"change_id": "c-1"}'), KinesisRecord("s", "2", 9_999, b"{}")]
    monkeypatch.setattr(connection, "private", private)
    monkeypatch.setattr(sources, "deliveries", deliveries)
    monkeypatch.setattr(sources, "stream_records", lambda *_: iter(records))
    assert summarise(settings, "run") == [
        HopSummary("show-catalog", "SNS acknowledged", 1, 100, 100),
        HopSummary("show-catalog", "Lambda ingested", 1, 300, 300),
        HopSummary("show-catalog", "Kinesis took", 1, 400, 400),
        HopSummary("show-catalog", "in the lake", 1, 2_000, 2_000),
        HopSummary("app-events", "Kinesis took", 4, 20, pytest.approx(29)),
        HopSummary("app-events", "in the lake", 4, 4_000, pytest.approx(4_900)),
    ]


def test_a_run_that_published_to_no_stream_has_no_hops(tmp_path: Path) -> None:
    assert summarise(Settings(home=tmp_path), "run") == []
