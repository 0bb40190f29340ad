from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox.warehouse.engine import Options, Warehouse
from amp_sandbox.warehouse.external.interface import no_catalog
from amp_sandbox.warehouse.session import Session

OBJECTS = (
    "CREATE SCHEMA sales",
    """
    CREATE TABLE sales.orders (
        id bigint NOT NULL, name varchar(20) NOT NULL DEFAULT 'x', amount numeric(10,2), at timestamp, PRIMARY KEY (id)
    ) DISTKEY(id) SORTKEY(at)
    """,
    "CREATE TABLE sales.lines (id int IDENTITY(1,1), order_id bigint REFERENCES sales.orders (id), n int)",
    "CREATE VIEW sales.recent AS SELECT id, name FROM sales.orders",
    "CREATE TABLE public.shows (id int)",
    "CREATE GROUP analysts",
    "CREATE USER ann PASSWORD DISABLE IN GROUP analysts",
    "CREATE USER bob PASSWORD DISABLE CREATEDB",
    "GRANT SELECT ON sales.orders TO ann",
    "GRANT USAGE ON SCHEMA sales TO GROUP analysts",
    "GRANT SELECT (id) ON sales.lines TO GROUP analysts",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA sales GRANT SELECT ON TABLES TO GROUP analysts",
    "CREATE EXTERNAL SCHEMA spectrum FROM DATA CATALOG DATABASE 'amp_raw' IAM_ROLE 'arn:aws:iam::000000000000:role/r'",
    "GRANT USAGE ON SCHEMA spectrum TO ann",
    "COMMENT ON TABLE sales.orders IS 'every order'",
    "COMMENT ON COLUMN sales.orders.name IS 'whose'",
)


EVENTS = {
    "schema_name": "spectrum",
    "name": "events",
    "location": "s3://amp-raw/events/",
    "input_format": "org.apache.hadoop.mapred.TextInputFormat",
    "output_format": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "serde": "org.openx.data.jsonserde.JsonSerDe",
    "serde_parameters": '{"paths":"id"}',
    "parameters": '{"classification":"json"}',
    "columns": [
        {"name": "id", "type": "bigint", "part_key": 0},
        {"name": "title", "type": "varchar(30)", "part_key": 0},
        {"name": "price", "type": "decimal(6,2)", "part_key": 0},
        {"name": "tags", "type": "array<string>", "part_key": 0},
        {"name": "dt", "type": "string", "part_key": 1},
    ],
    "partitions": [{"values": '["2026-11-22"]', "location": "s3://amp-raw/events/dt=2026-11-22/"}],
}


class DataCatalog:
    """A Data Catalog with one table, which is only listed."""

    def rows(self, schema: str, database: str) -> list[dict[str, Any]]:
        return [EVENTS] if (schema, database) == ("spectrum", "amp_raw") else []

    def __getattr__(self, name: str) -> Any:
        return getattr(no_catalog, name)


class Asking:
    """Runs statements as a user, in a warehouse with a few objects."""

    def __init__(self, warehouse: Warehouse) -> None:
        self._warehouse = warehouse
        self._sessions: dict[str, Session] = {}
        for statement in OBJECTS:
            self.rows(statement)
        self.oids: Mapping[str, int] = {
            name: oid for oid, name in self.rows("SELECT oid, relname FROM pg_class WHERE oid >= 100000")
        }

    def session(self, user: str = "awsuser") -> Session:
        if user not in self._sessions:
            self._sessions[user] = self._warehouse.connect(user)
        return self._sessions[user]

    def rows(self, sql: str, user: str = "awsuser") -> list[tuple[Any, ...]]:
        return self.session(user).run(sql).rows()

    def columns(self, sql: str, user: str = "awsuser") -> Sequence[tuple[str, str]]:
        columns = self.session(user).prepare(sql).columns or ()
        return [(column.name, column.type.sql()) for column in columns]


@pytest.fixture(scope="session")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    warehouse = Warehouse(Options(folder=Path(tmp_path_factory.mktemp("warehouse"))), DataCatalog())
    warehouse.start()
    yield Asking(warehouse)
    warehouse.stop()
