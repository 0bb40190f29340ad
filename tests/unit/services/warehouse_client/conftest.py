import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from support.fake_redshift import FakeWarehouse

LAYER = Path(__file__).parents[4] / "services" / "warehouse_client"


@pytest.fixture
def warehouse() -> FakeWarehouse:
    return FakeWarehouse()


@pytest.fixture
def client(warehouse: FakeWarehouse) -> Iterator[ModuleType]:
    """The layer's package, with a warehouse behind its driver."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(LAYER)
        patch.setitem(sys.modules, "redshift_connector", warehouse)
        yield importlib.import_module("warehouse_client")
        for name in [name for name in sys.modules if name.partition(".")[0] == "warehouse_client"]:
            del sys.modules[name]
