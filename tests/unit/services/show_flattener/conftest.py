from types import SimpleNamespace

import pytest


@pytest.fixture(scope="session")
def flattener(load_function) -> SimpleNamespace:
    return load_function("show_flattener", {})
