from types import SimpleNamespace
from typing import Any

import pytest
from support.fake_redshift import FakeWarehouse

EXTERNAL_SCHEMA = (
    "CREATE EXTERNAL SCHEMA \"lake\" FROM DATA CATALOG DATABASE 'amp_transformed'"
    " IAM_ROLE 'arn:aws:iam::000000000000:role/warehouse'"
)
# In an order in which Redshift takes them: groups before users, owners before schemas, all before grants.
STATEMENTS = [
    'CREATE GROUP "analysts"',
    "CREATE USER \"analyst\" PASSWORD '…'",
    'ALTER GROUP "analysts" ADD USER "analyst"',
    "CREATE USER \"etl\" PASSWORD '…'",
    'CREATE SCHEMA "marts" AUTHORIZATION "etl"',
    EXTERNAL_SCHEMA,
    'GRANT USAGE ON SCHEMA "lake" TO GROUP "analysts"',
    'GRANT USAGE ON SCHEMA "marts" TO GROUP "analysts"',
    'ALTER DEFAULT PRIVILEGES FOR USER "etl" IN SCHEMA "marts" GRANT SELECT ON TABLES TO GROUP "analysts"',
]
CONFIGURED = {
    "pg_group": [("analysts",)],
    "pg_group, pg_user": [("analysts", "analyst")],
    "pg_user": [("awsuser",), ("analyst",), ("etl",)],
    "pg_namespace": [("marts", "etl"), ("lake", "awsuser")],
    "svv_external_schemas": [("lake", "amp_transformed")],
    "svv_tables": [("marts", "daily_flash")],
    "svv_schema_privileges": [("analysts", "marts", "usage"), ("analysts", "lake", "usage")],
    "svv_relation_privileges": [("analysts", "marts", "daily_flash", "select")],
    "svv_default_privileges": [("analysts", "marts", "etl", "select")],
}


def test_an_empty_warehouse_gets_everything(function: SimpleNamespace, warehouse: FakeWarehouse) -> None:
    answer = function.app.lambda_handler({}, None)
    assert answer == {"dry_run": False, "statements": STATEMENTS}
    hidden = [statement for statement in warehouse.run if "PASSWORD 'md5" in statement]
    assert len(hidden) == 2
    assert [one for one in warehouse.run if one not in hidden] == [one for one in STATEMENTS if "PASSWORD" not in one]
    assert warehouse.open == 0


def test_a_dry_run_tells_the_same_and_does_nothing(function: SimpleNamespace, warehouse: FakeWarehouse) -> None:
    answer = function.app.lambda_handler({"dry_run": True}, None)
    assert answer == {"dry_run": True, "statements": STATEMENTS}
    assert warehouse.run == []


def test_a_configured_warehouse_is_left_as_it_is(function: SimpleNamespace, warehouse: FakeWarehouse) -> None:
    warehouse.answers = CONFIGURED
    assert function.app.lambda_handler({}, None)["statements"] == []
    assert function.app.secretsmanager.asked == []  # passwords are only asked for to make users


def test_a_table_that_came_later_is_granted(function: SimpleNamespace, warehouse: FakeWarehouse) -> None:
    warehouse.answers = CONFIGURED | {"svv_tables": [("marts", "daily_flash"), ("marts", "new")]}
    answer = function.app.lambda_handler({}, None)
    assert answer["statements"] == ['GRANT SELECT ON ALL TABLES IN SCHEMA "marts" TO GROUP "analysts"']


def test_a_schema_gets_the_owner_that_it_should_have(function: SimpleNamespace, warehouse: FakeWarehouse) -> None:
    warehouse.answers = CONFIGURED | {"pg_namespace": [("marts", "awsuser"), ("lake", "awsuser")]}
    assert function.app.lambda_handler({}, None)["statements"] == ['ALTER SCHEMA "marts" OWNER TO "etl"']


@pytest.mark.parametrize(
    ("present", "named"),
    [
        ({"svv_external_schemas": [("lake", "other")]}, "for the database other"),
        ({"svv_external_schemas": [("lake", "amp_transformed"), ("marts", "x")]}, "external schema of that name"),
        ({"svv_external_schemas": []}, "has a schema of that name"),
    ],
)
def test_a_schema_of_another_kind_is_an_error(
    function: SimpleNamespace, warehouse: FakeWarehouse, present: dict[str, Any], named: str
) -> None:
    warehouse.answers = CONFIGURED | present
    with pytest.raises(function.configuration.ConfigurationError, match=named):
        function.app.lambda_handler({}, None)
    assert warehouse.run == []


def test_a_statement_that_fails_ends_the_run_and_is_told_without_its_password(
    function: SimpleNamespace, warehouse: FakeWarehouse, caplog: pytest.LogCaptureFixture
) -> None:
    warehouse.fails_at = 'CREATE USER "analyst"'
    with pytest.raises(RuntimeError, match="permission denied"):
        function.app.lambda_handler({}, None)
    assert warehouse.run == ['CREATE GROUP "analysts"']
    [failed] = [record for record in caplog.records if record.message == "a statement failed"]
    assert failed.statement == "CREATE USER \"analyst\" PASSWORD '…'"
    assert "md5" not in caplog.text


def test_a_secret_of_another_user_is_refused(function: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"SecretString": '{"username": "somebody", "password": "x"}'}
    fake = SimpleNamespace(get_secret_value=lambda SecretId: answer)  # noqa: N803
    monkeypatch.setattr(function.app, "secretsmanager", fake)
    with pytest.raises(function.configuration.ConfigurationError, match="amp/test/warehouse/analyst"):
        function.app.lambda_handler({}, None)
