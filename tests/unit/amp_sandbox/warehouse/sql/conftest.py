"""A warehouse for the tests of this folder, and sessions of it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.warehouse_sql import Rows

from amp_sandbox.warehouse.engine import Options, Warehouse
from amp_sandbox.warehouse.session import Session
from amp_sandbox.warehouse.types import Row


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """One database for the folder's tests: its start takes longer than most tests."""
    made = Warehouse(Options(tmp_path_factory.mktemp("warehouse")))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def session(warehouse: Warehouse) -> Iterator[Session]:
    """A superuser's session. What it makes is in its temporary schema, or removed by the test."""
    made = warehouse.connect("awsuser")
    yield made
    made.close()


@pytest.fixture
def rows(session: Session) -> Rows:
    """Runs a statement in `session`, with parameters or without, and returns its rows."""

    def run(sql: str, *parameters: object) -> list[Row]:
        return session.execute(session.prepare(sql), parameters).rows()

    return run


@pytest.fixture
def new_warehouse(tmp_path: Path) -> Iterator[Callable[..., Warehouse]]:
    """Opens a database of the test's own, again and again."""
    made: list[Warehouse] = []

    def start(**options: Any) -> Warehouse:
        warehouse = Warehouse(Options(tmp_path / "warehouse"), **options)
        warehouse.start()
        made.append(warehouse)
        return warehouse

    yield start
    for warehouse in made:
        warehouse.stop()
