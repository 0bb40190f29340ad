"""Announcements that cannot be ingested: each ends in the dead-letter queue as it was, and takes no other with it."""

import json
import random
from datetime import date

import pytest
from botocore.exceptions import ClientError
from support.waiting import eventually

from amp_seed import World, preset
from amp_seed.flaws import bad_messages

MAX_RECEIVE_COUNT = 6  # the template's
WITH_A_CHANGE_ID = ("no_show_id", "unknown_change_type", "bad_changed_at", "path_in_show_id")


@pytest.fixture(scope="module")
def flaws() -> dict[str, str]:
    """A bad announcement of each kind there is, by name, of a world that no other test has."""
    world = World(preset("small", seed=random.getrandbits(32), start=date(2026, 3, 2)))
    return {flaw.name: flaw.data.decode() for flaw in bad_messages(world)}


def test_malformed_announcements_are_dead_lettered_as_they_were_and_their_neighbours_land_once(
    announce, in_catalogue, new_change, dead_lettered, raw_bucket, logs, flaws
):
    poison = {name: flaws[name] for name in flaws.keys() - {"unknown_show", "over_sns_limit"}}
    good = [new_change(in_catalogue()["show_id"]) for _ in range(3)]

    announce(good[0], *poison.values(), *good[1:])

    found = dead_lettered(set(poison.values()))
    landed = raw_bucket.landed("show_catalog/", "change_id", {change["change_id"] for change in good})
    assert [len(lines) for lines in landed.values()] == [1, 1, 1]
    in_lake = {line.content["change_id"] for line in raw_bucket.lines("show_catalog/")}
    assert not in_lake & {json.loads(poison[name])["change_id"] for name in WITH_A_CHANGE_ID}
    lines = logs("catalog-ingest").not_ingested(found[poison["not_json"]]["MessageId"], MAX_RECEIVE_COUNT)
    assert [(line["reason"], line["receives"]) for line in lines] == [
        ("not_json", receive) for receive in range(1, MAX_RECEIVE_COUNT + 1)
    ]


def test_an_announcement_over_the_limit_of_sns_is_refused_at_once(announce, flaws):
    """https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html"""
    with pytest.raises(ClientError) as refused:
        announce(flaws["over_sns_limit"])
    assert refused.value.response["Error"]["Code"] == "BatchRequestTooLong"


def test_a_show_that_the_catalogue_learns_of_in_time_lands(
    announce, new_show, new_change, in_catalogue, logs, raw_bucket
):
    show = new_show()
    change = new_change(show["show_id"])
    announce(change)
    first = logs("catalog-ingest").not_ingested(change["change_id"])[0]
    assert (first["reason"], first["receives"]) == ("unknown_show", 1)

    in_catalogue(show)

    assert len(raw_bucket.landed("show_catalog/", "change_id", {change["change_id"]})[change["change_id"]]) == 1


def test_a_record_over_the_limit_of_kinesis_is_dead_lettered(
    announce, in_catalogue, new_show, new_change, dead_lettered, logs
):
    change = new_change(in_catalogue(new_show(description="x" * 1_100_000))["show_id"])
    announce(change)
    dead_lettered({json.dumps(change)})
    lines = logs("catalog-ingest").not_ingested(change["change_id"], MAX_RECEIVE_COUNT)
    assert [line["reason"] for line in lines] == ["record_too_large"] * MAX_RECEIVE_COUNT


def test_what_is_redriven_from_the_dead_letter_queue_lands(
    client, fake_catalogue, copy_of_ingest, new_show, new_change, raw_bucket
):
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html"""
    show = new_show()
    change = new_change(show["show_id"])
    fake_catalogue.up()
    copy = copy_of_ingest(1)
    copy.send(change)
    copy.start()
    sqs = client("sqs")

    def dead() -> int:
        name = "ApproximateNumberOfMessages"
        found = sqs.get_queue_attributes(QueueUrl=copy.dead_letter_url, AttributeNames=[name])
        return int(found["Attributes"][name])

    eventually(dead, lambda count: count == 1, timeout=20, what="the message in the dead-letter queue")
    fake_catalogue.has(show)

    sqs.start_message_move_task(SourceArn=copy.dead_letter_arn)

    assert len(raw_bucket.landed("show_catalog/", "change_id", {change["change_id"]})[change["change_id"]]) == 1
    assert dead() == 0
