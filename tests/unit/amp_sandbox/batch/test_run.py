"""Passes over a Lambda, a Glue and an EMR of a few lines, which keep the order of what they were asked."""

import io
import itertools
import json
from datetime import date, datetime
from typing import Any

import pytest

from amp_sandbox import aws
from amp_sandbox.batch import crawls, jobs
from amp_sandbox.batch import run as module
from amp_sandbox.batch.plan import JOBS, STAGES
from amp_sandbox.errors import SandboxError
from amp_sandbox.marts import Built
from amp_sandbox.progress import Step
from amp_sandbox.settings import Settings

DAY = date(2026, 3, 9)
OUTPUTS = {
    "VirtualClusterId": "cluster1",
    "SparkJobRoleArn": "arn:aws:iam::000000000000:role/jobs",
    "SparkLogUri": "s3://artifacts/spark/logs/",
    "RawCrawler": "raw",
    "TransformedCrawler": "transformed",
    "CatalogExportFunction": "catalog-export-local",
}


class FakeLambda:
    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.answer: dict[str, Any] = {"snapshots": [{"kind": "shows", "documents": 3, "key": "snapshots/shows/…"}]}
        self.error: str | None = None

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803
        self.log.append(f"invoke {FunctionName} {json.loads(Payload)['date']}")
        failed = {"FunctionError": self.error} if self.error else {}
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode()), **failed}


class FakeGlue:
    """A crawler is found running `busy` times, and takes two looks to become ready."""

    class exceptions:  # noqa: N801 - as boto3 calls it
        class CrawlerRunningException(Exception):  # noqa: N818
            pass

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.busy = 0
        self.last: dict[str, str] = {"Status": "SUCCEEDED"}
        self._states: list[str] = []

    def start_crawler(self, Name: str) -> None:  # noqa: N803
        self._states = ["RUNNING", "STOPPING"]
        if self.busy:
            self.busy -= 1
            self.log.append(f"{Name} is busy")
            raise self.exceptions.CrawlerRunningException
        self.log.append(f"crawl {Name}")

    def get_crawler(self, Name: str) -> dict[str, Any]:  # noqa: N803
        return {"Crawler": {"State": self._states.pop(0) if self._states else "READY", "LastCrawl": self.last}}

    def get_crawler_metrics(self, CrawlerNameList: list[str]) -> dict[str, Any]:  # noqa: N803
        counts = {"TablesCreated": 2, "TablesUpdated": 0, "TablesDeleted": 1}
        return {"CrawlerMetricsList": [{"CrawlerName": CrawlerNameList[0], **counts}]}


class FakeEmr:
    """Each run is seen in every state once, and ends as `ends` says, by job."""

    def __init__(self, log: list[str]) -> None:
        self.log = log
        self.ends: dict[str, dict[str, str]] = {}
        self.requests: list[dict[str, Any]] = []
        self._runs: dict[str, tuple[str, list[str]]] = {}

    def start_job_run(self, **request: Any) -> dict[str, str]:
        self.requests.append(request)
        self.log.append(f"start {request['name']}")
        run_id = f"run{len(self._runs)}"
        self._runs[run_id] = (request["name"], ["PENDING", "SUBMITTED", "RUNNING"])
        return {"id": run_id}

    def describe_job_run(self, virtualClusterId: str, id: str) -> dict[str, Any]:  # noqa: A002, N803
        assert virtualClusterId == "cluster1"
        name, states = self._runs[id]
        if states:
            return {"jobRun": {"id": id, "state": states.pop(0)}}
        self.log.append(f"end {name}")
        times = {"createdAt": datetime(2026, 3, 9, 1, 0, 0), "finishedAt": datetime(2026, 3, 9, 1, 0, 7)}  # noqa: DTZ001
        return {"jobRun": {"id": id, "state": "COMPLETED", **times, **self.ends.get(name, {})}}


class World:
    def __init__(self) -> None:
        self.log: list[str] = []
        self.clients = {
            "lambda": FakeLambda(self.log),
            "glue": FakeGlue(self.log),
            "emr-containers": FakeEmr(self.log),
        }

    def build(self, _settings: Settings, first: date, last: date, _on_progress: object) -> tuple[Built, ...]:
        self.log.append(f"build {first} to {last}")
        return (Built("daily_flash", 2, 0.1),)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    made = World()
    monkeypatch.setattr(aws, "client", lambda _settings, service: made.clients[service])
    monkeypatch.setattr(module, "stack_outputs", lambda _settings: OUTPUTS)
    monkeypatch.setattr(module, "build", made.build)
    monkeypatch.setattr(crawls, "POLL_SECONDS", 0)
    monkeypatch.setattr(jobs, "POLL_SECONDS", 0)
    return made


def test_a_pass_snapshots_crawls_transforms_and_crawls_again(world: World) -> None:
    done = module.batch(Settings(), DAY, 2)
    ended = [line for line in world.log if not line.startswith("start")]
    assert ended == [
        "invoke catalog-export-local 2026-03-09",
        "crawl raw",
        *(f"end {name}" for name in JOBS),
        "crawl transformed",
        "build 2026-03-08 to 2026-03-09",
    ]
    assert [(run.job, run.seconds) for run in done.runs] == [(name, 7) for name in JOBS]
    assert [one.mart for one in done.marts] == ["daily_flash"]
    assert [(one.kind, one.documents) for one in done.snapshots] == [("shows", 3)]
    assert [str(one) for one in done.crawls] == ["tables: 2 created, 1 deleted"] * 2


def test_a_stage_starts_when_all_of_the_one_before_has_ended(world: World) -> None:
    module.batch(Settings(), DAY, 1)
    moments = {line: place for place, line in enumerate(world.log)}
    for before, after in itertools.pairwise(STAGES):
        assert max(moments[f"end {job.name}"] for job in before) < min(moments[f"start {job.name}"] for job in after)


def test_a_run_is_told_where_the_lake_is_and_which_days(world: World) -> None:
    module.batch(Settings(), DAY, 3, ["events", "profiles"])
    told = {one["name"]: one for one in world.clients["emr-containers"].requests}  # type: ignore[attr-defined]
    assert told.keys() == {"events", "profiles"}
    driver = told["events"]["jobDriver"]["sparkSubmitJobDriver"]
    lake = ["--raw", "s3://amp-local-000000000000-raw", "--transformed", "s3://amp-local-000000000000-transformed"]
    assert driver["entryPoint"] == "s3://amp-local-000000000000-artifacts/spark/jobs/events.py"
    assert driver["entryPointArguments"] == [*lake, "--date", "2026-03-09", "--days", "3"]
    assert driver["sparkSubmitParameters"] == "--py-files s3://amp-local-000000000000-artifacts/spark/amp_spark.zip"
    profiles = told["profiles"]["jobDriver"]["sparkSubmitJobDriver"]
    assert profiles["entryPointArguments"] == [*lake, "--date", "2026-03-09"]


def test_only_some_jobs_need_no_snapshot(world: World) -> None:
    module.batch(Settings(), DAY, 1, ["sessions"])
    assert world.log == ["start sessions", "end sessions", "crawl transformed", "build 2026-03-09 to 2026-03-09"]


def test_a_crawler_that_runs_already_is_waited_for_and_started_again(world: World) -> None:
    world.clients["glue"].busy = 2  # type: ignore[attr-defined]
    crawls.crawl(Settings(), "raw")
    assert world.log == ["raw is busy", "raw is busy", "crawl raw"]


@pytest.mark.parametrize(("status", "word"), [("FAILED", "failed"), ("CANCELLED", "was stopped")])
def test_a_crawl_that_does_not_succeed_is_an_error_with_its_message(world: World, status: str, word: str) -> None:
    world.clients["glue"].last = {  # type: ignore[attr-defined]
        "Status": status,
        "ErrorMessage": "no such bucket",
    }
    with pytest.raises(SandboxError, match=rf"The crawler raw {word}") as caught:
        crawls.crawl(Settings(), "raw")
    assert caught.value.why == "no such bucket"


def test_a_failed_run_tells_why_and_where_its_log_is_and_ends_the_pass(world: World) -> None:
    emr = world.clients["emr-containers"]
    emr.ends["events"] = {"state": "FAILED", "stateDetails": "ValueError: broken"}  # type: ignore[attr-defined]
    steps: list[Step] = []
    with pytest.raises(SandboxError, match="The job events failed") as caught:
        module.batch(Settings(), DAY, 1, on_progress=steps.append)
    assert caught.value.why == "ValueError: broken"
    assert "s3://artifacts/spark/logs/cluster1/jobs/run2/" in str(caught.value.hint)
    assert "sandbox batch --job events" in str(caught.value.hint)
    assert "start sessions" not in world.log
    assert [step.name for step in steps if step.state == "failed"] == ["job events"]


def test_a_failed_export_tells_what_the_function_raised(world: World) -> None:
    function = world.clients["lambda"]
    function.error = "Unhandled"  # type: ignore[attr-defined]
    function.answer = {"errorType": "ExportError", "errorMessage": "broke off"}  # type: ignore[attr-defined]
    with pytest.raises(SandboxError, match="could not be exported") as caught:
        module.batch(Settings(), DAY, 1)
    assert caught.value.why == "ExportError: broke off"
    assert caught.value.hint == "See: sandbox logs lambda/catalog-export"


def test_the_state_of_a_run_is_told_while_it_goes_on(world: World) -> None:
    steps: list[Step] = []
    module.batch(Settings(), DAY, 1, ["sessions"], steps.append)
    told = [step.detail for step in steps if step.name == "job sessions"]
    assert told == ["", "pending", "submitted", "running", "run0"]
