"""Checks that several operations share, and pages of lists."""

import base64
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from amp_sandbox.emr_containers import errors, store
from amp_sandbox.emr_containers.store import JobRun, VirtualCluster
from amp_sandbox.protocol import Context, Request

T = TypeVar("T", VirtualCluster, JobRun)
_PAGE = 50
_LARGEST_PAGE = 500


def require_cluster(ctx: Context, cluster_id: str) -> VirtualCluster:
    """A virtual cluster in any state."""
    cluster = store.get_cluster(ctx.db, cluster_id)
    if cluster is None:
        raise errors.not_found(f"Virtual cluster {cluster_id}")
    return cluster


def require_run(ctx: Context, req: Request) -> JobRun:
    """The job run that a request names."""
    require_cluster(ctx, req["virtualClusterId"])
    run = store.get_run(ctx.db, req["virtualClusterId"], req["id"])
    if run is None:
        raise errors.not_found(f"Job run {req['id']}")
    return run


def require_same_request(kept: dict[str, Any], req: Request) -> None:
    """What was sent with a client token before; AWS refuses another request with the same one."""
    if kept != kept_request(req):
        raise errors.invalid(f"The client token {req['clientToken']!r} was used before, with a different request.")


def kept_request(req: Request) -> dict[str, Any]:
    """A request as it is kept and compared."""
    return {member: value for member, value in req.items() if value is not None}


def page_of(req: Request, items: Sequence[T], wanted: Callable[[T], bool]) -> tuple[list[T], dict[str, str]]:
    """The page of `items` (the newest first) that a request asks for, and the answer's nextToken if there are more."""
    limit = req.get("maxResults") or _PAGE
    if not 1 <= limit <= _LARGEST_PAGE:
        raise errors.invalid(f"maxResults must be between 1 and {_LARGEST_PAGE}, not {limit}.")
    before = _position(req.get("nextToken"))
    found = [item for item in items if (before is None or item.number < before) and _made_within(req, item)]
    found = [item for item in found if wanted(item)]
    page = found[:limit]
    if len(found) <= limit:
        return page, {}
    return page, {"nextToken": base64.urlsafe_b64encode(str(page[-1].number).encode()).decode()}


def _made_within(req: Request, item: VirtualCluster | JobRun) -> bool:
    after, before = req.get("createdAfter"), req.get("createdBefore")
    return (after is None or item.created_at > after.timestamp()) and (
        before is None or item.created_at < before.timestamp()
    )


def _position(token: str | None) -> int | None:
    if token is None:
        return None
    try:
        return int(base64.urlsafe_b64decode(token))
    except ValueError:
        raise errors.invalid(f"The nextToken {token!r:.100} is none that this operation gave.") from None
