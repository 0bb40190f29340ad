"""App events that break their contract: each below the error prefix as it was sent, its neighbours in the lake."""

import json
import random
from datetime import date

import pytest
from botocore.exceptions import ClientError

from amp_seed import World, app_events, preset
from amp_seed.flaws import Flaw, bad_events

OVER_KINESIS_LIMIT = "over_kinesis_limit"


@pytest.fixture(scope="module")
def world() -> World:
    """A world that no other test has."""
    return World(preset("small", seed=random.getrandbits(32), start=date(2026, 3, 2)))


@pytest.fixture(scope="module")
def flaws(world: World) -> dict[str, Flaw]:
    return {flaw.name: flaw for flaw in bad_events(world)}


def record(key: str, data: bytes) -> dict[str, str | bytes]:
    return {"PartitionKey": key, "Data": data}


def test_every_kind_of_broken_event_is_kept_as_it_was_and_its_neighbours_land(
    client, sandbox, raw_bucket, world, flaws
):
    broken = [flaw for flaw in flaws.values() if flaw.name != OVER_KINESIS_LIMIT]
    sound = [row.event for row in app_events(world, len(broken))]
    records = []
    for flaw, event in zip(broken, sound, strict=True):
        records += [record(flaw.key, flaw.data), record(event["user_id"], json.dumps(event).encode())]

    answer = client("kinesis").put_records(StreamName=sandbox.events_stream, Records=records)
    assert answer["FailedRecordCount"] == 0

    landed = raw_bucket.landed("app_events/", "event_id", {event["event_id"] for event in sound})
    for event in sound:
        for line in landed[event["event_id"]]:
            partition = f"app_events/event_type={event['event_type']}/dt={event['event_time'][:10]}/"
            assert line.key.startswith(partition)
    refused = raw_bucket.refused("errors/app_events/processing-failed/dt=", {flaw.data for flaw in broken})
    for line in refused.values():
        assert line.content["errorCode"] == "Lambda.ProcessingFailedStatus"
        assert ":function:event-transform-" in line.content["lambdaArn"]


def test_an_event_over_the_limit_of_kinesis_is_refused_by_put_records(client, sandbox, flaws):
    """https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html"""
    flaw = flaws[OVER_KINESIS_LIMIT]
    with pytest.raises(ClientError) as refused:
        client("kinesis").put_records(StreamName=sandbox.events_stream, Records=[record(flaw.key, flaw.data)])
    assert refused.value.response["Error"]["Code"] in {"ValidationException", "InvalidArgumentException"}
