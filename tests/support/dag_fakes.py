"""AWS clients as the DAGs' operators use them, with what they were asked."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError


def client_error(code: str, operation: str = "Operation") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"a {code}"}}, operation)


class Pages:
    """A paginator, one item a page."""

    def __init__(self, items: Callable[..., list[dict[str, Any]]], member: str) -> None:
        self._items, self._member = items, member

    def paginate(self, **request: Any) -> Iterator[dict[str, Any]]:
        for item in self._items(**request):
            yield {self._member: [item]}


class FakeEmr:
    """Job runs, as id -> name and state; a run that is started is PENDING."""

    def __init__(self, *runs: tuple[str, str, str]) -> None:
        self.runs = {run_id: {"id": run_id, "name": name, "state": state} for run_id, name, state in runs}
        self.started: list[Mapping[str, Any]] = []
        self.cancelled: list[str] = []
        self.ends_by_itself = False

    def get_paginator(self, operation: str) -> Pages:
        assert operation == "list_job_runs"
        return Pages(self._listed, "jobRuns")

    def cancel_job_run(self, *, virtualClusterId: str, id: str) -> None:  # noqa: A002, N803
        assert virtualClusterId == "thecluster"
        if self.ends_by_itself:
            raise client_error("ValidationException")
        self.cancelled.append(id)

    def start_job_run(self, **request: Any) -> dict[str, Any]:
        self.started.append(request)
        return {
            "id": "new",
            "virtualClusterId": request["virtualClusterId"],
            "ResponseMetadata": {"HTTPStatusCode": 200},
        }

    def describe_job_run(self, *, virtualClusterId: str, id: str) -> dict[str, Any]:  # noqa: A002, N803
        return {"jobRun": self.runs.get(id, {"id": id, "state": "PENDING"})}

    def _listed(self, *, virtualClusterId: str, states: list[str]) -> list[dict[str, Any]]:  # noqa: N803
        assert virtualClusterId == "thecluster"
        return [run for run in self.runs.values() if run["state"] in states]


class FakeGlue:
    """A crawler that runs already for so many starts."""

    def __init__(self, running: int = 0) -> None:
        self.running = running
        self.started: list[str] = []

    def get_crawler(self, Name: str) -> dict[str, Any]:  # noqa: N803
        return {"Crawler": {"Name": Name, "State": "READY"}}

    def start_crawler(self, Name: str) -> dict[str, Any]:  # noqa: N803
        if self.running:
            self.running -= 1
            raise client_error("CrawlerRunningException", "StartCrawler")
        self.started.append(Name)
        return {}


class FakeS3:
    """Keeps what is put, as (bucket, key) -> the request."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Mapping[str, Any]] = {}

    def put_object(self, *, Bucket: str, Key: str, **request: Any) -> None:  # noqa: N803
        self.kept[Bucket, Key] = request


class FakeRedshiftData:
    """Statements, as id -> name and status; what is sent is at once `becomes`, and answers `rows`.

    With `columns`, it gives one row at a time.
    """

    def __init__(self, *statements: tuple[str, str, str], becomes: str = "FINISHED", rows: Any = ()) -> None:
        self.statements = [
            {"Id": name, "StatementName": statement, "Status": status} for name, statement, status in statements
        ]
        self.becomes, self.rows = becomes, list(rows)
        self.columns: tuple[str, ...] = ()
        self.parts: list[dict[str, Any]] = []
        self.sent: list[Mapping[str, Any]] = []
        self.cancelled: list[str] = []

    def get_paginator(self, operation: str) -> Pages:
        assert operation == "list_statements"
        return Pages(self._listed, "Statements")

    def execute_statement(self, **request: Any) -> dict[str, Any]:
        self.sent.append(request)
        return {"Id": "new"}

    batch_execute_statement = execute_statement

    def describe_statement(self, Id: str) -> dict[str, Any]:  # noqa: N803
        return {"Id": Id, "Status": self.becomes, "ResultRows": len(self.rows), "SubStatements": self.parts}

    def get_statement_result(self, Id: str, NextToken: str = "") -> dict[str, Any]:  # noqa: N803
        columns = [{"name": name} for name in self.columns]
        if not self.columns:
            return {"Records": self.rows}
        place = int(NextToken or 0)
        more = {"NextToken": str(place + 1)} if place + 1 < len(self.rows) else {}
        return {"ColumnMetadata": columns, "Records": self.rows[place : place + 1], **more}

    def cancel_statement(self, Id: str) -> dict[str, Any]:  # noqa: N803
        self.cancelled.append(Id)
        return {"Status": True}

    def _listed(self, StatementName: str, Status: str) -> list[dict[str, Any]]:  # noqa: N803
        assert Status == "ALL"
        return [one for one in self.statements if one["StatementName"].startswith(StatementName)]
