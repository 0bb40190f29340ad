"""The master user of the cluster: the warehouse's first superuser, under the name and password it was given.

A managed password is in Secrets Manager, as AWS keeps it: a secret `redshift/<cluster>-<user>` with `username` and
`password`. It is not rotated by itself.

https://docs.aws.amazon.com/redshift/latest/mgmt/redshift-secrets-manager-integration.html
"""

import json
from typing import Any

from amp_sandbox.protocol import Context
from amp_sandbox.redshift import errors
from amp_sandbox.warehouse.context import host_of
from amp_sandbox.warehouse.errors import SqlError
from amp_sandbox.warehouse.security import passwords, users
from amp_sandbox.warehouse.security.tables import ADMIN


def set_master(ctx: Context, name: str, password: str) -> None:
    """Give the first superuser its name and password."""
    host = host_of(ctx)
    try:
        with host.trusted() as db:
            taken = db.execute("SELECT id FROM amp_sys.users WHERE name = ? AND id <> ?", [name, ADMIN]).fetchone()
            if taken is not None:
                raise errors.invalid_value(f"There is a user {name} in the database already.")
            db.execute("UPDATE amp_sys.users SET name = ? WHERE id = ?", [name, ADMIN])
            users.set_password(db, name, password)
    except SqlError as error:
        raise errors.invalid_value(
            f"The parameter MasterUserPassword is not a valid password: {error.message}"
        ) from error
    host.changed()


def managed_secret(ctx: Context, cluster: str, user: str, existing: str | None = None) -> tuple[str, str]:
    """A new password, kept in Secrets Manager: the secret's ARN, and the password.

    Redshift's own name of it, with a ! in it, is one that AWS's services alone may give.
    """
    secrets, password = ctx.aws("secretsmanager"), passwords.generated()
    text = json.dumps({"username": user, "password": password})
    if existing is not None:
        secrets.put_secret_value(SecretId=existing, SecretString=text)
        return existing, password
    made: dict[str, Any] = secrets.create_secret(Name=f"redshift/{cluster}-{user}", SecretString=text)
    return made["ARN"], password


def delete_secret(ctx: Context, arn: str) -> None:
    """Remove a managed secret."""
    ctx.aws("secretsmanager").delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)
