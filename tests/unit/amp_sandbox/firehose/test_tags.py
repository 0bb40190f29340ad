from typing import Any


def tag(firehose: Any, name: str, **tags: str) -> None:
    firehose.client.tag_delivery_stream(
        DeliveryStreamName=name, Tags=[{"Key": key, "Value": value} for key, value in tags.items()]
    )


def tags_of(firehose: Any, name: str, **page: Any) -> tuple[dict[str, str], bool]:
    answer = firehose.client.list_tags_for_delivery_stream(DeliveryStreamName=name, **page)
    return {tag["Key"]: tag["Value"] for tag in answer["Tags"]}, answer["HasMoreTags"]


def test_tags_are_added_replaced_and_removed(firehose: Any) -> None:
    name = firehose.create()
    tag(firehose, name, team="data", stage="local")
    tag(firehose, name, stage="prod", owner="")
    assert tags_of(firehose, name) == ({"owner": "", "stage": "prod", "team": "data"}, False)
    firehose.client.untag_delivery_stream(DeliveryStreamName=name, TagKeys=["team", "absent"])
    assert tags_of(firehose, name) == ({"owner": "", "stage": "prod"}, False)


def test_tags_are_listed_a_page_at_a_time(firehose: Any) -> None:
    name = firehose.create()
    tag(firehose, name, c="3", a="1", b="2")
    assert tags_of(firehose, name, Limit=2) == ({"a": "1", "b": "2"}, True)
    assert tags_of(firehose, name, Limit=2, ExclusiveStartTagKey="b") == ({"c": "3"}, False)


def test_a_stream_has_fifty_tags_at_most(firehose: Any) -> None:
    name = firehose.create()
    tag(firehose, name, **{f"k{index}": "" for index in range(50)})
    tag(firehose, name, k7="replaced")
    code, message = firehose.refusal("tag_delivery_stream", DeliveryStreamName=name, Tags=[{"Key": "one-more"}])
    assert code == "LimitExceededException"
    assert "50 tags" in message
    assert "one-more" not in tags_of(firehose, name)[0]


def test_a_key_may_not_come_twice(firehose: Any) -> None:
    code, _ = firehose.refusal(
        "tag_delivery_stream", DeliveryStreamName=firehose.create(), Tags=[{"Key": "a"}, {"Key": "a"}]
    )
    assert code == "InvalidArgumentException"


def test_aws_own_keys_are_refused(firehose: Any) -> None:
    code, message = firehose.refusal(
        "tag_delivery_stream", DeliveryStreamName=firehose.create(), Tags=[{"Key": "aws:owner"}]
    )
    assert code == "ValidationException"
    assert "at 'tags.1.member.key'" in message


def test_tags_need_a_stream(firehose: Any) -> None:
    for operation, request in [
        ("tag_delivery_stream", {"Tags": [{"Key": "a"}]}),
        ("untag_delivery_stream", {"TagKeys": ["a"]}),
        ("list_tags_for_delivery_stream", {}),
    ]:
        code, _ = firehose.refusal(operation, DeliveryStreamName="nobody", **request)
        assert code == "ResourceNotFoundException"
