import gzip
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox.lake import connection
from amp_sandbox.lake.views import View, create_view, views
from amp_sandbox.settings import Settings

VIEW = View(
    "raw.plays",
    "plays/",
    {"event_id": "VARCHAR", "event_type": "VARCHAR", "at": "TIMESTAMP", "n": "BIGINT", "dt": "DATE"},
    ("event_type", "dt"),
)


def write(root: Path, partition: str, *rows: dict[str, Any]) -> str:
    path = root / "plays" / partition / "delivered.gz"
    path.parent.mkdir(parents=True)
    path.write_bytes(gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode()))
    return str(path)


def select(root: Path, newest: list[str], query: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    with connection.local() as db:
        db.execute("CREATE SCHEMA raw")
        create_view(db, VIEW, f"{root}/", newest)
        cursor = db.execute(query)
        return [column[0] for column in cursor.description], cursor.fetchall()


def test_a_view_has_the_known_columns_typed_and_the_partitions(tmp_path: Path) -> None:
    newest = write(
        tmp_path, "event_type=like_sent/dt=2026-11-22", {"event_id": "e-1", "at": "2026-11-22T10:00:00.123Z", "n": 3}
    )
    assert select(tmp_path, [newest], "SELECT * FROM raw.plays") == (
        list(VIEW.columns),
        [("e-1", "like_sent", datetime(2026, 11, 22, 10, 0, 0, 123_000), 3, date(2026, 11, 22))],  # noqa: DTZ001 - as DuckDB answers
    )


def test_objects_that_lack_a_column_have_nulls(tmp_path: Path) -> None:
    newest = [
        write(tmp_path, "event_type=a/dt=2026-11-22", {"event_id": "e-1"}),
        write(tmp_path, "event_type=b/dt=2026-11-23", {"event_id": "e-2", "n": 5}),
    ]
    _, rows = select(tmp_path, newest, "SELECT event_id, n FROM raw.plays ORDER BY 1")
    assert rows == [("e-1", None), ("e-2", 5)]


def test_an_empty_lake_has_the_columns_and_no_rows(tmp_path: Path) -> None:
    assert select(tmp_path, [], "SELECT * FROM raw.plays") == (list(VIEW.columns), [])
    _, types = select(tmp_path, [], "SELECT column_type FROM (DESCRIBE raw.plays)")
    assert [kind for (kind,) in types] == list(VIEW.columns.values())


def test_a_column_that_only_the_data_has_comes_last(tmp_path: Path) -> None:
    newest = write(tmp_path, "event_type=a/dt=2026-11-22", {"event_id": "e-1", "a new one": 1.5})
    names, rows = select(tmp_path, [newest], "SELECT * FROM raw.plays")
    assert names == [*VIEW.columns, "a new one"]
    assert rows[0][-1] == 1.5


def test_objects_that_are_no_json_do_not_keep_the_view_from_being_made(tmp_path: Path) -> None:
    broken = write(tmp_path, "event_type=a/dt=2026-11-22")
    Path(broken).write_bytes(gzip.compress(b"no json\n"))
    with pytest.raises(Exception, match="Malformed JSON"):
        select(tmp_path, [broken], "SELECT * FROM raw.plays")


def test_the_lake_has_a_view_for_each_stream() -> None:
    assert [(view.name, view.prefix, tuple(view.partitions)) for view in views(Settings())] == [
        ("raw.show_catalog", "show_catalog/", ("dt",)),
        ("raw.app_events", "app_events/", ("event_type", "dt")),
    ]


def test_what_the_data_calls_its_members_is_never_sql(tmp_path: Path) -> None:
    odd = {"it's": 1, 'say "x"': "y", "') ; DROP SCHEMA raw": 2}
    newest = write(tmp_path, "event_type=a/dt=2026-11-22", {"event_id": "e-1", "o'dd": odd})
    columns, rows = select(tmp_path, [newest], 'SELECT event_id, "o\'dd" FROM raw.plays')
    assert (columns, rows) == (["event_id", "o'dd"], [("e-1", odd)])
