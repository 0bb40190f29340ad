import pytest
from support.redshift_apis import PASSWORD
from support.waiting import eventually

from .conftest import ENDLESS, WHERE, DataApi


def test_a_statement_is_run_and_described(data: DataApi) -> None:
    answer = data.client.execute_statement(Sql="SELECT 1 AS one", StatementName="first", **WHERE)
    assert (answer["Database"], answer["DbUser"], answer["ClusterIdentifier"]) == ("amp", "admin", "amp")
    told = data.ended(answer["Id"])
    assert told["Status"] == "FINISHED"
    assert (told["QueryString"], told["HasResultSet"], told["ResultRows"]) == ("SELECT 1 AS one", True, 1)
    assert told["Duration"] > 0
    assert told["RedshiftPid"] > 0
    assert told["CreatedAt"] == answer["CreatedAt"]


def test_rows_changed_are_counted(data: DataApi) -> None:
    data.run("CREATE TABLE counted (n INT)")
    told = data.run("INSERT INTO counted VALUES (1), (2)")
    assert (told["HasResultSet"], told["ResultRows"]) == (False, 2)
    code, message = data.refusal("get_statement_result", Id=told["Id"])
    assert (code, "does not have result" in message) == ("ResourceNotFoundException", True)


def test_a_statement_that_fails_says_why(data: DataApi) -> None:
    told = data.ended(data.submit("SELECT * FROM missing_table"))
    assert told["Status"] == "FAILED"
    assert 'ERROR: relation "missing_table" does not exist' in told["Error"]


def test_parameters_are_bound_and_never_pasted(data: DataApi) -> None:
    hostile = "x'; DROP TABLE big; --"
    sql = "SELECT :a::varchar, ':a', 1::bigint, :b::int + 1 -- :a"
    given = [{"name": "a", "value": hostile}, {"name": "b", "value": "41"}]
    assert data.rows(sql, Parameters=given) == [[hostile, ":a", 1, 42]]
    assert data.rows("SELECT count(*) FROM big") == [[30000]]


def test_a_parameter_is_read_as_the_column_it_meets(data: DataApi) -> None:
    assert data.rows("SELECT count(*) FROM big WHERE n <= :most", Parameters=[{"name": "most", "value": "7"}]) == [[7]]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"Sql": "SELECT :a", "Parameters": [{"name": "b", "value": "1"}]}, "unused parameters"),
        (
            {"Sql": "SELECT :a, :b", "Parameters": [{"name": "a", "value": "1"}]},
            "Cannot find parameter: b",
        ),
        (
            {"Sql": "SELECT :a", "Parameters": [{"name": "a", "value": "1"}, {"name": "a", "value": "2"}]},
            "given twice",
        ),
        ({"Sql": "  "}, "empty"),
        ({"Sql": "SELECT 1" + " " * 100_000}, "at most"),
        ({"Sql": "SELECT 1", "ClusterIdentifier": "other"}, "doesn't exist"),
        ({"Sql": "SELECT 1", "SecretArn": "arn:x"}, "either DbUser or SecretArn"),
        ({"Sql": "SELECT 1", "Database": ""}, "Database is needed"),
        ({"Sql": "SELECT 1", "DbUser": "rdsdb"}, "cannot be rdsdb"),
    ],
)
def test_requests_that_cannot_be(data: DataApi, request_: dict[str, object], words: str) -> None:
    code, message = data.refusal("execute_statement", **WHERE | request_)
    assert code == "ValidationException"
    assert words in message


@pytest.mark.parametrize("option", [{"WithEvent": True}, {"WorkgroupName": "serverless"}])
def test_options_that_are_refused_by_name(data: DataApi, option: dict[str, object]) -> None:
    code, message = data.refusal("execute_statement", Sql="SELECT 1", **WHERE | option)
    assert code == "NotImplemented"
    assert next(iter(option)) in message


def test_the_same_token_runs_a_statement_once(data: DataApi) -> None:
    data.run("CREATE TABLE once (n INT)")
    first = data.submit("INSERT INTO once VALUES (1)", ClientToken="token-1")
    data.ended(first)
    assert data.submit("INSERT INTO once VALUES (1)", ClientToken="token-1") == first
    assert data.rows("SELECT count(*) FROM once") == [[1]]


def test_waiting_answers_with_the_end(data: DataApi) -> None:
    answer = data.client.execute_statement(Sql="SELECT 1", WaitTimeSeconds=30, **WHERE)
    assert (answer["Status"], answer["HasResultSet"]) == ("FINISHED", True)


def test_a_batch_is_one_transaction(data: DataApi) -> None:
    sqls = ["CREATE TABLE together (n INT)", "INSERT INTO together VALUES (1)", "SELECT n FROM together"]
    answer = data.client.batch_execute_statement(Sqls=sqls, **WHERE)
    told = data.ended(answer["Id"])
    assert (told["Status"], told["HasResultSet"]) == ("FINISHED", True)
    assert [one["Id"] for one in told["SubStatements"]] == [f"{told['Id']}:{n}" for n in (1, 2, 3)]
    assert [one["QueryString"] for one in told["SubStatements"]] == sqls
    part = data.client.get_statement_result(Id=f"{told['Id']}:3")
    assert part["Records"] == [[{"longValue": 1}]]
    assert data.client.describe_statement(Id=f"{told['Id']}:2")["ResultRows"] == 1


def test_a_batch_that_fails_changes_nothing(data: DataApi) -> None:
    sqls = ["CREATE TABLE apart (n INT)", "SELECT * FROM nothing_here", "SELECT 1"]
    told = data.ended(data.client.batch_execute_statement(Sqls=sqls, **WHERE)["Id"])
    assert told["Status"] == "FAILED"
    assert "Query #2 failed with ERROR" in told["Error"]
    assert [one["Status"] for one in told["SubStatements"]] == ["FINISHED", "FAILED", "ABORTED"]
    assert data.ended(data.submit("SELECT * FROM apart"))["Status"] == "FAILED"


def test_a_batch_of_transactions_keeps_what_was_done(data: DataApi) -> None:
    sqls = ["CREATE TABLE kept_apart (n INT)", "SELECT * FROM nothing_here"]
    answer = data.client.batch_execute_statement(Sqls=sqls, ExecutionMode="AUTO_COMMIT", **WHERE)
    assert data.ended(answer["Id"])["Status"] == "FAILED"
    assert data.rows("SELECT count(*) FROM kept_apart") == [[0]]


def test_cancel_aborts_what_runs(data: DataApi) -> None:
    statement = data.submit(ENDLESS)
    eventually(
        lambda: data.client.describe_statement(Id=statement)["Status"],
        lambda status: status == "STARTED",
        timeout=20,
        what="the statement's start",
    )
    assert data.client.cancel_statement(Id=statement)["Status"] is True
    assert data.ended(statement)["Status"] == "ABORTED"
    code, message = data.refusal("cancel_statement", Id=statement)
    assert (code, "already in ABORTED state" in message) == ("ValidationException", True)


def test_unknown_statements(data: DataApi) -> None:
    unknown = "d9b6c0c9-0747-4bf4-b142-e8883122f766"
    for operation in ("describe_statement", "cancel_statement", "get_statement_result", "get_statement_result_v2"):
        code, message = data.refusal(operation, Id=unknown)
        assert (code, unknown in message) == ("ResourceNotFoundException", True)


def test_statements_are_listed_newest_first(data: DataApi) -> None:
    ids = [data.run(f"SELECT {n}", StatementName="listed")["Id"] for n in range(3)]
    page = data.client.list_statements(StatementName="listed", MaxResults=2)
    rest = data.client.list_statements(StatementName="listed", MaxResults=2, NextToken=page["NextToken"])
    assert [one["Id"] for one in page["Statements"] + rest["Statements"]] == ids[::-1]
    assert page["Statements"][0]["QueryString"] == "SELECT 2"
    assert page["Statements"][0]["IsBatchStatement"] is False
    failed = data.submit("nonsense", StatementName="listed")
    data.ended(failed)
    found = data.client.list_statements(StatementName="listed", Status="FAILED")["Statements"]
    assert [one["Id"] for one in found] == [failed]
    assert data.refusal("list_statements", RoleLevel=False)[0] == "ValidationException"
    assert data.refusal("list_statements", NextToken="x")[0] == "ValidationException"


def test_a_session_is_kept_between_statements(data: DataApi) -> None:
    answer = data.client.execute_statement(Sql="CREATE TEMP TABLE mine (n INT)", SessionKeepAliveSeconds=60, **WHERE)
    session = answer["SessionId"]
    assert data.ended(answer["Id"])["Status"] == "FINISHED"
    used = data.client.execute_statement(Sql="INSERT INTO mine VALUES (5)", SessionId=session)
    assert data.ended(used["Id"])["Status"] == "FINISHED"
    assert data.ended(data.submit("SELECT * FROM mine"))["Status"] == "FAILED"
    assert (
        data.refusal("execute_statement", Sql="SELECT 1", SessionId=session, DbUser="admin")[0] == "ValidationException"
    )
    data.apis.clock.at += 61
    data.apis.runner.tick()
    assert data.refusal("execute_statement", Sql="SELECT 1", SessionId=session)[0] == "ResourceNotFoundException"


def test_results_are_kept_for_a_day(data: DataApi) -> None:
    statement = data.run("SELECT 1")["Id"]
    data.apis.clock.at += 24 * 3600 - 1
    data.apis.runner.tick()
    assert data.client.get_statement_result(Id=statement)["TotalNumRows"] == 1
    data.apis.clock.at += 2
    data.apis.runner.tick()
    assert data.refusal("get_statement_result", Id=statement)[0] == "ResourceNotFoundException"


def test_statements_run_as_the_user_of_the_request(data: DataApi) -> None:
    assert data.rows("SELECT current_user", DbUser="ann") == [["ann"]]
    told = data.ended(data.submit("SELECT * FROM big", DbUser="ann"))
    assert "permission denied for relation big" in told["Error"]
    told = data.ended(data.submit("SELECT 1", DbUser="nobody"))
    assert 'user "nobody" does not exist' in told["Error"]
    where = {"ClusterIdentifier": "amp", "Database": "amp"}
    answer = data.client.execute_statement(Sql="SELECT current_user", WaitTimeSeconds=30, **where)
    assert data.client.get_statement_result(Id=answer["Id"])["Records"] == [[{"stringValue": "root"}]]


def test_statements_run_as_the_user_of_a_secret(data: DataApi) -> None:
    arn = data.apis.secrets.keep(username="ann", password="Ann-pass1234")
    answer = data.client.execute_statement(Sql="SELECT current_user", Database="amp", SecretArn=arn)
    told = data.ended(answer["Id"])
    assert (told["SecretArn"], told["Status"]) == (arn, "FINISHED")
    assert "Ann-pass1234" not in repr(told)
    wrong = data.apis.secrets.keep(username="ann", password=PASSWORD)
    told = data.ended(data.client.execute_statement(Sql="SELECT 1", Database="amp", SecretArn=wrong)["Id"])
    assert 'password authentication failed for user "ann"' in told["Error"]
    for bad in ("arn:missing", data.apis.secrets.keep(username="ann")):
        assert (
            data.refusal("execute_statement", Sql="SELECT 1", Database="amp", SecretArn=bad)[0] == "ValidationException"
        )
