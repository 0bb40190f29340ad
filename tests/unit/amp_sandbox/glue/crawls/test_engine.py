"""The threads of crawls, with a bucket in memory."""

import threading
from pathlib import Path
from typing import Any

from support.glue_fakes import FakeAws, ndjson
from support.waiting import eventually

from amp_sandbox.glue import store
from amp_sandbox.glue.crawls.engine import CrawlEngine
from amp_sandbox.standins.service import one_per_thread

DEFINITION = {"Targets": {"S3Targets": [{"Path": "s3://lake/t"}]}, "DatabaseName": "db", "Role": "crawler"}


def crawl_of(db: Any) -> store.Crawl:
    crawler = store.get_crawler(db, "raw")
    assert crawler is not None
    return next(store.list_crawls(db, crawler.id))


def test_a_crawl_under_way_when_the_engine_stops_has_failed_with_the_reason(tmp_path: Path) -> None:
    connection = one_per_thread(lambda: store.connect(tmp_path / "glue.sqlite"))
    aws, reading, go_on = FakeAws(), threading.Event(), threading.Event()
    for number in range(3):
        aws.s3.put(f"t/{number}", ndjson({"a": 1}))

    def before_read(_key: str) -> None:
        reading.set()
        go_on.wait(10)

    aws.s3.before_read = before_read
    store.create_crawler(connection(), "raw", DEFINITION, {}, at=1)
    engine = CrawlEngine(connection, aws, lambda: 2.0)
    engine.start()
    store.start_crawl(connection(), 1, "crawl-1", at=2)
    assert reading.wait(10)
    stopping = threading.Thread(target=engine.stop)
    stopping.start()
    eventually(lambda: engine._ending.is_set(), bool, timeout=10, what="the engine's end")
    go_on.set()
    stopping.join(10)
    assert not engine.is_alive()
    crawl = crawl_of(connection())
    assert (crawl.state, "interrupted" in (crawl.error or "")) == ("FAILED", True)
    assert len(aws.s3.reads) < 3


def test_a_bug_is_a_crawl_that_failed_and_the_engine_goes_on(tmp_path: Path) -> None:
    connection = one_per_thread(lambda: store.connect(tmp_path / "glue.sqlite"))
    aws = FakeAws()
    aws.s3.put("t/a", ndjson({"a": 1}))

    def broken(_key: str) -> None:
        raise ZeroDivisionError("a bug")

    store.create_crawler(connection(), "raw", DEFINITION, {}, at=1)
    engine = CrawlEngine(connection, aws, lambda: 2.0)
    aws.s3.before_read = broken
    store.start_crawl(connection(), 1, "crawl-1", at=2)
    engine.tick()
    crawl = crawl_of(connection())
    assert (crawl.state, crawl.error) == ("FAILED", "Internal Service Exception: ZeroDivisionError: a bug")
    aws.s3.before_read = lambda _key: None
    store.start_crawl(connection(), 1, "crawl-2", at=3)
    engine.tick()
    assert crawl_of(connection()).state == "COMPLETED"
