from pathlib import Path

from amp_sandbox.glue import store
from amp_sandbox.glue.service import open_service
from amp_sandbox.settings import Settings


def test_the_service_keeps_its_catalogue_below_the_sandboxs_home(tmp_path: Path) -> None:
    service = open_service(Settings.model_validate({"home": tmp_path}))
    context = service.context("request")
    store.create_database(context.db, "lake", {}, at=context.now())
    context.db.close()
    assert [engine.name for engine in service.engines] == ["glue-crawls", "glue-schedules"]
    again = store.connect(tmp_path / "state" / "glue" / "glue.sqlite")
    assert store.get_database(again, "lake") is not None
    again.close()


def test_a_crawl_that_a_process_did_not_live_to_end_has_failed(tmp_path: Path) -> None:
    settings = Settings.model_validate({"home": tmp_path})
    db = open_service(settings).context("request").db
    store.create_crawler(db, "raw", {"Targets": {}}, {}, at=1)
    store.start_crawl(db, 1, "crawl-1", at=2)
    again = open_service(settings).context("request").db  # what a new process does
    crawler, crawl = store.get_crawler(again, "raw"), store.last_crawl(again, 1)
    assert crawler is not None
    assert crawl is not None
    assert (crawler.state, crawl.state) == ("READY", "FAILED")
    assert "interrupted" in (crawl.error or "")
