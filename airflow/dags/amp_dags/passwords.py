"""Whether the warehouse's passwords are rotated as they should be.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotating-secrets.html

**Left out:** rotation by a cron expression: the template's are by days, and one that is not is a finding.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

GRACE = timedelta(days=1)
"""Secrets Manager rotates at some time of the day on which a rotation is due."""


def findings(secrets: Sequence[Mapping[str, Any]], now: datetime) -> list[str]:
    """What is wrong with secrets as ListSecrets describes them, one line each."""
    return [f"{secret['Name']}: {problem}" for secret in secrets for problem in _problems(secret, now)]


def _problems(secret: Mapping[str, Any], now: datetime) -> Iterator[str]:
    days = secret.get("RotationRules", {}).get("AutomaticallyAfterDays")
    if not secret.get("RotationEnabled"):
        yield "rotation is off"
    elif not days:
        yield "it is not rotated after a number of days"
    else:
        since = secret.get("LastRotatedDate") or secret["CreatedDate"]
        if now - since > timedelta(days=days) + GRACE:
            yield f"rotation is due every {days} days, and the last was on {since:%Y-%m-%d}"
