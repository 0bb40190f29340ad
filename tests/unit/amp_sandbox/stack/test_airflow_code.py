from pathlib import Path
from typing import Any

import pytest

from amp_sandbox import aws, paths
from amp_sandbox.settings import Settings
from amp_sandbox.stack import airflow_code


class FakeS3:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        assert Bucket == Settings().artifacts_bucket
        self.objects[Key] = Body


def test_dags_go_with_their_folders_and_the_requirements_beside_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dags" / "marts").mkdir(parents=True)
    (tmp_path / "dags" / "__pycache__").mkdir()
    (tmp_path / "dags" / "daily.py").write_text("import airflow\n")
    (tmp_path / "dags" / "marts" / "1_shows.sql").write_text("SELECT 1")
    (tmp_path / "dags" / "__pycache__" / "daily.pyc").write_bytes(b"\0")
    (tmp_path / "requirements.txt").write_text("aiobotocore==1\n")
    fake: Any = FakeS3()
    monkeypatch.setattr(paths, "AIRFLOW", tmp_path)
    monkeypatch.setattr(aws, "client", lambda *_: fake)
    assert airflow_code.upload(Settings(), {}) == 3
    assert fake.objects.keys() == {
        "airflow/dags/daily.py",
        "airflow/dags/marts/1_shows.sql",
        "airflow/requirements.txt",
    }
