"""The Data API's operation on sessions that are kept.

**Left out:** sessions that were closed: they are forgotten, and Status=CLOSED is refused.
"""

from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.protocol.pages import page_of
from amp_sandbox.redshift_data import errors
from amp_sandbox.redshift_data.pages import position_of
from amp_sandbox.redshift_data.runner import KeptSession
from amp_sandbox.warehouse.context import runner_of

_PAGE = 100


@operation("redshift-data", "ListSessions", refuses=["WorkgroupName"])
def list_sessions(ctx: Context, req: Request) -> Answer:
    """Show the sessions that are open, the newest first.

    Left out: RoleLevel (false is refused): callers are not told apart.
    https://docs.aws.amazon.com/redshift-data/latest/APIReference/API_ListSessions.html
    """
    if req.get("RoleLevel") is False:
        raise errors.invalid("RoleLevel cannot be false here: callers are not told apart.")
    if req.get("Status") == "CLOSED":
        raise errors.invalid("Status cannot be CLOSED here: sessions are forgotten when they are closed.")
    after = position_of(req, list)
    found = [one for one in runner_of(ctx).sessions() if after is None or _place(one) < after]
    asked_for = iter([one for one in found if _is_asked_for(one, req)])
    page, token = page_of(asked_for, req.get("MaxResults") or _PAGE, _place)
    return {"Sessions": [_listed(one) for one in page], **token}


def _place(session: KeptSession) -> list[object]:
    return [session.created_at, session.id]


def _is_asked_for(session: KeptSession, req: Request) -> bool:
    said = {
        "SessionId": session.id,
        "Status": session.status,
        "ClusterIdentifier": session.target.cluster,
        "Database": session.target.database,
    }
    return all(req.get(name) in (None, value) for name, value in said.items())


def _listed(session: KeptSession) -> Answer:
    target = session.target
    return {
        "SessionId": session.id,
        "Status": session.status,
        "CreatedAt": session.created_at,
        "UpdatedAt": session.used_at,
        "Database": target.database,
        "DbUser": target.user,
        "SessionAliveSeconds": session.seconds,
        "SessionTtl": session.used_at + session.seconds,
        **({"ClusterIdentifier": target.cluster} if target.cluster else {}),
        **({"CurrentStatementId": session.statement} if session.statement else {}),
    }
