from pathlib import Path

import pytest

from amp_sandbox.errors import SandboxError
from amp_sandbox.lake import connection
from amp_sandbox.settings import Settings


def test_s3_is_read_from_the_sandbox_with_an_extension_from_the_environment(tmp_path: Path) -> None:
    with connection.private(Settings(home=tmp_path, localstack_port=4999)) as db:
        [loaded] = db.execute("SELECT loaded FROM duckdb_extensions() WHERE extension_name = 'httpfs'").fetchall()
        [(secret,)] = db.execute("SELECT secret_string FROM duckdb_secrets()").fetchall()
    assert loaded == (True,)
    assert "endpoint=127.0.0.1:4999" in secret
    assert "url_style=path" in secret
    assert "use_ssl=0" in secret or "use_ssl=false" in secret


def test_an_extension_of_another_version_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "find_spec", lambda _: None)
    with pytest.raises(SandboxError, match="does not fit DuckDB"), connection.private(Settings(home=tmp_path)):
        pass
