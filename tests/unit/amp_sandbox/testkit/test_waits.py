from collections.abc import Callable
from typing import Any

import pytest

from amp_sandbox.errors import SandboxError
from amp_sandbox.publish.by_hand import Published
from amp_sandbox.settings import Settings
from amp_sandbox.testkit import waits
from amp_sandbox.testkit.waits import Wait

EVENT = "00000000-0000-4000-8000-000000000001"


class FakeSandbox:
    """A sandbox that answers queries with what a test says, one answer after the other and the last one again."""

    def __init__(self, *answers: list[dict[str, Any]] | SandboxError) -> None:
        self.settings = Settings()
        self.asked: list[tuple[str, str | None]] = []
        self._answers = list(answers)

    def query(self, sql: str, user: str | None = None) -> list[dict[str, Any]]:
        self.asked.append((sql, user))
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, SandboxError):
            raise answer
        return answer


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "_POLL_SECONDS", 0)
    monkeypatch.setattr(waits, "_dead_letters", lambda settings, stream: ["dead letters: 2"])
    monkeypatch.setattr(waits, "_errors", lambda settings, stream: [f"errors of {stream.name}: 0"])


def waiting(*answers: list[dict[str, Any]] | SandboxError) -> tuple[Wait, FakeSandbox]:
    sandbox = FakeSandbox(*answers)
    return Wait(sandbox), sandbox  # type: ignore[arg-type]


def test_rows_are_waited_for_until_there_are_enough() -> None:
    wait, sandbox = waiting([], [{"a": 1}], [{"a": 1}, {"a": 2}])
    assert wait.rows("select a from t", count=2) == [{"a": 1}, {"a": 2}]
    assert sandbox.asked == [("select a from t", None)] * 3


def test_rows_of_the_warehouse_are_asked_for_as_a_user() -> None:
    wait, sandbox = waiting([{"a": 1}])
    wait.rows("select a from t", user="analyst")
    assert sandbox.asked == [("select a from t", "analyst")]


def test_rows_may_be_judged_by_the_test() -> None:
    wait, _ = waiting([{"a": 1}], [{"a": 7}])
    assert wait.rows("select a", ready=lambda rows: rows[0]["a"] > 5) == [{"a": 7}]


@pytest.mark.parametrize(
    "error",
    [
        SandboxError("The query failed.", "Table with name shows does not exist!"),
        SandboxError("The query failed.", 'relation "shows" does not exist (42P01)'),
    ],
    ids=["lake", "warehouse"],
)
def test_a_table_that_is_not_there_yet_has_no_rows_yet(error: SandboxError) -> None:
    wait, _ = waiting(error, [{"a": 1}])
    assert wait.rows("select a from shows") == [{"a": 1}]


def test_a_query_that_can_never_succeed_fails_at_once() -> None:
    wait, sandbox = waiting(SandboxError("The query failed.", 'syntax error at or near "selec"'))
    with pytest.raises(SandboxError, match="syntax error"):
        wait.rows("selec 1", timeout=60)
    assert len(sandbox.asked) == 1


def test_a_timeout_tells_the_query_what_was_seen_and_where_to_look() -> None:
    wait, sandbox = waiting([{"a": 1}])
    with pytest.raises(AssertionError) as failure:
        wait.rows("select a\n  from t", count=2, timeout=0)
    assert str(failure.value).splitlines() == [
        "waited 0 s for 2 rows of «select a from t»; last saw [{'a': 1}]",
        "where to look:",
        "  dead letters: 2",
        "  errors of show-catalog: 0",
        "  errors of app-events: 0",
        f"  logs: SANDBOX_HOME={sandbox.settings.home} sandbox logs",
    ]


def test_hints_of_a_sandbox_that_is_down_do_not_hide_the_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_answer(*_: object) -> list[str]:
        raise SandboxError("The sandbox does not answer.", "connection refused")

    monkeypatch.setattr(waits, "_errors", no_answer)
    wait, _ = waiting([])
    with pytest.raises(AssertionError, match=r"no answer: The sandbox does not answer\."):
        wait.rows("select 1", timeout=0)


@pytest.mark.parametrize(
    ("stream", "view", "field"),
    [("app-events", "raw.app_events", "event_id"), ("show-catalog", "raw.show_catalog", "change_id")],
)
def test_a_record_is_looked_for_in_the_view_of_its_stream(stream: str, view: str, field: str) -> None:
    wait, sandbox = waiting([], [{field: EVENT}])
    assert wait.landed(Published(EVENT, stream, {})) == {field: EVENT}
    assert sandbox.asked == [(f"SELECT * FROM {view} WHERE {field} = '{EVENT}'", None)] * 2


def test_a_record_by_its_id_alone_is_looked_for_in_both() -> None:
    wait, sandbox = waiting([{"x": 1}])
    wait.landed(EVENT)
    assert [sql.split()[3] for sql, _ in sandbox.asked] == ["raw.show_catalog", "raw.app_events"]


def test_an_id_never_becomes_sql() -> None:
    wait, _ = waiting([])
    with pytest.raises(ValueError, match="badly formed"):
        wait.landed("' or 1=1 --", timeout=0)


def test_a_record_that_does_not_land_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    def traced(settings: Settings, wanted: str) -> object:
        raise SandboxError(f"Nothing is known of {wanted}.")

    monkeypatch.setattr("amp_sandbox.trace.trace", traced)
    wait, _ = waiting([])
    with pytest.raises(AssertionError, match=f"Nothing is known of {EVENT}"):
        wait.landed(EVENT, timeout=0)


def test_anything_can_be_waited_for() -> None:
    wait, _ = waiting([])
    seen = iter([0, 0, 5])
    assert wait.until(lambda: next(seen), what="a five") == 5


class Stacks:
    """CloudFormation with one stack."""

    def __init__(self, *statuses: str) -> None:
        self._statuses = list(statuses)

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        return {"Stacks": [{"StackStatus": self._statuses.pop(0)}]}

    def describe_stack_events(self, StackName: str) -> dict[str, Any]:  # noqa: N803
        failed = {"ResourceStatus": "CREATE_FAILED", "LogicalResourceId": "Queue", "ResourceStatusReason": "no name"}
        return {"StackEvents": [{"ResourceStatus": "ROLLBACK_COMPLETE", "LogicalResourceId": "mine"}, failed]}


@pytest.fixture
def stacks() -> Callable[..., Wait]:
    def made(*statuses: str) -> Wait:
        wait, sandbox = waiting([])
        sandbox.client = lambda service: Stacks(*statuses)  # type: ignore[attr-defined]
        return wait

    return made


def test_a_stack_is_waited_for(stacks: Callable[..., Wait]) -> None:
    assert stacks("CREATE_IN_PROGRESS", "CREATE_COMPLETE").stack("mine") == "CREATE_COMPLETE"


def test_a_stack_that_failed_is_told_with_the_reason(stacks: Callable[..., Wait]) -> None:
    with pytest.raises(AssertionError) as failure:
        stacks("ROLLBACK_IN_PROGRESS", "ROLLBACK_COMPLETE").stack("mine")
    assert str(failure.value) == "the stack mine is ROLLBACK_COMPLETE\nQueue: no name"
