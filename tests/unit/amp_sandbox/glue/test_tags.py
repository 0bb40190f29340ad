from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("ignore:.*does not match an error shape")


def arn(database: str) -> str:
    return f"arn:aws:glue:us-east-1:000000000000:database/{database}"


def test_tags_are_set_at_creation_replaced_added_and_removed(glue: Any) -> None:
    name = glue.database()
    glue.client.create_database(DatabaseInput={"Name": f"{name}_t"}, Tags={"team": "data"})
    of = {"ResourceArn": arn(f"{name}_t")}
    assert glue.client.get_tags(**of)["Tags"] == {"team": "data"}
    glue.client.tag_resource(**of, TagsToAdd={"team": "lake", "stage": "local"})
    assert glue.client.get_tags(**of)["Tags"] == {"team": "lake", "stage": "local"}
    glue.client.untag_resource(**of, TagsToRemove=["team", "never"])
    assert glue.client.get_tags(**of)["Tags"] == {"stage": "local"}
    assert glue.client.get_tags(ResourceArn=arn(name))["Tags"] == {}


def test_a_database_can_have_fifty_tags(glue: Any) -> None:
    of = {"ResourceArn": arn(glue.database())}
    glue.client.tag_resource(**of, TagsToAdd={f"k{number}": "" for number in range(50)})
    glue.client.tag_resource(**of, TagsToAdd={"k0": "replaced"})
    assert glue.refusal("tag_resource", **of, TagsToAdd={"one": "more"})[0] == "InvalidInputException"
    assert len(glue.client.get_tags(**of)["Tags"]) == 50


def test_tags_of_a_database_that_is_not_there_are_not_found(glue: Any) -> None:
    for operation, more in (
        ("get_tags", {}),
        ("tag_resource", {"TagsToAdd": {"a": "b"}}),
        ("untag_resource", {"TagsToRemove": ["a"]}),
    ):
        assert glue.refusal(operation, ResourceArn=arn("nothing"), **more) == (
            "EntityNotFoundException",
            "Database nothing not found.",
        )


def test_tags_of_anything_else_are_refused_by_name(glue: Any) -> None:
    for other in (
        "arn:aws:glue:us-east-1:000000000000:job/nightly",
        "arn:aws:glue:us-east-1:111122223333:database/lake",
        "arn:aws:glue:eu-west-1:000000000000:database/lake",
    ):
        code, message = glue.refusal("get_tags", ResourceArn=other)
        assert (code, other in message) == ("NotImplemented", True)
