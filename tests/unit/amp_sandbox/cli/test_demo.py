import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from amp_sandbox import demo
from amp_sandbox.audit import StreamAudit, TransformedAudit
from amp_sandbox.dags.following import DagRun, TaskRun
from amp_sandbox.demo import Demo, Example, HopSummary, ShowEngagement, TrendingShow
from amp_sandbox.publish.seed import Seeded

Run = Callable[..., Result]
CLEAN = StreamAudit("app-events", 1_234, 1_200, 0, 30, 2, 2, 0, 0)


@pytest.mark.parametrize(("account", "code"), [(CLEAN, 0), (StreamAudit("s", 1, 0, 0, 0, 0, 0, 1, 0), 1)])
def test_demo_prints_everything_and_fails_unless_all_arrived(
    run: Run, monkeypatch: pytest.MonkeyPatch, account: StreamAudit, code: int
) -> None:
    asked: list[Any] = []
    played = Demo(
        Seeded("run"),
        (HopSummary("app-events", "in the lake", 20_000, 950.4, 1_234.5), HopSummary("app-events", "x", 0, None, None)),
        (account,),
        (TrendingShow("After Hours", "Maya", 38, 70, 2),),
        DagRun(
            "lake_daily", "run7", None, 61.7, (TaskRun("jobs.sessions", "success", 1, 12.34),), "http://127.0.0.1/run7"
        ),
        (TransformedAudit("app-events", 1_200, 0, 1_191, 9, 0, 0, 0),),
        (ShowEngagement("Night Line", "Noor", 41, 12.5, 17),),
        (Example("sandbox trace e-1", "an app event"),),
        9.6,
    )
    monkeypatch.setattr(demo, "demo", lambda _, changes, events, __: asked.append((changes, events)) or played)
    result = run("demo", "--events", "5")
    assert asked == [(200, 5)]
    assert result.exit_code == code
    for part in (
        "20,000",
        "950 ms",
        "1.23 s",
        "After Hours",
        "by Airflow: 62 s",
        "jobs.sessions",
        "12.3",
        "1,191",
        "Night Line",
        "sandbox trace e-1",
        "10 s in all",
    ):
        assert part in result.stdout
    assert ("30 records are still in flight" in result.stdout) == (account == CLEAN)
    assert json.loads(run("demo", "--json").stdout)["hops"][0]["p50_ms"] == 950.4
