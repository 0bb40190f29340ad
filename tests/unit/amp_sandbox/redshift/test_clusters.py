import json

import psycopg
import pytest
from support.redshift_apis import ACCOUNT, PASSWORD

from .conftest import Redshift


def test_a_new_cluster_is_described_and_its_master_user_logs_on(redshift: Redshift) -> None:
    made = redshift.make("Amp", NumberOfNodes=2, IamRoles=["arn:aws:iam::000000000000:role/r"], Encrypted=True)
    assert made["ClusterStatus"] == "creating"
    [shown] = redshift.client.describe_clusters(ClusterIdentifier="amp")["Clusters"]
    assert shown["ClusterStatus"] == "available"
    assert shown["Endpoint"] == {"Address": "127.0.0.1", "Port": redshift.apis.host.port}
    assert (shown["DBName"], shown["MasterUsername"], shown["NodeType"]) == ("amp", "admin", "ra3.xlplus")
    assert (shown["NumberOfNodes"], shown["Encrypted"]) == (2, True)
    assert shown["IamRoles"] == [{"IamRoleArn": "arn:aws:iam::000000000000:role/r", "ApplyStatus": "in-sync"}]
    assert "MasterUserPassword" not in json.dumps(shown, default=str)
    with redshift.apis.connect("admin", PASSWORD) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("admin",)


def test_nobody_logs_on_before_there_is_a_cluster(redshift: Redshift) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        redshift.apis.connect("awsuser", PASSWORD)


def test_there_is_one_cluster(redshift: Redshift) -> None:
    redshift.make()
    asked = {"NodeType": "ra3.xlplus", "MasterUsername": "admin", "MasterUserPassword": PASSWORD, "DBName": "amp"}
    assert redshift.refusal("create_cluster", ClusterIdentifier="amp", **asked)[0] == "ClusterAlreadyExists"
    assert redshift.refusal("create_cluster", ClusterIdentifier="two", **asked)[0] == "ClusterQuotaExceeded"
    assert redshift.refusal("describe_clusters", ClusterIdentifier="two")[0] == "ClusterNotFound"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"DBName": "other"}, "InvalidParameterValue"),
        ({"Port": 5440}, "InvalidParameterValue"),
        ({"MasterUsername": "Admin!"}, "InvalidParameterValue"),
        ({"MasterUsername": "public"}, "InvalidParameterValue"),
        ({"MasterUsername": "rdsdb"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "short"}, "InvalidParameterValue"),
        ({"MasterUserPassword": "alllowercase1"}, "InvalidParameterValue"),
        ({"ManageMasterPassword": True}, "InvalidParameterCombination"),
        ({"ClusterParameterGroupName": "mine"}, "InvalidParameterValue"),
        ({"ClusterVersion": "2.0"}, "InvalidParameterValue"),
        ({"ClusterType": "single-node", "NumberOfNodes": 2}, "InvalidParameterValue"),
        ({"name": "a--b"}, "InvalidParameterValue"),
        ({"name": "1a"}, "InvalidParameterValue"),
        ({"Tags": [{"Key": "aws:x", "Value": "y"}]}, "InvalidTagFault"),
        ({"MultiAZ": True}, "NotImplemented"),
        ({"ElasticIp": "1.2.3.4"}, "NotImplemented"),
    ],
    ids=str,
)
def test_what_a_cluster_cannot_be(redshift: Redshift, given: dict[str, object], code: str) -> None:
    asked = {"ClusterIdentifier": given.pop("name", "amp"), "NodeType": "ra3.xlplus", "DBName": "amp"}
    asked |= {"MasterUsername": "admin", "MasterUserPassword": PASSWORD}
    assert redshift.refusal("create_cluster", **asked | given)[0] == code
    assert redshift.client.describe_clusters()["Clusters"] == []


def test_the_master_password_is_changed(redshift: Redshift) -> None:
    redshift.make()
    redshift.client.modify_cluster(ClusterIdentifier="amp", MasterUserPassword="Other-pass2")
    with pytest.raises(psycopg.OperationalError):
        redshift.apis.connect("admin", PASSWORD)
    redshift.apis.connect("admin", "Other-pass2").close()
    assert redshift.refusal("modify_cluster", ClusterIdentifier="amp", NodeType="x")[0] == "NotImplemented"


def test_secrets_manager_keeps_the_master_password(redshift: Redshift) -> None:
    redshift.make(ManageMasterPassword=True, MasterUserPassword="")
    [shown] = redshift.client.describe_clusters()["Clusters"]
    arn = shown["MasterPasswordSecretArn"]
    secret = json.loads(redshift.apis.secrets.texts[arn])
    assert "redshift/amp-admin" in arn
    redshift.apis.connect(secret["username"], secret["password"]).close()
    redshift.client.modify_cluster(ClusterIdentifier="amp", ManageMasterPassword=False, MasterUserPassword=PASSWORD)
    assert arn not in redshift.apis.secrets.texts
    redshift.apis.connect("admin", PASSWORD).close()
    assert "MasterPasswordSecretArn" not in redshift.client.describe_clusters()["Clusters"][0]


def test_a_deleted_cluster_leaves_nothing(redshift: Redshift) -> None:
    redshift.make()
    with redshift.apis.connect("admin", PASSWORD) as connection:
        connection.execute("CREATE TABLE kept (n INT)")
    code, message = redshift.refusal("delete_cluster", ClusterIdentifier="amp")
    assert (code, "SkipFinalClusterSnapshot" in message) == ("InvalidParameterCombination", True)
    gone = redshift.client.delete_cluster(ClusterIdentifier="amp", SkipFinalClusterSnapshot=True)["Cluster"]
    assert gone["ClusterStatus"] == "deleting"
    redshift.make()
    with redshift.apis.connect("admin", PASSWORD) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT * FROM kept")


def test_tags(redshift: Redshift) -> None:
    redshift.make(Tags=[{"Key": "team", "Value": "data"}])
    arn = f"arn:aws:redshift:us-east-1:{ACCOUNT}:cluster:amp"
    redshift.client.create_tags(ResourceName=arn, Tags=[{"Key": "team", "Value": "bi"}, {"Key": "x", "Value": ""}])
    found = redshift.client.describe_tags(ResourceName=arn)["TaggedResources"]
    assert [one["Tag"] for one in found] == [{"Key": "team", "Value": "bi"}, {"Key": "x", "Value": ""}]
    assert found[0]["ResourceType"] == "cluster"
    assert [one["ClusterIdentifier"] for one in redshift.client.describe_clusters(TagKeys=["x"])["Clusters"]] == ["amp"]
    assert redshift.client.describe_clusters(TagValues=["other"])["Clusters"] == []
    redshift.client.delete_tags(ResourceName=arn, TagKeys=["x", "missing"])
    assert [one["Tag"]["Key"] for one in redshift.client.describe_tags()["TaggedResources"]] == ["team"]
    assert redshift.client.describe_tags(TagKeys=["other"])["TaggedResources"] == []
    assert redshift.refusal("create_tags", ResourceName=arn + "x", Tags=[])[0] == "ResourceNotFoundFault"


def test_other_operations_are_refused_by_name(redshift: Redshift) -> None:
    code, message = redshift.refusal("describe_cluster_subnet_groups")
    assert (code, "DescribeClusterSubnetGroups" in message) == ("NotImplemented", True)
