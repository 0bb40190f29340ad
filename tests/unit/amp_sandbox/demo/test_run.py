from collections.abc import Callable
from pathlib import Path

import pytest

from amp_sandbox.audit import Audit, StreamAudit, Unsettled
from amp_sandbox.dags.following import DagRun
from amp_sandbox.demo import run as demo_module
from amp_sandbox.demo.run import Meter, demo, examples
from amp_sandbox.progress import Step
from amp_sandbox.publish import ledger
from amp_sandbox.publish.ledger import LedgerFile, Publication
from amp_sandbox.publish.seed import Plan, Progress, Seeded
from amp_sandbox.runtime import up
from amp_sandbox.settings import Settings

DAILY = DagRun("lake_daily", "manual__1", None, 1.0, (), "http://127.0.0.1:8080/dags/lake_daily/runs/manual__1")


class Airflow:
    """The runtime, as far as the demo needs it."""

    def __init__(self, played: list[str]) -> None:
        self._played = played

    def start_airflow(self, settings: Settings, on_progress: object, *, wait: bool) -> None:
        assert not wait, "it comes up while data is published"
        self._played.append("airflow")


CLEAN = StreamAudit("app-events", 10, 10, 0, 0, 0, 0, 0, 0)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Replaces the parts of the demo; answers the list that notes in which order they are played."""

    def set_up(seeded: Seeded, account: StreamAudit = CLEAN) -> list[str]:
        played: list[str] = []

        def note(name: str, result: object) -> Callable[..., object]:
            return lambda *_: played.append(name) or result

        def audit(*_: object, besides: int) -> Audit:
            played.append(f"audit besides {besides}")
            return Audit((account,))

        monkeypatch.setattr(up, "up", note("up", None))
        monkeypatch.setattr(demo_module, "seed", note("seed", seeded))
        monkeypatch.setattr(demo_module, "unsettled", note("before", Unsettled(3, (), 0, 0)))
        monkeypatch.setattr(demo_module, "audit", audit)
        monkeypatch.setattr(demo_module, "summarise", note("hops", []))
        monkeypatch.setattr(demo_module, "trending_shows", note("trending", []))
        monkeypatch.setattr(demo_module.choice, "of", lambda _: Airflow(played))
        monkeypatch.setattr(demo_module, "run_dag", note("daily", DAILY))
        monkeypatch.setattr(demo_module, "busiest_shows", note("engagement", []))
        return played

    return set_up


def test_the_demo_brings_up_publishes_accounts_and_looks(tmp_path: Path, stage: Callable[..., list[str]]) -> None:
    played = stage(Seeded("run"))
    steps: list[Step] = []
    result = demo(Settings(home=tmp_path), 1, 2, steps.append)
    looked = ["hops", "trending", "daily", "engagement"]
    assert played == ["up", "airflow", "before", "seed", "audit besides 3", *looked, "audit besides 3"]
    assert result.clean
    assert [step.name for step in steps if step.state == "done"] == [
        "account for every record",
        "look at the lake",
        "look at the tables",
        "account for every record",
    ]


@pytest.mark.parametrize(
    "account",
    [
        StreamAudit("s", 1, 0, 0, 0, 0, 0, 1, 0),
        StreamAudit("s", 1, 1, 1, 0, 0, 0, 0, 0),
    ],
    ids=["lost", "doubled"],
)
def test_the_demo_is_not_clean_when_something_did_not_arrive_once(
    tmp_path: Path, stage: Callable[..., list[str]], account: StreamAudit
) -> None:
    stage(Seeded("run"), account)
    assert not demo(Settings(home=tmp_path), 1, 2).clean


def test_an_interrupted_demo_ends_after_publishing(tmp_path: Path, stage: Callable[..., list[str]]) -> None:
    played = stage(Seeded("run", interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        demo(Settings(home=tmp_path), 1, 2)
    assert played == ["up", "airflow", "before", "seed"]


def test_examples_have_ids_of_the_run(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    for run, name in (("20260101-old", "old"), ("20260102-new", "new")):
        file = LedgerFile(ledger.folder(settings, "app-events"), run)
        file.write([Publication(name, 1, 2, "p")])
        file.close()
    commands = [example.command for example in examples(settings, "20260102-new")]
    assert "sandbox trace new" in commands
    assert sum(command.startswith("sandbox trace") for command in commands) == 1


def test_progress_tells_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0.0, 0.0, 2.0, 4.0, 4.0])
    monkeypatch.setattr(demo_module.time, "monotonic", lambda: next(now))
    steps: list[Step] = []
    meter = Meter(steps.append)
    meter.show(Progress("publish", 0, 4_000))
    meter.show(Progress("publish", 2_000, 4_000))
    meter.show(Progress("publish", 4_000, 4_000))
    meter.finish()
    assert [step.detail for step in steps] == [
        "0 of 4,000",
        "2,000 of 4,000, 1,000/s, 2 s left",
        "4,000 of 4,000, 1,000/s",
        "4,000 of 4,000, 1,000/s",
    ]
    assert [step.state for step in steps] == ["started", "started", "started", "done"]
    assert Plan().events >= 20_000
