"""Jupyter: where it listens, and what a notebook is told."""

from pathlib import Path

import pytest

from amp_sandbox import paths
from amp_sandbox.notebooks import jupyter
from amp_sandbox.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, localstack_port=5001, notebooks_port=5002, stage="dev")


def test_jupyter_listens_on_this_machine_alone_and_on_no_other_port(settings: Settings) -> None:
    told = jupyter.arguments(settings, browser=False)
    assert "--ServerApp.ip=127.0.0.1" in told
    assert "--ServerApp.port=5002" in told
    assert "--ServerApp.port_retries=0" in told
    assert "--ServerApp.open_browser=False" in told
    assert "--LabApp.news_url=None" in told


def test_a_token_is_needed_and_on_no_command_line(settings: Settings) -> None:
    assert not [one for one in jupyter.arguments(settings, browser=True) if "token" in one.lower()]


def test_notebooks_are_pointed_at_the_sandbox(settings: Settings) -> None:
    outer = {"PATH": "/bin", "AWS_PROFILE": "mine", "AWS_SESSION_TOKEN": "mine", "AWS_REGION": "eu-west-1", "LANG": "C"}
    told = jupyter.environment(settings, outer)
    assert told["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5001"
    assert told["AWS_REGION"] == "us-east-1"
    assert told["AMP_STACK"] == "amp-dev"
    assert told["SANDBOX_HOME"] == str(settings.home)
    assert told["SSL_CERT_FILE"] == str(paths.warehouse_certificate(settings.home))
    assert told["PATH"].endswith(":/bin")
    assert told["LANG"] == "C"
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN"} & told.keys()


def test_notebooks_are_told_no_password(settings: Settings) -> None:
    assert not [name for name in jupyter.environment(settings, {}) if "PASSWORD" in name.upper()]
