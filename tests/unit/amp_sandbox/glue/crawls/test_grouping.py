"""Which folders are tables: by what they hold, without S3."""

from typing import Any
from urllib.parse import quote

from hypothesis import given
from hypothesis import strategies as st

from amp_sandbox.glue.crawler_config import CrawlerConfig, Target
from amp_sandbox.glue.crawls.grouping import FoundTable, table_name, tables_in
from amp_sandbox.glue.crawls.inference import Format, Found, Kind

COMBINE: dict[str, Any] = {"combine_compatible": True}


def holding(key: str, columns: str, *more: str, classification: str = "json") -> tuple[str, Found]:
    """A folder with an object for each text of column names."""
    kinds = (
        Kind(Format(classification), dict.fromkeys(one.split(), "int"), (f"{key}{number}",), 1, 10, True)
        for number, one in enumerate((columns, *more))
    )
    return key, Found(tuple(kinds))


def group(*folders: tuple[str, Found], root: str = "", **options: Any) -> tuple[list[FoundTable], list[str]]:
    notices: list[str] = []
    config = CrawlerConfig((Target("lake", root.rstrip("/")),), "db", **options)
    return tables_in(root, dict(folders), config, notices.append), notices


def roots(tables: list[FoundTable]) -> dict[str, tuple[str, ...]]:
    return {table.root: table.keys for table in tables}


def test_similar_folders_are_partitions_of_the_folder_above() -> None:
    tables, _ = group(holding("t/x/", "a b c d"), holding("t/y/", "a b c e d"), root="t/")
    assert roots(tables) == {"t/": ("partition_0",)}
    assert list(tables[0].columns) == ["a", "b", "c", "d", "e"]


def test_seventy_percent_of_the_names_make_schemas_similar() -> None:
    seven = "a b c d e f g"
    assert roots(group(holding("t/x/", f"{seven} h i j"), holding("t/y/", f"{seven} x y z"), root="t/")[0]) == {
        "t/": ("partition_0",)
    }
    six = "a b c d e f"
    tables, _ = group(holding("t/x/", f"{six} g h i j"), holding("t/y/", f"{six} w x y z"), root="t/")
    assert roots(tables) == {"t/x/": (), "t/y/": ()}


def test_a_majority_takes_the_rest_with_it() -> None:
    folders = [holding("t/k=1/", "a b"), holding("t/k=2/", "a b"), holding("t/k=3/", "z")]
    assert roots(group(*folders, root="t/")[0]) == {"t/": ("k",)}


def test_another_format_is_another_table() -> None:
    folders = [holding("t/k=1/", "a"), holding("t/k=2/", "a"), holding("t/k=3/", "a", classification="parquet")]
    assert roots(group(*folders, root="t/", **COMBINE)[0]) == {"t/": ("k",), "t/k=3/": ()}


def test_a_folder_with_nothing_readable_does_not_count() -> None:
    assert roots(group(holding("t/k=1/", "a"), ("t/k=2/", Found((), {"t/k=2/x": "it is empty"})), root="t/")[0]) == {
        "t/": ("k",)
    }


def test_objects_of_too_little_in_common_in_one_folder_are_tables_of_their_own() -> None:
    tables, _ = group(holding("t/", "a b", "c d"), root="t/")
    assert roots(tables) == {"t/0": (), "t/1": ()}
    assert [table_name("lake", table, "") for table in tables] == ["0", "1"]
    assert roots(group(holding("t/", "a b", "c d"), root="t/", **COMBINE)[0]) == {"t/": ()}


def test_a_folder_with_objects_and_similar_folders_is_one_table_without_partitions() -> None:
    tables, _ = group(holding("t/", "a"), holding("t/more/", "a"), root="t/")
    assert roots(tables) == {"t/": ()}
    assert [leaf.key for leaf in tables[0].leaves] == ["t/", "t/more/"]


def test_objects_beside_partitions_are_left_out_and_noticed() -> None:
    tables, notices = group(holding("t/", "a"), holding("t/k=1/", "a"), root="t/")
    assert roots(tables) == {"t/": ("k",)}
    assert notices == ["t/0 lies beside partitions of t/: left out"]


def test_folders_of_different_keys_are_numbered() -> None:
    tables, _ = group(holding("t/k=1/", "a"), holding("t/l=1/", "a"), root="t/")
    assert roots(tables) == {"t/": ("partition_0",)}
    assert [tables[0].values(leaf) for leaf in tables[0].leaves] == [("k=1",), ("l=1",)]


def test_the_table_level_decides() -> None:
    folders = [
        holding("sessions/dt=1/", "a"),
        holding("users/", "b"),
        holding("deep/x/y/", "c"),
        holding("", "stray"),
    ]
    tables, notices = group(*folders, table_level=2)
    assert roots(tables) == {
        "sessions/": ("dt",),
        "users/": (),
        "deep/": ("partition_0", "partition_1"),
    }
    assert notices == ["0 is above the table level 2: left out"]
    assert roots(group(holding("a/b/c/k=1/", "x"), root="a/b/c/", table_level=2)[0]) == {"a/b/c/": ("k",)}


def test_at_the_table_level_what_does_not_fit_most_objects_is_left_out_and_noticed() -> None:
    tables, notices = group(
        holding("t/k=1/", "a"),
        holding("t/k=2/", "z"),
        holding("t/k=3/", "a", classification="csv"),
        holding("t/k=4/deep/", "a"),
        table_level=2,
    )
    assert roots(tables) == {"t/": ("k",)}
    assert list(tables[0].columns) == ["a", "z"]
    assert [notice.split(" ")[0] for notice in notices] == ["t/k=3/0", "t/k=4/deep/0"]


def test_a_column_that_is_a_partition_key_is_the_key_alone() -> None:
    tables, _ = group(holding("t/event_type=x/", "event_type id"), root="t/")
    assert (tables[0].keys, list(tables[0].columns)) == (("event_type",), ["id"])


def test_the_bucket_itself_can_be_a_table() -> None:
    tables, _ = group(holding("k=1/", "a"))
    assert table_name("My.Lake-1", tables[0], "raw-") == "raw_my_lake_1"


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=8)


@given(st.dictionaries(st.tuples(VALUES, VALUES), st.just("a b"), min_size=1, max_size=6))
def test_partition_values_are_read_off_any_path(paths: dict[tuple[str, str], str]) -> None:
    """Hive escapes what a folder's name cannot have."""
    folders = [holding(f"t/k={quote(k, safe='')}/dt={quote(dt, safe='')}/", "a b") for k, dt in paths]
    tables, _ = group(*folders, root="t/")
    assert tables[0].keys == ("k", "dt")
    assert {tables[0].values(leaf) for leaf in tables[0].leaves} == set(paths)
