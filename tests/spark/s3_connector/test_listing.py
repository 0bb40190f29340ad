"""Keys of every kind, in numbers, and what other tools left in the bucket."""

from typing import Any

import pytest
from support.hadoop import HadoopFs, outcome
from support.s3_proxy import Proxy

ODD_NAMES = [
    "a=b", "a+b", "a b", " a ", "a%20b", "a%2Fb", "ünï", "日本", "🎧",
    "a&b", "<a>", "a'b\"c", "a#b", "a?b", "a:b", "[a]", "{a}", "a\\b",
    "a|b^c`d", "~a", "*", "a;b,c@d!$()",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
def test_name_is_kept_by_every_operation(name: str, fs: HadoopFs, keys: Any) -> None:
    fs.write(f"d/{name}/{name}", b"abc")
    assert keys() == [f"d/{name}/{name}"]
    assert fs.ls(f"d/{name}") == [f"{name} file:3"]
    assert fs.ls("d") == [f"{name} dir"]
    assert fs.rename(f"d/{name}", f"e {name}")
    assert fs.files("") == [f"e {name}/{name}"]
    assert fs.read(f"e {name}/{name}") == b"abc"
    assert fs.delete(f"e {name}")
    assert keys() == []


def test_more_than_a_thousand_objects_are_listed_renamed_and_deleted(
    fs: HadoopFs, proxy: Proxy, s3: Any, bucket: str, keys: Any
) -> None:
    names = [f"{number:04}" for number in range(1_203)]
    for name in names:
        s3.put_object(Bucket=bucket, Key=f"d/{name}/f", Body=b"")
    assert fs.ls("d") == [f"{name} dir" for name in names]
    assert fs.files("d") == [f"d/{name}/f" for name in names]
    assert fs.rename("d", "n")
    assert keys() == [f"n/{name}/f" for name in names]
    assert fs.delete("n")
    assert keys() == []
    assert [seen.body.count(b"<Key>") for seen in proxy.seen if seen.operation == "DeleteObjects"] == [1_000, 203] * 2


def test_status_takes_one_head_and_one_list(fs: HadoopFs, proxy: Proxy) -> None:
    fs.write("d/f")
    proxy.clear()
    assert fs.status("d/f") == "file:1"
    assert fs.status("d") == "dir"
    assert outcome(lambda: fs.status("no")) == "FileNotFoundException"
    assert proxy.operations() == ["HeadObject"] + ["HeadObject", "List"] * 2


def test_markers_of_other_tools_are_directories_and_no_files(fs: HadoopFs, s3: Any, bucket: str, keys: Any) -> None:
    for key in ("d/", "d/e/", "d/g_$folder$", "d/f"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    assert fs.ls("") == ["d dir"]
    assert fs.ls("d") == ["e dir", "f file:0"]
    assert fs.ls("d/e") == []
    assert fs.files("") == ["d/f"]
    assert fs.rename("d", "n")
    assert fs.ls("n") == ["e dir", "f file:0"]
    assert fs.delete("n")
    assert keys() == []


def test_keys_that_no_path_can_name_are_passed_over_and_deleted_with_their_directory(
    fs: HadoopFs, s3: Any, bucket: str, keys: Any
) -> None:
    for key in ("d//f", "d/../f", "d/./f", "d/f"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
    assert fs.files("d") == ["d/f"]
    assert fs.ls("d") == ["f file:0"]
    assert fs.delete("d")
    assert keys() == []


def test_empty_directory_is_known_to_all_file_systems_of_the_process_and_to_nobody_else(
    make_fs: Any, keys: Any
) -> None:
    make_fs().mkdirs("d/e")
    assert make_fs(scheme="s3").ls("d") == ["e dir"]
    assert keys() == []


def test_directory_ends_for_everyone_when_another_reader_deletes_what_was_in_it(
    fs: HadoopFs, s3: Any, bucket: str
) -> None:
    fs.mkdirs("d")
    fs.write("d/f")
    s3.delete_object(Bucket=bucket, Key="d/f")
    assert outcome(lambda: fs.status("d")) == "FileNotFoundException"


def test_root_is_not_deleted(fs: HadoopFs) -> None:
    fs.write("f")
    assert outcome(lambda: fs.delete("")) == "PathIOException"
    assert outcome(lambda: fs.delete("", False)) == "PathIsNotEmptyDirectoryException"
    assert fs.read("f") == b"x"
