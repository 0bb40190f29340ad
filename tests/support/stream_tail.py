"""The records that come onto a Kinesis stream from now on."""

import json
from typing import Any

from support.waiting import eventually

COMING_SECONDS = 10.0


class StreamTail:
    """Begins where the stream ends when it is made."""

    def __init__(self, kinesis: Any, stream: str) -> None:
        self._kinesis = kinesis
        self._records: list[dict[str, Any]] = []
        self._iterators: list[str] = []
        for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
            answer = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="LATEST")
            self._iterators.append(answer["ShardIterator"])

    def records(self) -> list[dict[str, Any]]:
        """All that have come until now."""
        for index, iterator in enumerate(self._iterators):
            answer = self._kinesis.get_records(ShardIterator=iterator)
            self._iterators[index] = answer["NextShardIterator"]
            self._records += answer["Records"]
        return self._records

    def change(self, change_id: str) -> dict[str, Any]:
        """The record of a catalogue change, once it has come; there is no second one then."""

        def found() -> list[dict[str, Any]]:
            return [record for record in self.records() if json.loads(record["Data"])["change_id"] == change_id]

        [record] = eventually(found, bool, timeout=COMING_SECONDS, what=f"the change {change_id} on the stream")
        return record
