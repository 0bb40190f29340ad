"""Whom a request runs as: a database user, the user of a secret, or the caller's IAM identity.

**Left out:** serverless workgroups (WorkgroupName), refused by name.

https://docs.aws.amazon.com/redshift/latest/mgmt/data-api-access.html
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from amp_sandbox.protocol import Context, Request
from amp_sandbox.redshift.credentials import IAM_USER, RESERVED, require_iam_user
from amp_sandbox.redshift_data import errors
from amp_sandbox.warehouse.context import host_of
from amp_sandbox.warehouse.host import Host, HostLogins
from amp_sandbox.warehouse.security.login import Login
from amp_sandbox.warehouse.session import Session


@dataclass(frozen=True, repr=False)
class Target:
    """A user and a database; with a password when a secret gave it. What is shown of it has no secret in it."""

    user: str
    database: str
    cluster: str | None
    password: str | None = None
    secret_arn: str | None = None

    def open(self, host: Host) -> Session:
        """A session. Raises SqlError."""
        if self.password is not None:
            login = HostLogins(host).by_password(self.user, self.password)
        else:
            login = Login(self.user, (), {}, None, None)
        return host.log_on(login, self.database, {"application_name": "redshift-data"})

    def shown(self) -> dict[str, Any]:
        """What answers say of it."""
        said = {
            "Database": self.database,
            "ClusterIdentifier": self.cluster,
            "SecretArn": self.secret_arn,
            "DbUser": None if self.secret_arn else self.user,
        }
        return {name: value for name, value in said.items() if value is not None}


def target_of(ctx: Context, req: Request) -> Target:
    """Whom a request runs as, and where."""
    cluster, arn, user = req.get("ClusterIdentifier"), req.get("SecretArn"), req.get("DbUser")
    _require_cluster(ctx, cluster)
    database = req.get("ConnectedDatabase") or req.get("Database")
    if arn:
        if user:
            raise errors.invalid("Give either DbUser or SecretArn.")
        secret = _secret(ctx, arn)
        database = database or secret.get("dbname") or secret.get("database")
        return Target(_text(secret, "username"), _given(database), cluster, _text(secret, "password"), arn)
    if not cluster:
        raise errors.invalid("Give ClusterIdentifier, with DbUser or without, or SecretArn.")
    if user and user.lower() in RESERVED:
        raise errors.invalid(f"DbUser cannot be {user}.")
    if user:
        return Target(user.lower(), _given(database), cluster)
    require_iam_user(ctx)
    return Target(IAM_USER, _given(database), cluster)


def _require_cluster(ctx: Context, name: str | None) -> None:
    if name is not None and name not in host_of(ctx).cluster_names():
        raise errors.invalid(f"Redshift endpoint doesn't exist in this region: {name}")


def _given(database: str | None) -> str:
    if not database:
        raise errors.invalid("Database is needed.")
    return database


def _secret(ctx: Context, arn: str) -> Mapping[str, Any]:
    try:
        text = ctx.aws("secretsmanager").get_secret_value(SecretId=arn).get("SecretString") or ""
        secret = json.loads(text)
    except ClientError as error:
        raise errors.invalid(f"The secret {arn} cannot be read: {error.response['Error']['Message']}") from error
    except ValueError as error:
        raise errors.invalid(f"The secret {arn} is not JSON.") from error
    if not isinstance(secret, dict):
        raise errors.invalid(f"The secret {arn} is not a JSON object.")
    return secret


def _text(secret: Mapping[str, Any], name: str) -> str:
    value = secret.get(name)
    if not isinstance(value, str) or not value:
        raise errors.invalid(f"The secret has no {name}.")
    return value
