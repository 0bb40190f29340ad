"""The account of raw rows, over buckets that are folders."""

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from amp_sandbox.audit import transformed
from amp_sandbox.audit.transformed import TransformedAudit, audit_transformed
from amp_sandbox.lake import connection
from amp_sandbox.settings import Settings

CHAT = "app_events/event_type=chat_message/dt=2026-03-09/"
TABLE = "events_chat_message/dt=2026-03-09/part-0.parquet"


class Buckets:
    """The two buckets of the lake, as S3 answers of them; `on_list` is called before each listing."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        self.folder, self.settings = folder, settings
        self.listings = 0
        for bucket in (settings.raw_bucket, settings.transformed_bucket):
            (folder / bucket).mkdir()

    def put_raw(self, key: str, *lines: bytes | dict[str, Any], cut: int | None = None) -> str:
        texts = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
        self._put(self.settings.raw_bucket, key, gzip.compress(b"\n".join(texts) + b"\n")[:cut])
        return f"s3://{self.settings.raw_bucket}/{key}"

    def put_table(self, key: str, ids: Sequence[str], column: str = "event_id") -> None:
        path = self._path(self.settings.transformed_bucket, key)
        pq.write_table(pa.table({column: pa.array(ids, pa.string())}), path)

    def put_quarantine(self, key: str, *rows: dict[str, Any]) -> None:
        body = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
        self._put(self.settings.transformed_bucket, f"_quarantine/{key}", body)

    def put_report(self, job: str, *inputs: str, day: str = "2026-03-09") -> None:
        body = json.dumps({"job": job, "date": day, "inputs": inputs}).encode()
        self._put(self.settings.transformed_bucket, f"_reports/{job}/dt={day}.json", body)

    def get_paginator(self, name: str) -> "Buckets":
        assert name == "list_objects_v2"
        return self

    def paginate(self, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        self.listings += 1
        root = self.folder / Bucket
        keys = sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
        yield {"Contents": [{"Key": key} for key in keys if key.startswith(Prefix)]}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": (self.folder / Bucket / Key).open("rb")}

    def _put(self, bucket: str, key: str, body: bytes) -> None:
        self._path(bucket, key).write_bytes(body)

    def _path(self, bucket: str, key: str) -> Path:
        path = self.folder / bucket / key
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


@pytest.fixture
def buckets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Buckets:
    made = Buckets(tmp_path, Settings(home=tmp_path / "home"))
    monkeypatch.setattr(transformed.aws, "client", lambda _settings, _service: made)
    monkeypatch.setattr(connection, "private", lambda _: connection.local())
    monkeypatch.setattr(transformed, "table_address", lambda bucket, key: str(tmp_path / bucket / key))
    return made


def account(buckets: Buckets) -> TransformedAudit:
    [found] = audit_transformed(buckets.settings, sleep=lambda _: None)
    return found


def event(name: str) -> dict[str, Any]:
    return {"event_id": name, "event_type": "chat_message"}


def test_before_the_first_run_there_is_nothing_to_account_for(buckets: Buckets) -> None:
    buckets.put_raw(CHAT + "a.gz", event("e-1"))
    assert audit_transformed(buckets.settings) == ()


def test_every_row_is_in_one_place(buckets: Buckets) -> None:
    first = buckets.put_raw(CHAT + "a.gz", event("e-1"), event("e-2"), event("e-1"), event("bad"), b"{no JSON")
    second = buckets.put_raw(CHAT + "b.gz", event("e-1"), event("gone"))
    buckets.put_raw(CHAT + "c.gz", event("e-2"), event("new"))  # no run has read it yet
    buckets.put_table(TABLE, ["e-1", "e-2"])
    buckets.put_quarantine(
        "events/dt=2026-03-09/part-0.json",
        {"raw": json.dumps(event("bad")), "reason": "text is missing", "object": first},
        {"raw": "{no JSON", "reason": "not JSON", "object": first},
    )
    buckets.put_report("events", first, second)
    assert account(buckets) == TransformedAudit(
        "app-events", raw=6, awaiting=1, transformed=2, quarantined=2, lost=1, duplicates=0, unexplained=0
    )


def test_an_object_that_cannot_be_decompressed_is_quarantined_whole_or_lost(buckets: Buckets) -> None:
    cut = buckets.put_raw(CHAT + "cut.gz", event("e-1"), event("e-2"), cut=-12)
    buckets.put_report("events", cut)
    assert account(buckets).lost == 1
    buckets.put_quarantine("events/dt=2026-03-09/part-0.json", {"raw": None, "reason": "not gzip", "object": cut})
    assert (account(buckets).lost, account(buckets).quarantined) == (0, 1)


def test_rows_that_a_table_has_twice_or_from_nowhere_are_told(buckets: Buckets) -> None:
    read = buckets.put_raw(CHAT + "a.gz", event("e-1"))
    buckets.put_table(TABLE, ["e-1", "e-1", "other"])
    buckets.put_report("events", read)
    assert (account(buckets).duplicates, account(buckets).unexplained) == (1, 1)


def test_what_spark_has_not_committed_does_not_count(buckets: Buckets) -> None:
    read = buckets.put_raw(CHAT + "a.gz", event("e-1"))
    buckets.put_table("events_chat_message/_temporary/0/dt=2026-03-09/part-0.parquet", ["e-1"])
    buckets.put_report("events", read)
    looks: list[float] = []

    def commit(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == transformed.LOOKS + 2:  # a job that takes longer than a few looks
            unfinished = buckets.folder / buckets.settings.transformed_bucket / "events_chat_message" / "_temporary"
            for path in unfinished.rglob("*.parquet"):
                path.unlink()
            buckets.put_table(TABLE, ["e-1"])

    [found] = audit_transformed(buckets.settings, sleep=commit)
    assert (found.transformed, found.lost) == (1, 0)


def test_changes_of_the_catalogue_are_accounted_for_by_their_own_id(buckets: Buckets) -> None:
    read = buckets.put_raw("show_catalog/dt=2026-03-09/a.gz", {"change_id": "c-1"}, {"change_id": "c-2"})
    buckets.put_table("shows_history/part-0.parquet", ["c-1", "c-2"], column="change_id")
    buckets.put_report("show_catalog", read)
    assert account(buckets) == TransformedAudit("show-catalog", 2, 0, 2, 0, 0, 0, 0)
