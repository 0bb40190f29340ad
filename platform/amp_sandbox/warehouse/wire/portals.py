"""Portals: statements that are bound to their parameters, and whose rows are taken in parts.

A session computes one result at a time. Before another statement runs, the rest of a suspended portal's rows is taken
into memory (`keep`); more than `MOST_KEPT` bytes of them are given up, and the portal fails when it is asked for more.
"""

from collections.abc import Iterator, Sequence

from amp_sandbox.warehouse.arrow_rows import ArrowRows
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.session import Prepared, Session
from amp_sandbox.warehouse.types import Column, Result, Row
from amp_sandbox.warehouse.wire.rows import RowWriter, slices

MOST_KEPT = 64 * 1024 * 1024
_ROW_BYTES = 200  # what a row of Python's values is taken for


class Portal:
    """One portal. `formats` are the result's, as bound: none, one for all columns, or one each."""

    def __init__(self, prepared: Prepared, parameters: Sequence[object], formats: Sequence[int]) -> None:
        self.prepared = prepared
        self._parameters = parameters
        self._given_formats = formats
        self._result: Result | None = None
        self._writer: RowWriter | None = None
        self._chunks: Iterator[Sequence[Row]] = iter(())
        self._rest: Sequence[Row] | None = None  # of the chunk that was cut
        self._lost: SqlError | None = None
        self.finished = False

    @property
    def is_open(self) -> bool:
        """Whether the session still computes its rows."""
        return self._result is not None and not self.finished

    def formats(self, columns: Sequence[Column]) -> list[int]:
        """The format of each column."""
        return column_formats(self._given_formats, len(columns))

    def run(self, session: Session) -> Result:
        """Run the statement, the first time; the same result again after that."""
        if self._result is None:
            result = session.execute(self.prepared, self._parameters)
            self._require_described(result)
            self._result, self._chunks = result, iter(result)
            if result.columns is not None:
                self._writer = RowWriter(result.columns, self.formats(result.columns))
        return self._result

    def rows(self, most: int) -> Iterator[tuple[int, bytes | memoryview]]:
        """Numbers of rows and their messages; at most so many rows, all for 0. `finished` tells if that was all."""
        assert self._writer is not None
        left = most or None
        while (chunk := self._next_chunk()) is not None:
            for part in slices(chunk, left):
                yield len(part), self._writer.write(part)
            if left is not None and len(chunk) > left:
                self._rest = chunk[left:]
                return
            left = None if left is None else left - len(chunk)
            if left == 0:
                # PostgreSQL does not look for another row either: the client learns the end with its next Execute.
                return
        self.finished = True

    def keep(self) -> None:
        """Take the rest of the rows into memory, as another statement is about to run."""
        if not self.is_open:
            return
        kept: list[Sequence[Row]] = []
        size = 0
        while (chunk := self._next_chunk()) is not None:
            kept.append(chunk)
            size += chunk.nbytes if isinstance(chunk, ArrowRows) else len(chunk) * _ROW_BYTES
            if size > MOST_KEPT:
                self.close()
                message = f"more than {MOST_KEPT >> 20} MB of a portal's rows are left while another statement runs"
                self._lost = SqlError("0A000", message, hint="Read the portal to its end first.")
                return
        self._chunks = iter(kept)

    def close(self) -> None:
        """Give up the rows."""
        if self._result is not None:
            self._result.close()
        self._chunks, self._rest = iter(()), None

    def _next_chunk(self) -> Sequence[Row] | None:
        if self._lost is not None:
            raise self._lost
        if self._rest is not None:
            chunk, self._rest = self._rest, None
            return chunk
        return next((chunk for chunk in self._chunks if len(chunk)), None)

    def _require_described(self, result: Result) -> None:
        described, found = self.prepared.columns, result.columns
        if [column.type.oid for column in described or ()] != [column.type.oid for column in found or ()]:
            result.close()
            raise SqlError("0A000", "cached plan must not change result type")


def column_formats(given: Sequence[int], count: int) -> list[int]:
    """The format of each of so many columns or parameters; raises SqlError (08P01) when they do not fit."""
    if any(code not in (0, 1) for code in given):
        raise SqlError("22023", f"unsupported format code: {next(code for code in given if code not in (0, 1))}")
    if len(given) <= 1:
        return list(given or [0]) * count
    if len(given) != count:
        raise SqlError("08P01", f"bind message has {len(given)} formats but {count} are needed")
    return list(given)
