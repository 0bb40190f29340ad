import json
from datetime import UTC, datetime

import pytest

from amp_localstack.lambda_executor import log_lines
from amp_localstack.lambda_executor.log_lines import Measured


def test_the_lines_of_a_cold_start_are_aws_lines():
    # https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html
    assert log_lines.start_line("id", "$LATEST") == "START RequestId: id Version: $LATEST\n"
    assert log_lines.end_lines("id", Measured(12.345, 128, 40, init_ms=100.5)) == (
        "END RequestId: id\n"
        "REPORT RequestId: id\tDuration: 12.35 ms\tBilled Duration: 113 ms\tMemory Size: 128 MB\t"
        "Max Memory Used: 40 MB\tInit Duration: 100.50 ms\t\n"
    )


def test_a_failure_of_the_platform_ends_the_report():
    assert log_lines.end_lines("id", Measured(3000, 128, 40), "Status: timeout").endswith(
        "Max Memory Used: 40 MB\tStatus: timeout\t\n"
    )


@pytest.mark.parametrize(("duration", "billed"), [(0.1, 1), (1.0, 1), (1.01, 2)])
def test_time_is_billed_in_whole_milliseconds(duration, billed):
    assert log_lines.billed_ms(Measured(duration, 128, 1)) == billed


def test_a_timeout_has_aws_wording():
    now = datetime(2026, 11, 22, 10, 0, 0, 7_000, tzinfo=UTC)
    assert log_lines.timeout_line(now, "id", 3) == "2026-11-22T10:00:00.007Z id Task timed out after 3.00 seconds\n"


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (0, "Runtime exited without providing a reason"),
        (1, "Runtime exited with error: exit status 1"),
        (-9, "Runtime exited with error: signal: killed"),
        (-15, "Runtime exited with error: signal: terminated"),
    ],
)
def test_an_exit_has_aws_wording(status, message):
    assert log_lines.exit_message(status) == message


def test_a_platform_error_names_the_request():
    assert json.loads(log_lines.platform_error("id", "Runtime.ExitError", "it ended")) == {
        "errorType": "Runtime.ExitError",
        "errorMessage": "RequestId: id Error: it ended",
    }
