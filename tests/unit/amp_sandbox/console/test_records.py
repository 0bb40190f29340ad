"""What pages of hops hold, from made-up answers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from amp_sandbox import aws
from amp_sandbox.audit import sources
from amp_sandbox.console.collect import airflow as airflow_numbers
from amp_sandbox.console.collect import batch as batch_numbers
from amp_sandbox.console.flow import hops
from amp_sandbox.console.pages.hop import FLOW
from amp_sandbox.console.records import CONTENTS, batch, streaming
from amp_sandbox.publish import ledger
from amp_sandbox.settings import Settings

DAY = datetime(2026, 3, 2, tzinfo=UTC)


def values(row: tuple[Any, ...]) -> list[str]:
    return [cell.value for cell in row]


def test_every_hop_has_contents_and_neighbours() -> None:
    names = set(hops(Settings()))
    assert set(CONTENTS) == names
    assert {name for pair in FLOW for name in pair} == names


def test_commands_are_aws_own_and_name_this_sandboxs_resources() -> None:
    known = hops(Settings(stage="dev"))
    assert all(hop.command.startswith("aws ") for hop in known.values())
    assert "amp-catalog-changes-dev" in known["queue"].command


def test_the_newest_publications_come_first_from_whatever_file_and_without_a_half_written_line(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    folder = ledger.folder(settings, "app-events")
    older, newer = ledger.LedgerFile(folder, "1"), ledger.LedgerFile(folder, "2")
    older.write([ledger.Publication(f"old{n}", 1_000, 1_020, "shard:1,2") for n in range(30)])
    newer.write([ledger.Publication("new1", 2_000, 2_040, "s:1"), ledger.Publication("new2", 2_001, None, "")])
    with newer.path.open("a") as file:
        file.write("half,20")
    (table,) = streaming.app_publications(settings)
    assert [row[1].value for row in table.rows] == ["new2", "new1", *(f"old{n}" for n in range(29, 11, -1))]
    assert values(table.rows[0])[2:] == ["no answer; sent again", ""]
    assert values(table.rows[2])[2:] == ["after 20 ms", "shard:1,2"]
    assert table.rows[0][1].href == "/trace?id=new2"


def test_a_long_queue_is_counted_and_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_given: Any) -> Any:
        raise AssertionError("listed")

    monkeypatch.setattr(sources, "waiting_messages", lambda *_given: streaming.MOST_LISTED + 1)
    monkeypatch.setattr(sources, "queue_messages", never)
    (table,) = streaming.queue(Settings())
    assert (table.rows, "1,001 messages" in table.empty) == ((), True)


class FakeKinesis:
    """Two shards with three records each; answers two at a time."""

    def list_shards(self, **_request: Any) -> Any:
        return {"Shards": [{"ShardId": "shardId-000000000000"}, {"ShardId": "shardId-000000000001"}]}

    def get_shard_iterator(self, ShardId: str, Timestamp: datetime, **_request: Any) -> Any:  # noqa: N803
        assert datetime(2026, 3, 1, 23, 59, 55, tzinfo=UTC) == Timestamp
        return {"ShardIterator": f"{ShardId[-1]} 0"}

    def get_records(self, ShardIterator: str, **_request: Any) -> Any:  # noqa: N803
        shard, start = (int(part) for part in ShardIterator.split())
        records = [
            {
                "ApproximateArrivalTimestamp": DAY + timedelta(seconds=10 * n + shard),
                "Data": b'{"event_id":"%d-%d"}' % (shard, n),
            }
            for n in range(start, min(start + 2, 3))
        ]
        return {"Records": records, "NextShardIterator": f"{shard} {start + len(records)}"}


def test_the_newest_records_of_all_shards_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "client", lambda _settings, _service: FakeKinesis())
    delivered = [{"last_arrival_ms": int(DAY.timestamp() * 1000)}]
    monkeypatch.setattr(sources, "deliveries", lambda *_given, **_named: delivered)
    (table,) = streaming.event_records(Settings())
    assert [row[1].value for row in table.rows] == ["1-2", "0-2", "1-1", "0-1", "1-0", "0-0"]
    assert [row[2].value for row in table.rows[:2]] == ["1", "0"]


def test_crawls_say_what_they_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """https://docs.aws.amazon.com/glue/latest/webapi/API_CrawlerHistory.html"""
    crawls = [
        {
            "State": "COMPLETED",
            "StartTime": DAY,
            "EndTime": DAY + timedelta(seconds=2),
            "Summary": '{"TABLE":{"ADD":1},"PARTITION":{"ADD":3,"DELETE":1},"OBJECT":{"LISTED":9}}',
        },
        {"State": "FAILED", "StartTime": DAY - timedelta(days=1), "ErrorMessage": "no such bucket"},
        {"State": "RUNNING", "StartTime": DAY + timedelta(days=1)},
    ]

    class Glue:
        def list_crawls(self, **_request: Any) -> Any:
            return {"Crawls": crawls}

    monkeypatch.setattr(aws, "client", lambda _settings, _service: Glue())
    monkeypatch.setattr(batch_numbers, "crawlers", lambda _settings: [{"Name": "amp-raw-local"}])
    (table,) = batch.crawls(Settings())
    assert [values(row)[2:] for row in table.rows] == [
        ["running", "–", "–", "–"],  # noqa: RUF001
        ["completed", "2.0 s", "1 table added, 3 partitions added, 1 partition removed", "–"],  # noqa: RUF001
        ["failed", "–", "–", "no such bucket"],  # noqa: RUF001
    ]
    assert [row[2].state for row in table.rows] == ["moving", "ready", "failing"]


def test_runs_of_an_airflow_that_does_not_run_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_numbers, "is_up", lambda _settings: False)
    monkeypatch.setattr(airflow_numbers, "call", None)
    (table,) = batch.dag_runs(Settings())
    assert (table.rows, table.command) == ((), "sandbox dag list")
