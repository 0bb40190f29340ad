import threading

import pytest

from amp_sandbox.firehose.workers import Backoff, Workers


def test_work_is_done_elsewhere_and_its_outcome_kept() -> None:
    workers = Workers("test", 2)
    future = workers.submit(lambda value: (value, threading.current_thread().name), 7)
    failed = workers.submit(lambda: 1 / 0)
    assert future.result(5) == (7, "test-0")
    with pytest.raises(ZeroDivisionError):
        failed.result(5)
    workers.close()


def test_pauses_double_up_to_a_limit_and_end_with_success() -> None:
    backoff = Backoff(first=1, limit=5)
    pauses = []
    for _ in range(5):
        backoff.failed(now=100)
        pauses.append(backoff.until - 100)
    assert pauses == [1, 2, 4, 5, 5]
    backoff.succeeded()
    assert (backoff.until, backoff.failures) == (0, 0)
