from pathlib import Path

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from support.ports import free_ports

from amp_sandbox import aws
from amp_sandbox.settings import Settings


def test_the_same_sandbox_gets_the_same_client() -> None:
    assert aws.client(Settings(), "sqs") is aws.client(Settings(), "sqs")
    assert aws.client(Settings(), "sqs") is not aws.client(Settings(localstack_port=4999), "sqs")


def test_nothing_of_the_users_own_aws_setup_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile mine]\nregion = eu-west-1\nendpoint_url = http://elsewhere.example\n")
    credentials = tmp_path / "credentials"
    credentials.write_text(
        "[mine]\naws_access_key_id = AKIAREAL\naws_secret_access_key = real\naws_session_token = t\n"
    )
    for name, value in {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_PROFILE": "mine",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL": "http://elsewhere.example",
        "HTTP_PROXY": "http://proxy.example:3128",
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings(localstack_port=free_ports(1)[0])
    client = aws.client(settings, "sns")
    used = client._request_signer._credentials
    assert (used.access_key, used.secret_key, used.token) == ("test", "test", None)
    assert client.meta.region_name == "us-east-1"
    # Nobody listens there; through the proxy the error would be another one.
    with pytest.raises(EndpointConnectionError, match=settings.localstack_url):
        client.list_topics()


def test_an_unknown_profile_of_the_user_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "there-is-none")
    assert aws.client(Settings(localstack_port=4998), "s3").meta.endpoint_url == "http://127.0.0.1:4998"


def test_a_sessions_clients_and_resources_are_the_sandboxs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://elsewhere.example")
    monkeypatch.setenv("AWS_PROFILE", "there-is-none")
    session = aws.session(Settings(localstack_port=4997, region="eu-west-1"))
    for client in (session.client("s3"), session.resource("s3").meta.client):
        assert client.meta.endpoint_url == "http://127.0.0.1:4997"
        assert client.meta.region_name == "eu-west-1"
        assert client.meta.config.s3 == {"addressing_style": "path"}


def test_a_sessions_client_may_be_configured_further() -> None:
    config = aws.session(Settings()).client("sqs", config=Config(read_timeout=7)).meta.config
    assert (config.read_timeout, config.connect_timeout, config.proxies) == (7, 2, {})
