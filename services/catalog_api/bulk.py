"""Bulk import and export: NDJSON, a line a document, neither ever whole in memory.

**Left out:** compressed bodies. Taking back an import that was broken off: lines are stored some thousand at a time,
and as a line that is known already changes nothing, the import is simply run again.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Literal

from fastapi import HTTPException
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool

from models import EXPORTED, Creator, Document, ImportReport, Kind, LineError, Show, User, exported
from problems import faults
from store import ImportConflict, Imported, Store

LINES_PER_TRANSACTION = 2_000
BYTES_PER_TRANSACTION = 4 * 1024 * 1024
BYTES_PER_LINE = 4 * 1024 * 1024
ERRORS_REPORTED = 100
BYTES_PER_CHUNK = 64 * 1024


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _ShowLine(_Line):
    kind: Literal["show"]
    data: Show


class _CreatorLine(_Line):
    kind: Literal["creator"]
    data: Creator


class _UserLine(_Line):
    kind: Literal["user"]
    data: User


_LINE: TypeAdapter[_ShowLine | _CreatorLine | _UserLine] = TypeAdapter(
    Annotated[_ShowLine | _CreatorLine | _UserLine, Field(discriminator="kind")]
)

NumberedLine = tuple[int, bytes]


async def import_stream(store: Store, body: AsyncIterator[bytes]) -> ImportReport:
    """Import the lines of a request's body as they come in."""
    report = ImportReport(imported=0, unchanged=0, failed=0, errors=[])
    async for batch in _batches(_lines(body)):
        await run_in_threadpool(import_batch, store, batch, report)
    return report


def import_batch(store: Store, batch: list[NumberedLine], report: ImportReport) -> None:
    """Import some lines in one transaction and count them in the report."""
    numbers: list[int] = []
    documents: list[Imported] = []
    for number, line in batch:
        try:
            parsed = _LINE.validate_json(line)
        except ValidationError as error:
            _count_failure(report, number, "; ".join(f"{f.at}: {f.problem}" for f in faults(error.errors())))
        else:
            numbers.append(number)
            documents.append(Imported(parsed.kind, identifier(parsed.kind, parsed.data), content(parsed.data)))
    for number, result in zip(numbers, store.import_all(documents), strict=True):
        if isinstance(result, ImportConflict):
            _count_failure(report, number, str(result))
        elif result == "imported":
            report.imported += 1
        else:
            report.unchanged += 1


def export(store: Store, kind: Kind, as_of: str) -> Iterator[bytes]:
    """Yield the documents as they were at a moment, without what is internal, in chunks of whole lines."""
    allowed = EXPORTED[kind]
    chunk: list[bytes] = []
    size = 0
    for body in store.as_of(kind, as_of):
        line = json.dumps(exported(json.loads(body), allowed), ensure_ascii=False, separators=(",", ":")).encode()
        chunk += (line, b"\n")
        size += len(line) + 1
        if size >= BYTES_PER_CHUNK:
            yield b"".join(chunk)
            chunk, size = [], 0
    yield b"".join(chunk)


def identifier(kind: Kind, document: Document) -> str:
    """Return the id of a document."""
    return str(getattr(document, f"{kind}_id"))


def content(document: Document) -> dict[str, Any]:
    """Return a document's members as they are stored."""
    return document.model_dump()


def _count_failure(report: ImportReport, number: int, problem: str) -> None:
    report.failed += 1
    if len(report.errors) < ERRORS_REPORTED:
        report.errors.append(LineError(line=number, problem=problem))


async def _lines(body: AsyncIterator[bytes]) -> AsyncIterator[NumberedLine]:
    """Split into lines and number them; blank ones are numbered too, but not yielded."""
    number = 0
    rest = b""
    async for chunk in body:
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            number += 1
            if line.strip():
                yield number, line
        if len(rest) > BYTES_PER_LINE:
            raise HTTPException(413, f"line {number + 1} is longer than {BYTES_PER_LINE} bytes")
    if rest.strip():
        yield number + 1, rest


async def _batches(lines: AsyncIterator[NumberedLine]) -> AsyncIterator[list[NumberedLine]]:
    batch: list[NumberedLine] = []
    size = 0
    async for numbered in lines:
        batch.append(numbered)
        size += len(numbered[1])
        if len(batch) == LINES_PER_TRANSACTION or size >= BYTES_PER_TRANSACTION:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
