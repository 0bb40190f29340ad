from pathlib import Path

from amp_sandbox.glue import store
from amp_sandbox.glue.service import open_service
from amp_sandbox.settings import Settings


def test_the_service_keeps_its_catalogue_below_the_sandboxs_home(tmp_path: Path) -> None:
    service = open_service(Settings.model_validate({"home": tmp_path}))
    context = service.context("request")
    store.create_database(context.db, "lake", {}, at=context.now())
    context.db.close()
    assert service.health() == {"healthy": True, "engines": []}
    again = store.connect(tmp_path / "state" / "glue" / "glue.sqlite")
    assert store.get_database(again, "lake") is not None
    again.close()
