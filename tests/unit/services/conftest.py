"""Loads functions as Lambda does, from their folder, but side by side: each has an `app` and modules of its own."""

import importlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

REPOSITORY = Path(__file__).parents[3]
SERVICES = REPOSITORY / "services"

AWS = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}

LoadFunction = Callable[..., SimpleNamespace]


@pytest.fixture(scope="session")
def load_function() -> LoadFunction:
    """Import a function's modules, with that environment, and return them by name."""
    return _load


@pytest.fixture(scope="session")
def aws_event() -> Callable[[str], dict[str, Any]]:
    """Read what a service of AWS sends to a function."""
    return lambda name: json.loads((REPOSITORY / "tests" / "events" / f"{name}.json").read_bytes())


def _load(name: str, environment: Mapping[str, str], *, layers: tuple[Path, ...] = ()) -> SimpleNamespace:
    folder = SERVICES / name
    modules = [path.stem for path in folder.glob("*.py")]
    path = [str(folder), *map(str, layers), *sys.path]
    with mock.patch.dict(os.environ, AWS | environment), mock.patch.object(sys, "path", path):
        kept = {module: sys.modules.pop(module) for module in modules if module in sys.modules}
        try:
            importlib.invalidate_caches()
            return SimpleNamespace(**{module: importlib.import_module(module) for module in modules})
        finally:
            for module in modules:
                sys.modules.pop(module, None)
            sys.modules.update(kept)
