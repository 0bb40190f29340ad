"""Random sequences of operations against a model: a dictionary of files and directories."""

from functools import partial
from typing import Any

from hypothesis import HealthCheck, given, settings, strategies
from support.hadoop import HadoopFs, outcome

DIRECTORY = None
Model = dict[str, bytes | None]

# Characters that URLs, XML, signatures and Hadoop's paths each treat in their own way.
NAMES = strategies.sampled_from(["a", "b c", "dt=1", "ü+%41&<é>", "x'(~)*!:@,;$"])
PATHS = strategies.lists(NAMES, min_size=1, max_size=3).map("/".join)
OPERATIONS = strategies.one_of(
    strategies.tuples(strategies.just("write"), PATHS, strategies.binary(max_size=3), strategies.booleans()),
    strategies.tuples(strategies.just("mkdirs"), PATHS),
    strategies.tuples(strategies.just("delete"), PATHS, strategies.booleans()),
    strategies.tuples(strategies.just("rename"), PATHS, PATHS),
    strategies.tuples(strategies.just("ls"), PATHS),
    strategies.tuples(strategies.just("files"), PATHS),
    strategies.tuples(strategies.just("status"), PATHS),
    strategies.tuples(strategies.just("read"), PATHS),
)


def parent(path: str) -> str:
    return path.rpartition("/")[0]


def above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def below(model: Model, path: str) -> list[str]:
    return [other for other in model if other.startswith(f"{path}/")]


def is_dir(model: Model, path: str) -> bool:
    return path == "" or model.get(path, b"") is DIRECTORY


def is_file(model: Model, path: str) -> bool:
    return model.get(path) is not None


def kind(model: Model, path: str) -> str:
    content = model[path]
    return "dir" if content is DIRECTORY else f"file:{len(content)}"


def add_parents(model: Model, path: str) -> None:
    for directory in above(path):
        model[directory] = DIRECTORY


def write(model: Model, path: str, data: bytes, overwrite: bool) -> str:
    if is_dir(model, path) or (is_file(model, path) and not overwrite):
        return "FileAlreadyExistsException"
    if any(is_file(model, directory) for directory in above(path)):
        return "ParentNotDirectoryException"
    add_parents(model, path)
    model[path] = data
    return "written"


def mkdirs(model: Model, path: str) -> bool | str:
    if is_file(model, path):
        return "FileAlreadyExistsException"
    if any(is_file(model, directory) for directory in above(path)):
        return "ParentNotDirectoryException"
    add_parents(model, path)
    model[path] = DIRECTORY
    return True


def delete(model: Model, path: str, recursive: bool) -> bool | str:
    if path not in model:
        return False
    if below(model, path) and not recursive:
        return "PathIsNotEmptyDirectoryException"
    for gone in [path, *below(model, path)]:
        del model[gone]
    return True


def rename(model: Model, source: str, target: str) -> bool | str:
    if source not in model:
        return "FileNotFoundException"
    if source == target:
        return True
    if target.startswith(f"{source}/"):
        return "IOException"
    if is_file(model, target):
        return "FileAlreadyExistsException"
    if is_dir(model, target):
        target = f"{target}/{source.rpartition('/')[2]}"
        if target == source:
            return True
        if is_file(model, target) or below(model, target):
            return "FileAlreadyExistsException"
    if any(is_file(model, directory) for directory in above(target)):
        return "ParentNotDirectoryException"
    moved = {target + path[len(source) :]: model[path] for path in [source, *below(model, source)]}
    for path in [source, *below(model, source)]:
        del model[path]
    add_parents(model, target)
    model.update(moved)
    return True


def ls(model: Model, path: str) -> list[str] | str:
    if is_file(model, path):
        return [f"{path.rpartition('/')[2]} {kind(model, path)}"]
    if not is_dir(model, path):
        return "FileNotFoundException"
    return sorted(f"{p.rpartition('/')[2]} {kind(model, p)}" for p in below(model, path) if parent(p) == path)


def files(model: Model, path: str) -> list[str] | str:
    if is_file(model, path):
        return [path]
    return sorted(p for p in below(model, path) if is_file(model, p)) if path in model else "FileNotFoundException"


def status(model: Model, path: str) -> str:
    return kind(model, path) if path in model else "FileNotFoundException"


def read(model: Model, path: str) -> bytes | str:
    content = model.get(path)
    return "FileNotFoundException" if content is None else content


MODEL = {f.__name__: f for f in (write, mkdirs, delete, rename, ls, files, status, read)}


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(operations=strategies.lists(OPERATIONS, min_size=4, max_size=14))
def test_any_sequence_of_operations_is_as_in_the_model(
    operations: list[tuple[Any, ...]], make_fs: Any, keys: Any
) -> None:
    fs: HadoopFs = make_fs(paging_maximum=2)  # nearly every listing has several pages
    for path in fs.java.listStatus(fs.path("")):
        fs.java.delete(path.getPath(), True)
    model: Model = {}
    for name, *arguments in operations:
        expected = MODEL[name](model, *arguments)
        assert outcome(partial(getattr(fs, name), *arguments)) == expected, (name, arguments)
    # What other readers of the bucket see are the files, and nothing else: no object stands for a directory.
    assert keys() == sorted(path for path in model if is_file(model, path))
