"""Environments whose functions really run, on AWS's own runtime client."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from amp_localstack.lambda_executor.environment import Environment
from amp_localstack.lambda_executor.function_environment import FunctionSpec
from amp_localstack.lambda_executor.memory_watch import MemoryWatch
from amp_localstack.lambda_executor.orphan_guard import OrphanGuard
from amp_localstack.lambda_executor.runtime_process import Host

ROOT = Path(__file__).parents[4]
MakeEnvironment = Callable[..., Environment]


@pytest.fixture(scope="session")
def host(tmp_path_factory: pytest.TempPathFactory) -> Host:
    folder = tmp_path_factory.mktemp("environments")
    return Host(
        python=ROOT / ".envs/lambda/bin/python",
        endpoint_url="http://127.0.0.1:1",
        folder=folder,
        watch=MemoryWatch(),
        guard=OrphanGuard(folder),
    )


@pytest.fixture
def make_environment(host: Host, tmp_path: Path) -> Iterator[MakeEnvironment]:
    """Makes a started environment from the source of its handler's module."""
    started: list[Environment] = []
    numbers = count()

    def make(
        source: str, *, handler: str = "app.handler", given: dict[str, str] | None = None, **spec: object
    ) -> Environment:
        code = tmp_path / f"code{next(numbers)}"
        code.mkdir()
        (code / "app.py").write_text(source)
        settings = {
            "name": "fn",
            "version": "$LATEST",
            "handler": handler,
            "runtime": "python3.11",
            "region": "us-east-1",
            "memory_mb": 256,
            "timeout_s": 10,
            "code": code,
        }
        environment = Environment(code.name, FunctionSpec(**(settings | spec)), given or {}, host)  # type: ignore[arg-type]
        environment.start()
        started.append(environment)
        return environment

    yield make
    for environment in started:
        environment.stop(grace=0)
