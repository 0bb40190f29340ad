"""Rotations against a Secrets Manager that keeps versions and stages as AWS's does, and a warehouse with passwords."""

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.fake_redshift import ENDPOINT, FakeRedshift, FakeWarehouse

LAYER = Path(__file__).parents[4] / "services" / "warehouse_client"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
OLD, NEW = "Old-password-1", "New-password-2"


class FakeSecrets:
    """One secret; a version is its content and its stages."""

    class exceptions:  # noqa: N801 - as boto3 calls it
        class ResourceNotFoundException(Exception):  # noqa: N818
            pass

    def __init__(self) -> None:
        self.enabled = True
        self.versions: dict[str, str | None] = {"v1": json.dumps({"username": "analyst", "password": OLD, "more": 1})}
        self.stages: dict[str, list[str]] = {"v1": ["AWSCURRENT"], "v2": ["AWSPENDING"]}
        self.generated = 0

    def describe_secret(self, SecretId: str) -> dict[str, Any]:  # noqa: N803
        return {"RotationEnabled": self.enabled, "VersionIdsToStages": self.stages}

    def get_secret_value(self, SecretId: str, VersionStage: str, VersionId: str | None = None) -> dict[str, Any]:  # noqa: N803
        for version, stages in self.stages.items():
            if VersionStage in stages and VersionId in (None, version) and self.versions.get(version):
                return {"SecretString": self.versions[version]}
        raise self.exceptions.ResourceNotFoundException

    def get_random_password(self, **options: Any) -> dict[str, str]:
        assert set("/@\"'\\ ") <= set(options["ExcludeCharacters"])  # Redshift refuses them in passwords
        self.generated += 1
        return {"RandomPassword": NEW}

    def put_secret_value(self, SecretId: str, ClientRequestToken: str, SecretString: str, VersionStages: Any) -> None:  # noqa: N803
        self.versions[ClientRequestToken] = SecretString
        self.stages[ClientRequestToken] = list(VersionStages)

    def update_secret_version_stage(self, VersionStage: str, **request: str) -> None:  # noqa: N803
        self.stages[request["RemoveFromVersionId"]] = ["AWSPREVIOUS"]
        self.stages[request["MoveToVersionId"]] = [VersionStage]

    def current(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.get_secret_value("s", "AWSCURRENT")["SecretString"])
        return document


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse(passwords={"analyst": OLD})


@pytest.fixture
def secrets() -> FakeSecrets:
    return FakeSecrets()


@pytest.fixture
def app(
    load_function: Callable[..., SimpleNamespace],
    warehouse: FakeWarehouse,
    secrets: FakeSecrets,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Any]:
    monkeypatch.setitem(sys.modules, "redshift_connector", warehouse)
    loaded = load_function("password_rotation", ENDPOINT, layers=(LAYER,)).app
    monkeypatch.setattr(loaded, "redshift", FakeRedshift(warehouse))
    monkeypatch.setattr(loaded, "secretsmanager", secrets)
    yield loaded
    for name in [name for name in sys.modules if name.partition(".")[0] == "warehouse_client"]:
        del sys.modules[name]


def rotate(app: Any, warehouse: FakeWarehouse, *steps: str, token: str = "v2") -> None:
    for step in steps:
        app.lambda_handler({"SecretId": "s", "ClientRequestToken": token, "Step": step}, None)
        for statement in warehouse.run:  # what ALTER USER does
            if hashlib.md5(f"{NEW}analyst".encode()).hexdigest() in statement:
                warehouse.passwords["analyst"] = NEW


def test_the_four_steps_make_a_new_password_the_current_one(
    app: Any, warehouse: FakeWarehouse, secrets: FakeSecrets
) -> None:
    rotate(app, warehouse, *STEPS)
    assert secrets.current() == {"username": "analyst", "password": NEW, "more": 1}
    digest = hashlib.md5(f"{NEW}analyst".encode()).hexdigest()
    assert warehouse.run == [f"ALTER USER \"analyst\" PASSWORD 'md5{digest}'"]
    assert [logon["user"] for logon in warehouse.logons] == ["IAM:awsuser", "analyst"]
    assert warehouse.open == 0


def test_every_step_may_be_repeated(app: Any, warehouse: FakeWarehouse, secrets: FakeSecrets) -> None:
    rotate(app, warehouse, *(step for step in STEPS for _ in range(2)))
    assert secrets.generated == 1
    assert secrets.current()["password"] == NEW
    rotate(app, warehouse, *STEPS)  # of a version that is current already, nothing is done
    assert secrets.generated == 1


def test_a_password_that_does_not_work_is_not_made_current(
    app: Any, warehouse: FakeWarehouse, secrets: FakeSecrets
) -> None:
    rotate(app, warehouse, "createSecret")
    with pytest.raises(PermissionError):
        rotate(app, warehouse, "testSecret")
    assert secrets.current()["password"] == OLD


def test_a_version_that_is_not_pending_is_refused(app: Any, warehouse: FakeWarehouse, secrets: FakeSecrets) -> None:
    with pytest.raises(app.RotationError, match="the version other is not set for rotation"):
        rotate(app, warehouse, "createSecret", token="other")
    secrets.enabled = False
    with pytest.raises(app.RotationError, match="not enabled"):
        rotate(app, warehouse, "createSecret")


def test_a_pending_version_of_another_user_is_refused(app: Any, warehouse: FakeWarehouse, secrets: FakeSecrets) -> None:
    secrets.versions["v2"] = json.dumps({"username": "awsuser", "password": "x"})
    with pytest.raises(app.RotationError, match="another user"):
        rotate(app, warehouse, "setSecret")
    assert warehouse.run == []


def test_no_password_is_logged(app: Any, warehouse: FakeWarehouse, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    rotate(app, warehouse, *STEPS)
    assert len([record for record in caplog.records if record.message == "done"]) == len(STEPS)
    assert not [secret for secret in (OLD, NEW, "md5") if secret in caplog.text]
