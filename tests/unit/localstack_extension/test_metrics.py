from typing import Any

from support.waiting import eventually

from amp_localstack.metrics import MOST_PER_CALL, Metric, MetricCounter


def metric(name: str = "NumberOfMessagesSent", queue: str = "q", namespace: str = "AWS/SQS") -> Metric:
    return Metric("000000000000", "us-east-1", namespace, name, ("QueueName", queue), "Count")


def counter() -> tuple[MetricCounter, list[tuple[Any, ...]]]:
    calls: list[tuple[Any, ...]] = []
    return MetricCounter(lambda *call: calls.append(call)), calls


def test_values_become_one_statistic_set():
    counted, calls = counter()
    for value in (3, 1, 5):
        counted.add(metric(), value)
    counted.flush()
    [(account, region, namespace, [datum])] = calls
    assert (account, region, namespace) == ("000000000000", "us-east-1", "AWS/SQS")
    assert datum["StatisticValues"] == {"SampleCount": 3, "Sum": 9, "Minimum": 1, "Maximum": 5}
    assert datum["Dimensions"] == [{"Name": "QueueName", "Value": "q"}]
    assert (datum["MetricName"], datum["Unit"]) == ("NumberOfMessagesSent", "Count")


def test_each_namespace_is_one_call():
    counted, calls = counter()
    counted.add(metric(), 1)
    counted.add(metric(queue="other"), 1)
    counted.add(metric("Invocations", namespace="AWS/Lambda"), 1)
    counted.flush()
    assert sorted((call[2], len(call[3])) for call in calls) == [("AWS/Lambda", 1), ("AWS/SQS", 2)]


def test_what_was_passed_on_is_not_passed_on_again():
    counted, calls = counter()
    counted.add(metric(), 1)
    counted.flush()
    counted.flush()
    assert len(calls) == 1


def test_a_call_keeps_cloudwatchs_limit():
    counted, calls = counter()
    for n in range(MOST_PER_CALL + 1):
        counted.add(metric(queue=f"q{n}"), 1)
    counted.flush()
    assert [len(call[3]) for call in calls] == [MOST_PER_CALL, 1]


def test_values_are_passed_on_without_being_asked(monkeypatch):
    monkeypatch.setattr("amp_localstack.metrics.INTERVAL_S", 0.01)
    counted, calls = counter()
    counted.add(metric(), 1)
    assert len(eventually(lambda: list(calls), bool, timeout=5)) == 1
