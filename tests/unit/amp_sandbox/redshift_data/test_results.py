import csv
import io

import pytest

from amp_sandbox.redshift_data import results

from .conftest import DataApi


def test_values_are_the_fields_that_aws_has_for_them(data: DataApi) -> None:
    sql = """
    SELECT 1::smallint, 2::int, 3::bigint, 1.5::float4, 2.5::float8, true, 'x'::varchar(5), 1.50::numeric(10,2),
        date '2026-01-02', timestamp '2026-01-02 03:04:05.5', NULL::int
    """
    told = data.run(sql)
    page = data.client.get_statement_result(Id=told["Id"])
    # https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_Field.html
    assert page["Records"] == [
        [
            {"longValue": 1},
            {"longValue": 2},
            {"longValue": 3},
            {"doubleValue": 1.5},
            {"doubleValue": 2.5},
            {"booleanValue": True},
            {"stringValue": "x"},
            {"stringValue": "1.50"},
            {"stringValue": "2026-01-02"},
            {"stringValue": "2026-01-02 03:04:05.5"},
            {"isNull": True},
        ]
    ]
    kinds = ["int2", "int4", "int8", "float4", "float8", "bool", "varchar", "numeric", "date", "timestamp", "int4"]
    assert [one["typeName"] for one in page["ColumnMetadata"]] == kinds
    number = page["ColumnMetadata"][7]
    assert (number["precision"], number["scale"], number["isSigned"]) == (10, 2, True)


def test_large_results_come_in_pages(data: DataApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "PAGE_ROWS", 400)
    rows = data.rows("SELECT n FROM big WHERE n <= 1000 ORDER BY n")
    assert rows == [[n] for n in range(1, 1001)]
    told = data.run("SELECT 1")
    assert data.refusal("get_statement_result", Id=told["Id"], NextToken="x")[0] == "ValidationException"


def test_a_result_without_rows_has_columns(data: DataApi) -> None:
    page = data.client.get_statement_result(Id=data.run("SELECT n FROM big WHERE n < 0")["Id"])
    assert (page["Records"], page["TotalNumRows"]) == ([], 0)
    assert [one["name"] for one in page["ColumnMetadata"]] == ["n"]


def test_csv(data: DataApi) -> None:
    told = data.run("SELECT 'a,\"b\"' AS t, n, NULL::int AS x FROM big WHERE n <= 2 ORDER BY n", ResultFormat="CSV")
    page = data.client.get_statement_result_v2(Id=told["Id"])
    assert page["ResultFormat"] == "CSV"
    text = "".join(one["CSVRecords"] for one in page["Records"])
    assert list(csv.reader(io.StringIO(text))) == [["t", "n", "x"], ['a,"b"', "1", ""], ['a,"b"', "2", ""]]
    assert data.refusal("get_statement_result", Id=told["Id"])[0] == "ValidationException"
    other = data.run("SELECT 1")["Id"]
    assert data.refusal("get_statement_result_v2", Id=other)[0] == "ValidationException"


def test_a_result_that_is_too_large_fails(data: DataApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "MOST_BYTES", 1000)
    told = data.ended(data.submit("SELECT n FROM big"))
    assert told["Status"] == "FAILED"
    assert "larger than" in told["Error"]
