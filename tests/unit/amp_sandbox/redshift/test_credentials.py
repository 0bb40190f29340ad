import psycopg
import pytest
from support.redshift_apis import PASSWORD

from .conftest import Redshift


@pytest.fixture
def cluster(redshift: Redshift) -> Redshift:
    redshift.make()
    with redshift.apis.connect("admin", PASSWORD) as connection:
        connection.execute("CREATE USER ann PASSWORD DISABLE")
        connection.execute("CREATE GROUP readers")
    return redshift


def test_a_temporary_password_logs_on_until_it_expires(cluster: Redshift) -> None:
    answer = cluster.client.get_cluster_credentials(ClusterIdentifier="amp", DbUser="ann", DbName="amp")
    assert answer["DbUser"] == "IAM:ann"
    assert answer["Expiration"].timestamp() == cluster.apis.clock() + 900
    with cluster.apis.connect(answer["DbUser"], answer["DbPassword"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("ann",)
        cluster.apis.clock.at += 900
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            cluster.apis.connect(answer["DbUser"], answer["DbPassword"])
        assert connection.execute("SELECT 1").fetchone() == (1,)  # the session goes on


def test_a_user_is_made_at_logon_when_asked_for(cluster: Redshift) -> None:
    asked = {"ClusterIdentifier": "amp", "DbUser": "fresh", "DurationSeconds": 3600}
    answer = cluster.client.get_cluster_credentials(**asked)
    with pytest.raises(psycopg.OperationalError, match='user "fresh" does not exist'):
        cluster.apis.connect(answer["DbUser"], answer["DbPassword"])
    answer = cluster.client.get_cluster_credentials(**asked, AutoCreate=True, DbGroups=["readers"])
    assert answer["DbUser"] == "IAMA:fresh"
    with cluster.apis.connect(answer["DbUser"], answer["DbPassword"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("fresh",)


def test_the_iam_identity_has_a_user(cluster: Redshift) -> None:
    answer = cluster.client.get_cluster_credentials_with_iam(ClusterIdentifier="amp", DbName="amp")
    assert answer["DbUser"] == "IAM:root"
    assert answer["NextRefreshTime"] == answer["Expiration"]
    with cluster.apis.connect(answer["DbUser"], answer["DbPassword"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("root",)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"DurationSeconds": 899}, "InvalidParameterValue"),
        ({"DurationSeconds": 3601}, "InvalidParameterValue"),
        ({"DbUser": "PUBLIC"}, "InvalidParameterValue"),
        ({"DbUser": "rdsdb"}, "InvalidParameterValue"),
        ({"DbName": "other"}, "InvalidParameterValue"),
        ({"ClusterIdentifier": "other"}, "ClusterNotFound"),
        ({"CustomDomainName": "db.example.com"}, "NotImplemented"),
    ],
    ids=str,
)
def test_requests_that_cannot_be(cluster: Redshift, given: dict[str, object], code: str) -> None:
    assert (
        cluster.refusal("get_cluster_credentials", **{"ClusterIdentifier": "amp", "DbUser": "ann"} | given)[0] == code
    )
