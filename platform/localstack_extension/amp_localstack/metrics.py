"""Count what LocalStack measures, and tell CloudWatch once a second.

LocalStack calls PutMetricData through HTTP for every message sent, received and deleted and for every invocation: at a
few hundred messages a second that costs more than the messages. Here values are summed up as statistic sets, from
which CloudWatch answers the same sums, counts, minima and maxima.

**Left out:** percentiles of these metrics, which CloudWatch cannot compute from statistic sets, and the last second
before LocalStack is killed.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_StatisticSet.html
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

log = logging.getLogger(__name__)

INTERVAL_S = 1.0
MOST_PER_CALL = 1000  # https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html


@dataclass(frozen=True)
class Metric:
    """What a value is of."""

    account: str
    region: str
    namespace: str
    name: str
    dimension: tuple[str, str]
    unit: str


@dataclass
class _Statistics:
    count: int
    total: float
    least: float
    most: float

    def add(self, value: float) -> None:
        self.count += 1
        self.total += value
        self.least = min(self.least, value)
        self.most = max(self.most, value)


Put = Callable[[str, str, str, list[dict[str, Any]]], None]  # account, region, namespace, MetricData


class MetricCounter:
    """Values go in from any thread; a thread of its own passes them on, and sleeps while there are none."""

    def __init__(self, put: Put) -> None:
        self._put = put
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._statistics: dict[Metric, _Statistics] = {}
        threading.Thread(target=self._run, name="metric-counter", daemon=True).start()

    def add(self, metric: Metric, value: float) -> None:
        """Count one value."""
        with self._lock:
            if metric in self._statistics:
                self._statistics[metric].add(value)
            else:
                self._statistics[metric] = _Statistics(1, value, value, value)
        self._some.set()

    def flush(self) -> None:
        """Pass on what has been counted since the last time."""
        with self._lock:
            taken, self._statistics = self._statistics, {}
            self._some.clear()
        calls: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        now = datetime.now(UTC)
        for metric, statistics in taken.items():
            target = (metric.account, metric.region, metric.namespace)
            calls.setdefault(target, []).append(_datum(metric, statistics, now))
        for target, data in calls.items():
            for first in range(0, len(data), MOST_PER_CALL):
                self._put(*target, data[first : first + MOST_PER_CALL])

    def _run(self) -> None:
        pause = threading.Event()
        while True:
            self._some.wait()
            pause.wait(INTERVAL_S)
            try:
                self.flush()
            except Exception as error:
                log.warning("metrics were not passed on to CloudWatch: %s", error)


def _datum(metric: Metric, statistics: _Statistics, now: datetime) -> dict[str, Any]:
    name, value = metric.dimension
    return {
        "MetricName": metric.name,
        "Dimensions": [{"Name": name, "Value": value}],
        "Unit": metric.unit,
        "Timestamp": now,
        "StatisticValues": {
            "SampleCount": statistics.count,
            "Sum": statistics.total,
            "Minimum": statistics.least,
            "Maximum": statistics.most,
        },
    }
