"""How many publications the ledger holds, counted once each: its files only grow, so what was counted is remembered."""

from pathlib import Path

from amp_sandbox.publish import ledger
from amp_sandbox.settings import Settings

_CHUNK = 1 << 20


class LedgerCounts:
    """Counts the lines of a stream's files; each byte is read once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._read: dict[str, tuple[int, int]] = {}  # of a file: bytes read, lines found in them

    def lines(self, stream: str) -> int:
        """The publications of a stream until now."""
        return sum(self._count(path) for path in ledger.files(self._settings, stream))

    def _count(self, path: str) -> int:
        offset, lines = self._read.get(path, (0, 0))
        size = Path(path).stat().st_size
        if size < offset:
            offset, lines = 0, 0
        if size > offset:
            with Path(path).open("rb") as file:
                file.seek(offset)
                while chunk := file.read(_CHUNK):
                    offset += len(chunk)
                    lines += chunk.count(b"\n")
        self._read[path] = (offset, lines)
        return lines
