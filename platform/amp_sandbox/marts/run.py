"""Runs the marts in the warehouse: each file in one transaction of one session of the Redshift Data API.

https://docs.aws.amazon.com/redshift/latest/mgmt/data-api.html

**Left out:** a schedule, retries and checks of the data, which are a scheduler's.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from amp_sandbox import aws, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.marts.files import Mart, Statement, marts
from amp_sandbox.progress import OnProgress, ignore, step
from amp_sandbox.settings import Settings

USER = "etl"
SESSION_SECONDS = 300
DEADLINE_SECONDS = 900
_WAIT_SECONDS = 20  # a description is held back for so long while the statement runs
_ENDED = ("FINISHED", "FAILED", "ABORTED")


@dataclass(frozen=True)
class Built:
    """A mart that was built: how many rows were written, and how long it took."""

    mart: str
    rows: int
    seconds: float


def build(settings: Settings, first_day: date, last_day: date, on_progress: OnProgress = ignore) -> tuple[Built, ...]:
    """Build every mart for some days.

    Raises SandboxError at the first statement that fails, with what the warehouse says; its mart stays as it was.
    """
    days = {"first_day": first_day.isoformat(), "last_day": last_day.isoformat()}
    with step(on_progress, "build the marts") as detail:
        built = tuple(_build(settings, mart, days) for mart in marts(paths.MARTS))
        detail.append(f"{sum(one.rows for one in built):,} rows in {len(built)} marts")
    return built


def _build(settings: Settings, mart: Mart, days: Mapping[str, str]) -> Built:
    started = time.monotonic()
    session = _Session(settings, mart.name)
    session.run(Statement("BEGIN", ()), days)
    rows = sum(session.run(statement, days) for statement in mart.statements)
    session.run(Statement("COMMIT", ()), days)
    return Built(mart.name, rows, time.monotonic() - started)


class _Session:
    """A session of the Data API, begun by its first statement. One that is left behind ends by itself, rolled back."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings, self._name = settings, name
        self._session: dict[str, Any] = {
            "ClusterIdentifier": settings.warehouse_cluster,
            "Database": settings.warehouse_database,
            "DbUser": USER,
            "SessionKeepAliveSeconds": SESSION_SECONDS,
        }

    def run(self, statement: Statement, values: Mapping[str, str]) -> int:
        """Run a statement to its end; answers how many rows an INSERT wrote."""
        data = aws.client(self._settings, "redshift-data")
        parameters = [{"name": name, "value": values[name]} for name in statement.parameters]
        request = {"Parameters": parameters} if parameters else {}
        started = data.execute_statement(Sql=statement.sql, StatementName=self._name, **request, **self._session)
        if "SessionId" in started:
            self._session = {"SessionId": started["SessionId"]}
        ended = self._wait(data, started["Id"])
        if ended["Status"] != "FINISHED":
            raise SandboxError(
                f"The mart {self._name} could not be built.",
                f"{ended.get('Error', ended['Status'])}\nin: {' '.join(statement.sql.split())[:200]}",
                "The transformed tables must be there first: sandbox batch. The log: sandbox logs warehouse",
            )
        return max(0, ended.get("ResultRows", 0)) if statement.sql.upper().startswith("INSERT") else 0

    def _wait(self, data: Any, statement_id: str) -> dict[str, Any]:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while True:
            described: dict[str, Any] = data.describe_statement(Id=statement_id, WaitTimeSeconds=_WAIT_SECONDS)
            if described["Status"] in _ENDED:
                return described
            if time.monotonic() > deadline:
                data.cancel_statement(Id=statement_id)
                raise SandboxError(f"The mart {self._name} was not built in {DEADLINE_SECONDS} s; it was cancelled.")
