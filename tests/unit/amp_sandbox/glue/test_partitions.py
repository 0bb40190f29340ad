from datetime import UTC, datetime
from typing import Any

import pytest

pytestmark = pytest.mark.filterwarnings("ignore:.*does not match an error shape")

STORAGE = {"Columns": [{"Name": "n", "Type": "int"}], "Location": "s3://lake/dt=a/"}


def values(answer: dict[str, Any]) -> list[list[str]]:
    return [partition["Values"] for partition in answer["Partitions"]]


def test_a_partition_is_shown_as_it_was_given(glue: Any) -> None:
    table = glue.table(keys="dt string, hour int")
    given = {
        "StorageDescriptor": STORAGE,
        "Parameters": {"rows": "7"},
        "LastAccessTime": datetime(2026, 1, 1, tzinfo=UTC),
    }
    glue.client.create_partition(**table, PartitionInput={"Values": ["A", "7"], **given})
    shown = glue.client.get_partition(**table, PartitionValues=["A", "7"])["Partition"]
    assert shown.pop("CreationTime").timestamp() >= 1000
    assert shown == {"Values": ["A", "7"], "CatalogId": "000000000000", **table, **given}


def test_a_partition_exists_once(glue: Any) -> None:
    table = glue.table(keys="dt string")
    glue.add(table, ["a"])
    code, message = glue.refusal("create_partition", **table, PartitionInput={"Values": ["a"]})
    assert code == "AlreadyExistsException"
    assert message == f"Partition ['a'] of table {table['DatabaseName']}.events already exists."


@pytest.mark.parametrize("given", [["a", "b"], [], None])
def test_there_are_as_many_values_as_partition_keys(glue: Any, given: list[str] | None) -> None:
    table = glue.table(keys="dt string")
    entry = {} if given is None else {"Values": given}
    code, message = glue.refusal("create_partition", **table, PartitionInput=entry)
    assert code == "InvalidInputException"
    assert "The number of partition keys do not match the number of partition values" in message
    for operation in ("get_partition", "delete_partition"):
        assert glue.refusal(operation, **table, PartitionValues=given or [])[0] == "InvalidInputException"


def test_a_partition_that_is_not_there_is_not_found(glue: Any) -> None:
    table = glue.table(keys="dt string")
    expected = ("EntityNotFoundException", f"Partition ['a'] of table {table['DatabaseName']}.events not found.")
    for operation in ("get_partition", "delete_partition"):
        assert glue.refusal(operation, **table, PartitionValues=["a"]) == expected
    change = {"PartitionValueList": ["a"], "PartitionInput": {"Values": ["b"]}}
    assert glue.refusal("update_partition", **table, **change) == expected


def test_batch_create_makes_those_it_can_and_says_which_it_could_not(glue: Any) -> None:
    table = glue.table(keys="dt string")
    glue.add(table, ["a"])
    linked = {
        "Values": ["d"],
        "StorageDescriptor": {"SchemaReference": {"SchemaVersionId": "00000000-0000-0000-0000-000000000000"}},
    }
    entries = [{"Values": ["a"]}, {"Values": ["b"]}, {"Values": ["c", "c"]}, linked, {"Values": ["e"]}]
    failed = glue.client.batch_create_partition(**table, PartitionInputList=entries)["Errors"]
    assert [(one["PartitionValues"], one["ErrorDetail"]["ErrorCode"]) for one in failed] == [
        (["a"], "AlreadyExistsException"),
        (["c", "c"], "InvalidInputException"),
        (["d"], "NotImplemented"),
    ]
    assert values(glue.client.get_partitions(**table)) == [["a"], ["b"], ["e"]]


def test_batch_get_says_which_are_not_there(glue: Any) -> None:
    table = glue.table(keys="dt string")
    glue.add(table, ["a"], ["b"])
    answer = glue.client.batch_get_partition(**table, PartitionsToGet=[{"Values": [one]} for one in "bxa"])
    assert values(answer) == [["b"], ["a"]]
    assert answer["UnprocessedKeys"] == [{"Values": ["x"]}]


def test_update_replaces_a_partition_and_its_values(glue: Any) -> None:
    table = glue.table(keys="dt string")
    glue.add(table, ["a"], ["b"], Parameters={"rows": "1"})
    change = {"Values": ["c"], "StorageDescriptor": STORAGE}
    glue.client.update_partition(**table, PartitionValueList=["a"], PartitionInput=change)
    assert values(glue.client.get_partitions(**table)) == [["b"], ["c"]]
    shown = glue.client.get_partition(**table, PartitionValues=["c"])["Partition"]
    assert shown["StorageDescriptor"] == STORAGE
    assert "Parameters" not in shown


def test_update_does_not_take_another_partitions_values(glue: Any) -> None:
    table = glue.table(keys="dt string")
    glue.add(table, ["a"], ["b"])
    change = {"PartitionValueList": ["a"], "PartitionInput": {"Values": ["b"]}}
    code, message = glue.refusal("update_partition", **table, **change)
    assert (code, "already exists" in message) == ("InvalidInputException", True)
    assert values(glue.client.get_partitions(**table)) == [["a"], ["b"]]


def test_delete_and_batch_delete_remove_partitions(glue: Any) -> None:
    table = glue.table(keys="dt string")
    glue.add(table, ["a"], ["b"], ["c"], ["d"])
    glue.client.delete_partition(**table, PartitionValues=["a"])
    answer = glue.client.batch_delete_partition(**table, PartitionsToDelete=[{"Values": [one]} for one in "bxd"])
    (failed,) = answer["Errors"]
    assert (failed["PartitionValues"], failed["ErrorDetail"]["ErrorCode"]) == (["x"], "EntityNotFoundException")
    assert values(glue.client.get_partitions(**table)) == [["c"]]


def test_partitions_that_match_are_listed_in_full_pages(glue: Any) -> None:
    table = glue.table(keys="hour int, kind string")
    glue.add(table, *([str(hour), kind] for hour in range(6) for kind in ("a", 'b "quoted"')))
    paginator = glue.client.get_paginator("get_partitions")
    asked = paginator.paginate(**table, Expression="hour >= 1 AND kind <> 'a'", PaginationConfig={"PageSize": 2})
    pages = [values(page) for page in asked]
    assert pages == [
        [["1", 'b "quoted"'], ["2", 'b "quoted"']],
        [["3", 'b "quoted"'], ["4", 'b "quoted"']],
        [["5", 'b "quoted"']],
    ]


def test_segments_share_the_partitions_out(glue: Any) -> None:
    table = glue.table(keys="n int")
    glue.add(table, *([str(n)] for n in range(40)))
    segments = [
        values(glue.client.get_partitions(**table, Segment={"SegmentNumber": number, "TotalSegments": 3}))
        for number in range(3)
    ]
    assert all(segments)
    assert sorted(int(one) for segment in segments for (one,) in segment) == list(range(40))
    outside = {"SegmentNumber": 3, "TotalSegments": 3}
    assert glue.refusal("get_partitions", **table, Segment=outside)[0] == "InvalidInputException"


def test_the_columns_can_be_left_out(glue: Any) -> None:
    table = glue.table(keys="dt string")
    glue.add(table, ["a"], StorageDescriptor=STORAGE)
    glue.add(table, ["b"])
    first, second = glue.client.get_partitions(**table, ExcludeColumnSchema=True)["Partitions"]
    assert first["StorageDescriptor"] == {"Location": "s3://lake/dt=a/"}
    assert "StorageDescriptor" not in second
    assert glue.client.get_partitions(**table)["Partitions"][0]["StorageDescriptor"] == STORAGE


def test_an_expression_that_is_not_supported_is_refused_even_of_an_empty_table(glue: Any) -> None:
    table = glue.table(keys="dt string")
    code, message = glue.refusal("get_partitions", **table, Expression="upper(dt) = 'A'")
    assert (code, "UPPER(dt)" in message) == ("InvalidInputException", True)


def test_batch_update_changes_those_it_can_and_says_which_it_could_not(glue: Any) -> None:
    table = glue.table(keys="dt string")
    glue.add(table, ["a"], ["b"])
    entries = [
        {"PartitionValueList": ["a"], "PartitionInput": {"Values": ["a"], "StorageDescriptor": STORAGE}},
        {"PartitionValueList": ["x"], "PartitionInput": {"Values": ["x"]}},
        {"PartitionValueList": ["b"], "PartitionInput": {"Values": ["a"]}},
    ]
    failed = glue.client.batch_update_partition(**table, Entries=entries)["Errors"]
    assert [(one["PartitionValueList"], one["ErrorDetail"]["ErrorCode"]) for one in failed] == [
        (["x"], "EntityNotFoundException"),
        (["b"], "InvalidInputException"),
    ]
    shown = glue.client.get_partitions(**table)["Partitions"]
    assert [(one["Values"], one.get("StorageDescriptor")) for one in shown] == [(["a"], STORAGE), (["b"], None)]
