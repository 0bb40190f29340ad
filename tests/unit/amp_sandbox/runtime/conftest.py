import pytest

from amp_sandbox.runtime.compose import engine


@pytest.fixture(autouse=True)
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test asks this machine's Docker engine; those that need one have a fake."""
    monkeypatch.setattr(engine, "PROGRAM", "docker-of-no-machine")
