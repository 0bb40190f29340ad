"""Glue's API in a server of the tests' own."""

import itertools
import uuid
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from amp_sandbox.glue import databases, partitions, store, tables, tags
from amp_sandbox.protocol import Context
from amp_sandbox.standins.service import Service, one_per_thread

ACCOUNT = "000000000000"
OPERATIONS = (databases, tables, partitions, tags)


class Api(NamedTuple):
    """A served Glue; every change of the catalogue is a second after the one before, from the second 1000 on."""

    client: Any

    def database(self, **given: Any) -> str:
        """A new database's name."""
        name = f"db_{uuid.uuid4().hex[:8]}"
        self.client.create_database(DatabaseInput={"Name": name} | given)
        return name

    def table(self, name: str = "events", keys: str = "", database: str | None = None, **given: Any) -> dict[str, str]:
        """A new table, in a database of its own unless told, as operations on partitions name it.

        `keys` are its partition keys: "year int, dt string".
        """
        pairs = [key.split(" ", 1) for key in keys.split(", ") if key]
        columns = [{"Name": key, "Type": kind} for key, kind in pairs]
        database = database or self.database()
        self.client.create_table(DatabaseName=database, TableInput={"Name": name, "PartitionKeys": columns} | given)
        return {"DatabaseName": database, "TableName": name}

    def add(self, table: dict[str, str], *values: list[str], **given: Any) -> None:
        """Make partitions."""
        entries = [{"Values": one} | given for one in values]
        assert self.client.batch_create_partition(**table, PartitionInputList=entries)["Errors"] == []

    def refusal(self, operation: str, **request: Any) -> tuple[str, str]:
        """The error code and message that a request is answered with."""
        with pytest.raises(ClientError) as raised:
            getattr(self.client, operation)(**request)
        error = raised.value.response["Error"]
        return error["Code"], error["Message"]


@pytest.fixture(scope="module")
def glue(
    serve: Callable[[Sequence[Service]], str],
    client_of: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Api:
    file = tmp_path_factory.mktemp("glue") / "glue.sqlite"
    connection, clock = one_per_thread(lambda: store.connect(file)), itertools.count(1000)

    def context(request_id: str) -> Context:
        return Context(connection(), "us-east-1", ACCOUNT, request_id, lambda: float(next(clock)), lambda _: None)

    return Api(client_of("glue", serve([Service("glue", context)])))
