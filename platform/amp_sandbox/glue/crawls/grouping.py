"""Which folders are tables and which are partitions of one, from what they hold and the crawler's configuration.

As AWS's crawlers do: below an include path, when most folders of a level hold similar data, the level is partitions
and the folder above is a table; otherwise each of them is a table of its own. Data is compatible when its format and
compression are the same, and similar when 70 % of the columns have the same names, too.
https://docs.aws.amazon.com/glue/latest/dg/crawler-grouping-policy.html

* CombineCompatibleSchemas: compatible is enough.
* TableLevelConfiguration: a folder of that level (the bucket is 1) is one table, whatever is below it, and so is the
  include path of a target that lies deeper. What is compatible with most of its objects is in the table.
https://docs.aws.amazon.com/glue/latest/dg/crawler-table-level.html

Partitions are named by their folders when these are all `name=value`, and partition_0, partition_1 and so on otherwise.
A column that has the name of a partition key is the key alone, as no engine reads a table with both.

**Left out:** what AWS decides in cases that it does not document; it is deterministic here, and whatever data is left
out of a table is noticed in the log.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, reduce
from urllib.parse import unquote

from amp_sandbox.glue.crawler_config import CrawlerConfig
from amp_sandbox.glue.crawls.inference import Format, Found, Kind
from amp_sandbox.glue.crawls.types import Columns, HiveType, merged_columns

SIMILAR = 0.7

_HIVE = re.compile(r"([^=]+)=(.*)")
_FIRST_LEVEL = 1


@dataclass(frozen=True)
class Leaf:
    """A folder with data: its key, the names of the folders from its table to it, and what it holds."""

    key: str
    path: tuple[str, ...]
    format: Format
    columns: Columns
    kinds: tuple[Kind, ...]


@dataclass(frozen=True)
class FoundTable:
    """A table that was found. `root` is the key of its folder, with its slash, or of its one object."""

    root: str
    leaves: tuple[Leaf, ...]
    depth: int

    @cached_property
    def format(self) -> Format:
        """The format of its objects."""
        formats = [leaf.format for leaf in self.leaves]
        return next((one for one in formats if one.quoted), formats[0])

    @cached_property
    def columns(self) -> dict[str, HiveType]:
        """Its columns without partition keys."""
        keys = self.keys
        columns = reduce(merged_columns, (leaf.columns for leaf in self.leaves), dict[str, HiveType]())
        return {name: kind for name, kind in columns.items() if name not in keys}

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The names of its partition keys."""
        return tuple(key or f"partition_{level}" for level, key in enumerate(self._named))

    def values(self, leaf: Leaf) -> tuple[str, ...]:
        """A leaf's partition values."""
        pairs = zip(leaf.path, self._named, strict=True)
        return tuple(part if key is None else unquote(part.partition("=")[2]) for part, key in pairs)

    @cached_property
    def _named(self) -> tuple[str | None, ...]:
        """For each level of folders, the key that all their names have."""
        levels = [{_hive_key(leaf.path[level]) for leaf in self.leaves} for level in range(self.depth)]
        return tuple(next(iter(names)) if len(names) == 1 else None for names in levels)


@dataclass
class _Node:
    """A folder in the tree of folders: what it holds itself, and the folders in it."""

    key: str
    found: Found | None = None
    children: dict[str, "_Node"] = field(default_factory=dict)


def tables_in(
    root: str, folders: Mapping[str, Found], config: CrawlerConfig, notice: Callable[[str], None]
) -> list[FoundTable]:
    """The tables below an include path; `root` is its key with the slash, folders are by key.

    `notice` is told what is left out of a table and why.
    """
    tree = _tree(root, folders)
    grouping = _Grouping(config, notice)
    if config.table_level is None:
        return grouping.tables(tree)
    return list(grouping.at_level(tree, _FIRST_LEVEL + root.count("/")))


def table_name(bucket: str, table: FoundTable, prefix: str) -> str:
    """A table's name: that of its folder, or of the bucket, in the characters that names can have."""
    last = table.root.rstrip("/").rpartition("/")[2] or bucket
    return re.sub(r"[^a-z0-9_]", "_", (prefix + last).lower())


class _Grouping:
    def __init__(self, config: CrawlerConfig, notice: Callable[[str], None]) -> None:
        self._config, self._notice = config, notice

    def at_level(self, node: _Node, level: int) -> Iterator[FoundTable]:
        """The tables at the configured level, or at the include path if that is deeper."""
        assert self._config.table_level is not None
        if level >= self._config.table_level:
            yield from self._whole(node)
            return
        for key in _keys(node.found):
            self._notice(f"{key} is above the table level {self._config.table_level}: left out")
        for child in node.children.values():
            yield from self.at_level(child, level + 1)

    def tables(self, node: _Node) -> list[FoundTable]:
        """The tables of a folder and of what is below it; one that has the folder as its root may be part of more."""
        own = self._own(node)
        below = {name: self.tables(child) for name, child in node.children.items()}
        single = {name: some[0] for name, some in below.items() if len(some) == 1 and some[0].root.endswith("/")}
        single = {name: one for name, one in single.items() if one.root == node.children[name].key}
        together = self._partitions(node, single, sum(bool(some) for some in below.values()))
        if together is None:
            return [*own, *(table for some in below.values() for table in some)]
        inside = {leaf.path[0] for leaf in together.leaves}
        rest = [table for name, some in below.items() if name not in inside for table in some]
        if not own:
            return [together, *rest]
        if len(own) == 1 and self._alike(own[0], together) and not any(map(_hive_key, single)):
            # Engines read a table's folder with all that is in it.
            leaves = (*own[0].leaves, *together.leaves)
            return [FoundTable(node.key, tuple(Leaf(one.key, (), *_held(one)) for one in leaves), 0), *rest]
        for table in own:
            for key in (key for leaf in table.leaves for kind in leaf.kinds for key in kind.keys):
                self._notice(f"{key} lies beside partitions of {node.key or 'the bucket'}: left out")
        return [together, *rest]

    def _own(self, node: _Node) -> list[FoundTable]:
        """The table of a folder's own objects, or one of each object when they have too little in common."""
        kinds = node.found.kinds if node.found else ()
        if not kinds:
            return []
        leaf = self._merged(node.key, kinds)
        if leaf is not None:
            return [FoundTable(node.key, (leaf,), 0)]
        return [
            FoundTable(key, (Leaf(key, (), kind.format, kind.columns, (_only(kind, key),)),), 0)
            for kind in kinds
            for key in kind.keys
        ]

    def _merged(self, key: str, kinds: Sequence[Kind]) -> Leaf | None:
        """One leaf of a folder's objects, if they are compatible and most of them similar."""
        if len({kind.format.compatible for kind in kinds}) > 1:
            return None
        if not self._config.combine_compatible and not _mostly(
            [(kind.columns, len(kind.keys)) for kind in kinds], sum(len(kind.keys) for kind in kinds)
        ):
            return None
        return _leaf(key, (), kinds)

    def _partitions(self, node: _Node, single: Mapping[str, FoundTable], folders: int) -> FoundTable | None:
        """The table of a folder whose folders are partitions, if they are."""
        shapes = Counter((one.format.compatible, one.depth) for one in single.values())
        if not shapes:
            return None
        shape = shapes.most_common(1)[0][0]
        alike = {name: one for name, one in single.items() if (one.format.compatible, one.depth) == shape}
        if self._config.combine_compatible:
            together = len(alike) * 2 > folders
        else:
            together = _mostly([(one.columns, 1) for one in alike.values()], folders)
        if not together:
            return None
        leaves = (
            Leaf(leaf.key, (name, *leaf.path), *_held(leaf)) for name, one in alike.items() for leaf in one.leaves
        )
        return FoundTable(node.key, tuple(leaves), shape[1] + 1)

    def _alike(self, one: FoundTable, other: FoundTable) -> bool:
        if one.format.compatible != other.format.compatible:
            return False
        return self._config.combine_compatible or _similar(one.columns, other.columns)

    def _whole(self, node: _Node) -> Iterator[FoundTable]:
        """One table of a folder with all that is below it, as far as it is compatible."""
        held = list(_held_below(node, ()))
        weights: Counter[tuple[object, int]] = Counter()
        for _, path, kind in held:
            weights[kind.format.compatible, len(path)] += len(kind.keys)
        if not weights:
            return
        shape = max(weights, key=lambda one: weights[one])
        kinds: dict[tuple[str, tuple[str, ...]], list[Kind]] = {}
        for key, path, kind in held:
            if (kind.format.compatible, len(path)) == shape:
                kinds.setdefault((key, path), []).append(kind)
            else:
                self._left_out(node, kind)
        leaves = tuple(_leaf(key, path, some) for (key, path), some in kinds.items())
        yield FoundTable(node.key, leaves, shape[1])

    def _left_out(self, node: _Node, kind: Kind) -> None:
        what = f"{kind.format.classification} ({kind.format.compression})"
        for key in kind.keys:
            self._notice(f"{key} is {what}, or as deep as no partition of {node.key or 'the bucket'}: left out")


def _tree(root: str, folders: Mapping[str, Found]) -> _Node:
    tree = _Node(root)
    for key, found in sorted(folders.items()):
        node = tree
        for part in key.removeprefix(root).split("/")[:-1]:
            node = node.children.setdefault(part, _Node(f"{node.key}{part}/"))
        node.found = found
    return tree


def _held_below(node: _Node, path: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...], Kind]]:
    for kind in node.found.kinds if node.found else ():
        yield node.key, path, kind
    for name, child in node.children.items():
        yield from _held_below(child, (*path, name))


def _leaf(key: str, path: tuple[str, ...], kinds: Sequence[Kind]) -> Leaf:
    columns = reduce(merged_columns, (kind.columns for kind in kinds), dict[str, HiveType]())
    quoted = next((kind.format for kind in kinds if kind.format.quoted), kinds[0].format)
    return Leaf(key, path, quoted, columns, tuple(kinds))


def _held(leaf: Leaf) -> tuple[Format, Columns, tuple[Kind, ...]]:
    return leaf.format, leaf.columns, leaf.kinds


def _only(kind: Kind, key: str) -> Kind:
    """One object's share of what is known of several."""
    share = len(kind.keys)
    return Kind(kind.format, kind.columns, (key,), kind.records // share, max(1, kind.stored // share), kind.whole)


def _mostly(schemas: Iterable[tuple[Columns, int]], total: int) -> bool:
    """Whether more than half of `total` are similar to the same one of these, each counted as often as it says."""
    names: Counter[frozenset[str]] = Counter()
    for columns, count in schemas:
        names[frozenset(columns)] += count
    return any(sum(names[other] for other in names if _similar(one, other)) * 2 > total for one in names)


def _similar(one: Collection[str], other: Collection[str]) -> bool:
    """Whether columns of these names are similar."""
    return len(set(one) & set(other)) >= SIMILAR * max(len(one), len(other))


def _hive_key(part: str) -> str | None:
    """The key of a folder that is named `key=value`."""
    written = _HIVE.fullmatch(part)
    return written[1].lower() if written else None


def _keys(found: Found | None) -> Iterable[str]:
    return [key for kind in (found.kinds if found else ()) for key in kind.keys]
