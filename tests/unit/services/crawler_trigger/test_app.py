import json
import logging
import os
import subprocess
import sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

REPOSITORY = Path(__file__).parents[4]
MAX_RECEIVES = 20  # the queue's maxReceiveCount in platform/template.yaml
INTERVAL = 60


def reasons(caplog):
    return [r.reason for r in caplog.records if r.message in ("crawl started", "crawl awaited")]


def test_a_batch_as_sqs_and_s3_send_it_starts_one_crawl(trigger, glue, queue, aws_event, caplog):
    caplog.set_level(logging.INFO)
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)
    answer = trigger.app.lambda_handler(aws_event("sqs_s3_objects_created"), context)
    # The newest object's message waits until the crawl has succeeded, and stands for both.
    assert answer == {"batchItemFailures": [{"itemIdentifier": "00000002-7c1c-4f52-9d3e-6b7f0c2d1e4a"}]}
    assert len(glue.starts) == 1
    [line] = [record for record in caplog.records if record.message == "crawl started"]
    assert (line.messages, line.objects) == (2, 2)
    assert line.newest_key == "show_catalog/dt=2026-11-22/show-catalog-to-lake-1.gz"


def test_a_message_is_done_with_when_a_crawl_that_began_after_it_has_succeeded(invoke, glue, clock, queue, written):
    message = written(clock.at)
    clock.forward(5)
    assert invoke(message) == [0]
    assert queue.delays == {"r-0": 2}
    clock.forward(2)
    assert invoke(message, receives=2) == [0]
    clock.forward(20)
    assert invoke(message, receives=3) == []
    assert len(glue.starts) == 1


def test_a_crawl_that_began_before_the_object_was_written_does_not_cover_it(invoke, glue, clock, written):
    invoke(written(clock.at))
    clock.forward(10)
    during = written(clock.at)
    assert invoke(during) == [0]
    clock.forward(10)
    assert invoke(during, receives=2) == [0]  # that crawl is over, and the interval is not
    clock.forward(INTERVAL)
    assert invoke(during, receives=3) == [0]
    clock.forward(20)
    assert invoke(during, receives=4) == []
    assert len(glue.starts) == 2


def test_a_crawl_that_began_within_the_same_second_is_not_trusted(trigger, glue, clock):
    glue.last = {"StartTime": clock.at, "Status": "SUCCEEDED"}
    crawler = trigger.crawler.describe(glue, "amp-raw-local")
    assert not trigger.crawler.covers(crawler, clock.at - timedelta(seconds=0.9))
    assert trigger.crawler.covers(crawler, clock.at - timedelta(seconds=1))


@pytest.mark.parametrize("outcome", ["FAILED", "CANCELLED"])
def test_a_crawl_that_does_not_succeed_is_followed_by_another(invoke, glue, clock, written, outcome):
    message = written(clock.at)
    clock.forward(5)
    glue.outcome = outcome
    invoke(message)
    clock.forward(INTERVAL)
    assert invoke(message, receives=2) == [0]
    assert len(glue.starts) == 2


def test_of_a_burst_only_the_newest_message_waits(invoke, glue, clock, queue, written):
    burst = [written(clock.at + timedelta(seconds=n % 7)) for n in range(100)]
    assert invoke(*burst) == [6]
    assert len(glue.starts) == 1
    assert queue.requests == [1]


def test_the_message_that_was_delivered_most_often_waits_too(invoke, clock, written):
    older, newer = written(clock.at), written(clock.at + timedelta(seconds=1))
    assert invoke(older, newer, receives=[7, 1]) == [1, 0]


def test_a_crawler_that_runs_is_looked_at_after_as_long_again(invoke, glue, clock, queue, written, caplog):
    caplog.set_level(logging.INFO)
    glue.takes = 10_000
    invoke(written(clock.at))
    for elapsed, delay in [(1, 2), (30, 30), (1000, 1000), (9000, 3600)]:
        clock.at = glue.starts[0] + timedelta(seconds=elapsed)
        assert invoke(written(clock.at)) == [0]
        assert queue.delays["r-0"] == delay
    assert reasons(caplog) == ["crawl_started"] + ["crawler_running"] * 4
    assert len(glue.starts) == 1


def test_a_crawl_is_not_started_within_the_interval(invoke, glue, clock, queue, written, caplog):
    caplog.set_level(logging.INFO)
    glue.last = {"StartTime": clock.at, "Status": "SUCCEEDED"}
    clock.forward(45.5)
    assert invoke(written(clock.at)) == [0]
    assert queue.delays == {"r-0": 15}
    assert reasons(caplog) == ["too_soon"]
    assert glue.starts == []


def test_no_attempt_is_lost_on_a_crawl_of_many_hours(invoke, glue, clock, queue, written):
    """The message comes in just after the crawl has begun, which is the worst case."""
    glue.takes = 4 * 3600
    invoke(written(clock.at))
    clock.forward(1)
    message, receives = written(clock.at), 0
    while True:
        receives += 1
        assert receives <= MAX_RECEIVES, "it would be in the dead-letter queue"
        if not invoke(message, receives=receives):
            break
        glue.takes = 10 if len(glue.starts) == 2 else glue.takes
        clock.forward(queue.delays["r-0"])
    assert len(glue.starts) == 2


def test_crawls_that_always_fail_end_in_the_dead_letter_queue_while_objects_keep_coming(
    invoke, glue, clock, queue, written
):
    glue.outcome = "FAILED"
    invoke(written(clock.at))
    first, receives = written(clock.at), 1
    while receives <= MAX_RECEIVES:
        receives += 1
        clock.forward(5)
        assert 0 in invoke(first, written(clock.at), receives=[receives, 1])
        clock.forward(queue.delays["r-0"])
    assert len(glue.starts) > 3


@pytest.mark.parametrize(
    ("call", "code", "reason", "delays"),
    [
        ("get_crawler", "ThrottlingException", "crawler_unavailable", [2, 6, 18, 54, 162, 486, 900, 900]),
        ("get_crawler", "OperationTimeoutException", "crawler_unavailable", [2, 6]),
        ("get_crawler", "EntityNotFoundException", "crawler_refused", [2, 6]),
        ("start_crawler", "AccessDeniedException", "crawler_refused", [2, 6]),
        ("start_crawler", "InternalServiceException", "crawler_unavailable", [2, 6]),
        ("start_crawler", "CrawlerRunningException", "crawler_running", [2, 2]),
        ("start_crawler", "SchedulerTransitioningException", "crawler_running", [2, 2]),
    ],
)
def test_what_glue_refuses_is_tried_again(invoke, glue, clock, queue, written, caplog, call, code, reason, delays):
    caplog.set_level(logging.INFO)
    glue.fails = {call: code}
    seen = []
    for receives in range(1, len(delays) + 1):
        assert invoke(written(clock.at), receives=receives) == [0]
        seen.append(queue.delays["r-0"])
    assert seen == delays
    assert set(reasons(caplog)) == {reason}
    assert {record.detail for record in caplog.records} == {code}


def test_a_glue_that_does_not_answer_is_tried_again(invoke, glue, clock, queue, written, monkeypatch, caplog):
    def hangs(**_):
        raise ReadTimeoutError(endpoint_url="x")

    monkeypatch.setattr(glue, "get_crawler", hangs)
    assert invoke(written(clock.at)) == [0]
    assert reasons(caplog) == ["crawler_unavailable"]


@pytest.mark.parametrize(
    "poison",
    [
        "",
        "{",
        "[" * 100_000,
        "null",
        "[]",
        "{}",
        '{"Records": []}',
        '{"Records": {}}',
        '{"Records": [1]}',
        '{"Records": [{}]}',
        '{"Records": [{"eventSource": "aws:sns"}]}',
        '{"Records": [{"eventSource": "aws:s3", "eventTime": "yesterday", "s3": {"object": {"key": "a"}}}]}',
        '{"Records": [{"eventSource": "aws:s3", "eventTime": "2026-11-22T10:00:00", "s3": {"object": {"key": "a"}}}]}',
        '{"Records": [{"eventSource": "aws:s3", "eventTime": "2026-11-22T10:00:00Z", "s3": {}}]}',
        '{"Records": [{"eventSource": "aws:s3", "eventTime": 7, "s3": {"object": {"key": "a"}}}]}',
        '{"Records": [{"eventSource": "aws:s3", "eventTime": "2026-11-22T10:00:00Z", "s3": {"object": {"key": 7}}}]}',
        '{"Type": "Notification", "Message": "{}"}',
    ],
)
def test_what_is_no_notification_goes_through_its_attempts_at_once_and_alone(
    invoke, glue, clock, queue, written, poison
):
    assert invoke(poison, written(clock.at)) == [0, 1]
    assert queue.delays == {"r-0": 0, "r-1": 2}
    assert len(glue.starts) == 1


def test_poison_alone_does_not_ask_glue(invoke, glue, caplog):
    glue.fails = {"get_crawler": "ThrottlingException"}
    assert invoke("{}", "TOP-SECRET") == [0, 1]
    assert reasons(caplog) == []
    assert "TOP-SECRET" not in caplog.text


def test_the_test_message_of_s3_is_done_with(invoke, glue):
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html"""
    test = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": "2014-10-13T15:57:02.089Z",
        "Bucket": "bucketname",
        "RequestId": "5582815E1AEA5ADF",
        "HostId": "8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE",
    }
    assert invoke(json.dumps(test)) == []
    assert glue.starts == []


def test_a_message_with_several_records_counts_by_its_newest(trigger, clock):
    records = [
        {
            "eventSource": "aws:s3",
            "eventTime": f"2026-11-22T10:00:0{second}.000Z",
            "s3": {"object": {"key": f"app_events/name+with+blanks%26{second}"}},
        }
        for second in (3, 5, 4)
    ]
    parsed = trigger.notification.parse_notification(json.dumps({"Records": records}))
    assert (parsed.objects, parsed.at.second, parsed.key) == (3, 5, "app_events/name with blanks&5")


def test_with_no_time_left_the_messages_are_returned_all_the_same(invoke, clock, queue, written, caplog):
    assert invoke(written(clock.at), seconds=2) == [0]
    assert queue.delays == {}
    assert "delays not set" in caplog.text


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(st.integers(0, 40), min_size=1, max_size=25),
    takes=st.integers(1, 200),
    failing=st.sets(st.integers(0, 3)),
)
def test_every_object_is_followed_by_a_crawl_that_began_after_it_and_no_interval_has_two(
    trigger, invoke, glue, clock, queue, written, gaps, takes, failing
):
    """A queue and a crawler, by the clock: whatever comes when, in the end the queue is empty."""
    glue.starts, glue.last, glue.takes = [], {}, takes
    objects, waiting, seconds = [], [], 0
    due = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    while due or waiting:
        assert seconds < 20_000, "some message never leaves the queue"
        glue.outcome = "FAILED" if len(glue.starts) - 1 in failing else "SUCCEEDED"
        while due and due[0] <= seconds:
            due.pop(0)
            objects.append(clock.at)
            waiting.append((clock.at, 0, seconds))
        ready = [message for message in waiting if message[2] <= seconds]
        if ready:
            waiting = [message for message in waiting if message[2] > seconds]
            kept = invoke(*(written(at) for at, _, _ in ready), receives=[count + 1 for _, count, _ in ready])
            waiting += [(ready[n][0], ready[n][1] + 1, seconds + queue.delays[f"r-{n}"]) for n in kept]
        upcoming = due[:1] + [again for _, _, again in waiting]
        if upcoming:
            clock.forward(min(upcoming) - seconds)
            seconds = min(upcoming)
    succeeded = [start for n, start in enumerate(glue.starts) if n not in failing]
    assert all(any(start > at for start in succeeded) for at in objects)
    assert all(later - earlier >= timedelta(seconds=INTERVAL) for earlier, later in pairwise(glue.starts))


@pytest.mark.parametrize("missing", ["CRAWLER_NAME", "QUEUE_URL", "MINIMUM_INTERVAL_SECONDS"])
def test_a_missing_environment_fails_the_start_and_names_the_variable(missing):
    given = {"CRAWLER_NAME": "c", "QUEUE_URL": "http://queue", "MINIMUM_INTERVAL_SECONDS": "60"}
    environment = {**os.environ, **given, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONDONTWRITEBYTECODE": "1"}
    del environment[missing]
    folder = REPOSITORY / "services" / "crawler_trigger"
    started = subprocess.run(
        [sys.executable, "-c", "import app"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert f"the environment variable {missing} is not set" in started.stderr
