from datetime import UTC, datetime
from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("ignore:.*does not match an error shape")

COLUMNS = {"Columns": [{"Name": "eventId", "Type": "string"}]}


def names(answer: dict[str, Any]) -> list[str]:
    return [table["Name"] for table in answer["TableList"]]


def version_of(glue: Any, table: dict[str, str]) -> str:
    found = glue.client.get_table(DatabaseName=table["DatabaseName"], Name=table["TableName"])
    version: str = found["Table"]["VersionId"]
    return version


def test_a_table_is_shown_as_it_was_given_with_its_name_in_lower_case(glue: Any) -> None:
    analyzed = datetime(2026, 11, 22, 10, tzinfo=UTC)
    given = {
        "StorageDescriptor": COLUMNS | {"Location": "s3://lake/Events", "SerdeInfo": {"SerializationLibrary": "x.Y"}},
        "PartitionKeys": [{"Name": "dt", "Type": "string"}],
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "parquet"},
        "LastAnalyzedTime": analyzed,
        "Owner": "data",
    }
    database = glue.database()
    glue.client.create_table(DatabaseName=database.upper(), TableInput={"Name": "Events", **given})
    shown = glue.client.get_table(DatabaseName=database, Name="EVENTS")["Table"]
    assert shown.pop("CreateTime") == shown.pop("UpdateTime")
    assert shown == {
        "Name": "events",
        "DatabaseName": database,
        "CatalogId": "000000000000",
        "CreatedBy": "arn:aws:iam::000000000000:root",
        "IsRegisteredWithLakeFormation": False,
        "Retention": 0,
        "VersionId": "0",
        **given,
    }


def test_a_table_exists_once_in_its_database(glue: Any) -> None:
    database = glue.table("events")["DatabaseName"]
    code, message = glue.refusal("create_table", DatabaseName=database, TableInput={"Name": "EVENTS"})
    assert (code, message) == ("AlreadyExistsException", f"Table {database}.events already exists.")
    glue.table("events")  # in another database


def test_a_table_needs_a_database_and_an_input(glue: Any) -> None:
    code, message = glue.refusal("create_table", DatabaseName="none", TableInput={"Name": "a"})
    assert (code, message) == ("EntityNotFoundException", "Database none not found.")
    assert glue.refusal("create_table", DatabaseName=glue.database())[0] == "InvalidInputException"


@pytest.mark.parametrize(
    ("operation", "named"),
    [
        ("get_table", {"Name": "None"}),
        ("delete_table", {"Name": "None"}),
        ("update_table", {"TableInput": {"Name": "None"}}),
        ("get_table_version", {"TableName": "None"}),
        ("get_table_versions", {"TableName": "None"}),
        ("get_partitions", {"TableName": "None"}),
    ],
)
def test_a_table_that_is_not_there_is_not_found(glue: Any, operation: str, named: dict[str, Any]) -> None:
    database = glue.database()
    code, message = glue.refusal(operation, DatabaseName=database, **named)
    assert (code, message) == ("EntityNotFoundException", f"Table {database}.none not found.")


# The documentation says "a regular expression"; that a `*` by itself stands for anything is AWS's behaviour.
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("app_events|shows", ["app_events", "shows"]),
        ("app_.*", ["app_errors", "app_events"]),
        ("app*", ["app_errors", "app_events"]),
        ("*events", ["app_events"]),
        ("APP_EVENTS", ["app_events"]),
        ("app", []),
        ("sho[a-z]*", ["shows"]),
        ("", ["app_errors", "app_events", "shows"]),
    ],
)
def test_get_tables_takes_those_whose_whole_name_matches(glue: Any, expression: str, expected: list[str]) -> None:
    database = glue.database()
    for name in ("shows", "app_events", "app_errors"):
        glue.table(name, database=database)
    assert names(glue.client.get_tables(DatabaseName=database, Expression=expression)) == expected


def test_get_tables_refuses_what_is_no_regular_expression(glue: Any) -> None:
    code, message = glue.refusal("get_tables", DatabaseName=glue.database(), Expression="a(")
    assert (code, "'a('" in message) == ("InvalidInputException", True)


def test_get_tables_gives_full_pages_of_those_that_match(glue: Any) -> None:
    database = glue.database()
    for name in ("a1", "b1", "a2", "b2", "a3"):
        glue.table(name, database=database)
    first = glue.client.get_tables(DatabaseName=database, Expression="a.*", MaxResults=2)
    assert names(first) == ["a1", "a2"]
    rest = glue.client.get_tables(DatabaseName=database, Expression="a.*", NextToken=first["NextToken"])
    assert names(rest) == ["a3"]
    assert "NextToken" not in rest


def test_an_update_replaces_the_table_and_keeps_the_version_before(glue: Any) -> None:
    table = glue.table(Description="old", StorageDescriptor=COLUMNS)
    wider = {"Columns": [*COLUMNS["Columns"], {"Name": "added", "Type": "int"}]}
    glue.client.update_table(
        DatabaseName=table["DatabaseName"], TableInput={"Name": "EVENTS", "StorageDescriptor": wider}
    )
    current = glue.client.get_table_version(**table)["TableVersion"]
    assert (current["VersionId"], current["Table"]["StorageDescriptor"]) == ("1", wider)
    assert "Description" not in current["Table"]
    assert current["Table"]["UpdateTime"] > current["Table"]["CreateTime"]
    before = glue.client.get_table_version(**table, VersionId="0")["TableVersion"]
    assert (before["VersionId"], before["Table"]["VersionId"]) == ("0", "0")
    assert (before["Table"]["Description"], before["Table"]["StorageDescriptor"]) == ("old", COLUMNS)
    assert before["Table"]["CreateTime"] == current["Table"]["CreateTime"]


def test_skip_archive_does_not_keep_the_version_before(glue: Any) -> None:
    table = glue.table()
    change = {"DatabaseName": table["DatabaseName"], "TableInput": {"Name": "events"}}
    glue.client.update_table(**change)
    glue.client.update_table(**change, SkipArchive=True)
    glue.client.update_table(**change, SkipArchive=False)
    kept = glue.client.get_table_versions(**table)["TableVersions"]
    assert [version["VersionId"] for version in kept] == ["3", "2", "0"]
    code, message = glue.refusal("get_table_version", **table, VersionId="1")
    assert code == "EntityNotFoundException"
    assert message == f"Version 1 of table {table['DatabaseName']}.events not found."


def test_versions_are_listed_newest_first_a_page_at_a_time(glue: Any) -> None:
    table = glue.table()
    for number in range(1, 5):
        change = {"Name": "events", "Parameters": {"number": str(number)}}
        glue.client.update_table(DatabaseName=table["DatabaseName"], TableInput=change)
    pages = list(glue.client.get_paginator("get_table_versions").paginate(**table, PaginationConfig={"PageSize": 2}))
    listed = [[version["VersionId"] for version in page["TableVersions"]] for page in pages]
    assert listed == [["4", "3"], ["2", "1"], ["0"]]
    assert pages[0]["TableVersions"][1]["Table"]["Parameters"] == {"number": "3"}


@pytest.mark.parametrize("version", ["one", "-1", "1" * 30])
def test_a_version_is_a_number(glue: Any, version: str) -> None:
    code, message = glue.refusal("get_table_version", **glue.table(), VersionId=version)
    assert (code, version in message) == ("InvalidInputException", True)


def test_an_update_of_a_version_that_is_no_longer_current_is_a_concurrent_modification(glue: Any) -> None:
    table = glue.table()
    change = {"DatabaseName": table["DatabaseName"], "TableInput": {"Name": "events"}}
    glue.client.update_table(**change, VersionId="0")
    code, message = glue.refusal("update_table", **change, VersionId="0")
    assert code == "ConcurrentModificationException"
    assert "at version 1, not 0" in message
    assert version_of(glue, table) == "1"


def test_delete_takes_versions_and_partitions_along(glue: Any) -> None:
    table = glue.table(keys="dt string")
    glue.add(table, ["a"])
    glue.client.update_table(DatabaseName=table["DatabaseName"], TableInput={"Name": "events"})
    glue.client.delete_table(DatabaseName=table["DatabaseName"], Name="Events")
    again = glue.table(keys="dt string", database=table["DatabaseName"])
    assert glue.client.get_partitions(**again)["Partitions"] == []
    assert len(glue.client.get_table_versions(**again)["TableVersions"]) == 1


def test_batch_delete_table_says_which_were_not_there(glue: Any) -> None:
    database = glue.database()
    for name in ("a", "b", "c"):
        glue.table(name, database=database)
    answer = glue.client.batch_delete_table(DatabaseName=database, TablesToDelete=["A", "Nothing", "c"])
    assert answer["Errors"] == [
        {
            "TableName": "Nothing",
            "ErrorDetail": {
                "ErrorCode": "EntityNotFoundException",
                "ErrorMessage": f"Table {database}.nothing not found.",
            },
        }
    ]
    assert names(glue.client.get_tables(DatabaseName=database)) == ["b"]


OF_A_TABLE = {"DatabaseName": "lake", "TableName": "events"}


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("list_jobs", {}),
        ("get_connections", {}),
        ("get_partition_indexes", OF_A_TABLE),
        ("get_column_statistics_for_table", OF_A_TABLE | {"ColumnNames": ["a"]}),
        ("get_user_defined_functions", {"Pattern": "*"}),
    ],
)
def test_what_is_not_served_is_refused_by_name(glue: Any, operation: str, request_: dict[str, Any]) -> None:
    code, message = glue.refusal(operation, **request_)
    assert (code, f"glue:{operation.title().replace('_', '')}" in message) == ("NotImplemented", True)
