from typing import Any

from support.airflow_fakes import create_request


def test_tags_are_added_replaced_and_taken_off(mwaa: Any) -> None:
    arn = mwaa.make(Tags={"a": "1", "b": "2"})
    mwaa.client.tag_resource(ResourceArn=arn, Tags={"b": "3", "c": "4"})
    mwaa.client.untag_resource(ResourceArn=arn, tagKeys=["a", "unknown"])
    assert mwaa.client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"b": "3", "c": "4"}
    assert mwaa.get()["Tags"] == {"b": "3", "c": "4"}


def test_there_are_fifty_at_most(mwaa: Any) -> None:
    arn = mwaa.make(Tags={f"k{number}": "v" for number in range(50)})
    code, message = mwaa.refusal("tag_resource", ResourceArn=arn, Tags={"one more": "v"})
    assert (code, "can have 50 tags" in message) == ("ValidationException", True)
    mwaa.client.tag_resource(ResourceArn=arn, Tags={"k0": "new"})


def test_those_of_a_deleted_environment_are_gone_with_it(mwaa: Any) -> None:
    arn = mwaa.make(Tags={"a": "1"})
    mwaa.client.delete_environment(Name="amp")
    mwaa.tick()
    assert mwaa.refusal("list_tags_for_resource", ResourceArn=arn)[0] == "ResourceNotFoundException"
    mwaa.client.create_environment(**create_request())
    assert mwaa.client.list_tags_for_resource(ResourceArn=arn)["Tags"] == {}


def test_an_arn_of_nothing_is_not_found(mwaa: Any) -> None:
    mwaa.make()
    for arn in (
        "arn:aws:airflow:us-east-1:000000000000:environment/other",
        "arn:aws:airflow:eu-west-1:000000000000:environment/amp",
    ):
        code, _ = mwaa.refusal("tag_resource", ResourceArn=arn, Tags={"a": "1"})
        assert code == "ResourceNotFoundException"
