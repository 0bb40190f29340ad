"""The test kit's environment of testcontainers: what a suite gets of it, and that nothing is left of it."""

from pathlib import Path

import pytest
from support.containers import left
from testcontainers.compose import DockerCompose

from amp_sandbox.runtime.compose import project
from amp_sandbox.testkit import Publish, Wait
from amp_sandbox.testkit.containers import AmpSandbox


def test_a_sandbox_is_an_environment_of_testcontainers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_RUNTIME", "process")  # which says nothing of this one
    with AmpSandbox(stage="suite") as containers:
        assert isinstance(containers, DockerCompose)
        sandbox = containers.sandbox
        assert sandbox.raw_bucket == "amp-suite-000000000000-raw"
        landed = Wait(sandbox).landed(Publish(sandbox.settings).change(title="Morning"))
        assert landed["title"] == "Morning"

        services = {one.Service for one in containers.get_containers()}
        assert services == {"network", "localstack", "standins", "warehouse", "catalog_api"}
        out, err, code = containers.exec_in_container(["id", "-u"], "warehouse")
        assert (out.strip(), err, code) == ("10001", "", 0)
        assert "startup complete" in "".join(containers.get_logs("catalog_api"))
        home = Path(sandbox.home)
    assert left(home) == {"containers": [], "networks": [], "volumes": []}
    assert not home.exists()


def test_a_sandbox_that_does_not_start_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    containers = AmpSandbox()
    home = containers.sandbox.home
    monkeypatch.setattr("amp_sandbox.stack.deploy", failing)
    with pytest.raises(RuntimeError, match="no deployment"), containers:
        pytest.fail("it is not up")
    assert project.containers(home) == {}
    assert not home.exists()


def failing(*_: object) -> None:
    raise RuntimeError("no deployment")
