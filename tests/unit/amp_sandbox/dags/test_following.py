import pytest
from support.fake_airflow import FakeApi, run_answer, task, tasks

from amp_sandbox.dags import following
from amp_sandbox.dags.following import TaskRun, follow
from amp_sandbox.dags.rest import RestError
from amp_sandbox.errors import SandboxError
from amp_sandbox.progress import Step, ignore
from amp_sandbox.settings import Settings

RUN = "GET /dags/daily/dagRuns/r1"
TASKS = f"{RUN}/taskInstances"


def test_a_run_is_followed_to_its_end(api: FakeApi) -> None:
    api.answers[RUN] = [run_answer("queued"), run_answer("running"), run_answer("success")]
    api.answers[TASKS] = [
        tasks(task("crawl", None, start_date=None)),
        tasks(task("crawl", "deferred")),
        tasks(task("crawl", "success"), task("skip", "skipped", start_date=None, duration=None)),
    ]
    steps: list[Step] = []
    done = follow(Settings(), "daily", "r1", steps.append)
    assert steps == [
        Step("crawl", "started", 0.0, "waits for it to end"),
        Step("crawl", "done", 1.5, ""),
        Step("skip", "done", 0.0, "skipped"),
    ]
    assert done.seconds == 100
    assert done.tasks == (TaskRun("crawl", "success", 1, 1.5), TaskRun("skip", "skipped", 1, None))
    assert done.url == "http://127.0.0.1:8080/dags/daily/runs/r1"


def test_a_task_is_told_of_once_for_each_state_and_try(api: FakeApi) -> None:
    api.answers[RUN] = [run_answer("running")] * 3 + [run_answer("success")]
    again = task("job", "running", try_number=2)
    api.answers[TASKS] = [tasks(task("job", "up_for_retry")), tasks(again), tasks(again), tasks(task("job", "success"))]
    steps: list[Step] = []
    follow(Settings(), "daily", "r1", steps.append, prefix="2026-03-09 ")
    assert [(step.name, step.detail) for step in steps] == [
        ("2026-03-09 job", "failed, tries again soon"),
        ("2026-03-09 job", "try 2"),
        ("2026-03-09 job", ""),
    ]


def test_what_a_task_waited_for_is_part_of_its_time(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1_000, 10))
    monkeypatch.setattr(following.time, "monotonic", lambda: next(clock))
    api.answers[RUN] = [run_answer("running"), run_answer("success")]
    api.answers[TASKS] = [tasks(task("crawl", "deferred")), tasks(task("crawl", "success", duration=-38.9))]
    [done] = follow(Settings(), "daily", "r1", ignore).tasks
    assert done.seconds is not None
    assert done.seconds > 0


def test_tasks_beyond_a_page_are_asked_for(api: FakeApi) -> None:
    api.answers[RUN] = run_answer("success")
    first, second = tasks(task("a", "success")), tasks(task("b", "success", map_index=3))
    api.answers[TASKS] = [first | {"total_entries": 2}, second | {"total_entries": 2}]
    assert [one.task for one in follow(Settings(), "daily", "r1", ignore).tasks] == ["a", "b[3]"]
    assert [asked["offset"] for asked in api.bodies(TASKS)] == [0, 1]


def test_a_failure_names_the_task_and_what_it_said(api: FakeApi) -> None:
    api.answers[RUN] = run_answer("failed")
    api.answers[TASKS] = tasks(task("check", "failed", try_number=2), task("report", "upstream_failed"))
    problem = {"exc_type": "AirflowFailException", "exc_value": "3 rows"}
    log = [
        {"event": "running"},
        {"event": "Task failed", "level": "error", "error_detail": [problem]},
        {"event": "end"},
    ]
    api.answers[f"{TASKS}/check/logs/2"] = {"content": log}
    steps: list[Step] = []
    with pytest.raises(SandboxError) as failure:
        follow(Settings(), "daily", "r1", steps.append)
    assert failure.value.what == "The DAG daily failed in check."
    assert failure.value.why == "check: AirflowFailException: 3 rows"
    assert "http://127.0.0.1:8080/dags/daily/runs/r1" in str(failure.value.hint)
    assert [step.state for step in steps] == ["failed", "failed"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"content": [{"event": "late", "level": "error"}, {"event": "bye"}]}, "check: late"),
        ({"content": ["plain text"]}, "check: its log names no error"),
        (RestError(404, "no log", "/"), "check: its log cannot be had (no log)"),
    ],
)
def test_a_failure_says_what_there_is_to_say(api: FakeApi, answer: object, told: str) -> None:
    api.answers[RUN] = run_answer("failed")
    api.answers[TASKS] = tasks(task("check", "failed"))
    api.answers[f"{TASKS}/check/logs/1"] = answer
    with pytest.raises(SandboxError) as failure:
        follow(Settings(), "daily", "r1", ignore)
    assert failure.value.why == told
