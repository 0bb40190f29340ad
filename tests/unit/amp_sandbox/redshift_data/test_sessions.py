from typing import Any

import pytest
from support.waiting import eventually

from .conftest import ENDLESS, WHERE, DataApi


def opened(data: DataApi, sql: str = "SELECT 1", seconds: int = 60) -> str:
    """The id of a session that is kept, once its first statement has ended."""
    answer = data.client.execute_statement(Sql=sql, SessionKeepAliveSeconds=seconds, **WHERE)
    data.ended(answer["Id"])
    return str(answer["SessionId"])


def listed(data: DataApi, **asked: Any) -> list[dict[str, Any]]:
    answer = data.client.list_sessions(**asked)
    found: list[dict[str, Any]] = answer["Sessions"]
    return found


def available(data: DataApi, session: str) -> dict[str, Any]:
    """A session, once it is free: it is given back a moment after its statement's end."""
    [found] = eventually(
        lambda: listed(data, SessionId=session), lambda seen: seen[0]["Status"] == "AVAILABLE", timeout=10
    )
    return found


def test_an_open_session_is_shown_until_it_is_closed(data: DataApi) -> None:
    session = opened(data, seconds=30)
    found = available(data, session)
    assert (found["Database"], found["DbUser"], found["ClusterIdentifier"]) == ("amp", "admin", "amp")
    assert found["SessionAliveSeconds"] == 30
    assert (found["SessionTtl"] - found["UpdatedAt"]).total_seconds() == 30
    data.apis.clock.at += 31
    data.apis.runner.tick()
    assert listed(data, SessionId=session) == []


def test_a_session_that_runs_a_statement_is_busy_with_it(data: DataApi) -> None:
    session = opened(data)
    available(data, session)
    running = data.client.execute_statement(Sql=ENDLESS, SessionId=session)["Id"]
    [found] = listed(data, Status="BUSY", SessionId=session)
    assert found["CurrentStatementId"] == running
    data.client.cancel_statement(Id=running)
    data.ended(running)
    assert "CurrentStatementId" not in available(data, session)


def test_pages_show_every_session_once(data: DataApi) -> None:
    made = {opened(data) for _ in range(3)}
    seen: list[str] = []
    request: dict[str, Any] = {"MaxResults": 2}
    while True:
        answer = data.client.list_sessions(**request)
        seen += [one["SessionId"] for one in answer["Sessions"]]
        if "NextToken" not in answer:
            break
        request["NextToken"] = answer["NextToken"]
    assert len(seen) == len(set(seen))
    assert made <= set(seen)
    assert listed(data, Database="elsewhere") == []


@pytest.mark.parametrize("request_", [{"Status": "CLOSED"}, {"RoleLevel": False}, {"NextToken": "x"}])
def test_what_is_not_known_of_sessions_is_refused(data: DataApi, request_: dict[str, Any]) -> None:
    assert data.refusal("list_sessions", **request_)[0] == "ValidationException"
