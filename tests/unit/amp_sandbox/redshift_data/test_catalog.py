from .conftest import WHERE, DataApi


def test_databases(data: DataApi) -> None:
    assert "amp" in data.client.list_databases(**WHERE)["Databases"]


def test_schemas_by_pattern(data: DataApi) -> None:
    data.run("CREATE SCHEMA sales_eu")
    data.run("CREATE SCHEMA sales_us")
    assert data.client.list_schemas(SchemaPattern="sales%", **WHERE)["Schemas"] == ["sales_eu", "sales_us"]
    page = data.client.list_schemas(SchemaPattern="sales%", MaxResults=1, **WHERE)
    rest = data.client.list_schemas(SchemaPattern="sales%", MaxResults=1, NextToken=page["NextToken"], **WHERE)
    assert page["Schemas"] + rest["Schemas"] == ["sales_eu", "sales_us"]
    assert "NextToken" not in rest


def test_tables_by_pattern(data: DataApi) -> None:
    data.run("CREATE TABLE listed_one (n INT)")
    data.run("CREATE VIEW listed_two AS SELECT n FROM listed_one")
    found = data.client.list_tables(SchemaPattern="public", TablePattern="listed%", **WHERE)["Tables"]
    assert found == [
        {"name": "listed_one", "schema": "public", "type": "TABLE"},
        {"name": "listed_two", "schema": "public", "type": "VIEW"},
    ]
    asked = {**WHERE, "Database": "other", "ConnectedDatabase": "amp"}
    assert data.refusal("list_tables", **asked)[0] == "ResourceNotFoundException"


def test_columns_of_a_table(data: DataApi) -> None:
    data.run("CREATE TABLE described (id BIGINT NOT NULL, name VARCHAR(20), price NUMERIC(10,2))")
    told = data.client.describe_table(Schema="public", Table="described", **WHERE)
    assert told["TableName"] == "described"
    assert [(one["name"], one["typeName"], one["nullable"]) for one in told["ColumnList"]] == [
        ("id", "bigint", 0),
        ("name", "character varying", 1),
        ("price", "numeric", 1),
    ]
    assert [one["schemaName"] for one in told["ColumnList"]] == ["public"] * 3
    assert told["ColumnList"][1]["length"] == 20
    assert data.refusal("describe_table", Table="missing", **WHERE)[0] == "ResourceNotFoundException"


def test_a_user_that_does_not_exist(data: DataApi) -> None:
    code, message = data.refusal("list_databases", **{**WHERE, "DbUser": "nobody"})
    assert (code, 'user "nobody" does not exist' in message) == ("DatabaseConnectionException", True)
