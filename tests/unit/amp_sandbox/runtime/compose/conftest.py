from pathlib import Path
from typing import Any

import pytest
from support.fake_docker import FakeEngine

from amp_sandbox.runtime.compose import console, engine, images, project
from amp_sandbox.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", runtime="compose")


@pytest.fixture
def docker(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> FakeEngine:
    fake = FakeEngine(project.name(settings.home))
    monkeypatch.setattr(engine, "run", fake.run)

    def built(images_: Any, tag: str, log: Path, on_progress: object) -> None:
        fake.calls.append(("build", *images_))
        fake.images |= {f"amp-sandbox/{image}:{tag}" for image in images_}

    monkeypatch.setattr(images, "build", built)
    monkeypatch.setattr(console, "start", fake.start_console)
    monkeypatch.setattr(console, "stop", fake.stop_console)
    monkeypatch.setattr(console, "find", fake.find_console)
    monkeypatch.setattr(images, "tag", lambda: "t1")
    return fake
