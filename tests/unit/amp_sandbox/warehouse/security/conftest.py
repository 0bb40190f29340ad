from collections.abc import Iterator

import duckdb
import pytest
from support.warehouse_objects import FakeSession, database


def furnish(db: duckdb.DuckDBPyConnection) -> None:
    """ann and bob, ann in the analysts; the admin's tables and view, and an external schema."""
    admin = FakeSession(db)
    for statement in (
        "CREATE USER ann PASSWORD DISABLE",
        "CREATE USER bob PASSWORD DISABLE",
        "CREATE GROUP analysts WITH USER ann",
        "CREATE GROUP empty",
    ):
        admin.run(statement)
    admin.schema("sales")
    admin.schema("spectrum", glue_database="amp_raw")
    admin.table("sales", "orders")
    admin.table("public", "shows")
    admin.table("sales", "daily", view="SELECT id FROM sales.orders")


@pytest.fixture
def db(request: pytest.FixtureRequest) -> Iterator[duckdb.DuckDBPyConnection]:
    with database(furnish) if "people" in request.fixturenames else database() as connection:
        yield connection


@pytest.fixture
def admin(db: duckdb.DuckDBPyConnection) -> FakeSession:
    return FakeSession(db)


@pytest.fixture
def people(db: duckdb.DuckDBPyConnection) -> FakeSession:
    """The admin, in a warehouse with users, groups and objects."""
    return FakeSession(db)
