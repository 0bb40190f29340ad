"""A warehouse whose marts were built of a made-up lake of ten days, and its analyst's questions."""

from collections.abc import Iterator

import pytest
from support.made_marts import fill
from support.mart_warehouse import MartWarehouse, mart_warehouse

from amp_sandbox.console.reports.source import Ask, asking


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MartWarehouse]:
    with mart_warehouse(tmp_path_factory.mktemp("marts")) as made:
        fill(made)
        yield made


@pytest.fixture(scope="session")
def ask(warehouse: MartWarehouse) -> Iterator[Ask]:
    """Questions of the analyst, who may read the marts and nothing else."""
    with warehouse.analyst() as connection:
        yield asking(connection)


@pytest.fixture(scope="session")
def ask_of_nothing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    """The same of a warehouse in which no mart was built yet."""
    with mart_warehouse(tmp_path_factory.mktemp("empty")) as made, made.analyst() as connection:
        yield asking(connection)
