"""A Redshift of a few lines: it remembers who logged on and what was run, and answers queries that it knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

ENDPOINT = {"CLUSTER": "amp", "HOST": "warehouse.example", "PORT": "5439", "DATABASE": "amp", "ADMIN_USER": "awsuser"}


@dataclass
class FakeWarehouse:
    """Takes the place of the module `redshift_connector`; `answers` has the rows of a query by a part of its text."""

    answers: Mapping[str, Sequence[tuple[Any, ...]]] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)
    logons: list[dict[str, Any]] = field(default_factory=list)
    run: list[str] = field(default_factory=list)
    fails_at: str | None = None
    open: int = 0

    def connect(self, **options: Any) -> "FakeConnection":
        self.logons.append(options)
        if self.passwords.get(options["user"]) != options["password"]:
            raise PermissionError(f"password authentication failed for user {options['user']}")
        self.open += 1
        return FakeConnection(self, options["user"])


class FakeConnection:
    """One connection; its cursor is itself."""

    autocommit = False

    def __init__(self, warehouse: FakeWarehouse, user: str) -> None:
        self._warehouse, self._user = warehouse, user
        self._rows: list[tuple[Any, ...]] = []

    def cursor(self) -> "FakeConnection":
        return self

    def execute(self, sql: str) -> None:
        if self._warehouse.fails_at and self._warehouse.fails_at in sql:
            raise RuntimeError("permission denied")
        if sql == "SELECT current_user":
            self._rows = [(self._user,)]
        elif sql.startswith("SELECT"):
            found = [rows for part, rows in self._warehouse.answers.items() if f"FROM {part}" in sql]
            self._rows = list(found[-1]) if found else []
        else:
            assert self.autocommit
            self._warehouse.run.append(sql)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows

    def fetchone(self) -> tuple[Any, ...]:
        return self._rows[0]

    def close(self) -> None:
        self._warehouse.open -= 1


class FakeRedshift:
    """Redshift's API: gives credentials that the warehouse then takes."""

    def __init__(self, warehouse: FakeWarehouse) -> None:
        self._warehouse = warehouse
        self.requests: list[dict[str, Any]] = []

    def get_cluster_credentials(self, **request: Any) -> dict[str, str]:
        self.requests.append(request)
        user = f"IAM:{request['DbUser']}"
        self._warehouse.passwords[user] = "temporary"
        return {"DbUser": user, "DbPassword": "temporary"}
