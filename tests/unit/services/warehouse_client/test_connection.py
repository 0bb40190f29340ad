from types import ModuleType

import pytest
from support.fake_redshift import FakeRedshift, FakeWarehouse


def test_iam_vouches_for_a_user_without_a_password(client: ModuleType, warehouse: FakeWarehouse) -> None:
    redshift = FakeRedshift(warehouse)
    where = client.Endpoint("amp", "warehouse.example", 5439, "amp")
    with client.temporary_connection(redshift, where, "awsuser"):
        assert warehouse.open == 1
    assert warehouse.open == 0
    [request] = redshift.requests
    assert (request["ClusterIdentifier"], request["DbUser"], request["AutoCreate"]) == ("amp", "awsuser", False)
    [logon] = warehouse.logons
    assert (logon["host"], logon["port"], logon["user"]) == ("warehouse.example", 5439, "IAM:awsuser")
    assert (logon["ssl"], logon["sslmode"]) == (True, "verify-full")


def test_a_connection_is_closed_when_its_block_fails(client: ModuleType, warehouse: FakeWarehouse) -> None:
    warehouse.passwords["analyst"] = "right"
    where = client.Endpoint("amp", "h", 1, "amp")
    with pytest.raises(ZeroDivisionError), client.connect(where, "analyst", "right"):
        raise ZeroDivisionError
    assert warehouse.open == 0
