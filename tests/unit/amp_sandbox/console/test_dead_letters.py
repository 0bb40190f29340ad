"""Dead letters: listed and not received, with the last reason that was logged, and moved back on demand."""

from typing import Any

import pytest

from amp_sandbox import aws
from amp_sandbox.audit import sources
from amp_sandbox.console import dead_letters
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings
from amp_sandbox.trace.logs import LogLine

SETTINGS = Settings()
CHANGES, CRAWLS = "amp-catalog-changes-local-dlq", "amp-crawl-local-dlq"


class FakeSqs:
    """The queues of a stage and of another, and what was moved."""

    class exceptions:  # noqa: N801 - as boto3 names it
        class UnsupportedOperation(Exception):  # noqa: N818
            pass

    def __init__(self) -> None:
        self.moved: list[str] = []
        self.busy = False

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_queues"
        names = (CRAWLS, "amp-crawl-local", CHANGES, "amp-catalog-changes-other-dlq")
        urls = [f"http://127.0.0.1:4566/queue/us-east-1/000000000000/{name}" for name in names]

        class Pages:
            def paginate(self, **_request: Any) -> list[dict[str, Any]]:
                return [{"QueueUrls": urls}, {}]

        return Pages()

    def start_message_move_task(self, SourceArn: str) -> None:  # noqa: N803
        if self.busy:
            raise self.exceptions.UnsupportedOperation("There is already a task running.")
        self.moved.append(SourceArn)


def message(message_id: str, body: str) -> dict[str, Any]:
    return {
        "MessageId": message_id,
        "Body": body,
        "Attributes": {"SentTimestamp": "1772460000000", "ApproximateReceiveCount": "6"},
    }


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> FakeSqs:
    made = FakeSqs()
    held = {CHANGES: [message("m1", '{"change_id":"c1"}'), message("m2", "no json"), message("m3", "{}")], CRAWLS: []}
    monkeypatch.setattr(aws, "client", lambda _settings, _service: made)
    monkeypatch.setattr(sources, "queue_messages", lambda _settings, queue: held[queue])
    monkeypatch.setattr(sources, "waiting_messages", lambda _settings, queue: len(held[queue]))
    return made


def line(at: int, **facts: Any) -> LogLine:
    return LogLine(at, facts)


def test_each_letter_has_the_last_reason_that_was_logged_of_it(sqs: FakeSqs, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def lines(_settings: Settings, function: str, names: list[str], since: int) -> list[LogLine]:
        asked.append((function, since))
        assert {"m1", "m2", "c1"} <= set(names)
        return [
            line(1, message_id="m1", change_id="c1", reason="api_unavailable", detail="503"),
            line(2, message_id="m2", reason="not_json", detail=""),
            line(3, message_id="m1", change_id="c1", reason="unknown_show", detail="404"),
            line(4, message_id="m9", shard_id="s"),
        ]

    monkeypatch.setattr(dead_letters.logs, "lines_about", lines)
    changes, crawls = dead_letters.dead_letters(SETTINGS)
    assert (changes.queue, changes.count, crawls.queue, crawls.letters) == (CHANGES, 3, CRAWLS, ())
    assert [(one.id[:6], one.reason, one.receives) for one in changes.letters] == [
        ("c1", "unknown_show: 404", 6),
        ("sha256", "not_json", 6),
        ("sha256", "", 6),
    ]
    assert asked == [("catalog-ingest-local", 1_772_460_000_000)]


def test_a_queue_of_this_stage_is_moved_back(sqs: FakeSqs) -> None:
    assert dead_letters.redrive(SETTINGS, CHANGES) == 3
    assert sqs.moved == [f"arn:aws:sqs:us-east-1:000000000000:{CHANGES}"]


@pytest.mark.parametrize(
    ("queue", "what"),
    [
        ("amp-catalog-changes-other-dlq", "none of the dead-letter queues"),
        ("amp-crawl-local", "none of the dead-letter queues"),
        ("../../x", "none of the dead-letter queues"),
        (CRAWLS, "is empty"),
    ],
)
def test_nothing_else_is_moved(sqs: FakeSqs, queue: str, what: str) -> None:
    with pytest.raises(SandboxError, match=what):
        dead_letters.redrive(SETTINGS, queue)
    assert sqs.moved == []


def test_a_move_under_way_is_said_to_be_one(sqs: FakeSqs) -> None:
    sqs.busy = True
    with pytest.raises(SandboxError, match="being moved already"):
        dead_letters.redrive(SETTINGS, CHANGES)
