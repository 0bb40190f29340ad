"""Errors as RFC 9457 problem documents. They say what is wrong and where, never what was sent.

https://www.rfc-editor.org/rfc/rfc9457
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

PROBLEM_JSON = "application/problem+json"


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    at: str = Field(description="Where: body.title, query.limit, …")
    problem: str


class Problem(BaseModel):
    """What went wrong."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[Fault] = []


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The answers of an operation that are problems, for the OpenAPI document."""
    schema = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": schema} for status in statuses}


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of the application a problem document, and describe those in its OpenAPI document."""

    @app.exception_handler(HTTPException)
    async def http_error(_request: Request, error: HTTPException) -> Response:
        return _response(error.status_code, str(error.detail), headers=error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid_request(_request: Request, error: RequestValidationError) -> Response:
        return _response(422, "the request is not valid", errors=faults(error.errors()))

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, _error: Exception) -> Response:
        return _response(500, "the service failed; its log says why")

    describe = app.openapi

    def openapi() -> dict[str, Any]:
        document = describe()
        schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        document["components"]["schemas"] |= {**schema.pop("$defs"), "Problem": schema}
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI's documentation extends it


def faults(errors: Sequence[Any]) -> list[Fault]:
    """Pydantic's errors without the values that they were found in."""
    return [Fault(at=".".join(str(part) for part in error["loc"]), problem=error["msg"]) for error in errors]


def _response(
    status: int, detail: str, *, errors: Sequence[Fault] = (), headers: Mapping[str, str] | None = None
) -> Response:
    problem = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail, errors=list(errors))
    return Response(problem.model_dump_json(), status, headers=dict(headers or {}), media_type=PROBLEM_JSON)
