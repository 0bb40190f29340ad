"""Secrets as ListSecrets describes them: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html"""

from datetime import UTC, datetime, timedelta

import pytest

from amp_dags.passwords import findings

NOW = datetime(2026, 11, 26, 5, tzinfo=UTC)
ROTATED = {
    "Name": "amp/test/warehouse/etl",
    "RotationEnabled": True,
    "RotationRules": {"AutomaticallyAfterDays": 30},
    "CreatedDate": NOW - timedelta(days=400),
    "LastRotatedDate": NOW - timedelta(days=29),
}


def but(**changes):
    return {name: value for name, value in (ROTATED | changes).items() if value is not None}


@pytest.mark.parametrize(
    "secret",
    [
        pytest.param(ROTATED, id="rotated within its period"),
        pytest.param(but(LastRotatedDate=NOW - timedelta(days=30, hours=23)), id="due today"),
        pytest.param(
            but(LastRotatedDate=None, CreatedDate=NOW - timedelta(days=3)), id="not due yet for the first time"
        ),
    ],
)
def test_a_secret_that_is_rotated_is_fine(secret):
    assert findings([secret], NOW) == []


@pytest.mark.parametrize(
    ("secret", "problem"),
    [
        (but(RotationEnabled=False), "rotation is off"),
        (but(RotationEnabled=None, RotationRules=None), "rotation is off"),
        (but(RotationRules={"ScheduleExpression": "cron(0 1 * * ? *)"}), "it is not rotated after a number of days"),
        (
            but(LastRotatedDate=NOW - timedelta(days=32)),
            "rotation is due every 30 days, and the last was on 2026-10-25",
        ),
        (but(LastRotatedDate=None), "rotation is due every 30 days, and the last was on 2025-10-22"),
    ],
)
def test_a_secret_that_is_not_is_named(secret, problem):
    assert findings([ROTATED, secret], NOW) == [f"amp/test/warehouse/etl: {problem}"]
