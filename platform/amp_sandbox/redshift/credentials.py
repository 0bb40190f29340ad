"""Redshift's operations for temporary passwords.

A password is good for logging on until it expires; sessions go on after that. Whether the user and the groups exist is
found out at logon, as on AWS.
"""

from datetime import UTC, datetime

from amp_sandbox.protocol import Answer, Context, Request, operation
from amp_sandbox.redshift import errors
from amp_sandbox.redshift.checks import require_cluster
from amp_sandbox.warehouse.context import host_of
from amp_sandbox.warehouse.security import login, passwords, users
from amp_sandbox.warehouse.security.login import Credentials

_LEAST_SECONDS, _MOST_SECONDS = 900, 3600
# Signatures are not checked here, so all callers are the account's root.
IAM_USER = "root"
RESERVED = frozenset(("public", "rdsdb"))  # everybody, and the system itself


@operation("redshift", "GetClusterCredentials", refuses=["CustomDomainName"])
def get_cluster_credentials(ctx: Context, req: Request) -> Answer:
    """A password for a user of the database, or with AutoCreate for one that is made at logon.

    https://docs.aws.amazon.com/redshift/latest/APIReference/API_GetClusterCredentials.html
    """
    require_cluster(ctx, req["ClusterIdentifier"])
    user, groups = req["DbUser"], req.get("DbGroups") or []
    if user.lower() in RESERVED:
        raise errors.invalid_value(f"The parameter DbUser cannot be {user}.")
    _require_database(ctx, req)
    made = _credentials(ctx, user, groups, _seconds(req), auto_create=bool(req.get("AutoCreate")))
    return {"DbUser": made.login, "DbPassword": made.password, "Expiration": made.expires}


@operation("redshift", "GetClusterCredentialsWithIAM", refuses=["CustomDomainName"])
def get_cluster_credentials_with_iam(ctx: Context, req: Request) -> Answer:
    """A password for the database user of the caller's IAM identity, which is made if there is none.

    Left out: the caller's own identity. Signatures are not checked here, so everybody is the account's root.
    https://docs.aws.amazon.com/redshift/latest/APIReference/API_GetClusterCredentialsWithIAM.html
    """
    require_cluster(ctx, req.get("ClusterIdentifier") or "")
    _require_database(ctx, req)
    require_iam_user(ctx)
    made = _credentials(ctx, IAM_USER, [], _seconds(req), auto_create=False)
    return {
        "DbUser": made.login,
        "DbPassword": made.password,
        "Expiration": made.expires,
        "NextRefreshTime": made.expires,
    }


def require_iam_user(ctx: Context) -> None:
    """Make the database user of IAM identities if there is none."""
    host = host_of(ctx)
    with host.trusted() as db:
        if db.execute("SELECT 1 FROM amp_sys.users WHERE name = ?", [IAM_USER]).fetchone():
            return
        users.add(db, IAM_USER, passwords.DISABLED)
    host.changed()


def _credentials(ctx: Context, user: str, groups: list[str], seconds: int, *, auto_create: bool) -> Credentials:
    now = datetime.fromtimestamp(ctx.now(), UTC)
    with host_of(ctx).trusted() as db:
        return login.create_credentials(db, user, auto_create=auto_create, groups=groups, seconds=seconds, now=now)


def _seconds(req: Request) -> int:
    seconds: int = req.get("DurationSeconds") or _LEAST_SECONDS
    if not _LEAST_SECONDS <= seconds <= _MOST_SECONDS:
        raise errors.invalid_value(f"DurationSeconds must be between {_LEAST_SECONDS} and {_MOST_SECONDS}.")
    return seconds


def _require_database(ctx: Context, req: Request) -> None:
    """There is one database, so a password for another one would never work."""
    database = req.get("DbName")
    if database and database.lower() != host_of(ctx).database:
        raise errors.invalid_value(f"The cluster has no database {database}.")
