"""Reading the services' log files below the home: their ends, and what is added to them.

**Left out:** merging by time. Lines come file by file when printed and as they are written when followed; formats
differ too much between the services to sort by.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from amp_sandbox import paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.runtime.facts import Line
from amp_sandbox.runtime.readiness import last_lines

POLL_SECONDS = 0.2


def known(source: str | None, names: Sequence[str], hidden: Sequence[str] = ()) -> list[str]:
    """The logs that are asked for: one, or all but those that only who names them wants to see.

    Raises SandboxError when there is no such log.
    """
    if source is None:
        return [name for name in names if name not in hidden]
    if source not in names:
        raise SandboxError(f"There is no log of {source!r}.", hint=f"Known: {', '.join([*names, 'lambda/<function>'])}")
    return [source]


def files(home: Path, names: Sequence[str]) -> dict[str, Path]:
    """Where the logs of services are."""
    return {name: paths.logs_dir(home) / f"{name}.log" for name in names}


def lines(files: Mapping[str, Path], count: int, *, follow: bool) -> Iterator[Line]:
    """The last lines of each file; with `follow` then every new one, without end."""
    tails = {name: Tail(path) for name, path in files.items()} if follow else {}
    for name, path in files.items():
        yield from (Line(name, text) for text in last_lines(path, count))
    while follow:
        for name, tail in tails.items():
            yield from (Line(name, text) for text in tail.new_lines())
        time.sleep(POLL_SECONDS)


class Tail:
    """What is added to a file after now; goes on in the new file when the log is rotated."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._inode, self._offset = self._look()
        self._rest = b""

    def new_lines(self) -> list[str]:
        """What was added since the last time; a line is told once it is whole."""
        inode, size = self._look()
        if inode != self._inode or size < self._offset:
            self._inode, self._offset, self._rest = inode, 0, b""
        if size <= self._offset:
            return []
        with self._path.open("rb") as file:
            file.seek(self._offset)
            data = self._rest + file.read()
            self._offset = file.tell()
        *lines, self._rest = data.split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def _look(self) -> tuple[int, int]:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return 0, 0
        return found.st_ino, found.st_size
