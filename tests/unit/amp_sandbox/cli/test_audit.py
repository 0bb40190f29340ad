import json
from collections.abc import Callable

import pytest
from click.testing import Result

from amp_sandbox import audit
from amp_sandbox.audit import Audit, StreamAudit, TransformedAudit
from amp_sandbox.demo import run as demo_run

Run = Callable[..., Result]
CLEAN = StreamAudit("app-events", 1_234, 1_200, 0, 30, 2, 2, 0, 0)


def test_audit_prints_the_list_as_json(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "audit", lambda _: Audit((CLEAN,)))
    result = run("audit", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == [
        {
            "stream": "app-events",
            "published": 1_234,
            "landed": 1_200,
            "duplicates": 0,
            "in_flight": 30,
            "dead_lettered": 2,
            "failed": 2,
            "lost": 0,
            "unrecorded": 0,
            "transformed": None,
        }
    ]


def test_audit_fails_when_something_is_lost_and_names_it(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = StreamAudit("app-events", 2, 1, 0, 0, 0, 0, 1, 0)
    monkeypatch.setattr(audit, "audit", lambda _: Audit((lost,), {"app-events": ["e-1"]}))
    result = run("audit")
    assert result.exit_code == 1
    assert "Follow one with: sandbox trace e-1" in result.stdout
    assert run("audit", "--json").exit_code == 1


def test_audit_waits_when_asked_to(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr(demo_run, "settle", lambda _, seconds, __: waited.append(seconds) or Audit((CLEAN,)))
    assert run("audit", "--wait", "60").exit_code == 0
    assert waited == [60]


def test_audit_accounts_for_the_transformed_tables_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = TransformedAudit("app-events", 1_200, 0, 1_190, 9, 1, 0, 0)
    monkeypatch.setattr(audit, "audit", lambda _: Audit((CLEAN,), transformed=(tables,)))
    result = run("audit")
    assert result.exit_code == 1  # a row that neither a table nor the quarantine has
    assert "quarantined" in result.stdout
    assert "1,190" in result.stdout
    assert json.loads(run("audit", "--json").stdout)[0]["transformed"]["quarantined"] == 9
