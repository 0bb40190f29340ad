import sqlite3
from pathlib import Path

import pytest

from amp_sandbox.firehose import store


def test_records_are_durable_when_put_returns(tmp_path: Path, db: sqlite3.Connection, stream: store.Stream) -> None:
    store.put_records(db, stream.id, [b"a"], arrived_ms=5)
    other = store.connect(tmp_path / "store.sqlite")
    assert [row.data for row in store.read_records(other, stream.id, after=0, limit=9, limit_bytes=9)] == [b"a"]


def test_a_transaction_is_all_or_nothing(db: sqlite3.Connection, stream: store.Stream) -> None:
    with pytest.raises(sqlite3.IntegrityError), store.transaction(db):  # noqa: PT012
        store.set_status(db, "events", "ACTIVE", at=1.0)
        store.put_records(db, stream.id, [b"a"], arrived_ms=5)
        store.put_records(db, 99, [b"b"], arrived_ms=5)
    assert store.read_records(db, stream.id, after=0, limit=9, limit_bytes=9) == []
    assert store.get_stream(db, "events") == stream
