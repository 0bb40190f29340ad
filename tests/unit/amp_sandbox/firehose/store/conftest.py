import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from amp_sandbox.firehose import store


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = store.connect(tmp_path / "store.sqlite")
    yield connection
    connection.close()


@pytest.fixture
def stream(db: sqlite3.Connection) -> store.Stream:
    return store.create_stream(db, "events", "arn:events", {"a": 1}, at=10.0, tags={"team": "live"})
