"""Redshift's APIs behind LocalStack's endpoint, and what a crash leaves."""

import os
import signal

import psycopg
import pytest
from support.waiting import eventually

from amp_sandbox.runtime.status import status

from .conftest import PROPERTIES, Warehouse, deploy

WHERE = {"ClusterIdentifier": "amp", "Database": "amp", "DbUser": "admin"}


def test_a_statement_of_the_data_api(warehouse: Warehouse) -> None:
    data = warehouse.client("redshift-data")
    asked = data.execute_statement(
        Sql="SELECT title FROM shows WHERE id = :id", Parameters=[{"name": "id", "value": "1"}], **WHERE
    )
    told = eventually(
        lambda: data.describe_statement(Id=asked["Id"]),
        lambda seen: seen["Status"] in ("FINISHED", "FAILED", "ABORTED"),
        timeout=20,
        what="the statement",
    )
    assert told["Status"] == "FINISHED", told
    assert data.get_statement_result(Id=asked["Id"])["Records"] == [[{"stringValue": "Morning"}]]
    tables = data.list_tables(SchemaPattern="public", TablePattern="shows", **WHERE)["Tables"]
    assert tables == [{"name": "shows", "schema": "public", "type": "TABLE"}]


def test_temporary_credentials(warehouse: Warehouse) -> None:
    redshift = warehouse.client("redshift")
    made = redshift.get_cluster_credentials(
        ClusterIdentifier="amp", DbUser="visitor", AutoCreate=True, DbGroups=["readers"]
    )
    with warehouse.connect(made["DbUser"], made["DbPassword"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("visitor",)


def test_an_update_of_the_stack_changes_tags_and_refuses_the_rest(warehouse: Warehouse) -> None:
    tagged = PROPERTIES | {"Tags": [{"Key": "team", "Value": "data"}]}
    told = deploy(warehouse.client, "cluster", **tagged)
    assert told["StackStatus"] == "UPDATE_COMPLETE", told
    [cluster] = warehouse.client("redshift").describe_clusters()["Clusters"]
    assert cluster["Tags"] == [{"Key": "team", "Value": "data"}]
    told = deploy(warehouse.client, "cluster", **tagged | {"NodeType": "ra3.4xlarge"})
    assert told["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "NodeType" in told["StackStatusReason"]


def test_kill_9_in_a_transaction_keeps_what_was_committed_alone(warehouse: Warehouse) -> None:
    with warehouse.connect() as connection:
        connection.execute("CREATE TABLE survivors (n INT)")
        connection.execute("INSERT INTO survivors VALUES (1)")
    open_transaction = warehouse.connect(autocommit=False)
    open_transaction.execute("INSERT INTO survivors VALUES (2)")
    open_transaction.execute("CREATE TABLE unborn (n INT)")
    before = process(warehouse)
    os.kill(before, signal.SIGKILL)
    with pytest.raises(psycopg.OperationalError):
        open_transaction.execute("COMMIT")
    eventually(lambda: process(warehouse), lambda pid: pid not in (0, before), timeout=30, what="the restart")
    with warehouse.connect() as connection:
        assert connection.execute("SELECT n FROM survivors").fetchall() == [(1,)]
        with pytest.raises(psycopg.errors.UndefinedTable):
            connection.execute("SELECT * FROM unborn")
    assert warehouse.client("redshift").describe_clusters()["Clusters"][0]["ClusterStatus"] == "available"


def process(warehouse: Warehouse) -> int:
    """The warehouse's process; 0 while it is not healthy."""
    [found] = [one for one in status(warehouse.settings).services if one.name == "warehouse"]
    return found.pid or 0 if found.healthy else 0
