from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("ignore:.*does not match an error shape")

# https://docs.aws.amazon.com/lake-formation/latest/dg/change-settings.html: what a database has of itself.
IAM_ONLY = [{"Principal": {"DataLakePrincipalIdentifier": "IAM_ALLOWED_PRINCIPALS"}, "Permissions": ["ALL"]}]


def test_a_database_is_shown_as_it_was_given_with_its_name_in_lower_case(glue: Any) -> None:
    given = {"Description": "raw", "LocationUri": "s3://lake/raw", "Parameters": {"Owner": "Data"}}
    name = glue.database()
    glue.client.create_database(DatabaseInput={"Name": f"{name}_B".upper(), **given})
    shown = glue.client.get_database(Name=f"{name}_b".upper(), CatalogId="000000000000")["Database"]
    assert shown.pop("CreateTime").timestamp() >= 1000
    assert shown == {
        "Name": f"{name}_b",
        "CatalogId": "000000000000",
        "CreateTableDefaultPermissions": IAM_ONLY,
        **given,
    }


def test_a_database_exists_once_whatever_the_case_of_its_name(glue: Any) -> None:
    name = glue.database()
    assert glue.refusal("create_database", DatabaseInput={"Name": name.upper()}) == (
        "AlreadyExistsException",
        f"Database {name} already exists.",
    )


@pytest.mark.parametrize(
    ("operation", "more"),
    [("get_database", {}), ("delete_database", {}), ("update_database", {"DatabaseInput": {"Name": "none"}})],
)
def test_a_database_that_is_not_there_is_not_found(glue: Any, operation: str, more: dict[str, Any]) -> None:
    assert glue.refusal(operation, Name="None", **more) == ("EntityNotFoundException", "Database none not found.")


def test_another_accounts_catalogue_is_not_found(glue: Any) -> None:
    name = glue.database()
    expected = ("EntityNotFoundException", "Catalog 111122223333 not found.")
    assert glue.refusal("get_database", Name=name, CatalogId="111122223333") == expected
    assert glue.refusal("get_databases", CatalogId="111122223333") == expected
    assert glue.refusal("create_database", CatalogId="111122223333", DatabaseInput={"Name": "a"}) == expected


def test_databases_are_listed_by_name_a_page_at_a_time(glue: Any) -> None:
    names = sorted(glue.database() for _ in range(5))
    pages = list(glue.client.get_paginator("get_databases").paginate(PaginationConfig={"PageSize": 2}))
    listed = [database["Name"] for page in pages for database in page["DatabaseList"]]
    assert [name for name in listed if name in names] == names
    assert listed == sorted(set(listed))
    assert {len(page["DatabaseList"]) for page in pages[:-1]} == {2}
    assert "NextToken" not in pages[-1]


def test_the_last_page_has_no_token_when_it_is_full(glue: Any) -> None:
    count = len(glue.client.get_databases()["DatabaseList"])
    glue.database()
    page = glue.client.get_databases(MaxResults=count + 1)
    assert len(page["DatabaseList"]) == count + 1
    assert "NextToken" not in page


@pytest.mark.parametrize("token", ["nonsense", "bnVsbA==", "MQ=="])
def test_a_token_that_was_not_given_is_refused(glue: Any, token: str) -> None:
    code, message = glue.refusal("get_databases", NextToken=token)
    assert code == "InvalidInputException"
    assert token in message


def test_update_replaces_what_there_was(glue: Any) -> None:
    name = glue.database(Description="old", LocationUri="s3://lake/old")
    glue.client.update_database(Name=name, DatabaseInput={"Name": name.upper(), "Description": "new"})
    shown = glue.client.get_database(Name=name)["Database"]
    assert shown["Description"] == "new"
    assert "LocationUri" not in shown


def test_update_refuses_another_name(glue: Any) -> None:
    name = glue.database()
    code, message = glue.refusal("update_database", Name=name, DatabaseInput={"Name": "other"})
    assert code == "InvalidInputException"
    assert "other" in message


def test_delete_takes_the_tables_and_partitions_along(glue: Any) -> None:
    table = glue.table(keys="dt string")
    glue.add(table, ["a"])
    name = table["DatabaseName"]
    glue.client.delete_database(Name=name)
    assert glue.refusal("get_tables", DatabaseName=name)[0] == "EntityNotFoundException"
    glue.client.create_database(DatabaseInput={"Name": name})
    assert glue.client.get_tables(DatabaseName=name)["TableList"] == []
    glue.table(keys="dt string", database=name)
    assert glue.client.get_partitions(**table)["Partitions"] == []


@pytest.mark.parametrize("option", ["TargetDatabase", "FederatedDatabase"])
def test_links_to_databases_elsewhere_are_refused_by_name(glue: Any, option: str) -> None:
    member = {"TargetDatabase": "DatabaseName", "FederatedDatabase": "Identifier"}[option]
    given = {"Name": "linked", option: {member: "x"}}
    code, message = glue.refusal("create_database", DatabaseInput=given)
    assert (code, option in message) == ("NotImplemented", True)
