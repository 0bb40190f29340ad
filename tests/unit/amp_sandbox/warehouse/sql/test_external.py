"""External tables over a Data Catalog and a lake that are folders of the test.

The lake's S3 names are written into the query as on AWS, and read from the folder by a DuckDB of the test's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from amp_sandbox.warehouse import types
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.external.interface import CSV, JSON, PARQUET, ExternalTable, Partition
from amp_sandbox.warehouse.external.scan import Scanner, require_readable
from amp_sandbox.warehouse.security.interface import Grants
from amp_sandbox.warehouse.sql import compiling, macros
from amp_sandbox.warehouse.sql.catalog import Catalog, Relation, Schema
from amp_sandbox.warehouse.sql.decide import World
from amp_sandbox.warehouse.types import Column

BUCKET = "s3://lake-bucket/"
_EVENTS = ExternalTable(
    "amp_raw",
    "events",
    f"{BUCKET}events/",
    JSON,
    (
        Column("id", types.varchar(65535)),
        Column("n", types.BIGINT),
        Column("tags", types.SUPER),
        Column("dt", types.DATE),
        Column("kind", types.varchar(65535)),
    ),
    keys=("dt", "kind"),
    nested=frozenset({"tags"}),
)
_SHOWS = ExternalTable(
    "amp_transformed",
    "shows",
    f"{BUCKET}shows/",
    PARQUET,
    (Column("id", types.INTEGER), Column("added", types.varchar(10)), Column("who", types.SUPER)),
    nested=frozenset({"who"}),
)
_LINES = ExternalTable(
    "amp_raw",
    "lines",
    f"{BUCKET}lines/",
    CSV,
    (Column("a", types.INTEGER), Column("b", types.varchar(10))),
    options={"delim": ";", "quote": '"', "skip": 1},
)
_TABLES = {("amp_raw", "events"): _EVENTS, ("amp_transformed", "shows"): _SHOWS, ("amp_raw", "lines"): _LINES}


@dataclass
class FakeCatalog:
    """The tables above, over a folder; it remembers which places were listed."""

    folder: Path
    listed: list[str] = field(default_factory=list)

    def table(self, database: str, name: str) -> ExternalTable | None:
        return _TABLES.get((database, name))

    def partitions(self, table: ExternalTable) -> Sequence[Partition]:
        found = sorted((self.folder / table.name).glob("dt=*/kind=*"))
        return [
            Partition(
                (one.parent.name.removeprefix("dt="), one.name.removeprefix("kind=")),
                f"{table.location}{one.parent.name}/{one.name}/",
            )
            for one in found
        ]

    def files(self, locations: Sequence[str]) -> Sequence[Sequence[str]]:
        self.listed += [one.removeprefix(BUCKET) for one in locations]
        found = []
        for location in locations:
            folder = self.folder / location.removeprefix(BUCKET)
            found.append([f"{location}{one.name}" for one in sorted(folder.iterdir()) if one.is_file()])
        return found

    def keys(self, bucket: str, prefix: str) -> Sequence[str]:
        return []

    def rows(self, schema: str, database: str) -> list[dict[str, Any]]:
        return []

    def create_database(self, name: str) -> None: ...


class _Everything:
    user, superuser = "boss", True

    def can(self, *_: object) -> bool:
        return True

    owns = can

    def owner(self, *_: object) -> str:
        return "boss"

    def acting_as(self, _user: str) -> Grants:
        return self


@pytest.fixture
def lake(tmp_path: Path) -> FakeCatalog:
    day = datetime.now(UTC).date()
    for dt in ("2024-01-01", "2024-01-02", "__HIVE_DEFAULT_PARTITION__", str(day - timedelta(days=1))):
        for kind in ("follow", "like"):
            folder = tmp_path / "events" / f"dt={dt}" / f"kind={kind}"
            folder.mkdir(parents=True)
            (folder / "part-0.json").write_text(f'{{"id": "{dt}/{kind}", "n": 1, "tags": ["x", "y"], "other": 5}}\n')
    (tmp_path / "shows").mkdir()
    db = duckdb.connect()
    db.execute(f"COPY (SELECT 1 AS id, {{'name': 'Ada'}} AS who) TO '{tmp_path}/shows/old.parquet'")
    db.execute(
        f"COPY (SELECT {{'name': 'Bob'}} AS who, 2::BIGINT AS id, 'new' AS added) TO '{tmp_path}/shows/new.parquet'"
    )
    (tmp_path / "lines").mkdir()
    (tmp_path / "lines" / "x.csv").write_text('a;b\n1;"x;y"\n2;z\n')
    return FakeCatalog(tmp_path)


def _run(lake: FakeCatalog, sql: str, *values: object) -> list[Any]:
    db = duckdb.connect()
    db.execute("SET TimeZone = 'UTC'")
    macros.install(db)
    schemas = {name: Schema(name, "external", name) for name in ("amp_raw", "amp_transformed")}

    def external(schema: Schema, name: str) -> Relation | None:
        found = lake.table(str(schema.glue_database), name)
        return None if found is None else Relation(schema.name, name, "x", found.columns, external=found)

    world = World(Catalog(schemas, {}, external=external), _Everything(), [], "amp")
    tree = compiling.parse(sql)
    scanner = Scanner(lake, db, values, ("lake-bucket",))
    compiled = compiling.compile_tree(tree, compiling.allowed(tree, world), scanner)
    compiling.check(db, compiled, frozenset())
    assert not compiled.lasting
    given = {str(place): value for place, value in enumerate(values, 1)}
    return db.execute(compiled.sql.replace(BUCKET, f"{lake.folder}/"), given or None).fetchall()


def _days(lake: FakeCatalog) -> set[str]:
    return {one.split("/")[1].removeprefix("dt=") for one in lake.listed}


def test_partition_columns_have_the_partitions_values(lake: FakeCatalog) -> None:
    found = _run(
        lake, "SELECT id, n, tags[0], dt::varchar, kind FROM amp_raw.events WHERE dt = '2024-01-01' ORDER BY kind"
    )
    assert found == [
        ("2024-01-01/follow", 1, '"x"', "2024-01-01", "follow"),
        ("2024-01-01/like", 1, '"x"', "2024-01-01", "like"),
    ]
    assert _days(lake) == {"2024-01-01"}


@pytest.mark.parametrize(
    ("where", "days"),
    [
        ("dt = '2024-01-01'", {"2024-01-01"}),
        ("e.dt = '2024-01-01'::date", {"2024-01-01"}),
        ("dt BETWEEN '2024-01-01' AND '2024-01-31'", {"2024-01-01", "2024-01-02"}),
        ("dt IN ('2024-01-02')", {"2024-01-02"}),
        ("(dt < '2024-01-02' OR dt = '1999-01-01') AND n > 0", {"2024-01-01"}),
        ("date_part(day, dt) = 2 AND dt < '2024-02-01'", {"2024-01-02"}),
        ("dt IS NULL", {"__HIVE_DEFAULT_PARTITION__"}),
        ("dt >= dateadd(day, -1, '2024-01-02') AND dt < '2024-01-02'", {"2024-01-01"}),
        ("n = 1 AND kind = 'like' AND dt = '2024-01-02'", {"2024-01-02"}),
    ],
)
def test_only_partitions_that_where_leaves_are_listed(lake: FakeCatalog, where: str, days: set[str]) -> None:
    """https://docs.aws.amazon.com/redshift/latest/dg/c-spectrum-external-performance.html"""
    found = _run(lake, f"SELECT DISTINCT split_part(id, '/', 1) FROM amp_raw.events e WHERE {where}")
    assert {row[0] for row in found} == days
    assert _days(lake) == days


def test_parameters_prune_too(lake: FakeCatalog) -> None:
    assert _run(lake, "SELECT count(*) FROM amp_raw.events WHERE dt = $1", "2024-01-02") == [(2,)]
    assert _days(lake) == {"2024-01-02"}


def test_recent_days_are_pruned_by_the_clock(lake: FakeCatalog) -> None:
    assert _run(lake, "SELECT count(*) FROM amp_raw.events WHERE dt > current_date - 3") == [(2,)]
    assert len(lake.listed) == 2


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT count(*) FROM amp_raw.events",
        "SELECT count(*) FROM amp_raw.events WHERE dt = '2024-01-01' OR n = 1",
        "SELECT count(*) FROM amp_raw.events WHERE NOT (n = 2 AND dt = '2024-01-01')",
    ],
)
def test_conditions_that_do_not_decide_list_everything(lake: FakeCatalog, sql: str) -> None:
    assert _run(lake, sql) == [(8,)]
    assert len(lake.listed) == 8


def test_an_outer_join_keeps_rows_that_where_would_not(lake: FakeCatalog) -> None:
    found = _run(
        lake,
        "SELECT count(*), count(e.id) FROM (SELECT 1 AS one) x LEFT JOIN amp_raw.events e ON e.dt = '2024-01-01'"
        " WHERE x.one = 1",
    )
    assert found == [(2, 2)]
    assert len(lake.listed) == 8


def test_a_scan_that_no_partition_is_left_for_is_empty(lake: FakeCatalog) -> None:
    assert _run(lake, "SELECT id, n FROM amp_raw.events WHERE dt = '1999-01-01'") == []
    assert lake.listed == []


def test_parquet_columns_are_read_by_name_and_missing_ones_are_null(lake: FakeCatalog) -> None:
    found = _run(lake, "SELECT id, added, s.who.name FROM amp_transformed.shows s ORDER BY id")
    assert found == [(1, None, '"Ada"'), (2, "new", '"Bob"')]


def test_csv_is_read_as_the_table_says(lake: FakeCatalog) -> None:
    assert _run(lake, "SELECT a + 1, b FROM amp_raw.lines ORDER BY a") == [(2, "x;y"), (3, "z")]


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "https://example.com/x",
        "s3://elsewhere/x.parquet",
        "s3://lake-bucket/../elsewhere/x.parquet",
        "s3://lake-bucket/a/../../elsewhere/x.parquet",
        "s3://lake-bucket/a/./x.parquet",
        "s3://lake-bucket//x.parquet",
        "s3://lake-bucket/a/*.parquet",
        "s3://lake-bucket/a/[x].parquet",
        "s3://lake-bucket/a/x?versionId=1",
        "s3://lake-bucket/",
        "s3://LAKE-BUCKET/x",
        "s3://lake-bucket/a\nb",
        "s3://lake-bucket/..",
    ],
)
def test_odd_names_of_objects_are_refused(name: str) -> None:
    with pytest.raises(SqlError):
        require_readable(name, ("lake-bucket",))


def test_ordinary_names_of_objects_are_read() -> None:
    require_readable("s3://lake-bucket/a/dt=2024-01-01/part-0.snappy.parquet", ("lake-bucket",))
    require_readable("s3://lake-bucket/a/it's ä.json.gz", ("lake-bucket",))
