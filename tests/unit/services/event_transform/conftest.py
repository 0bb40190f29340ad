from pathlib import Path
from types import SimpleNamespace

import pytest

LAYER = Path(__file__).parents[4] / "services" / "event_contracts"


@pytest.fixture(scope="session")
def transform(load_function) -> SimpleNamespace:
    return load_function("event_transform", {}, layers=(LAYER,))
