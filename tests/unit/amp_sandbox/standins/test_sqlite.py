import sqlite3
from pathlib import Path

import pytest

from amp_sandbox.standins.sqlite import connect, transaction

SCHEMA = "CREATE TABLE IF NOT EXISTS things (name TEXT PRIMARY KEY)"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.sqlite"


def names(path: Path) -> list[str]:
    return [row["name"] for row in connect(path, SCHEMA).execute("SELECT name FROM things ORDER BY name")]


def test_what_is_written_is_seen_by_another_connection_at_once(path: Path) -> None:
    connect(path, SCHEMA).execute("INSERT INTO things VALUES ('a')")
    assert names(path) == ["a"]


def test_a_transaction_is_all_or_nothing(path: Path) -> None:
    db = connect(path, SCHEMA)
    with pytest.raises(sqlite3.IntegrityError), transaction(db):
        db.executemany("INSERT INTO things VALUES (?)", [("a",), ("b",), ("a",)])
    assert names(path) == []


def test_a_transaction_inside_another_is_part_of_it(path: Path) -> None:
    db = connect(path, SCHEMA)
    with pytest.raises(ZeroDivisionError), transaction(db):  # noqa: PT012
        with transaction(db):
            db.execute("INSERT INTO things VALUES ('a')")
        raise ZeroDivisionError
    assert names(path) == []
    with transaction(db):
        with transaction(db):
            db.execute("INSERT INTO things VALUES ('a')")
        assert names(path) == []
    assert names(path) == ["a"]
