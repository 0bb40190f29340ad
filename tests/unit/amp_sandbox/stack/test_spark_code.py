import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox import aws, paths
from amp_sandbox.settings import Settings
from amp_sandbox.stack import spark_code, uploads


class FakeS3:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        assert Bucket == "amp-local-000000000000-artifacts"
        self.objects[Key] = Body

    def delete_object(self, Bucket: str, Key: str) -> None:  # noqa: N803
        del self.objects[Key]


@pytest.fixture
def s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeS3:
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "events.py").write_text("import amp_spark\n")
    (tmp_path / "jobs" / "README.md").write_text("not a job")
    (tmp_path / "amp_spark").mkdir()
    (tmp_path / "amp_spark" / "__init__.py").write_text("")
    fake = FakeS3()
    monkeypatch.setattr(paths, "SPARK", tmp_path)
    monkeypatch.setattr(aws, "client", lambda *_: fake)
    return fake


def test_jobs_are_scripts_and_what_they_share_is_a_zip_that_python_can_import(s3: FakeS3) -> None:
    assert spark_code.upload(Settings(), {}) == 2
    assert s3.objects.keys() == {"spark/jobs/events.py", "spark/amp_spark.zip"}
    names = zipfile.ZipFile(io.BytesIO(s3.objects["spark/amp_spark.zip"])).namelist()
    assert names == ["amp_spark/__init__.py"]


def test_only_what_differs_is_uploaded(s3: FakeS3) -> None:
    present = {key: uploads._etag(body) for key, body in _uploaded(s3).items()}
    assert spark_code.upload(Settings(), present) == 0
    present["spark/jobs/events.py"] = '"of an older one"'
    s3.objects.clear()
    assert spark_code.upload(Settings(), present) == 1
    assert s3.objects.keys() == {"spark/jobs/events.py"}


def test_what_is_gone_here_is_deleted_there_and_nothing_else(s3: FakeS3) -> None:
    s3.objects.update({"spark/jobs/gone.py": b"", "functions/kept.zip": b""})
    assert spark_code.upload(Settings(), dict.fromkeys(s3.objects, '"of before"')) == 3
    assert s3.objects.keys() == {"spark/jobs/events.py", "spark/amp_spark.zip", "functions/kept.zip"}


def test_the_addresses_are_where_it_was_uploaded(s3: FakeS3) -> None:
    keys = _uploaded(s3).keys()
    for uri in (spark_code.job_uri(Settings(), "events"), spark_code.library_uri(Settings())):
        assert uri.removeprefix("s3://amp-local-000000000000-artifacts/") in keys


def _uploaded(s3: FakeS3) -> dict[str, Any]:
    spark_code.upload(Settings(), {})
    return dict(s3.objects)
