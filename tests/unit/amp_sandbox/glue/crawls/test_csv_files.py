from collections.abc import Iterator
from typing import Any

import duckdb
import pytest

from amp_sandbox.glue.crawls.csv_files import Csv, csv_columns
from amp_sandbox.glue.crawls.reading import Text


@pytest.fixture(scope="module")
def db() -> Iterator[Any]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def read(db: Any, content: str) -> Csv | None:
    return csv_columns(db, Text("a.csv", len(content), "none", content, True))


def test_a_header_is_found_when_some_column_is_no_string(db: Any) -> None:
    assert read(db, "Id,name,price\n1,a,2.5\n2,b,3\n") == Csv(
        {"id": "bigint", "name": "string", "price": "double"}, ",", True, False, 2
    )


def test_columns_of_strings_alone_have_no_header(db: Any) -> None:
    # https://docs.aws.amazon.com/glue/latest/dg/add-classifier.html: "If all columns are of type STRING, then the first
    # row of data is not sufficiently different from subsequent rows to be used as the header."
    assert read(db, "a,b\nx,y\n") == Csv({"col0": "string", "col1": "string"}, ",", False, False, 2)


@pytest.mark.parametrize("delimiter", [",", "|", "\t", ";", "\x01"])
def test_the_five_delimiters_are_awss(db: Any, delimiter: str) -> None:
    found = read(db, "\n".join(delimiter.join(row) for row in (("id", "at"), ("1", "2026-01-01"), ("2", "2026-01-02"))))
    assert found == Csv({"id": "bigint", "at": "date"}, delimiter, True, False, 2)


def test_quotes_hold_delimiters_and_lines(db: Any) -> None:
    found = read(db, 'id,note,ok\n1,"a, b",true\n2,"c\nd ""e""",false\n')
    assert found == Csv({"id": "bigint", "note": "string", "ok": "boolean"}, ",", True, True, 2)


@pytest.mark.parametrize(
    "content",
    ["only a line\n", "one,line\n", "a\nb\nc\n", "a,b\n1,2\n1,2,3\n", "# comment\na,b\n1,2\n"],
)
def test_what_has_no_two_columns_and_rows_is_no_csv(db: Any, content: str) -> None:
    assert read(db, content) is None


def test_times_with_a_zone_are_strings(db: Any) -> None:
    found = read(db, "id,at\n1,2026-01-01T00:00:00Z\n2,2026-01-02T00:00:00Z\n")
    assert found is not None
    assert found.columns == {"id": "bigint", "at": "string"}
