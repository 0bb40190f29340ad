from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from support.redshift_apis import PASSWORD, Apis, redshift_apis
from support.refusals import refusal
from support.waiting import eventually

from amp_sandbox.standins.service import Service

WHERE = {"ClusterIdentifier": "amp", "Database": "amp", "DbUser": "admin"}
ENDED = ("FINISHED", "FAILED", "ABORTED")
ENDLESS = "SELECT count(*) FROM big a, big b, big c WHERE a.n + b.n + c.n = -1"


class DataApi:
    """A served Data API, with a cluster whose master user is `admin`."""

    def __init__(self, client: Any, apis: Apis) -> None:
        self.client, self.apis = client, apis

    def submit(self, sql: str, **given: Any) -> str:
        """Run a statement; its id."""
        return str(self.client.execute_statement(Sql=sql, **WHERE | given)["Id"])

    def ended(self, statement: str) -> dict[str, Any]:
        """What is described of a statement that has come to its end."""
        return eventually(
            lambda: self.client.describe_statement(Id=statement),
            lambda told: told["Status"] in ENDED,
            timeout=30,
            what="the statement's end",
        )

    def run(self, sql: str, **given: Any) -> dict[str, Any]:
        """Run a statement that succeeds."""
        told = self.ended(self.submit(sql, **given))
        assert told["Status"] == "FINISHED", told
        return told

    def rows(self, sql: str, **given: Any) -> list[list[Any]]:
        """The values of a statement's rows, all pages."""
        told, token, found = self.run(sql, **given), "", []
        while True:
            page = self.client.get_statement_result(Id=told["Id"], **({"NextToken": token} if token else {}))
            found += [[None if "isNull" in one else next(iter(one.values())) for one in row] for row in page["Records"]]
            token = page.get("NextToken", "")
            if not token:
                assert len(found) == page["TotalNumRows"]
                return found

    def refusal(self, operation: str, **request: Any) -> tuple[str, str]:
        """The error code and message that a request is answered with."""
        return refusal(self.client, operation, **request)


@pytest.fixture(scope="module")
def data(
    serve: Callable[[Sequence[Service]], str],
    client_of: Callable[..., Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[DataApi]:
    with redshift_apis(tmp_path_factory.mktemp("data")) as apis:
        endpoint = serve(apis.services)
        client_of("redshift", endpoint).create_cluster(
            ClusterIdentifier="amp",
            DBName="amp",
            NodeType="ra3.xlplus",
            MasterUsername="admin",
            MasterUserPassword=PASSWORD,
        )
        api = DataApi(client_of("redshift-data", endpoint), apis)
        api.run("CREATE TABLE big (n BIGINT)")
        api.run("INSERT INTO big SELECT * FROM generate_series(1, 30000)")
        api.run("CREATE USER ann PASSWORD 'Ann-pass1234'")
        yield api
