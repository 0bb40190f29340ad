from typing import Any

import pytest

from amp_sandbox.firehose import clients


def test_clients_know_one_endpoint_and_nothing_of_the_users_setup(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "https://s3.amazonaws.com")
    made = clients.connect("http://127.0.0.1:1", "us-east-1")
    for client in (made.s3, made.kinesis, made.lambda_, made.glue, made.logs):
        facts: Any = client
        assert facts.meta.endpoint_url == "http://127.0.0.1:1"
        assert facts.meta.config.retries["total_max_attempts"] == 1


def test_a_transform_has_its_five_minutes() -> None:
    made: Any = clients.connect("http://127.0.0.1:1", "us-east-1")
    assert made.lambda_.meta.config.read_timeout == clients.LAMBDA_TIMEOUT_SECONDS
