"""Marts built in a Data API of a few lines, which keeps what was run, and in which session."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox import aws, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.marts.run import build
from amp_sandbox.settings import Settings

FIRST, LAST = date(2026, 3, 2), date(2026, 3, 9)


class FakeDataApi:
    """Every statement is seen running once and then finished, unless it has `broken` in it."""

    def __init__(self) -> None:
        self.run: list[tuple[str, str, dict[str, str]]] = []
        self.users: list[str] = []
        self._seen: set[str] = set()

    def execute_statement(self, Sql: str, StatementName: str, **request: Any) -> dict[str, str]:  # noqa: N803
        if "SessionId" in request:
            assert "DbUser" not in request  # AWS refuses both
            session = request["SessionId"]
        else:
            self.users.append(request["DbUser"])
            session = f"session-{len(self.users)}"
        values = {one["name"]: one["value"] for one in request.get("Parameters", [])}
        self.run.append((session, Sql, values))
        return {"Id": str(len(self.run) - 1), "SessionId": session}

    def describe_statement(self, Id: str, WaitTimeSeconds: int) -> dict[str, Any]:  # noqa: N803
        assert WaitTimeSeconds > 0  # nothing else keeps the caller from asking all the time
        if Id not in self._seen:
            self._seen.add(Id)
            return {"Status": "STARTED"}
        sql = self.run[int(Id)][1]
        if "broken" in sql:
            return {"Status": "FAILED", "Error": 'ERROR: relation "broken" does not exist'}
        return {"Status": "FINISHED", "ResultRows": 7 if sql.startswith("INSERT") else -1}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeDataApi:
    fake = FakeDataApi()
    monkeypatch.setattr(aws, "client", lambda _settings, _service: fake)
    monkeypatch.setattr(paths, "MARTS", tmp_path)
    return fake


def test_each_mart_is_one_transaction_of_one_session_of_its_owner(api: FakeDataApi, tmp_path: Path) -> None:
    (tmp_path / "1_a.sql").write_text("DELETE FROM a WHERE d >= :first_day; INSERT INTO a SELECT :last_day")
    (tmp_path / "2_b.sql").write_text("CREATE VIEW b AS SELECT 1")
    built = build(Settings(), FIRST, LAST)
    assert [(one.mart, one.rows) for one in built] == [("a", 7), ("b", 0)]
    assert api.run == [
        ("session-1", "BEGIN", {}),
        ("session-1", "DELETE FROM a WHERE d >= :first_day", {"first_day": "2026-03-02"}),
        ("session-1", "INSERT INTO a SELECT :last_day", {"last_day": "2026-03-09"}),
        ("session-1", "COMMIT", {}),
        ("session-2", "BEGIN", {}),
        ("session-2", "CREATE VIEW b AS SELECT 1", {}),
        ("session-2", "COMMIT", {}),
    ]
    assert api.users == ["etl", "etl"]


def test_a_statement_that_fails_ends_the_build_and_is_not_committed(api: FakeDataApi, tmp_path: Path) -> None:
    (tmp_path / "1_a.sql").write_text("INSERT INTO a\n  SELECT * FROM broken")
    with pytest.raises(SandboxError) as failed:
        build(Settings(), FIRST, LAST)
    assert failed.value.what == "The mart a could not be built."
    assert 'relation "broken" does not exist\nin: INSERT INTO a SELECT * FROM broken' in (failed.value.why or "")
    assert [sql for _, sql, _ in api.run] == ["BEGIN", "INSERT INTO a\n  SELECT * FROM broken"]
