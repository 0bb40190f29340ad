"""The Hadoop file system contract: each operation has the same outcome on S3 and on Hadoop's own RawLocalFileSystem.

The operations follow the specification chapter by chapter
(https://hadoop.apache.org/docs/r3.3.4/hadoop-project-dist/hadoop-common/filesystem/filesystem.html), as Hadoop's
AbstractContract*Test classes do. Where an object store differs on purpose, DIFFERENCES says how, and the connector's
README why.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.hadoop import HadoopFs, outcome

README = Path(__file__).resolve().parents[3] / "spark/s3_connector/README.md"
Steps = Callable[[HadoopFs], list[Any]]


def stream(fs: HadoopFs, name: str, *actions: Callable[[Any], Any]) -> list[Any]:
    opened = fs.open(name)
    try:
        return [outcome(lambda action=action: action(opened)) for action in actions]
    finally:
        opened.close()


def visible_before_close(fs: HadoopFs) -> list[Any]:
    out = fs.out("f")
    out.write(bytearray(b"abc"))
    seen = fs.exists("f")
    out.close()
    return [seen, fs.read("f")]


def write_after_close(fs: HadoopFs) -> list[Any]:
    out = fs.out("f")
    out.close()
    out.close()
    return [outcome(lambda: out.write(1)), fs.status("f")]


def create_flags(fs: HadoopFs, name: str) -> Any:
    flags = fs.jvm.java.util.EnumSet.of(fs.jvm.org.apache.hadoop.fs.CreateFlag.CREATE)
    default = fs.jvm.org.apache.hadoop.fs.permission.FsPermission.getFileDefault()
    fs.java.createNonRecursive(fs.path(name), default, flags, 4096, 1, 1 << 20, None).close()
    return fs.status(name)


def two_writers(fs: HadoopFs) -> list[Any]:
    first, second = fs.out("f"), fs.out("f")
    first.write(bytearray(b"first"))
    second.write(bytearray(b"second"))
    second.close()
    between = fs.read("f")
    first.close()
    return [between, fs.read("f")]


def replaced_while_open(fs: HadoopFs) -> list[Any]:
    fs.write("f", b"a" * 300_000)
    opened = fs.open("f")
    first = opened.read()
    opened.seek(0)
    fs.write("f", b"b" * 300_000)
    opened.seek(299_999)
    second = outcome(opened.read)
    opened.close()
    return [first, second]


def deleted_while_open(fs: HadoopFs) -> list[Any]:
    fs.write("f", b"abc")
    opened = fs.open("f")
    fs.delete("f")
    seen = outcome(opened.read)
    opened.close()
    return [seen]


def do(*steps: Callable[[HadoopFs], Any]) -> Steps:
    return lambda fs: [outcome(lambda step=step: step(fs)) for step in steps]


W = lambda name, data=b"x", overwrite=True: lambda fs: fs.write(name, data, overwrite)  # noqa: E731
MK = lambda name: lambda fs: fs.mkdirs(name)  # noqa: E731
RM = lambda name, recursive=True: lambda fs: fs.delete(name, recursive)  # noqa: E731
MV = lambda source, target: lambda fs: fs.rename(source, target)  # noqa: E731
LS = lambda name: lambda fs: fs.ls(name)  # noqa: E731
ST = lambda name: lambda fs: fs.status(name)  # noqa: E731
RD = lambda name: lambda fs: fs.read(name)  # noqa: E731
FILES = lambda name, recursive=True: lambda fs: fs.files(name, recursive)  # noqa: E731

CONTRACT: dict[str, Steps] = {
    # create
    "create a file": do(W("f", b"abc"), RD("f"), ST("f"), LS("")),
    "create an empty file": do(W("f", b""), RD("f"), ST("f")),
    "create makes parents": do(W("a/b/f"), ST("a/b"), ST("a"), LS("a")),
    "create overwrites": do(W("f", b"abc"), W("f", b"z"), RD("f")),
    "create without overwrite": do(W("f", b"abc"), W("f", b"z", False), RD("f")),
    "create without overwrite, new": do(W("f", b"abc", False), RD("f")),
    "create over an empty directory": do(MK("d"), W("d"), ST("d")),
    "create over a directory": do(W("d/f"), W("d"), ST("d"), RD("d/f")),
    "create over a directory without overwrite": do(W("d/f"), W("d", b"x", False)),
    "create below a file": do(W("f"), W("f/g"), ST("f")),
    "create deep below a file": do(W("f"), W("f/g/h/i"), ST("f")),
    "create over the root": do(W("")),
    "createNonRecursive": do(MK("d"), lambda fs: create_flags(fs, "d/f")),
    "createNonRecursive without parent": do(lambda fs: create_flags(fs, "d/f"), ST("d")),
    "a file before close": visible_before_close,
    "write after close, close twice": write_after_close,
    "two writers": two_writers,
    "append": do(W("f"), lambda fs: fs.java.append(fs.path("f")).close()),
    # open, read, seek
    "open what is missing": do(lambda fs: fs.open("f")),
    "open a directory": do(MK("d"), lambda fs: fs.open("d")),
    "open a directory with files": do(W("d/f"), lambda fs: fs.open("d")),
    "open below a file": do(W("f"), lambda fs: fs.open("f/g")),
    "read to the end": lambda fs: [fs.write("f", b"ab"), *stream(fs, "f", *[lambda s: s.read()] * 4)],
    "read nothing of an empty file": lambda fs: [
        fs.write("f", b""),
        *stream(fs, "f", lambda s: s.read(), lambda s: s.available()),
    ],
    "read no bytes": lambda fs: [fs.write("f", b"ab"), *stream(fs, "f", lambda s: fs.read_some(s, 0))],
    "read more than there is": lambda fs: [fs.write("f", b"ab"), *stream(fs, "f", *[lambda s: fs.read_some(s, 9)] * 2)],
    "seek and read": lambda fs: [
        fs.write("f", bytes(range(200))),
        *stream(
            fs,
            "f",
            lambda s: s.seek(150),
            lambda s: s.read(),
            lambda s: s.getPos(),
            lambda s: s.seek(3),
            lambda s: s.read(),
        ),
    ],
    "seek to the end": lambda fs: [fs.write("f", b"ab"), *stream(fs, "f", lambda s: s.seek(2), lambda s: s.read())],
    "seek past the end": lambda fs: [fs.write("f", b"ab"), *stream(fs, "f", lambda s: s.seek(3), lambda s: s.read())],
    "seek to a negative position": lambda fs: [
        fs.write("f", b"ab"),
        *stream(fs, "f", lambda s: s.seek(-1), lambda s: s.read()),
    ],
    "skip": lambda fs: [fs.write("f", b"abcd"), *stream(fs, "f", lambda s: s.skip(2), lambda s: s.read())],
    "positioned read leaves the position": lambda fs: [
        fs.write("f", b"abcdef"),
        *stream(fs, "f", lambda s: s.read(), lambda s: fs.read_some(s, 2, 3), lambda s: s.getPos(), lambda s: s.read()),
    ],
    "positioned read past the end": lambda fs: [
        fs.write("f", b"ab"),
        *stream(fs, "f", lambda s: fs.read_some(s, 2, 5)),
    ],
    "positioned read of a negative position": lambda fs: [
        fs.write("f", b"ab"),
        *stream(fs, "f", lambda s: fs.read_some(s, 2, -1)),
    ],
    "readFully past the end": lambda fs: [
        fs.write("f", b"abc"),
        *stream(fs, "f", lambda s: s.readFully(1, fs.gateway.new_array(fs.jvm.byte, 3))),
    ],
    "use after close": lambda fs: [
        fs.write("f", b"abc"),
        *(lambda s: [s.close(), s.close(), outcome(s.read), outcome(lambda: s.seek(0))])(fs.open("f")),
    ],
    "replaced while open": replaced_while_open,
    "deleted while open": deleted_while_open,
    # mkdirs
    "mkdirs": do(MK("a/b/c"), ST("a/b/c"), ST("a"), LS("a"), LS("a/b/c")),
    "mkdirs twice": do(MK("d"), MK("d"), ST("d")),
    "mkdirs of a directory with files": do(W("d/f"), MK("d"), LS("d")),
    "mkdirs over a file": do(W("f"), MK("f"), ST("f")),
    "mkdirs below a file": do(W("f"), MK("f/d"), ST("f"), ST("f/d")),
    "mkdirs deep below a file": do(W("f"), MK("f/d/e/g"), ST("f")),
    # delete
    "delete what is missing": do(RM("f"), RM("f", False)),
    "delete a file": do(W("f"), RM("f", False), ST("f")),
    "delete a file recursively": do(W("f"), RM("f"), ST("f")),
    "delete an empty directory": do(MK("d"), RM("d", False), ST("d")),
    "delete an empty directory recursively": do(MK("d"), RM("d"), ST("d")),
    "delete a full directory": do(W("d/f"), RM("d", False), RD("d/f")),
    "delete a directory with an empty directory": do(MK("d/e"), RM("d", False), ST("d/e")),
    "delete a tree": do(W("d/f"), W("d/e/g"), MK("d/h"), W("dd"), RM("d"), ST("d"), ST("d/e"), ST("d/h"), RD("dd")),
    "delete the last child": do(W("d/f"), RM("d/f"), ST("d"), LS("d")),
    "delete the last directory": do(MK("d/e"), RM("d/e"), ST("d"), LS("d")),
    "delete below a file": do(W("f"), RM("f/g"), ST("f")),
    # rename
    "rename a file": do(W("f", b"abc"), MV("f", "g"), RD("g"), ST("f"), LS("")),
    "rename an empty file": do(W("f", b""), MV("f", "g"), RD("g"), ST("f")),
    "rename a file to itself": do(W("f", b"abc"), MV("f", "f"), RD("f")),
    "rename a file over a file": do(W("f", b"abc"), W("g", b"z"), MV("f", "g"), RD("g")),
    "rename a file into a directory": do(W("f", b"abc"), MK("d"), MV("f", "d"), RD("d/f"), ST("f")),
    "rename a file into a directory that has one": do(W("f", b"abc"), W("d/f", b"z"), MV("f", "d"), RD("d/f")),
    "rename what is missing": do(MV("f", "g"), ST("g")),
    "rename into a missing parent": do(W("f"), MV("f", "a/b/g"), ST("a/b/g")),
    "rename below a file": do(W("f"), W("g"), MV("f", "g/h"), RD("f"), RD("g")),
    "rename a directory": do(W("d/f", b"abc"), W("d/e/g"), MV("d", "n"), RD("n/f"), RD("n/e/g"), ST("d")),
    "rename an empty directory": do(MK("d"), MV("d", "n"), ST("n"), ST("d")),
    "rename a directory with empty directories": do(MK("d/e"), W("d/f"), MV("d", "n"), ST("n/e"), ST("d"), LS("n")),
    "rename a directory to itself": do(W("d/f"), MV("d", "d"), LS("d")),
    "rename a directory below itself": do(W("d/f"), MV("d", "d/e"), LS("d")),
    "rename a directory over a file": do(W("d/f"), W("g"), MV("d", "g"), ST("g"), LS("d")),
    "rename a directory into an empty one": do(W("d/f"), MK("n"), MV("d", "n"), FILES("")),
    "rename a directory into a full one": do(W("d/f"), W("n/g"), MV("d", "n"), FILES("")),
    "rename a directory onto a full one of its name": do(W("d/f"), W("n/d/g"), MV("d", "n"), FILES("")),
    "rename takes only the directory": do(W("d/f"), W("dd/f"), MV("d", "n"), LS(""), RD("dd/f")),
    "rename the last child": do(W("d/f"), MV("d/f", "g"), ST("d"), LS("d")),
    # status and listings
    "status of what is missing": do(ST("f"), ST("a/b")),
    "status below a file": do(W("f"), ST("f/g")),
    "status of the root": do(ST("")),
    "list what is missing": do(LS("d"), FILES("d")),
    "list a file": do(W("f"), LS("f"), FILES("f"), FILES("f", False)),
    "list an empty directory": do(MK("d"), LS("d"), FILES("d")),
    "list one level": do(W("d/f"), W("d/e/g"), MK("d/h"), W("d2/f"), LS("d"), FILES("d", False)),
    "list all levels": do(W("d/f"), W("d/e/g"), MK("d/h"), W("d2/f"), FILES("d"), FILES("")),
    "glob": do(
        W("d/dt=1/f"),
        W("d/dt=2/f"),
        W("d/x"),
        lambda fs: sorted(s.getPath().getName() for s in fs.java.globStatus(fs.path("d/dt=*"))),
    ),
    "content summary": do(
        W("d/f", b"abc"), W("d/e/g", b"z"), lambda fs: fs.java.getContentSummary(fs.path("d")).getLength()
    ),
    "checksum": do(W("f"), lambda fs: fs.java.getFileChecksum(fs.path("f"))),
}

# name: (on S3, on the local file system); the README gives the reason of each.
DIFFERENCES: dict[str, tuple[list[Any], list[Any]]] = {
    "create over an empty directory": (
        [True, "FileAlreadyExistsException", "dir"],
        [True, "FileNotFoundException", "dir"],
    ),
    "create over a directory": (
        ["written", "FileAlreadyExistsException", "dir", b"x"],
        ["written", "FileNotFoundException", "dir", b"x"],
    ),
    "create below a file": (
        ["written", "ParentNotDirectoryException", "file:1"],
        ["written", "FileAlreadyExistsException", "file:1"],
    ),
    "create over the root": (["FileAlreadyExistsException"], ["FileNotFoundException"]),
    "a file before close": ([False, b"abc"], [True, b"abc"]),
    "write after close, close twice": (["IOException", "file:0"], [None, "file:0"]),
    "two writers": ([b"second", b"first"], [b"second", b"firstd"]),
    "append": (["written", "UnsupportedOperationException"], ["written", None]),
    "seek past the end": (["written", "EOFException", 97], ["written", None, -1]),
    "replaced while open": ([97, "ObjectChangedException"], [97, 98]),
    "deleted while open": (["FileNotFoundException"], [97]),
    "delete a full directory": (
        ["written", "PathIsNotEmptyDirectoryException", b"x"],
        ["written", "IOException", b"x"],
    ),
    "delete a directory with an empty directory": (
        [True, "PathIsNotEmptyDirectoryException", "dir"],
        [True, "IOException", "dir"],
    ),
    "rename a file over a file": (
        ["written", "written", "FileAlreadyExistsException", b"z"],
        ["written", "written", True, b"abc"],
    ),
    "rename a file into a directory that has one": (
        ["written", "written", "FileAlreadyExistsException", b"z"],
        ["written", "written", True, b"abc"],
    ),
    "rename below a file": (
        ["written", "written", "ParentNotDirectoryException", b"x", b"x"],
        ["written", "written", "FileAlreadyExistsException", b"x", b"x"],
    ),
    "rename a directory into an empty one": (["written", True, True, ["n/d/f"]], ["written", True, True, ["n/f"]]),
    "rename a directory onto a full one of its name": (
        ["written", "written", "FileAlreadyExistsException", ["d/f", "n/d/g"]],
        ["written", "written", True, ["n/d/f", "n/d/g"]],
    ),
}


@pytest.fixture
def local(gateway: Any, tmp_path: Path) -> HadoopFs:
    return HadoopFs(gateway.jvm, gateway, f"file://{tmp_path}", {})


@pytest.mark.parametrize("name", CONTRACT)
def test_outcome_is_that_of_a_local_file_system(name: str, make_fs: Any, local: HadoopFs) -> None:
    fs = make_fs("/base")
    fs.mkdirs("")
    on_s3, on_disk = CONTRACT[name](fs), CONTRACT[name](local)
    if name in DIFFERENCES:
        assert (on_s3, on_disk) == DIFFERENCES[name]
    else:
        assert on_s3 == on_disk


def test_every_difference_is_explained_in_the_readme() -> None:
    text = README.read_text()
    assert [name for name in DIFFERENCES if f"| {name} |" not in text] == []
