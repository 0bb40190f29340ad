"""How the sandbox's own programs get into the warehouse.

The `sandbox` command does as any user, with a temporary password of the Redshift API. Reports do as people and their
tools do: with the user's own password, which Secrets Manager keeps.

**Left out:** users that do not exist: the temporary password is made, and the logon fails, as on AWS.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amp_sandbox import aws, paths
from amp_sandbox.errors import SandboxError
from amp_sandbox.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection


@dataclass(frozen=True, repr=False)
class Access:
    """Where the warehouse is, and a login. A temporary one is good for a quarter of an hour."""

    host: str
    port: int
    database: str
    user: str
    password: str
    certificate: str


@dataclass(frozen=True)
class Answer:
    """A statement's answer: its columns and rows, or without columns its tag (`INSERT 0 3`)."""

    columns: tuple[str, ...]
    rows: Iterator[tuple[Any, ...]]
    tag: str


def access(settings: Settings, user: str | None) -> Access:
    """A login of a user with a temporary password; of the master user unless told."""
    cluster = _cluster(settings)
    made = aws.client(settings, "redshift").get_cluster_credentials(
        ClusterIdentifier=cluster["ClusterIdentifier"],
        DbUser=user or cluster["MasterUsername"],
        DbName=cluster["DBName"],
    )
    return _login(settings, cluster, made["DbUser"], made["DbPassword"])


def kept_access(settings: Settings, user: str) -> Access:
    """A login of a user with the password that Secrets Manager has of it just now."""
    secrets, name = aws.client(settings, "secretsmanager"), f"amp/{settings.stage}/warehouse/{user}"
    try:
        secret = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
    except secrets.exceptions.ResourceNotFoundException:
        raise SandboxError(f"There is no secret {name}.", hint="Deploy the template: sandbox deploy") from None
    return _login(settings, _cluster(settings), secret["username"], secret["password"])


@contextmanager
def connected(login: Access, name: str) -> "Iterator[Connection[tuple[Any, ...]]]":
    """A connection, encrypted and to the sandbox's own server; `name` is what the warehouse knows it by."""
    import psycopg

    try:
        with psycopg.connect(
            host=login.host,
            port=login.port,
            dbname=login.database,
            user=login.user,
            password=login.password,
            sslmode="verify-full",
            sslrootcert=login.certificate,
            application_name=name,
            autocommit=True,
        ) as connection:
            yield connection
    except psycopg.Error as error:
        raise _failed(error) from None


def query(settings: Settings, user: str | None, sql: str) -> Iterator[Answer]:
    """Run the statements of a text as a user, and give their answers one after the other."""
    with connected(access(settings, user), "sandbox sql") as connection:
        cursor = connection.execute(sql.encode())
        while True:
            columns = tuple(column.name for column in cursor.description or ())
            yield Answer(columns, iter(cursor.fetchall() if columns else []), cursor.statusmessage or "")
            if not cursor.nextset():
                return


def open_psql(settings: Settings, user: str | None, arguments: Sequence[str]) -> None:
    """Become psql, logged on as a user. Returns only by an error."""
    program = shutil.which("psql")
    if program is None:
        raise SandboxError("psql is not installed.", hint="Install it (Debian: postgresql-client), or use: sandbox sql")
    # The password is in the environment: a command line is everybody's to see.
    os.execve(program, [program, *arguments], _environment(access(settings, user)))  # noqa: S606 - no shell is wanted


def _cluster(settings: Settings) -> Mapping[str, Any]:
    clusters = aws.client(settings, "redshift").describe_clusters()["Clusters"]
    if not clusters:
        raise SandboxError("There is no Redshift cluster yet.", hint="Make one, or deploy a template that has one.")
    found: Mapping[str, Any] = clusters[0]
    return found


def _login(settings: Settings, cluster: Mapping[str, Any], user: str, password: str) -> Access:
    endpoint, tls = cluster["Endpoint"], paths.warehouse_certificate(settings.home)
    return Access(endpoint["Address"], endpoint["Port"], cluster["DBName"], user, password, str(tls))


def _environment(login: Access) -> Mapping[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return own | {
        "PGHOST": login.host,
        "PGPORT": str(login.port),
        "PGDATABASE": login.database,
        "PGUSER": login.user,
        "PGPASSWORD": login.password,
        "PGSSLMODE": "verify-full",
        "PGSSLROOTCERT": login.certificate,
    }


def _failed(error: Any) -> SandboxError:
    told = error.diag
    message = told.message_primary or str(error).strip()
    detail = f"{message} ({told.sqlstate})" if told.sqlstate else message
    return SandboxError("The query failed.", detail, told.message_hint)
