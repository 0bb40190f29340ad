"""Crawlers' schedules: AWS's cron expressions, in UTC.

https://docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html

**Left out:** times missed while the sandbox was down: they are not made up for.
"""

import re
from datetime import UTC, datetime
from itertools import pairwise

from aws_croniter import AwsCroniter
from aws_croniter.exceptions import AwsCroniterExpressionError

from amp_sandbox.glue import errors

SHORTEST_SECONDS = 300
"""Runs cannot be closer to each other."""

_RUNS_COMPARED = 10
_CRON = re.compile(r"cron\((.*)\)")


def require_schedule(expression: str) -> None:
    """Raise InvalidInputException for a schedule that AWS would not take."""
    cron = _parsed(expression)
    runs = [run for run in cron.get_next(datetime.now(UTC), _RUNS_COMPARED) if run is not None]
    if any((later - run).total_seconds() < SHORTEST_SECONDS for run, later in pairwise(runs)):
        raise errors.invalid_input(f"The schedule {expression} runs more often than every five minutes.")


def is_due(expression: str, after: float, now: float) -> bool:
    """Whether a schedule has a run after that moment, up to now."""
    following = _parsed(expression).get_next(datetime.fromtimestamp(after, UTC))
    return bool(following) and following[0] is not None and following[0].timestamp() <= now


def _parsed(expression: str) -> AwsCroniter:
    written = _CRON.fullmatch(expression)
    if written is None:
        raise errors.invalid_input(f"The schedule {expression!r:.200} is not of the form cron(…).")
    try:
        return AwsCroniter(" ".join(written[1].split()))
    except (AwsCroniterExpressionError, ValueError) as error:
        raise errors.invalid_input(f"The schedule {expression!r:.200} is not valid: {error}") from error
