"""Amp's catalogue service: shows, creators and users over HTTP, every version kept.

    uvicorn --app-dir services/catalog_api --host 127.0.0.1 --port 8070 app:app

**Left out:** authentication and rate limits, which the gateway in front of it has; DELETE; conditional GET; a limit on
the size of a PUT. Announcing changes: whoever changes a show also publishes the change.
"""

import base64
import binascii
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request, Response
from fastapi import Path as InPath
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import StreamingResponse

import bulk
from models import (
    Creator,
    CreatorId,
    CreatorPage,
    Document,
    Health,
    ImportReport,
    Kind,
    Show,
    ShowId,
    ShowPage,
    User,
    UserId,
    UserPage,
    as_moment,
)
from problems import answer_with_problems, documented
from store import Store, Stored, VersionConflict, a_moment_ago

NDJSON = "application/x-ndjson"
_ETAG = re.compile(r'"([1-9][0-9]{0,15})"')
_PLURALS: dict[str, Kind] = {"shows": "show", "creators": "creator", "users": "user"}


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.store = Store(Path(os.environ.get("CATALOG_DB", "catalog.sqlite")))
    yield
    app.state.store.close()


app = FastAPI(
    title="Amp catalogue",
    version="1.0.0",
    description="Shows, creators and users. Times are RFC 3339, UTC, with milliseconds. Errors are problem documents.",
    lifespan=_lifespan,
    # The pages that show the document load scripts from elsewhere; the document itself is at /openapi.json.
    docs_url=None,
    redoc_url=None,
    redirect_slashes=False,
    telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
)
answer_with_problems(app)
# Names in the Host header that are answered for, so that no web page reads this service by a name of its own for it.
app.add_middleware(TrustedHostMiddleware, allowed_hosts=os.environ.get("ALLOWED_HOSTS", "*").split(","))


# Dependencies are coroutines because FastAPI runs plain functions in threads, which takes longer than they do.
async def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


def _query_only(*names: str) -> Callable[[Request], Awaitable[None]]:
    """A dependency that refuses query parameters which are not known, or given twice."""

    async def check(request: Request) -> None:
        given = [name for name, _ in request.query_params.multi_items()]
        unknown = sorted(set(given) - set(names))
        if unknown:
            raise HTTPException(422, f"unknown query parameter: {', '.join(unknown)}")
        if len(given) != len(set(given)):
            raise HTTPException(422, "a query parameter is given twice")

    return check


AStore = Annotated[Store, Depends(_store)]
Cursor = Annotated[str, Query(description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=1000)]
IfMatch = Annotated[str | None, Header(description="The ETag of the version to replace.")]
NoQuery = Depends(_query_only())
PageQuery = Depends(_query_only("cursor", "limit"))
ON_GET = documented(404, 422)
ON_LIST = documented(422)
ON_PUT = documented(412, 422, 428)


@app.get("/health", dependencies=[NoQuery], responses=documented(422, 500))
def health(store: AStore) -> Health:
    """Whether the service can do its work."""
    store.ping()
    return Health(status="ok")


@app.get("/v1/shows/{show_id}", response_model=Show, dependencies=[NoQuery], responses=ON_GET)
def get_show(show_id: Annotated[ShowId, InPath()], store: AStore) -> Response:
    """A show, as it is now."""
    return _get(store, "show", show_id)


@app.get("/v1/shows", response_model=ShowPage, dependencies=[PageQuery], responses=ON_LIST)
def list_shows(store: AStore, cursor: Cursor = "", limit: Limit = 100) -> Response:
    """All shows, page by page, by id."""
    return _list(store, "show", cursor, limit)


@app.put("/v1/shows/{show_id}", response_model=Show, dependencies=[NoQuery], responses=ON_PUT)
def put_show(show_id: Annotated[ShowId, InPath()], body: Show, store: AStore, if_match: IfMatch = None) -> Response:
    """Create a show, or replace the version that If-Match or the body's `version` names."""
    return _put(store, "show", show_id, body, if_match)


@app.get("/v1/creators/{creator_id}", response_model=Creator, dependencies=[NoQuery], responses=ON_GET)
def get_creator(creator_id: Annotated[CreatorId, InPath()], store: AStore) -> Response:
    """A creator, as they are now."""
    return _get(store, "creator", creator_id)


@app.get("/v1/creators", response_model=CreatorPage, dependencies=[PageQuery], responses=ON_LIST)
def list_creators(store: AStore, cursor: Cursor = "", limit: Limit = 100) -> Response:
    """All creators, page by page, by id."""
    return _list(store, "creator", cursor, limit)


@app.put("/v1/creators/{creator_id}", response_model=Creator, dependencies=[NoQuery], responses=ON_PUT)
def put_creator(
    creator_id: Annotated[CreatorId, InPath()], body: Creator, store: AStore, if_match: IfMatch = None
) -> Response:
    """Create a creator, or replace the version that If-Match or the body's `version` names."""
    return _put(store, "creator", creator_id, body, if_match)


@app.get("/v1/users/{user_id}", response_model=User, dependencies=[NoQuery], responses=ON_GET)
def get_user(user_id: Annotated[UserId, InPath()], store: AStore) -> Response:
    """A user, as they are now."""
    return _get(store, "user", user_id)


@app.get("/v1/users", response_model=UserPage, dependencies=[PageQuery], responses=ON_LIST)
def list_users(store: AStore, cursor: Cursor = "", limit: Limit = 100) -> Response:
    """All users, page by page, by id."""
    return _list(store, "user", cursor, limit)


@app.put("/v1/users/{user_id}", response_model=User, dependencies=[NoQuery], responses=ON_PUT)
def put_user(user_id: Annotated[UserId, InPath()], body: User, store: AStore, if_match: IfMatch = None) -> Response:
    """Create a user, or replace the version that If-Match or the body's `version` names."""
    return _put(store, "user", user_id, body, if_match)


@app.get(
    "/v1/exports/{collection}",
    response_class=StreamingResponse,
    dependencies=[Depends(_query_only("as_of"))],
    responses={200: {"content": {NDJSON: {}}, "description": "A document a line, by id."}, **documented(422)},
)
def export(
    collection: Annotated[Literal["shows", "creators", "users"], InPath()],
    store: AStore,
    as_of: Annotated[str | None, Query(description="RFC 3339; now, if not given.")] = None,
) -> Response:
    """The state of a collection at a moment, without internal members and e-mail addresses.

    The answer's `As-Of` header says the moment. Asked again for a moment in the past, the answer is the same, unless
    versions of that time have been imported since.
    """
    try:
        moment = as_moment(as_of) if as_of is not None else a_moment_ago()
    except ValueError as error:
        raise HTTPException(422, f"as_of {error}") from None
    return StreamingResponse(
        bulk.export(store, _PLURALS[collection], moment), media_type=NDJSON, headers={"As-Of": moment}
    )


@app.post(
    "/v1/import",
    dependencies=[NoQuery],
    responses=documented(413, 415, 422),
    openapi_extra={"requestBody": {"required": True, "content": {NDJSON: {}}}},
)
async def import_documents(request: Request, store: AStore) -> ImportReport:
    """Store documents in bulk, one a line: `{"kind": "show"|"creator"|"user", "data": {…}}`.

    A document may say its `version` and `updated_at`, so that a history can be imported, oldest first. Lines that
    cannot be stored are reported with their numbers; the others are stored.
    """
    # Any page may make a browser send plain text here, but nothing of this type without asking first.
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != NDJSON:
        raise HTTPException(415, f"the Content-Type must be {NDJSON}")
    return await bulk.import_stream(store, request.stream())


def _get(store: Store, kind: Kind, id_: str) -> Response:
    stored = store.latest(kind, id_)
    if stored is None:
        raise HTTPException(404, f"no {kind} {id_}")
    return _document(stored)


def _list(store: Store, kind: Kind, cursor: str, limit: int) -> Response:
    rows = store.page(kind, _decoded(cursor), limit + 1)
    following = f'"{_encoded(rows[limit - 1][0])}"' if len(rows) > limit else "null"
    items = ",".join(body for _, body in rows[:limit])
    return Response(f'{{"items":[{items}],"next_cursor":{following}}}', media_type="application/json")


def _put(store: Store, kind: Kind, id_: str, body: Document, if_match: str | None) -> Response:
    if bulk.identifier(kind, body) != id_:
        raise HTTPException(422, f"the {kind}_id of the body is not that of the path")
    replaces = _replaced(body.version, if_match)
    try:
        stored = store.put(kind, id_, bulk.content(body), replaces)
    except VersionConflict as conflict:
        if replaces is None:
            raise HTTPException(428, f"{kind} {id_} exists: name the version to replace") from None
        known = f"is at version {conflict.current}" if conflict.current else "does not exist"
        raise HTTPException(412, f"{kind} {id_} {known}") from None
    return _document(stored, status=200 if replaces else 201)


def _replaced(version: int | None, if_match: str | None) -> int | None:
    if if_match is None:
        return version
    etag = _ETAG.fullmatch(if_match)
    if etag is None:
        raise HTTPException(422, 'If-Match must be one ETag of this service, such as "3"')
    if version is not None and version != int(etag[1]):
        raise HTTPException(422, "If-Match and the body's version differ")
    return int(etag[1])


def _document(stored: Stored, status: int = 200) -> Response:
    return Response(stored.body, status, {"ETag": f'"{stored.version}"'}, media_type="application/json")


def _encoded(last_id: str) -> str:
    return base64.urlsafe_b64encode(last_id.encode()).decode()


def _decoded(cursor: str) -> str:
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, UnicodeError, ValueError):
        raise HTTPException(422, "cursor is not one of this service") from None
