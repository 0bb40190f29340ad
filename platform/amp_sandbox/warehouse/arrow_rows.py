"""A chunk of a result's rows that DuckDB answered as Arrow columns.

It is a sequence of tuples as any other chunk, for whoever reads rows; the wire takes the columns.

**Left out:** columns whose values Python would read as others than a session's rows have: the engine answers those in
tuples.
"""

from collections.abc import Iterator, Sequence
from typing import Any, overload

from amp_sandbox.warehouse.types import Row


class ArrowRows(Sequence[Row]):
    """Rows in a record batch."""

    def __init__(self, batch: Any) -> None:
        self.batch = batch  # a pyarrow.RecordBatch; pyarrow has no types

    @property
    def nbytes(self) -> int:
        """The memory of the columns."""
        return int(self.batch.nbytes)

    def column(self, place: int) -> list[Any]:
        """The values of one column."""
        values: list[Any] = self.batch.column(place).to_pylist()
        return values

    def __len__(self) -> int:
        return int(self.batch.num_rows)

    def __iter__(self) -> Iterator[Row]:
        if not self.batch.num_columns:
            return iter([()] * len(self))
        return zip(*(self.column(place) for place in range(self.batch.num_columns)), strict=True)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> "ArrowRows": ...

    def __getitem__(self, place: "int | slice") -> "Row | ArrowRows":
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            if step != 1:
                raise ValueError("a part of the rows is without gaps")
            return ArrowRows(self.batch.slice(start, max(0, stop - start)))
        return next(iter(self[place : place + 1] if place >= 0 else self[len(self) + place : len(self) + place + 1]))
