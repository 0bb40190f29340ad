"""Airflow, up, with an API that is played."""

import pytest
from support.fake_airflow import FakeApi

from amp_sandbox.dags import following
from amp_sandbox.dags import run as run_module
from amp_sandbox.runtime import supervised


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> FakeApi:
    """The API, with Airflow up."""
    fake = FakeApi()
    for module in (following, run_module):
        monkeypatch.setattr(module, "call", fake)
    monkeypatch.setattr(following, "POLL_SECONDS", 0)
    monkeypatch.setattr(run_module, "POLL_SECONDS", 0)
    monkeypatch.setattr(supervised, "start_airflow", lambda *_: None)
    return fake
