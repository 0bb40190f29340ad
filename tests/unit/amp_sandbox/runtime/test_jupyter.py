"""Jupyter: where it listens, what a notebook is told, and who can read its token."""

import os
import re
from pathlib import Path

import pytest

from amp_sandbox import paths
from amp_sandbox.runtime import jupyter
from amp_sandbox.runtime.service import Service
from amp_sandbox.settings import COMPOSE, Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    own = Settings(home=tmp_path, localstack_port=5001, notebooks_port=5002, stage="dev")
    certificate = paths.warehouse_certificate(own.home)
    certificate.parent.mkdir(parents=True)
    certificate.write_text("a certificate")
    return own


def service(settings: Settings) -> Service:
    (only,) = jupyter.services(settings)
    return only


def test_jupyter_listens_on_this_machine_alone_and_on_no_other_port(settings: Settings) -> None:
    told = service(settings).arguments
    assert "--ServerApp.ip=127.0.0.1" in told
    assert "--ServerApp.port=5002" in told
    assert "--ServerApp.port_retries=0" in told
    assert "--LabApp.news_url=None" in told


def test_in_a_container_it_listens_for_the_published_port_and_knows_its_names_only(settings: Settings) -> None:
    told = service(settings.model_copy(update={"runtime": COMPOSE})).arguments
    assert "--ServerApp.ip=0.0.0.0" in told
    assert "--ServerApp.allow_remote_access=False" in told


def test_the_token_is_in_a_file_of_its_owner_and_on_no_command_line(settings: Settings) -> None:
    jupyter.prepare(settings)
    file = jupyter.token_file(settings)
    token = file.read_text()
    assert len(token) > 30
    assert file.stat().st_mode & 0o777 == jupyter.page(settings).stat().st_mode & 0o777 == 0o600
    assert service(settings).environment["JUPYTER_TOKEN_FILE"] == str(file)
    assert token not in repr(service(settings))
    assert jupyter.address(settings) == f"http://127.0.0.1:5002/lab?token={token}"
    assert re.findall(r"url=(\S+?)\"", jupyter.page(settings).read_text()) == [jupyter.address(settings)]


def test_the_token_stays_as_long_as_the_sandbox(settings: Settings) -> None:
    jupyter.prepare(settings)
    before = jupyter.address(settings)
    jupyter.prepare(settings)
    assert jupyter.address(settings) == before


def test_notebooks_are_pointed_at_the_sandbox(settings: Settings) -> None:
    jupyter.prepare(settings)
    told = service(settings).environment
    assert told["AWS_ENDPOINT_URL"] == "http://127.0.0.1:5001"
    assert told["AWS_REGION"] == "us-east-1"
    assert told["AMP_STACK"] == "amp-dev"
    assert told["SANDBOX_HOME"] == str(settings.home)
    assert Path(told["SSL_CERT_FILE"]).read_text() == "a certificate"
    assert told["PATH"].split(os.pathsep)[0] == str(paths.SANDBOX_PYTHON.parent)
    assert not [name for name in told if "PASSWORD" in name.upper()]


def test_all_that_it_reads_of_the_home_is_in_its_own_folder(settings: Settings) -> None:
    """Which is all of the home that its container has."""
    folder = paths.state_dir(settings.home, "notebooks")
    named = {name: value for name, value in service(settings).environment.items() if str(settings.home) in value}
    assert named.pop("SANDBOX_HOME") == str(settings.home)
    assert named
    assert all(Path(value).is_relative_to(folder) for value in named.values())


def test_a_package_has_no_notebooks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "IS_CHECKOUT", False)
    assert jupyter.services(settings) == ()
