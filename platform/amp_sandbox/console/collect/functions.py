"""The numbers of the functions, as Lambda tells CloudWatch: invocations, and those that ended in an error.

**Left out:** records that a function refused and still answered for: they are failed records of Firehose, or messages
that come back to their queue.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from amp_sandbox import aws
from amp_sandbox.console.collect.facts import Collector, Facts, Found, Number, Rates, State
from amp_sandbox.console.formats import number, rate
from amp_sandbox.settings import Settings

FUNCTIONS: Mapping[str, str] = {
    "ingest": "catalog-ingest",
    "flattener": "show-flattener",
    "event_transform": "event-transform",
}
"""The hops that are functions."""

_DAY_SECONDS = 86_400


def function_collectors(settings: Settings, rates: Rates) -> tuple[Collector, ...]:
    """One collector for all functions, as CloudWatch answers about all in one call."""

    def collect() -> Found:
        counts = _last_day(settings)
        return {hop: _facts(counts[f"{hop}_invocations"], counts[f"{hop}_errors"], rates, hop) for hop in FUNCTIONS}

    return (Collector(tuple(FUNCTIONS), 2, collect),)


def _facts(invocations: float, errors: float, rates: Rates, hop: str) -> Facts:
    speed = rates.of(hop, invocations)
    failing = bool(rates.of(f"{hop} errors", errors))
    state: State = "failing" if failing else "moving" if speed else "ready" if invocations else "idle"
    numbers = (Number("now", rate(speed)), Number("errors", number(errors), bad=errors > 0))
    return Facts(state, number(invocations), "invocations", numbers)


def _last_day(settings: Settings) -> dict[str, float]:
    names = {"invocations": "Invocations", "errors": "Errors"}
    queries = [
        _query(f"{hop}_{id_}", settings.function_name(function), metric)
        for hop, function in FUNCTIONS.items()
        for id_, metric in names.items()
    ]
    # To the end of the coming minute, as CloudWatch answers by whole periods.
    end = datetime.now(UTC) + timedelta(minutes=1)
    answer = aws.client(settings, "cloudwatch").get_metric_data(
        MetricDataQueries=queries, StartTime=end - timedelta(seconds=_DAY_SECONDS), EndTime=end
    )
    return {result["Id"]: sum(result["Values"]) for result in answer["MetricDataResults"]}


def _query(id_: str, function: str, metric: str) -> dict[str, Any]:
    dimensions = [{"Name": "FunctionName", "Value": function}]
    what = {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions}
    return {"Id": id_, "MetricStat": {"Metric": what, "Period": _DAY_SECONDS, "Stat": "Sum"}}
