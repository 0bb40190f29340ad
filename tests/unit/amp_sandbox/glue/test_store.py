import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from amp_sandbox.glue import store
from amp_sandbox.standins.sqlite import transaction


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = store.connect(tmp_path / "glue.sqlite")
    yield connection
    connection.close()


def new_table(db: sqlite3.Connection) -> store.Table:
    store.create_database(db, "lake", {}, at=1)
    database = store.get_database(db, "lake")
    assert database is not None
    store.create_table(db, database.id, "events", {"a": 1}, at=2)
    table = store.get_table(db, database.id, "events")
    assert table is not None
    return table


def test_everything_is_there_after_the_file_is_opened_again(db: sqlite3.Connection, tmp_path: Path) -> None:
    table = new_table(db)
    store.create_partition(db, table.id, ["a", "ü"], {"b": 2}, at=3)
    again = store.connect(tmp_path / "glue.sqlite")
    assert store.get_database(again, "lake") == store.Database(1, "lake", {}, 1)
    assert store.get_table(again, 1, "events") == store.Table(1, "lake", "events", 0, {"a": 1}, 2, 2)
    assert store.get_partition(again, table.id, ["a", "ü"]) == store.Partition(("a", "ü"), {"b": 2}, 3)
    again.close()


def test_a_database_whose_name_is_taken_leaves_the_tags_alone(db: sqlite3.Connection) -> None:
    store.create_database(db, "lake", {}, at=1, tags={"team": "data"})
    with pytest.raises(store.ExistsError):
        store.create_database(db, "lake", {}, at=2, tags={"team": "other"})
    assert store.list_tags(db, "database", 1) == {"team": "data"}


def test_a_row_of_something_that_is_gone_is_no_name_that_is_taken(db: sqlite3.Connection) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        store.create_table(db, 99, "events", {}, at=1)
    with pytest.raises(sqlite3.IntegrityError):
        store.create_partition(db, 99, ["a"], {}, at=1)


def test_a_transaction_that_fails_leaves_nothing(db: sqlite3.Connection) -> None:
    table = new_table(db)

    def change_and_fail() -> None:
        with transaction(db):
            store.update_table(db, table, {"a": 2}, archive=True, at=3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert store.get_table(db, 1, "events") == table
    assert [version.version for version in store.list_table_versions(db, table.id, before=None)] == [0]


def test_a_new_table_of_an_old_name_is_another(db: sqlite3.Connection) -> None:
    table = new_table(db)
    store.create_partition(db, table.id, ["a"], {}, at=3)
    store.delete_table(db, table.id)
    store.create_table(db, 1, "events", {}, at=4)
    again = store.get_table(db, 1, "events")
    assert again is not None
    assert again.id != table.id
    assert list(store.list_partitions(db, table.id, after=None)) == []
